//! What a watch says of writes whose futures were dropped.

use std::future::IntoFuture as _;
use std::time::Duration;

use futures::FutureExt as _;
use influx_client::{Batch, WriteWatch};

use crate::server::{Act, NOBODY, Server, batch, builder, stored};

/// Wherever a write is given up: of one that is told to have stored nothing, nothing ever arrives.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_to_be_stored_nowhere_never_arrives() {
    let server = Server::start([stored()]).await;
    let client = server.client();
    let mut sure = Vec::new();
    for n in 0..400_i64 {
        let mut batch = Batch::default();
        batch.point("m").field("f", n).at(n).unwrap();
        let watch = WriteWatch::default();
        let write = client.write(&batch).watch(&watch).into_future();
        // A clock that counts milliseconds may give even the shortest time enough to be sent: some get a single poll.
        let given_up = match n % 4 {
            0 => write.now_or_never().is_none(),
            _ => tokio::time::timeout(Duration::from_micros(n as u64 * 5), write).await.is_err(),
        };
        if !watch.abandon() {
            assert!(given_up);
            sure.push(format!("m f={n}i {n}\n"));
        }
    }
    assert!(!sure.is_empty(), "the first ones are given up before they begin");
    // What comes behind all of them has arrived.
    client.write(&batch(1)).await.unwrap();
    for seen in server.seen() {
        let body = String::from_utf8_lossy(&seen.body);
        assert!(!sure.iter().any(|line| body.contains(line.as_str())), "{body}");
    }
}

#[tokio::test]
async fn a_request_that_reached_nobody_leaves_no_doubt() {
    let batch = batch(1);
    let watch = WriteWatch::default();
    let nobody = builder(NOBODY).build().unwrap();
    nobody.write(&batch).watch(&watch).await.unwrap_err();
    assert!(!watch.abandon());
    let server = Server::start([Act::Close]).await;
    server.client().write(&batch).watch(&watch).await.unwrap_err();
    assert!(watch.abandon());
}

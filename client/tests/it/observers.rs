//! What an observer is told of a client's calls.

use std::sync::Arc;
use std::time::Duration;

use influx_client::{Backoff, Batch, Client, Counters};

use crate::server::{NOBODY, Server, batch, error, stored};

fn client(url: &str, counters: &Arc<Counters>) -> Client {
    let retry = Backoff::default().base(Duration::from_millis(1));
    Client::builder().endpoint(url).database("db").retry(retry).observer(Arc::clone(counters)).build().unwrap()
}

#[tokio::test]
async fn every_request_and_every_end_is_told_once() {
    let counters = Arc::new(Counters::default());
    let server = Server::start([error(500, "timeout"), error(500, "timeout"), stored()]).await;
    let client = client(&server.url(), &counters);
    let batch = batch(5);
    let _ = client.write(&batch).await.unwrap();
    let counts = counters.read();
    assert_eq!((counts.attempts, counts.attempts_failed, counts.retries), (3, 2, 2));
    assert_eq!((counts.calls_acknowledged, counts.calls_failed, counts.points_stored), (1, 0, 5));
    assert_eq!(counts.bytes_sent, 3 * batch.bytes() as u64);
    assert!(counts.busy > Duration::ZERO);
    let _ = client.write(&Batch::default()).await.unwrap();
    assert_eq!((counters.read().attempts, counters.read().calls_acknowledged), (3, 2));
    let _ = client.write(&batch).database("").await.unwrap_err();
    assert_eq!((counters.read().calls_failed, counters.read().points_not_stored), (1, 5));
}

#[tokio::test]
async fn points_are_counted_by_what_became_of_them() {
    let counters = Arc::new(Counters::default());
    for (text, points) in [("field type conflict: x", 1), ("partial write", 2), ("hinted handoff queue not empty", 3)] {
        let server = Server::start([error(500, text)]).await;
        let client = client(&server.url(), &counters);
        let _ = client.write(&batch(points)).deadline(Duration::from_secs(20)).await.unwrap_err();
    }
    let client = client(NOBODY, &counters);
    let _ = client.write(&batch(4)).await.unwrap_err();
    let counts = counters.read();
    assert_eq!((counts.points_refused, counts.points_below_level, counts.points_deferred), (1, 2, 3), "{counts:?}");
    assert_eq!((counts.points_not_stored, counts.points_stored, counts.calls_failed), (4, 0, 4), "{counts:?}");
}

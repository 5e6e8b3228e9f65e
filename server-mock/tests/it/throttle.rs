//! How many writes a node serves at once.

use std::time::Duration;

use http::Method;
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use influx_server_mock::TestCluster;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::fixture::{query, send, until, write};

/// Two data nodes of which the second stands still, so that a write at level all lasts as long as the write timeout.
async fn cluster(settings: &[(&str, &str)]) -> TestCluster {
    let mut builder = TestCluster::builder().nodes(1, 2).set("max-concurrent-write-limit", "1");
    for (name, value) in settings {
        builder = builder.set(name, value);
    }
    let mut cluster = builder.start().await.unwrap();
    let url = cluster.urls()[0].clone();
    query(&url, "", "CREATE DATABASE d").await;
    assert_eq!(write(&url, "db=d&consistency=all", "m v=1 1").await.status, 204);
    cluster.node_mut("data2").pause().await;
    cluster
}

const SLOW: &str = "db=d&consistency=all";

/// One is served, one waits, the next is turned away; in plain text, before anything of the request is looked at.
#[tokio::test]
async fn the_queue_is_short_and_so_is_its_patience() {
    // Two writes have to meet in the queue while the first one is still served.
    let settings = [("max-enqueued-write-limit", "1"), ("enqueued-write-timeout", "1s"), ("write-timeout", "8s")];
    let cluster = cluster(&settings).await;
    let url = &cluster.urls()[0];
    let served = write(url, SLOW, "m v=2 1");
    let late = async {
        until("the first to be served", || async { write(url, "db=d", "m v=3 1").await.status == 503 }).await;
        let (first, second) = tokio::join!(write(url, "", "bad"), write(url, "", "bad"));
        let mut bodies = [first.text().to_owned(), second.text().to_owned()];
        bodies.sort();
        assert_eq!(bodies, ["request throttled, exceeds timeout\n", "request throttled, queue full\n"]);
        for reply in [first, second] {
            assert_eq!(reply.status, 503);
            assert_eq!(reply.headers["content-type"], "text/plain; charset=utf-8");
            assert!(!reply.headers.contains_key("x-influxdb-error") && !reply.headers.contains_key("retry-after"));
            assert!(reply.headers.contains_key("x-influxdb-version"));
        }
        // Other endpoints are not throttled, the write endpoint of version 2 among them.
        assert_eq!(query(url, "", "SHOW DATABASES").await.status, 200);
        assert_eq!(send(url, Method::POST, "/api/v2/write?bucket=d/autogen", &[], "m v=1 1").await.status, 204);
    };
    let (served, ()) = tokio::join!(served, late);
    assert_eq!(served.text(), "{\"error\":\"timeout\"}\n");
}

/// A write that waits is served once the one before it is done.
#[tokio::test]
async fn who_waits_is_served() {
    // With a hint of the first one in the queue, the second one would be refused at once.
    let cluster = cluster(&[("write-timeout", "2s"), ("hh-enabled", "false")]).await;
    let url = &cluster.urls()[0];
    let begun = Instant::now();
    let (first, second) = tokio::join!(write(url, SLOW, "m v=2 1"), write(url, SLOW, "m v=3 1"));
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (500, 500));
    assert!(begun.elapsed() >= Duration::from_millis(3900), "both at once: {:?}", begun.elapsed());
}

/// A request goes on when its client has left, and has its place until it is done.
#[tokio::test]
async fn a_client_that_leaves_frees_no_place() {
    let settings = [("max-enqueued-write-limit", "1"), ("enqueued-write-timeout", "20ms"), ("write-timeout", "60s")];
    let mut cluster = cluster(&settings).await;
    let url = &cluster.urls()[0];
    let host = url.strip_prefix("http://").unwrap();
    let tcp = TcpStream::connect(host).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = http::Request::post(format!("/write?{SLOW}")).header("host", host);
    let slow = tokio::spawn(sender.send_request(request.body(Full::<bytes::Bytes>::from("m v=2 1")).unwrap()));
    until("the place to be taken", || async { write(url, "db=d", "m v=3 1").await.status == 503 }).await;
    slow.abort();
    connection.abort();
    // Each waits for as long as the queue has patience: time enough for the node to see that the client is gone.
    for _ in 0..10 {
        assert_eq!(write(url, "db=d", "m v=3 1").await.status, 503);
    }
    cluster.node_mut("data2").resume();
    until("the place to be free", || async { write(url, "db=d", "m v=3 1").await.status == 204 }).await;
}

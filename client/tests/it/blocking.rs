//! The client for programs without an async runtime.

use std::thread;
use std::time::Duration;

use influx_client::blocking::Client;
use influx_client::{Class, ConsistencyLevel, Precision};

use crate::fixture::{client, cluster, create, points, store};
use crate::server::NOBODY;

/// The whole of it, from a thread that knows of no runtime, against a cluster that runs elsewhere.
#[tokio::test]
async fn threads_write_and_ask_and_wait() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let url = cluster.node("data1").url();
    store(&client(&url), "db", &points("seed", 0, 1)).await;
    let program = thread::spawn(move || {
        let client = Client::new(client(&url)).unwrap();
        let writers = (0..4_i64).map(|n| {
            let client = client.clone();
            thread::spawn(move || {
                let batch = points("m", n * 10, 10);
                client.write(&batch).database("db").consistency(ConsistencyLevel::All).send().unwrap().points()
            })
        });
        let written: usize = writers.collect::<Vec<_>>().into_iter().map(|writer| writer.join().unwrap()).sum();
        assert_eq!(written, 40);
        let query = client.query("SELECT count(v) FROM m WHERE v >= $low").database("db");
        let answer = query.bind("low", 0).epoch(Precision::Nanoseconds).send().unwrap().checked().unwrap();
        assert_eq!(answer.series().next().unwrap().values[0][1], 40);
        assert!(client.wait(client.ping())[0].result.is_ok());
        let error = client.write(&points("m", 0, 1)).send().unwrap_err();
        assert_eq!(error.class(), Class::Refused, "no database was named: {error}");
        // Two calls at once, from one thread.
        let (a, b) = (points("m", 50, 1), points("m", 51, 1));
        let both = client.wait(async {
            futures::join!(async { (*client).write(&a).database("db").await.is_ok() }, async {
                (*client).write(&b).database("db").await.is_ok()
            },)
        });
        assert_eq!(both, (true, true));
    });
    tokio::task::spawn_blocking(|| program.join().unwrap()).await.unwrap();
}

/// Retries and their waits need a timer, and get it.
#[test]
fn retries_wait_as_well() {
    let async_client = influx_client::Client::builder()
        .endpoint(NOBODY)
        .database("db")
        .retry(influx_client::Backoff::default().base(Duration::from_millis(1)))
        .build()
        .unwrap();
    let client = Client::new(async_client).unwrap();
    let error = client.write(&points("m", 0, 1)).deadline(Duration::from_secs(20)).send().unwrap_err();
    assert!(error.attempts().len() > 1, "{error}");
    assert_eq!(client.endpoints().len(), 1);
}

/// In async code it refuses at once, instead of holding everything up; and it can be dropped there.
#[tokio::test]
async fn it_refuses_to_wait_in_async_code() {
    let client = Client::new(client(NOBODY)).unwrap();
    let inside = client.clone();
    let panic = tokio::spawn(async move { inside.wait(async {}) }).await.unwrap_err().into_panic();
    let words = panic.downcast_ref::<&str>().map(ToString::to_string).or(panic.downcast_ref::<String>().cloned());
    assert!(words.as_ref().is_some_and(|words| words.contains("runtime")), "{words:?}");
    let outside = client.clone();
    tokio::task::spawn_blocking(move || outside.wait(async {})).await.unwrap();
    drop(client);
}

//! The settled horizon of the background writer: what lies before it does not change any more.

use std::time::Duration;

use influx_client::{Backoff, Batch, BatchWriter, Class, Client, ConsistencyLevel, NoRetry, Outcome, Precision};
use influx_server_mock::{Profile, TestCluster};

use crate::fixture::{client, cluster, count, create, eventually, points, store};
use crate::server::{Act, Server, error, reply, stored};

const LONG: Duration = Duration::from_secs(20);

async fn push(writer: &BatchWriter, time: i64) {
    writer.push_with(|b| b.point("m").field("v", time as f64).at(time)).await.unwrap();
}

fn of(server: &Server) -> Client {
    Client::builder().endpoint(server.url()).database("db").retry(NoRetry).build().unwrap()
}

/// It is told to whoever follows it, and it never passes what is under way.
#[tokio::test]
async fn it_is_followed_and_waits_for_what_is_under_way() {
    let server = Server::start([stored(), Act::AnswerAndHang(Vec::new())]).await;
    let writer = of(&server).batch_writer().max_points(1).start().unwrap();
    let mut watch = writer.watch_horizon();
    assert_eq!(watch.current().before, None, "nothing was given");
    push(&writer, 10).await;
    writer.flush().await.unwrap();
    assert_eq!(writer.settled_horizon().before, Some(11));
    push(&writer, 20).await;
    push(&writer, 30).await;
    assert_eq!(writer.settled_horizon().before, Some(20));
    let mut seen = Vec::new();
    while watch.current().before != Some(20) {
        seen.push(watch.changed().await.unwrap().before);
    }
    assert!(seen.is_sorted(), "{seen:?}");
    push(&writer, 5).await;
    let horizon = writer.settled_horizon();
    assert_eq!((horizon.before, horizon.late), (Some(5), 1), "a late point takes it back, and is counted");
    let _ = writer.close(Duration::ZERO).await;
    assert_eq!(writer.settled_horizon().before, Some(5), "what was handed back is not settled");
    drop(writer);
    while watch.changed().await.is_some() {}
}

/// A point whose fate is unknown holds it back until somebody says that this was dealt with.
#[tokio::test]
async fn a_hole_holds_it_back() {
    let server = Server::start([error(500, "timeout"), stored()]).await;
    let writer = of(&server).batch_writer().max_points(1).start().unwrap();
    let mut reports = writer.reports();
    push(&writer, 10).await;
    assert_eq!(writer.flush().await.unwrap_err().points.unknown, 1);
    push(&writer, 20).await;
    writer.flush().await.unwrap();
    let horizon = writer.settled_horizon();
    assert_eq!((horizon.before, horizon.holes), (Some(10), 1));
    let hole = reports.recv().await.unwrap().failed.unwrap();
    of(&server).write(&hole).await.unwrap();
    writer.forget_holes();
    let horizon = writer.settled_horizon();
    assert_eq!((horizon.before, horizon.holes), (Some(21), 0));
    let _ = writer.close(LONG).await;
}

/// While a point takes the server's time there is no horizon, and with a coarse precision it is in nanoseconds all the
/// same.
#[tokio::test]
async fn it_knows_untimed_points_and_precisions() {
    let server = Server::start([stored()]).await;
    let writer = of(&server).batch_writer().precision(Precision::Milliseconds).start().unwrap();
    push(&writer, 7).await;
    assert_eq!(writer.settled_horizon().before, Some(7_000_000));
    writer.push_with(|b| b.point("m").field("v", 1.0).server_time()).await.unwrap();
    assert_eq!(writer.settled_horizon().before, None);
    writer.flush().await.unwrap();
    assert_eq!(writer.settled_horizon().before, Some(7_000_001));
    let _ = writer.close(LONG).await;
}

/// Below the level asked for is not settled, though some replica has it; refused for good is, and what stands beside it
/// is stored.
#[tokio::test]
async fn only_the_level_asked_for_settles() {
    let mut cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    store(&coordinator, "db", &points("seed", 0, 1)).await;
    let writer = coordinator.batch_writer().database("db").consistency(ConsistencyLevel::All).start().unwrap();
    push(&writer, 10).await;
    writer.flush().await.unwrap();
    writer
        .push_with(|b: &mut Batch| {
            b.point("m").field("v", 1.0).at(20)?;
            b.check_field_types(false);
            b.point("m").field("v", "text").at(21)
        })
        .await
        .unwrap();
    let refused = writer.flush().await.unwrap_err();
    assert_eq!((refused.points.stored, refused.points.refused), (1, 1), "{refused}");
    assert_eq!(writer.settled_horizon().before, Some(22));
    cluster.node_mut("data3").kill();
    push(&writer, 30).await;
    let below = writer.flush().await.unwrap_err();
    assert_eq!(below.errors[0].write_error().unwrap().class(), Class::BelowLevel);
    assert_eq!(below.errors[0].outcome(), Outcome::BelowLevel);
    assert_eq!(writer.settled_horizon().before, Some(30));
    let _ = writer.close(LONG).await;
}

/// Whatever faults there are while it writes: what lies before the horizon is on every node at every moment, at level
/// `all`, in both profiles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_before_it_is_stored() {
    for profile in Profile::ALL {
        let builder = TestCluster::builder().profile(profile);
        let mut cluster = builder.set("write-timeout", "5s").set("hh-retry-interval", "100ms").start().await.unwrap();
        create(&cluster, "db", 3).await;
        let backoff = Backoff::default().base(Duration::from_millis(10)).cap(Duration::from_millis(50));
        let url = cluster.node("data1").url();
        let settings = Client::builder().endpoint(&url).database("db").consistency(ConsistencyLevel::All);
        let patient = settings.retry(backoff.tries(1_000).below_level_tries(1_000)).retry_budget(None).build().unwrap();
        // Once the shard group is there, profile 0.10 keeps what it acknowledges.
        let mut first = Batch::default();
        first.point("m").field("v", 1.0).at(0).unwrap();
        eventually("the first point is everywhere", async || {
            patient.write(&first).await.unwrap();
            let urls = ["data1", "data2", "data3"].map(|node| cluster.node(node).url());
            futures::future::join_all(urls.iter().map(|url| count(url, "db", "m"))).await == [1, 1, 1]
        })
        .await;
        let writer = patient.batch_writer().max_points(5).linger(Duration::from_millis(2)).start().unwrap();
        for time in 1..=60 {
            push(&writer, time).await;
            match time {
                20 => cluster.node_mut("data3").kill(),
                40 => cluster.node_mut("data3").restart().await.unwrap(),
                15 | 55 => writer.flush().await.unwrap(),
                _ => {}
            }
            if time % 10 == 0
                && let Some(before) = writer.settled_horizon().before
            {
                for node in ["data1", "data2", "data3"] {
                    if (20..40).contains(&time) && node == "data3" {
                        continue;
                    }
                    let text = format!("SELECT count(v) FROM m WHERE time < {before}");
                    let answer = client(&cluster.node(node).url()).query(&text).database("db").await.unwrap();
                    let found: u64 = answer.series().map(|series| series.values[0][1].as_u64().unwrap()).sum();
                    assert_eq!(found, before as u64, "{profile:?}: {node} at {time}");
                }
            }
        }
        writer.flush().await.unwrap();
        assert_eq!(writer.settled_horizon().before, Some(61));
        for node in ["data1", "data2", "data3"] {
            assert_eq!(count(&cluster.node(node).url(), "db", "m").await, 61);
        }
        assert!(writer.close(LONG).await.is_complete());
    }
}

/// Throttled batches are sent again, and the horizon stands until they are through.
#[tokio::test]
async fn it_stands_during_a_retry() {
    let throttled = || Act::Answer(reply(503, "", "request throttled, queue full"));
    let server = Server::start([throttled(), throttled(), stored()]).await;
    let backoff = Backoff::default().base(Duration::from_millis(5));
    let client = Client::builder().endpoint(server.url()).database("db").retry(backoff).build().unwrap();
    let writer = client.batch_writer().max_points(1).start().unwrap();
    let delivered = writer.push_tracked_with(|b| b.point("m").field("v", 1.0).at(1)).await.unwrap();
    let mut watch = writer.watch_horizon();
    assert_eq!(watch.current().before, Some(1));
    assert_eq!(watch.changed().await.unwrap().before, Some(2));
    assert_eq!(delivered.await.unwrap().attempts().len(), 3);
    let _ = writer.close(LONG).await;
}

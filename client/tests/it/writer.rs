//! The background writer against the bundled cluster, with faults, and against servers that answer what the test says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use influx_client::{
    Backoff, Batch, BatchWriter, Class, Client, ConsistencyLevel, DeliveryError, Measurement, NoRetry, Outcome,
    Overflow, Precision, PushError, RawLine, StartError,
};
use influx_server_mock::{Profile, TestCluster};

use crate::fixture::{count, create, eventually, points, store};
use crate::server::{Act, NOBODY, Server, error, reply, stored};

const LONG: Duration = Duration::from_secs(20);

fn client(url: &str) -> Client {
    Client::builder().endpoint(url).database("db").retry(NoRetry).build().unwrap()
}

/// Tries again soon and often.
fn patient(url: &str) -> Client {
    let backoff = Backoff::default().base(Duration::from_millis(5)).cap(Duration::from_millis(50)).tries(u32::MAX);
    Client::builder().endpoint(url).database("db").retry(backoff).retry_budget(None).build().unwrap()
}

async fn push(writer: &BatchWriter, series: &str, time: i64) {
    writer.push_with(|b| b.point("m").tag("s", series).field("v", time as f64).at(time)).await.unwrap();
}

/// The times of the points in each request that a server saw, by series.
fn seen(server: &Server) -> BTreeMap<String, Vec<i64>> {
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for request in server.seen() {
        for line in request.body().lines() {
            let line = RawLine::parse(line.as_bytes()).unwrap();
            let (_, value) = line.tags().next().unwrap();
            let series = String::from_utf8(value.into_owned()).unwrap();
            seen.entry(series).or_default().push(line.timestamp().unwrap());
        }
    }
    seen
}

/// What was pushed is stored, in both profiles, from several tasks at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_of_many_tasks_are_stored() {
    for profile in Profile::ALL {
        let cluster = TestCluster::builder().profile(profile).start().await.unwrap();
        create(&cluster, "db", 3).await;
        let client = client(&cluster.node("data1").url());
        store(&client, "db", &points("seed", 0, 1)).await;
        let writer = client
            .batch_writer()
            .consistency(ConsistencyLevel::Quorum)
            .max_points(50)
            .linger(Duration::from_millis(5))
            .start()
            .unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let writer = writer.clone();
                tokio::spawn(async move {
                    for time in 0..200 {
                        push(&writer, &task.to_string(), task * 1_000 + time).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        writer.flush().await.unwrap();
        assert_eq!(writer.settled_horizon().before, Some(3_200));
        let closed = writer.close(LONG).await;
        assert!(closed.is_complete(), "{closed:?}");
        assert_eq!((closed.acknowledged, closed.unsent.len()), (800, 0));
        eventually("every point is there", async || count(&cluster.node("data1").url(), "db", "m").await == 800).await;
    }
}

/// A batch that fails for good does not stop or taint another one, and its points come back in its report.
#[tokio::test]
async fn a_bad_batch_is_alone_in_its_badness() {
    let server = Server::start([error(400, "unable to parse 'x': missing fields"), stored()]).await;
    let writer = client(&server.url()).batch_writer().in_flight(1).max_points(1).start().unwrap();
    let mut reports = writer.reports();
    let bad = writer.push_tracked_with(|b| b.point("m").tag("s", "bad").field("v", 1.0).at(1)).await.unwrap();
    let good = writer.push_tracked_with(|b| b.point("m").tag("s", "good").field("v", 1.0).at(2)).await.unwrap();
    let Err(DeliveryError::Write(refused)) = bad.await else { panic!("the first batch was refused") };
    assert_eq!(refused.class(), Class::Malformed);
    assert_eq!(good.await.unwrap().points(), 1);
    let first = reports.recv().await.unwrap();
    assert_eq!(first.failed.unwrap().as_bytes(), b"m,s=bad v=1.0 1\n");
    let second = reports.recv().await.unwrap();
    assert!(second.fate.is_ok() && second.failed.is_none());
    assert_eq!(writer.flush().await.unwrap_err().points.refused, 1);
    push(&writer, "good", 3).await;
    writer.flush().await.unwrap();
    assert_eq!(writer.settled_horizon().before, Some(4), "what is refused for good is settled");
    let closed = writer.close(LONG).await;
    assert_eq!((closed.acknowledged, closed.refused), (2, 1));
    assert!(reports.recv().await.is_some() && reports.recv().await.is_none());
}

/// What is pushed while a batch is tried again waits behind it, and arrives in order.
#[tokio::test]
async fn pushes_during_a_retry_queue_behind_it() {
    let throttled = || Act::Answer(reply(503, "", "request throttled, queue full"));
    let server = Server::start([throttled(), throttled(), throttled(), stored()]).await;
    let writer = patient(&server.url()).batch_writer().linger(Duration::ZERO).max_points(3).start().unwrap();
    for time in 0..50 {
        push(&writer, "a", time).await;
        tokio::task::yield_now().await;
    }
    writer.flush().await.unwrap();
    let times = &seen(&server)["a"];
    // The first batch came four times; without its repeats, everything is in order.
    let repeats = times.iter().filter(|time| **time == times[0]).count();
    assert_eq!(repeats, 4);
    let batch = times.iter().skip(1).position(|time| *time == times[0]).unwrap() + 1;
    assert_eq!(times[3 * batch..], (0..50).collect::<Vec<_>>());
    assert!(writer.close(LONG).await.is_complete());
}

/// Under random answers, points of a series arrive first in the order they were pushed in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_series_overtakes_itself() {
    let acts: Vec<Act> = (0..60)
        .map(|n| match n % 5 {
            1 => Act::Answer(reply(503, "", "request throttled, queue full")),
            3 => Act::Close,
            4 => error(500, "timeout"),
            _ => stored(),
        })
        .chain([stored()])
        .collect();
    let server = Server::start(acts).await;
    let writer = patient(&server.url()).batch_writer().linger(Duration::ZERO).max_points(4).start().unwrap();
    for time in 0..400 {
        push(&writer, &(time % 7).to_string(), time).await;
        if time % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
    writer.flush().await.unwrap();
    assert_eq!(writer.totals().settled.stored, 400);
    let seen = seen(&server);
    assert_eq!(seen.len(), 7);
    for (series, times) in seen {
        // A batch may come again as a whole; a point that was not seen before is never older than one that was.
        let mut newest = -1;
        let mut firsts = Vec::new();
        for time in times {
            if !firsts.contains(&time) {
                assert!(time > newest, "series {series}: {time} after {newest}");
                newest = time;
                firsts.push(time);
            }
        }
        let wanted: Vec<i64> = (0..400).filter(|time| (time % 7).to_string() == series).collect();
        assert_eq!(firsts, wanted);
    }
    assert!(writer.close(LONG).await.is_complete());
}

/// Memory stays within its bound while nobody answers; `try_push` and `push` say or wait, and nothing is forgotten.
#[tokio::test]
async fn memory_is_bounded_while_the_server_is_dead() {
    let memory = 64 << 10;
    let writer = patient(NOBODY).batch_writer().memory(memory).max_points(100).linger(Duration::ZERO).start().unwrap();
    let mut taken = 0;
    loop {
        match writer.try_push_with(|b| b.point("m").field("v", 1.0).at(taken)) {
            Ok(()) => taken += 1,
            Err(full) => {
                assert!(matches!(full, PushError::Full), "{full}");
                break;
            }
        }
        assert!(writer.totals().memory <= memory);
        tokio::task::yield_now().await;
    }
    assert!(taken > 1_000, "{taken}");
    let waiting = tokio::time::timeout(Duration::from_millis(50), push(&writer, "a", 0)).await;
    assert!(waiting.is_err(), "push waits for room");
    let horizon = writer.settled_horizon();
    assert_eq!(horizon.before, Some(0), "nothing is settled");
    let closed = writer.close(Duration::from_millis(10)).await;
    let handed_back: usize = closed.unsent.iter().chain(&closed.interrupted).map(|batch| batch.points()).sum();
    assert_eq!(handed_back as i64, taken, "every accepted point is handed back");
    assert_eq!(closed.acknowledged, 0);
    assert!(matches!(push_error(&writer).await, PushError::Closed));
    let mut last = -1;
    for batch in closed.interrupted.iter().chain(&closed.unsent) {
        for line in 0..batch.points() {
            let time = RawLine::parse(batch.line(line)).unwrap().timestamp().unwrap();
            assert_eq!(time, last + 1);
            last = time;
        }
    }
}

async fn push_error(writer: &BatchWriter) -> PushError {
    writer.push_with(|b| b.point("m").field("v", 1.0).at(1)).await.unwrap_err()
}

/// The other ways to meet a full memory: an error at once, or the loss of the oldest points, each of them told.
#[tokio::test]
async fn overflow_fails_or_drops_as_asked() {
    let build = |overflow| {
        let writer = patient(NOBODY).batch_writer().memory(32 << 10).max_points(50).overflow(overflow);
        writer.linger(Duration::from_secs(3600)).start().unwrap()
    };
    let failing = build(Overflow::Fail);
    let mut taken = 0;
    while failing.push_with(|b| b.point("m").field("v", 1.0).at(taken)).await.is_ok() {
        taken += 1;
    }
    assert!(matches!(push_error(&failing).await, PushError::Full));
    let _ = failing.close(Duration::ZERO).await;

    let dropping = build(Overflow::DropOldest);
    let mut reports = dropping.reports();
    let mut told = 0;
    for time in 0..5_000 {
        dropping.push_with(|b| b.point("m").field("v", 1.0).at(time)).await.unwrap();
        assert!(dropping.totals().memory <= 32 << 10);
        while let Some(report) = reports.try_recv() {
            assert!(matches!(report.fate, Err(DeliveryError::Dropped)));
            told += report.failed.unwrap().points() as u64;
        }
    }
    let totals = dropping.totals();
    assert!(totals.dropped > 3_000 && totals.dropped + totals.pending == 5_000, "{totals:?}");
    assert_eq!(told, totals.dropped);
    let _ = dropping.close(Duration::ZERO).await;
}

/// Room that is freed goes to those who wait, in turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn back_pressure_lets_everybody_through() {
    let server = Server::start([stored()]).await;
    let writer = patient(&server.url()).batch_writer().memory(16 << 10).max_points(20).start().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let writer = writer.clone();
            tokio::spawn(async move {
                for time in 0..300 {
                    push(&writer, &task.to_string(), time).await;
                }
            })
        })
        .collect();
    for task in tasks {
        tokio::time::timeout(LONG, task).await.expect("nobody starves").unwrap();
    }
    writer.flush().await.unwrap();
    let seen = seen(&server);
    assert!(seen.len() == 8 && seen.values().all(|times| *times == (0..300).collect::<Vec<_>>()));
    assert_eq!(writer.totals().memory, 0);
}

/// A future that is dropped takes nothing with it, be it of a push that waits or of a flush.
#[tokio::test]
async fn dropped_futures_lose_nothing() {
    let server = Server::start([stored()]).await;
    let writer = client(&server.url()).batch_writer().linger(Duration::from_secs(3600)).start().unwrap();
    drop(writer.push_tracked_with(|b| b.point("m").tag("s", "a").field("v", 1.0).at(1)).await.unwrap());
    {
        let flush = writer.flush();
        let mut flush = std::pin::pin!(flush);
        assert!(futures::poll!(&mut flush).is_pending());
    }
    eventually("the point has arrived", async || seen(&server).contains_key("a")).await;
    assert!(writer.close(LONG).await.is_complete());
}

/// Without `close`, what is pending is still sent.
#[tokio::test]
async fn a_dropped_writer_settles_in_the_background() {
    let server = Server::start([stored()]).await;
    let writer = client(&server.url()).batch_writer().linger(Duration::from_secs(3600)).start().unwrap();
    let mut reports = writer.reports();
    let delivered = writer.push_tracked_with(|b| b.point("m").tag("s", "a").field("v", 1.0).at(1)).await.unwrap();
    let mut horizon = writer.watch_horizon();
    drop(writer);
    assert_eq!(delivered.await.unwrap().points(), 1);
    assert!(reports.recv().await.is_some() && reports.recv().await.is_none());
    while horizon.current().before != Some(2) {
        horizon.changed().await.unwrap();
    }
    let totals = horizon.totals();
    assert!(totals.abandoned && totals.settled.stored == 1 && totals.pending == 0, "{totals:?}");
    assert_eq!(horizon.changed().await, None, "the writer has ended");
}

/// A runtime that ends is told of, by the handles that are left.
#[test]
fn a_runtime_that_ends_is_told_of() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let writer = runtime.block_on(async { client(NOBODY).batch_writer().start().unwrap() });
    let delivered = runtime.block_on(writer.push_tracked_with(|b| b.point("m").field("v", 1.0).at(1))).unwrap();
    runtime.shutdown_timeout(Duration::from_secs(5));
    let fate = futures::executor::block_on(delivered);
    assert!(matches!(fate, Err(DeliveryError::Lost)));
    assert!(matches!(writer.try_push_line(b"m v=1 1"), Err(PushError::Closed)));
}

/// What cannot work is said when the writer starts.
#[test]
fn a_writer_needs_a_database_and_a_runtime() {
    let nameless = Client::builder().endpoint(NOBODY).build().unwrap();
    assert!(matches!(nameless.batch_writer().start(), Err(StartError::NoDatabase)));
    assert!(matches!(client(NOBODY).batch_writer().start(), Err(StartError::NoRuntime)));
}

/// Lines, precision, level and names go into the request as they were set.
#[tokio::test]
async fn settings_reach_the_server() {
    let server = Server::start([stored()]).await;
    let writer = client(&server.url())
        .batch_writer()
        .database("other")
        .retention_policy("rp")
        .precision(Precision::Seconds)
        .consistency(ConsistencyLevel::All)
        .start()
        .unwrap();
    writer.push_line(b"m,s=a v=1 1600000000").await.unwrap();
    writer.try_push_line(b"m,s=a v=2 1600000001").unwrap();
    assert!(matches!(writer.push_line(b"m v=").await, Err(PushError::Point(_))));
    writer.flush().await.unwrap();
    assert_eq!(writer.settled_horizon().before, Some(1_600_000_001_000_000_001));
    let request = &server.seen()[0];
    for part in ["db=other", "rp=rp", "precision=s", "consistency=all"] {
        assert!(request.line().contains(part), "{part}: {}", request.line());
    }
    assert_eq!(request.body(), "m,s=a v=1 1600000000\nm,s=a v=2 1600000001\n");
}

/// A value of one's own type is a point.
#[tokio::test]
async fn values_are_pushed() {
    #[derive(Measurement)]
    #[influx(name = "m")]
    struct Sample {
        #[influx(tag)]
        s: &'static str,
        v: f64,
        #[influx(time)]
        at: i64,
    }
    let server = Server::start([stored()]).await;
    let writer = client(&server.url()).batch_writer().start().unwrap();
    writer.push(&Sample { s: "a", v: 1.0, at: 1 }).await.unwrap();
    writer.try_push(&Sample { s: "a", v: 2.0, at: 2 }).unwrap();
    let delivered = writer.push_tracked(&Sample { s: "a", v: 3.0, at: 3 }).await.unwrap();
    assert!(matches!(writer.try_push(&Sample { s: "a", v: f64::NAN, at: 4 }), Err(PushError::Point(_))));
    writer.flush().await.unwrap();
    assert_eq!(delivered.await.unwrap().points(), 3);
    assert_eq!(seen(&server)["a"], [1, 2, 3]);
}

/// A loop that pushes without pause does not keep the batches from being sent.
#[tokio::test]
async fn a_busy_caller_does_not_stop_the_sender() {
    let server = Server::start([stored()]).await;
    let writer = client(&server.url()).batch_writer().max_points(100).start().unwrap();
    let started = Instant::now();
    let mut time = 0;
    while writer.totals().settled.stored == 0 {
        push(&writer, "a", time).await;
        time += 1;
        assert!(started.elapsed() < LONG);
    }
    assert!(writer.close(LONG).await.is_complete());
}

/// A dead cluster that comes back gets everything, in the end, and once.
#[tokio::test]
async fn a_cluster_that_comes_back_gets_everything() {
    let mut cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    create(&cluster, "db", 1).await;
    let url = cluster.node("data1").url();
    let writer = patient(&url).batch_writer().linger(Duration::from_millis(1)).max_points(10).start().unwrap();
    cluster.node_mut("data1").kill();
    for time in 0..100 {
        push(&writer, &(time % 5).to_string(), time).await;
    }
    assert_eq!(writer.settled_horizon().before, Some(0));
    cluster.node_mut("data1").restart().await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(writer.settled_horizon().before, Some(100));
    assert_eq!(count(&url, "db", "m").await, 100);
    assert!(writer.close(LONG).await.is_complete());
}

/// Requests of different series are under way at once.
#[tokio::test]
async fn series_do_not_wait_for_each_other() {
    let hang = Act::AnswerAndHang(Vec::new());
    let server = Server::start([hang, stored()]).await;
    let client = client(&server.url());
    let writer = client.batch_writer().in_flight(8).max_points(1).start().unwrap();
    let _stuck = writer.push_tracked_with(|b| b.point("m").tag("s", "0").field("v", 1.0).at(1)).await.unwrap();
    eventually("the first request is there", async || !server.seen().is_empty()).await;
    let told = FuturesUnordered::new();
    for series in 1..8 {
        let push = writer.push_tracked_with(|b| b.point("m").tag("s", &series.to_string()).field("v", 1.0).at(2)).await;
        told.push(push.unwrap());
    }
    // Some share the lane of the first one, and wait until its attempt is given up after 15 s.
    let four = tokio::time::timeout(Duration::from_secs(10), told.take(4).collect::<Vec<_>>()).await;
    assert!(four.expect("they do not wait for the first one").iter().all(Result::is_ok));
    let closed = writer.close(Duration::ZERO).await;
    assert!(closed.interrupted.iter().any(|batch| batch.as_bytes().starts_with(b"m,s=0 ")));
    assert!(closed.unknown >= 1);
}

/// The same batch can be written by hand after it was handed back.
#[tokio::test]
async fn handed_back_batches_can_be_written() {
    let writer = patient(NOBODY).batch_writer().start().unwrap();
    push(&writer, "a", 1).await;
    let closed = writer.close(Duration::ZERO).await;
    let server = Server::start([stored()]).await;
    let batches: Vec<Arc<Batch>> = closed.unsent.into_iter().chain(closed.interrupted).collect();
    assert_eq!(batches.len(), 1);
    assert_eq!(client(&server.url()).write(&batches[0]).await.unwrap().points(), 1);
    assert_eq!(DeliveryError::Interrupted.outcome(), Outcome::Unknown);
}

//! The writer's spool: what it accepted outlives crashes, dead clusters and full memory.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use influx_client::{
    Backoff, BatchWriter, Client, DeliveryError, Outcome, Overflow, Precision, PushError, RawLine, Spool, SpoolError,
    StartError,
};
use influx_server_mock::{Profile, TestCluster};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::fixture::{count, create, eventually};
use crate::server::{Act, NOBODY, Server, error, reply, stored};

const LONG: Duration = Duration::from_secs(20);
const LIMIT: u64 = 4 << 20;

fn client(url: &str) -> Client {
    let backoff = Backoff::default().base(Duration::from_millis(5)).cap(Duration::from_millis(20)).tries(2);
    Client::builder().endpoint(url).database("db").retry(backoff).retry_budget(None).build().unwrap()
}

fn writer(url: &str, place: &Path) -> BatchWriter {
    writer_with(&client(url), Spool::open(place, LIMIT).unwrap())
}

fn writer_with(client: &Client, spool: Spool) -> BatchWriter {
    client.batch_writer().spool(spool).linger(Duration::from_millis(1)).start().unwrap()
}

async fn push(writer: &BatchWriter, time: i64) {
    push_result(writer, time).await.unwrap();
}

async fn push_result(writer: &BatchWriter, time: i64) -> Result<(), PushError> {
    writer.push_with(|b| b.point("m").tag("s", &(time % 3).to_string()).field("v", time as f64).at(time)).await
}

/// The times that a server saw, in order.
fn times(server: &Server) -> Vec<i64> {
    let requests = server.seen();
    let lines = requests.iter().flat_map(|request| request.body().lines());
    lines.map(|line| RawLine::parse(line.as_bytes()).unwrap().timestamp().unwrap()).collect()
}

/// What was accepted while nobody listened is sent by the next writer, in order, and is gone then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_outlive_their_writer() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("spool");
    let first = writer(NOBODY, &path);
    for time in 0..50 {
        push(&first, time).await;
    }
    assert_eq!(first.settled_horizon().before, Some(0));
    let delivered = first.push_tracked_with(|b| b.point("m").tag("s", "0").field("v", 1.0).at(50)).await.unwrap();
    let closed = first.close(Duration::from_millis(20)).await;
    assert_eq!((closed.spooled, closed.unsent.len(), closed.acknowledged), (51, 0, 0));
    assert!(matches!(delivered.await, Err(DeliveryError::Spooled)));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let spool = Spool::open(&path, LIMIT).unwrap();
    assert_eq!(spool.recovery().points, 51);
    let second = writer_with(&client(&format!("http://{}", listener.local_addr().unwrap())), spool);
    assert_eq!(second.settled_horizon().before.unwrap(), 0, "what was left over is not settled");
    // It sends from the start, so nobody answers before.
    let server = Server::listen(listener, [stored()]);
    for time in 51..60 {
        push(&second, time).await;
    }
    second.flush().await.unwrap();
    assert_eq!(second.settled_horizon().before, Some(60));
    let seen = times(&server);
    for series in 0..3 {
        let of_series: Vec<i64> = seen.iter().copied().filter(|time| time % 3 == series && *time != 50).collect();
        assert!(of_series.is_sorted(), "{of_series:?}");
    }
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), (0..60).collect());
    let closed = second.close(LONG).await;
    assert!(closed.is_complete() && closed.spooled == 0, "{closed:?}");
    assert_eq!(Spool::open(&path, LIMIT).unwrap().recovery().points, 0, "what is settled is gone");
}

/// A batch that fails is kept and tried again until the cluster is back, whatever it said meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_tried_again_until_it_is_stored() {
    let place = TempDir::new().unwrap();
    let throttled = Act::Answer(reply(503, "", "request throttled, queue full"));
    let missing = error(404, "database not found: \"db\"");
    let acts = [error(500, "timeout"), Act::Reset, throttled, missing, error(500, "write failed"), stored()];
    let server = Server::start(acts).await;
    let writer = writer(&server.url(), place.path());
    let delivered = writer.push_tracked_with(|b| b.point("m").tag("s", "0").field("v", 1.0).at(1)).await.unwrap();
    delivered.await.unwrap();
    assert!(server.seen().len() >= 6);
    assert!(writer.close(LONG).await.is_complete());
}

/// What is refused for good leaves the spool, with a report; what stands behind it is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_does_not_stand_in_the_way() {
    let place = TempDir::new().unwrap();
    let server = Server::start([error(400, "unable to parse 'x': missing fields"), stored()]).await;
    let writer = writer(&server.url(), place.path());
    let mut reports = writer.reports();
    push(&writer, 0).await;
    assert_eq!(writer.flush().await.unwrap_err().points.refused, 1);
    assert_eq!(reports.recv().await.unwrap().failed.unwrap().points(), 1);
    push(&writer, 3).await;
    writer.flush().await.unwrap();
    let closed = writer.close(LONG).await;
    assert_eq!((closed.acknowledged, closed.refused, closed.spooled), (1, 1, 0));
}

/// A line that every try refused is refused, whatever became of the others meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_every_try_refuses_is_refused() {
    let place = TempDir::new().unwrap();
    let conflict = || {
        error(
            500,
            "partial write: field type conflict: input field \"f\" on measurement \"m\" is type float, already exists as type string dropped=1",
        )
    };
    let late = || error(500, "timeout");
    let server = Server::start([conflict(), late(), late(), conflict(), stored()]).await;
    let writer = writer(&server.url(), &place.path().join("spool"));
    let two = |b: &mut influx_client::Batch| -> Result<(), influx_client::PointError> {
        b.point("m").field("f", 1.0).at(1)?;
        b.point("m").field("g", 1.0).at(2)
    };
    let delivered = writer.push_tracked_with(two).await.unwrap();
    let Err(DeliveryError::Write(error)) = delivered.await else { panic!("one point is refused") };
    assert_eq!(
        (error.class(), error.outcome()),
        (influx_client::Class::TypeConflict, Outcome::PartlyStored),
        "{error}"
    );
    assert_eq!((error.tally().stored, error.tally().refused, error.refusals().len()), (1, 1, 1));
    assert!(writer.close(LONG).await.spooled == 0);
}

/// A try that nobody knows the end of may have stored what a later one refuses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_later_try_refuses_may_be_stored() {
    let place = TempDir::new().unwrap();
    let too_old = error(400, "partial write: points beyond retention policy dropped=1");
    let server = Server::start([error(500, "timeout"), error(500, "timeout"), too_old]).await;
    let writer = writer(&server.url(), &place.path().join("spool"));
    let delivered = writer.push_tracked_with(|b| b.point("m").field("v", 1.0).at(1)).await.unwrap();
    let Err(DeliveryError::Write(error)) = delivered.await else { panic!("the last try refuses it") };
    assert_eq!((error.outcome(), error.tally().unknown, error.tally().refused), (Outcome::Unknown, 1, 0), "{error}");
    assert_eq!((server.seen().len(), writer.close(LONG).await.spooled), (3, 0), "it is settled");
}

/// A writer that ended may have sent what it left in the spool: what is refused now may have been stored then. Of points that
/// came later, more is known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_earlier_writer_left_may_be_stored() {
    let place = TempDir::new().unwrap();
    let path = place.path().join("spool");
    let server = Server::start([Act::Close]).await;
    let first = writer(&server.url(), &path);
    push(&first, 0).await;
    eventually("it is sent", async || !server.seen().is_empty()).await;
    assert_eq!(first.close(Duration::from_millis(20)).await.spooled, 1);

    let too_old = || error(400, "partial write: points beyond retention policy dropped=1");
    let server = Server::start([too_old(), too_old()]).await;
    let second = writer(&server.url(), &path);
    // The flush tells it however soon it came; reports are of what comes after they were asked for.
    let failed = second.flush().await.unwrap_err();
    assert_eq!(failed.points.unknown, 1);
    let [DeliveryError::Write(left)] = failed.errors.as_slice() else { panic!("the server refuses it") };
    assert!(left.kind().to_string().contains("may have sent them"), "{left}");
    push(&second, 1).await;
    assert_eq!(second.flush().await.unwrap_err().points.refused, 1);
    let closed = second.close(LONG).await;
    assert_eq!((closed.totals.settled.unknown, closed.totals.settled.refused, closed.spooled), (1, 1, 0), "{closed:?}");
}

/// The disk holds more than the memory: a long outage fills the spool and not the process, and everything arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_spool_may_be_larger_than_the_memory() {
    let place = TempDir::new().unwrap();
    let mut cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    create(&cluster, "db", 1).await;
    let url = cluster.node("data1").url();
    let spool = Spool::open(place.path(), LIMIT).unwrap();
    let memory = 16 << 10;
    let writer = client(&url).batch_writer().spool(spool).memory(memory).linger(Duration::ZERO).start().unwrap();
    cluster.node_mut("data1").kill();
    for chunk in 0..40 {
        let write = |b: &mut influx_client::Batch| {
            let times = chunk * 50..chunk * 50 + 50;
            times
                .into_iter()
                .try_for_each(|time| b.point("m").tag("s", &(time % 3).to_string()).field("v", 1.0).at(time))
        };
        writer.push_with(write).await.unwrap();
        assert!(writer.totals().memory <= memory);
    }
    assert!(writer.totals().pending == 2_000 && writer.settled_horizon().before == Some(0));
    cluster.node_mut("data1").restart().await.unwrap();
    writer.flush().await.unwrap();
    assert_eq!(writer.settled_horizon().before, Some(2_000));
    eventually("everything is stored", async || count(&url, "db", "m").await == 2_000).await;
    assert!(writer.close(LONG).await.is_complete());
}

/// A full spool makes pushes wait, or fail, as asked; what is settled makes room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_spool_is_felt() {
    let place = TempDir::new().unwrap();
    let small = || Spool::open(place.path(), 8 << 10).unwrap();
    let failing = client(NOBODY).batch_writer().spool(small()).overflow(Overflow::Fail).start().unwrap();
    let mut accepted = 0;
    let full = loop {
        match push_result(&failing, accepted).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, PushError::Spool(SpoolError::Full)), "{full}");
    let on_disk: u64 = std::fs::read_dir(place.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert!(accepted > 50 && on_disk <= 8 << 10, "{accepted} {on_disk}");
    assert_eq!(failing.close(Duration::ZERO).await.spooled, accepted as u64);

    let server = Server::start([stored()]).await;
    let waiting = client(&server.url()).batch_writer().spool(small()).linger(Duration::ZERO).start().unwrap();
    for time in accepted..accepted + 300 {
        tokio::time::timeout(LONG, push(&waiting, time)).await.expect("room is made");
    }
    waiting.flush().await.unwrap();
    assert_eq!(times(&server).into_iter().collect::<BTreeSet<_>>(), (0..accepted + 300).collect());
    assert!(waiting.close(LONG).await.is_complete());
}

/// What cannot work with a spool is said at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spool_is_for_one_writer_and_one_target() {
    let place = TempDir::new().unwrap();
    let open = || Spool::open(place.path(), LIMIT);
    let builder = || client(NOBODY).batch_writer();
    let first = builder().spool(open().unwrap()).start().unwrap();
    assert!(matches!(open(), Err(SpoolError::Locked { .. })));
    assert!(matches!(first.try_push_line(b"m v=1 1"), Err(PushError::WouldWait)));
    let untimed = first.push_with(|b| b.point("m").field("v", 1.0).server_time()).await;
    assert!(matches!(untimed, Err(PushError::Untimed)));
    assert!(matches!(first.push_line(b"m v=").await, Err(PushError::Point(_))));
    push(&first, 1).await;
    let _ = first.close(Duration::ZERO).await;
    for other in
        [builder().database("other"), builder().retention_policy("rp"), builder().precision(Precision::Seconds)]
    {
        let result = other.spool(open().unwrap()).start();
        assert!(matches!(result, Err(StartError::Spool(SpoolError::OtherTarget { .. }))), "{result:?}");
    }
    let result = builder().spool(open().unwrap()).overflow(Overflow::DropOldest).start();
    assert!(matches!(result, Err(StartError::SpoolDropsNothing)));
}

/// A child of this test: pushes point after point and says which were accepted, until it is killed.
#[test]
fn child_that_is_killed() {
    let Ok(path) = std::env::var("INFLUX_SPOOL_CHILD") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let writer = writer(NOBODY, Path::new(&path));
        let from: i64 = std::env::var("INFLUX_SPOOL_FROM").unwrap().parse().unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let writer = writer.clone();
                tokio::spawn(async move {
                    for n in 0..i64::MAX {
                        let time = from + 4 * n + task;
                        push(&writer, time).await;
                        // One write, so that lines of several tasks do not mix.
                        std::io::stdout().write_all(format!("accepted {time}\n").as_bytes()).unwrap();
                    }
                })
            })
            .collect();
        futures::future::join_all(tasks).await;
    });
}

/// Killed without warning, three times in the middle of its work, a process has lost no point that it had accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_accepted_is_lost_by_kill_9() {
    let place = TempDir::new().unwrap();
    let mut accepted = BTreeSet::new();
    for round in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["spool::child_that_is_killed", "--exact", "--nocapture", "--test-threads=1"])
            .env("INFLUX_SPOOL_CHILD", place.path())
            .env("INFLUX_SPOOL_FROM", (round * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        for line in &mut lines {
            // The test harness begins the first line.
            if let Some((_, time)) = line.unwrap().split_once("accepted ") {
                accepted.insert(time.parse::<i64>().unwrap());
                seen += 1;
            }
            if seen == 60 + 7 * round {
                // SIGKILL, where there are signals.
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
    }
    assert!(accepted.len() >= 180, "{}", accepted.len());
    for profile in Profile::ALL {
        let cluster = TestCluster::builder().profile(profile).nodes(1, 1).start().await.unwrap();
        create(&cluster, "db", 1).await;
        let url = cluster.node("data1").url();
        // The second cluster gets a copy of the spool.
        let copy = TempDir::new().unwrap();
        for file in std::fs::read_dir(place.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        let spool = Spool::open(copy.path(), LIMIT).unwrap();
        assert!(spool.recovery().points >= accepted.len() as u64);
        let writer = writer_with(&client(&url), spool);
        writer.flush().await.unwrap();
        assert!(writer.close(LONG).await.is_complete());
        let answer = client(&url).query("SELECT v FROM m").database("db").await.unwrap().checked().unwrap();
        let found: BTreeSet<i64> =
            answer.series().flat_map(|series| &series.values).map(|row| row[1].as_f64().unwrap() as i64).collect();
        let lost: Vec<_> = accepted.difference(&found).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }
}

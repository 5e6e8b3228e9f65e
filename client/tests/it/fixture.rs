//! What the tests against the bundled cluster share.

use std::time::{Duration, Instant};

use influx_client::{Ack, Batch, Client, ConsistencyLevel, NoRetry};
use influx_server_mock::TestCluster;

/// How long a test waits for what must come: only one that fails waits so long.
const LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at something that is waited for.
const TICK: Duration = Duration::from_millis(10);

/// One attempt a write, waited for longer than any time-out of the servers.
pub(crate) fn client(url: &str) -> Client {
    Client::builder().endpoint(url).attempt_timeout(Duration::from_secs(30)).retry(NoRetry).build().unwrap()
}

/// Three meta and three data nodes that lose patience after five seconds: what must be stored is, however busy the machine.
pub(crate) async fn cluster() -> TestCluster {
    let builder = TestCluster::builder().set("write-timeout", "5s").set("hh-retry-interval", "100ms");
    builder.start().await.unwrap()
}

/// Makes a database and waits until every node knows it.
pub(crate) async fn create(cluster: &TestCluster, database: &str, replication: u32) {
    cluster.create_database(database, replication).await.unwrap();
}

/// Writes what a test builds upon to all owners, again until they have it: on a busy machine an owner can be late, and the
/// meta nodes can choose another leader while they make the shard group.
pub(crate) async fn store(client: &Client, database: &str, batch: &Batch) -> Ack {
    let started = Instant::now();
    loop {
        match client.write(batch).database(database).consistency(ConsistencyLevel::All).await {
            Ok(ack) => return ack,
            Err(error) => assert!(started.elapsed() < LIMIT, "not stored after {LIMIT:?}: {error}"),
        }
        tokio::time::sleep(TICK).await;
    }
}

/// A batch of points of one series, one a nanosecond from `first` on.
pub(crate) fn points(measurement: &str, first: i64, count: i64) -> Batch {
    let mut batch = Batch::default();
    for n in 0..count {
        batch.point(measurement).field("v", n as f64).at(first + n).unwrap();
    }
    batch
}

/// How many points of a measurement the node at this address has itself (when it owns every shard).
pub(crate) async fn count(url: &str, database: &str, measurement: &str) -> u64 {
    let text = format!("SELECT count(v) FROM \"{measurement}\"");
    let answer = client(url).query(&text).database(database).await.unwrap().checked().unwrap();
    answer.series().map(|series| series.values[0][1].as_u64().unwrap()).sum()
}

/// Waits until the measurement has this many points on every data node.
pub(crate) async fn everywhere(cluster: &TestCluster, database: &str, measurement: &str, wanted: u64) {
    for url in cluster.urls() {
        eventually(&format!("{wanted} points of {measurement} in {database} at {url}"), async || {
            count(&url, database, measurement).await == wanted
        })
        .await;
    }
}

/// Waits for a condition, with a limit.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < LIMIT, "not after {LIMIT:?}: {what}");
        tokio::time::sleep(TICK).await;
    }
}

pub(crate) const LEVELS: [ConsistencyLevel; 4] =
    [ConsistencyLevel::Any, ConsistencyLevel::One, ConsistencyLevel::Quorum, ConsistencyLevel::All];

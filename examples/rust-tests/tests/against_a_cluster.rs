//! The application against a real small cluster inside the test process, with the faults that it must survive.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use influx_client::{Batch, Class, Outcome};
use influx_server_mock::{CannedReply, Profile, ReplyCut, ReplyFault, TestCluster};
use rust_tests_example::Station;

/// A nanosecond of 2016; every reading of a test is a little later.
const NOON: i64 = 1_451_649_600_000_000_000;
const WEEK: i64 = 7 * 24 * 3600 * 1_000_000_000;

/// Three data nodes that keep three copies, and lose patience after five seconds: no sooner, so that a busy machine is not
/// taken for a node that hangs.
async fn cluster() -> TestCluster {
    let builder = TestCluster::builder().nodes(3, 3).set("write-timeout", "5s").set("hh-retry-interval", "50ms");
    let cluster = builder.start().await.unwrap();
    cluster.create_database("weather", 3).await.unwrap();
    cluster
}

fn station(cluster: &TestCluster) -> Station {
    Station::new(&cluster.node("data1").url(), "harbour").unwrap()
}

/// Keeps what a test builds upon. The meta nodes may choose another leader just as they make the shard group, and to keep the
/// same reading twice does no harm.
async fn keep_at_last(station: &Station, reading: &Batch) {
    let kept = async {
        while station.keep(reading).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), kept).await.unwrap();
}

/// Two of three owners are a quorum; the third one gets the reading once it is back.
#[tokio::test]
async fn a_quorum_survives_a_dead_node() {
    let mut cluster = cluster().await;
    let station = station(&cluster);
    keep_at_last(&station, &station.reading(4.5, NOON).unwrap()).await;
    cluster.node_mut("data3").kill();
    let ack = station.keep(&station.reading(4.6, NOON + 1).unwrap()).await.unwrap();
    assert_eq!(ack.points(), 1);

    cluster.node_mut("data3").restart().await.unwrap();
    cluster.wait_until_settled().await.unwrap();
    cluster.wait_until_in_sync().await.unwrap();
    assert_eq!(cluster.count_on("data3", "weather", "temperature").await, 2);
}

/// Nodes that hang are worse than dead ones: nobody knows what became of the write.
#[tokio::test]
async fn paused_nodes_leave_a_write_unknown() {
    let mut cluster = cluster().await;
    let station = station(&cluster);
    keep_at_last(&station, &station.reading(4.5, NOON).unwrap()).await;
    for node in ["data2", "data3"] {
        cluster.node_mut(node).pause().await;
    }
    let error = station.keep(&station.reading(4.6, NOON + 1).unwrap()).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Timeout, Outcome::Unknown));
    for node in ["data2", "data3"] {
        cluster.node_mut(node).resume();
    }
}

/// Without meta nodes what has a shard group is stored; what needs a new one is not.
#[tokio::test]
async fn a_meta_outage_stops_new_shard_groups_alone() {
    let cluster = cluster().await;
    let station = station(&cluster);
    keep_at_last(&station, &station.reading(4.5, NOON).unwrap()).await;
    cluster.meta_down();
    station.keep(&station.reading(4.6, NOON + 1).unwrap()).await.unwrap();
    // The node asks the meta nodes for ten seconds before it gives up; this test does not wait for that.
    let later = station.reading(4.7, NOON + WEEK).unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(300), station.keep(&later)).await.is_err());
    cluster.heal();
    keep_at_last(&station, &later).await;
}

/// Any answer of any server can be had at will, by the class of the error or byte by byte.
#[tokio::test]
async fn canned_replies_are_told_apart() {
    let cluster = cluster().await;
    let station = station(&cluster);
    keep_at_last(&station, &station.reading(4.5, NOON).unwrap()).await;
    let reading = station.reading(4.6, NOON + 1).unwrap();
    for (class, expected, outcome) in [
        ("overloaded", Class::Overloaded, Outcome::NotStored),
        ("meta-unavailable", Class::MetaUnavailable, Outcome::NotStored),
        ("below-level", Class::BelowLevel, Outcome::BelowLevel),
    ] {
        let reply = CannedReply::of_class(class, Profile::V1_8).unwrap();
        cluster.node("data1").reply(ReplyFault::canned(reply).on("/write").times(1));
        let error = station.keep(&reading).await.unwrap_err();
        assert_eq!((error.class(), error.outcome()), (expected, outcome));
    }
    assert_eq!(cluster.count_on("data1", "weather", "temperature").await, 1, "none of them was handled");

    // The write is done and nobody says so: only "unknown" is true, and the reading is there.
    cluster.node("data1").reply(ReplyFault::real().cut(ReplyCut::BeforeHead).on("/write").times(1));
    let error = station.keep(&reading).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Timeout, Outcome::Unknown));
    assert_eq!(cluster.count_on("data1", "weather", "temperature").await, 2);
}

/// A write can arrive after its sender was told that nobody answered.
#[tokio::test]
async fn a_lost_answer_is_no_lost_write() {
    let cluster = cluster().await;
    let station = station(&cluster);
    keep_at_last(&station, &station.reading(4.5, NOON).unwrap()).await;
    for node in ["data2", "data3"] {
        cluster.cut_one_way(node, "data1");
    }
    let error = station.keep(&station.reading(4.6, NOON + 1).unwrap()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    cluster.wait_until_in_sync().await.unwrap();
    assert_eq!(cluster.count_on("data3", "weather", "temperature").await, 2);
}

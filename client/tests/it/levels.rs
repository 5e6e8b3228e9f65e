//! What each level makes of owners that are down, and that every claim is true on the replicas afterwards.

use influx_client::{Class, ConsistencyLevel, Outcome};
use influx_server_mock::TestCluster;

use crate::fixture::{LEVELS, client, cluster, count, create, eventually, everywhere, points, store};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    Paused,
}

impl Fault {
    async fn strike(self, cluster: &mut TestCluster, node: &str) {
        match self {
            Self::Killed => cluster.node_mut(node).kill(),
            Self::Paused => cluster.node_mut(node).pause().await,
        }
    }

    async fn heal(self, cluster: &mut TestCluster, node: &str) {
        match self {
            Self::Killed => cluster.node_mut(node).restart().await.unwrap(),
            Self::Paused => cluster.node_mut(node).resume(),
        }
    }
}

/// With three owners of which so many are down (cluster 1.8 facts, § 4, first write to an empty queue).
fn expected(fault: Fault, down: usize, level: ConsistencyLevel) -> (Class, Outcome) {
    let required = match level {
        ConsistencyLevel::Any | ConsistencyLevel::One => 1,
        ConsistencyLevel::Quorum => 2,
        ConsistencyLevel::All => 3,
    };
    match fault {
        _ if 3 - down >= required => (Class::Ok, Outcome::Stored),
        Fault::Killed => (Class::BelowLevel, Outcome::BelowLevel),
        Fault::Paused => (Class::Timeout, Outcome::Unknown),
    }
}

async fn play(fault: Fault, down: usize) {
    let mut cluster = cluster().await;
    let coordinator = client(&cluster.node("data1").url());
    for level in LEVELS {
        let database = level.to_string();
        create(&cluster, &database, 3).await;
        store(&coordinator, &database, &points("m", 0, 1)).await;
    }
    for node in ["data2", "data3"].iter().take(down) {
        fault.strike(&mut cluster, node).await;
    }
    let batch = points("m", 1, 3);
    let write = |level: ConsistencyLevel| {
        coordinator.write(&batch).database(level.to_string()).consistency(level).into_future()
    };
    // At once, as a hung owner makes each that needs it last as long as the nodes' patience.
    let written = futures::future::join_all(LEVELS.map(write)).await;
    for (level, written) in LEVELS.into_iter().zip(written) {
        let seen = match &written {
            Ok(_) => (Class::Ok, Outcome::Stored),
            Err(error) => (error.class(), error.outcome()),
        };
        assert_eq!(seen, expected(fault, down, level), "{fault:?}, {down} down, {level}: {written:?}");
        assert_eq!(count(&cluster.node("data1").url(), &level.to_string(), "m").await, 4);
    }
    for node in ["data2", "data3"].iter().take(down) {
        fault.heal(&mut cluster, node).await;
    }
    for level in LEVELS {
        everywhere(&cluster, &level.to_string(), "m", 4).await;
    }
}

/// Nothing is wrong: every level is met and every replica has every point.
#[tokio::test]
async fn all_owners_up() {
    play(Fault::Killed, 0).await;
}

/// A dead owner costs only the level that needs it, and gets what it missed.
#[tokio::test]
async fn one_owner_killed() {
    play(Fault::Killed, 1).await;
}

/// Two dead owners leave any and one.
#[tokio::test]
async fn two_owners_killed() {
    play(Fault::Killed, 2).await;
}

/// A hung owner is a time-out, not a refusal: its points are there when it goes on.
#[tokio::test]
async fn one_owner_paused() {
    play(Fault::Paused, 1).await;
}

/// Two hung owners.
#[tokio::test]
async fn two_owners_paused() {
    play(Fault::Paused, 2).await;
}

/// One copy only, and its owner dead: the first write at `any` is accepted by handoff, others fail although they are
/// queued too, and all of them arrive.
#[tokio::test]
async fn the_only_owner_killed() {
    let mut cluster = cluster().await;
    create(&cluster, "single", 1).await;
    let coordinator = client(&cluster.node("data1").url());
    store(&coordinator, "single", &points("m", 0, 1)).await;
    cluster.node_mut("data3").kill();
    let mut accepted = 0;
    let mut failed = 0;
    for series in 0..30_i64 {
        let mut batch = influx_client::Batch::default();
        batch.point("m").tag("k", &series.to_string()).field("v", 1.0).at(1 + series).unwrap();
        let level = if series % 2 == 0 { ConsistencyLevel::Any } else { ConsistencyLevel::One };
        match coordinator.write(&batch).database("single").consistency(level).await {
            Ok(_) => accepted += 1,
            Err(error) => {
                assert_eq!((error.class(), error.outcome()), (Class::NoReplica, Outcome::Unknown), "{error:?}");
                failed += 1;
            }
        }
    }
    assert!(accepted > 0 && failed > 0, "{accepted} accepted, {failed} failed");
    cluster.node_mut("data3").restart().await.unwrap();
    let url = cluster.node("data1").url();
    eventually("all 31 points arrived", async || count(&url, "single", "m").await == 31).await;
}

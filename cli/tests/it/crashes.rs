//! What survives `kill -9` of real processes.

use crate::harness::{Cluster, points, until};

/// The coordinator dies with hints for a dead owner in its queue. Nobody else has them, and they arrive once it is back.
#[test]
fn hints_survive_the_kill_of_their_coordinator() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("m", 1));
    cluster.fault(&["kill", "data3"]);
    let ran = cluster.write(&["-c", "quorum", "--batch-lines", "5"], points("m", 20));
    assert_eq!(ran.code, 0, "{ran:?}");
    // The others are enough for an answer: it may come before the hint is on disk.
    until("all that data3 missed is queued", || cluster.hints("data1") == Some(20));
    cluster.fault(&["kill", "data1"]);
    cluster.fault(&["restart", "data3"]);
    assert_eq!(cluster.count("data3", "m"), 1, "what it missed is on the disk of the dead coordinator");
    cluster.fault(&["restart", "data1"]);
    until("the hints have arrived", || cluster.count("data3", "m") == 20);
    assert_eq!(cluster.count("data1", "m"), 20);
}

/// Every process dies at once: databases, shard groups and acknowledged points are there after the restart.
#[test]
fn a_cluster_survives_the_kill_of_all_its_nodes() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("m", 50));
    let all: Vec<String> = cluster.nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect();
    let named = |verb: &str| [verb.to_owned()].into_iter().chain(all.clone()).collect::<Vec<String>>();
    for verb in ["kill", "restart"] {
        let arguments = named(verb);
        cluster.fault(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
    for node in cluster.data_nodes() {
        until("every point is on every node", || cluster.count(&node, "m") == 50);
    }
    until("every replica takes points again", || cluster.write(&["-c", "all"], points("later", 5)).code == 0);
}

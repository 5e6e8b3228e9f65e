#![allow(clippy::unwrap_used)]

use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::core::slice_race::SliceRace;
use crate::{LossKind, Profile};

const SECOND: u64 = 1_000_000_000;

fn body(key: &str) -> Bytes {
    Bytes::from(format!("m,k={key} v=1i 1700000000000000000"))
}

/// Runs until nothing happens any more; the status and body of each answer, by request.
fn run(cluster: &mut SimCluster) -> Vec<(u64, u16, String)> {
    let mut answers = Vec::new();
    while let Some(time) = cluster.next_time().filter(|time| *time < 300 * SECOND) {
        for event in cluster.advance(time) {
            if let ClientEvent::Answer { request, answer } = event {
                answers.push((request, answer.status, String::from_utf8_lossy(&answer.body).into_owned()));
            }
        }
    }
    answers
}

fn copies(cluster: &SimCluster, key: &str) -> usize {
    let key = format!("m,k={key}").into_bytes();
    (0..3).filter(|node| cluster.replica(*node).iter().any(|point| point.key == key)).count()
}

/// Makes the shard group and lets every node hear of it.
fn warm(profile: Profile, change: impl FnOnce(&mut SimOptions)) -> SimCluster {
    let mut options = SimOptions::new(profile);
    options.node.write_timeout = Duration::from_secs(1);
    options.node.shard_writer_timeout = Duration::from_secs(1);
    change(&mut options);
    let mut cluster = SimCluster::new(options, 1);
    cluster.submit(0, SimRequest::write("lab", "all", body("warm")));
    assert_eq!(run(&mut cluster)[0].1, 204);
    cluster
}

#[test]
fn every_level_is_met_and_every_replica_has_it() {
    for profile in Profile::ALL {
        let mut cluster = warm(profile, |_| {});
        for level in ["any", "one", "quorum", "all"] {
            cluster.submit(1, SimRequest::write("lab", level, body(level)));
        }
        let statuses: Vec<u16> = run(&mut cluster).into_iter().map(|(_, status, _)| status).collect();
        assert_eq!(statuses, [204; 4]);
        assert!(["any", "one", "quorum", "all"].iter().all(|key| copies(&cluster, key) == 3));
        assert!(cluster.is_drained());
    }
}

/// Cluster 1.8 facts § 4, the outcome table: one replica killed, then the queue holds something.
#[test]
fn a_killed_replica_is_hinted_and_catches_up() {
    let mut cluster = warm(Profile::V1_8, |_| {});
    cluster.order(cluster.now(), SimFault::Crash { process: 2, restart_after: None });
    for level in ["any", "one", "quorum", "all"] {
        cluster.submit(0, SimRequest::write("lab", level, body(level)));
    }
    let heal = cluster.now() + 20 * SECOND;
    cluster.order_heal(heal);
    let mut answers = run(&mut cluster);
    answers.sort_unstable();
    let statuses: Vec<u16> = answers.iter().map(|(_, status, _)| *status).collect();
    assert_eq!(statuses, [204, 204, 204, 500]);
    assert_eq!(answers[3].2, "{\"error\":\"partial write\"}\n");
    assert!(["any", "one", "quorum", "all"].iter().all(|key| copies(&cluster, key) == 3));
    assert!(cluster.is_drained());
}

#[test]
fn a_frozen_replica_makes_all_time_out() {
    let mut cluster = warm(Profile::V1_8, |_| {});
    cluster.order(cluster.now(), SimFault::Pause { process: 1, resume_after: None });
    cluster.order_heal(cluster.now() + 5 * SECOND);
    cluster.submit(0, SimRequest::write("lab", "all", body("x")));
    assert_eq!(run(&mut cluster)[0].2, "{\"error\":\"timeout\"}\n");
    assert_eq!(copies(&cluster, "x"), 3);
}

/// Cluster 0.10 facts § 2.4.
#[test]
fn a_new_shard_group_of_0_10_is_dropped_by_those_who_have_not_heard_of_it() {
    let short = (0..40).filter(|seed| {
        let mut cluster = SimCluster::new(SimOptions::new(Profile::V0_10), *seed);
        cluster.submit(0, SimRequest::write("lab", "all", body("x")));
        assert_eq!(run(&mut cluster)[0].1, 204);
        let dropped = cluster.record().causes().iter().any(|cause| cause.kind == LossKind::UnknownShard.into());
        assert_eq!(dropped, copies(&cluster, "x") < 3);
        assert_eq!(dropped, !cluster.record().shortfalls().is_empty());
        dropped
    });
    assert!(short.count() > 20);
}

/// Cluster 1.8 facts § 4: `any` is refused while the queue is not empty.
#[test]
fn any_is_refused_behind_a_queue() {
    let mut cluster = warm(Profile::V1_8, |options| options.replication = 1);
    let owner = cluster.owners(b"m,k=x", 1_700_000_000_000_000_000)[0];
    let other = (owner + 1) % 3;
    cluster.order(cluster.now(), SimFault::Crash { process: owner, restart_after: None });
    cluster.submit(other, SimRequest::write("lab", "any", body("x")));
    let mut answers = Vec::new();
    while answers.is_empty() {
        let time = cluster.next_time().unwrap();
        answers = cluster.advance(time);
        answers.retain(|event| matches!(event, ClientEvent::Answer { .. }));
    }
    assert!(matches!(&answers[0], ClientEvent::Answer { answer, .. } if answer.status == 204));
    cluster.submit(other, SimRequest::write("lab", "any", body("x")));
    cluster.order_heal(cluster.now() + 5 * SECOND);
    let answers = run(&mut cluster);
    assert_eq!(answers[0].2, "{\"error\":\"write failed\"}\n");
    assert!(cluster.record().causes().iter().any(|cause| cause.kind == CauseKind::AnyRefusedBehindQueue));
    assert_eq!(copies(&cluster, "x"), 1);
}

#[test]
fn without_meta_nodes_a_new_group_cannot_be_made() {
    for profile in Profile::ALL {
        let mut cluster = warm(profile, |_| {});
        let began = cluster.now();
        for process in [3, 4, 5] {
            cluster.order(began, SimFault::Crash { process, restart_after: None });
        }
        cluster.submit(0, SimRequest::write("lab", "one", body("old")));
        let new = Bytes::from_static(b"m,k=new v=1i 1600000000000000000");
        cluster.submit(0, SimRequest::write("lab", "one", new));
        let answers = run(&mut cluster);
        assert_eq!(answers[0].1, 204);
        let text = "{\"error\":\"Post \\\"http://meta2:8091/execute\\\": dial tcp meta2:8091: connect: connection refused\"}\n";
        assert_eq!(answers[1].2, text);
        assert_eq!(copies(&cluster, "new"), 0);
    }
}

/// Cluster 0.10 facts § 4: an old hint is written over newer data.
#[test]
fn an_old_hint_is_written_over_a_newer_value() {
    let mut cluster = warm(Profile::V0_10, |_| {});
    cluster.order(cluster.now(), SimFault::Crash { process: 1, restart_after: Some(Duration::from_millis(200)) });
    cluster.submit(0, SimRequest::write("lab", "one", Bytes::from_static(b"m,k=x v=1i 1700000000000000000")));
    let back = cluster.now() + 600_000_000;
    cluster.advance(back);
    cluster.submit(0, SimRequest::write("lab", "all", Bytes::from_static(b"m,k=x v=2i 1700000000000000000")));
    assert_eq!(run(&mut cluster)[0].1, 204);
    let stale = cluster.record().causes().iter().find(|cause| cause.kind == CauseKind::StaleHint).unwrap();
    assert_eq!(stale.replica, 1);
    let value = |node: usize| cluster.replica(node).iter().find(|p| p.key == b"m,k=x").unwrap().field.clone();
    assert_eq!((value(0), value(1)), (b"v=2i".to_vec(), b"v=1i".to_vec()));
}

#[test]
fn the_race_over_the_batch_drops_a_conflicting_line_in_silence() {
    let mut cluster = warm(Profile::V1_8, |options| options.node.shared_slice_race = SliceRace::DropBad);
    let body = Bytes::from_static(b"m,k=bad v=\"s\" 1700000000000000000\nm,k=good v=1i 1700000000000000000");
    cluster.submit(0, SimRequest::write("lab", "one", body));
    assert_eq!(run(&mut cluster)[0].1, 204);
    assert_eq!((copies(&cluster, "bad"), copies(&cluster, "good")), (0, 3));
    assert!(cluster.record().causes().iter().any(|cause| cause.kind == LossKind::ConflictDropped.into()));
}

#[test]
fn a_full_disk_of_the_coordinator_is_never_hinted() {
    let mut cluster = warm(Profile::V1_8, |_| {});
    cluster.order(cluster.now(), SimFault::DiskFull { node: 0, disk: DataDisk::Shards });
    cluster.submit(0, SimRequest::write("lab", "quorum", body("x")));
    cluster.order_heal(cluster.now() + 3 * SECOND);
    assert_eq!(run(&mut cluster)[0].1, 204);
    assert_eq!(copies(&cluster, "x"), 2);
    assert!(cluster.record().causes().iter().any(|cause| cause.kind == LossKind::LocalFailure.into()));
}

#[test]
fn a_partition_parks_what_is_sent_and_delivers_it_late() {
    for profile in Profile::ALL {
        let mut cluster = warm(profile, |_| {});
        cluster.order(cluster.now(), SimFault::Partition { side: vec![0, 3] });
        cluster.submit(0, SimRequest::write("lab", "quorum", body("x")));
        cluster.order_heal(cluster.now() + 8 * SECOND);
        assert_eq!(run(&mut cluster)[0].2, "{\"error\":\"timeout\"}\n");
        assert_eq!(copies(&cluster, "x"), 3);
    }
}

/// The same seed gives the same events, word for word.
#[test]
fn a_seed_is_repeated_exactly() {
    let play = |seed| {
        let mut options = SimOptions::new(Profile::V0_10);
        options.trace = true;
        let mut cluster = SimCluster::new(options, seed);
        cluster.order(SECOND, SimFault::Partition { side: vec![1, 4] });
        cluster.order(2 * SECOND, SimFault::Crash { process: 0, restart_after: Some(Duration::from_secs(1)) });
        for n in 0..20 {
            cluster.advance(n * SECOND / 4);
            cluster.submit(n as usize % 3, SimRequest::write("lab", "quorum", body(&n.to_string())));
        }
        cluster.order_heal(9 * SECOND);
        run(&mut cluster);
        (cluster.record().fingerprint(), cluster.record().trace().to_vec())
    };
    assert_eq!(play(3), play(3));
    assert_ne!(play(3).0, play(4).0);
}

fn counted(cluster: &SimCluster, what: &str) -> u64 {
    cluster.record().counts().get(what).copied().unwrap_or_default()
}

/// A fault that changes nothing is none, and one that waits for a request is one when that comes.
#[test]
fn faults_are_counted_where_they_take_effect() {
    let mut cluster = warm(Profile::V0_10, |_| {});
    let now = cluster.now();
    let crash = SimFault::Crash { process: 2, restart_after: None };
    let freeze = SimFault::Pause { process: 2, resume_after: None };
    let everybody = SimFault::Partition { side: (0..6).collect() };
    let throttle = SimFault::Requests { node: 0, times: 3, loss: RequestLoss::TurnedAway { waited: false } };
    for fault in [crash.clone(), crash, freeze, everybody, throttle] {
        cluster.order(now, fault);
    }
    cluster.advance(now + 1);
    assert_eq!(["crash", "pause", "partition"].map(|kind| counted(&cluster, kind)), [1, 0, 0]);
    assert_eq!(counted(&cluster, "request reset"), 0);
    // 0.10 turns nobody away.
    cluster.submit(0, SimRequest::write("lab", "one", body("x")));
    cluster.advance(now + SECOND);
    assert_eq!(["request reset", "request throttled"].map(|kind| counted(&cluster, kind)), [1, 0]);
}

#[test]
fn a_fault_ends_while_another_one_goes_on() {
    let mut cluster = warm(Profile::V1_8, |_| {});
    let now = cluster.now();
    let (one, two) = (SimFault::OneWay { from: 0, to: 1 }, SimFault::Partition { side: vec![0] });
    let full = SimFault::HandoffFull { node: 0 };
    for fault in [&one, &two, &full] {
        cluster.order(now, fault.clone());
    }
    let answer_at = |cluster: &mut SimCluster, time: u64| {
        cluster.submit(0, SimRequest::write("lab", "quorum", body(&time.to_string())));
        let events = cluster.advance(time);
        events.into_iter().find_map(|event| match event {
            ClientEvent::Answer { answer, .. } => Some(answer.status),
            _ => None,
        })
    };
    assert_eq!(answer_at(&mut cluster, now + 3 * SECOND), Some(500));
    cluster.order_end(cluster.now(), full);
    cluster.order_end(cluster.now(), two);
    // Node 1 is still out of reach, node 2 is not any more, and a queue takes what node 1 misses.
    assert_eq!(answer_at(&mut cluster, now + 4 * SECOND), Some(204));
    cluster.order_end(cluster.now(), one);
    run(&mut cluster);
    assert!(cluster.is_drained());
    assert_eq!(copies(&cluster, &(now + 4 * SECOND).to_string()), 3);
}

#[test]
fn a_body_that_is_cut_is_never_carried_out() {
    for (percent, out) in [(0, 0), (50, 15), (99, 29)] {
        let mut cluster = warm(Profile::V1_8, |_| {});
        cluster.order(cluster.now(), SimFault::Requests { node: 0, times: 1, loss: RequestLoss::CutBody { percent } });
        cluster.advance(cluster.now() + 1);
        let whole = body("x");
        let id = cluster.submit(0, SimRequest::write("lab", "all", whole.clone()));
        let mut events = Vec::new();
        while let Some(time) = cluster.next_time() {
            events.extend(cluster.advance(time));
        }
        let [ClientEvent::Connected { bytes, .. }, ClientEvent::Lost { request }] = events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(request, id);
        assert_eq!((bytes, whole.len()), (out, 30));
        assert_eq!(copies(&cluster, "x"), 0);
        assert!(cluster.carried_out(b"m,k=x", &[id]).is_empty());
    }
}

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::block::Block;
use super::queue::{Limits, Queue};
use super::{Deliver, Handoff};
use crate::core::handoff::HandoffError;
use crate::store::DiskFault;
use crate::{Options, Point, Points, Profile};

const LIMITS: Limits = Limits { profile: Profile::V1_8, queue: 1 << 20, segment: 200 };

fn points(times: impl IntoIterator<Item = i64>) -> Points {
    times.into_iter().map(|time| Point { key: b"m,k=v", fields: b"v=1", time }).collect()
}

fn block(time: i64) -> Block {
    Block { shard: 7, points: points([time]) }
}

fn rest(queue: &mut Queue) -> Vec<i64> {
    let mut all = Vec::new();
    while let Some(block) = queue.peek().unwrap() {
        all.extend(block.points.iter().map(|point| point.time));
        queue.advance().unwrap();
    }
    all
}

/// The newest of a queue's segment files.
fn newest(dir: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).max().unwrap()
}

/// A power cut may leave any part of what was not synced: the blocks before it come back in order, appending goes on, and
/// nothing is delivered twice that was delivered before.
#[test]
fn a_queue_cut_at_any_byte_goes_on() {
    let origin = tempfile::tempdir().unwrap();
    let mut queue = Queue::open(origin.path(), LIMITS).unwrap();
    for n in 0..8 {
        queue.append(&block(n)).unwrap();
    }
    queue.peek().unwrap();
    queue.advance().unwrap();
    drop(queue);
    let tail = newest(origin.path());
    let whole = std::fs::read(&tail).unwrap();
    for cut in 0..whole.len() {
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(origin.path()).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        std::fs::write(copy.path().join(tail.file_name().unwrap()), &whole[..cut]).unwrap();
        let mut queue = Queue::open(copy.path(), LIMITS).unwrap();
        let depth = queue.depth();
        queue.append(&block(99)).unwrap();
        let all = rest(&mut queue);
        let (last, before) = all.split_last().unwrap();
        assert_eq!((*last, before), (99, &(1..8).collect::<Vec<i64>>()[..before.len()]), "cut at {cut}");
        assert_eq!(depth.blocks, before.len() as u64);
    }
}

/// A segment that lost its delivered end leaves the cursor behind it; new blocks must not be skipped for that.
#[test]
fn a_cursor_behind_its_segment_skips_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut queue = Queue::open(dir.path(), Limits { segment: 1 << 20, ..LIMITS }).unwrap();
    for n in 0..3 {
        queue.append(&block(n)).unwrap();
    }
    assert_eq!(rest(&mut queue).len(), 3);
    drop(queue);
    let tail = newest(dir.path());
    std::fs::OpenOptions::new().write(true).open(&tail).unwrap().set_len(60).unwrap();
    let mut queue = Queue::open(dir.path(), Limits { segment: 1 << 20, ..LIMITS }).unwrap();
    queue.append(&block(9)).unwrap();
    drop(queue);
    assert_eq!(rest(&mut Queue::open(dir.path(), Limits { segment: 1 << 20, ..LIMITS }).unwrap()), [9]);
}

#[test]
fn a_missing_segment_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let mut queue = Queue::open(dir.path(), LIMITS).unwrap();
    for n in 0..12 {
        queue.append(&block(n)).unwrap();
    }
    drop(queue);
    std::fs::remove_file(dir.path().join("00000002.seg")).unwrap();
    let left = rest(&mut Queue::open(dir.path(), LIMITS).unwrap());
    assert!(left.len() < 12 && left.starts_with(&[0]) && left.ends_with(&[11]), "{left:?}");
    assert!(left.is_sorted());
}

#[test]
fn delivered_bytes_count_until_their_file_goes() {
    let dir = tempfile::tempdir().unwrap();
    let one = block(0).accounted_len(Profile::V1_8);
    let limits = Limits { queue: 3 * one, segment: 1 << 20, ..LIMITS };
    let mut queue = Queue::open(dir.path(), limits).unwrap();
    for n in 0..3 {
        queue.append(&block(n)).unwrap();
    }
    assert_eq!(rest(&mut queue).len(), 3);
    assert_eq!(queue.append(&block(3)).unwrap_err(), HandoffError::Full);
    drop(queue);
    assert_eq!(Queue::open(dir.path(), limits).unwrap().append(&block(3)).unwrap_err(), HandoffError::Full);
}

#[test]
fn old_segments_go_with_all_that_waits_in_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut queue = Queue::open(dir.path(), LIMITS).unwrap();
    for n in 0..8 {
        queue.append(&block(n)).unwrap();
    }
    let last = newest(dir.path());
    let week_ago = SystemTime::now() - Duration::from_secs(8 * 86_400);
    for entry in std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path()) {
        if entry != last {
            std::fs::File::options().write(true).open(&entry).unwrap().set_modified(week_ago).unwrap();
        }
    }
    let cutoff = SystemTime::now() - Duration::from_secs(7 * 86_400);
    let mut told = 0;
    let dropped = queue.purge_older_than(cutoff, |_| told += 1).unwrap();
    assert!(dropped > 0 && dropped < 8);
    assert_eq!(told, dropped, "each block that goes is told");
    assert_eq!(queue.purge_older_than(cutoff, |_| ()).unwrap(), 0);
    assert_eq!(rest(&mut queue).len() as u64, 8 - dropped);
    // The last segment goes too when it is old.
    queue.append(&block(9)).unwrap();
    assert_eq!(queue.purge_older_than(SystemTime::now() + Duration::from_secs(60), |_| ()).unwrap(), 1);
    assert_eq!(queue.depth().blocks, 0);
}

/// Owners that never answer, and the nodes that belong to the cluster.
#[derive(Debug)]
struct Silent {
    members: Mutex<BTreeSet<u64>>,
    asked: tokio::sync::Notify,
}

impl Deliver for Silent {
    async fn deliver(&self, _: u64, _: u64, _: &Points) -> Result<(), String> {
        self.asked.notify_one();
        Err("dial tcp x: connect: connection refused".to_owned())
    }

    fn is_member(&self, node: u64) -> bool {
        self.members.lock().unwrap().contains(&node)
    }
}

struct Node {
    dir: tempfile::TempDir,
    owners: Arc<Silent>,
    handoff: Handoff<Silent>,
    disk: DiskFault,
}

fn node(profile: Profile, settings: &[(&str, &str)]) -> Node {
    let dir = tempfile::tempdir().unwrap();
    let mut options = Options::new(profile);
    for (name, value) in settings {
        options.set(name, value).unwrap();
    }
    let owners = Arc::new(Silent { members: Mutex::new([4, 5].into()), asked: tokio::sync::Notify::new() });
    let disk = DiskFault::none();
    let handoff = Handoff::open(dir.path().join("hh"), profile, &options, owners.clone(), disk.clone()).unwrap();
    Node { dir, owners, handoff, disk }
}

async fn until(mut holds: impl FnMut() -> bool) {
    let look = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.unwrap();
}

#[tokio::test]
async fn the_queues_of_a_removed_node_go_in_1_8_and_stay_in_0_10() {
    for (profile, left) in [(Profile::V1_8, 1), (Profile::V0_10, 2)] {
        let node = node(
            profile,
            &[("hh-purge-interval", "20ms"), ("hh-retry-interval", "5ms"), ("hh-retry-max-interval", "5ms")],
        );
        for owner in [4, 5] {
            node.handoff.append(owner, 7, points([1])).await.unwrap();
        }
        node.owners.members.lock().unwrap().remove(&5);
        match profile {
            Profile::V1_8 => until(|| node.handoff.depths().len() == left).await,
            // Many looks later it is still there.
            Profile::V0_10 => {
                for _ in 0..20 {
                    node.owners.asked.notified().await;
                }
            }
        }
        assert_eq!(node.handoff.depths().len(), left);
        let queue = match profile {
            Profile::V1_8 => "hh/5/7",
            Profile::V0_10 => "hh/5",
        };
        assert_eq!(node.dir.path().join(queue).exists(), left == 2);
        // A queue that went is made again when it is needed.
        node.owners.members.lock().unwrap().insert(5);
        node.handoff.append(5, 7, points([2])).await.unwrap();
        assert_eq!(node.handoff.depths().len(), 2);
    }
}

#[tokio::test]
async fn what_is_too_old_goes_when_the_purge_comes_first() {
    let node = node(Profile::V1_8, &[("hh-max-age", "0s"), ("hh-purge-interval", "5ms"), ("hh-retry-interval", "1h")]);
    node.handoff.append(4, 7, points([1])).await.unwrap();
    until(|| node.handoff.depths().is_empty()).await;
}

#[tokio::test]
async fn a_full_disk_is_told_by_1_8_and_hidden_by_0_10() {
    for profile in Profile::ALL {
        let node = node(profile, &[]);
        node.disk.set_full(true);
        let told = node.handoff.append(4, 7, points([1])).await;
        match profile {
            Profile::V1_8 => assert!(told.unwrap_err().to_string().ends_with("no space left on device")),
            Profile::V0_10 => told.unwrap(),
        }
        assert!(node.handoff.is_empty(4, 7));
        node.disk.set_full(false);
        node.handoff.append(4, 7, points([1])).await.unwrap();
        assert!(!node.handoff.is_empty(4, 7));
    }
}

#[tokio::test]
async fn only_1_8_queues_a_large_write_in_pieces() {
    let settings = [("hh-segment-size", "200")];
    let (new, old) = (node(Profile::V1_8, &settings), node(Profile::V0_10, &settings));
    new.handoff.append(4, 7, points(0..20)).await.unwrap();
    let depth = new.handoff.depths()[0];
    assert!(depth.blocks > 1);
    assert_eq!(depth.points, 20);
    assert_eq!(old.handoff.append(4, 7, points(0..20)).await.unwrap_err(), HandoffError::SegmentFull);
    let long = vec![b'k'; 300];
    let one = [Point { key: &long, fields: b"v=1", time: 1 }].into_iter().collect();
    assert_eq!(new.handoff.append(4, 7, one).await.unwrap_err(), HandoffError::SegmentFull);
}

#[tokio::test]
async fn a_newer_queue_keeps_a_node_from_starting() {
    let dir = tempfile::tempdir().unwrap();
    let queue = dir.path().join("4/7");
    std::fs::create_dir_all(&queue).unwrap();
    std::fs::write(queue.join("00000001.seg"), b"hhqueue\x02").unwrap();
    let owners = Arc::new(Silent { members: Mutex::default(), asked: tokio::sync::Notify::new() });
    let options = Options::new(Profile::V1_8);
    let refused = Handoff::open(dir.path().to_owned(), Profile::V1_8, &options, owners, DiskFault::none()).unwrap_err();
    assert!(refused.to_string().contains("newer version"), "{refused}");
}

#[tokio::test]
async fn counters_have_the_real_names() {
    let node = node(Profile::V1_8, &[("hh-retry-interval", "2ms"), ("hh-retry-max-interval", "2ms")]);
    node.handoff.append(4, 7, points([1, 2])).await.unwrap();
    node.owners.asked.notified().await;
    until(|| !node.handoff.counters()[0].values.contains(&("writeNodeReqFail", 0))).await;
    let counters = node.handoff.counters();
    assert_eq!((counters[0].node, counters[0].shard), (4, 7));
    for expected in [("writeShardReq", 1), ("writeShardReqPoints", 2), ("writeNodeReq", 0), ("writeDropped", 0)] {
        assert!(counters[0].values.contains(&expected), "{counters:?}");
    }
}

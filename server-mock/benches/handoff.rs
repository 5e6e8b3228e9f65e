//! How fast writes that an owner missed are queued and delivered.
//!
//! `cargo bench -p influx-server-mock --bench handoff` prints, for blocks of 8 KiB, appends by 1, 16 and 64 writers at once,
//! each on disk (fdatasync) when it returns, and how fast a full queue is drained into an owner that takes all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use influx_server_mock::hinted_handoff::{Deliver, Handoff};
use influx_server_mock::store::DiskFault;
use influx_server_mock::{Options, Point, Points, Profile};

const NODE: u64 = 5;
const SHARD: u64 = 7;
const BLOCK: usize = 8 << 10;

/// An owner that takes everything, once it is there.
#[derive(Debug, Default)]
struct Owner {
    there: tokio::sync::Notify,
    is_there: std::sync::atomic::AtomicBool,
    blocks: AtomicU64,
}

impl Deliver for Owner {
    async fn deliver(&self, _: u64, _: u64, points: &Points) -> Result<(), String> {
        while !self.is_there.load(Ordering::Relaxed) {
            self.there.notified().await;
        }
        assert!(!points.is_empty());
        self.blocks.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn is_member(&self, _: u64) -> bool {
        true
    }
}

fn block(writer: usize) -> Points {
    let key = format!("cpu,datacenter=eu-west-1,host=server{writer:03},cpu=cpu-total");
    let mut points = Points::new();
    while points.bytes() < BLOCK {
        let time = i64::try_from(points.len()).expect("a block has few points");
        points.push(Point { key: key.as_bytes(), fields: b"usage_user=17.25,usage_system=3.5,free=4096i", time });
    }
    points
}

async fn append(writers: usize, blocks: usize) {
    let dir = tempfile::tempdir().expect("a directory for the queue");
    let owner = Arc::new(Owner::default());
    let mut options = Options::new(Profile::V1_8);
    options.hh_retry_interval = Duration::from_millis(1);
    let opened = Handoff::open(dir.path().to_owned(), Profile::V1_8, &options, owner.clone(), DiskFault::none());
    let handoff = Arc::new(opened.expect("an empty directory can be opened"));
    let each = blocks / writers;
    let bytes = (each * writers * block(0).bytes()) as f64;
    let begin = Instant::now();
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let (handoff, points) = (handoff.clone(), block(writer));
            tokio::spawn(async move {
                for _ in 0..each {
                    handoff.append(NODE, SHARD, points.clone()).await.expect("the queue has room");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a writer does not panic");
    }
    tell(&format!("append, {writers} at once"), each * writers, bytes, begin.elapsed());
    if writers == 64 {
        let begin = Instant::now();
        owner.is_there.store(true, Ordering::Relaxed);
        owner.there.notify_waiters();
        owner.there.notify_one();
        while !handoff.depths().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(owner.blocks.load(Ordering::Relaxed), (each * writers) as u64);
        tell("drain", each * writers, bytes, begin.elapsed());
    }
}

fn tell(what: &str, blocks: usize, bytes: f64, took: Duration) {
    let seconds = took.as_secs_f64();
    println!("{what:<20} {:>9.0} blocks/s {:>8.1} MB/s", blocks as f64 / seconds, bytes / seconds / 1e6);
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for (writers, blocks) in [(1, 1_000), (16, 4_096), (64, 8_192)] {
            append(writers, blocks).await;
        }
    });
}

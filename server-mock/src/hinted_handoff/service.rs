//! All queues of a node, each with a task that delivers it.

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::block::Block;
use super::queue::Limits;
use super::shared::SharedQueue;
use crate::core::handoff::{Delivery, HandoffError, Pause, after_delivery};
use crate::store::DiskFault;
use crate::{Options, Points, Profile};

/// Takes a queued write to its owner.
pub trait Deliver: Send + Sync + 'static {
    /// Sends the points to a shard of a node.
    ///
    /// # Errors
    /// The text of the owner's refusal, or of what kept the write from reaching it.
    fn deliver(&self, node: u64, shard: u64, points: &Points) -> impl Future<Output = Result<(), String>> + Send;
}

/// What waits in one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QueueDepth {
    /// The owner it waits for.
    pub node: u64,
    /// The shard; 0 where the profile keeps one queue a node.
    pub shard: u64,
    /// Writes.
    pub blocks: u64,
    /// Points in them.
    pub points: u64,
    /// Bytes, as the real format counts them.
    pub bytes: u64,
}

/// The hinted handoff of one node.
#[derive(Debug)]
pub struct Handoff<D> {
    dir: PathBuf,
    profile: Profile,
    enabled: bool,
    limits: Limits,
    max_appends: usize,
    pause: Pause,
    deliver: Arc<D>,
    disk: DiskFault,
    /// A fault: the queues take nothing more, as at their size limit.
    full: Arc<AtomicBool>,
    queues: Mutex<BTreeMap<Key, Arc<SharedQueue>>>,
}

type Key = (u64, u64);

impl<D: Deliver> Handoff<D> {
    /// Opens the queues in `dir` and begins to deliver what waits there. Must be called within a tokio runtime; blocks on
    /// files.
    ///
    /// # Errors
    /// When a queue's files cannot be read.
    pub fn open(
        dir: PathBuf,
        profile: Profile,
        options: &Options,
        deliver: Arc<D>,
        disk: DiskFault,
    ) -> io::Result<Self> {
        let handoff = Self {
            profile,
            enabled: options.hh_enabled,
            limits: Limits { queue: options.hh_max_size, segment: options.hh_segment_size },
            max_appends: match profile {
                Profile::V1_8 => options.hh_max_writes_pending,
                Profile::V0_10 => usize::MAX,
            },
            pause: Pause::new(options.hh_retry_interval, options.hh_retry_max_interval),
            deliver,
            disk,
            full: Arc::default(),
            queues: Mutex::default(),
            dir,
        };
        for key in handoff.keys_on_disk()? {
            handoff.queue(key)?;
        }
        Ok(handoff)
    }

    /// Whether nothing waits for this owner and shard.
    pub fn is_empty(&self, node: u64, shard: u64) -> bool {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.get(&self.key(node, shard)).is_none_or(|queue| queue.is_empty())
    }

    /// Queues a write; on return it is on disk.
    ///
    /// # Errors
    /// [`HandoffError`] says why it was not queued.
    pub async fn append(&self, node: u64, shard: u64, points: Points) -> Result<(), HandoffError> {
        if !self.enabled {
            return Err(HandoffError::Disabled);
        }
        if self.full.load(Ordering::Relaxed) {
            return Err(HandoffError::Full);
        }
        self.disk.before_write().await.map_err(|_| no_space(&self.dir))?;
        let storage = |error: io::Error| HandoffError::Storage(format!("mkdir all: {error}"));
        let queue = self.queue(self.key(node, shard)).map_err(storage)?;
        queue.append(Block { shard, points }).await
    }

    /// While on, the queues refuse every write as if they were at their size limit.
    pub fn full_fault(&self) -> &Arc<AtomicBool> {
        &self.full
    }

    /// The faults of the disk below, to be set by anyone.
    pub fn disk_fault(&self) -> &DiskFault {
        &self.disk
    }

    /// What waits, queue by queue; empty queues are left out.
    pub fn depths(&self) -> Vec<QueueDepth> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let depth = |(key, queue): (&Key, &Arc<SharedQueue>)| {
            let depth = queue.depth();
            QueueDepth { node: key.0, shard: key.1, blocks: depth.blocks, points: depth.points, bytes: depth.bytes }
        };
        queues.iter().map(depth).filter(|depth| depth.blocks > 0).collect()
    }

    fn key(&self, node: u64, shard: u64) -> Key {
        match self.profile {
            Profile::V1_8 => (node, shard),
            Profile::V0_10 => (node, 0),
        }
    }

    fn queue(&self, key: Key) -> io::Result<Arc<SharedQueue>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&key) {
            return Ok(queue.clone());
        }
        let dir = self.dir.join(key.0.to_string()).join(key.1.to_string());
        let queue = Arc::new(SharedQueue::open(&dir, self.limits, self.max_appends)?);
        queues.insert(key, queue.clone());
        let drain = drain(queue.clone(), key.0, self.profile, self.pause, self.deliver.clone());
        tokio::spawn(drain);
        Ok(queue)
    }

    fn keys_on_disk(&self) -> io::Result<Vec<Key>> {
        let mut keys = Vec::new();
        for node in numbered(&self.dir)? {
            for shard in numbered(&self.dir.join(node.to_string()))? {
                keys.push((node, shard));
            }
        }
        Ok(keys)
    }
}

fn no_space(dir: &Path) -> HandoffError {
    HandoffError::Storage(format!("write {}: no space left on device", dir.display()))
}

/// Names in `dir` that are numbers; none when there is no such directory yet.
fn numbered(dir: &PathBuf) -> io::Result<Vec<u64>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        if let Some(number) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

/// Delivers one queue, oldest block first, for as long as the node lives.
async fn drain<D: Deliver>(queue: Arc<SharedQueue>, node: u64, profile: Profile, mut pause: Pause, deliver: Arc<D>) {
    loop {
        queue.not_empty().await;
        tokio::time::sleep(pause.current()).await;
        loop {
            let block = match queue.peek().await {
                Ok(Some(block)) => block,
                Ok(None) => {
                    pause.succeeded();
                    break;
                }
                Err(error) => {
                    tracing::error!(node, %error, "cannot read a handoff queue");
                    pause.failed();
                    break;
                }
            };
            let refusal = deliver.deliver(node, block.shard, &block.points).await.err();
            match after_delivery(profile, refusal.as_deref()) {
                Delivery::Remove => {
                    if let Some(refusal) = refusal {
                        tracing::warn!(
                            node,
                            shard = block.shard,
                            refusal,
                            "dropped a handoff block that was refused for good"
                        );
                    }
                    if let Err(error) = queue.advance().await {
                        tracing::error!(node, %error, "cannot advance a handoff queue");
                        pause.failed();
                        break;
                    }
                    pause.succeeded();
                }
                Delivery::Keep => {
                    tracing::debug!(node, shard = block.shard, refusal, "handoff will be tried again");
                    pause.failed();
                    break;
                }
            }
        }
    }
}

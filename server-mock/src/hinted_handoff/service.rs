//! All queues of a node, each with a task that delivers it.

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use super::block::Block;
use super::counters::{Counters, QueueCounters};
use super::drain::Drain;
use super::queue::Limits;
use super::shared::{AppendError, SharedQueue};
use crate::core::handoff::{HandoffError, Pause, Upkeep, splits_large_writes, told_of_append, upkeep};
use crate::loss::{self, LossKind};
use crate::store::DiskFault;
use crate::{Options, Points, Profile};

/// An interval of zero must not become a busy loop.
const SHORTEST_LOOK: Duration = Duration::from_millis(1);

/// Takes a queued write to its owner.
pub trait Deliver: Send + Sync + 'static {
    /// Sends the points to a shard of a node.
    ///
    /// # Errors
    /// The text of the owner's refusal, or of what kept the write from reaching it.
    fn deliver(&self, node: u64, shard: u64, points: &Points) -> impl Future<Output = Result<(), String>> + Send;

    /// Whether the node belongs to the cluster.
    fn is_member(&self, node: u64) -> bool;
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
    drain: Drain<D>,
    disk: DiskFault,
    /// A fault: the queues take nothing more, as at their size limit.
    full: Arc<AtomicBool>,
    /// A fault: the queues take nothing more, as with too many appends under way.
    blocked: Arc<AtomicBool>,
    queues: Arc<Mutex<BTreeMap<Key, Arc<SharedQueue>>>>,
}

/// Node and shard.
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
            limits: Limits { profile, queue: options.hh_max_size, segment: options.hh_segment_size },
            max_appends: match profile {
                Profile::V1_8 => options.hh_max_writes_pending,
                Profile::V0_10 => usize::MAX,
            },
            drain: Drain {
                profile,
                pause: Pause::new(options.hh_retry_interval, options.hh_retry_max_interval),
                rate: options.hh_retry_rate_limit,
                max_age: options.hh_max_age,
                purge_interval: options.hh_purge_interval,
                deliver: deliver.clone(),
                poison: None,
            },
            disk,
            full: Arc::default(),
            blocked: Arc::default(),
            queues: Arc::default(),
            dir,
        };
        for key in handoff.keys_on_disk()? {
            handoff.queue(key)?;
        }
        let queues = Arc::downgrade(&handoff.queues);
        tokio::spawn(look_over(queues, profile, options.hh_purge_interval, deliver));
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
        let refused = |error: &HandoffError, points: &Points| {
            tracing::warn!(node, shard, %error, "a write was not queued");
            loss::tell(LossKind::from(error), node, shard, points.iter());
        };
        if let Some(error) = self.takes_nothing() {
            refused(&error, &points);
            return Err(error);
        }
        let blocks = if splits_large_writes(self.profile) {
            let whole = points.clone();
            let pieces = Block { shard, points }.split(self.profile, self.limits.segment);
            pieces.ok_or(HandoffError::SegmentFull).inspect_err(|error| refused(error, &whole))?
        } else {
            vec![Block { shard, points }]
        };
        for block in blocks.into_iter().map(Arc::new) {
            let appended = self.append_block((node, shard), block.clone()).await;
            if let Err(error) = &appended {
                refused(error, &block.points);
            }
            told_of_append(self.profile, appended)?;
        }
        Ok(())
    }

    /// Why every write is refused, if it is.
    fn takes_nothing(&self) -> Option<HandoffError> {
        if !self.enabled {
            Some(HandoffError::Disabled)
        } else if self.full.load(Ordering::Relaxed) {
            Some(HandoffError::Full)
        } else if self.blocked.load(Ordering::Relaxed) {
            Some(HandoffError::Blocked)
        } else {
            None
        }
    }

    async fn append_block(&self, (node, shard): Key, block: Arc<Block>) -> Result<(), HandoffError> {
        self.disk.before_write().await.map_err(|_| no_space(&self.dir))?;
        loop {
            let queue = self.queue(self.key(node, shard));
            let queue = queue.map_err(|error| HandoffError::Storage(format!("mkdir all: {error}")))?;
            let counters = &queue.counters;
            match queue.append(block.clone()).await {
                Err(AppendError::Removed) => continue,
                Err(AppendError::Refused(error)) => {
                    match error {
                        HandoffError::Blocked => Counters::add(&counters.write_blocked, 1),
                        HandoffError::Full => Counters::add(&counters.write_dropped, 1),
                        HandoffError::Disabled | HandoffError::SegmentFull | HandoffError::Storage(_) => {}
                    }
                    return Err(error);
                }
                Ok(()) => {
                    Counters::add(&counters.write_shard_req, 1);
                    Counters::add(&counters.write_shard_req_points, block.points.len() as u64);
                    Counters::add(&counters.bytes_written, block.accounted_len(self.profile));
                    return Ok(());
                }
            }
        }
    }

    /// What the queues did since the node started; those without a queue any more are forgotten.
    pub fn counters(&self) -> Vec<QueueCounters> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = |(key, queue): (&Key, &Arc<SharedQueue>)| {
            let (head, tail) = queue.ends();
            QueueCounters { node: key.0, shard: key.1, values: queue.counters.values(), head, tail }
        };
        queues.iter().map(counters).collect()
    }

    /// While on, the queues refuse every write as if they were at their size limit.
    pub fn full_fault(&self) -> &Arc<AtomicBool> {
        &self.full
    }

    /// While on, the queues refuse every write as if too many were under way.
    pub fn blocked_fault(&self) -> &Arc<AtomicBool> {
        &self.blocked
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

    /// The points that wait for a node, in the order in which they will be delivered. Blocks on files.
    ///
    /// # Errors
    /// When a queue's files cannot be read.
    pub(crate) fn waiting(&self) -> io::Result<Vec<(u64, Points)>> {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut all = Vec::new();
        for ((node, _), queue) in queues {
            all.extend(queue.blocks()?.into_iter().map(|block| (node, block.points)));
        }
        Ok(all)
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
        let dir = queue_dir(&self.dir, self.profile, key.0, key.1);
        let queue = Arc::new(SharedQueue::open(&dir, self.limits, self.max_appends)?);
        queues.insert(key, queue.clone());
        tokio::spawn(self.drain.clone().run(key.0, queue.clone()));
        Ok(queue)
    }

    fn keys_on_disk(&self) -> io::Result<Vec<Key>> {
        let mut keys = Vec::new();
        for node in numbered(&self.dir)? {
            match self.profile {
                Profile::V1_8 => {
                    let shards = numbered(&self.dir.join(node.to_string()))?;
                    keys.extend(shards.into_iter().map(|shard| (node, shard)));
                }
                Profile::V0_10 => keys.push((node, 0)),
            }
        }
        Ok(keys)
    }
}

/// Where a queue's files are below the directory of hinted handoff: in 0.10, where it is a node's alone, right in the
/// node's directory.
pub(crate) fn queue_dir(dir: &Path, profile: Profile, node: u64, shard: u64) -> PathBuf {
    let of_node = dir.join(node.to_string());
    match profile {
        Profile::V1_8 => of_node.join(shard.to_string()),
        Profile::V0_10 => of_node,
    }
}

/// Looks over all queues from time to time, for as long as there are any to come.
async fn look_over<D: Deliver>(
    queues: Weak<Mutex<BTreeMap<Key, Arc<SharedQueue>>>>,
    profile: Profile,
    interval: Duration,
    deliver: Arc<D>,
) {
    loop {
        tokio::time::sleep(interval.max(SHORTEST_LOOK)).await;
        let Some(queues) = queues.upgrade() else { return };
        // Under the lock, so that nobody opens a queue in a directory that is being removed.
        let mut queues = queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.retain(|(node, shard), queue| {
            let member = deliver.is_member(*node);
            match queue.remove_unless(|depth| upkeep(profile, member, depth.blocks == 0) == Upkeep::Keep) {
                Ok(None) => true,
                Ok(Some(lost)) => {
                    tracing::info!(node, shard, lost, "removed a handoff queue");
                    false
                }
                Err(error) => {
                    tracing::error!(node, shard, %error, "cannot remove a handoff queue");
                    true
                }
            }
        });
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

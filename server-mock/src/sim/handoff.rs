//! Queues of hinted handoff, on disks that outlive processes.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cluster::{Event, SimCluster};
use super::coordinator::nanoseconds;
use super::peer::CallFor;
use super::store::ShardWrite;
use crate::core::handoff::{Delivery, HandoffError, Pause, after_delivery, is_retryable, told_of_append};
use crate::hinted_handoff::{Block, Limits};
use crate::{LossKind, Profile};

/// The data node, by position, and the shard; 0 where there is one queue a node.
pub(super) type QueueKey = (usize, u64);

/// What a write does once a queue has taken it or not.
#[derive(Debug)]
pub(super) struct Offered {
    pub(super) write: u64,
    pub(super) part: usize,
    pub(super) owner: usize,
    /// Why it could not be sent; nothing where it was not tried.
    pub(super) failure: Option<String>,
}

/// A queue.
#[derive(Debug)]
pub(super) struct Queue {
    /// With their lengths as the real format counts them.
    blocks: VecDeque<(Arc<ShardWrite>, u64)>,
    bytes: u64,
    /// Delivered, but still in the file of the oldest segment.
    consumed: u64,
    pause: Pause,
    /// Whether it is going to be tried.
    awake: bool,
    /// Whether its head was refused for good, and stays.
    poisoned: bool,
}

impl Queue {
    /// Whether nothing waits that could still be delivered.
    pub(super) fn is_settled(&self) -> bool {
        self.blocks.is_empty() || self.poisoned
    }
}

impl SimCluster {
    pub(super) fn queue_key(&self, to: usize, shard: u64) -> QueueKey {
        match self.profile() {
            Profile::V1_8 => (to, shard),
            Profile::V0_10 => (to, 0),
        }
    }

    pub(super) fn queue_is_empty(&self, node: usize, key: QueueKey) -> bool {
        self.nodes[node].queues.get(&key).is_none_or(|queue| queue.blocks.is_empty())
    }

    /// Offers a write to a queue.
    pub(super) fn offer(&mut self, node: usize, key: QueueKey, write: Arc<ShardWrite>, then: Offered) {
        let there = &self.nodes[node];
        let refusal = if !self.options.node.hh_enabled {
            Some(HandoffError::Disabled)
        } else if there.handoff_full {
            Some(HandoffError::Full)
        } else if there.handoff_blocked {
            Some(HandoffError::Blocked)
        } else {
            None
        };
        if let Some(refusal) = refusal {
            self.not_queued(node, key.0, &write, &refusal);
            return self.offered(then, Err(refusal));
        }
        let delay = self.between(300, 2_000) + self.nodes[node].disk.handoff_slow;
        self.within(node, delay, Event::Hinted { node, key, write, then });
    }

    fn not_queued(&mut self, node: usize, replica: usize, write: &ShardWrite, why: &HandoffError) {
        self.cause(LossKind::from(why), node, replica, write.request, write.keys());
    }

    /// A disk is done with a hint: from now on it outlives its node.
    pub(super) fn hinted(&mut self, node: usize, key: QueueKey, write: &Arc<ShardWrite>, then: Offered) {
        let appended = self.append(node, key, write);
        if let Err(why) = &appended {
            self.not_queued(node, key.0, write, why);
        } else {
            self.record.count("hint queued");
            self.record.tell(self.now, || format!("data{}: queued #{} for data{}", node + 1, write.request, key.0 + 1));
            self.wake(node, key);
            self.held.queue_took(key.0, write);
            if let Some(sent) = self.sent(then.write, then.part, then.owner) {
                sent.queued = true;
            }
        }
        self.offered(then, told_of_append(self.profile(), appended));
    }

    fn append(&mut self, node: usize, key: QueueKey, write: &Arc<ShardWrite>) -> Result<(), HandoffError> {
        let options = &self.options.node;
        let (profile, queue, segment) = (self.profile(), options.hh_max_size, options.hh_segment_size);
        let limits = Limits { profile, queue, segment };
        let pause = Pause::new(options.hh_retry_interval, options.hh_retry_max_interval);
        if self.nodes[node].disk.handoff_full {
            let path = format!("/var/lib/influxdb/hh/{}", self.group.node_id(key.0));
            return Err(HandoffError::Storage(format!("write {path}: no space left on device")));
        }
        let bytes = Block::accounted(profile, &write.points);
        let queue = self.nodes[node].queues.entry(key).or_insert_with(|| Queue {
            blocks: VecDeque::new(),
            bytes: 0,
            consumed: 0,
            pause,
            awake: false,
            poisoned: false,
        });
        limits.check(queue.bytes + queue.consumed, bytes)?;
        queue.bytes += bytes;
        let hint = ShardWrite { hint: true, points: write.points.clone(), ..**write };
        queue.blocks.push_back((Arc::new(hint), bytes));
        Ok(())
    }

    /// Has a queue tried after its pause.
    fn wake(&mut self, node: usize, key: QueueKey) {
        let Some(queue) = self.nodes[node].queues.get_mut(&key) else { return };
        if queue.blocks.is_empty() || std::mem::replace(&mut queue.awake, true) {
            return;
        }
        let pause = nanoseconds(queue.pause.current());
        self.within(node, pause, Event::Drain { node, key });
    }

    /// All queues of a node that started again.
    pub(super) fn wake_all(&mut self, node: usize) {
        let options = &self.options.node;
        let pause = Pause::new(options.hh_retry_interval, options.hh_retry_max_interval);
        for queue in self.nodes[node].queues.values_mut() {
            queue.awake = false;
            queue.pause = pause;
        }
        let keys: Vec<QueueKey> = self.nodes[node].queues.keys().copied().collect();
        for key in keys {
            self.wake(node, key);
        }
    }

    pub(super) fn drain(&mut self, node: usize, key: QueueKey) {
        let Some(queue) = self.nodes[node].queues.get_mut(&key) else { return };
        match queue.blocks.front() {
            Some((write, _)) => {
                let write = write.clone();
                self.call(node, key.0, write, CallFor::Hint { key });
            }
            None => {
                queue.pause.succeeded();
                queue.awake = false;
            }
        }
    }

    /// What came of the head of a queue.
    pub(super) fn hint_delivered(&mut self, node: usize, key: QueueKey, refusal: Option<String>) {
        let profile = self.profile();
        let segment = self.options.node.hh_segment_size;
        let Some(queue) = self.nodes[node].queues.get_mut(&key) else { return };
        match after_delivery(profile, refusal.as_deref()) {
            Delivery::Remove => {
                if let Some((_, bytes)) = queue.blocks.pop_front() {
                    queue.bytes -= bytes;
                    queue.consumed += bytes;
                }
                // The file goes once it is read to its end and another one was begun.
                if queue.blocks.is_empty() && queue.consumed > segment / 2 {
                    queue.consumed = 0;
                }
                queue.pause.succeeded();
                queue.poisoned = false;
                self.drain(node, key);
            }
            Delivery::Keep => {
                queue.pause.failed();
                queue.awake = false;
                queue.poisoned = refusal.is_some_and(|refusal| !is_retryable(profile, &refusal));
                self.wake(node, key);
            }
        }
    }

    pub(super) fn record_poisoned(&mut self) {
        let mut stuck = Vec::new();
        for (node, there) in self.nodes.iter().enumerate() {
            for (key, queue) in there.queues.iter().filter(|(_, queue)| queue.poisoned) {
                stuck.extend(queue.blocks.iter().map(|(write, _)| (node, key.0, write.request, write.keys())));
            }
        }
        for (node, replica, request, keys) in stuck {
            self.cause(LossKind::HintPoisons, node, replica, request, keys);
        }
    }
}

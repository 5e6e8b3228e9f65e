//! Delivering one queue.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::block::Block;
use super::counters::Counters;
use super::service::Deliver;
use super::shared::SharedQueue;
use crate::Profile;
use crate::core::handoff::{Delivery, Pause, after_delivery, is_retryable, purge_comes_first, rest_after};
use crate::loss::{self, LossKind};

/// How queues are delivered.
#[derive(Debug)]
pub(super) struct Drain<D> {
    pub(super) profile: Profile,
    pub(super) pause: Pause,
    /// Bytes a second; 0 for no limit.
    pub(super) rate: u64,
    pub(super) max_age: Duration,
    pub(super) purge_interval: Duration,
    pub(super) deliver: Arc<D>,
    /// The block at the head that was refused for good and stays.
    pub(super) poison: Option<Block>,
}

impl<D> Clone for Drain<D> {
    fn clone(&self) -> Self {
        Self { deliver: self.deliver.clone(), poison: self.poison.clone(), ..*self }
    }
}

/// What came of one block.
enum Step {
    Next,
    /// Nothing is left.
    Empty,
    /// It will be tried again.
    Failed,
}

impl<D: Deliver> Drain<D> {
    /// Delivers a queue, oldest block first, until it is removed.
    pub(super) async fn run(mut self, node: u64, queue: Arc<SharedQueue>) {
        while queue.not_empty().await {
            let pause = self.pause.current();
            if purge_comes_first(self.purge_interval, pause) {
                tokio::time::sleep(self.purge_interval).await;
                self.purge(node, &queue).await;
                continue;
            }
            tokio::time::sleep(pause).await;
            if self.profile == Profile::V1_8 && !self.deliver.is_member(node) {
                // As if there were nothing to send (cluster 1.8's code): the queue goes when it is looked over.
                self.pause.succeeded();
                continue;
            }
            loop {
                match self.step(node, &queue).await {
                    Step::Next => self.pause.succeeded(),
                    Step::Empty => {
                        self.pause.succeeded();
                        break;
                    }
                    Step::Failed => {
                        self.pause.failed();
                        break;
                    }
                }
            }
        }
    }

    /// Delivers the block at the head.
    async fn step(&mut self, node: u64, queue: &Arc<SharedQueue>) -> Step {
        let block = match queue.peek().await {
            Ok(Some(block)) => block,
            Ok(None) => return Step::Empty,
            Err(error) => {
                tracing::error!(node, %error, "cannot read a handoff queue");
                return Step::Failed;
            }
        };
        let Block { shard, ref points } = block;
        let counters = &queue.counters;
        let refusal = self.deliver.deliver(node, shard, points).await.err();
        match after_delivery(self.profile, refusal.as_deref()) {
            Delivery::Remove => {
                if let Some(refusal) = refusal {
                    tracing::warn!(node, shard, refusal, "dropped a handoff block that was refused for good");
                    loss::tell(LossKind::HintRefused, node, shard, points.iter());
                }
                if let Err(error) = queue.advance().await {
                    tracing::error!(node, %error, "cannot advance a handoff queue");
                    return Step::Failed;
                }
                Counters::add(&counters.write_node_req, 1);
                Counters::add(&counters.write_node_req_points, points.len() as u64);
                let bytes = block.accounted_len(self.profile);
                Counters::add(&counters.bytes_read, bytes);
                tokio::time::sleep(rest_after(bytes, self.rate)).await;
                Step::Next
            }
            Delivery::Keep => {
                tracing::debug!(node, shard, refusal, "handoff will be tried again");
                // Once for each block, though it is tried for ever.
                let poisons = refusal.as_deref().is_some_and(|refusal| !is_retryable(self.profile, refusal));
                if poisons && self.poison.as_ref() != Some(&block) {
                    loss::tell(LossKind::HintPoisons, node, shard, points.iter());
                    self.poison = Some(block);
                }
                Counters::add(&counters.write_node_req_fail, 1);
                Step::Failed
            }
        }
    }

    async fn purge(&self, node: u64, queue: &Arc<SharedQueue>) {
        let Some(cutoff) = SystemTime::now().checked_sub(self.max_age) else { return };
        let tell = move |block: &Block| loss::tell(LossKind::HintPurged, node, block.shard, block.points.iter());
        match queue.purge_older_than(cutoff, tell).await {
            Ok(0) => {}
            Ok(blocks) => tracing::info!(node, blocks, "dropped handoff blocks for their age"),
            Err(error) => tracing::error!(node, %error, "cannot purge a handoff queue"),
        }
    }
}

//! How late a node sees what the meta nodes decided, as far as the race of 0.10 hangs on it.
//!
//! In the real 0.10 a change of the metadata is known at the Raft leader at once and at a follower with the next message
//! that the leader sends, 50 to 100 ms later. A node next to the leader makes a shard group and writes to it before the
//! others have heard of the group; they acknowledge and drop the write (cluster 0.10 facts, § 2.4: 7–17 ms against
//! 70–110 ms, and at least one replica dropped in 8 of 12 new groups). The meta nodes here tell their followers at once, so
//! the delay is added where it matters: at the coordinator, which waits for its own copy, and at the receiver.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::core::meta::MetaData;
use crate::meta::MetaClient;

/// From one message of the leader to the next, in milliseconds.
pub(crate) const NEXT_MESSAGE: Range<u64> = 50..100;

/// One node's view of the metadata, behind its cached copy.
#[derive(Debug)]
pub(crate) struct Sight {
    seen: Arc<ArcSwap<MetaData>>,
    index: watch::Receiver<u64>,
    task: AbortHandle,
}

impl Drop for Sight {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sight {
    /// Follows the cached copy of a data node; all that is in it now is seen. Nothing is added to a copy that comes late by
    /// itself.
    pub(crate) fn follow(meta: &MetaClient, node: u64, lags: bool) -> Self {
        let mut changed = meta.changed();
        let seen = Arc::new(ArcSwap::new(meta.snapshot()));
        let (sender, index) = watch::channel(seen.load().index);
        let (meta, target) = (meta.clone(), seen.clone());
        let task = tokio::spawn(async move {
            while changed.changed().await.is_ok() {
                if !lags && !beside_leader(&meta.snapshot(), node) {
                    tokio::time::sleep(Duration::from_millis(fastrand::u64(NEXT_MESSAGE))).await;
                }
                changed.mark_unchanged();
                let snapshot = meta.snapshot();
                let index = snapshot.index;
                target.store(snapshot);
                sender.send_replace(index);
            }
        });
        Self { seen, index, task: task.abort_handle() }
    }

    /// Whether the node has heard of a shard.
    pub(crate) fn knows(&self, shard: u64) -> bool {
        self.seen.load().shard(shard).is_some()
    }

    /// Waits until the node has heard of all that is in this copy.
    ///
    /// # Cancellation
    /// Cancel safe.
    pub(crate) async fn reaches(&self, index: u64) {
        // The sender lives as long as the metadata do.
        let _ = self.index.clone().wait_for(|seen| index <= *seen).await;
    }
}

/// The first data node stands next to the leader, as it does in a real cluster that was begun with it.
pub(crate) fn beside_leader(meta: &MetaData, node: u64) -> bool {
    meta.data_nodes.iter().map(|node| node.id).min() == Some(node)
}

//! What a node's hinted handoff did since it started, by the names of the real servers' statistics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one queue. They only grow, and begin anew with the process.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Bytes delivered, as the real format counts them.
    pub(super) bytes_read: AtomicU64,
    /// Bytes queued, likewise.
    pub(super) bytes_written: AtomicU64,
    /// Writes refused because too many were under way.
    pub(super) write_blocked: AtomicU64,
    /// Writes refused because the queue was full.
    pub(super) write_dropped: AtomicU64,
    /// Writes offered.
    pub(super) write_shard_req: AtomicU64,
    /// Points in them.
    pub(super) write_shard_req_points: AtomicU64,
    /// Blocks delivered, or given up.
    pub(super) write_node_req: AtomicU64,
    /// Attempts that will be repeated.
    pub(super) write_node_req_fail: AtomicU64,
    /// Points delivered.
    pub(super) write_node_req_points: AtomicU64,
}

/// One queue's counters at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCounters {
    /// The owner that the queue is for.
    pub node: u64,
    /// The shard; 0 where the profile keeps one queue a node.
    pub shard: u64,
    /// Name as in `SHOW STATS`, and value.
    pub values: Vec<(&'static str, u64)>,
    /// Where the first record that was not delivered stands, as `path:offset` in the oldest segment; empty for a queue that
    /// is being removed.
    pub head: String,
    /// Where the newest segment ends, likewise; eight bytes behind the head where nothing waits.
    pub tail: String,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn values(&self) -> Vec<(&'static str, u64)> {
        [
            ("bytesRead", &self.bytes_read),
            ("bytesWritten", &self.bytes_written),
            ("writeBlocked", &self.write_blocked),
            ("writeDropped", &self.write_dropped),
            ("writeNodeReq", &self.write_node_req),
            ("writeNodeReqFail", &self.write_node_req_fail),
            ("writeNodeReqPoints", &self.write_node_req_points),
            ("writeShardReq", &self.write_shard_req),
            ("writeShardReqPoints", &self.write_shard_req_points),
        ]
        .map(|(name, counter)| (name, counter.load(Ordering::Relaxed)))
        .to_vec()
    }
}

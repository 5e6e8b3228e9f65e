//! What a node counts: the statistics behind `SHOW STATS` and `/debug/vars`.
//!
//! Each module has a struct of [`Counter`]s, named as the real servers name them, which its code increments where
//! things happen. [`Stats`] holds all of a node and is shared by everything in it.

mod counter;
mod modules;
mod statistic;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

pub use counter::{Counter, During};
pub use modules::{Cluster, ContinuousQueries, Handoff, Http, Queries, Shard, Subscriber, Writes};
pub use statistic::{Number, Statistic};

/// All counters of one node. Clones are the same counters.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    shared: Arc<Modules>,
}

/// The modules of a node.
#[derive(Debug)]
pub struct Modules {
    /// When the node was started.
    pub started: SystemTime,
    /// Points on behalf of clients.
    pub write: Writes,
    /// What other nodes asked.
    pub cluster: Cluster,
    /// Hinted handoff as a whole; of its values only the two of writes to be queued are counted here, the others are
    /// the sums of the queues.
    pub handoff: Handoff,
    /// Requests of clients.
    pub http: Http,
    /// Queries.
    pub queries: Queries,
    /// Continuous queries.
    pub continuous_queries: ContinuousQueries,
    /// Subscriptions.
    pub subscriber: Subscriber,
    handoff_queues: Mutex<BTreeMap<(u64, u64), Arc<Handoff>>>,
    shards: Mutex<BTreeMap<u64, Arc<Shard>>>,
}

impl Default for Modules {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            write: Writes::default(),
            cluster: Cluster::default(),
            handoff: Handoff::default(),
            http: Http::default(),
            queries: Queries::default(),
            continuous_queries: ContinuousQueries::default(),
            subscriber: Subscriber::default(),
            handoff_queues: Mutex::default(),
            shards: Mutex::default(),
        }
    }
}

impl std::ops::Deref for Stats {
    type Target = Modules;

    fn deref(&self) -> &Modules {
        &self.shared
    }
}

impl Modules {
    /// The counters of the hinted handoff queue for a node and shard (0 where the profile keeps one queue a node).
    /// Ask once, when the queue is opened, and keep them.
    #[must_use]
    pub fn handoff_queue(&self, node: u64, shard: u64) -> Arc<Handoff> {
        Arc::clone(lock(&self.handoff_queues).entry((node, shard)).or_default())
    }

    /// Forgets a queue that was removed.
    pub fn forget_handoff_queue(&self, node: u64, shard: u64) {
        lock(&self.handoff_queues).remove(&(node, shard));
    }

    /// The queues with their node and shard.
    #[must_use]
    pub fn handoff_queues(&self) -> Vec<((u64, u64), Arc<Handoff>)> {
        lock(&self.handoff_queues).iter().map(|(key, queue)| (*key, Arc::clone(queue))).collect()
    }

    /// The counters of a shard of this node.
    #[must_use]
    pub fn shard(&self, id: u64) -> Arc<Shard> {
        Arc::clone(lock(&self.shards).entry(id).or_default())
    }

    /// Forgets a shard that was dropped.
    pub fn forget_shard(&self, id: u64) {
        lock(&self.shards).remove(&id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Profile;

    fn names(statistic: &Statistic) -> Vec<&str> {
        statistic.values.iter().map(|(name, _)| *name).collect()
    }

    #[test]
    fn the_new_profile_shows_all_and_the_old_what_was_counted() {
        let stats = Stats::default();
        stats.write.req.inc();
        stats.write.point_req.add_len(3);
        let old = stats.write.statistic(Profile::V0_10, "write", &[]);
        assert_eq!(old.values, [("pointReq", Number::Integer(3)), ("req", Number::Integer(1))]);
        let new = stats.write.statistic(Profile::V1_8, "write", &[]);
        assert_eq!(
            names(&new),
            [
                "pointReq",
                "pointReqHH",
                "pointReqLocal",
                "pointReqRemote",
                "req",
                "subWriteDrop",
                "subWriteOk",
                "writeDrop",
                "writeError",
                "writeOk",
                "writePartial",
                "writeTimeout"
            ]
        );
    }

    #[test]
    fn a_queue_has_one_set_of_counters_until_it_is_forgotten() {
        let stats = Stats::default();
        stats.handoff_queue(4, 1).write_node_req.inc();
        stats.handoff_queue(4, 1).write_node_req.inc();
        assert_eq!(stats.handoff_queue(4, 1).write_node_req.get(), 2);
        stats.forget_handoff_queue(4, 1);
        assert!(stats.handoff_queues().is_empty());
    }
}

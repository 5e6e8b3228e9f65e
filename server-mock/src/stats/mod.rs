//! What a node counts: the statistics behind `SHOW STATS` and `/debug/vars`.
//!
//! Each module has a struct of [`Counter`]s, named as the real servers name them, which its code increments where
//! things happen. [`Stats`] holds all of a node and is shared by everything in it. Hinted
//! handoff counts for each queue by itself.

mod counter;
mod modules;
mod process;
mod statistic;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

pub use counter::{Counter, During};
pub use modules::{Cluster, ContinuousQueries, Http, Queries, Shard, Subscriber, Writes};
pub use process::ProcessUsage;
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
    /// Requests of clients.
    pub http: Http,
    /// Queries.
    pub queries: Queries,
    /// Continuous queries.
    pub continuous_queries: ContinuousQueries,
    /// Subscriptions.
    pub subscriber: Subscriber,
    shards: Mutex<BTreeMap<u64, Arc<Shard>>>,
}

impl Default for Modules {
    fn default() -> Self {
        Self {
            started: SystemTime::now(),
            write: Writes::default(),
            cluster: Cluster::default(),
            http: Http::default(),
            queries: Queries::default(),
            continuous_queries: ContinuousQueries::default(),
            subscriber: Subscriber::default(),
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
}

//! What each owner was left with after a run.

use serde::{Deserialize, Serialize};

/// What the replicas hold once the network is whole and no hint waits, as `replicas.json` of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replicas {
    /// Seconds until hinted handoff was empty; `None` where it was not within the limit, or cannot be told.
    pub drained_after: Option<f64>,
    /// The register on each of its owners; empty in runs without one, and where it cannot be told.
    pub register: Vec<Owner>,
    /// The points of writes with a time of their own, in the order of their times; those that no node has are left out.
    pub timed: Vec<TimedPoint>,
    /// Whether the nodes told what they hold. If not, what is left out above is not known.
    pub told: bool,
    /// Writes that nodes acknowledged to a coordinator and dropped, by their logs.
    pub dropped: u64,
    /// Shards of the study's database.
    pub shards: u64,
}

/// The register on one of its owners.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The node.
    pub node: String,
    /// The value; `None` where it has none.
    pub value: Option<i64>,
    /// The number of the write that it is from.
    pub id: Option<u64>,
}

/// A point of a write with a time of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedPoint {
    /// Nanoseconds, Unix time.
    pub time: i64,
    /// How many nodes own its shard.
    pub owners: usize,
    /// How many of them have it.
    pub copies: usize,
}

impl Replicas {
    /// Whether all owners of the register have the same; `None` where that is not known.
    #[must_use]
    pub fn equal(&self) -> Option<bool> {
        let first = self.register.first()?;
        Some(self.register.iter().all(|owner| (owner.value, owner.id) == (first.value, first.id)))
    }
}

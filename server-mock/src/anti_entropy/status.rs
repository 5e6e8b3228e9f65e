//! How far a node's anti-entropy has come.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::core::anti_entropy::TypeDivergence;

/// What a node did since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Checks that were finished.
    pub checks: u64,
    /// Comparisons of one shard with one other owner.
    pub comparisons: u64,
    /// Of them, those that found no difference.
    pub equal: u64,
    /// Of them, those that could not be made: the other owner did not answer, or one side took writes.
    pub postponed: u64,
    /// Blocks of time fetched.
    pub blocks: u64,
    /// Points taken over.
    pub points: u64,
    /// Fields that no repair can make equal.
    pub divergent: BTreeSet<Divergent>,
}

/// A field that has two types in two owners of a shard.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Divergent {
    /// The shard.
    pub shard: u64,
    /// The other owner.
    pub node: u64,
    /// The field and its types.
    pub field: TypeDivergence,
}

/// A [`Status`] that many comparisons write to.
#[derive(Debug, Default)]
pub(super) struct SharedStatus(Mutex<Status>);

impl SharedStatus {
    pub(super) fn change(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

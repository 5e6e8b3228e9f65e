//! Which part of a node's disk, and what is wrong with it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::DiskFault;

/// A part of a node's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disk {
    /// The shards of a data node: writes to its own replica fail, as the real servers' writes do.
    Shards,
    /// The hinted handoff queues of a data node: nothing can be queued.
    Handoff,
    /// The Raft log of a meta node: it acknowledges nothing while the disk is full, and goes on when it is not.
    Raft,
}

impl Disk {
    /// Every part.
    pub const ALL: [Self; 3] = [Self::Shards, Self::Handoff, Self::Raft];
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shards => "shards",
            Self::Handoff => "handoff",
            Self::Raft => "raft",
        })
    }
}

/// What is wrong with a part of a disk. Reads are never touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiskState {
    full: bool,
    delay: Duration,
}

impl DiskState {
    /// Nothing more can be written.
    #[must_use]
    pub fn full() -> Self {
        Self { full: true, ..Self::default() }
    }

    /// Each write takes this much longer.
    #[must_use]
    pub fn slow(delay: Duration) -> Self {
        Self { delay, ..Self::default() }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Both faults at once.
    pub(super) fn and(self, other: Self) -> Self {
        let delay = if other.delay.is_zero() { self.delay } else { other.delay };
        Self { full: self.full || other.full, delay }
    }

    pub(super) fn apply(&self, fault: &DiskFault) {
        fault.set_full(self.full);
        fault.set_delay(self.delay);
    }
}

impl fmt::Display for DiskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.full, self.delay.is_zero()) {
            (false, true) => f.write_str("in order"),
            (true, true) => f.write_str("full"),
            (false, false) => write!(f, "slow by {:?}", self.delay),
            (true, false) => write!(f, "full, slow by {:?}", self.delay),
        }
    }
}

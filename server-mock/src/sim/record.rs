//! What happened inside the cluster that a client could not see.

use std::collections::BTreeMap;
use std::fmt;

use crate::LossKind;

/// Something that servers do which makes their answers untrue; each is something that the real ones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CauseKind {
    /// What a node tells in its log when it does it.
    Loss(LossKind),
    /// The coordinator was killed before it had brought the write to this replica or queued it.
    CoordinatorDied,
    /// A point that one replica refused was taken by another.
    RefusedYetTaken,
    /// A hint of an earlier write was written over a later one.
    StaleHint,
    /// A request of an earlier write was carried out after a later one.
    LateRequest,
    /// A write at `any` was refused although it was queued, because the queue held something already (1.8).
    AnyRefusedBehindQueue,
}

impl CauseKind {
    /// Its name in reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Loss(kind) => kind.id(),
            Self::CoordinatorDied => "coordinator-died",
            Self::RefusedYetTaken => "refused-yet-taken",
            Self::StaleHint => "stale-hint",
            Self::LateRequest => "late-request",
            Self::AnyRefusedBehindQueue => "any-refused-behind-queue",
        }
    }

    /// A number of its own, for fingerprints.
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Loss(kind) => kind as u64,
            Self::CoordinatorDied => 100,
            Self::RefusedYetTaken => 101,
            Self::StaleHint => 102,
            Self::LateRequest => 103,
            Self::AnyRefusedBehindQueue => 104,
        }
    }
}

impl From<LossKind> for CauseKind {
    fn from(kind: LossKind) -> Self {
        Self::Loss(kind)
    }
}

impl fmt::Display for CauseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// One thing that a server did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimCause {
    /// What.
    pub kind: CauseKind,
    /// When, in nanoseconds since the beginning.
    pub time: u64,
    /// The data node that did it, by position.
    pub node: usize,
    /// The data node whose replica it concerns, by position.
    pub replica: usize,
    /// The request whose write it was done to.
    pub request: u64,
    /// Keys of the points concerned, as in line protocol.
    pub keys: Vec<Box<[u8]>>,
}

/// An acknowledgement for which fewer owners had a point than the level asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// The request.
    pub request: u64,
    /// When it was acknowledged.
    pub time: u64,
    /// The key of the point.
    pub key: Box<[u8]>,
    /// Owners that the level asks for.
    pub required: usize,
    /// Owners that had it from this request.
    pub had: usize,
    /// Owners that had it not but in a queue.
    pub queued: usize,
    /// Owners that had it not, by position, queued or not.
    pub missing: Vec<usize>,
    /// Whether the level takes a hint for a copy.
    pub hint_counts: bool,
}

/// What happened inside the cluster that a client could not see.
#[derive(Debug, Default)]
pub struct Record {
    pub(super) causes: Vec<SimCause>,
    pub(super) shortfalls: Vec<Shortfall>,
    pub(super) trace: Option<Vec<(u64, String)>>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    pub(super) fingerprint: u64,
}

impl Record {
    /// What the servers did, in order.
    #[must_use]
    pub fn causes(&self) -> &[SimCause] {
        &self.causes
    }

    /// Acknowledgements that were not true when they were given.
    #[must_use]
    pub fn shortfalls(&self) -> &[Shortfall] {
        &self.shortfalls
    }

    /// All events in words with their times, if they were asked for.
    #[must_use]
    pub fn trace(&self) -> &[(u64, String)] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// How often what happened.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// A number that two runs share only if the same happened in both, in the same order and at the same times.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Writes an event down.
    pub(super) fn tell(&mut self, time: u64, what: impl FnOnce() -> String) {
        if let Some(trace) = &mut self.trace {
            trace.push((time, what()));
        }
    }

    /// Mixes numbers into the fingerprint.
    pub(super) fn mark(&mut self, numbers: [u64; 4]) {
        for number in numbers {
            self.fingerprint = (self.fingerprint ^ number).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
        }
    }
}

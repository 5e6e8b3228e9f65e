//! What became of the points of a batch, as the replicas answer. Pure.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::compare::Found;
use super::queues::Backlog;
use super::wanted::NotWanted;
use crate::ConsistencyLevel;

/// Where a point is, as far as its replicas could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whereabouts {
    /// Every replica answered, and every one has it.
    Everywhere,
    /// At least one replica has it. The others do not have it at the moment, or could not be asked.
    Somewhere,
    /// Every replica answered, and none has it at the moment. It may still arrive: see [`Resolution::handoff`].
    Nowhere,
    /// At least one replica has something else in its place: another value for one of its fields, or only some of its
    /// fields. Somebody else wrote to the same series and time, or a part of the point was refused or deleted.
    Overwritten,
    /// Not known: no replica is known to have it, and not all could be asked.
    Unknown,
}

impl Whereabouts {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Everywhere, Self::Somewhere, Self::Nowhere, Self::Overwritten, Self::Unknown];

    /// The stable name used in machine-readable output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Somewhere => "somewhere",
            Self::Nowhere => "nowhere",
            Self::Overwritten => "overwritten",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// What one replica answered about one point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplicaAnswer {
    /// It has the point as it was sent.
    Stored,
    /// It does not have it at the moment.
    Absent,
    /// It has something else in its place.
    Overwritten,
    /// It could not be asked, or its answer proves nothing: see [`NodeReading::trouble`].
    Unknown,
}

impl From<Found> for ReplicaAnswer {
    fn from(found: Found) -> Self {
        match found {
            Found::Same => Self::Stored,
            Found::Absent => Self::Absent,
            Found::Other => Self::Overwritten,
            Found::Unclear => Self::Unknown,
        }
    }
}

/// A data node, as a [`Resolution`] knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeReading {
    /// Its id in the cluster; `None` for a server without clustering.
    pub id: Option<u64>,
    /// The address it was asked at, or is said to have.
    pub address: Box<str>,
    /// Why it could not be asked, or not about every point; `None` if it answered in full.
    pub trouble: Option<Box<str>>,
}

/// What is known of one point.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PointResolution {
    /// Where it is.
    pub whereabouts: Whereabouts,
    /// The replicas that should have it, by their places in [`Resolution::nodes`], and what they answered. Empty where it
    /// is not known which they are, or no shard group covers its time.
    pub replicas: Vec<(usize, ReplicaAnswer)>,
    /// Why it is not known where it is, where that does not lie with a node.
    pub doubt: Option<Doubt>,
    /// Another node read it from a replica that could not be asked: at least one has it.
    pub witnessed: bool,
    /// The server refused it for good, so it is not to be expected anywhere, unless an equal one was there before.
    pub refused: bool,
}

/// Why nothing can be said of a point, whatever the nodes answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Doubt {
    /// It carries no time of its own: the server gave it one that nobody else knows.
    NoTime,
    /// Its line is not one that can be read back.
    Unreadable,
    /// Which shard it belongs to cannot be told: shard groups overlap, a shard was dropped, the owners are being changed,
    /// or the nodes do not agree on them.
    Placement,
}

impl From<NotWanted> for Doubt {
    fn from(reason: NotWanted) -> Self {
        match reason {
            NotWanted::NoTime => Self::NoTime,
            NotWanted::Unreadable => Self::Unreadable,
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTime => "the point carries no time, so it cannot be looked for",
            Self::Unreadable => "the line of the point cannot be read back",
            Self::Placement => "which replicas should have the point cannot be told for certain",
        })
    }
}

/// Whether hints for the points may be waiting in queues of hinted handoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HandoffState {
    /// No data node has a hint for the replicas that miss points. Nothing will arrive by itself, unless a write is still
    /// under way between the nodes.
    Empty,
    /// A data node has hints for a replica that misses points (which points is not told): wait and resolve again.
    Pending,
    /// Not every data node tells.
    Unknown,
}

/// What became of the points of a batch: the answer to [`Client::resolve`](crate::Client::resolve) and
/// [`Client::confirm`](crate::Client::confirm).
///
/// It is what the replicas answered at that moment. Whoever writes at the same time may change it; a hint or a request
/// that is still under way between nodes arrives later.
#[derive(Clone, Debug)]
pub struct Resolution {
    pub(super) points: Vec<PointResolution>,
    pub(super) nodes: Vec<NodeReading>,
    pub(super) handoff: HandoffState,
    /// What was acknowledged, if something was.
    pub(super) claimed: Option<ConsistencyLevel>,
}

impl Resolution {
    /// One for each point of the batch, in its order.
    #[must_use]
    pub fn points(&self) -> &[PointResolution] {
        &self.points
    }

    /// The data nodes of the cluster, or the endpoints where the servers are no cluster.
    #[must_use]
    pub fn nodes(&self) -> &[NodeReading] {
        &self.nodes
    }

    /// How many points are there.
    #[must_use]
    pub fn count(&self, whereabouts: Whereabouts) -> usize {
        self.points.iter().filter(|point| point.whereabouts == whereabouts).count()
    }

    /// What holds for every point; `None` where they differ, and for an empty batch. `Somewhere` also stands for a mix of
    /// points that are everywhere and points that are somewhere.
    #[must_use]
    pub fn overall(&self) -> Option<Whereabouts> {
        let first = self.points.first()?.whereabouts;
        let stored = |w: Whereabouts| matches!(w, Whereabouts::Everywhere | Whereabouts::Somewhere);
        if self.points.iter().all(|point| point.whereabouts == first) {
            Some(first)
        } else {
            self.points.iter().all(|point| stored(point.whereabouts)).then_some(Whereabouts::Somewhere)
        }
    }

    /// Whether hints wait for replicas that miss points.
    #[must_use]
    pub const fn handoff(&self) -> HandoffState {
        self.handoff
    }

    /// Whether the replicas bear out what was acknowledged: whether every point is by now stored at least at the level of the
    /// acknowledgement. `None` where nothing was acknowledged, and where replicas that did not tell leave it open. At level `any`
    /// a point that is only in a queue does not count: then [`Resolution::handoff`] is pending, and to be asked again.
    #[must_use]
    pub fn bears_out(&self) -> Option<bool> {
        let claimed = self.claimed?;
        if self.points.is_empty() || self.level() >= Some(claimed) {
            return Some(true);
        }
        self.points.iter().any(|point| point.falls_short_of(claimed)).then_some(false)
    }

    /// The points, by their indexes in the batch, that were not refused and of which some replica is not known to have a
    /// copy: what to send again, if the batch is idempotent.
    pub fn missing(&self) -> impl Iterator<Item = usize> + '_ {
        let missing =
            |(_, point): &(usize, &PointResolution)| !point.refused && point.whereabouts != Whereabouts::Everywhere;
        self.points.iter().enumerate().filter(missing).map(|(index, _)| index)
    }

    /// The strongest level that every point is stored at by now: `all`, `quorum` or `one`. `None` for an empty batch, or
    /// where a point is not known to be on any replica.
    #[must_use]
    pub fn level(&self) -> Option<ConsistencyLevel> {
        use ConsistencyLevel::{All, One, Quorum};
        if self.points.is_empty() {
            return None;
        }
        [All, Quorum, One].into_iter().find(|level| self.points.iter().all(|point| point.meets(*level)))
    }
}

impl PointResolution {
    /// How many replicas are known to have it.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.count(ReplicaAnswer::Stored).max(usize::from(self.witnessed))
    }

    /// How many replicas answered so.
    fn count(&self, wanted: ReplicaAnswer) -> usize {
        self.replicas.iter().filter(|(_, answer)| *answer == wanted).count()
    }

    /// Takes in what a node read of it that is perhaps no replica itself. Only what is there proves something.
    pub(super) fn hear(&mut self, answer: ReplicaAnswer) {
        if self.whereabouts != Whereabouts::Unknown {
            return;
        }
        match answer {
            ReplicaAnswer::Stored => {
                self.witnessed = true;
                // The only one it can have been read from.
                if let [(_, only)] = self.replicas.as_mut_slice() {
                    *only = ReplicaAnswer::Stored;
                    self.whereabouts = Whereabouts::Everywhere;
                } else {
                    self.whereabouts = Whereabouts::Somewhere;
                }
            }
            ReplicaAnswer::Overwritten => self.whereabouts = Whereabouts::Overwritten,
            ReplicaAnswer::Absent | ReplicaAnswer::Unknown => {}
        }
    }

    fn meets(&self, level: ConsistencyLevel) -> bool {
        // How many there have to be is not known where the replicas are not.
        let known = !self.replicas.is_empty() || matches!(level, ConsistencyLevel::Any | ConsistencyLevel::One);
        known && self.copies() >= level.required(self.replicas.len()).max(1)
    }

    /// Whether fewer replicas than the level asks can have it, whatever those have that did not tell.
    fn falls_short_of(&self, level: ConsistencyLevel) -> bool {
        if self.replicas.is_empty() {
            return self.whereabouts == Whereabouts::Nowhere;
        }
        let possible = self.count(ReplicaAnswer::Stored) + self.count(ReplicaAnswer::Unknown);
        possible.max(self.copies()) < level.required(self.replicas.len()).max(1)
    }

    pub(super) fn doubtful(doubt: Doubt) -> Self {
        Self {
            whereabouts: Whereabouts::Unknown,
            replicas: Vec::new(),
            doubt: Some(doubt),
            witnessed: false,
            refused: false,
        }
    }

    /// No shard group covers its time; `certain` says that every data node told so.
    pub(super) fn without_shard_group(certain: bool) -> Self {
        let whereabouts = if certain { Whereabouts::Nowhere } else { Whereabouts::Unknown };
        Self { whereabouts, replicas: Vec::new(), doubt: None, witnessed: false, refused: false }
    }

    pub(super) fn of(replicas: Vec<(usize, ReplicaAnswer)>) -> Self {
        let has = |wanted: ReplicaAnswer| replicas.iter().any(|(_, answer)| *answer == wanted);
        let whereabouts = if replicas.is_empty() {
            Whereabouts::Unknown
        } else if has(ReplicaAnswer::Overwritten) {
            Whereabouts::Overwritten
        } else if has(ReplicaAnswer::Stored) {
            let all = replicas.iter().all(|(_, answer)| *answer == ReplicaAnswer::Stored);
            if all { Whereabouts::Everywhere } else { Whereabouts::Somewhere }
        } else if has(ReplicaAnswer::Unknown) {
            Whereabouts::Unknown
        } else {
            Whereabouts::Nowhere
        };
        Self { whereabouts, replicas, doubt: None, witnessed: false, refused: false }
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = Whereabouts::ALL.map(|whereabouts| (whereabouts, self.count(whereabouts)));
        let mut first = true;
        for (whereabouts, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let separator = if std::mem::take(&mut first) { "" } else { ", " };
            write!(f, "{separator}{count} {whereabouts}")?;
        }
        if first {
            f.write_str("no points")?;
        }
        match self.handoff {
            HandoffState::Empty => Ok(()),
            HandoffState::Pending => f.write_str("; hinted handoff is pending"),
            HandoffState::Unknown => f.write_str("; whether hinted handoff is pending is not known"),
        }
    }
}

/// What the queues of all data nodes say about hints for some replicas.
///
/// `missing` holds the data nodes that miss points, with the shard; `unplaced` says that there are points besides of which
/// nobody knows where they belong, so that any queue may be theirs. `queues` holds what each data node told of its own queues;
/// `None` for one that could not be asked.
pub(super) fn handoff(
    missing: &[(u64, u64)],
    unplaced: bool,
    queues: &BTreeMap<u64, Option<Arc<Backlog>>>,
) -> HandoffState {
    let mut state = HandoffState::Empty;
    for backlog in queues.values().filter(|_| unplaced) {
        match backlog.as_ref().map_or(HandoffState::Unknown, |backlog| backlog.state()) {
            HandoffState::Empty => {}
            HandoffState::Pending => return HandoffState::Pending,
            HandoffState::Unknown => state = HandoffState::Unknown,
        }
    }
    for (node, shard) in missing {
        for (holder, backlog) in queues {
            // No node keeps hints for itself.
            if holder == node {
                continue;
            }
            match backlog.as_ref().map_or(HandoffState::Unknown, |backlog| backlog.of(*node, *shard)) {
                HandoffState::Empty => {}
                HandoffState::Pending => return HandoffState::Pending,
                HandoffState::Unknown => state = HandoffState::Unknown,
            }
        }
    }
    state
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const ANSWERS: [ReplicaAnswer; 4] =
        [ReplicaAnswer::Stored, ReplicaAnswer::Absent, ReplicaAnswer::Overwritten, ReplicaAnswer::Unknown];

    fn resolution(points: Vec<PointResolution>) -> Resolution {
        Resolution { points, nodes: Vec::new(), handoff: HandoffState::Empty, claimed: None }
    }

    fn of(answers: &[ReplicaAnswer]) -> PointResolution {
        PointResolution::of(answers.iter().copied().enumerate().collect())
    }

    #[test]
    fn levels_are_those_of_the_copies() {
        use ReplicaAnswer::{Absent, Stored, Unknown};
        let level = |points: &[&[ReplicaAnswer]]| resolution(points.iter().map(|p| of(p)).collect()).level();
        assert_eq!(level(&[&[Stored, Stored, Stored]]), Some(ConsistencyLevel::All));
        assert_eq!(level(&[&[Stored, Stored, Unknown], &[Stored, Stored, Stored]]), Some(ConsistencyLevel::Quorum));
        assert_eq!(level(&[&[Stored, Absent]]), Some(ConsistencyLevel::One), "a quorum of two is both");
        assert_eq!(level(&[&[Stored], &[Absent]]), None);
        assert_eq!(level(&[]), None);
        assert_eq!(resolution(vec![PointResolution::without_shard_group(true)]).level(), None);
    }

    #[test]
    fn a_claim_is_borne_out_by_copies_alone() {
        use ReplicaAnswer::{Absent, Stored, Unknown};
        let claim = |claimed, answers: &[ReplicaAnswer]| {
            Resolution { claimed: Some(claimed), ..resolution(vec![of(answers)]) }.bears_out()
        };
        assert_eq!(claim(ConsistencyLevel::All, &[Stored, Stored]), Some(true));
        assert_eq!(claim(ConsistencyLevel::All, &[Stored, Unknown]), None, "it may be there");
        assert_eq!(claim(ConsistencyLevel::All, &[Absent, Unknown]), Some(false));
        assert_eq!(claim(ConsistencyLevel::Quorum, &[Absent, Absent, Unknown]), Some(false));
        assert_eq!(claim(ConsistencyLevel::One, &[Stored, Absent]), Some(true));
        assert_eq!(claim(ConsistencyLevel::Any, &[Absent, Absent]), Some(false));
        assert_eq!(resolution(vec![of(&[Stored])]).bears_out(), None);
        let mut refused = of(&[Absent]);
        refused.refused = true;
        let points = vec![of(&[Stored, Stored]), of(&[Stored, Absent]), refused, of(&[Unknown])];
        assert_eq!(resolution(points).missing().collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_resolution_is_told_in_a_line() {
        use ReplicaAnswer::{Absent, Stored};
        let mixed = resolution(vec![of(&[Stored]), of(&[Stored]), of(&[Stored, Absent])]);
        assert_eq!(mixed.to_string(), "2 everywhere, 1 somewhere");
        assert_eq!(mixed.overall(), Some(Whereabouts::Somewhere));
        let empty = Resolution { handoff: HandoffState::Pending, ..resolution(Vec::new()) };
        assert_eq!(empty.to_string(), "no points; hinted handoff is pending");
        assert_eq!(empty.overall(), None);
        assert_eq!(resolution(vec![of(&[Stored]), of(&[Absent])]).overall(), None);
    }

    #[test]
    fn a_witness_proves_what_is_there_and_nothing_else() {
        use ReplicaAnswer::{Absent, Overwritten, Stored, Unknown};
        let heard = |answers: &[ReplicaAnswer], answer| {
            let mut point = of(answers);
            point.hear(answer);
            (point.whereabouts, point.copies())
        };
        assert_eq!(heard(&[Unknown, Absent], Stored), (Whereabouts::Somewhere, 1));
        assert_eq!(heard(&[Unknown], Stored), (Whereabouts::Everywhere, 1));
        assert_eq!(heard(&[Unknown, Unknown], Overwritten), (Whereabouts::Overwritten, 0));
        for answer in [Absent, Unknown] {
            assert_eq!(heard(&[Unknown, Unknown], answer), (Whereabouts::Unknown, 0));
        }
        assert_eq!(heard(&[Absent, Absent], Stored), (Whereabouts::Nowhere, 0), "its replicas have spoken");
        let mut doubtful = PointResolution::doubtful(Doubt::Placement);
        doubtful.hear(Stored);
        assert_eq!((doubtful.whereabouts, doubtful.copies()), (Whereabouts::Somewhere, 1));
        assert!(doubtful.meets(ConsistencyLevel::One) && !doubtful.meets(ConsistencyLevel::Quorum));
    }

    proptest! {
        /// Each verdict holds for whatever the replicas that could not be asked would have answered.
        #[test]
        fn a_verdict_holds_whatever_was_not_asked(
            truth in prop::collection::vec(0_usize..3, 1..5),
            asked in prop::collection::vec(any::<bool>(), 4),
        ) {
            let truth: Vec<ReplicaAnswer> = truth.into_iter().map(|n| ANSWERS[n]).collect();
            let seen: Vec<ReplicaAnswer> = truth
                .iter()
                .zip(&asked)
                .map(|(answer, asked)| if *asked { *answer } else { ReplicaAnswer::Unknown })
                .collect();
            let stored = truth.iter().filter(|answer| **answer == ReplicaAnswer::Stored).count();
            let point = of(&seen);
            prop_assert!(point.copies() <= stored);
            match point.whereabouts {
                Whereabouts::Everywhere => prop_assert_eq!(stored, truth.len()),
                Whereabouts::Somewhere => prop_assert!(stored > 0),
                Whereabouts::Nowhere => prop_assert!(truth.iter().all(|answer| *answer == ReplicaAnswer::Absent)),
                Whereabouts::Overwritten => prop_assert!(truth.contains(&ReplicaAnswer::Overwritten)),
                Whereabouts::Unknown => prop_assert!(seen.contains(&ReplicaAnswer::Unknown)),
            }
            let required = match resolution(vec![point]).level() {
                None => 0,
                Some(ConsistencyLevel::Any | ConsistencyLevel::One) => 1,
                Some(ConsistencyLevel::Quorum) => truth.len() / 2 + 1,
                Some(ConsistencyLevel::All) => truth.len(),
            };
            prop_assert!(stored >= required);
        }
    }
}

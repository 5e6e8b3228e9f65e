//! What every sender has to send.

use std::fmt::Write as _;
use std::ops::Range;
use std::time::Duration;

use influx_client::ConsistencyLevel;

use crate::stage::{TIME, WEEK};

/// What is in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Points with times, in a shard group that is there.
    Stamped,
    /// Points without times: the server gives them its own, so that a resend makes more of them.
    Bare,
    /// Good points and one of a conflicting type.
    Conflict,
    /// A new field with two types, and good points beside it.
    TwoTypes,
    /// Points with times that need a new shard group, and so the meta node.
    NewGroup,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Stamped, Self::Bare, Self::Conflict, Self::TwoTypes, Self::NewGroup];

    /// The measurement of its points.
    #[must_use]
    pub const fn measurement(self) -> &'static str {
        match self {
            Self::Stamped => "stamped",
            Self::Bare => "bare",
            Self::Conflict => "typed",
            Self::TwoTypes => "fresh",
            Self::NewGroup => "grouped",
        }
    }
}

/// A batch and when it is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// Since the workload began.
    pub at: Duration,
    /// What is in it.
    pub kind: Kind,
    /// The level that is asked for.
    pub level: ConsistencyLevel,
    /// Line protocol. Each point has its number as field `id`.
    pub lines: String,
    /// The numbers of its points.
    pub ids: Range<usize>,
    /// Of them, those that no server can store beside the others.
    pub bad: Vec<usize>,
}

/// Points in a batch.
const POINTS: usize = 5;
/// How long batches are handed over.
const LASTS: Duration = Duration::from_millis(15_500);
/// Between two batches, about.
const PAUSE: u64 = 150;
/// Batches that nothing can be stored of as they are come late: behind one, some senders send nothing any more.
const POISON_FROM: Duration = Duration::from_millis(12_000);

/// What makes the shard group and fixes the type of the field that conflicts; to be written before.
#[must_use]
pub(super) fn groundwork() -> String {
    format!("typed,n=0 v=1i,id=-1i {TIME}\nstamped,n=0 id=-1i {TIME}")
}

/// The batches of a seed, in order.
#[must_use]
pub fn workload(seed: u64) -> Vec<Shipment> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut shipments = Vec::new();
    let mut at = Duration::ZERO;
    let mut next = 0;
    let mut groups = 0;
    while at < LASTS {
        let kind = match random.u32(0..100) {
            0..38 => Kind::Stamped,
            38..66 => Kind::Bare,
            66..78 => Kind::Conflict,
            78..90 => Kind::NewGroup,
            _ if at < POISON_FROM => Kind::Stamped,
            _ => Kind::TwoTypes,
        };
        let level = match random.u32(0..10) {
            0..6 => ConsistencyLevel::Quorum,
            6..8 => ConsistencyLevel::All,
            8 => ConsistencyLevel::One,
            _ => ConsistencyLevel::Any,
        };
        groups += i64::from(kind == Kind::NewGroup);
        let ids = next..next + POINTS;
        let (lines, bad) = lines(kind, ids.clone(), groups);
        shipments.push(Shipment { at, kind, level, lines, ids, bad });
        next += POINTS;
        at += Duration::from_millis(random.u64(PAUSE / 2..PAUSE * 3 / 2));
    }
    shipments
}

fn lines(kind: Kind, ids: Range<usize>, groups: i64) -> (String, Vec<usize>) {
    let measurement = kind.measurement();
    let first = ids.start;
    let mut lines = String::new();
    let mut bad = Vec::new();
    for (n, id) in ids.enumerate() {
        let number = i64::try_from(id).unwrap_or(i64::MAX);
        let time = TIME + 1 + number;
        // Bad points have a series of their own, so that what a server's log says of one is said of no other.
        // Writing to a string cannot fail.
        let _ = match kind {
            Kind::Stamped => writeln!(lines, "{measurement},n={n} id={id}i {time}"),
            // A server gives all points of a request one time, so they need series of their own.
            Kind::Bare => writeln!(lines, "{measurement},n={n} id={id}i"),
            Kind::Conflict if n == 0 => {
                bad.push(id);
                writeln!(lines, "{measurement},n=bad{id} v=\"bad\",id={id}i {time}")
            }
            Kind::Conflict => writeln!(lines, "{measurement},n={n} v={id}i,id={id}i {time}"),
            // The first type decides, and the second one comes last.
            Kind::TwoTypes if n == 0 => writeln!(lines, "{measurement},n={n} x{first}=1i,id={id}i {time}"),
            Kind::TwoTypes if n + 1 == POINTS => {
                bad.push(id);
                writeln!(lines, "{measurement},n=bad{id} x{first}=\"s\",id={id}i {time}")
            }
            Kind::TwoTypes => writeln!(lines, "{measurement},n={n} id={id}i {time}"),
            Kind::NewGroup => writeln!(lines, "{measurement},n={n} id={id}i {}", time + groups * WEEK),
        };
    }
    (lines, bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_batches_again_and_another_one_others() {
        assert_eq!(workload(7), workload(7));
        assert_ne!(workload(7), workload(8));
    }

    #[test]
    fn every_kind_is_there_and_no_number_is_twice() {
        for seed in 0..20 {
            let all = workload(seed);
            let ids: Vec<usize> = all.iter().flat_map(|shipment| shipment.ids.clone()).collect();
            assert!(ids.iter().enumerate().all(|(place, id)| place == *id));
            for kind in [Kind::Stamped, Kind::Bare, Kind::Conflict, Kind::NewGroup] {
                assert!(all.iter().any(|shipment| shipment.kind == kind), "seed {seed}: {kind:?}");
            }
            for shipment in &all {
                assert_eq!(shipment.lines.lines().count(), POINTS);
                assert_eq!(!shipment.bad.is_empty(), matches!(shipment.kind, Kind::Conflict | Kind::TwoTypes));
                assert!(shipment.kind != Kind::TwoTypes || shipment.at >= POISON_FROM);
            }
        }
    }
}

//! The race of the real 1.8 over a batch that its own store cleans while it is sent to other owners.
//!
//! In the real server the local store and the senders share one list of points. The store moves the points that it keeps
//! to the front, in place; what another owner gets depends on how far that had come when it was sent (cluster 1.8 facts,
//! § 4). Here every owner gets the batch as it came. [`as_sent`] makes, on request, the batches that the race made.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Points;

/// Which outcome of the race is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SliceRace {
    /// None: every owner judges the whole batch.
    #[default]
    Off,
    /// One other owner gets the batch without the refused points and acknowledges it: success at `any` and `one`, and
    /// nobody hears of the refused points.
    DropBad,
    /// Every owner refuses, so that the client hears of it; the same as [`Off`](Self::Off), to ask for it by name.
    WriteFailed,
    /// One other owner gets the refused points but misses a good one: the replicas differ from now on.
    LoseGood,
    /// Any of the three, as often as they were seen.
    Random,
}

/// The text names no outcome of the race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an outcome of the race")]
pub struct UnknownOutcome;

const NAMES: [(SliceRace, &str); 5] = [
    (SliceRace::Off, "off"),
    (SliceRace::DropBad, "drop-bad"),
    (SliceRace::WriteFailed, "write-failed"),
    (SliceRace::LoseGood, "lose-good"),
    (SliceRace::Random, "random"),
];

impl FromStr for SliceRace {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        NAMES.into_iter().find(|(_, name)| *name == text).map(|(race, _)| race).ok_or(UnknownOutcome)
    }
}

impl fmt::Display for SliceRace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.into_iter().find(|(race, _)| race == self).map_or("", |(_, name)| name))
    }
}

/// Batches so long that a sender was seen to be overtaken in the middle.
const LONG: usize = 1_000;

/// The batch that one other owner gets instead of `whole`, of which the coordinator's own store keeps `kept`; `None` where
/// it gets the batch as it came. `chance` is any number, used by [`SliceRace::Random`] alone.
#[must_use]
pub fn as_sent(race: SliceRace, whole: &Points, kept: &Points, chance: u64) -> Option<Points> {
    // Nothing moves when the refused points stand behind all others, and nothing is cleaned when all are refused.
    let moves = !kept.is_empty() && whole.iter().take(kept.len()).ne(kept.iter());
    if !moves {
        return None;
    }
    match race {
        SliceRace::Off | SliceRace::WriteFailed => None,
        SliceRace::DropBad => Some(cleaned(whole, kept)),
        SliceRace::LoseGood => Some(overtaken(whole, kept)),
        // 131 of 150 batches came cleaned; of the long ones 2 of 24 lost a point.
        SliceRace::Random if whole.len() >= LONG && chance.is_multiple_of(12) => Some(overtaken(whole, kept)),
        SliceRace::Random => (chance % 150 < 131).then(|| cleaned(whole, kept)),
    }
}

/// The list after the store was done with it: what it keeps in front, the old end behind it.
fn cleaned(whole: &Points, kept: &Points) -> Points {
    kept.iter().chain(whole.iter().skip(kept.len())).collect()
}

/// The sender was in the middle of the list when what it had not sent yet moved one place to the front.
fn overtaken(whole: &Points, kept: &Points) -> Points {
    let lost = kept.iter().nth(kept.len() / 2);
    whole.iter().filter(|point| Some(*point) != lost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    fn points(times: &[i64]) -> Points {
        times.iter().map(|time| Point { key: b"m", fields: b"v=1", time: *time }).collect()
    }

    fn times(points: Option<Points>) -> Option<Vec<i64>> {
        points.map(|points| points.iter().map(|point| point.time).collect())
    }

    #[test]
    fn a_cleaned_list_keeps_its_length() {
        let (whole, kept) = (points(&[-1, 2, 3, 4]), points(&[2, 3, 4]));
        assert_eq!(times(as_sent(SliceRace::DropBad, &whole, &kept, 0)), Some(vec![2, 3, 4, 4]));
        assert_eq!(times(as_sent(SliceRace::LoseGood, &whole, &kept, 0)), Some(vec![-1, 2, 4]));
        for race in [SliceRace::Off, SliceRace::WriteFailed] {
            assert_eq!(as_sent(race, &whole, &kept, 0), None);
        }
        // The refused point at the end is still there.
        let (whole, kept) = (points(&[-1, 2, 3, -4]), points(&[2, 3]));
        assert_eq!(times(as_sent(SliceRace::DropBad, &whole, &kept, 0)), Some(vec![2, 3, 3, -4]));
    }

    #[test]
    fn nothing_moves_without_a_refused_point_before_a_good_one() {
        for (whole, kept) in [(vec![1, 2], vec![1, 2]), (vec![1, 2, -3], vec![1, 2]), (vec![-1], vec![])] {
            for (race, _) in NAMES {
                assert_eq!(as_sent(race, &points(&whole), &points(&kept), 0), None, "{race} {whole:?}");
            }
        }
    }

    #[test]
    fn chance_plays_both_outcomes() {
        let (whole, kept) = (points(&[-1, 2]), points(&[2]));
        let cleaned = (0..150).filter(|chance| as_sent(SliceRace::Random, &whole, &kept, *chance).is_some()).count();
        assert_eq!(cleaned, 131);
    }

    #[test]
    fn names_are_read_back() {
        for (race, name) in NAMES {
            assert_eq!((race.to_string().as_str(), name.parse()), (name, Ok(race)));
        }
        assert_eq!("maybe".parse::<SliceRace>(), Err(UnknownOutcome));
    }
}

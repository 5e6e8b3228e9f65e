//! What a sender told, held against the replicas.

use std::collections::{BTreeMap, BTreeSet};

use influx_client::ConsistencyLevel;

use super::{Score, Shipment};
use crate::stage::Replica;

/// What the caller of a sender knows of a point in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is written, at this level.
    Stored(ConsistencyLevel),
    /// The write failed, and that is all that is said.
    Failed,
    /// It is stored nowhere: a claim of a client that has one.
    NotStored,
    /// It was refused for good.
    Refused,
    /// Whether it is stored is not known: said in so many words.
    Open,
    /// Nothing: the point was dropped with a line in a log.
    Nothing,
    /// Nothing: it still waits to be sent.
    Waiting,
}

/// How many owners a point has.
const OWNERS: usize = 3;

fn needed(level: ConsistencyLevel) -> usize {
    match level {
        ConsistencyLevel::Any | ConsistencyLevel::One => 1,
        ConsistencyLevel::Quorum => OWNERS / 2 + 1,
        ConsistencyLevel::All => OWNERS,
    }
}

/// Where a point is in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// On how many replicas.
    pub replicas: usize,
    /// Series and times under which some replica has it: more than one where it was stored twice.
    pub places: BTreeSet<(String, i64)>,
}

/// By number: where the points are that the replicas hold.
pub(super) fn copies(replicas: &[Vec<Replica>]) -> BTreeMap<usize, Copies> {
    let mut all: BTreeMap<usize, Copies> = BTreeMap::new();
    for replica in replicas {
        let mut here = BTreeSet::new();
        for ((series, time, field), value) in replica.iter().flatten() {
            if field == "id"
                && let Ok(id) = value.parse::<usize>()
            {
                here.insert(id);
                all.entry(id).or_default().places.insert((series.clone(), *time));
            }
        }
        for id in here {
            all.entry(id).or_default().replicas += 1;
        }
    }
    all
}

/// Copies that servers acknowledged and dropped, by their logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// All of them.
    pub copies: usize,
    /// By the key of their series.
    pub by_series: BTreeMap<String, usize>,
    /// Hints that their replica refused and that were thrown away, by the keys of their series. Of those the replica stored
    /// the good points, but for batches that give a new field two types, of which no server stores anything. A bad point
    /// is the only one of its series.
    pub hints_refused: BTreeSet<String>,
}

impl Dropped {
    /// Whether so many dropped copies explain what a point of this series lacks, none of which explained another one.
    fn explain(&mut self, series: &str, missing: usize) -> bool {
        let left = self.by_series.get_mut(series).filter(|left| **left >= missing);
        left.map(|left| *left -= missing).is_some()
    }
}

/// Holds what was told of each point, by its number, against where it is. A point that is below its level is the servers'
/// fault where they dropped as many copies of its series as it lacks, and each of them explains one that is missing; or where
/// a hint of it was enough, which its replica refused.
#[must_use]
pub fn judge(shipments: &[Shipment], told: &[Told], copies: &BTreeMap<usize, Copies>, dropped: &Dropped) -> Score {
    let mut score =
        Score { batches: shipments.len(), points: told.len(), dropped_by_servers: dropped.copies, ..Score::default() };
    let nothing = Copies::default();
    let mut unexplained = dropped.clone();
    for shipment in shipments {
        let mut lines = shipment.lines.lines();
        for id in shipment.ids.clone() {
            let series = lines.next().and_then(|line| line.split(' ').next()).unwrap_or_default();
            let at = copies.get(&id).unwrap_or(&nothing);
            let good = !shipment.bad.contains(&id);
            let gone = at.replicas == 0;
            score.duplicates += at.places.len().saturating_sub(1);
            match told.get(id).copied().unwrap_or(Told::Nothing) {
                Told::Stored(level) => {
                    score.acknowledged += 1;
                    score.lost_after_acknowledgement += usize::from(gone);
                    score.short_after_acknowledgement += usize::from(!gone && at.replicas < OWNERS);
                    let missing = needed(level).saturating_sub(at.replicas);
                    score.false_claims += usize::from(missing > 0);
                    score.below_level += usize::from(missing > 0);
                    let hint_counts = level == ConsistencyLevel::Any && gone && !good;
                    let hint_refused = hint_counts && dropped.hints_refused.contains(series);
                    if missing > 0 && (hint_refused || unexplained.explain(series, missing)) {
                        score.below_level_by_servers += 1;
                        score.lost_by_servers += usize::from(gone);
                    }
                }
                Told::Failed => {
                    score.failed += 1;
                    score.failed_yet_stored += usize::from(!gone);
                    score.good_dropped += usize::from(good && gone);
                }
                Told::NotStored | Told::Refused => {
                    score.failed += 1;
                    score.false_claims += usize::from(!gone);
                    score.good_dropped += usize::from(good && gone);
                }
                Told::Open => {
                    score.open += 1;
                    score.good_dropped += usize::from(good && gone);
                }
                Told::Nothing => {
                    score.silent += 1;
                    score.lost_without_notice += usize::from(at.replicas < OWNERS);
                    score.good_dropped += usize::from(good && gone);
                }
                Told::Waiting => score.waiting += 1,
            }
        }
    }
    score
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::compare::Kind;

    fn shipment(points: usize, bad: &[usize]) -> Shipment {
        Shipment {
            at: Duration::ZERO,
            kind: Kind::Stamped,
            level: ConsistencyLevel::Quorum,
            lines: (0..points).map(|id| format!("stamped,n={id} id={id}i {id}\n")).collect(),
            ids: 0..points,
            bad: bad.to_vec(),
        }
    }

    fn on(replicas: usize, times: &[i64]) -> Copies {
        Copies { replicas, places: times.iter().map(|time| ("m".to_owned(), *time)).collect() }
    }

    fn score(told: &[Told], copies: &[(usize, Copies)], bad: &[usize]) -> Score {
        judge(&[shipment(told.len(), bad)], told, &copies.iter().cloned().collect(), &Dropped::default())
    }

    #[test]
    fn an_acknowledgement_is_false_where_its_level_is_not_there() {
        let told = [
            Told::Stored(ConsistencyLevel::Quorum),
            Told::Stored(ConsistencyLevel::One),
            Told::Stored(ConsistencyLevel::Any),
        ];
        let score = score(&told, &[(0, on(1, &[1])), (1, on(1, &[2]))], &[]);
        assert_eq!((score.acknowledged, score.false_claims, score.below_level), (3, 2, 2));
        assert_eq!((score.lost_after_acknowledgement, score.short_after_acknowledgement), (1, 2));
    }

    #[test]
    fn what_servers_dropped_explains_what_is_missing_of_the_same_series_alone() {
        let told = [Told::Stored(ConsistencyLevel::Quorum); 2];
        // The first is nowhere, the second on one replica.
        let copies: BTreeMap<usize, Copies> = [(1, on(1, &[1]))].into_iter().collect();
        let own = |dropped: &[(&str, usize)]| {
            let dropped = Dropped {
                copies: dropped.iter().map(|(_, copies)| copies).sum(),
                by_series: dropped.iter().map(|(series, copies)| ((*series).to_owned(), *copies)).collect(),
                ..Dropped::default()
            };
            let score = judge(&[shipment(2, &[])], &told, &copies, &dropped);
            (score.own_false_claims(), score.own_losses())
        };
        assert_eq!(own(&[]), (2, 1));
        assert_eq!(own(&[("stamped,n=2", 9)]), (2, 1), "another series");
        assert_eq!(own(&[("stamped,n=0", 1), ("stamped,n=1", 1)]), (1, 1), "one of the two that the first lacks");
        assert_eq!(own(&[("stamped,n=0", 2), ("stamped,n=1", 1)]), (0, 0));
    }

    /// A batch at any of which all owners were away: its hint is the acknowledgement, and brings the good points alone.
    #[test]
    fn a_bad_point_that_was_acknowledged_by_its_hint_is_the_servers_to_answer_for() {
        let lost = |level, bad: &[usize], refused: &str| {
            let hints_refused = [refused.to_owned()].into();
            let dropped = Dropped { hints_refused, ..Dropped::default() };
            let score = judge(&[shipment(1, bad)], &[Told::Stored(level)], &BTreeMap::new(), &dropped);
            (score.own_false_claims(), score.own_losses())
        };
        let its_own = "stamped,n=0";
        assert_eq!(lost(ConsistencyLevel::Any, &[0], its_own), (0, 0));
        assert_eq!(lost(ConsistencyLevel::Any, &[0], "stamped,n=1"), (1, 1), "another point's");
        assert_eq!(lost(ConsistencyLevel::Any, &[], its_own), (1, 1), "a refused hint brings good points");
        assert_eq!(lost(ConsistencyLevel::One, &[0], its_own), (1, 1), "no hint counts at one");
    }

    #[test]
    fn a_failure_is_false_where_the_point_is_there() {
        let told = [Told::Failed, Told::NotStored, Told::Refused, Told::Failed, Told::Open, Told::NotStored];
        let there = || on(3, &[1]);
        let score = score(&told, &[(0, there()), (4, there()), (5, there())], &[2]);
        assert_eq!((score.failed, score.failed_yet_stored, score.false_claims, score.open), (5, 1, 1, 1));
        assert_eq!(score.below_level, 0, "nobody said that it is written");
        assert_eq!(score.good_dropped, 2, "the bad point is no loss");
    }

    #[test]
    fn what_is_dropped_without_a_word_is_counted() {
        let told = [Told::Nothing, Told::Nothing, Told::Waiting];
        let score = score(&told, &[(0, on(1, &[1]))], &[]);
        assert_eq!((score.silent, score.lost_without_notice, score.waiting, score.false_claims), (2, 2, 1, 0));
    }

    #[test]
    fn a_point_under_two_times_is_a_duplicate() {
        let replica = |times: &[i64]| -> Vec<Replica> {
            let place = |time: &i64| (("bare,n=0".to_owned(), *time, "id".to_owned()), "0".to_owned());
            vec![times.iter().map(place).collect()]
        };
        let copies = copies(&[replica(&[1, 2]), replica(&[1, 2]), replica(&[1, 2, 3])]);
        assert_eq!(copies[&0].replicas, 3);
        let told = [Told::Stored(ConsistencyLevel::All)];
        let score = judge(&[shipment(1, &[])], &told, &copies, &Dropped::default());
        assert_eq!((score.duplicates, score.false_claims), (2, 0));
    }
}

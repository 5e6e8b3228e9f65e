//! What is written: batches of points of which no two are alike. Pure: a seed makes them.

use fastrand::Rng;
use influx_client::{Batch, ConsistencyLevel, MissingTime, PointError, Precision};

use super::PointId;

/// The measurement of every point.
pub(super) const MEASUREMENT: &str = "truth";
/// The tag that says which point it is.
pub(super) const TAG: &str = "p";

/// A Wednesday, in seconds since 1970: the week that most points lie in.
const BASE: i64 = 1_704_240_000;
const WEEK: i64 = 7 * 86_400;
const SECOND: i64 = 1_000_000_000;
/// Points that a batch has at most.
const MOST: usize = 20;

/// How often a batch has something out of the ordinary, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mix {
    /// Points in shard groups that nobody wrote to before.
    pub new_groups: f64,
    /// A line that gives the field another type.
    pub conflicts: f64,
    /// A line that is no line protocol.
    pub malformed: f64,
    /// Points without times of their own.
    pub untimed: f64,
}

/// A batch that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    /// Its number in the run.
    pub batch: u64,
    /// Its points.
    pub lines: Vec<Line>,
    /// The level to ask for.
    pub level: ConsistencyLevel,
    /// Whether points of another type go in a request of their own.
    pub split_types: bool,
    /// Whether the points of each shard group go in a request of their own.
    pub per_shard_group: bool,
}

/// A point that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// What it is.
    pub sort: Sort,
    /// Its time in nanoseconds since 1970; `None` where the server gives it one.
    pub time: Option<i64>,
    /// Decides its value.
    pub value: i64,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// As it should be.
    Good,
    /// Of another type than the field has.
    Conflict,
    /// No line protocol.
    Malformed,
}

impl Line {
    /// The value of the field as a server shows it; `None` where there can be none.
    #[must_use]
    pub(super) fn field(&self) -> Option<serde_json::Value> {
        match self.sort {
            Sort::Good => Some(self.value.into()),
            Sort::Conflict => Some(format!("s{}", self.value).into()),
            Sort::Malformed => None,
        }
    }

    fn text(&self, batch: u64, line: usize) -> String {
        let value = self.value;
        let value = match self.sort {
            Sort::Good => format!("{value}i"),
            Sort::Conflict => format!("\"s{value}\""),
            Sort::Malformed => String::new(),
        };
        let time = self.time.map(|time| format!(" {time}")).unwrap_or_default();
        format!("{MEASUREMENT},{TAG}={batch}-{line} v={value}{time}")
    }
}

impl Planned {
    /// Writes the points into an empty batch.
    ///
    /// # Errors
    /// The client refuses a line; none of these is one that it may refuse.
    pub(super) fn write(&self, batch: &mut Batch) -> Result<(), PointError> {
        batch.check_field_types(false).missing_time(MissingTime::ServerClock);
        for (number, line) in self.lines.iter().enumerate() {
            batch.push_unchecked_line(line.text(self.batch, number).as_bytes())?;
        }
        Ok(())
    }

    /// The batch.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(super) fn to_batch(&self) -> Result<Batch, PointError> {
        let mut batch = Batch::new(Precision::Nanoseconds);
        self.write(&mut batch).map(|()| batch)
    }

    /// The lines as they are sent.
    #[must_use]
    pub(super) fn text(&self) -> Vec<String> {
        self.lines.iter().enumerate().map(|(number, line)| line.text(self.batch, number)).collect()
    }
}

/// The point that a value of the tag names.
#[must_use]
pub(super) fn point_of(tag: &str) -> Option<PointId> {
    let (batch, line) = tag.split_once('-')?;
    Some((batch.parse().ok()?, line.parse().ok()?))
}

/// The point that the key of a series names.
#[must_use]
pub(super) fn point_in(key: &str) -> Option<PointId> {
    point_of(key.strip_prefix(MEASUREMENT)?.strip_prefix(',')?.strip_prefix(TAG)?.strip_prefix('=')?)
}

/// Makes batches.
#[derive(Debug)]
pub(super) struct Load {
    mix: Mix,
    random: Rng,
    batches: u64,
    groups: i64,
}

impl Load {
    /// The same batches in the same order under the same seed.
    #[must_use]
    pub(super) fn new(mix: Mix, seed: u64) -> Self {
        Self { mix, random: Rng::with_seed(seed), batches: 0, groups: 0 }
    }

    /// The batch that makes the shard groups and types that most of the others find, that of `now` (nanoseconds since
    /// 1970) among them: to be written at `all` until every node has it, before anything else is.
    pub(super) fn first(&mut self, now: i64) -> Planned {
        let line = |time| Line { sort: Sort::Good, time: Some(time), value: 0 };
        let batch = self.number();
        let lines = vec![line(BASE * SECOND), line(now)];
        Planned { batch, lines, level: ConsistencyLevel::All, split_types: false, per_shard_group: false }
    }

    /// The next one, for a caller of [`Client::write`](influx_client::Client::write).
    pub(super) fn next_batch(&mut self) -> Planned {
        let batch = self.number();
        let mix = self.mix;
        let untimed = self.random.f64() < mix.untimed;
        let fresh = !untimed && self.random.f64() < mix.new_groups;
        // A write to a group that is new to some nodes and not to others.
        let recent = !untimed && !fresh && self.groups > 0 && self.random.f64() < mix.new_groups / 2.0;
        let week = match (fresh, recent) {
            (true, _) => {
                self.groups += 1;
                self.groups
            }
            (false, true) => self.groups - self.random.i64(0..self.groups.min(3)),
            (false, false) => 0,
        };
        let points = 1 + self.random.usize(0..MOST);
        let mut lines: Vec<Line> = (0..points)
            .map(|line| {
                // A batch with a new group has points in the old one too, most of the time.
                let week = if self.random.f64() < 0.7 { week } else { 0 };
                Line {
                    sort: Sort::Good,
                    time: (!untimed).then(|| time(week, batch, line)),
                    value: self.random.i64(1..1_000_000),
                }
            })
            .collect();
        if self.random.f64() < mix.conflicts {
            let line = self.random.usize(0..points);
            lines[line].sort = Sort::Conflict;
        }
        if self.random.f64() < mix.malformed {
            let line = self.random.usize(0..points);
            lines[line].sort = Sort::Malformed;
        }
        let level = ConsistencyLevel::ALL[self.random.usize(0..4)];
        let (split_types, per_shard_group) = (self.random.f64() < 0.3, self.random.f64() < 0.3);
        Planned { batch, lines, level, split_types, per_shard_group }
    }

    /// The next one, for a background writer: good points with times, a few at once.
    pub(super) fn next_push(&mut self, level: ConsistencyLevel) -> Planned {
        let batch = self.number();
        let points = 1 + self.random.usize(0..5);
        let good = |line| Line { sort: Sort::Good, time: Some(time(0, batch, line)), value: batch as i64 };
        let lines = (0..points).map(good).collect();
        Planned { batch, lines, level, split_types: false, per_shard_group: false }
    }

    fn number(&mut self) -> u64 {
        self.batches += 1;
        self.batches - 1
    }
}

/// A time of its own for every point, so many weeks before the base: later batches have later times.
fn time(weeks_before: i64, batch: u64, line: usize) -> i64 {
    let within = i64::try_from(batch).unwrap_or(i64::MAX) * 1_000 + i64::try_from(line).unwrap_or(i64::MAX);
    (BASE - weeks_before * WEEK) * SECOND + within
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    const MIX: Mix = Mix { new_groups: 0.15, conflicts: 0.1, malformed: 0.04, untimed: 0.08 };

    #[test]
    fn no_two_points_are_alike_and_every_sort_occurs() {
        let mut load = Load::new(MIX, 5);
        let mut series = HashSet::new();
        let mut seen = (0, 0, 0, HashSet::new());
        for _ in 0..500 {
            let planned = load.next_batch();
            let batch = planned.to_batch().unwrap();
            assert_eq!(batch.points(), planned.lines.len());
            assert_eq!(
                batch.is_idempotent(),
                planned.lines[0].time.is_some() || planned.lines.iter().all(|l| l.sort == Sort::Malformed)
            );
            for (number, line) in planned.lines.iter().enumerate() {
                let text = line.text(planned.batch, number);
                let key = text.split(' ').next().unwrap().to_owned();
                assert_eq!(point_in(&key), Some((planned.batch, number)));
                assert!(series.insert(key));
                seen.0 += usize::from(line.sort == Sort::Conflict);
                seen.1 += usize::from(line.sort == Sort::Malformed);
                seen.2 += usize::from(line.time.is_none());
                seen.3.extend(line.time.map(|time| time.div_euclid(WEEK * SECOND)));
            }
        }
        assert!(seen.0 > 20 && seen.1 > 5 && seen.2 > 100 && seen.3.len() > 40, "{seen:?}");
    }

    #[test]
    fn a_seed_makes_the_same_batches() {
        let make = |seed| {
            let mut load = Load::new(MIX, seed);
            std::iter::repeat_with(|| load.next_batch()).take(20).collect::<Vec<_>>()
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
    }

    #[test]
    fn other_series_name_no_point() {
        for key in ["truth", "truth,p=7", "truth,q=7-1", "truth,p=x-1", "other,p=7-1"] {
            assert_eq!(point_in(key), None, "{key}");
        }
    }
}

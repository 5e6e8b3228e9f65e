//! A survey of an input: counts, times, names, and what a server would refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use influx_client::{Batch, Class, MissingTime, Precision, RawLine};

use super::distinct::Distinct;
use super::types::{Measurements, Seen};
use crate::input::{Kind, Line, UnitDoubt};
use crate::times;

/// What the lines are held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Unit of the timestamps.
    pub(crate) precision: Precision,
    /// The clock, in nanoseconds since 1970.
    pub(crate) now: i64,
    /// How long points are kept, in nanoseconds; `None` for ever.
    pub(crate) retention: Option<i64>,
    /// Length of a shard group, in nanoseconds.
    pub(crate) shard_group: i64,
}

/// Exact counts of series and of points end here.
const SERIES: usize = 1 << 16;
const POINTS: usize = 1 << 20;
/// Most shard groups that are remembered: a century of hours has fewer.
const GROUPS: usize = 1 << 20;

/// Why a line would be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) class: Class,
    pub(crate) reason: String,
    /// Where the type was first seen that the line is in conflict with.
    pub(crate) first: Option<Seen>,
}

impl Finding {
    fn new(class: Class, reason: impl Into<String>) -> Self {
        Self { class, reason: reason.into(), first: None }
    }
}

/// All that was found.
#[derive(Debug)]
pub(crate) struct Survey {
    limits: Limits,
    /// Checks what the parser alone does not; emptied after each line.
    batch: Batch,
    pub(crate) read: u64,
    pub(crate) unstamped: u64,
    /// The first line without a timestamp.
    pub(crate) first_unstamped: Option<Seen>,
    pub(crate) refused: BTreeMap<Class, u64>,
    pub(crate) measurements: Measurements,
    pub(crate) series: Distinct,
    /// Different pairs of series and time.
    pub(crate) points: Distinct,
    /// First and last time, in nanoseconds.
    pub(crate) span: Option<(i64, i64)>,
    /// By where they belong and where they begin.
    groups: BTreeSet<(u32, i64)>,
    /// There were more shard groups than are remembered.
    pub(crate) more_groups: bool,
    /// The first timestamp that reads better in another unit.
    pub(crate) doubt: Option<(UnitDoubt, Seen)>,
    /// How many of them there were.
    pub(crate) doubtful: u64,
}

impl Survey {
    pub(crate) fn new(limits: Limits) -> Self {
        let mut batch = Batch::new(limits.precision);
        batch.missing_time(MissingTime::ServerClock);
        Self {
            limits,
            batch,
            read: 0,
            unstamped: 0,
            first_unstamped: None,
            refused: BTreeMap::new(),
            measurements: Measurements::default(),
            series: Distinct::new(SERIES),
            points: Distinct::new(POINTS),
            span: None,
            groups: BTreeSet::new(),
            more_groups: false,
            doubt: None,
            doubtful: 0,
        }
    }

    /// Counts a line among statements that is none, and says so.
    pub(crate) fn stray(&mut self) -> Finding {
        self.read += 1;
        *self.refused.entry(Class::Malformed).or_default() += 1;
        let reason = "this is neither a statement nor a header: does `# DML` stand above the points?";
        Finding::new(Class::Malformed, reason)
    }

    /// Points that nothing was found against.
    pub(crate) fn good(&self) -> u64 {
        self.read - self.refused.values().sum::<u64>()
    }

    /// Shard groups that the points lie in.
    pub(crate) fn groups(&self) -> u64 {
        self.groups.len() as u64
    }

    /// Takes a line in; what a server would have against it, if anything.
    pub(crate) fn take(&mut self, target: u32, source: usize, line: &Line<'_>) -> Option<Finding> {
        self.read += 1;
        let finding = self.judge(target, line, (source, line.number)).err();
        if let Some(finding) = &finding {
            *self.refused.entry(finding.class).or_default() += 1;
        }
        finding
    }

    fn judge(&mut self, target: u32, line: &Line<'_>, at: Seen) -> Result<(), Finding> {
        if let Kind::TooLong(length) = line.kind {
            return Err(Finding::new(Class::Limit, format!("line of {length} bytes is longer than --max-line")));
        }
        let raw = RawLine::parse(line.text).map_err(|error| Finding::new(Class::Malformed, error.to_string()))?;
        if let Some(time) = raw.timestamp() {
            self.doubt(time, at);
        }
        self.batch.clear();
        self.batch.push_line(line.text).map_err(|error| Finding::new(Class::Malformed, error.kind().to_string()))?;
        if line.kind == Kind::Open {
            return Err(Finding::new(Class::Malformed, "the line ends in a backslash, and takes the next one in"));
        }
        let time = raw.timestamp().and_then(|time| times::in_nanoseconds(time, self.limits.precision));
        if let (Some(time), Some(retention)) = (time, self.limits.retention)
            && time < self.limits.now.saturating_sub(retention)
        {
            let reason = format!("the point is of {}, beyond the retention policy", times::text(time));
            return Err(Finding::new(Class::OutsideRetention, reason));
        }
        self.measurements.take(target, &raw, time, at).map_err(|conflict| Finding {
            class: Class::TypeConflict,
            reason: format!(
                "field {:?} of {:?} is {} here and {} before",
                conflict.field, conflict.measurement, conflict.got, conflict.have
            ),
            first: Some(conflict.first),
        })?;
        self.count(target, &raw, time, at);
        Ok(())
    }

    fn doubt(&mut self, time: i64, at: Seen) {
        if let Some(doubt) = UnitDoubt::of(time, self.limits.precision, self.limits.now) {
            self.doubtful += 1;
            self.doubt.get_or_insert((doubt, at));
        }
    }

    fn count(&mut self, target: u32, line: &RawLine<'_>, time: Option<i64>, at: Seen) {
        let series = series_hash(target, line);
        self.series.insert(series);
        let Some(time) = time else {
            self.unstamped += 1;
            self.first_unstamped.get_or_insert(at);
            return;
        };
        self.points.insert(point_hash(series, time));
        self.span = Some(self.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
        let group = (target, times::window_start(time, self.limits.shard_group));
        if self.groups.len() < GROUPS {
            self.groups.insert(group);
        } else if !self.groups.contains(&group) {
            self.more_groups = true;
        }
    }
}

/// A hash of the series of a line and of where it belongs, the same whatever the order of its tags and however they are
/// escaped.
pub(crate) fn series_hash(target: u32, line: &RawLine<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    line.measurement().hash(&mut hasher);
    let mut tags: Vec<_> = line.tags().collect();
    if !tags.is_sorted() {
        tags.sort();
    }
    tags.hash(&mut hasher);
    hasher.finish()
}

/// A hash of a series and a time.
pub(crate) fn point_hash(series: u64, time: i64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (series, time).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::input::Lines;
    use crate::times::DAY;

    const NOW: i64 = 1_793_491_200_000_000_000;

    fn limits() -> Limits {
        Limits { precision: Precision::Nanoseconds, now: NOW, retention: None, shard_group: 7 * DAY }
    }

    fn survey(limits: Limits, text: &str) -> (Survey, Vec<(u64, Class)>) {
        let mut survey = Survey::new(limits);
        let mut lines = Lines::new(text.as_bytes(), 1_000);
        let mut findings = Vec::new();
        while let Some(line) = lines.next(|| ()).unwrap() {
            if let Some(finding) = survey.take(0, 0, &line) {
                findings.push((line.number, finding.class));
            }
        }
        (survey, findings)
    }

    #[test]
    fn points_series_times_and_groups_are_counted() {
        let text = "m,a=1,b=2 v=1 1451520000000000000\nm,b=2,a=1 v=2 1451520000000000000\nm v=1\n# c\n\
                    n v=1,w=\"x\" 1451952000000000000\n";
        let (survey, findings) = survey(limits(), text);
        assert_eq!(findings, []);
        assert_eq!((survey.read, survey.good(), survey.unstamped), (4, 4, 1));
        assert_eq!(survey.series.estimate().count, 3, "the order of tags makes no series");
        assert_eq!(survey.points.estimate().count, 2, "two lines are of one series and time");
        assert_eq!(survey.groups(), 2);
        assert_eq!(survey.span.map(|(first, last)| last - first), Some(5 * DAY));
        assert_eq!(survey.first_unstamped, Some((0, 3)));
    }

    #[test]
    fn places_of_different_targets_are_not_held_against_each_other() {
        let mut survey = Survey::new(limits());
        for (target, text) in [(0, "m v=1 1"), (1, "m v=1i 1")] {
            let mut lines = Lines::new(text.as_bytes(), 1_000);
            assert_eq!(survey.take(target, 0, &lines.next(|| ()).unwrap().unwrap()), None);
        }
        assert_eq!((survey.series.estimate().count, survey.points.estimate().count, survey.groups()), (2, 2, 2));
    }

    #[test]
    fn each_kind_of_refusal_has_its_class() {
        let long = format!("m s=\"{}\" 1", "x".repeat(1_000));
        let text =
            format!("m v=1 1\nm v=1i 2\nm v= 3\n{long}\nm v=1,v=2 4\nm s=\"open 5\nm v=2 99999999999999999999\n");
        let (survey, findings) = survey(limits(), &text);
        use Class::{Limit, Malformed, TypeConflict};
        assert_eq!(
            findings,
            [(2, TypeConflict), (3, Malformed), (4, Limit), (5, Malformed), (6, Malformed), (7, Malformed)]
        );
        assert_eq!((survey.read, survey.good()), (7, 1));
    }

    #[test]
    fn what_retention_would_remove_is_refused() {
        let limits = Limits { retention: Some(30 * DAY), ..limits() };
        let text = format!("m v=1 {}\nm v=1 {}\nm v=1\n", NOW - 31 * DAY, NOW - 29 * DAY);
        let (survey, findings) = survey(limits, &text);
        assert_eq!(findings, [(1, Class::OutsideRetention)]);
        assert_eq!(survey.good(), 2);
    }

    #[test]
    fn another_unit_is_noticed_also_where_the_time_cannot_be_stored() {
        let (seconds, _) = survey(limits(), "m v=1 1\nm v=1 1600000000\nm v=1 1600000001\n");
        let (doubt, at) = seconds.doubt.unwrap();
        assert_eq!((doubt.looks_like, at, seconds.doubtful), (Precision::Seconds, (0, 2), 2));
        let given = Limits { precision: Precision::Seconds, ..limits() };
        let (nanoseconds, findings) = survey(given, "m v=1 1600000000000000000\n");
        assert_eq!(nanoseconds.doubt.unwrap().0.looks_like, Precision::Nanoseconds);
        assert_eq!(findings, [(1, Class::Malformed)]);
    }
}

//! Continuous queries: when one is due, and over what time.
//!
//! A query with `GROUP BY time(interval)` runs at each boundary of its interval over the interval that just ended.
//! `RESAMPLE EVERY d` makes it run at the boundaries of `d`, also within an interval that has not ended; `FOR d` makes it
//! reach that far back.

use super::ast::{BinaryOp, CreateContinuousQuery, Expr, Select, Statement, time_arguments};
use super::{Params, ParseError, parse};
use crate::Profile;

/// A continuous query that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuous {
    select: Select,
    schedule: Schedule,
}

/// In nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Schedule {
    interval: i64,
    offset: i64,
    every: i64,
    span: i64,
}

/// One run: its boundary, to be given back with the next question, and the time it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Nanoseconds, Unix time.
    pub at: i64,
    /// First nanosecond covered.
    pub start: i64,
    /// First nanosecond not covered.
    pub end: i64,
}

impl Continuous {
    /// Reads the text that is kept of a continuous query; `None` for one that aggregates nothing, which never runs.
    ///
    /// # Errors
    /// [`ParseError`] if the text is not a continuous query.
    pub fn from_text(text: &str, profile: Profile) -> Result<Option<Self>, ParseError> {
        let statements = parse(text, &Params::default(), profile)?;
        Ok(statements.into_iter().find_map(|statement| match statement {
            Statement::CreateContinuousQuery(create) => Self::new(*create),
            _ => None,
        }))
    }

    fn new(create: CreateContinuousQuery) -> Option<Self> {
        let (interval, offset) = match time_arguments(&create.select.dimensions)? {
            [Expr::Duration(interval), Expr::Duration(offset), ..] => (*interval, *offset),
            [Expr::Duration(interval), ..] => (*interval, 0),
            _ => return None,
        };
        if interval <= 0 {
            return None;
        }
        let every = if create.resample.every > 0 { create.resample.every } else { interval };
        let span = if create.resample.span > 0 { create.resample.span } else { interval.max(every) };
        Some(Self { select: create.select, schedule: Schedule { interval, offset, every, span } })
    }

    /// The run that is due at `now`, if one is; `last` is the boundary of the one before.
    #[must_use]
    pub fn due(&self, last: Option<i64>, now: i64) -> Option<Run> {
        self.schedule.due(last, now)
    }

    /// What one run executes.
    #[must_use]
    pub fn select(&self, run: Run) -> Select {
        let bound = |op, time: i64| Expr::Binary(Box::new(Expr::var("time")), vec![(op, Expr::Time(time.into()))]);
        let end = (BinaryOp::And, bound(BinaryOp::Less, run.end));
        let covered = Expr::Binary(Box::new(bound(BinaryOp::GreaterEq, run.start)), vec![end]);
        let condition = match self.select.condition.clone() {
            None => covered,
            Some(own) => Expr::Binary(
                Box::new(Expr::Paren(Box::new(own))),
                vec![(BinaryOp::And, Expr::Paren(Box::new(covered)))],
            ),
        };
        Select { condition: Some(condition), ..self.select.clone() }
    }
}

impl Schedule {
    fn due(self, last: Option<i64>, now: i64) -> Option<Run> {
        let boundary = |time: i64, width: i64| {
            let moved = time.saturating_sub(self.offset);
            moved.saturating_sub(moved.rem_euclid(width)).saturating_add(self.offset)
        };
        let at = boundary(now, self.every);
        if last.is_some_and(|last| at <= last) {
            return None;
        }
        // After a pause the runs that were missed are made up for.
        let first = last.map_or(at, |last| last.saturating_add(self.every));
        let back = first.saturating_add(self.interval - self.span).saturating_sub(1);
        let ahead = now.saturating_add(self.interval - self.every.min(self.interval));
        let (start, end) = (boundary(back, self.interval), boundary(ahead, self.interval));
        (start < end).then_some(Run { at, start, end })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MINUTE: i64 = 60_000_000_000;
    const SECOND: i64 = 1_000_000_000;

    fn query(resample: &str, group: &str) -> Continuous {
        let text = format!(
            "CREATE CONTINUOUS QUERY q ON d {resample} BEGIN SELECT mean(v) INTO d.r.o FROM d.r.m WHERE k = 'a' GROUP BY {group} END"
        );
        Continuous::from_text(&text, Profile::V1_8).unwrap().unwrap()
    }

    #[test]
    fn the_interval_that_ended_is_covered_once() {
        let query = query("", "time(1m)");
        let first = query.due(None, 10 * MINUTE + 5 * SECOND).unwrap();
        assert_eq!(first, Run { at: 10 * MINUTE, start: 9 * MINUTE, end: 10 * MINUTE });
        assert_eq!(query.due(Some(first.at), 10 * MINUTE + 59 * SECOND), None);
        let next = query.due(Some(first.at), 11 * MINUTE).unwrap();
        assert_eq!(next, Run { at: 11 * MINUTE, start: 10 * MINUTE, end: 11 * MINUTE });
        let late = query.due(Some(first.at), 14 * MINUTE + 1).unwrap();
        assert_eq!(late, Run { at: 14 * MINUTE, start: 10 * MINUTE, end: 14 * MINUTE });
    }

    #[test]
    fn an_offset_moves_the_boundaries() {
        let query = query("", "time(1m, 10s)");
        let run = query.due(None, 10 * MINUTE + 5 * SECOND).unwrap();
        assert_eq!((run.start, run.end), (8 * MINUTE + 10 * SECOND, 9 * MINUTE + 10 * SECOND));
    }

    #[test]
    fn resampling_runs_within_the_interval_and_reaches_back() {
        let often = query("RESAMPLE EVERY 10s", "time(1m)");
        let run = often.due(None, 10 * MINUTE + 31 * SECOND).unwrap();
        assert_eq!(run, Run { at: 10 * MINUTE + 30 * SECOND, start: 10 * MINUTE, end: 11 * MINUTE });
        assert!(often.due(Some(run.at), 10 * MINUTE + 40 * SECOND).is_some());
        let far = query("RESAMPLE FOR 5m", "time(1m)");
        let run = far.due(None, 10 * MINUTE).unwrap();
        assert_eq!((run.start, run.end), (5 * MINUTE, 10 * MINUTE));
        let seldom = query("RESAMPLE EVERY 2m", "time(1m)");
        let run = seldom.due(None, 10 * MINUTE + SECOND).unwrap();
        assert_eq!((run.start, run.end), (8 * MINUTE, 10 * MINUTE));
        assert_eq!(seldom.due(Some(run.at), 11 * MINUTE), None);
    }

    #[test]
    fn a_run_asks_for_its_time_beside_its_own_condition() {
        let query = query("", "time(1m)");
        let select = query.select(Run { at: 2, start: 1, end: 2 });
        let expected = "SELECT mean(v) INTO d.r.o FROM d.r.m WHERE (k = 'a') AND \
                        (time >= '1970-01-01T00:00:00.000000001Z' AND time < '1970-01-01T00:00:00.000000002Z') \
                        GROUP BY time(1m)";
        assert_eq!(select.to_string(), expected);
    }

    #[test]
    fn what_aggregates_nothing_never_runs() {
        let text = "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT v INTO o FROM m END";
        assert_eq!(Continuous::from_text(text, Profile::V1_8).unwrap(), None);
        assert!(Continuous::from_text("SELECT", Profile::V1_8).is_err());
    }
}

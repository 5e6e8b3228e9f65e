//! `DELETE` and `DROP SERIES`: which values of which series go.

use super::QueryError;
use super::ast::{Expr, Measurement, Statement};
use super::select::{is_time_in, split_time};
use super::show::series_meets;
use super::{MAX_TIME, MIN_TIME};

/// What a statement deletes from each shard of a database.
#[derive(Clone, Debug, PartialEq)]
pub struct Deletion {
    sources: Vec<Measurement>,
    condition: Option<Expr>,
    /// First nanosecond (Unix time) to go.
    pub min_time: i64,
    /// Last nanosecond (Unix time) to go.
    pub max_time: i64,
}

impl Deletion {
    /// What a `DELETE` or `DROP SERIES` means when it is `now`; `None` for any other statement.
    ///
    /// # Errors
    /// [`QueryError`] when `DROP SERIES` has a time, which it does not take, or a time makes no sense.
    pub fn of(statement: &Statement, now: i64) -> Option<Result<Self, QueryError>> {
        let (sources, condition, timed) = match statement {
            Statement::Delete { sources, condition } => (sources, condition, true),
            Statement::DropSeries { sources, condition } => (sources, condition, false),
            _ => return None,
        };
        if !timed && condition.as_ref().is_some_and(is_time_in) {
            return Some(Err(QueryError::invalid("DROP SERIES doesn't support time in WHERE clause")));
        }
        Some(split_time(condition.as_ref(), now).map(|split| Self {
            sources: sources.clone(),
            condition: split.rest,
            min_time: split.min.unwrap_or(MIN_TIME),
            max_time: split.max.unwrap_or(MAX_TIME),
        }))
    }

    /// Whether a series is meant. `is_field` tells whether a name is a field of the measurement.
    ///
    /// # Errors
    /// [`QueryError`] when the condition is not one on tags.
    pub fn covers(
        &self,
        measurement: &str,
        tags: &[(String, String)],
        is_field: impl Fn(&str) -> bool,
    ) -> Result<bool, QueryError> {
        let named = self.sources.is_empty()
            || self.sources.iter().any(|source| match &source.pattern {
                Some(pattern) => pattern.is_match(measurement),
                None => source.name == measurement,
            });
        let Some(condition) = self.condition.as_ref().filter(|_| named) else { return Ok(named) };
        if condition.any(|expr| matches!(expr, Expr::Var(var) if var.name != "_name" && is_field(&var.name))) {
            return Err(QueryError::invalid("fields not supported in WHERE clause during deletion"));
        }
        series_meets(condition, measurement, tags)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Profile;
    use crate::query::{Params, parse};

    fn deletion(text: &str) -> Result<Deletion, QueryError> {
        Deletion::of(&parse(text, &Params::default(), Profile::V1_8).unwrap()[0], 1_000).unwrap()
    }

    fn tags(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn tags_and_times_are_told_apart() {
        let deletion = deletion("DELETE FROM m WHERE host = 'a' AND time >= 5 AND time < now()").unwrap();
        assert_eq!((deletion.min_time, deletion.max_time), (5, 999));
        let covers = |measurement, host| deletion.covers(measurement, &tags(&[("host", host)]), |_| false).unwrap();
        assert!(covers("m", "a"));
        assert!(!covers("m", "b"));
        assert!(!covers("n", "a"));
    }

    #[test]
    fn fields_and_misplaced_times_are_refused_in_the_real_words() {
        let refused = deletion("DROP SERIES FROM m WHERE time > 1").unwrap_err();
        assert_eq!(refused.to_string(), "DROP SERIES doesn't support time in WHERE clause");
        let refused = deletion("DELETE WHERE v > 1").unwrap().covers("m", &[], |name| name == "v").unwrap_err();
        assert_eq!(refused.to_string(), "fields not supported in WHERE clause during deletion");
    }

    #[test]
    fn a_pattern_names_measurements() {
        let deletion = deletion("DROP SERIES FROM /^c/").unwrap();
        assert!(deletion.covers("cpu", &[], |_| false).unwrap());
        assert!(!deletion.covers("mem", &[], |_| false).unwrap());
        assert_eq!((deletion.min_time, deletion.max_time), (MIN_TIME, MAX_TIME));
    }
}

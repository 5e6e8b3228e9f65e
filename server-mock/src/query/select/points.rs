//! Points of one group on their way through functions.

use std::sync::Arc;

use super::eval::{self, Rules, Scope};
use super::series::{Series, Tags};
use crate::query::ast::{Call, Expr, VarRef};
use crate::query::value::Value;

/// A value at a time, and the row it was taken from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) time: i64,
    pub(super) value: Value,
    /// Series of the group and row of the series; `None` for computed values.
    pub(super) origin: Option<(usize, usize)>,
}

impl Point {
    pub(super) fn computed(time: i64, value: Value) -> Self {
        Self { time, value, origin: None }
    }
}

/// Series that make one series of the result.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) name: Arc<str>,
    /// What it is grouped by, sorted by key.
    pub(super) tags: Tags,
    /// In the order of their tags.
    pub(super) series: Vec<&'a Series>,
}

/// Names within one row.
struct RowScope<'a> {
    series: &'a Series,
    row: usize,
    absent_tag: &'a Value,
}

impl Scope for RowScope<'_> {
    fn var(&self, var: &VarRef) -> Value {
        self.series.value(self.row, var, self.absent_tag)
    }

    fn call(&self, _: &Call) -> Value {
        Value::Null
    }

    fn rules(&self) -> Rules {
        let computed = self.series.computed;
        Rules { float_division: false, null_is_false: computed, math: !computed }
    }
}

/// Whether a row meets a condition.
pub(super) fn row_holds(series: &Series, row: usize, condition: Option<&Expr>) -> bool {
    let absent_tag = Value::String(Arc::from(""));
    condition.is_none_or(|condition| eval::holds(condition, &RowScope { series, row, absent_tag: &absent_tag }))
}

/// The rows of a series within a range that meet a condition.
///
/// Rows of a sub-query carry the start of their bucket, which may be before the range: they are never cut.
pub(super) fn rows<'a>(
    series: &'a Series,
    min: i64,
    max: i64,
    condition: Option<&'a Expr>,
) -> impl Iterator<Item = usize> + 'a {
    let range = if series.computed {
        0..series.times.len()
    } else {
        let start = series.times.partition_point(|time| *time < min);
        let end = series.times.partition_point(|time| *time <= max);
        start..end.max(start)
    };
    range.filter(move |row| row_holds(series, *row, condition))
}

/// The values of a name in a group, in the direction asked for.
pub(super) fn values(
    group: &Group<'_>,
    var: &VarRef,
    range: (i64, i64),
    condition: Option<&Expr>,
    ascending: bool,
) -> Vec<Point> {
    let mut points = Vec::new();
    for (at, series) in group.series.iter().enumerate() {
        for row in rows(series, range.0, range.1, condition) {
            let value = series.value(row, var, &Value::Null);
            if !value.is_null() {
                points.push(Point { time: series.times[row], value, origin: Some((at, row)) });
            }
        }
    }
    if group.series.len() > 1 {
        // Stable: at one time the order of the series stays.
        points.sort_by_key(|point| point.time);
    }
    if !ascending {
        points.reverse();
    }
    points
}

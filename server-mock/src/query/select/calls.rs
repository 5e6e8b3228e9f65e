//! Functions of rows evaluated on one group.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aggregate::{aggregate, percentile, rank, sample};
use super::compile::Compiled;
use super::fill::fill;
use super::functions::{Family, family, is_technical, looks_back};
use super::points::{Group, Point, values};
use super::resolve::{Resolved, accepts, kind_of};
use super::series::field_kind;
use super::transform::{Change, changes, cumulative_sum, elapsed, integral, moving_average};
use super::window::Windows;
use crate::query::QueryError;
use crate::query::ast::{Call, Expr, Fill, VarRef};
use crate::query::value::Kind;

/// What a function is computed on.
#[derive(Debug)]
pub(super) struct Evaluation<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) resolved: &'a Resolved,
    pub(super) group: &'a Group<'a>,
    /// The only function, and one that picks points: their own times are shown.
    pub(super) alone: bool,
    /// The most buckets that may be filled.
    pub(super) max_buckets: usize,
    pub(super) random: &'a mut fastrand::Rng,
}

impl Evaluation<'_> {
    /// The points of a function, in the direction of the query.
    pub(super) fn evaluate(&mut self, call: &Call, windows: &Windows) -> Result<Vec<Point>, QueryError> {
        let family =
            family(&call.name).ok_or_else(|| QueryError::invalid(format!("unsupported call: {}", call.name)))?;
        match family {
            Family::Selector | Family::Aggregate => {
                let points = match call.args.first() {
                    Some(Expr::Call(inner)) => self.evaluate(inner, windows)?,
                    argument => self.values(call, argument, windows)?,
                };
                let percent = match call.args.get(1) {
                    Some(Expr::Number(percent)) => *percent,
                    Some(Expr::Integer(percent)) => *percent as f64,
                    _ => 0.0,
                };
                let mut out = by_bucket(&points, windows, |bucket, start| match call.name.as_str() {
                    "percentile" => percentile(bucket, percent),
                    name => aggregate(name, bucket, start),
                });
                if !self.alone || windows.interval.is_some() {
                    for point in &mut out {
                        point.time = windows.shown(point.time);
                    }
                }
                if windows.interval.is_some() && self.compiled.fill != Fill::None {
                    let wanted = match self.compiled.fill {
                        Fill::Null if call.name == "count" => Fill::Integer(0),
                        other => other,
                    };
                    let kind = kind_of(&Expr::Call(call.clone())).unwrap_or_default();
                    out = fill(out, wanted, kind, windows, self.compiled.ascending, self.max_buckets)?;
                }
                Ok(out)
            }
            Family::Distinct => {
                let points = self.values(call, call.args.first(), windows)?;
                let mut out = by_bucket(&points, windows, |bucket, start| {
                    let mut once = aggregate("distinct", bucket, start);
                    if !self.compiled.ascending {
                        once.reverse();
                    }
                    once
                });
                for point in &mut out {
                    point.time = windows.shown(point.time);
                }
                Ok(out)
            }
            Family::Ranking => Ok(self.ranking(call, windows)?),
            Family::Sample => {
                let points = self.values(call, call.args.first(), windows)?;
                let n = usize::try_from(integer(call.args.get(1))).unwrap_or(usize::MAX);
                Ok(by_bucket(&points, windows, |bucket, _| sample(bucket, n, self.random)))
            }
            Family::Integral => {
                let points = self.values(call, call.args.first(), windows)?;
                let unit = duration(call.args.get(1)).unwrap_or(1_000_000_000);
                Ok(integral(&points, unit, windows, self.compiled.ascending))
            }
            Family::Transform if is_technical(&call.name) => Err(unsupported(call)),
            Family::Transform => self.transform(call, windows),
            Family::Forecast => Err(unsupported(call)),
        }
    }

    fn transform(&mut self, call: &Call, windows: &Windows) -> Result<Vec<Point>, QueryError> {
        let ascending = self.compiled.ascending;
        // One bucket more is looked at, so that the first one asked for has one before it. Without a bound the real
        // servers compute a bound past all times here and find nothing.
        let mut windows = windows.clone();
        if let Some(interval) = windows.interval
            && looks_back(&call.name)
        {
            if ascending {
                windows.min = windows.min.wrapping_sub(interval.width);
            } else {
                windows.max = windows.max.wrapping_add(interval.width);
            }
            if windows.min > windows.max {
                return Ok(Vec::new());
            }
        }
        let points = match call.args.first() {
            Some(Expr::Call(inner)) => self.evaluate(inner, &windows)?,
            argument => self.values(call, argument, &windows)?,
        };
        let unit = duration(call.args.get(1));
        let per = unit.or(windows.interval.map(|interval| interval.width)).unwrap_or(1_000_000_000);
        let change =
            |unit: Option<i64>| Change { unit, only_rising: call.name.starts_with("non_negative_"), ascending };
        Ok(match call.name.as_str() {
            "derivative" | "non_negative_derivative" => changes(&points, change(Some(per))),
            "difference" | "non_negative_difference" => changes(&points, change(None)),
            "cumulative_sum" => cumulative_sum(&points),
            "moving_average" => {
                moving_average(&points, usize::try_from(integer(call.args.get(1))).unwrap_or(usize::MAX))
            }
            "elapsed" => elapsed(&points, unit.unwrap_or(1)),
            _ => return Err(unsupported(call)),
        })
    }

    fn values(&self, call: &Call, argument: Option<&Expr>, windows: &Windows) -> Result<Vec<Point>, QueryError> {
        let Some(Expr::Var(var)) = argument else {
            return Err(QueryError::invalid(format!("expected field argument in {}()", call.name)));
        };
        let Some(kind) = var.kind.and_then(field_kind) else { return Ok(Vec::new()) };
        let range = (windows.min, windows.max);
        let condition = self.resolved.condition.as_ref();
        if kind == Kind::Tag {
            let computed = self.group.series.iter().copied().filter(|series| series.computed).collect();
            let group = Group { name: Arc::clone(&self.group.name), tags: Vec::new(), series: computed };
            let mut points = values(&group, var, range, condition, self.compiled.ascending);
            for point in &mut points {
                point.origin = None;
            }
            return Ok(points);
        }
        Ok(values(self.group, var, range, condition, self.compiled.ascending))
    }

    /// `top` and `bottom`.
    fn ranking(&self, call: &Call, windows: &Windows) -> Result<Vec<Point>, QueryError> {
        let greatest = call.name == "top";
        let [first, between @ .., last] = call.args.as_slice() else { return Ok(Vec::new()) };
        let n = usize::try_from(integer(Some(last))).unwrap_or(usize::MAX);
        let points = self.values(call, Some(first), windows)?;
        let tags: Vec<&VarRef> = between
            .iter()
            .filter_map(|arg| match arg {
                Expr::Var(var) => Some(var),
                _ => None,
            })
            .collect();
        let ascending = self.compiled.ascending;
        Ok(by_bucket(&points, windows, |bucket, start| {
            let candidates = if tags.is_empty() {
                bucket.to_vec()
            } else {
                // The best of each combination of tags stands for it.
                let mut best: BTreeMap<Vec<String>, Vec<Point>> = BTreeMap::new();
                for point in bucket {
                    let (series, _) = point.origin.expect("points of fields know their rows");
                    let key = tags.iter().map(|tag| self.group.series[series].tag(&tag.name).to_owned()).collect();
                    best.entry(key).or_default().push(point.clone());
                }
                let pick = if greatest { "max" } else { "min" };
                best.into_values().flat_map(|points| aggregate(pick, &points, start)).collect()
            };
            let mut ranked = rank(&candidates, n, greatest);
            ranked.sort_by_key(|point| point.time);
            if !ascending {
                ranked.reverse();
            }
            ranked
        }))
    }
}

/// Applies `reduce` to the points of each bucket and the bucket's start.
fn by_bucket(points: &[Point], windows: &Windows, mut reduce: impl FnMut(&[Point], i64) -> Vec<Point>) -> Vec<Point> {
    let mut out = Vec::new();
    let mut rest: Vec<Point> = Vec::new();
    let mut bounds: Option<(i64, i64)> = None;
    // Rows of a sub-query may be at times outside of the range; without buckets there is no place for them.
    let placed = |point: &Point| windows.interval.is_some() || (windows.min <= point.time && point.time <= windows.max);
    for point in points.iter().filter(|point| !point.value.is_null() && placed(point)) {
        let inside = bounds.is_some_and(|(start, end)| start <= point.time && point.time < end);
        if !inside {
            if let Some((start, _)) = bounds
                && !rest.is_empty()
            {
                let mut made = reduce(&rest, start);
                // The real servers take a bucket of nothing (a percentile below the first point) for the end.
                if made.is_empty() {
                    return out;
                }
                out.append(&mut made);
                rest.clear();
            }
            bounds = Some(windows.around(point.time));
        }
        rest.push(point.clone());
    }
    if let Some((start, _)) = bounds
        && !rest.is_empty()
    {
        out.append(&mut reduce(&rest, start));
    }
    out
}

fn unsupported(call: &Call) -> QueryError {
    QueryError::invalid(format!("{}() is not supported by this server", call.name))
}

/// Whether a function, and what is within it, can be given values of their types. The real servers name the last stage
/// that the values came through. `stored` says that some of the points are those of measurements.
pub(super) fn check_kinds(call: &Call, stored: bool) -> Result<(), QueryError> {
    let (kind, stage) = match call.args.first() {
        Some(argument @ Expr::Call(inner)) => {
            check_kinds(inner, stored)?;
            let stage = if inner.name == "distinct" { "Interval" } else { "Interrupt" };
            (kind_of(argument).unwrap_or_default(), stage)
        }
        Some(Expr::Var(var)) => (var.kind.and_then(field_kind), "Interrupt"),
        _ => return Ok(()),
    };
    let kind = match kind {
        // Tags of measurements have no values; as columns of a sub-query they are texts.
        Some(Kind::Tag) if stored => None,
        Some(Kind::Tag) => Some(Kind::String),
        kind => kind,
    };
    match kind {
        Some(kind) if !accepts(&call.name, kind) => {
            let name = call.name.replace('_', " ");
            let name = name.strip_prefix("non negative ").unwrap_or(&name);
            let kind = kind.name();
            Err(QueryError::invalid(format!("unsupported {name} iterator type: *query.{kind}{stage}Iterator")))
        }
        Some(_) | None => Ok(()),
    }
}

fn integer(expr: Option<&Expr>) -> i64 {
    match expr {
        Some(Expr::Integer(value)) => *value,
        _ => 0,
    }
}

fn duration(expr: Option<&Expr>) -> Option<i64> {
    match expr {
        Some(Expr::Duration(nanoseconds)) => Some(*nanoseconds),
        _ => None,
    }
}

//! A `SELECT` computed: groups of series become rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aggregate::{aggregate, percentile, rank, sample};
use super::compile::{Compiled, CompiledSource};
use super::eval::{self, Scope};
use super::fill::{constant, fill};
use super::functions::{Family, family, is_selector, is_technical};
use super::points::{Group, Point, rows, values};
use super::resolve::{Resolved, ResolvedColumn, accepts, kind_of, resolve};
use super::series::{Column, Schema, Series, assemble, field_kind};
use super::transform::{Change, changes, cumulative_sum, elapsed, integral, moving_average};
use super::window::Windows;
use super::{Context, Limits, SourceRows};
use crate::query::ast::{Call, Expr, FieldKind, Fill, VarRef};
use crate::query::value::{Kind, Value};
use crate::query::{MAX_TIME, MIN_TIME, QueryError};

/// One series of the result.
#[derive(Debug)]
pub(super) struct OutGroup {
    pub(super) name: Arc<str>,
    pub(super) tags: Vec<(String, String)>,
    /// Time and values.
    pub(super) rows: Vec<(i64, Vec<Value>)>,
}

/// What a statement gives.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) columns: Vec<ResolvedColumn>,
    pub(super) groups: Vec<OutGroup>,
    /// Tags the rows are grouped by, of this statement alone.
    dimensions: Vec<String>,
}

/// Runs statements within the limits of one request.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) context: &'a Context,
    pub(super) limits: &'a Limits,
    /// Values made so far.
    pub(super) made: usize,
    pub(super) random: fastrand::Rng,
}

impl Runner<'_> {
    /// Computes `compiled`. `feeds` gives the rows of its measurements, in the order of the plan; `outer_dimensions`
    /// are the tags that the statements around it need.
    pub(super) fn run<'d>(
        &mut self,
        compiled: &Compiled,
        feeds: &mut impl Iterator<Item = &'d SourceRows>,
        outer_dimensions: &[String],
    ) -> Result<Output, QueryError> {
        let mut schema = Schema::default();
        let mut series: Vec<Series> = Vec::new();
        // A sub-query is grouped by what this statement is grouped by, too; of `*` it knows its own tags only.
        let mut wanted: Vec<String> = compiled
            .dimensions
            .iter()
            .filter_map(|dimension| match &dimension.expr {
                Expr::Var(var) => Some(var.name.clone()),
                _ => None,
            })
            .chain(outer_dimensions.iter().cloned())
            .collect();
        wanted.sort();
        wanted.dedup();
        let mut stored = false;
        for source in &compiled.sources {
            let (source_schema, mut source_series) = match source {
                CompiledSource::Measurement(_) => {
                    stored = true;
                    let rows = feeds.next().ok_or_else(|| QueryError::invalid("rows of a source are missing"))?;
                    assemble(rows)
                }
                CompiledSource::Subquery(inner) => {
                    let output = self.run(inner, feeds, &wanted)?;
                    as_series(output, compiled.ascending)
                }
            };
            schema.add(&source_schema);
            series.append(&mut source_series);
        }
        let resolved = resolve(compiled, &schema)?;
        let mut dimensions = resolved.dimensions.clone();
        dimensions.extend(outer_dimensions.iter().cloned());
        dimensions.sort();
        dimensions.dedup();
        let mut groups = group(&series, &dimensions);
        if stored {
            groups = slimit(groups, compiled.slimit, compiled.soffset);
            self.check_series(&groups)?;
        }
        if !compiled.ascending {
            groups.reverse();
        }
        let mut out = Vec::with_capacity(groups.len());
        for group in &groups {
            let rows = if compiled.raw {
                self.raw_rows(compiled, &resolved, group)?
            } else {
                self.computed_rows(compiled, &resolved, group)?
            };
            if !rows.is_empty() {
                out.push(OutGroup { name: Arc::clone(&group.name), tags: group.tags.clone(), rows });
            }
        }
        Ok(Output { columns: resolved.columns, groups: out, dimensions: resolved.dimensions })
    }

    fn check_series(&self, groups: &[Group<'_>]) -> Result<(), QueryError> {
        let series = groups.iter().map(|group| group.series.len()).sum();
        match self.limits.max_series {
            0 => Ok(()),
            limit if series > limit => Err(QueryError::TooManySeries { series, limit }),
            _ => Ok(()),
        }
    }

    fn count_values(&mut self, values: usize) -> Result<(), QueryError> {
        self.made += values;
        match self.limits.max_values {
            0 => Ok(()),
            limit if self.made > limit => Err(QueryError::TooManyValues { limit }),
            _ => Ok(()),
        }
    }

    /// Rows of points.
    fn raw_rows(
        &mut self,
        compiled: &Compiled,
        resolved: &Resolved,
        group: &Group<'_>,
    ) -> Result<Vec<(i64, Vec<Value>)>, QueryError> {
        let mut vars: Vec<&VarRef> = Vec::new();
        for field in &resolved.fields {
            field.expr.walk(&mut |expr| {
                if let Expr::Var(var) = expr {
                    vars.push(var);
                }
            });
        }
        vars.sort_by(|a, b| a.name.cmp(&b.name));
        vars.dedup();
        if vars.iter().all(|var| var.kind.and_then(field_kind).is_none()) {
            return Ok(Vec::new());
        }
        let condition = resolved.condition.as_ref();
        // Series and row of each row of the result.
        let mut found: Vec<(usize, usize)> = Vec::new();
        for (at, series) in group.series.iter().enumerate() {
            for row in rows(series, compiled.min, compiled.max, condition) {
                let is_field = |var: &&&VarRef| var.kind != Some(FieldKind::Tag);
                let present =
                    || vars.iter().filter(is_field).any(|var| !series.value(row, var, &Value::Null).is_null());
                if series.computed || present() {
                    found.push((at, row));
                }
            }
        }
        // Points at one time are told apart by the texts beside them, as far as these come first by name.
        let texts: Vec<&VarRef> = vars
            .iter()
            .copied()
            .take_while(|var| matches!(var.kind, Some(FieldKind::Tag | FieldKind::String)))
            .collect();
        found.sort_by(|a, b| {
            let time = |(series, row): &(usize, usize)| group.series[*series].times[*row];
            let text =
                |(series, row): &(usize, usize), var: &VarRef| group.series[*series].value(*row, var, &Value::Null);
            time(a).cmp(&time(b)).then_with(|| {
                texts
                    .iter()
                    .map(|var| text(a, var).as_str().cmp(&text(b, var).as_str()))
                    .find(|order| order.is_ne())
                    .unwrap_or(a.0.cmp(&b.0))
            })
        });
        if !compiled.ascending {
            found.reverse();
        }
        let found = window_of(found, compiled.limit, compiled.offset);
        self.count_values(found.len().saturating_mul(resolved.columns.len()))?;
        let made = found.into_iter().map(|(at, row)| {
            let series = group.series[at];
            let scope = OutputScope { calls: &[], points: &[], defaults: &[], row: Some((series, row)) };
            let values = resolved.columns.iter().map(|column| eval::eval(&column.expr, &scope)).collect();
            (series.times[row], values)
        });
        Ok(made.collect())
    }

    /// Rows of function results.
    fn computed_rows(
        &mut self,
        compiled: &Compiled,
        resolved: &Resolved,
        group: &Group<'_>,
    ) -> Result<Vec<(i64, Vec<Value>)>, QueryError> {
        let mut calls: Vec<&Call> = Vec::new();
        for field in &resolved.fields {
            collect_calls(&field.expr, &mut calls);
        }
        let alone = calls.len() == 1 && is_selector(&calls[0].name);
        let windows =
            Windows { interval: compiled.interval, zone: compiled.zone.clone(), min: compiled.min, max: compiled.max };
        self.check_buckets(&windows)?;
        let mut known = Vec::new();
        let mut streams = Vec::new();
        let mut defaults = Vec::new();
        for call in calls {
            let Some(kind) = kind_of(&Expr::Call(call.clone()))? else { continue };
            let evaluation = Evaluation { compiled, resolved, group, alone };
            let points = self.evaluate(&evaluation, call, &windows)?;
            known.push(call);
            streams.push(window_of(points, compiled.limit, compiled.offset).into_iter().peekable());
            defaults.push(match compiled.fill {
                Fill::Integer(number) => constant(Value::Integer(number), Some(kind)),
                Fill::Number(number) => constant(Value::Float(number), Some(kind)),
                Fill::Null | Fill::None | Fill::Previous | Fill::Linear => Value::Null,
            });
        }
        let keeps = compiled.fill == Fill::Previous;
        let mut out = Vec::new();
        let mut current: Vec<Option<Point>> = vec![None; streams.len()];
        loop {
            let heads = streams.iter_mut().filter_map(|stream| stream.peek().map(|point| point.time));
            let Some(time) = (if compiled.ascending { heads.min() } else { heads.max() }) else { return Ok(out) };
            for (stream, slot) in streams.iter_mut().zip(&mut current) {
                match stream.next_if(|point| point.time == time) {
                    Some(point) if point.value.is_null() && keeps => {}
                    Some(point) => *slot = Some(point),
                    None if keeps => {}
                    None => *slot = None,
                }
            }
            self.count_values(resolved.columns.len().max(1))?;
            let row = match current.as_slice() {
                [Some(Point { origin: Some((series, row)), .. })] => Some((group.series[*series], *row)),
                _ => None,
            };
            let scope = OutputScope { calls: &known, points: &current, defaults: &defaults, row };
            let values = resolved.columns.iter().map(|column| eval::eval(&column.expr, &scope)).collect();
            out.push((time, values));
        }
    }

    fn check_buckets(&self, windows: &Windows) -> Result<(), QueryError> {
        let (Some(interval), limit @ 1..) = (windows.interval, self.limits.max_buckets) else { return Ok(()) };
        if windows.min == MIN_TIME {
            return Ok(());
        }
        let (first, last) = (windows.around(windows.min).0, windows.around(windows.max.saturating_sub(1)).0);
        let buckets = (i128::from(last) - i128::from(first)) / i128::from(interval.width) + 1;
        if buckets > limit as i128 {
            let buckets = i64::try_from(buckets).unwrap_or(i64::MAX);
            return Err(QueryError::TooManyBuckets { buckets, limit });
        }
        Ok(())
    }

    /// The points of a function, in the direction of the query.
    fn evaluate(&mut self, on: &Evaluation<'_>, call: &Call, windows: &Windows) -> Result<Vec<Point>, QueryError> {
        let family =
            family(&call.name).ok_or_else(|| QueryError::invalid(format!("unsupported call: {}", call.name)))?;
        match family {
            Family::Selector | Family::Aggregate => {
                let points = match call.args.first() {
                    Some(Expr::Call(inner)) => self.evaluate(on, inner, windows)?,
                    argument => on.values(call, argument, windows)?,
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
                if !on.alone || windows.interval.is_some() {
                    for point in &mut out {
                        point.time = windows.shown(point.time);
                    }
                }
                if windows.interval.is_some() && on.compiled.fill != Fill::None {
                    let wanted = match on.compiled.fill {
                        Fill::Null if call.name == "count" => Fill::Integer(0),
                        other => other,
                    };
                    let kind = kind_of(&Expr::Call(call.clone()))?;
                    let most = if self.limits.max_buckets == 0 { usize::MAX } else { self.limits.max_buckets };
                    out = fill(out, wanted, kind, windows, on.compiled.ascending, most)?;
                }
                Ok(out)
            }
            Family::Distinct => {
                let points = on.values(call, call.args.first(), windows)?;
                let mut out = by_bucket(&points, windows, |bucket, start| aggregate("distinct", bucket, start));
                for point in &mut out {
                    point.time = windows.shown(point.time);
                }
                Ok(out)
            }
            Family::Ranking => Ok(on.ranking(call, windows)?),
            Family::Sample => {
                let points = on.values(call, call.args.first(), windows)?;
                let n = usize::try_from(integer(call.args.get(1))).unwrap_or(usize::MAX);
                Ok(by_bucket(&points, windows, |bucket, _| sample(bucket, n, &mut self.random)))
            }
            Family::Integral => {
                let points = on.values(call, call.args.first(), windows)?;
                let unit = duration(call.args.get(1)).unwrap_or(1_000_000_000);
                Ok(integral(&points, unit, windows, on.compiled.ascending))
            }
            Family::Transform if is_technical(&call.name) => Err(unsupported(call)),
            Family::Transform => self.transform(on, call, windows),
            Family::Forecast => Err(unsupported(call)),
        }
    }

    fn transform(&mut self, on: &Evaluation<'_>, call: &Call, windows: &Windows) -> Result<Vec<Point>, QueryError> {
        let ascending = on.compiled.ascending;
        // One bucket more is looked at, so that the first one asked for has one before it. Without a bound the real
        // servers compute a bound past all times here and find nothing.
        let mut windows = windows.clone();
        if let Some(interval) = windows.interval
            && call.name != "cumulative_sum"
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
            Some(Expr::Call(inner)) => self.evaluate(on, inner, &windows)?,
            argument => on.values(call, argument, &windows)?,
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
}

fn unsupported(call: &Call) -> QueryError {
    QueryError::invalid(format!("{}() is not supported by this server", call.name))
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

/// The functions of rows in an expression, each once, outermost only.
fn collect_calls<'a>(expr: &'a Expr, calls: &mut Vec<&'a Call>) {
    match expr {
        Expr::Call(call) if eval::is_math(&call.name) => {
            for arg in &call.args {
                collect_calls(arg, calls);
            }
        }
        Expr::Call(call) => {
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
        Expr::Binary(first, rest) => {
            collect_calls(first, calls);
            for (_, term) in rest {
                collect_calls(term, calls);
            }
        }
        Expr::Paren(inner) => collect_calls(inner, calls),
        _ => {}
    }
}

/// What a function is computed on.
struct Evaluation<'a> {
    compiled: &'a Compiled,
    resolved: &'a Resolved,
    group: &'a Group<'a>,
    /// The only function, and one that picks points: their own times are shown.
    alone: bool,
}

impl Evaluation<'_> {
    fn values(&self, call: &Call, argument: Option<&Expr>, windows: &Windows) -> Result<Vec<Point>, QueryError> {
        let Some(Expr::Var(var)) = argument else {
            return Err(QueryError::invalid(format!("expected field argument in {}()", call.name)));
        };
        let kind = var.kind.and_then(field_kind);
        match kind {
            None => return Ok(Vec::new()),
            // Tags have values only as the columns of a sub-query.
            Some(Kind::Tag) => {}
            Some(kind) if accepts(&call.name, kind) => {}
            Some(kind) => {
                let (name, kind) = (call.name.replace('_', " "), kind.name());
                let name = name.strip_prefix("non negative ").unwrap_or(&name);
                return Err(QueryError::invalid(format!(
                    "unsupported {name} iterator type: *query.{kind}InterruptIterator"
                )));
            }
        }
        let range = (windows.min, windows.max);
        let condition = self.resolved.condition.as_ref();
        if kind == Some(Kind::Tag) {
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
    for point in points.iter().filter(|point| !point.value.is_null()) {
        let inside = bounds.is_some_and(|(start, end)| start <= point.time && point.time < end);
        if !inside {
            if let Some((start, _)) = bounds
                && !rest.is_empty()
            {
                out.append(&mut reduce(&rest, start));
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

/// `LIMIT` and `OFFSET`.
fn window_of<T>(all: Vec<T>, limit: u64, offset: u64) -> Vec<T> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let limit = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
    if offset == 0 && all.len() <= limit {
        return all;
    }
    all.into_iter().skip(offset).take(limit).collect()
}

/// Series by measurement and by the values of the tags they are grouped by.
fn group<'a>(series: &'a [Series], dimensions: &[String]) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<(Arc<str>, Vec<&str>), Vec<&Series>> = BTreeMap::new();
    for series in series {
        let key = dimensions.iter().map(|dimension| series.tag(dimension)).collect();
        groups.entry((Arc::clone(&series.name), key)).or_default().push(series);
    }
    let groups = groups.into_iter().map(|((name, values), series)| {
        let tags = dimensions.iter().cloned().zip(values.into_iter().map(str::to_owned)).collect();
        Group { name, tags, series }
    });
    groups.collect()
}

/// `SLIMIT` and `SOFFSET`, which count within each measurement.
fn slimit(groups: Vec<Group<'_>>, limit: u64, offset: u64) -> Vec<Group<'_>> {
    if limit == 0 && offset == 0 {
        return groups;
    }
    let mut out = Vec::new();
    let mut name: Option<Arc<str>> = None;
    let mut seen = 0;
    for group in groups {
        if name.as_ref() != Some(&group.name) {
            name = Some(Arc::clone(&group.name));
            seen = 0;
        }
        seen += 1;
        if seen > offset && (limit == 0 || seen - offset <= limit) {
            out.push(group);
        }
    }
    out
}

/// The rows of a sub-query as series of a source.
fn as_series(output: Output, ascending: bool) -> (Schema, Vec<Series>) {
    let mut schema = Schema::default();
    for column in &output.columns {
        if let Some(kind) = column.kind {
            schema.add_field(&column.plain_name, if kind == Kind::Tag { Kind::String } else { kind });
        }
    }
    schema.tags.extend(output.dimensions);
    let schema = Arc::new(schema);
    let series = output.groups.into_iter().map(|mut group| {
        if !ascending {
            group.rows.reverse();
        }
        let mut times = Vec::with_capacity(group.rows.len());
        let mut columns: Vec<Column> = output
            .columns
            .iter()
            .map(|column| Column { name: column.plain_name.clone(), values: Vec::with_capacity(group.rows.len()) })
            .collect();
        for (time, values) in group.rows {
            times.push(time);
            for (column, value) in columns.iter_mut().zip(values) {
                column.values.push(value);
            }
        }
        Series { name: group.name, tags: group.tags, times, columns, schema: Arc::clone(&schema), computed: true }
    });
    let mut series: Vec<Series> = series.collect();
    if !ascending {
        series.reverse();
    }
    ((*schema).clone(), series)
}

/// Names and functions within one row of the result.
struct OutputScope<'a> {
    calls: &'a [&'a Call],
    /// The point of each call, if it has one at this time.
    points: &'a [Option<Point>],
    defaults: &'a [Value],
    /// The row that names are taken from.
    row: Option<(&'a Series, usize)>,
}

impl Scope for OutputScope<'_> {
    fn var(&self, var: &VarRef) -> Value {
        self.row.map_or(Value::Null, |(series, row)| series.value(row, var, &Value::Null))
    }

    fn call(&self, call: &Call) -> Value {
        let Some(at) = self.calls.iter().position(|known| *known == call) else { return Value::Null };
        match &self.points[at] {
            Some(point) if !point.value.is_null() => point.value.clone(),
            Some(_) | None => self.defaults[at].clone(),
        }
    }

    fn rules(&self) -> eval::Rules {
        eval::Rules::SELECT
    }
}

/// First and last nanosecond that the points of `compiled` are read for, with what functions look back on.
pub(super) fn read_range(compiled: &Compiled) -> (i64, i64) {
    let Some(interval) = compiled.interval else { return (compiled.min, compiled.max) };
    let extra = interval.width.saturating_mul(compiled.extra_intervals);
    if compiled.ascending {
        (compiled.min.saturating_sub(extra).max(MIN_TIME), compiled.max)
    } else {
        (compiled.min, compiled.max.saturating_add(extra).min(MAX_TIME))
    }
}

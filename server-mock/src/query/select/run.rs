//! A `SELECT` computed: groups of series become rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::calls::{Evaluation, check_kinds};
use super::compile::{Compiled, CompiledSource, collect_calls};
use super::fill::default_of;
use super::functions::is_selector;
use super::groups::{group, slimit};
use super::output::Cells;
use super::points::{Group, Point, rows};
use super::resolve::{Resolved, ResolvedColumn, kind_of, resolve};
use super::series::{Place, Schema, Series, Tags, assemble, field_kind};
use super::subquery::as_series;
use super::window::Windows;
use super::{Limits, SourceRows};
use crate::query::ast::{Call, Expr, FieldKind, Fill, VarRef};
use crate::query::value::Value;
use crate::query::{MAX_TIME, MIN_TIME, QueryError};

/// One series of the result.
#[derive(Debug)]
pub(super) struct OutGroup {
    pub(super) name: Arc<str>,
    pub(super) tags: Tags,
    /// Time and values.
    pub(super) rows: Vec<(i64, Vec<Value>)>,
}

/// What a statement gives.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) columns: Vec<ResolvedColumn>,
    pub(super) groups: Vec<OutGroup>,
    /// Tags the rows are grouped by, of this statement alone.
    pub(super) dimensions: Vec<String>,
}

/// Runs statements within the limits of one request.
#[derive(Debug)]
pub(super) struct Runner<'a> {
    pub(super) limits: &'a Limits,
    /// Values made so far.
    pub(super) made: usize,
    /// Steps of evaluation so far.
    pub(super) steps: usize,
    pub(super) random: fastrand::Rng,
    /// Set when nobody wants the result any more.
    pub(super) interrupted: &'a AtomicBool,
}

/// Takes the series of the outermost statement as they are computed.
pub(super) type Sink<'s> = &'s mut dyn FnMut(&[ResolvedColumn], OutGroup) -> Result<(), QueryError>;

impl Runner<'_> {
    /// Computes `compiled`. `feeds` gives the rows of its measurements, in the order of the plan; `outer_dimensions`
    /// are the tags that the statements around it need, if there are any. With a `sink` the
    /// series go there, and the output has none.
    pub(super) fn run<'d>(
        &mut self,
        compiled: &Compiled,
        feeds: &mut impl Iterator<Item = &'d SourceRows>,
        outer_dimensions: Option<&[String]>,
        mut sink: Option<Sink<'_>>,
    ) -> Result<Output, QueryError> {
        // Only the outermost statement is checked for types that do not go together.
        let checked = outer_dimensions.is_none();
        let outer_dimensions = outer_dimensions.unwrap_or_default();
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
        let mut indexed: Vec<(Arc<str>, Tags)> = Vec::new();
        for source in &compiled.sources {
            let (source_schema, mut source_series) = match source {
                CompiledSource::Measurement(_) => {
                    stored = true;
                    let rows = feeds.next().ok_or_else(|| QueryError::invalid("rows of a source are missing"))?;
                    if compiled.slimit > 0 || compiled.soffset > 0 {
                        let series = rows.indexes.iter().flat_map(|index| &index.series);
                        indexed.extend(series.map(|(name, tags)| (Arc::from(name.as_str()), tags.clone())));
                    }
                    assemble(rows)
                }
                CompiledSource::Subquery(inner) => {
                    let output = self.run(inner, feeds, Some(&wanted), None)?;
                    as_series(output, compiled.ascending)
                }
            };
            schema.add(&source_schema);
            series.append(&mut source_series);
        }
        let resolved = resolve(compiled, &schema, checked)?;
        let mut dimensions = resolved.dimensions.clone();
        dimensions.extend(outer_dimensions.iter().cloned());
        dimensions.sort();
        dimensions.dedup();
        let mut groups = group(&series, &dimensions);
        if stored {
            let condition = resolved.condition.as_ref();
            let window = (compiled.slimit, compiled.soffset);
            groups = slimit(groups, &indexed, &dimensions, condition, &schema, window);
            self.check_series(&groups)?;
        }
        if !compiled.ascending {
            groups.reverse();
        }
        if !compiled.raw {
            for field in &resolved.fields {
                let mut calls = Vec::new();
                collect_calls(&field.expr, &mut calls);
                calls.into_iter().try_for_each(|call| check_kinds(call, stored))?;
            }
        }
        let rows = series.iter().map(|series| series.times.len()).sum();
        let condition = resolved.condition.as_ref().map_or(0, Expr::size);
        let columns: usize = resolved.fields.iter().map(|field| field.expr.size()).sum();
        let each = if compiled.raw { condition + columns } else { columns.saturating_mul(1 + condition) };
        self.count_steps(rows, each)?;
        // Functions are told apart by comparing each with all.
        self.count_steps(groups.len(), if compiled.raw { 0 } else { columns.saturating_mul(columns) })?;
        let mut out = Vec::with_capacity(groups.len());
        for group in &groups {
            let rows = if compiled.raw {
                self.raw_rows(compiled, &resolved, group)?
            } else {
                self.computed_rows(compiled, &resolved, group)?
            };
            if rows.is_empty() {
                continue;
            }
            let done = OutGroup { name: Arc::clone(&group.name), tags: group.tags.clone(), rows };
            match &mut sink {
                Some(sink) => sink(&resolved.columns, done)?,
                None => out.push(done),
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

    /// Counts steps before they are taken: a long condition or a long select list over many rows would run for hours.
    fn count_steps(&mut self, rows: usize, of_each: usize) -> Result<(), QueryError> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(QueryError::Interrupted);
        }
        self.steps = self.steps.saturating_add(rows.saturating_mul(of_each));
        match self.limits.max_steps {
            0 => Ok(()),
            limit if self.steps > limit => Err(QueryError::TooManySteps { limit }),
            _ => Ok(()),
        }
    }

    fn count_values(&mut self, values: usize) -> Result<(), QueryError> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(QueryError::Interrupted);
        }
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
            let places = vars.iter().map(|var| series.locate(var).shown(compiled.as_stored));
            let fields: Vec<Place> = places.filter(|place| matches!(place, Place::Column(..))).collect();
            for row in rows(series, compiled.min, compiled.max, condition) {
                // A row of tags alone is none.
                if series.computed || fields.iter().any(|place| !series.at(place, row).is_null()) {
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
        let mut cells = Cells::new(&resolved.columns, compiled);
        let made = found.into_iter().map(|(at, row)| {
            let series = group.series[at];
            cells.read(Some((at, series, row)));
            (series.times[row], cells.show(&[], &[], &[]))
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
        let windows = windows_of(compiled);
        check_buckets(&windows, self.limits)?;
        let mut known = Vec::new();
        let mut streams = Vec::new();
        let mut defaults = Vec::new();
        for call in calls {
            let Some(kind) = kind_of(&Expr::Call(call.clone())).unwrap_or_default() else { continue };
            let max_buckets = if self.limits.max_buckets == 0 { usize::MAX } else { self.limits.max_buckets };
            let random = &mut self.random;
            let points =
                Evaluation { compiled, resolved, group, alone, max_buckets, random }.evaluate(call, &windows)?;
            known.push(call);
            streams.push(window_of(points, compiled.limit, compiled.offset).into_iter().peekable());
            defaults.push(default_of(compiled.fill, Some(kind)));
        }
        let keeps = compiled.fill == Fill::Previous;
        let mut out = Vec::new();
        let mut current: Vec<Option<Point>> = vec![None; streams.len()];
        let mut cells = Cells::new(&resolved.columns, compiled);
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
            self.count_steps(known.len(), resolved.columns.len())?;
            let row = match current.as_slice() {
                [Some(Point { origin: Some((series, row)), .. })] => Some((*series, group.series[*series], *row)),
                _ => None,
            };
            cells.read(row);
            out.push((time, cells.show(&known, &current, &defaults)));
        }
    }
}

/// The windows that a statement asks for.
pub(super) fn windows_of(compiled: &Compiled) -> Windows {
    Windows { interval: compiled.interval, zone: compiled.zone.clone(), min: compiled.min, max: compiled.max }
}

/// Refuses more windows than allowed, where their number is known from the statement alone.
pub(super) fn check_buckets(windows: &Windows, limits: &Limits) -> Result<(), QueryError> {
    let (Some(interval), limit @ 1..) = (windows.interval, limits.max_buckets) else { return Ok(()) };
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

/// `LIMIT` and `OFFSET`.
fn window_of<T>(all: Vec<T>, limit: u64, offset: u64) -> Vec<T> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let limit = if limit == 0 { usize::MAX } else { usize::try_from(limit).unwrap_or(usize::MAX) };
    if offset == 0 && all.len() <= limit {
        return all;
    }
    all.into_iter().skip(offset).take(limit).collect()
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

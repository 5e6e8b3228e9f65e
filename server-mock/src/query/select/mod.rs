//! `SELECT`: which points it needs and what it makes of them.

mod aggregate;
mod calls;
mod compile;
mod condition;
mod eval;
mod fill;
mod fold;
mod functions;
mod groups;
mod output;
mod points;
mod resolve;
mod run;
mod series;
mod subquery;
mod transform;
mod window;

use std::sync::atomic::AtomicBool;

use jiff::tz::TimeZone;

use super::QueryError;
use super::ast::{Expr, Measurement, Select};
use super::result::Row;
use super::value::Value;
use crate::Profile;
use crate::core::meta::{MetaData, ShardGroup};
use crate::scan::{Measurements, SeriesBlock, ShardIndex};
use compile::{Compiled, CompiledSource, compile};
use fold::Constants;
use run::{Runner, read_range};

/// What a statement is executed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// What `now()` is: nanoseconds, Unix time.
    pub now: i64,
    /// Whose rules are followed.
    pub profile: Profile,
    /// Decides what `sample()` picks.
    pub seed: u64,
}

/// The most one statement may cost; 0 is without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Buckets of `GROUP BY time` in one series.
    pub max_buckets: usize,
    /// Series read.
    pub max_series: usize,
    /// Values read from the shards.
    pub max_points: usize,
    /// Values made, those of sub-queries included.
    pub max_values: usize,
    /// Steps of evaluation: rows times the length of what is computed for each.
    pub max_steps: usize,
}

impl Default for Limits {
    /// The real servers have no limits by default; a test server must not take its machine down.
    fn default() -> Self {
        Self { max_buckets: 1_000_000, max_series: 0, max_points: 0, max_values: 50_000_000, max_steps: 5_000_000_000 }
    }
}

/// Points that a statement needs: to be scanned in every shard of the policy that overlaps the range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedScan {
    /// Database.
    pub database: String,
    /// Retention policy.
    pub retention_policy: String,
    /// Which measurements.
    pub measurements: Measurements,
    /// First nanosecond (Unix time).
    pub min_time: i64,
    /// Last nanosecond (Unix time).
    pub max_time: i64,
    /// The fields; `None` means all. Names of tags may be among them.
    pub fields: Option<Vec<String>>,
}

impl PlannedScan {
    /// The shard groups to scan: those of the policy that are not deleted and overlap the range, earliest first.
    ///
    /// # Errors
    /// [`QueryError`] when there is no such database or policy.
    pub fn shard_groups<'m>(
        &self,
        meta: &'m MetaData,
    ) -> Result<impl Iterator<Item = &'m ShardGroup> + use<'m>, QueryError> {
        let database = meta.database(&self.database);
        let database = database.ok_or_else(|| QueryError::DatabaseNotFound(self.database.clone()))?;
        let policy = database.retention_policy(&self.retention_policy);
        let policy = policy.ok_or_else(|| QueryError::RetentionPolicyNotFound(self.retention_policy.clone()))?;
        Ok(policy.live_groups(self.min_time, self.max_time))
    }
}

/// What the shards hold of one [`PlannedScan`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceRows {
    /// Of all shards, in any order. Blocks of the same series are joined.
    pub blocks: Vec<SeriesBlock>,
    /// Of all shards in the range: without them `*` stands only for fields with a value in the range, and a name
    /// without a value is taken for a tag. Measurements that were not asked for must be left out.
    pub indexes: Vec<ShardIndex>,
}

/// Checks a statement and tells what has to be scanned: one entry for each measurement (or regular expression) after
/// a `FROM`, those of sub-queries in their place.
///
/// The statement's measurements must have their databases and policies: see [`normalize`](super::normalize).
///
/// # Errors
/// [`QueryError`] when the statement makes no sense whatever the data.
pub fn plan(select: &Select, context: &Context) -> Result<Vec<PlannedScan>, QueryError> {
    let compiled = compile(select, None, context)?;
    let mut scans = Vec::new();
    collect_scans(&compiled, &mut scans);
    Ok(scans)
}

fn collect_scans(compiled: &Compiled, scans: &mut Vec<PlannedScan>) {
    for source in &compiled.sources {
        match source {
            CompiledSource::Measurement(measurement) => {
                let (min_time, max_time) = read_range(compiled);
                scans.push(PlannedScan {
                    database: measurement.database.clone(),
                    retention_policy: measurement.retention_policy.clone(),
                    measurements: measurements(measurement),
                    min_time,
                    max_time,
                    fields: fields(compiled),
                });
            }
            CompiledSource::Subquery(inner) => collect_scans(inner, scans),
        }
    }
}

fn measurements(measurement: &Measurement) -> Measurements {
    match &measurement.pattern {
        Some(pattern) => Measurements::Matching(pattern.source().to_owned()),
        None => Measurements::Named(measurement.name.clone()),
    }
}

/// The names used, unless some stand for others.
fn fields(compiled: &Compiled) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut any = false;
    for field in &compiled.fields {
        field.expr.walk(&mut |expr| match expr {
            Expr::Var(var) => names.push(var.name.clone()),
            Expr::Wildcard(_) | Expr::Regex(_) => any = true,
            _ => {}
        });
    }
    if let Some(condition) = &compiled.condition {
        condition.walk(&mut |expr| {
            if let Expr::Var(var) = expr {
                names.push(var.name.clone());
            }
        });
    }
    names.sort();
    names.dedup();
    (!any).then_some(names)
}

/// Computes the rows of a statement: one [`Row`] for each series of the result.
///
/// `sources` are what the shards hold of each entry of [`plan`], in its order.
///
/// # Errors
/// [`QueryError`] when the statement makes no sense for these types, or costs more than `limits`.
pub fn execute(
    select: &Select,
    sources: &[SourceRows],
    context: &Context,
    limits: &Limits,
) -> Result<Vec<Row>, QueryError> {
    let mut rows = Vec::new();
    execute_each(select, sources, context, limits, &AtomicBool::new(false), &mut |row| {
        rows.push(row);
        true
    })?;
    Ok(rows)
}

/// Like [`execute`], but gives each series away as soon as it is computed, so that it need not be kept: `take` gets it,
/// and tells whether it wants more. Ends early, with [`QueryError::Interrupted`], when it does not, or when
/// `interrupted` is set meanwhile.
///
/// # Errors
/// As [`execute`]; series may have been given away before.
pub fn execute_each(
    select: &Select,
    sources: &[SourceRows],
    context: &Context,
    limits: &Limits,
    interrupted: &AtomicBool,
    take: &mut dyn FnMut(Row) -> bool,
) -> Result<(), QueryError> {
    let compiled = compile(select, None, context)?;
    // As the real server: the number of windows is looked at before anything is read.
    run::check_buckets(&run::windows_of(&compiled), limits)?;
    check_points(sources, limits)?;
    let mut runner = Runner { limits, made: 0, steps: 0, random: fastrand::Rng::with_seed(context.seed), interrupted };
    let mut sink = |columns: &[resolve::ResolvedColumn], group: run::OutGroup| {
        let columns = columns.iter().map(|column| column.name.clone());
        let row = Row {
            name: group.name.to_string(),
            tags: group.tags,
            columns: std::iter::once(compiled.time_name.clone()).chain(columns).collect(),
            values: group
                .rows
                .into_iter()
                .map(|(time, values)| std::iter::once(Value::Time(time)).chain(values).collect())
                .collect(),
            partial: false,
            zone: compiled.zone.clone(),
        };
        if take(row) { Ok(()) } else { Err(QueryError::Interrupted) }
    };
    runner.run(&compiled, &mut sources.iter(), None, Some(&mut sink)).map(drop)
}

/// Whether a condition speaks of `time`.
pub(super) fn is_time_in(condition: &Expr) -> bool {
    condition.any(condition::is_time)
}

/// A condition on tags and time taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimedCondition {
    /// Without its comparisons with `time`.
    pub(super) rest: Option<Expr>,
    /// First nanosecond asked for.
    pub(super) min: Option<i64>,
    /// Last nanosecond asked for.
    pub(super) max: Option<i64>,
}

/// Takes the comparisons with `time` out of a condition.
pub(super) fn split_time(condition: Option<&Expr>, now: i64) -> Result<TimedCondition, QueryError> {
    let constants = Constants { now: Some(now), zone: &TimeZone::UTC };
    let (rest, range) = condition::split(condition, constants, Profile::V1_8)?;
    Ok(TimedCondition { rest, min: range.min, max: range.max })
}

fn check_points(sources: &[SourceRows], limits: &Limits) -> Result<(), QueryError> {
    let blocks = sources.iter().flat_map(|source| &source.blocks);
    let points = blocks.flat_map(|block| &block.columns).map(|column| column.times.len()).sum();
    match limits.max_points {
        0 => Ok(()),
        limit if points > limit => Err(QueryError::TooManyPoints { points, limit }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

//! A `SELECT` checked and taken apart, before any data is known.

use jiff::tz::TimeZone;

use super::Context;
use super::condition::{TimeRange, is_time, split};
use super::eval;
use super::fold::{Constants, fold};
use super::functions;
use super::window::Interval;
use crate::Profile;
use crate::query::ast::{Call, Dimension, Expr, Field, Fill, Measurement, Select, Source};
use crate::query::{MAX_TIME, MIN_TIME, QueryError, looks_like_time, parse_time};

/// A `SELECT` that makes sense for some data.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    /// Without `time`; constants folded.
    pub(super) fields: Vec<Field>,
    /// Without `time`.
    pub(super) condition: Option<Expr>,
    /// First and last nanosecond; [`MIN_TIME`] and [`MAX_TIME`] when unbounded.
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) interval: Option<Interval>,
    /// Buckets read before the range, for functions that look back.
    pub(super) extra_intervals: i64,
    /// Without `time(…)`.
    pub(super) dimensions: Vec<Dimension>,
    pub(super) fill: Fill,
    pub(super) ascending: bool,
    pub(super) limit: u64,
    pub(super) offset: u64,
    pub(super) slimit: u64,
    pub(super) soffset: u64,
    /// Name of the first column.
    pub(super) time_name: String,
    pub(super) zone: Option<TimeZone>,
    pub(super) has_target: bool,
    /// Whether there is no function of rows.
    pub(super) raw: bool,
    /// Whether values are shown as each shard has them, whatever type the measurement's field has: 0.10, where no function
    /// is in the way. Since 1.0 a value of another type than asked for is none.
    pub(super) as_stored: bool,
    pub(super) sources: Vec<CompiledSource>,
}

impl Compiled {
    /// The range that sub-queries inherit: one bucket more where all functions look back on one.
    fn inner_range(&self) -> TimeRange {
        let (mut min, mut max) = (self.min, self.max);
        let mut calls = Vec::new();
        for field in &self.fields {
            collect_calls(&field.expr, &mut calls);
        }
        let looks_back = !calls.is_empty() && calls.iter().all(|call| functions::looks_back(&call.name));
        match self.interval {
            Some(interval) if looks_back && self.ascending => min = min.saturating_sub(interval.width),
            Some(interval) if looks_back => max = max.saturating_add(interval.width),
            Some(_) | None => {}
        }
        TimeRange { min: (self.min != MIN_TIME).then_some(min), max: (self.max != MAX_TIME).then_some(max) }
    }
}

/// The functions of rows in an expression, each once, outermost only.
pub(super) fn collect_calls<'a>(expr: &'a Expr, calls: &mut Vec<&'a Call>) {
    match expr {
        Expr::Call(call) if eval::is_math(&call.name) => {
            for arg in &call.args {
                collect_calls(arg, calls);
            }
        }
        Expr::Call(call) if !calls.contains(&call) => calls.push(call),
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

/// Where the rows of a [`Compiled`] come from.
#[derive(Clone, Debug)]
pub(super) enum CompiledSource {
    Measurement(Measurement),
    Subquery(Box<Compiled>),
}

/// What is gathered while the select list is checked.
#[derive(Debug)]
pub(super) struct Compiler {
    pub(super) only_selectors: bool,
    pub(super) has_distinct: bool,
    pub(super) has_auxiliary: bool,
    pub(super) has_target: bool,
    pub(super) ranking: Option<String>,
    pub(super) limit: u64,
    pub(super) interval: Option<Interval>,
    pub(super) inherited_interval: bool,
    pub(super) extra_intervals: i64,
    calls: usize,
    /// Within operators a wildcard has no meaning.
    wildcards: bool,
}

/// Checks a statement. `parent` is the statement around it, for a sub-query.
pub(super) fn compile(select: &Select, parent: Option<&Compiled>, context: &Context) -> Result<Compiled, QueryError> {
    let zone = select.zone.as_ref().map(|zone| zone.zone.clone());
    let clock = zone.clone().unwrap_or(TimeZone::UTC);
    let constants = Constants { now: Some(context.now), zone: &clock };
    let (condition, mut range) = split(select.condition.as_ref(), constants, context.profile)?;
    if let Some(condition) = &condition {
        check_condition(condition)?;
    }
    let (mut interval, dimensions) = dimensions(&select.dimensions, constants)?;
    let mut ascending = select.is_ascending();
    let mut fill = select.fill;
    if fill == Fill::Null && select.target.is_some() {
        fill = Fill::None;
    }
    let (mut slimit, mut soffset) = (select.slimit, select.soffset);
    let mut inherited_interval = false;
    if let Some(parent) = parent {
        if select.order.is_some() && ascending != parent.ascending {
            return Err(QueryError::invalid("subqueries must be ordered in the same direction as the query itself"));
        }
        ascending = parent.ascending;
        range = range.intersect(parent.inner_range());
        // Whatever encloses the statement drops rows of nothing.
        if fill == Fill::Null && !select.is_raw() {
            fill = Fill::None;
        }
        if interval.is_none() && parent.interval.is_some() {
            interval = parent.interval;
            inherited_interval = true;
        }
        slimit += parent.slimit;
        soffset += parent.soffset;
    }
    let unbounded_max = match context.profile {
        Profile::V1_8 if interval.is_none() => MAX_TIME,
        // Points of the future stay unseen without an upper bound.
        Profile::V1_8 | Profile::V0_10 => context.now,
    };
    let mut compiler = Compiler {
        only_selectors: true,
        has_distinct: false,
        has_auxiliary: false,
        has_target: select.target.is_some(),
        ranking: None,
        limit: select.limit,
        interval,
        inherited_interval,
        extra_intervals: 0,
        calls: 0,
        wildcards: true,
    };
    let mut time_name = "time".to_owned();
    let mut fields = Vec::new();
    for field in &select.fields {
        if matches!(&field.expr, Expr::Var(var) if var.name == "time") {
            if let Some(alias) = &field.alias {
                time_name.clone_from(alias);
            }
            continue;
        }
        let expr = with_distinct_call(fold(&field.expr, Constants { now: None, ..constants }));
        compiler.wildcards = true;
        compiler.check(&expr)?;
        fields.push(Field { expr, alias: field.alias.clone() });
    }
    compiler.validate(&fields, select.fill)?;
    let mut compiled = Compiled {
        raw: compiler.calls == 0,
        as_stored: compiler.calls == 0 && context.profile == Profile::V0_10,
        fields,
        condition,
        min: range.min.unwrap_or(MIN_TIME),
        max: range.max.unwrap_or(unbounded_max),
        interval,
        extra_intervals: compiler.extra_intervals,
        dimensions,
        fill,
        ascending,
        limit: select.limit,
        offset: select.offset,
        slimit,
        soffset,
        time_name,
        zone,
        has_target: select.target.is_some(),
        sources: Vec::with_capacity(select.sources.len()),
    };
    for source in &select.sources {
        let source = match source {
            Source::Measurement(measurement) => CompiledSource::Measurement(measurement.clone()),
            Source::Subquery(inner) => CompiledSource::Subquery(Box::new(compile(inner, Some(&compiled), context)?)),
        };
        compiled.sources.push(source);
    }
    Ok(compiled)
}

/// `DISTINCT v` is another spelling of `distinct(v)`.
fn with_distinct_call(expr: Expr) -> Expr {
    match expr {
        Expr::Distinct(name) => Expr::Call(Call { name: "distinct".to_owned(), args: vec![Expr::var(&name)] }),
        Expr::Call(call) => {
            let args = call.args.into_iter().map(with_distinct_call).collect();
            Expr::Call(Call { name: call.name, args })
        }
        Expr::Paren(inner) => Expr::Paren(Box::new(with_distinct_call(*inner))),
        Expr::Binary(first, rest) => {
            let rest = rest.into_iter().map(|(op, term)| (op, with_distinct_call(term))).collect();
            Expr::Binary(Box::new(with_distinct_call(*first)), rest)
        }
        other => other,
    }
}

impl Compiler {
    /// Checks one entry of the select list.
    fn check(&mut self, expr: &Expr) -> Result<(), QueryError> {
        match expr {
            Expr::Var(_) => {
                self.has_auxiliary = true;
                Ok(())
            }
            Expr::Wildcard(_) | Expr::Regex(_) if self.wildcards => {
                self.has_auxiliary = true;
                Ok(())
            }
            Expr::Wildcard(_) => Err(QueryError::invalid("unable to use wildcard in a binary expression")),
            Expr::Regex(_) => Err(QueryError::invalid("unable to use regex in a binary expression")),
            Expr::Call(call) => match eval::math_arity(&call.name) {
                Some(arity) => self.check_math(call, arity),
                None => {
                    self.calls += 1;
                    functions::check(self, call)
                }
            },
            Expr::Binary(first, rest) => {
                self.wildcards = false;
                if let [(_, second)] = rest.as_slice()
                    && first.is_literal()
                    && second.is_literal()
                {
                    return Err(QueryError::invalid("cannot perform a binary expression on two literals"));
                }
                std::iter::once(&**first)
                    .chain(rest.iter().map(|(_, term)| term))
                    .filter(|term| !term.is_literal())
                    .try_for_each(|term| self.check(term))
            }
            Expr::Paren(inner) => self.check(inner),
            Expr::Integer(_)
            | Expr::Unsigned(_)
            | Expr::Number(_)
            | Expr::Boolean(_)
            | Expr::String(_)
            | Expr::Duration(_)
            | Expr::Time(_) => Err(QueryError::invalid("field must contain at least one variable")),
            Expr::Distinct(_) => Err(QueryError::invalid("unimplemented")),
        }
    }

    fn check_math(&mut self, call: &Call, arity: usize) -> Result<(), QueryError> {
        check_arity(call, arity)?;
        call.args.iter().filter(|arg| !arg.is_literal()).try_for_each(|arg| self.check(arg))
    }

    /// Checks a call within another.
    pub(super) fn nested(&mut self, expr: &Expr) -> Result<(), QueryError> {
        match expr {
            Expr::Call(call) if call.name == "distinct" => functions::check_distinct(self, call, true),
            other => self.check(other),
        }
    }

    /// Checks that an argument names a field or many.
    pub(super) fn symbol(&mut self, function: &str, expr: &Expr) -> Result<(), QueryError> {
        match expr {
            Expr::Var(_) => Ok(()),
            Expr::Wildcard(_) | Expr::Regex(_) if self.wildcards => {
                self.only_selectors = false;
                Ok(())
            }
            Expr::Wildcard(_) => {
                Err(QueryError::invalid(format!("unsupported expression with wildcard: {function}()")))
            }
            Expr::Regex(_) => {
                Err(QueryError::invalid(format!("unsupported expression with regex field: {function}()")))
            }
            _ => Err(QueryError::invalid(format!("expected field argument in {function}()"))),
        }
    }

    /// Checks that the entries go together.
    fn validate(&self, fields: &[Field], fill: Fill) -> Result<(), QueryError> {
        let refuse = |message: &str| Err(QueryError::invalid(message));
        if fields.is_empty() {
            return refuse("at least 1 non-time field must be queried");
        }
        match &self.ranking {
            Some(name) if self.calls > 1 => {
                return refuse(&format!("selector function {name}() cannot be combined with other functions"));
            }
            _ => {}
        }
        if self.calls == 0 {
            match fill {
                Fill::None => return refuse("fill(none) must be used with a function"),
                Fill::Linear => return refuse("fill(linear) must be used with a function"),
                Fill::Null | Fill::Previous | Fill::Integer(_) | Fill::Number(_) => {}
            }
            if self.interval.is_some() && !self.inherited_interval {
                return refuse("GROUP BY requires at least one aggregate function");
            }
        }
        if self.has_distinct && (self.calls != 1 || self.has_auxiliary) {
            return refuse("aggregate function distinct() cannot be combined with other functions or fields");
        }
        if self.has_auxiliary {
            if !self.only_selectors {
                return refuse("mixing aggregate and non-aggregate queries is not supported");
            }
            if self.calls > 1 {
                return refuse("mixing multiple selector functions with tags or fields is not supported");
            }
        }
        Ok(())
    }
}

fn check_arity(call: &Call, arity: usize) -> Result<(), QueryError> {
    match call.args.len() {
        got if got == arity => Ok(()),
        got => {
            let name = &call.name;
            Err(QueryError::invalid(format!("invalid number of arguments for {name}, expected {arity}, got {got}")))
        }
    }
}

/// A condition may compute with numbers but not with rows.
fn check_condition(condition: &Expr) -> Result<(), QueryError> {
    let mut result = Ok(());
    condition.walk(&mut |expr| {
        let Expr::Call(call) = expr else { return };
        if result.is_ok() {
            result = match eval::math_arity(&call.name) {
                None => Err(QueryError::invalid(format!("invalid function call in condition: {call}"))),
                Some(arity) => check_arity(call, arity),
            };
        }
    });
    result
}

/// The buckets, and what else rows are grouped by.
fn dimensions(
    written: &[Dimension],
    constants: Constants<'_>,
) -> Result<(Option<Interval>, Vec<Dimension>), QueryError> {
    let refuse = |message: &str| Err(QueryError::invalid(message));
    let mut interval: Option<Interval> = None;
    let mut others = Vec::new();
    for dimension in written {
        match fold(&dimension.expr, Constants { now: None, ..constants }) {
            expr @ Expr::Var(_) if is_time(&expr) => {
                return refuse("time() is a function and expects at least one argument");
            }
            Expr::Call(call) => {
                if call.name != "time" {
                    return refuse("only time() calls allowed in dimensions");
                }
                let (width, offset) = match call.args.as_slice() {
                    [width] => (width, None),
                    [width, offset] => (width, Some(offset)),
                    _ => return refuse("time dimension expected 1 or 2 arguments"),
                };
                let Expr::Duration(width) = *width else {
                    return refuse("time dimension must have duration argument");
                };
                if interval.is_some() {
                    return refuse("multiple time dimensions not allowed");
                }
                // What is not positive counts as no buckets at all.
                if width > 0 {
                    let offset = offset.map_or(Ok(0), |offset| bucket_offset(offset, width, constants))?;
                    interval = Some(Interval { width, offset });
                }
            }
            expr @ (Expr::Var(_) | Expr::Wildcard(_) | Expr::Regex(_)) => others.push(Dimension { expr }),
            _ => return refuse("only time and tag dimensions allowed"),
        }
    }
    Ok((interval, others))
}

fn bucket_offset(offset: &Expr, width: i64, constants: Constants<'_>) -> Result<i64, QueryError> {
    let refuse = |message: &str| Err(QueryError::invalid(message));
    // Round times are counted from the year 1, not from 1970.
    const YEAR_ONE: i128 = -62_135_596_800 * 1_000_000_000;
    let into =
        |time: i128| i64::try_from((time - YEAR_ONE).rem_euclid(i128::from(width))).expect("less than the width");
    match offset {
        Expr::Duration(offset) => Ok(offset % width),
        Expr::Time(time) => Ok(into(*time)),
        Expr::Call(call) if call.name != "now" => refuse("time dimension offset function must be now()"),
        Expr::Call(call) if !call.args.is_empty() => {
            refuse("time dimension offset now() function requires no arguments")
        }
        Expr::Call(_) => Ok(into(i128::from(constants.now.unwrap_or_default()))),
        Expr::String(text) if looks_like_time(text) => match parse_time(text, constants.zone) {
            Some(time) => Ok(into(time)),
            None => refuse("invalid timestamp string"),
        },
        _ => refuse("time dimension offset must be duration or now()"),
    }
}

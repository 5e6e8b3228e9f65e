//! The functions of a select list: what arguments they take and what they return.

use crate::query::QueryError;
use crate::query::ast::{Call, Expr};
use crate::query::format_duration;

use super::compile::Compiler;
use super::condition::go_type;

/// How a function makes points of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// One point of each bucket: `max`.
    Selector,
    /// One value for each bucket: `mean`.
    Aggregate,
    /// `distinct`
    Distinct,
    /// `top` and `bottom`: some points of each bucket.
    Ranking,
    /// `sample`
    Sample,
    /// Follows points, or buckets of an inner function: `derivative`.
    Transform,
    /// `integral`
    Integral,
    /// `holt_winters`
    Forecast,
}

/// The family of a function; `None` for an unknown name.
pub(super) fn family(name: &str) -> Option<Family> {
    Some(match name {
        "max" | "min" | "first" | "last" | "percentile" => Family::Selector,
        "count" | "sum" | "mean" | "median" | "mode" | "stddev" | "spread" => Family::Aggregate,
        "distinct" => Family::Distinct,
        "top" | "bottom" => Family::Ranking,
        "sample" => Family::Sample,
        "derivative"
        | "non_negative_derivative"
        | "difference"
        | "non_negative_difference"
        | "cumulative_sum"
        | "moving_average"
        | "elapsed" => Family::Transform,
        "integral" => Family::Integral,
        "holt_winters" | "holt_winters_with_fit" => Family::Forecast,
        _ if is_technical(name) => Family::Transform,
        _ => return None,
    })
}

/// The indicators of technical analysis.
pub(super) fn is_technical(name: &str) -> bool {
    matches!(
        name,
        "exponential_moving_average"
            | "double_exponential_moving_average"
            | "triple_exponential_moving_average"
            | "relative_strength_index"
            | "triple_exponential_derivative"
            | "kaufmans_efficiency_ratio"
            | "kaufmans_adaptive_moving_average"
            | "chande_momentum_oscillator"
    )
}

/// Whether a function, over buckets, needs the one before the first.
pub(super) fn looks_back(name: &str) -> bool {
    family(name) == Some(Family::Transform) && name != "cumulative_sum"
}

/// Whether the function picks points, so that other fields of the same point can stand beside it.
pub(super) fn is_selector(name: &str) -> bool {
    match family(name) {
        Some(Family::Selector | Family::Ranking | Family::Sample) => true,
        Some(Family::Aggregate | Family::Distinct | Family::Transform | Family::Integral | Family::Forecast) | None => {
            false
        }
    }
}

type Checked = Result<(), QueryError>;

fn refuse<T>(message: String) -> Result<T, QueryError> {
    Err(QueryError::Invalid(message))
}

/// Checks a call and notes what it means for the statement.
pub(super) fn check(compiler: &mut Compiler, call: &Call) -> Checked {
    let name = call.name.as_str();
    let Some(family) = family(name) else { return refuse(format!("undefined function {name}()")) };
    match family {
        Family::Selector if name == "percentile" => {
            exactly(call, 2)?;
            if !matches!(call.args[1], Expr::Integer(_) | Expr::Number(_)) {
                return refuse("expected float argument in percentile()".to_owned());
            }
            compiler.symbol(name, &call.args[0])
        }
        Family::Selector => {
            exactly(call, 1)?;
            compiler.symbol(name, &call.args[0])
        }
        Family::Aggregate => {
            compiler.only_selectors = false;
            exactly(call, 1)?;
            match &call.args[0] {
                inner @ (Expr::Call(Call { .. }) | Expr::Distinct(_)) if name == "count" && is_distinct(inner) => {
                    compiler.nested(inner)
                }
                argument => compiler.symbol(name, argument),
            }
        }
        Family::Distinct => check_distinct(compiler, call, false),
        Family::Ranking => check_ranking(compiler, call),
        Family::Sample => {
            exactly(call, 2)?;
            match call.args[1] {
                Expr::Integer(1..) => compiler.symbol(name, &call.args[0]),
                Expr::Integer(n) => refuse(format!("sample window must be greater than 1, got {n}")),
                _ => refuse("expected integer argument in sample()".to_owned()),
            }
        }
        Family::Transform => check_transform(compiler, call),
        Family::Integral => {
            between(call, 1, 2)?;
            match call.args.get(1) {
                None | Some(Expr::Duration(1..)) => {}
                Some(Expr::Duration(duration)) => return not_positive(*duration),
                Some(_) => return refuse("second argument must be a duration".to_owned()),
            }
            compiler.only_selectors = false;
            compiler.symbol(name, &call.args[0])
        }
        Family::Forecast => check_forecast(compiler, call),
    }
}

fn is_distinct(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => call.name == "distinct",
        other => matches!(other, Expr::Distinct(_)),
    }
}

fn exactly(call: &Call, n: usize) -> Checked {
    match call.args.len() {
        got if got == n => Ok(()),
        got => refuse(format!("invalid number of arguments for {}, expected {n}, got {got}", call.name)),
    }
}

fn between(call: &Call, min: usize, max: usize) -> Checked {
    match call.args.len() {
        got if (min..=max).contains(&got) => Ok(()),
        got => refuse(format!(
            "invalid number of arguments for {}, expected at least {min} but no more than {max}, got {got}",
            call.name
        )),
    }
}

fn not_positive<T>(duration: i64) -> Result<T, QueryError> {
    refuse(format!("duration argument must be positive, got {}", format_duration(duration)))
}

/// `nested` within a `count` or a transformation, where it does not stand for a column of its own.
pub(super) fn check_distinct(compiler: &mut Compiler, call: &Call, nested: bool) -> Checked {
    match call.args.as_slice() {
        [] => return refuse("distinct function requires at least one argument".to_owned()),
        [Expr::Var(_)] => {}
        [_] => return refuse("expected field argument in distinct()".to_owned()),
        _ => return refuse("distinct function can only have one argument".to_owned()),
    }
    if !nested {
        compiler.has_distinct = true;
    }
    compiler.only_selectors = false;
    Ok(())
}

fn check_ranking(compiler: &mut Compiler, call: &Call) -> Checked {
    let name = call.name.as_str();
    if let Some(other) = &compiler.ranking {
        return refuse(format!("selector function {other}() cannot be combined with other functions"));
    }
    let [first, between @ .., last] = call.args.as_slice() else {
        let got = call.args.len();
        return refuse(format!("invalid number of arguments for {name}, expected at least 2, got {got}"));
    };
    match last {
        Expr::Integer(n @ ..=0) => return refuse(format!("limit ({n}) in {name} function must be at least 1")),
        Expr::Integer(n) if compiler.limit > 0 && n.unsigned_abs() > compiler.limit => {
            let limit = compiler.limit;
            return refuse(format!(
                "limit ({n}) in {name} function can not be larger than the LIMIT ({limit}) in the select statement"
            ));
        }
        Expr::Integer(_) => {}
        other => return refuse(format!("expected integer as last argument in {name}(), found {other}")),
    }
    if !matches!(first, Expr::Var(_)) {
        return refuse(format!("expected first argument to be a field in {name}(), found {first}"));
    }
    for argument in between {
        if !matches!(argument, Expr::Var(_)) {
            return refuse(format!("only fields or tags are allowed in {name}(), found {argument}"));
        }
        if !compiler.has_target {
            compiler.has_auxiliary = true;
        }
    }
    compiler.ranking = Some(name.to_owned());
    Ok(())
}

fn check_transform(compiler: &mut Compiler, call: &Call) -> Checked {
    let name = call.name.as_str();
    let mut extra = 1;
    match name {
        "derivative" | "non_negative_derivative" | "elapsed" => {
            between(call, 1, 2)?;
            match call.args.get(1) {
                None | Some(Expr::Duration(1..)) => {}
                Some(Expr::Duration(duration)) => return not_positive(*duration),
                Some(other) => {
                    return refuse(format!("second argument to {name} must be a duration, got {}", go_type(other)));
                }
            }
        }
        "moving_average" => {
            exactly(call, 2)?;
            match call.args[1] {
                Expr::Integer(n @ 2..) => extra = n,
                Expr::Integer(n) => return refuse(format!("moving_average window must be greater than 1, got {n}")),
                ref other => {
                    let got = go_type(other);
                    return refuse(format!("second argument for moving_average must be an integer, got {got}"));
                }
            }
        }
        _ if is_technical(name) => extra = check_technical(call)?,
        _ => exactly(call, 1)?,
    }
    compiler.only_selectors = false;
    compiler.extra_intervals = compiler.extra_intervals.max(extra);
    match &call.args[0] {
        inner @ Expr::Call(_) if compiler.interval.is_some() => compiler.nested(inner),
        Expr::Call(_) => refuse(format!("{name} aggregate requires a GROUP BY interval")),
        _ if compiler.interval.is_some() && !compiler.inherited_interval => {
            refuse(format!("aggregate function required inside the call to {name}"))
        }
        argument => compiler.symbol(name, argument),
    }
}

/// The period.
fn check_technical(call: &Call) -> Result<i64, QueryError> {
    let name = call.name.as_str();
    let kaufmans = name.starts_with("kaufmans");
    between(call, 2, if kaufmans { 3 } else { 4 })?;
    let period = match call.args[1] {
        Expr::Integer(period @ 1..) => period,
        Expr::Integer(_) => return refuse(format!("{name} period must be greater than or equal to 1")),
        _ => return refuse(format!("{name} period must be an integer")),
    };
    match call.args.get(2) {
        None | Some(Expr::Integer(-1 | 1..)) => {}
        Some(Expr::Integer(0)) if name != "triple_exponential_derivative" => {}
        Some(Expr::Integer(_)) => {
            let least = i32::from(name == "triple_exponential_derivative");
            return refuse(format!("{name} hold period must be greater than or equal to {least}"));
        }
        Some(_) => return refuse(format!("{name} hold period must be an integer")),
    }
    let warmups: &[&str] = if name == "chande_momentum_oscillator" {
        &["none", "exponential", "simple"]
    } else {
        &["exponential", "simple"]
    };
    match call.args.get(3) {
        None => {}
        Some(Expr::String(warmup)) if warmups.contains(&warmup.as_str()) => {}
        Some(Expr::String(_)) => {
            let quoted: Vec<_> = warmups.iter().map(|warmup| format!("'{warmup}'")).collect();
            return refuse(format!("{name} warmup type must be one of: {}", quoted.join(" ")));
        }
        Some(_) => return refuse(format!("{name} warmup type must be a string")),
    }
    Ok(period)
}

fn check_forecast(compiler: &mut Compiler, call: &Call) -> Checked {
    let name = call.name.as_str();
    exactly(call, 3)?;
    match call.args[1] {
        Expr::Integer(1..) => {}
        Expr::Integer(n) => return refuse(format!("second arg to {name} must be greater than 0, got {n}")),
        _ => return refuse(format!("expected integer argument as second arg in {name}")),
    }
    match call.args[2] {
        Expr::Integer(0..) => {}
        Expr::Integer(n) => return refuse(format!("third arg to {name} cannot be negative, got {n}")),
        _ => return refuse(format!("expected integer argument as third arg in {name}")),
    }
    compiler.only_selectors = false;
    match &call.args[0] {
        inner @ Expr::Call(_) if compiler.interval.is_some() => compiler.nested(inner),
        Expr::Call(_) => refuse(format!("{name} aggregate requires a GROUP BY interval")),
        _ => refuse(format!("must use aggregate function with {name}")),
    }
}

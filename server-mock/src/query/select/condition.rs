//! The time range within a condition, and what is left of it.

use super::fold::{Constants, fold};
use crate::Profile;
use crate::query::QueryError;
use crate::query::ast::{BinaryOp, Expr};
use crate::query::{MAX_TIME, MIN_TIME, format_rfc3339, looks_like_time, parse_time};

/// First and last nanosecond wanted; `None` is unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TimeRange {
    pub(super) min: Option<i64>,
    pub(super) max: Option<i64>,
}

impl TimeRange {
    pub(super) fn intersect(self, other: Self) -> Self {
        Self { min: self.min.into_iter().chain(other.min).max(), max: self.max.into_iter().chain(other.max).min() }
    }
}

/// Takes the comparisons with `time` out of a condition.
///
/// As in the real servers the ranges of all of them are intersected, also where they are joined by `OR`.
pub(super) fn split(
    condition: Option<&Expr>,
    constants: Constants<'_>,
    profile: Profile,
) -> Result<(Option<Expr>, TimeRange), QueryError> {
    let Some(condition) = condition else { return Ok((None, TimeRange::default())) };
    let (rest, range) = Splitter { constants, profile }.split(condition)?;
    Ok(match rest {
        Some(Expr::Paren(inner)) => (Some(*inner), range),
        Some(Expr::Boolean(true)) => (None, range),
        other => (other, range),
    })
}

struct Splitter<'a> {
    constants: Constants<'a>,
    profile: Profile,
}

impl Splitter<'_> {
    fn split(&self, condition: &Expr) -> Result<(Option<Expr>, TimeRange), QueryError> {
        match condition {
            Expr::Binary(first, rest) if matches!(rest[0].0, BinaryOp::And | BinaryOp::Or) => {
                let (mut left, mut range) = self.split(first)?;
                let mut terms = Vec::new();
                for (op, term) in rest {
                    let (term, also) = self.split(term)?;
                    range = range.intersect(also);
                    match (&left, term) {
                        (_, None) => {}
                        (None, term) => left = term,
                        (Some(_), Some(term)) => terms.push((*op, term)),
                    }
                }
                let Some(left) = left else { return Ok((None, range)) };
                let joined = if terms.is_empty() { left } else { Expr::Binary(Box::new(left), terms) };
                Ok((Some(self.folded_logic(&joined)), range))
            }
            Expr::Binary(first, rest) => {
                if let [(op, second)] = rest.as_slice() {
                    if is_time(first) {
                        return Ok((None, self.range(*op, second)?));
                    }
                    if is_time(second) {
                        return Ok((None, self.range(mirrored(*op), first)?));
                    }
                }
                Ok((Some(fold(condition, self.constants)), TimeRange::default()))
            }
            Expr::Paren(inner) => {
                let (rest, range) = self.split(inner)?;
                Ok((rest.map(|rest| self.folded_logic(&Expr::Paren(Box::new(rest)))), range))
            }
            Expr::Boolean(_) => Ok((Some(condition.clone()), TimeRange::default())),
            other => Err(QueryError::invalid(format!("invalid condition expression: {other}"))),
        }
    }

    /// Folds what joining has made constant; `now()` was already replaced within the terms.
    fn folded_logic(&self, expr: &Expr) -> Expr {
        fold(expr, Constants { now: None, ..self.constants })
    }

    fn range(&self, op: BinaryOp, limit: &Expr) -> Result<TimeRange, QueryError> {
        let at = self.instant(limit)?;
        let (min, max) = match op {
            BinaryOp::Greater => (Some(at.saturating_add(1)), None),
            BinaryOp::GreaterEq => (Some(at), None),
            BinaryOp::Less => (None, Some(at.saturating_sub(1))),
            BinaryOp::LessEq => (None, Some(at)),
            BinaryOp::Eq => (Some(at), Some(at)),
            other => return Err(QueryError::invalid(format!("invalid time comparison operator: {}", other.text()))),
        };
        Ok(TimeRange { min, max })
    }

    /// The nanosecond that an expression compared with `time` means.
    fn instant(&self, expr: &Expr) -> Result<i64, QueryError> {
        if let Expr::String(text) = expr
            && looks_like_time(text)
        {
            let time = parse_time(text, self.constants.zone);
            return self.within_range(time.ok_or_else(|| QueryError::invalid("invalid timestamp string"))?);
        }
        match fold(expr, self.constants) {
            Expr::Time(nanoseconds) => self.within_range(nanoseconds),
            Expr::Duration(nanoseconds) => Ok(nanoseconds),
            Expr::Number(nanoseconds) => Ok(nanoseconds as i64),
            // The old version keeps numbers as floats, which cannot hold every nanosecond of today.
            Expr::Integer(nanoseconds) => Ok(match self.profile {
                Profile::V1_8 => nanoseconds,
                Profile::V0_10 => nanoseconds as f64 as i64,
            }),
            other => {
                Err(QueryError::invalid(format!("invalid operation: time and {} are not compatible", go_type(&other))))
            }
        }
    }

    fn within_range(&self, nanoseconds: i128) -> Result<i64, QueryError> {
        let whole_seconds = nanoseconds - nanoseconds.rem_euclid(1_000_000_000);
        let shown = || format_rfc3339(whole_seconds);
        if nanoseconds > i128::from(MAX_TIME) {
            return Err(QueryError::invalid(format!("time {} overflows time literal", shown())));
        }
        // The lowest time marks the lack of a bound.
        if nanoseconds <= i128::from(MIN_TIME) {
            return Err(QueryError::invalid(format!("time {} underflows time literal", shown())));
        }
        Ok(i64::try_from(nanoseconds).expect("between the bounds of i64"))
    }
}

/// Whether an expression is the name `time`.
pub(super) fn is_time(expr: &Expr) -> bool {
    matches!(expr, Expr::Var(var) if var.name.eq_ignore_ascii_case("time"))
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::GreaterEq => BinaryOp::LessEq,
        BinaryOp::LessEq => BinaryOp::GreaterEq,
        other => other,
    }
}

/// What the real servers call the kind of an expression.
pub(super) fn go_type(expr: &Expr) -> &'static str {
    match expr {
        Expr::Var(_) => "*influxql.VarRef",
        Expr::Integer(_) => "*influxql.IntegerLiteral",
        Expr::Unsigned(_) => "*influxql.UnsignedLiteral",
        Expr::Number(_) => "*influxql.NumberLiteral",
        Expr::Boolean(_) => "*influxql.BooleanLiteral",
        Expr::String(_) => "*influxql.StringLiteral",
        Expr::Duration(_) => "*influxql.DurationLiteral",
        Expr::Time(_) => "*influxql.TimeLiteral",
        Expr::Regex(_) => "*influxql.RegexLiteral",
        Expr::Wildcard(_) => "*influxql.Wildcard",
        Expr::Call(_) => "*influxql.Call",
        Expr::Distinct(_) => "*influxql.Distinct",
        Expr::Binary(..) => "*influxql.BinaryExpr",
        Expr::Paren(_) => "*influxql.ParenExpr",
    }
}

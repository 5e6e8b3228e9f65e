//! Constants computed before any point is read: `now() - 1h`, `'2016-01-01' + 7d`.

use jiff::tz::TimeZone;

use super::eval;
use crate::query::ast::{BinaryOp, Call, Expr, VarRef};
use crate::query::parse_time;
use crate::query::value::Value;

/// What folding needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constants<'a> {
    /// What `now()` is; without it the call stays.
    pub(super) now: Option<i64>,
    /// Where times without an offset are meant.
    pub(super) zone: &'a TimeZone,
}

/// The expression with all its constant parts computed and needless parentheses gone.
pub(super) fn fold(expr: &Expr, constants: Constants<'_>) -> Expr {
    match expr {
        Expr::Binary(first, rest) => {
            let mut left = fold(first, constants);
            for (op, term) in rest {
                left = join(left, *op, fold(term, constants), constants);
            }
            left
        }
        Expr::Paren(inner) => match fold(inner, constants) {
            binary @ Expr::Binary(..) => Expr::Paren(Box::new(binary)),
            other => other,
        },
        Expr::Call(call) => {
            let args: Vec<Expr> = call.args.iter().map(|arg| fold(arg, constants)).collect();
            let call = Call { name: call.name.clone(), args };
            match (call.name.as_str(), constants.now) {
                ("now", Some(now)) if call.args.is_empty() => Expr::Time(i128::from(now)),
                _ if eval::is_math(&call.name) && call.args.iter().all(Expr::is_literal) => {
                    literal(eval::eval(&Expr::Call(call.clone()), &NoNames)).unwrap_or(Expr::Call(call))
                }
                _ => Expr::Call(call),
            }
        }
        other => other.clone(),
    }
}

struct NoNames;

impl eval::Scope for NoNames {
    fn var(&self, _: &VarRef) -> Value {
        Value::Null
    }

    fn call(&self, _: &Call) -> Value {
        Value::Null
    }

    fn rules(&self) -> eval::Rules {
        eval::Rules::SELECT
    }
}

fn literal(value: Value) -> Option<Expr> {
    Some(match value {
        Value::Float(value) => Expr::Number(value),
        Value::Integer(value) => Expr::Integer(value),
        Value::Unsigned(value) => Expr::Unsigned(value),
        Value::Boolean(value) => Expr::Boolean(value),
        Value::String(text) => Expr::String(text.to_string()),
        Value::Null | Value::Time(_) | Value::List(_) => return None,
    })
}

/// `left op right`, computed if that can be.
fn join(left: Expr, op: BinaryOp, right: Expr, constants: Constants<'_>) -> Expr {
    match (op, &left, &right) {
        (BinaryOp::And, Expr::Boolean(false), _) | (BinaryOp::And, _, Expr::Boolean(false)) => {
            return Expr::Boolean(false);
        }
        (BinaryOp::Or, Expr::Boolean(true), _) | (BinaryOp::Or, _, Expr::Boolean(true)) => return Expr::Boolean(true),
        (BinaryOp::And, Expr::Boolean(true), _) | (BinaryOp::Or, Expr::Boolean(false), _) => return right,
        (BinaryOp::And, _, Expr::Boolean(true)) | (BinaryOp::Or, _, Expr::Boolean(false)) => return left,
        _ => {}
    }
    match compute(&left, op, &right, constants) {
        Some(result) => result,
        None => append(left, op, right),
    }
}

/// Adds a term to a chain of the same precedence, or starts one.
fn append(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    match left {
        Expr::Binary(first, mut rest)
            if rest.first().is_some_and(|(other, _)| other.precedence() == op.precedence()) =>
        {
            rest.push((op, right));
            Expr::Binary(first, rest)
        }
        other => Expr::Binary(Box::new(other), vec![(op, right)]),
    }
}

/// A text, if it is meant as a time.
fn as_time(expr: &Expr, constants: Constants<'_>) -> Option<i128> {
    match expr {
        Expr::Time(nanoseconds) => Some(*nanoseconds),
        Expr::String(text) => parse_time(text, constants.zone),
        _ => None,
    }
}

/// The result for two constants.
fn compute(left: &Expr, op: BinaryOp, right: &Expr, constants: Constants<'_>) -> Option<Expr> {
    use Expr::{Boolean, Duration, Integer, Number, String, Time, Unsigned};
    match (left, right) {
        (Duration(a), Duration(b)) => durations(op, *a, *b),
        (Duration(duration), Number(by)) => scale(op, *duration, *by as i64),
        (Duration(duration), Integer(by)) => scale(op, *duration, *by),
        (Number(by), Duration(duration)) if op == BinaryOp::Mul => scale(op, *duration, *by as i64),
        (Integer(by), Duration(duration)) => match op {
            BinaryOp::Mul => scale(op, *duration, *by),
            BinaryOp::Add => Some(Time(i128::from(*by) + i128::from(*duration))),
            BinaryOp::Sub => Some(Time(i128::from(*by) - i128::from(*duration))),
            _ => None,
        },
        (Duration(duration) | Integer(duration), Time(_)) if op == BinaryOp::Add => {
            as_time(right, constants).map(|time| Time(time + i128::from(*duration)))
        }
        (Duration(duration), String(_)) if op == BinaryOp::Add => {
            as_time(right, constants).map(|time| Time(time + i128::from(*duration)))
        }
        (Time(_) | String(_), Duration(duration) | Integer(duration)) => {
            let time = as_time(left, constants)?;
            match op {
                BinaryOp::Add => Some(Time(time + i128::from(*duration))),
                BinaryOp::Sub => Some(Time(time - i128::from(*duration))),
                _ => None,
            }
        }
        (String(a), String(b)) => match (op, as_time(left, constants), as_time(right, constants)) {
            (BinaryOp::Add, ..) => Some(String(format!("{a}{b}"))),
            // Two times in different forms may be equal.
            (_, Some(a), Some(b)) => times(op, a, b),
            (BinaryOp::Eq, ..) => Some(Boolean(a == b)),
            (BinaryOp::NotEq, ..) => Some(Boolean(a != b)),
            _ => None,
        },
        (Time(_), Time(_) | String(_)) | (String(_), Time(_)) => {
            times(op, as_time(left, constants)?, as_time(right, constants)?)
        }
        (Number(_) | Integer(_) | Unsigned(_) | Boolean(_), Number(_) | Integer(_) | Unsigned(_) | Boolean(_)) => {
            let value = |expr: &Expr| eval::eval(expr, &NoNames);
            match eval::apply(op, value(left), value(right), eval::Rules::SELECT) {
                Value::Null => None,
                result => literal(result),
            }
        }
        _ => None,
    }
}

fn durations(op: BinaryOp, a: i64, b: i64) -> Option<Expr> {
    Some(match op {
        BinaryOp::Add => Expr::Duration(a.wrapping_add(b)),
        BinaryOp::Sub => Expr::Duration(a.wrapping_sub(b)),
        _ => return compare(op, &a, &b),
    })
}

fn times(op: BinaryOp, a: i128, b: i128) -> Option<Expr> {
    match op {
        BinaryOp::Sub => Some(Expr::Duration(i64::try_from(a - b).unwrap_or(if a < b { i64::MIN } else { i64::MAX }))),
        _ => compare(op, &a, &b),
    }
}

fn compare<T: Ord>(op: BinaryOp, a: &T, b: &T) -> Option<Expr> {
    Some(Expr::Boolean(match op {
        BinaryOp::Eq => a == b,
        BinaryOp::NotEq => a != b,
        BinaryOp::Less => a < b,
        BinaryOp::LessEq => a <= b,
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterEq => a >= b,
        _ => return None,
    }))
}

fn scale(op: BinaryOp, duration: i64, by: i64) -> Option<Expr> {
    Some(Expr::Duration(match op {
        BinaryOp::Mul => duration.wrapping_mul(by),
        BinaryOp::Div if by == 0 => 0,
        BinaryOp::Div => duration.wrapping_div(by),
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Profile;
    use crate::query::ast::Statement;
    use crate::query::{Params, parse};

    fn folded(text: &str) -> String {
        let query = format!("SELECT v FROM m WHERE {text}");
        let statements = parse(&query, &Params::default(), Profile::V1_8).unwrap();
        let Statement::Select(select) = &statements[0] else { panic!("a select") };
        let zone = TimeZone::UTC;
        fold(select.condition.as_ref().unwrap(), Constants { now: Some(3_600_000_000_000), zone: &zone }).to_string()
    }

    #[test]
    fn constants_are_computed() {
        for (text, result) in [
            ("time > now() - 30m", "time > '1970-01-01T00:30:00Z'"),
            ("time < '1970-01-01' + 1h * 2", "time < '1970-01-01T02:00:00Z'"),
            ("v > 1 + 2 * 3", "v > 7"),
            ("v > 7 / 2", "v > 3.500"),
            ("v > 1 AND true", "v > 1"),
            ("v > 1 AND 1 = 2", "false"),
            ("(1 + 2) * v > 0", "3 * v > 0"),
            ("v > abs(-2)", "v > 2"),
            ("a - 1 - 2 > 0", "a - 1 - 2 > 0"),
            ("(a OR b) AND c", "(a OR b) AND c"),
        ] {
            assert_eq!(folded(text), result, "{text}");
        }
    }
}

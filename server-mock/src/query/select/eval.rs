//! The value of an expression.

use crate::query::ast::{BinaryOp, Call, Expr, VarRef};
use crate::query::value::Value;

/// How names get their values, and how division works.
pub(super) trait Scope {
    /// The value of a name.
    fn var(&self, var: &VarRef) -> Value;

    /// The value of a function of rows; functions of numbers are computed without asking.
    fn call(&self, call: &Call) -> Value;

    /// How operators work here.
    fn rules(&self) -> Rules;
}

/// How operators work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// Integers divide into a float, as in a select list, rather than into an integer, as in a condition.
    pub(super) float_division: bool,
    /// Nothing beside a truth value counts as `false`; not so where points are filtered as they are read.
    pub(super) null_is_false: bool,
    /// Functions of numbers are known; not so where the rows of a sub-query are filtered.
    pub(super) math: bool,
}

impl Rules {
    /// Of a select list.
    pub(super) const SELECT: Self = Self { float_division: true, null_is_false: true, math: true };
}

/// The value of `expr`.
pub(super) fn eval(expr: &Expr, scope: &impl Scope) -> Value {
    match expr {
        Expr::Var(var) => scope.var(var),
        Expr::Integer(value) => Value::Integer(*value),
        Expr::Unsigned(value) => Value::Unsigned(*value),
        Expr::Number(value) => Value::Float(*value),
        Expr::Boolean(value) => Value::Boolean(*value),
        Expr::String(text) => Value::from(text.as_str()),
        Expr::Duration(nanoseconds) => Value::Integer(*nanoseconds),
        Expr::Paren(inner) => eval(inner, scope),
        Expr::Call(call) if is_math(&call.name) => {
            if !scope.rules().math {
                return Value::Null;
            }
            let args: Vec<Value> = call.args.iter().map(|arg| eval(arg, scope)).collect();
            math(&call.name, &args)
        }
        Expr::Call(call) => scope.call(call),
        Expr::Binary(first, rest) => {
            let mut left = eval(first, scope);
            for (op, term) in rest {
                left = match (op, term) {
                    (BinaryOp::EqRegex, Expr::Regex(pattern)) => matches(&left, |text| pattern.is_match(text)),
                    (BinaryOp::NotEqRegex, Expr::Regex(pattern)) => matches(&left, |text| !pattern.is_match(text)),
                    // Nothing on the right can make these true again, and a chain may be long.
                    (BinaryOp::And, _) if left == Value::Boolean(false) => left,
                    (BinaryOp::Or, term) if left == Value::Boolean(true) && is_truth(term) => left,
                    (op, term) => apply(*op, left, eval(term, scope), scope.rules()),
                };
            }
            left
        }
        Expr::Time(_) | Expr::Regex(_) | Expr::Wildcard(_) | Expr::Distinct(_) => Value::Null,
    }
}

/// Whether the value can only be true or false.
fn is_truth(expr: &Expr) -> bool {
    match expr {
        Expr::Binary(_, rest) => rest.last().is_some_and(|(op, _)| op.is_logical() && !op.takes_regex()),
        Expr::Paren(inner) => is_truth(inner),
        _ => false,
    }
}

/// Whether a condition holds: only for `true` itself.
pub(super) fn holds(expr: &Expr, scope: &impl Scope) -> bool {
    eval(expr, scope) == Value::Boolean(true)
}

fn matches(value: &Value, test: impl Fn(&str) -> bool) -> Value {
    value.as_str().map_or(Value::Null, |text| Value::Boolean(test(text)))
}

/// The result of an operator; what cannot be compared is false, what cannot be computed is null.
pub(super) fn apply(op: BinaryOp, left: Value, right: Value, rules: Rules) -> Value {
    let (left, right) = match (left, right) {
        (Value::Null, right @ Value::Boolean(_)) if rules.null_is_false => (Value::Boolean(false), right),
        (left @ Value::Boolean(_), Value::Null) if rules.null_is_false => (left, Value::Boolean(false)),
        both => both,
    };
    let result = match (&left, &right) {
        (Value::Boolean(a), Value::Boolean(b)) => booleans(op, *a, *b),
        (Value::String(a), Value::String(b)) => match op {
            BinaryOp::Eq => Some(Value::Boolean(a == b)),
            BinaryOp::NotEq => Some(Value::Boolean(a != b)),
            _ => None,
        },
        (Value::Integer(a), Value::Integer(b)) => integers(op, *a, *b, rules.float_division),
        (Value::Unsigned(a), Value::Unsigned(b)) => unsigned(op, *a, *b),
        (Value::Integer(a), Value::Unsigned(b)) => mixed_signs(op, i128::from(*a), i128::from(*b)),
        (Value::Unsigned(a), Value::Integer(b)) => mixed_signs(op, i128::from(*a), i128::from(*b)),
        (a, b) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => floats(op, a, b),
            _ => None,
        },
    };
    // A truth value joined with something else is false rather than nothing.
    let otherwise = match (&left, op) {
        (Value::Boolean(_), BinaryOp::And | BinaryOp::Or | BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor) => {
            Value::Boolean(false)
        }
        (_, op) if op.precedence() == BinaryOp::Eq.precedence() && !op.takes_regex() => Value::Boolean(false),
        _ => Value::Null,
    };
    result.unwrap_or(otherwise)
}

fn booleans(op: BinaryOp, a: bool, b: bool) -> Option<Value> {
    let result = match op {
        BinaryOp::And | BinaryOp::BitAnd => a && b,
        BinaryOp::Or | BinaryOp::BitOr => a || b,
        BinaryOp::BitXor | BinaryOp::NotEq => a != b,
        BinaryOp::Eq => a == b,
        _ => return None,
    };
    Some(Value::Boolean(result))
}

fn compare<T: PartialOrd>(op: BinaryOp, a: T, b: T) -> Option<Value> {
    let result = match op {
        BinaryOp::Eq => a == b,
        BinaryOp::NotEq => a != b,
        BinaryOp::Less => a < b,
        BinaryOp::LessEq => a <= b,
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterEq => a >= b,
        _ => return None,
    };
    Some(Value::Boolean(result))
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div if b == 0.0 => 0.0,
        BinaryOp::Div => a / b,
        BinaryOp::Mod => a % b,
        _ => return compare(op, a, b),
    };
    Some(Value::Float(result))
}

fn integers(op: BinaryOp, a: i64, b: i64, float_division: bool) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::Div if float_division => return floats(op, a as f64, b as f64),
        BinaryOp::Div | BinaryOp::Mod if b == 0 => 0,
        BinaryOp::Div => a.wrapping_div(b),
        BinaryOp::Mod => a.wrapping_rem(b),
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        _ => return compare(op, a, b),
    };
    Some(Value::Integer(result))
}

fn unsigned(op: BinaryOp, a: u64, b: u64) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a.wrapping_add(b),
        BinaryOp::Sub => a.wrapping_sub(b),
        BinaryOp::Mul => a.wrapping_mul(b),
        BinaryOp::Div | BinaryOp::Mod if b == 0 => 0,
        BinaryOp::Div => a / b,
        BinaryOp::Mod => a % b,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        _ => return compare(op, a, b),
    };
    Some(Value::Unsigned(result))
}

/// Comparisons are true to the numbers; arithmetic is that of unsigned numbers.
fn mixed_signs(op: BinaryOp, a: i128, b: i128) -> Option<Value> {
    compare(op, a, b).or_else(|| unsigned(op, a as u64, b as u64))
}

/// Whether a function takes numbers and gives a number, point by point.
pub(super) fn is_math(name: &str) -> bool {
    math_arity(name).is_some()
}

/// How many arguments a function of numbers takes.
pub(super) fn math_arity(name: &str) -> Option<usize> {
    match name {
        "abs" | "sin" | "cos" | "tan" | "asin" | "acos" | "atan" | "exp" | "ln" | "log2" | "log10" | "sqrt"
        | "ceil" | "floor" | "round" => Some(1),
        "atan2" | "pow" | "log" => Some(2),
        _ => None,
    }
}

fn math(name: &str, args: &[Value]) -> Value {
    let float = |at: usize| args.get(at).and_then(Value::as_f64);
    // Whole numbers stay whole where nothing has to be rounded.
    match (name, args) {
        ("abs", [Value::Integer(value)]) => return Value::Integer(value.wrapping_abs()),
        ("abs" | "ceil" | "floor" | "round", [Value::Unsigned(_)])
        | ("ceil" | "floor" | "round", [Value::Integer(_)]) => {
            return args[0].clone();
        }
        ("pow", [Value::Integer(base), Value::Integer(exponent)]) => {
            return Value::Integer((*base as f64).powf(*exponent as f64) as i64);
        }
        _ => {}
    }
    let Some(x) = float(0) else { return Value::Null };
    let result = match (name, float(1)) {
        ("abs", _) => x.abs(),
        ("sin", _) => x.sin(),
        ("cos", _) => x.cos(),
        ("tan", _) => x.tan(),
        ("asin", _) => x.asin(),
        ("acos", _) => x.acos(),
        ("atan", _) => x.atan(),
        ("exp", _) => x.exp(),
        ("ln", _) => x.ln(),
        ("log2", _) => x.log2(),
        ("log10", _) => x.log10(),
        ("sqrt", _) => x.sqrt(),
        ("ceil", _) => x.ceil(),
        ("floor", _) => x.floor(),
        ("round", _) => x.round(),
        ("atan2", Some(y)) => x.atan2(y),
        ("pow", Some(y)) => x.powf(y),
        ("log", Some(base)) => x.ln() / base.ln(),
        _ => return Value::Null,
    };
    Value::Float(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONDITION: Rules = Rules { float_division: false, null_is_false: false, math: true };

    #[test]
    fn what_cannot_be_compared_is_false() {
        let text = || Value::from("x");
        assert_eq!(apply(BinaryOp::NotEq, Value::Null, Value::Integer(5), CONDITION), Value::Boolean(false));
        assert_eq!(apply(BinaryOp::NotEq, Value::Null, Value::Boolean(true), CONDITION), Value::Boolean(false));
        assert_eq!(apply(BinaryOp::NotEq, Value::Null, Value::Boolean(true), Rules::SELECT), Value::Boolean(true));
        assert_eq!(apply(BinaryOp::Greater, text(), text(), CONDITION), Value::Boolean(false));
        assert_eq!(apply(BinaryOp::Add, text(), text(), CONDITION), Value::Null);
    }

    #[test]
    fn division_depends_on_the_place_and_never_fails() {
        let divide = |rules| apply(BinaryOp::Div, Value::Integer(7), Value::Integer(2), rules);
        assert_eq!(divide(Rules::SELECT), Value::Float(3.5));
        assert_eq!(divide(CONDITION), Value::Integer(3));
        assert_eq!(apply(BinaryOp::Div, Value::Integer(7), Value::Integer(0), Rules::SELECT), Value::Float(0.0));
        assert_eq!(apply(BinaryOp::Mod, Value::Integer(i64::MIN), Value::Integer(-1), CONDITION), Value::Integer(0));
    }
}

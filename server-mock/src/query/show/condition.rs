//! Conditions on tags alone, as the indexes of the real servers read them.

use crate::query::QueryError;
use crate::query::ast::{BinaryOp, Expr};

/// A series, or a whole measurement, that a condition is put to.
pub(super) trait Subject {
    /// The name of the measurement.
    fn measurement(&self) -> &str;

    /// Whether the tag compares so; `op` is one of the four equalities.
    fn tag(&self, key: &str, op: BinaryOp, value: &Expr) -> Result<bool, QueryError>;

    /// Whether a condition of truth alone is understood.
    fn constant(&self, value: bool) -> Result<bool, QueryError>;
}

/// Whether the subject meets the condition.
///
/// # Errors
/// For any comparison but equality and regular expressions.
pub(super) fn meets(condition: &Expr, subject: &impl Subject) -> Result<bool, QueryError> {
    match condition {
        Expr::Paren(inner) => meets(inner, subject),
        Expr::Boolean(value) => subject.constant(*value),
        Expr::Binary(first, rest) => match rest[0].0 {
            BinaryOp::And | BinaryOp::Or => {
                let all = rest[0].0 == BinaryOp::And;
                // Every term is looked at: a wrong one is an error wherever it stands.
                let mut result = meets(first, subject)?;
                for (_, term) in rest {
                    let term = meets(term, subject)?;
                    result = if all { result && term } else { result || term };
                }
                Ok(result)
            }
            op => {
                let Some((_, second)) = rest.first() else { return Ok(false) };
                let ((Expr::Var(key), value) | (value, Expr::Var(key))) = (&**first, second) else {
                    return Err(QueryError::invalid(format!("left side of '{}' must be a tag key", op.text())));
                };
                if !matches!(op, BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::EqRegex | BinaryOp::NotEqRegex) {
                    return Err(QueryError::invalid("invalid tag comparison operator"));
                }
                if key.name == "_name" {
                    return Ok(equality(subject.measurement(), op, value).unwrap_or(false));
                }
                subject.tag(&key.name, op, value)
            }
        },
        other => Err(QueryError::invalid(format!("invalid condition expression: {other}"))),
    }
}

/// Whether a text compares so; `None` when the other side is of another type.
fn equality(text: &str, op: BinaryOp, value: &Expr) -> Option<bool> {
    match (op, value) {
        (BinaryOp::Eq, Expr::String(value)) => Some(text == value),
        (BinaryOp::NotEq, Expr::String(value)) => Some(text != value),
        (BinaryOp::EqRegex, Expr::Regex(pattern)) => Some(pattern.is_match(text)),
        (BinaryOp::NotEqRegex, Expr::Regex(pattern)) => Some(!pattern.is_match(text)),
        _ => None,
    }
}

/// One series.
pub(super) struct OneSeries<'a, F> {
    pub(super) measurement: &'a str,
    pub(super) tags: &'a [(String, String)],
    /// Whether a name is a field of the measurement.
    pub(super) is_field: F,
}

impl<F: Fn(&str) -> bool> Subject for OneSeries<'_, F> {
    fn measurement(&self) -> &str {
        self.measurement
    }

    fn tag(&self, key: &str, op: BinaryOp, value: &Expr) -> Result<bool, QueryError> {
        let find = |key: &str| self.tags.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        // An index knows nothing of fields: any series may have a point that fits.
        if (self.is_field)(key) {
            return Ok(true);
        }
        if let Expr::Var(other) = value {
            // Two tags are compared by their being there.
            let (here, there) = (find(key).is_some(), find(&other.name).is_some());
            return Ok(here && (there == (op == BinaryOp::Eq)));
        }
        // The same where the other side is no text.
        Ok(equality(find(key).unwrap_or_default(), op, value).unwrap_or(true))
    }

    fn constant(&self, value: bool) -> Result<bool, QueryError> {
        Ok(value)
    }
}

/// A measurement as a whole: it has to have the tag, and to have the value at all or not at all.
pub(super) struct WholeMeasurement<'a> {
    pub(super) name: &'a str,
    /// Keys and values of all its series.
    pub(super) tags: &'a [(&'a str, &'a str)],
}

impl Subject for WholeMeasurement<'_> {
    fn measurement(&self) -> &str {
        self.name
    }

    fn tag(&self, key: &str, op: BinaryOp, value: &Expr) -> Result<bool, QueryError> {
        let positive = match op {
            BinaryOp::NotEq => BinaryOp::Eq,
            BinaryOp::NotEqRegex => BinaryOp::EqRegex,
            other => other,
        };
        match (positive, value) {
            (BinaryOp::Eq, Expr::String(_)) | (BinaryOp::EqRegex, Expr::Regex(_)) => {}
            _ => {
                let op = op.text();
                return Err(QueryError::invalid(format!("right side of '{op}' must be a tag value string")));
            }
        }
        let mut values = self.tags.iter().filter(|(known, _)| *known == key).map(|(_, value)| *value).peekable();
        if values.peek().is_none() {
            return Ok(false);
        }
        let found = values.any(|text| equality(text, positive, value).unwrap_or(false));
        Ok(found == (positive == op))
    }

    fn constant(&self, value: bool) -> Result<bool, QueryError> {
        Err(QueryError::invalid(format!("&influxql.BooleanLiteral{{Val:{value}}}")))
    }
}

//! Values for `$name` in a query.

use std::collections::HashMap;

use serde_json::Value;

use super::format_duration;
use super::token::{Keyword, Kind};

/// Values by name, from the `params` of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    values: HashMap<String, Bound>,
}

/// What a name stands for: a token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bound {
    Token(Kind, String),
    /// Why the value cannot be used; said only where the name is.
    Invalid(String),
}

/// The `params` are no JSON object.
#[derive(Debug, thiserror::Error)]
#[error("error parsing query parameters: {0}")]
pub struct ParamsError(serde_json::Error);

impl Params {
    /// Reads the JSON object of the `params` parameter. Values are texts, numbers, truth values or objects of one
    /// entry that say the type: `{"regex":"^a"}`, `{"identifier":"cpu"}`, `{"duration":"1h"}`.
    ///
    /// # Errors
    /// [`ParamsError`] when `json` is no object. A value of a wrong type is an error only where a query uses it.
    pub fn from_json(json: &str) -> Result<Self, ParamsError> {
        let object: serde_json::Map<String, Value> = serde_json::from_str(json).map_err(ParamsError)?;
        let values = object.into_iter().map(|(name, value)| (name, bind(&value))).collect();
        Ok(Self { values })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Bound> {
        self.values.get(name)
    }
}

fn bind(value: &Value) -> Bound {
    let invalid = |kind: &str| Bound::Invalid(format!("unable to bind parameter with type {kind}"));
    match value {
        Value::String(text) => Bound::Token(Kind::String, text.clone()),
        Value::Number(number) => bind_number(number),
        Value::Bool(value) => bind_bool(*value),
        Value::Object(object) => {
            let mut entries = object.iter();
            match (entries.next(), entries.next()) {
                (Some((kind, value)), None) => bind_typed(kind, value),
                _ => Bound::Invalid("bound object parameter value must have exactly one entry".to_owned()),
            }
        }
        Value::Null => invalid("<nil>"),
        Value::Array(_) => invalid("[]interface {}"),
    }
}

fn bind_bool(value: bool) -> Bound {
    Bound::Token(Kind::Keyword(if value { Keyword::True } else { Keyword::False }), String::new())
}

fn bind_number(number: &serde_json::Number) -> Bound {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => Bound::Token(Kind::Integer, integer.to_string()),
        (None, Some(float)) => Bound::Token(Kind::Number, float.to_string()),
        (None, None) => Bound::Invalid(format!("number {number} is out of range")),
    }
}

fn bind_typed(kind: &str, value: &Value) -> Bound {
    let text = |token: Kind, wrong: &str| match value {
        Value::String(text) => Bound::Token(token, text.clone()),
        _ => Bound::Invalid(wrong.to_owned()),
    };
    match kind {
        "ident" | "identifier" => text(Kind::Ident, "identifier must be a string value"),
        "regex" => text(Kind::Regex, "regex literal must be a string value"),
        "string" => text(Kind::String, "string literal must be a string value"),
        "float" | "number" => match value.as_f64() {
            Some(float) => Bound::Token(Kind::Number, float.to_string()),
            None => Bound::Invalid("number literal must be a float value".to_owned()),
        },
        "int" | "integer" => match value.as_i64() {
            Some(integer) => Bound::Token(Kind::Integer, integer.to_string()),
            None => Bound::Invalid("integer literal must be an integer value".to_owned()),
        },
        "duration" => match value {
            Value::String(text) => Bound::Token(Kind::Duration, text.clone()),
            value => match value.as_i64() {
                Some(nanoseconds) => Bound::Token(Kind::Duration, format_duration(nanoseconds)),
                None => Bound::Invalid("duration literal must be a string or integer value".to_owned()),
            },
        },
        other => Bound::Invalid(format!("unknown bind object type: {other}")),
    }
}

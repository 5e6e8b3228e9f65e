//! A field's value that owns its text.

use std::fmt;

use super::field_type::FieldType;
use super::value::{FieldValue, Value};

/// The value of a field of a [`Point`](super::Point), by the type it has on the server.
///
/// As JSON it is an object of one entry that names the type: `{"float":0.5}`, `{"integer":7}`, `{"boolean":true}` or
/// `{"string":"text"}`. A bare number would not do: many writers of JSON turn `1.0` into `1`, which would turn a float
/// field into an integer.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnedValue {
    /// A float; in a [`Point`](super::Point) a finite one.
    Float(f64),
    /// A signed integer.
    Integer(i64),
    /// A boolean.
    Boolean(bool),
    /// Text.
    String(String),
}

impl OwnedValue {
    /// The type this value gives its field.
    #[must_use]
    pub fn field_type(&self) -> FieldType {
        self.as_value().field_type()
    }

    /// The value as the server stores it; `None` for an unsigned integer over `i64::MAX`, which it does not.
    pub(super) fn stored(value: Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Float(float) => Self::Float(float),
            // The 64-bit float nearest to the shortest text, which is what is sent.
            Value::Float32(float) if float.is_finite() => {
                Self::Float(zmij::Buffer::new().format_finite(float).parse().unwrap_or(f64::from(float)))
            }
            Value::Float32(float) => Self::Float(f64::from(float)),
            Value::Integer(integer) => Self::Integer(integer),
            Value::Unsigned(integer) => Self::Integer(i64::try_from(integer).ok()?),
            Value::Boolean(boolean) => Self::Boolean(boolean),
            Value::String(text) => Self::String(text.to_owned()),
        })
    }

    /// The value of a field as it stands in a line that parsed; `None` for text that is no UTF-8.
    pub(super) fn parse(field_type: FieldType, text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        Some(match field_type {
            FieldType::Float => Self::Float(text.parse().ok()?),
            FieldType::Integer => Self::Integer(text.strip_suffix('i')?.parse().ok()?),
            FieldType::Boolean => Self::Boolean(text.starts_with(['t', 'T'])),
            FieldType::String => {
                let quoted = text.strip_prefix('"')?.strip_suffix('"')?;
                let mut unquoted = String::with_capacity(quoted.len());
                let mut chars = quoted.chars().peekable();
                while let Some(c) = chars.next() {
                    // Before anything but a quote or another one, a backslash is text.
                    let escaped = if c == '\\' { chars.next_if(|next| matches!(next, '"' | '\\')) } else { None };
                    unquoted.push(escaped.unwrap_or(c));
                }
                Self::String(unquoted)
            }
            // No line with one parses.
            FieldType::Unsigned => return None,
        })
    }
}

impl FieldValue for OwnedValue {
    fn as_value(&self) -> Value<'_> {
        match self {
            Self::Float(float) => Value::Float(*float),
            Self::Integer(integer) => Value::Integer(*integer),
            Self::Boolean(boolean) => Value::Boolean(*boolean),
            Self::String(text) => Value::String(text),
        }
    }
}

/// Shows the bare value.
impl fmt::Display for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(float) => float.fmt(f),
            Self::Integer(integer) => integer.fmt(f),
            Self::Boolean(boolean) => boolean.fmt(f),
            Self::String(text) => text.fmt(f),
        }
    }
}

//! Values in rows and in computations.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::scan::FieldType;

/// One cell of a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing there.
    #[default]
    Null,
    /// Nanoseconds, Unix time.
    Time(i64),
    /// `float`; what is no number is shown as nothing.
    Float(f64),
    /// `integer`
    Integer(i64),
    /// `unsigned`: only from literals and arithmetic with them, points have none.
    Unsigned(u64),
    /// `boolean`
    Boolean(bool),
    /// `string`
    String(Arc<str>),
    /// Several texts: only in `SHOW SUBSCRIPTIONS`.
    List(Arc<[String]>),
}

impl Value {
    /// Whether nothing is there.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// As a float, for the numeric types.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some(*value),
            Self::Integer(value) => Some(*value as f64),
            Self::Unsigned(value) => Some(*value as f64),
            Self::Null | Self::Time(_) | Self::Boolean(_) | Self::String(_) | Self::List(_) => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Null
            | Self::Time(_)
            | Self::Float(_)
            | Self::Integer(_)
            | Self::Unsigned(_)
            | Self::Boolean(_)
            | Self::List(_) => None,
        }
    }

    /// As another type: numbers into numbers, and everything into its own type. Null for the rest.
    #[must_use]
    pub(super) fn cast(&self, to: Kind) -> Self {
        match (self, to) {
            (Self::Float(value), Kind::Integer) => Self::Integer(*value as i64),
            (Self::Float(value), Kind::Unsigned) => Self::Unsigned(*value as u64),
            (Self::Integer(value), Kind::Float) => Self::Float(*value as f64),
            (Self::Integer(value), Kind::Unsigned) => Self::Unsigned(*value as u64),
            (Self::Unsigned(value), Kind::Float) => Self::Float(*value as f64),
            (Self::Unsigned(value), Kind::Integer) => Self::Integer(*value as i64),
            (Self::Float(_), Kind::Float)
            | (Self::Integer(_), Kind::Integer)
            | (Self::Unsigned(_), Kind::Unsigned)
            | (Self::Boolean(_), Kind::Boolean)
            | (Self::String(_), Kind::String | Kind::Tag) => self.clone(),
            _ => Self::Null,
        }
    }

    /// Order within one type: numbers by size (a NaN is equal to everything), `false` first, texts by bytes.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Unsigned(a), Self::Unsigned(b)) => a.cmp(b),
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (a, b) => match (a.as_f64(), b.as_f64()) {
                (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
                _ => Ordering::Equal,
            },
        }
    }

    /// A key under which equal values of one type, and only those, meet.
    pub(super) fn identity(&self) -> Identity {
        match self {
            Self::Null => Identity::Bits(0),
            Self::Time(value) | Self::Integer(value) => Identity::Bits(value.cast_unsigned()),
            Self::Unsigned(value) => Identity::Bits(*value),
            // The two zeros are equal.
            Self::Float(value) => Identity::Bits(if *value == 0.0 { 0 } else { value.to_bits() }),
            Self::Boolean(value) => Identity::Bits(u64::from(*value)),
            Self::String(text) => Identity::Text(Arc::clone(text)),
            Self::List(texts) => Identity::Text(texts.join("\n").into()),
        }
    }
}

/// See [`Value::identity`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    Bits(u64),
    Text(Arc<str>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(Arc::from(text))
    }
}

/// The type of an expression. Of two types that one field has in several places, the first in this order is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Float,
    Integer,
    Unsigned,
    String,
    Boolean,
    Tag,
}

impl Kind {
    /// As in the messages about types.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Integer => "integer",
            Self::Unsigned => "unsigned",
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Tag => "tag",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Float | Self::Integer | Self::Unsigned)
    }
}

impl From<FieldType> for Kind {
    fn from(field: FieldType) -> Self {
        match field {
            FieldType::Float => Self::Float,
            FieldType::Integer => Self::Integer,
            FieldType::String => Self::String,
            FieldType::Boolean => Self::Boolean,
        }
    }
}

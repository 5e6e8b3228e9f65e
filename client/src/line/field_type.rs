//! The types a field can have.

use std::fmt;

/// The type of a field, as the server tells types apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// 64-bit float.
    Float,
    /// Signed 64-bit integer, `7i` on the wire.
    Integer,
    /// Unsigned 64-bit integer, `7u` on the wire. Only servers built with unsigned support take
    /// it; the encoder never writes it, but a raw line may hold one.
    Unsigned,
    /// Text.
    String,
    /// `true` or `false`.
    Boolean,
}

impl FieldType {
    /// Every type.
    pub const ALL: [Self; 5] = [Self::Float, Self::Integer, Self::Unsigned, Self::String, Self::Boolean];

    /// The word that 1.x servers use in their messages: `float`, `integer`, `unsigned`, `string`
    /// or `boolean`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Integer => "integer",
            Self::Unsigned => "unsigned",
            Self::String => "string",
            Self::Boolean => "boolean",
        }
    }

    /// Reads the name of a type out of a server's message.
    ///
    /// 0.10 calls the type of the refused value by its Go name (`float64`, `int64`, `bool`) and the
    /// existing one by the words above (cluster 0.10 facts, table of `/write` replies).
    #[must_use]
    pub fn from_server(word: &str) -> Option<Self> {
        match word {
            "float" | "float64" => Some(Self::Float),
            "integer" | "int64" => Some(Self::Integer),
            "unsigned" | "uint64" => Some(Self::Unsigned),
            "string" => Some(Self::String),
            "boolean" | "bool" => Some(Self::Boolean),
            _ => None,
        }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

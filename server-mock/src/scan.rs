//! What a query asks of a shard and what comes back; travels between nodes.

use serde::{Deserialize, Serialize};

/// Which measurements are meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measurements {
    /// All of them.
    All,
    /// The one of this (unescaped) name.
    Named(String),
    /// Those whose name this regular expression finds a match in.
    Matching(String),
}

/// A read of one shard's points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Where to look.
    pub measurements: Measurements,
    /// First nanosecond (Unix time) wanted.
    pub min_time: i64,
    /// Last nanosecond (Unix time) wanted.
    pub max_time: i64,
    /// The fields wanted; `None` means all.
    pub fields: Option<Vec<String>>,
}

/// The points of one series, by field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeriesBlock {
    /// Unescaped.
    pub measurement: String,
    /// Unescaped, sorted by key.
    pub tags: Vec<(String, String)>,
    /// Only fields with at least one value in the range, sorted by name.
    pub columns: Vec<Column>,
}

/// The values of one field of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Unescaped.
    pub field: String,
    /// Nanoseconds, Unix time, strictly increasing.
    pub times: Vec<i64>,
    /// As many as there are times.
    pub values: Values,
}

/// Values of one type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Values {
    /// `float`
    Float(Vec<f64>),
    /// `integer`
    Integer(Vec<i64>),
    /// `boolean`
    Boolean(Vec<bool>),
    /// `string`
    String(Vec<String>),
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FieldType {
    /// 64-bit float.
    Float,
    /// 64-bit signed integer.
    Integer,
    /// Text.
    String,
    /// True or false.
    Boolean,
}

impl FieldType {
    /// The name in `SHOW FIELD KEYS` and in conflict messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Integer => "integer",
            Self::String => "string",
            Self::Boolean => "boolean",
        }
    }
}

/// What one shard knows of its contents: the answer behind `SHOW SERIES`, `TAG KEYS`, `TAG VALUES`, `FIELD KEYS`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardIndex {
    /// Measurement (unescaped) and its tag sets (unescaped, sorted by key), in key order.
    pub series: Vec<(String, Vec<(String, String)>)>,
    /// Measurement (unescaped), field (unescaped) and its type, in order.
    pub fields: Vec<(String, String, FieldType)>,
}

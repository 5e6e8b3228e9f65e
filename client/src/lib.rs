//! Typed InfluxDB 1.x client that says what became of every point.

mod consistency;
mod line;
mod precision;

pub use consistency::{ConsistencyLevel, UnknownConsistencyLevel};
pub use line::{
    Batch, FieldType, FieldValue, FixedKey, HasField, LineWriter, Name, NoField, Part, Place,
    PointError, PointErrorKind, Series, Timestamp, Value,
};
pub use precision::{Precision, UnknownPrecision};

//! Typed InfluxDB 1.x client that says what became of every point.

mod consistency;
mod line;
mod precision;

pub use consistency::{ConsistencyLevel, UnknownConsistencyLevel};
pub use line::{
    Batch, FieldType, FieldValue, FixedKey, HasField, LineError, LineErrorKind, LineSplitter,
    LineWriter, MissingTime, Name, NoField, Part, Place, PointError, PointErrorKind, Pushed,
    QuotedLine, RawField, RawLine, RefusedLine, Series, Timestamp, Value,
};
pub use precision::{Precision, UnknownPrecision};

//! Points and their line protocol.

mod batch;
mod buffer;
#[cfg(any(feature = "chrono", feature = "jiff"))]
mod calendar;
mod clock;
mod digits;
mod error;
mod field_type;
mod line_error;
mod line_time;
mod measurement;
mod names;
mod owned_value;
mod plain;
mod point;
mod point_serde;
mod push;
mod raw;
pub(crate) mod ready;
mod refused;
mod row;
mod series;
pub(crate) mod spelled;
mod split;
mod tag;
#[cfg(test)]
mod tests;
mod text;
mod timestamp;
mod value;
mod writer;

pub use batch::{Batch, MissingTime};
pub use error::{Name, Part, Place, PointError, PointErrorKind};
pub use field_type::FieldType;
pub use line_error::{LineError, LineErrorKind};
pub(crate) use line_time::time_of;
pub use measurement::{Measurement, PushedPoints, RefusedPoint};
pub use owned_value::OwnedValue;
pub use point::{Point, PointBuilder};
pub use push::{Pushed, RefusedLine};
pub(crate) use raw::unescape;
pub use raw::{RawField, RawLine};
pub use refused::QuotedLine;
pub use series::Series;
pub use split::LineSplitter;
pub(crate) use split::lines;
pub use tag::{Tag, TagValue};
pub use timestamp::Timestamp;
pub use value::{FieldValue, Value};
pub use writer::{FixedKey, HasField, LineWriter, NoField};

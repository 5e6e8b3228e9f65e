//! Points and their line protocol.

mod batch;
mod buffer;
mod clock;
mod digits;
mod error;
mod field_type;
mod line_error;
mod names;
mod push;
mod raw;
mod refused;
mod row;
mod series;
mod split;
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
pub use push::{Pushed, RefusedLine};
pub(crate) use raw::unescape;
pub use raw::{RawField, RawLine};
pub use refused::QuotedLine;
pub use series::Series;
pub use split::LineSplitter;
pub use timestamp::Timestamp;
pub use value::{FieldValue, Value};
pub use writer::{FixedKey, HasField, LineWriter, NoField};

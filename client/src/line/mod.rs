//! Points and their line protocol.

mod batch;
mod buffer;
mod clock;
mod error;
mod field_type;
mod names;
mod series;
mod text;
mod timestamp;
mod value;
mod writer;

pub use batch::Batch;
pub use error::{Name, Part, Place, PointError, PointErrorKind};
pub use field_type::FieldType;
pub use series::Series;
pub use timestamp::Timestamp;
pub use value::{FieldValue, Value};
pub use writer::{FixedKey, HasField, LineWriter, NoField};

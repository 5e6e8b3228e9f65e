//! Line protocol as the real servers read it.
//!
//! The server has a parser of its own, apart from the client's encoder, so that a mistake that both would share
//! cannot hide. [`parse`] takes a body apart into [`Points`] and errors that name the bad lines with the texts of
//! the real servers; [`fields`] and [`split_key`] read what the points carry.
//!
//! # Where it departs from the real parsers on purpose
//! * The key of a point is always sorted by tag key and never holds a tag key twice. The real 0.10.3 compares only
//!   tags that mirror each other, so some unsorted or doubled keys pass there; here replicas could not be compared.
//! * In profile 0.10 a blank line is skipped. The real 0.10.3 stops reading at one and drops the rest with a 204.
//! * A line that a real server accepts and then panics on or stores under an empty field name
//!   (`m v=-i` in 0.10, a tab before `=`) is a bad line here.

mod cost;
mod error;
mod fast;
mod key;
mod number;
mod parse;
mod precision;
mod scan;
mod text;
mod value;

pub use error::{LineError, NumberFault, Reason};
pub use key::split_key;
pub use parse::{Parsed, parse};
pub use precision::{InvalidPrecision, Precision};
pub use value::{FieldValue, Fields, fields};
pub(crate) use value::{RawField, RawFields};

pub(crate) use key::{measurement_of, measurement_range};
pub(crate) use text::lossy;

#[cfg(test)]
mod tests;

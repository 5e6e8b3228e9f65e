//! Line protocol as the real servers read it.
//!
//! The server has a parser of its own, apart from the client's encoder, so that a mistake that both would share
//! cannot hide. [`parse`] takes a body apart into [`Points`](crate::Points) and errors that name the bad lines with the texts of
//! the real servers; [`fields`] and [`split_key`] read what the points carry.
//!
//! # Where it departs from the real parsers on purpose
//! Run against the parsers of 1.8.10 and 0.10.3 on generated bodies, it differs in nothing else:
//! * A field without a name is refused, also where a tab or NUL stands before its `=`: the real ones miss that.
//! * A line is bad when a field, as its reader will see it, cannot be read (`m a\\="x,y=z"`, in profile 0.10 also a
//!   number without a digit, `m v=-i`): the real ones take it and fail, or panic, when they store it.
//! * In profile 0.10 a blank line is skipped. The real 0.10.3 stops reading at one and drops the rest with a 204.
//! * In profile 0.10 keys are sorted and free of doubled tags as in 1.8. The real 0.10.3 compares only tags that mirror
//!   each other and lets some unsorted or doubled keys pass; replicas could not be compared then.
//! * In profile 0.10 `\\` inside a string is one backslash to the reader of fields as it is in 1.8. The real 0.10.3
//!   stumbles over one before the closing quote and takes the fields behind it for text.

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
pub(crate) use value::{RawField, RawFields, write_field};

pub(crate) use key::{measurement_of, measurement_range};
pub(crate) use text::lossy;

#[cfg(test)]
mod tests;

//! x
mod lines;
mod source;
pub(crate) use lines::{Kind, Line, Lines};
pub(crate) use source::Source;

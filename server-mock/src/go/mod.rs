//! Texts as Go's standard library writes them; the real servers' answers contain them.

mod duration;
mod neterror;

pub use duration::{DurationError, format_duration, parse_duration};
pub use neterror::{dial_error, io_error};

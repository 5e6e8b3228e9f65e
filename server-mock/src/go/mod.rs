//! Texts as Go's standard library writes them; the real servers' answers contain them.

mod duration;
mod json;
mod neterror;
mod quoted;

pub use duration::{DurationError, format_duration, parse_duration};
pub use json::write_json_string;
pub use neterror::{dial_error, io_error};
pub use quoted::Quoted;

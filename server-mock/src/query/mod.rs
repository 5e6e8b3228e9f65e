//! InfluxQL: text to statements, statements to rows, rows to bodies. No I/O, no clock.
//!
//! * [`parse`] turns the text of a `/query` request into [`Statement`]s, or into the error text of the real parser.

pub mod ast;
mod duration;
mod error;
mod lexer;
mod normalize;
mod number;
mod params;
mod parser;
mod pattern;
pub mod render;
mod result;
mod select;
pub mod show;
mod time;
mod token;
mod value;

pub use duration::{DurationError, format_duration, parse_duration};
pub use error::QueryError;
pub use normalize::normalize;
pub use params::{Params, ParamsError};
pub use parser::{ParseError, parse};
pub use pattern::{Pattern, PatternError};
pub use result::{Message, Row, StatementResult};
pub use select::{Context, Limits, PlannedScan, SourceRows, execute, plan};
pub use time::{MAX_TIME, MIN_TIME, format_rfc3339, format_with, looks_like_time, parse_time};
pub use value::Value;

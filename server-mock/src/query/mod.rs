//! InfluxQL: text to statements, statements to rows, rows to bodies. No I/O, no clock.
//!
//! A `/query` request goes through these, and what is between them (reading shards, asking the meta nodes) is the
//! caller's:
//!
//! 1. [`parse`] turns the text into [`Statement`](ast::Statement)s, or into the error text of the real parser;
//!    [`authorize`] tells whether the user may execute them.
//! 2. [`normalize`] writes databases and retention policies into a `SELECT`; [`plan`] says which points it needs; the
//!    caller scans the shards of [`PlannedScan::shard_groups`] and [`execute`] computes the rows. [`into_points`] makes
//!    the points of a `SELECT … INTO` of them.
//! 3. [`show::from_meta`] answers the statements that need only the metadata; [`show::index_scope`] and
//!    [`show::from_index`] those over the shards' indexes.
//! 4. [`Sequence`] keeps the results of several statements, [`render`] writes them as JSON, CSV or MessagePack.

pub mod ast;
mod continuous;
mod delete;
mod duration;
mod error;
mod into;
mod lexer;
mod normalize;
mod number;
mod params;
mod parser;
mod pattern;
mod privilege;
pub mod render;
mod result;
mod select;
mod sequence;
pub mod show;
mod time;
mod token;
mod value;

pub use continuous::{Continuous, Run};
pub use delete::Deletion;
pub use duration::{DurationError, format_duration, parse_duration};
pub use error::QueryError;
pub use into::{into_points, into_result};
pub use normalize::normalize;
pub use params::{Params, ParamsError};
pub use parser::{ParseError, parse};
pub use pattern::{Pattern, PatternError};
pub use privilege::{Requirement, Unauthorized, authorize, requirement};
pub use result::{Message, Row, StatementResult};
pub use select::{Context, Limits, PlannedScan, SourceRows, execute, execute_each, plan};
pub use sequence::{NOT_EXECUTED, Sequence, read_only_warning};
pub use time::{MAX_TIME, MIN_TIME, format_rfc3339, format_with, looks_like_time, parse_time};
pub use value::Value;

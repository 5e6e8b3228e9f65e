//! What calls came to, as frames.

mod details;
mod query;
mod resolution;
mod verdict;
mod write;
mod writer;

pub(crate) use query::{put_chunk, put_query_error, put_response, read_value};
pub(crate) use resolution::put_resolution;
pub(crate) use verdict::judge;
pub(crate) use write::{put_ack, put_write_error};
pub(crate) use writer::{put_closed, put_fate, put_flushed, put_push_error, put_totals};

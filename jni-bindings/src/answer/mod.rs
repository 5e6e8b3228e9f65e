//! What calls came to, as frames.

mod details;
mod write;

pub(crate) use write::{put_ack, put_tally, put_write_error};

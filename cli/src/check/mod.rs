//! What can be told of line protocol without a server. Pure: lines in, findings out.

mod distinct;
mod survey;
mod types;

pub(crate) use distinct::{AsIs, Estimate};
pub(crate) use survey::{Finding, Limits, Survey, point_hash, series_hash};

//! One write job: packs from the input, one request each, one verdict each, and counts that add up.

mod counts;
mod ending;
mod keeping;
mod progress;
mod rejects;
mod report;
mod run;
mod sum;
mod verdict;

pub(crate) use ending::Ending;
pub(crate) use keeping::Keeping;
pub(crate) use progress::{Progress, ProgressChoice};
pub(crate) use rejects::Rejects;
pub(crate) use report::{Reporter, Subject};
pub(crate) use run::{Job, Teller};
pub(crate) use sum::Sum;

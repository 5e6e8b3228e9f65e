//! One write job: packs from the input, requests under way side by side, one verdict each, and counts that add up.

mod counts;
mod ending;
mod flight;
mod keeping;
mod order;
mod pace;
mod progress;
mod rejects;
mod report;
mod run;
mod sum;
mod summary_file;
mod throttle;
mod tolerance;
mod traffic;
mod verdict;

pub(crate) use counts::joined;
pub(crate) use ending::Ending;
pub(crate) use flight::{Manner, Window};
pub(crate) use keeping::Keeping;
pub(crate) use progress::{Progress, ProgressChoice};
pub(crate) use rejects::Rejects;
pub(crate) use report::{Reporter, Subject};
pub(crate) use run::{Job, JobOptions, Teller};
pub(crate) use sum::Sum;
pub(crate) use summary_file::SummaryFile;
pub(crate) use throttle::Throttle;
pub(crate) use tolerance::{MaxRejected, OnBelowLevel, Tolerance};
pub(crate) use traffic::Traffic;

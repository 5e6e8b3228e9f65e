//! The experiments of the 2016 study.
//!
//! A client a node, each talking to its own node and doing one thing after the other, about ten a second; a register at one
//! moment of one series, or writes that make a shard group each; a network that is whole, or cut in random halves. [`run`]
//! makes one run, [`run_study`] runs of all experiments on several seeds, held against the figures of real clusters.

mod after;
mod client;
mod expectations;
mod machine;
mod markdown;
mod pooled;
mod recorder;
mod settings;
mod setup;
mod single;
mod summary;

pub(crate) use pooled::check_study;
pub use pooled::{Pooled, Study, run_study};
pub use settings::{Settings, Workload, default_nodes, run_settings, study_settings};
pub use single::run;

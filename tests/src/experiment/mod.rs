//! Experiments: what can be run, with which settings, and what a run comes to.

mod catalogue;
mod check;
mod directory;
mod ending;
mod order;
mod record;
mod run;
mod settings;
mod shard_table;

pub use catalogue::{Experiment, UnknownExperiment};
pub use directory::{LineFile, RunDir, read_lines, runs_below};
pub use ending::{Ending, Expectation, LabError};
pub use order::{Hosts, Order, Progress, Target};
pub use record::{Record, TargetKind};
pub use run::{pages, run};
pub use settings::Setting;
pub(crate) use shard_table::shard_table;

//! The experiments of the 2016 study.

mod client;
mod recorder;
mod settings;

pub use settings::{Named, RUN_SETTINGS, STUDY_SETTINGS, Settings, Workload, default_nodes};

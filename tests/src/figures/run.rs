//! A run as figures are taken from it.

use serde::{Deserialize, Serialize};

use super::Replicas;
use crate::experiment::{LabError, RunDir};
use crate::history::{FaultEvent, Interval, NotAHistory, Operation, intervals, operations};

/// What was run, as `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Name of the experiment.
    pub experiment: String,
    /// See [`Order::seed`](crate::experiment::Order::seed).
    pub seed: u64,
    /// Which system the cluster answered like: `0.10` or `1.8`.
    pub profile: String,
    /// Data nodes, in their order.
    pub nodes: Vec<String>,
    /// How long clients began operations, in seconds.
    pub seconds: f64,
    /// Level of the writes.
    pub level: String,
    /// Settings and options that were ordered.
    pub set: Vec<(String, String)>,
    /// Whether the network was cut.
    pub cuts: bool,
    /// Attempts until every owner showed the first value of the register; 0 without a register.
    pub first_writes: u64,
    /// Load average of the machine over a minute, before and after; `None` where the system does not tell.
    pub load: [Option<f64>; 2],
    /// Whether nodes and clients were built with optimizations.
    pub optimized: bool,
    /// What should have been done and could not be.
    pub notes: Vec<String>,
}

impl Run {
    /// The kind of cluster, as the figures of the real ones are named: `010n3`, `18n5`.
    #[must_use]
    pub fn cluster(&self) -> String {
        format!("{}n{}", self.profile.replace('.', ""), self.nodes.len())
    }
}

/// A run with what came of it.
#[derive(Clone, Debug)]
pub struct Material {
    /// What was run.
    pub run: Run,
    /// What clients did.
    pub operations: Vec<Operation>,
    /// When the network was cut.
    pub cuts: Vec<Interval>,
    /// What was left.
    pub replicas: Replicas,
}

impl Material {
    /// The file of [`Replicas`] in a run's directory.
    pub const REPLICAS: &str = "replicas.json";

    /// Puts it together.
    ///
    /// # Errors
    /// [`NotAHistory`].
    pub fn new(
        run: Run,
        events: &[crate::history::Event],
        faults: &[FaultEvent],
        replicas: Replicas,
    ) -> Result<Self, NotAHistory> {
        let end = events.iter().map(|event| event.time).chain(faults.iter().map(|fault| fault.time)).max();
        let cuts = intervals(faults, end.unwrap_or_default());
        Ok(Self { run, operations: operations(events)?, cuts, replicas })
    }

    /// Reads it from a run's directory.
    ///
    /// # Errors
    /// [`LabError`] where a file is not there or holds something else.
    pub fn read(dir: &RunDir) -> Result<Self, LabError> {
        let run: Run = dir.read_json(RunDir::RUN)?;
        let (events, faults) = (dir.history()?, dir.nemesis()?);
        let content =
            |error: NotAHistory| LabError::Content { path: dir.file(RunDir::HISTORY), why: error.to_string() };
        Self::new(run, &events, &faults, dir.read_json(Self::REPLICAS)?).map_err(content)
    }

    /// The cut in force at a moment.
    #[must_use]
    pub fn cut_at(&self, time: u64) -> Option<&Interval> {
        self.cuts.iter().find(|cut| cut.from <= time && time < cut.to)
    }
}

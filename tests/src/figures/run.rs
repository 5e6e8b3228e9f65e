//! A run as figures are taken from it.

use std::collections::BTreeSet;

use influx_client::ConsistencyLevel;
use serde::{Deserialize, Serialize};

use super::Replicas;
use super::stale::Acknowledged;
use crate::experiment::{LabError, RunDir};
use crate::history::{Completion, FaultEvent, Function, Interval, NotAHistory, Operation, intervals, operations};

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
    /// Processors of the machine, where that is known.
    #[serde(default)]
    pub processors: Option<usize>,
    /// The longest time in seconds that the machine stood still while clients were at work; `None` where that is not told.
    #[serde(default)]
    pub stalled: Option<f64>,
    /// Whether nodes and clients were built with optimizations.
    pub optimized: bool,
    /// What should have been done and could not be.
    pub notes: Vec<String>,
}

impl Run {
    /// In seconds. The runs on the real clusters had 30. Shorter ones than this are too short to show what those did; what
    /// longer ones have to show is the same.
    pub(crate) const SHORTEST: f64 = 20.0;

    /// Whether it was made under conditions in which what the runs on the real clusters showed can be expected of it: long
    /// enough, with nothing set and nothing left out. They had 30 s each.
    #[must_use]
    pub fn is_as_real(&self) -> bool {
        self.seconds >= Self::SHORTEST && self.set.is_empty() && self.notes.is_empty()
    }

    /// Whether the machine was calm: on average fewer than half of its processors in use before and after the run, as
    /// for the latencies of the real clusters, and never still for a good part of the second that is a write's time-out.
    /// What is not known does not make it busy.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        let most = self.processors.map_or(f64::INFINITY, |processors| processors as f64 / 2.0);
        self.load.into_iter().flatten().all(|load| load < most) && !self.stood_still()
    }

    /// Whether the machine is known to have stood still for a good part of the second that is a write's time-out, so that
    /// a write may have timed out although nothing was wrong with the cluster.
    #[must_use]
    pub fn stood_still(&self) -> bool {
        /// Seconds.
        const STALL: f64 = 0.4;
        self.stalled.is_some_and(|stalled| stalled >= STALL)
    }

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

    /// The writes of a register of which any may be the last one, by number. Those are more than one where clients wrote at
    /// once.
    ///
    /// A write below level all is answered before its last owner has it; how much later that one is nobody tells, so it is
    /// taken to be no longer than the slowest write of the run took.
    #[must_use]
    pub fn last_writes(&self) -> BTreeSet<u64> {
        let acknowledged = self.operations.iter().filter(|operation| operation.completion == Completion::Ok);
        let writes = acknowledged.filter(|operation| operation.f == Function::Write);
        let slowest = writes.filter_map(|write| Some(write.completed? - write.invoked)).max().unwrap_or_default();
        let grace = if self.run.level == ConsistencyLevel::All.as_str() { 0 } else { slowest };
        Acknowledged::of(&self.operations).last(grace)
    }

    /// The cut in force at a moment.
    #[must_use]
    pub fn cut_at(&self, time: u64) -> Option<&Interval> {
        self.cuts.iter().find(|cut| cut.from <= time && time < cut.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Run {
        Run {
            experiment: "shards-healthy".into(),
            seed: 1,
            profile: "0.10".into(),
            nodes: vec!["node1".into(), "node2".into(), "node3".into()],
            seconds: 30.0,
            level: "any".into(),
            set: Vec::new(),
            cuts: false,
            first_writes: 0,
            load: [Some(0.2), Some(0.9)],
            processors: Some(2),
            stalled: None,
            optimized: true,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_machine_is_calm_below_half_of_its_processors() {
        assert!(run().is_calm());
        assert!(!Run { load: [Some(0.2), Some(1.0)], ..run() }.is_calm());
        assert!(!Run { load: [Some(1.5), None], ..run() }.is_calm());
        assert!(Run { stalled: Some(0.1), ..run() }.is_calm() && !Run { stalled: Some(0.5), ..run() }.is_calm());
        assert!(Run { load: [None, None], ..run() }.is_calm() && Run { processors: None, ..run() }.is_calm());
    }

    #[test]
    fn shorter_runs_and_other_settings_are_not_those_of_the_real_clusters() {
        assert!(run().is_as_real());
        assert!(!Run { seconds: 19.0, ..run() }.is_as_real());
        assert!(!Run { set: vec![("write-timeout".into(), "5s".into())], ..run() }.is_as_real());
        assert!(!Run { notes: vec!["the network was not cut".into()], ..run() }.is_as_real());
    }
}

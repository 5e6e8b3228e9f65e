//! The figures of runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sides::by_side;
use super::stale::Acknowledged;
use super::{Ends, Material, Quantiles, Share, SideFigures};
use crate::checker::{Answer, Rule, Verdict};
use crate::history::{Completion, Function, Operation};

/// What is counted and measured in one run or in several of a kind, as `figures.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Name of the experiment.
    pub experiment: String,
    /// The kind of cluster: `010n3` is three nodes of profile 0.10.
    pub cluster: String,
    /// Their seeds.
    pub seeds: Vec<u64>,
    /// How the writes ended, by the honest rule.
    pub writes: Ends,
    /// How the reads ended.
    pub reads: Ends,
    /// Of the writes that began in a partition, those that were acknowledged.
    pub acked_in_partition: Share,
    /// How long operations took.
    pub latencies: Vec<Latencies>,
    /// What was said of writes that were not acknowledged.
    pub errors: Vec<ErrorCount>,
    /// Of a register.
    pub register: Option<RegisterFigures>,
    /// Of writes with a time of their own.
    pub timed: Option<TimedFigures>,
    /// Shards of the study's database in each run.
    pub shards_made: Vec<u64>,
    /// Writes with a time of their own that began in a partition, by the side on which they did.
    pub sides: Vec<SideFigures>,
    /// Runs in which hinted handoff was empty in time.
    pub drained: Share,
    /// Writes that nodes acknowledged to a coordinator and dropped.
    pub dropped: u64,
    /// Illegal histories, by rule.
    pub verdicts: Verdicts,
    /// The highest load average of the machine before or after a run.
    pub load: Option<f64>,
    /// Whether the machine was busy in all of the runs, so that latencies say more of it than of the cluster. Otherwise
    /// latencies are those of the other runs alone.
    #[serde(default)]
    pub busy: bool,
    /// Whether it was busy in any of them: what is counted is that of all runs.
    #[serde(default)]
    pub busy_at_times: bool,
    /// How long clients began operations, in seconds, all runs together; 0 where that is not told.
    #[serde(default)]
    pub seconds: f64,
    /// Whether all runs were made under the conditions of those on the real clusters.
    #[serde(default = "yes")]
    pub as_real: bool,
    /// Whether nodes and clients were built with optimizations.
    pub optimized: bool,
}

/// What is read of files that do not tell it.
const fn yes() -> bool {
    true
}

/// How long operations of a kind took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latencies {
    /// What was done: reads, or writes of either kind.
    pub read: bool,
    /// Whether they were done.
    pub ok: bool,
    /// Whether the network was cut when they began.
    pub partition: bool,
    /// How long they took.
    pub ms: Quantiles,
}

/// What was said of writes that were not acknowledged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorCount {
    /// The text.
    pub error: String,
    /// The class.
    pub class: String,
    /// How often.
    pub n: u64,
    /// How long they took.
    pub ms: Option<Quantiles>,
}

/// Figures of a register.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterFigures {
    /// Reads that began after an acknowledged write had ended that itself began after the read's own write had ended,
    /// acknowledged too.
    pub stale_reads: Share,
    /// Runs whose replicas differ after heal and drain.
    pub unequal: Share,
    /// Owners that end on a value older than a later acknowledged write.
    pub outdated_owners: Share,
    /// Runs whose first write, acknowledged at all, was not on every owner half a second later.
    pub first_write_missing: Share,
}

/// Figures of writes with a time of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimedFigures {
    /// Acknowledged writes that are missing on one owner at least.
    pub acked_missing: Share,
    /// Acknowledged writes that are on no owner.
    pub acked_nowhere: Share,
    /// Writes without acknowledgement that are on one owner at least.
    pub unacked_somewhere: Share,
}

/// Illegal histories by each rule, of those that were decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// By the study's rule.
    pub study: Share,
    /// By the honest rule.
    pub honest: Share,
    /// As registers of unique values.
    pub unique: Share,
}

impl Verdicts {
    /// Adds the verdict on one history; what was too much to decide does not count.
    pub fn add(&mut self, verdict: &Verdict) {
        let rules =
            [(&mut self.study, Rule::Study), (&mut self.honest, Rule::Honest), (&mut self.unique, Rule::Unique)];
        for (share, rule) in rules {
            match verdict.by(rule) {
                Some(Answer::Illegal) => share.add(true),
                Some(Answer::Legal) => share.add(false),
                Some(Answer::Unknown) | None => {}
            }
        }
    }
}

impl Figures {
    /// Of runs of one experiment on one kind of cluster. Verdicts are added by whoever has them.
    #[must_use]
    pub fn of(runs: &[Material]) -> Self {
        let mut figures =
            Self { busy: busy(runs), as_real: runs.iter().all(|run| run.run.is_as_real()), ..Self::default() };
        let mut times = Times::default();
        for run in runs {
            figures.experiment.clone_from(&run.run.experiment);
            figures.cluster = run.run.cluster();
            figures.seeds.push(run.run.seed);
            figures.busy_at_times |= !run.run.is_calm();
            figures.seconds += run.run.seconds;
            figures.optimized = run.run.optimized;
            let loads = run.run.load.into_iter().flatten().chain(figures.load);
            figures.load = loads.max_by(f64::total_cmp);
            figures.shards_made.push(run.replicas.shards);
            figures.drained.add(run.replicas.drained_after.is_some());
            figures.dropped += run.replicas.dropped;
            for operation in run.operations.iter().filter(|operation| !is_first(operation)) {
                figures.count(run, operation, &mut times);
            }
            if run.operations.iter().any(|operation| operation.f == Function::TimedWrite) {
                figures.timed.get_or_insert_default().add(run);
            }
            if run.operations.iter().any(|operation| operation.f == Function::Write) {
                figures.register.get_or_insert_default().add(run);
            }
        }
        figures.sides = by_side(runs, figures.busy);
        (figures.latencies, figures.errors) = times.into_figures();
        figures
    }

    /// How long operations of a kind took.
    #[must_use]
    pub fn latency(&self, read: bool, ok: bool, partition: bool) -> Option<Quantiles> {
        let same = |found: &&Latencies| (found.read, found.ok, found.partition) == (read, ok, partition);
        self.latencies.iter().find(same).map(|found| found.ms)
    }

    /// Writes that were not acknowledged and whose error has the word "timeout", of all that have one: the study's rule.
    #[must_use]
    pub fn timeouts(&self) -> Share {
        let count = |errors: &mut dyn Iterator<Item = &ErrorCount>| errors.map(|error| error.n).sum();
        let timeouts = count(&mut self.errors.iter().filter(|error| error.error.contains("timeout")));
        Share::of(timeouts, count(&mut self.errors.iter()))
    }

    fn count(&mut self, run: &Material, operation: &Operation, times: &mut Times) {
        let read = operation.f == Function::Read;
        let ends = if read { &mut self.reads } else { &mut self.writes };
        match operation.completion {
            Completion::Ok => ends.ok += 1,
            Completion::Info => ends.info += 1,
            Completion::Fail => ends.fail += 1,
        }
        let ok = operation.completion == Completion::Ok;
        let partition = run.cut_at(operation.invoked).is_some();
        if partition && !read {
            self.acked_in_partition.add(ok);
        }
        let Some(completed) = operation.completed else { return };
        let took = completed - operation.invoked;
        if self.busy || run.run.is_calm() {
            times.took.entry((read, ok, partition)).or_default().push(took);
        }
        if let Some(error) = operation.error.as_ref().filter(|_| !read) {
            let class = operation.class.clone().unwrap_or_default();
            times.errors.entry((class, error.clone())).or_default().push(took);
        }
    }
}

/// Whether none of the runs was made on a calm machine.
fn busy(runs: &[Material]) -> bool {
    !runs.iter().any(|run| run.run.is_calm())
}

/// The write before the run, which every owner had when the run began.
fn is_first(operation: &Operation) -> bool {
    operation.f == Function::Write && operation.id == Some(0)
}

#[derive(Debug, Default)]
struct Times {
    took: BTreeMap<(bool, bool, bool), Vec<u64>>,
    errors: BTreeMap<(String, String), Vec<u64>>,
}

impl Times {
    fn into_figures(self) -> (Vec<Latencies>, Vec<ErrorCount>) {
        let latencies = self.took.into_iter().filter_map(|((read, ok, partition), took)| {
            Some(Latencies { read, ok, partition, ms: Quantiles::of(took)? })
        });
        let errors = self.errors.into_iter().map(|((class, error), took)| ErrorCount {
            error,
            class,
            n: took.len() as u64,
            ms: Quantiles::of(took),
        });
        (latencies.collect(), errors.collect())
    }
}

impl RegisterFigures {
    fn add(&mut self, run: &Material) {
        let acknowledged = Acknowledged::of(&run.operations);
        let reads = run
            .operations
            .iter()
            .filter(|operation| operation.f == Function::Read && operation.completion == Completion::Ok);
        for read in reads {
            self.stale_reads.add(acknowledged.is_stale(read.invoked, read.id));
        }
        if let Some(equal) = run.replicas.equal() {
            self.unequal.add(!equal);
        }
        for owner in &run.replicas.register {
            self.outdated_owners.add(acknowledged.is_outdated(owner.id));
        }
        if run.run.first_writes > 0 {
            self.first_write_missing.add(run.run.first_writes > 1);
        }
    }
}

impl TimedFigures {
    fn add(&mut self, run: &Material) {
        if !run.replicas.told {
            return;
        }
        let held: BTreeMap<i64, (usize, usize)> =
            run.replicas.timed.iter().map(|point| (point.time, (point.copies, point.owners))).collect();
        for write in run.operations.iter().filter(|operation| operation.f == Function::TimedWrite) {
            let Some(time) = write.write_time else { continue };
            let (copies, owners) = held.get(&time).copied().unwrap_or((0, 1));
            if write.completion == Completion::Ok {
                self.acked_missing.add(copies < owners);
                self.acked_nowhere.add(copies == 0);
            } else {
                self.unacked_somewhere.add(copies > 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::figures::{Owner, Replicas, Run, TimedPoint};
    use crate::history::{Event, FaultEvent, Kind};

    const MS: u64 = 1_000_000;

    fn run(experiment: &str, seed: u64) -> Run {
        Run {
            experiment: experiment.into(),
            seed,
            profile: "0.10".into(),
            nodes: ["node1", "node2", "node3"].map(str::to_owned).to_vec(),
            seconds: 30.0,
            level: "any".into(),
            set: Vec::new(),
            cuts: true,
            first_writes: 2,
            load: [Some(0.5), Some(1.5)],
            processors: Some(4),
            stalled: None,
            optimized: false,
            notes: Vec::new(),
        }
    }

    /// An operation of its own process, from its beginning to its end in milliseconds.
    fn operation(process: u32, f: Function, id: Option<u64>, span: [u64; 2], kind: Kind) -> [Event; 2] {
        let event = |kind, at: u64| Event {
            process,
            kind,
            f,
            value: Some(1),
            time: at * MS,
            node: Some(format!("node{}", process % 3 + 1)),
            id,
            write_time: (f == Function::TimedWrite).then(|| id.unwrap_or_default() as i64),
            error: (kind == Kind::Info).then(|| "timeout".to_owned()),
            class: (kind == Kind::Info).then(|| "timeout".to_owned()),
            outcome: None,
        };
        [event(Kind::Invoke, span[0]), event(kind, span[1])]
    }

    fn figures(run: Run, operations: Vec<[Event; 2]>, replicas: Replicas) -> Figures {
        Figures::of(&[material(run, operations, replicas)])
    }

    fn material(run: Run, operations: Vec<[Event; 2]>, replicas: Replicas) -> Material {
        let mut events = operations.concat();
        events.sort_by_key(|event| event.time);
        let cut = |begins, at: u64| FaultEvent {
            time: at * MS,
            begins,
            fault: "partition".into(),
            whom: "node3 | node1,node2".into(),
        };
        let faults = [cut(true, 1_000), cut(false, 4_000)];
        Material::new(run, &events, &faults, replicas).unwrap()
    }

    #[test]
    fn a_register_s_run_is_counted_by_phase() {
        let all = vec![
            operation(0, Function::Write, Some(0), [0, 0], Kind::Ok),
            operation(0, Function::Write, Some(1), [10, 12], Kind::Ok),
            operation(1, Function::Write, Some(2), [1_100, 2_100], Kind::Info),
            operation(2, Function::Write, Some(3), [1_200, 1_205], Kind::Ok),
            operation(3, Function::Read, Some(1), [3_000, 3_002], Kind::Ok),
            operation(4, Function::Read, Some(3), [5_000, 5_001], Kind::Ok),
        ];
        let owner = |node: &str, id| Owner { node: node.into(), value: Some(1), id: Some(id) };
        let register = vec![owner("node1", 1), owner("node2", 3), owner("node3", 3)];
        let replicas = Replicas { drained_after: Some(1.0), register, told: true, shards: 1, ..Replicas::default() };
        let figures = figures(run("register-partition-any", 7), all, replicas);
        assert_eq!(figures.writes, Ends { ok: 2, info: 1, fail: 0 }, "the write before the run does not count");
        assert_eq!(figures.acked_in_partition, Share::of(1, 2));
        assert_eq!(figures.latency(false, true, false).map(|ms| ms.p50), Some(2.0));
        assert_eq!(figures.latency(false, false, true).map(|ms| ms.max), Some(1000.0));
        assert_eq!(figures.latency(true, true, false).map(|ms| ms.n), Some(1));
        let register = figures.register.unwrap();
        assert_eq!(register.stale_reads, Share::of(1, 2));
        assert_eq!((register.unequal, register.outdated_owners), (Share::of(1, 1), Share::of(1, 3)));
        assert_eq!(register.first_write_missing, Share::of(1, 1));
        assert_eq!((figures.errors[0].n, figures.load, figures.cluster.as_str()), (1, Some(1.5), "010n3"));
    }

    #[test]
    fn missing_copies_and_sides_are_counted() {
        let all = vec![
            operation(0, Function::TimedWrite, Some(100), [0, 10], Kind::Ok),
            operation(1, Function::TimedWrite, Some(200), [1_500, 1_520], Kind::Ok),
            operation(2, Function::TimedWrite, Some(300), [1_500, 11_500], Kind::Info),
            operation(3, Function::TimedWrite, Some(400), [5_000, 5_010], Kind::Ok),
        ];
        let point = |time, copies| TimedPoint { time, owners: 3, copies };
        let timed = vec![point(100, 3), point(200, 2), point(300, 1)];
        let replicas = Replicas { timed, told: true, shards: 3, ..Replicas::default() };
        let figures = figures(run("shards-partition", 1), all, replicas);
        let timed = figures.timed.unwrap();
        assert_eq!((timed.acked_missing, timed.acked_nowhere), (Share::of(2, 3), Share::of(1, 3)));
        assert_eq!(timed.unacked_somewhere, Share::of(1, 1));
        let sides: Vec<_> =
            figures.sides.iter().map(|side| (side.side.with_first, side.n, side.ok, side.over_a_second)).collect();
        assert_eq!(sides, [(true, 1, 1, 0), (false, 1, 0, 1)]);
        assert_eq!(figures.drained, Share::of(0, 1));
    }
    #[test]
    fn latencies_are_those_of_calm_runs_where_there_are_any() {
        let write = |took: u64| vec![operation(0, Function::TimedWrite, Some(1), [2_000, 2_000 + took], Kind::Ok)];
        let calm = material(run("shards-partition", 1), write(10), Replicas::default());
        let busy = Run { load: [Some(3.0), None], ..run("shards-partition", 2) };
        let busy = material(busy, write(900), Replicas::default());
        let both = Figures::of(&[calm, busy.clone()]);
        assert_eq!((both.busy, both.writes.ok), (false, 2));
        assert_eq!(both.latency(false, true, true).map(|ms| (ms.n, ms.max)), Some((1, 10.0)));
        assert_eq!((both.sides[0].n, both.sides[0].latency.map(|ms| ms.max)), (2, Some(10.0)));
        let none = Figures::of(&[busy]);
        assert!(none.busy);
        assert_eq!(none.latency(false, true, true).map(|ms| ms.max), Some(900.0));
        assert_eq!(none.sides[0].latency.map(|ms| ms.max), Some(900.0));
    }

    #[test]
    fn time_outs_are_told_by_their_text() {
        let error = |error: &str, n| ErrorCount { error: error.into(), class: String::new(), n, ms: None };
        let errors = vec![error("timeout", 2), error("timeout: no answer", 1), error("partial write", 5)];
        assert_eq!(Figures { errors, ..Figures::default() }.timeouts(), Share::of(3, 8));
    }

    /// Files of earlier runs tell neither; they were held against the real clusters.
    #[test]
    fn figures_without_the_newer_fields_are_read() {
        let mut json = serde_json::to_value(Figures::default()).unwrap();
        let fields = json.as_object_mut().unwrap();
        fields.remove("busy").unwrap();
        fields.remove("asReal").unwrap();
        let read: Figures = serde_json::from_value(json).unwrap();
        assert!(read.as_real && !read.busy);
    }
}

//! Whether figures of the bundled cluster could be those of the real one.
//!
//! A run is chance: client, seed and the timing of threads decide on a verdict and on many a share. So runs of several
//! seeds are pooled and compared as samples of one distribution:
//!
//! * of **runs** (verdicts, replicas that differ), by Fisher's exact test at 1 %;
//! * of **operations and owners**, by the difference of two shares. Operations of one run hang together, so the variance is
//!   taken several times as large as for independent ones, and the difference may be three standard errors, or two points
//!   in a hundred, whichever is more;
//! * **latencies** by their median and 95th percentile within a factor, since machines differ; what a time-out decides is
//!   held to its time.

use serde::{Deserialize, Serialize};

use super::real::{self, RealRow, RealSide};
use super::{Ends, Figures, Quantiles, Share};

/// One figure of ours beside the real one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Name of the experiment.
    pub experiment: String,
    /// The kind of cluster.
    pub cluster: String,
    /// What is compared.
    pub what: String,
    /// Ours.
    pub ours: String,
    /// That of the real cluster.
    pub real: String,
    /// Whether ours could be that of the real one.
    pub inside: bool,
    /// By which measure.
    pub why: String,
}

/// How much larger than that of independent cases the variance is taken: of reads and writes of the same run, which share
/// its cuts.
const OF_OPERATIONS: f64 = 8.0;
/// Of points that were written to shards of their own, each with a race of its own.
const OF_SHARDS: f64 = 4.0;
/// Of the owners in a run, of which one hint strikes one or two.
const OF_OWNERS: f64 = 2.0;
/// Difference of shares that is never too much.
const MARGIN: f64 = 0.02;
/// Difference of shares that is always too much, however few there are.
const WIDEST: f64 = 0.5;
/// Smallest likelihood that is put down to chance.
const CHANCE: f64 = 0.01;
/// By how much latencies may differ: another machine, other software, other load.
const FACTOR: f64 = 4.0;
/// Milliseconds below which latencies are as good as equal.
const FLOOR: f64 = 6.0;
/// By how much what a time-out decides may differ.
const TIMEOUT_FACTOR: f64 = 1.1;
/// Figures of fewer cases, here or there, say nothing.
const FEW: usize = 5;

/// Compares the pooled figures of runs with those of the real cluster of that kind; `None` where there are none.
#[must_use]
pub fn judge(ours: &Figures) -> Option<Vec<Comparison>> {
    let real = real::row(&ours.cluster, &ours.experiment)?;
    let mut judge = Judge { ours, all: Vec::new() };
    judge.counts(real);
    judge.latencies(real);
    judge.verdicts(real);
    judge.ends(real);
    for side in real::SIDES.iter().filter(|side| side.cluster == ours.cluster && ours.experiment == "shards-partition")
    {
        judge.side(side);
    }
    Some(judge.all)
}

struct Judge<'a> {
    ours: &'a Figures,
    all: Vec<Comparison>,
}

impl Judge<'_> {
    fn add(&mut self, what: &str, ours: String, real: String, (inside, why): (bool, String)) {
        self.all.push(Comparison {
            experiment: self.ours.experiment.clone(),
            cluster: self.ours.cluster.clone(),
            what: what.to_owned(),
            ours,
            real,
            inside,
            why,
        });
    }

    fn share(&mut self, what: &str, ours: Share, real: Share, spread: f64) {
        if ours.n.min(real.n) >= FEW as u64 {
            self.add(what, ours.to_string(), real.to_string(), like_share(ours, real, spread));
        }
    }

    fn runs(&mut self, what: &str, ours: Share, real: Share) {
        if ours.n > 0 && real.n > 0 {
            self.add(what, ours.to_string(), real.to_string(), like_runs(ours, real));
        }
    }

    fn counts(&mut self, real: &RealRow) {
        let Ends { ok, .. } = self.ours.writes;
        let all = self.ours.writes.all();
        let runs = self.ours.seeds.len().max(1) as f64;
        let (mine, theirs) = (all as f64 / runs, real.writes.all() as f64 / real.runs as f64);
        let near = within(mine, theirs, 1.6, 0.0);
        self.add("writes a run", format!("{mine:.0}"), format!("{theirs:.0}"), near);
        self.share("writes acknowledged", Share::of(ok, all), real.acked(), OF_OPERATIONS);
        let (mine, theirs) = (self.ours.acked_in_partition, real.acked_in_partition);
        self.share("acknowledged, of those begun in a partition", mine, theirs, OF_OPERATIONS);
    }

    fn latencies(&mut self, real: &RealRow) {
        let rows = [
            ("acknowledged writes, network whole", real.write_ok_whole, (false, true, false)),
            ("acknowledged writes, partition", real.write_ok_partition, (false, true, true)),
            ("other writes, network whole", real.write_not_ok_whole, (false, false, false)),
            ("other writes, partition", real.write_not_ok_partition, (false, false, true)),
            ("reads, network whole", real.read_whole, (true, true, false)),
            ("reads, partition", real.read_partition, (true, true, true)),
        ];
        for (what, real, (read, ok, partition)) in rows {
            if let (Some(real), Some(ours)) = (real, self.ours.latency(read, ok, partition)) {
                self.latency(what, ours, [real[0], real[1]]);
            }
        }
    }

    fn latency(&mut self, what: &str, ours: Quantiles, real: [f64; 2]) {
        if ours.n < FEW {
            return;
        }
        let (p50, p95) = (near_latency(ours.p50, real[0]), near_latency(ours.p95, real[1]));
        let told = format!("{} (n {})", ours, ours.n);
        let why = format!("p50 {}; p95 {}", p50.1, p95.1);
        self.add(what, told, format!("{:.1}/{:.1}", real[0], real[1]), (p50.0 && p95.0, why));
    }

    fn verdicts(&mut self, real: &RealRow) {
        let Some(illegal) = real.illegal else { return };
        let ours = self.ours.verdicts;
        let rules = [("study's rule", ours.study), ("honest rule", ours.honest), ("unique values", ours.unique)];
        for ((rule, ours), real) in rules.into_iter().zip(illegal) {
            self.runs(&format!("illegal histories, {rule}"), ours, real);
        }
    }

    fn ends(&mut self, real: &RealRow) {
        if let (Some(real), Some(ours)) = (real.register, self.ours.register) {
            self.runs("runs whose replicas differ after heal and drain", ours.unequal, real.unequal);
            let what = "owners ending on a value older than a later acknowledged write";
            self.share(what, ours.outdated_owners, real.outdated_owners, OF_OWNERS);
            self.share("stale reads", ours.stale_reads, real.stale_reads, OF_OPERATIONS);
        }
        let (Some(real), Some(ours)) = (real.timed, self.ours.timed) else { return };
        self.share("acknowledged, missing on an owner", ours.acked_missing, real.acked_missing, OF_SHARDS);
        self.share("acknowledged, on no owner", ours.acked_nowhere, real.acked_nowhere, OF_SHARDS);
        self.share("not acknowledged, on an owner", ours.unacked_somewhere, real.unacked_somewhere, OF_SHARDS);
        let mean = |counts: &[u64]| counts.iter().sum::<u64>() as f64 / counts.len().max(1) as f64;
        let (mine, theirs) = (mean(&self.ours.shards_made), mean(&real.shards_made));
        self.add("shards made a run", format!("{mine:.0}"), format!("{theirs:.0}"), within(mine, theirs, 1.8, 0.0));
    }

    fn side(&mut self, real: &RealSide) {
        let place = |side: &super::Side| (side.with_first, side.majority) == (real.with_first, real.majority);
        let Some(ours) = self.ours.sides.iter().find(|ours| place(&ours.side)) else { return };
        let what = format!("writes begun {}", ours.side.words());
        self.share(&format!("{what}: acknowledged"), Share::of(ours.ok, ours.n), real.ok, OF_OPERATIONS);
        if let Some(latency) = ours.latency.filter(|_| real.ok.n >= FEW as u64) {
            self.latency(&what, latency, real.ms);
        }
    }
}

/// Two shares of runs.
fn like_runs(ours: Share, real: Share) -> (bool, String) {
    let p = fisher(ours, real);
    (p >= CHANCE, format!("Fisher's exact test: p = {p:.3}"))
}

/// Two shares of cases that hang together, `spread` times as variable as independent ones.
fn like_share(ours: Share, real: Share, spread: f64) -> (bool, String) {
    let pooled = (ours.k + real.k) as f64 / (ours.n + real.n) as f64;
    let error = (spread * pooled * (1.0 - pooled) * (1.0 / ours.n as f64 + 1.0 / real.n as f64)).sqrt();
    let band = (3.0 * error).clamp(MARGIN, WIDEST);
    let apart = (ours.ratio() - real.ratio()).abs();
    (apart <= band, format!("{:.1} points apart, {:.1} allowed", 100.0 * apart, 100.0 * band))
}

/// Two latencies.
fn near_latency(ours: f64, real: f64) -> (bool, String) {
    // A second is the time-out of a write on the server, ten that of the client: not a matter of the machine.
    let decided = [1000.0, 10_000.0].into_iter().any(|limit| (limit..limit * 1.02).contains(&real));
    within(ours, real, if decided { TIMEOUT_FACTOR } else { FACTOR }, if decided { 0.0 } else { FLOOR })
}

/// Whether two numbers are within a factor of each other, or both below the floor.
fn within(ours: f64, real: f64, factor: f64, floor: f64) -> (bool, String) {
    let near = ours <= real.max(floor) * factor && ours.max(floor) * factor >= real;
    (near, format!("within a factor {factor} of {real:.4}").replace(".0000", ""))
}

/// The likelihood that two samples of one distribution differ as much as these, or more: Fisher's exact test, two-sided.
fn fisher(a: Share, b: Share) -> f64 {
    let (k, n) = (a.k + b.k, a.n + b.n);
    let chance = |x: u64| (ln_choose(a.n, x) + ln_choose(b.n, k - x) - ln_choose(n, k)).exp();
    let met = chance(a.k);
    let least = k.saturating_sub(b.n);
    (least..=k.min(a.n)).map(chance).filter(|chance| *chance <= met * (1.0 + 1e-7)).sum::<f64>().min(1.0)
}

fn ln_choose(n: u64, k: u64) -> f64 {
    let ln_factorial = |n: u64| (2..=n).map(|i| (i as f64).ln()).sum::<f64>();
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::figures::{Latencies, RegisterFigures, Verdicts};

    #[test]
    fn fisher_gives_the_known_values() {
        // The lady tasting tea.
        assert!((fisher(Share::of(3, 4), Share::of(1, 4)) - 0.485_714).abs() < 1e-5);
        assert!((fisher(Share::of(0, 6), Share::of(6, 6)) - 2.0 / 924.0).abs() < 1e-9);
        assert!((fisher(Share::of(2, 6), Share::of(2, 6)) - 1.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn a_likelihood_is_one(k in 0_u64..20, n in 0_u64..20, l in 0_u64..20, m in 0_u64..20) {
            let (a, b) = (Share::of(k, k + n), Share::of(l, l + m));
            let p = fisher(a, b);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((p - fisher(b, a)).abs() < 1e-9);
        }
    }

    /// The figures of a real row, as if they were ours.
    fn as_if(row: &RealRow) -> Figures {
        let quantiles = |ms: [f64; 4]| Quantiles { n: 100, p50: ms[0], p95: ms[1], p99: ms[2], max: ms[3] };
        let latency = |read, ok, partition, ms: Option<[f64; 4]>| {
            ms.map(|ms| Latencies { read, ok, partition, ms: quantiles(ms) })
        };
        let [study, honest, unique] = row.illegal.unwrap_or_default();
        Figures {
            experiment: row.experiment.to_owned(),
            cluster: row.cluster.to_owned(),
            seeds: (0..row.runs).collect(),
            writes: row.writes,
            acked_in_partition: row.acked_in_partition,
            latencies: [
                latency(false, true, false, row.write_ok_whole),
                latency(false, true, true, row.write_ok_partition),
                latency(false, false, true, row.write_not_ok_partition),
                latency(true, true, true, row.read_partition),
            ]
            .into_iter()
            .flatten()
            .collect(),
            register: row.register.map(|real| RegisterFigures {
                stale_reads: real.stale_reads,
                unequal: real.unequal,
                outdated_owners: real.outdated_owners,
                ..RegisterFigures::default()
            }),
            verdicts: Verdicts { study, honest, unique },
            shards_made: row.timed.map(|timed| timed.shards_made.to_vec()).unwrap_or_default(),
            ..Figures::default()
        }
    }

    #[test]
    fn every_real_row_is_like_itself() {
        for row in real::ROWS {
            let all = judge(&as_if(row)).unwrap();
            let outside: Vec<_> = all.iter().filter(|comparison| !comparison.inside).collect();
            assert!(all.len() >= 3 && outside.is_empty(), "{outside:#?}");
        }
    }

    /// No experiment passes for another one: the judge can say no.
    #[test]
    fn no_row_of_the_register_is_like_another_experiment_s() {
        let rows = || real::ROWS.iter().filter(|row| row.cluster == "010n3" && row.register.is_some());
        for (row, other) in rows().flat_map(|row| rows().map(move |other| (row, other))) {
            let both_healthy = [row, other].iter().all(|row| row.experiment.contains("healthy"));
            if row.experiment == other.experiment || both_healthy {
                continue;
            }
            let posing = Figures { experiment: other.experiment.to_owned(), ..as_if(row) };
            let told = judge(&posing).unwrap();
            assert!(told.iter().any(|comparison| !comparison.inside), "{} as {}", row.experiment, other.experiment);
        }
    }

    #[test]
    fn a_time_out_is_held_to_its_time() {
        assert!(near_latency(1050.0, 1002.0).0 && !near_latency(1900.0, 1002.0).0);
        assert!(near_latency(1.0, 20.0).0, "below the floor times the factor");
        assert!(!near_latency(100.0, 20.0).0 && !near_latency(20.0, 100.0).0);
    }

    #[test]
    fn other_clusters_are_not_judged() {
        let ours = Figures { cluster: "010n4".into(), experiment: "shards-healthy".into(), ..Figures::default() };
        assert_eq!(judge(&ours), None);
    }
}

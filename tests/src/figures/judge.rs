//! Whether figures of the bundled cluster could be those of the real one.
//!
//! A run is chance: client, seed and the timing of threads decide on a verdict and on many a share. So runs of several
//! seeds are pooled and compared as samples of one distribution:
//!
//! * of **runs** (verdicts, replicas that differ), by Fisher's exact test at 2 %;
//! * of **operations and owners**, by the difference of two shares. Operations of one run hang together, so the variance is
//!   taken several times as large as for independent ones. The difference may be three standard errors, two where that is
//!   more than 25 points in a hundred, and two points in any case. Of what the real cluster never did, or always, three in
//!   as many as there were, or two points;
//! * **counts a run** (writes, shards) within a factor, as many as there would be in the time of a real run. Shares of runs
//!   are not to be had for another time, and are compared for that of the real runs alone;
//! * **latencies** by their median and 95th percentile within a factor, since machines differ; what a time-out decides is
//!   held to its time.
//!
//! On a busy machine operations take longer, clients do fewer of them, and races go otherwise: latencies, writes and shards
//! a run, and the share of acknowledged writes that are missing are judged only where it was calm.
//!
//! Where so few cases could not contradict the real ones whatever they were, or where the difference is wide and may be
//! chance all the same, neither is claimed: there are too few to tell.

use serde::{Deserialize, Serialize};

use super::likeness::{self, OF_OPERATIONS, OF_OWNERS, OF_SHARDS};
use super::real::{self, RealRow, RealSide};
use super::{Ends, Figures, Quantiles, Share, Side};

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Ours could not be that of the real cluster.
    Outside,
    /// Ours could be that of the real one, and could have been seen not to be.
    Inside,
    /// There are too few cases, here or there, to say either.
    TooFew,
    /// A figure of a busy machine, which has too large a share in it for it to be judged.
    Busy,
}

impl Standing {
    /// Of a figure that can be judged.
    pub(super) const fn of(inside: bool) -> Self {
        if inside { Self::Inside } else { Self::Outside }
    }

    /// In words, as the answer to the question whether two figures are alike.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::Inside => "yes",
            Self::TooFew => "too few to tell",
            Self::Busy => "busy machine",
        }
    }
}

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
    /// Whether it is a time, on which the machine has a say too; otherwise it was counted.
    pub latency: bool,
    /// Whether ours could be that of the real one.
    pub standing: Standing,
    /// By which measure.
    pub why: String,
}

impl Comparison {
    /// Whether ours could not be that of the real cluster.
    #[must_use]
    pub fn is_outside(&self) -> bool {
        self.standing == Standing::Outside
    }
}

/// By how much the writes of a run may differ in number.
const WRITES: f64 = 1.6;
/// By how much the shards of a run may.
const SHARDS: f64 = 1.8;
/// By how many seconds runs may be shorter or longer than the real ones and still be of the same length.
const SAME_TIME: f64 = 1.0;
/// Stands where there is nothing.
const NONE: &str = "–";

/// Compares the pooled figures of runs with those of the real cluster of that kind; `None` where there are none, and for
/// runs that were not made as the real ones.
#[must_use]
pub fn judge(ours: &Figures) -> Option<Vec<Comparison>> {
    let real = real::row(&ours.cluster, &ours.experiment).filter(|_| ours.as_real)?;
    let mut judge = Judge { ours, all: Vec::new() };
    judge.counts(real);
    judge.verdicts(real);
    judge.ends(real);
    judge.latencies(real);
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
    fn add(&mut self, what: &str, ours: String, real: String, (standing, why): (Standing, String)) {
        self.all.push(Comparison {
            experiment: self.ours.experiment.clone(),
            cluster: self.ours.cluster.clone(),
            what: what.to_owned(),
            ours,
            real,
            latency: false,
            standing,
            why,
        });
    }

    /// Of a figure on which a busy machine has a say.
    fn calm(&self, judged: (Standing, String)) -> (Standing, String) {
        match judged {
            (Standing::Inside | Standing::Outside, why) if self.ours.busy || self.ours.busy_at_times => {
                (Standing::Busy, why)
            }
            judged => judged,
        }
    }

    /// How many seconds a run had on average; those of files that do not tell it had as many as the real ones.
    fn seconds(&self) -> f64 {
        let seconds = self.ours.seconds / self.ours.seeds.len().max(1) as f64;
        if seconds > 0.0 { seconds } else { real::SECONDS }
    }

    /// A count of each run, as many as there would be in the time of a real one.
    fn count(&mut self, what: &str, ours: f64, real: f64, factor: f64) {
        let ours = ours * real::SECONDS / self.seconds();
        let judged = self.calm(likeness::counts(ours, real, factor));
        self.add(&format!("{what} in {} s", real::SECONDS), format!("{ours:.0}"), format!("{real:.0}"), judged);
    }

    /// A share of what there is on one side at least.
    fn share(&mut self, what: &str, ours: Share, real: Share, spread: f64) {
        if ours.n.max(real.n) > 0 {
            self.add(what, told(ours), told(real), likeness::shares(ours, real, spread));
        }
    }

    /// A share of runs. In longer ones there is more time for what makes them differ.
    fn runs(&mut self, what: &str, ours: Share, real: Share) {
        if (self.seconds() - real::SECONDS).abs() <= SAME_TIME {
            self.add(what, told(ours), told(real), likeness::runs(ours, real));
        }
    }

    fn counts(&mut self, real: &RealRow) {
        let Ends { ok, .. } = self.ours.writes;
        let all = self.ours.writes.all();
        let runs = self.ours.seeds.len().max(1) as f64;
        let (mine, theirs) = (all as f64 / runs, real.writes.all() as f64 / real.runs as f64);
        self.count("writes", mine, theirs, WRITES);
        self.share("writes acknowledged", Share::of(ok, all), real.acked(), OF_OPERATIONS);
        let (mine, theirs) = (self.ours.acked_in_partition, real.acked_in_partition);
        self.share("acknowledged, of those begun in a partition", mine, theirs, OF_OPERATIONS);
        if mine.n.max(theirs.n) > 0 {
            let (mine, theirs) = (others(Share::of(ok, all), mine), others(real.acked(), theirs));
            self.share("acknowledged, of those begun while the network is whole", mine, theirs, OF_OPERATIONS);
        }
        self.share("time-outs, of those not acknowledged", self.ours.timeouts(), real.timeouts(), OF_OPERATIONS);
    }

    fn latencies(&mut self, real: &RealRow) {
        let (acked, cut) = (real.acked(), real.acked_in_partition);
        let failed = |share: Share| share.n - share.k;
        // How many reads there were by phase is not told; there were hundreds.
        let many = u64::MAX;
        let rows = [
            ("acknowledged writes, network whole", real.write_ok_whole, acked.k - cut.k, (false, true, false)),
            ("acknowledged writes, partition", real.write_ok_partition, cut.k, (false, true, true)),
            (
                "other writes, network whole",
                real.write_not_ok_whole,
                failed(acked) - failed(cut),
                (false, false, false),
            ),
            ("other writes, partition", real.write_not_ok_partition, failed(cut), (false, false, true)),
            ("reads, network whole", real.read_whole, many, (true, true, false)),
            ("reads, partition", real.read_partition, many, (true, true, true)),
        ];
        for (what, real, n, (read, ok, partition)) in rows {
            let real = real.map(|ms| ([ms[0], ms[1]], n));
            self.latency(what, self.ours.latency(read, ok, partition), real);
        }
    }

    /// A latency beside the real one and the most that there were of it.
    fn latency(&mut self, what: &str, ours: Option<Quantiles>, real: Option<([f64; 2], u64)>) {
        let judged = match (ours, real) {
            (None, None) => return,
            (Some(ours), Some((real, n))) => likeness::latencies(ours, real, n),
            (Some(_), None) => (Standing::TooFew, "none on the real cluster".to_owned()),
            (None, Some(_)) => (Standing::TooFew, "none here".to_owned()),
        };
        // Where the machine was calm in some of the runs, latencies are theirs.
        let judged = match judged {
            (Standing::Inside | Standing::Outside, why) if self.ours.busy => (Standing::Busy, why),
            judged => judged,
        };
        let ours = ours.map_or_else(|| NONE.to_owned(), |ours| format!("{ours} (n {})", ours.n));
        let real = real.map_or_else(|| NONE.to_owned(), |([p50, p95], _)| format!("{p50:.1}/{p95:.1}"));
        self.add(&format!("{what}: ms"), ours, real, judged);
        if let Some(added) = self.all.last_mut() {
            added.latency = true;
        }
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
        if let Some(real) = real.register {
            let ours = self.ours.register.unwrap_or_default();
            self.runs("runs whose replicas differ after heal and drain", ours.unequal, real.unequal);
            let what = "owners ending on a value older than a later acknowledged write";
            self.share(what, ours.outdated_owners, real.outdated_owners, OF_OWNERS);
            self.share("stale reads", ours.stale_reads, real.stale_reads, OF_OPERATIONS);
        }
        let Some(real) = real.timed else { return };
        let ours = self.ours.timed.unwrap_or_default();
        let missing = (ours.acked_missing, real.acked_missing);
        if missing.0.n.max(missing.1.n) > 0 {
            let judged = self.calm(likeness::shares(missing.0, missing.1, OF_SHARDS));
            self.add("acknowledged, missing on an owner", told(missing.0), told(missing.1), judged);
        }
        self.share("acknowledged, on no owner", ours.acked_nowhere, real.acked_nowhere, OF_SHARDS);
        self.share("not acknowledged, on an owner", ours.unacked_somewhere, real.unacked_somewhere, OF_SHARDS);
        let mean = |counts: &[u64]| counts.iter().sum::<u64>() as f64 / counts.len().max(1) as f64;
        let (mine, theirs) = (mean(&self.ours.shards_made), mean(&real.shards_made));
        self.count("shards made", mine, theirs, SHARDS);
    }

    fn side(&mut self, real: &RealSide) {
        let side = Side { with_first: real.with_first, majority: real.majority };
        let ours = self.ours.sides.iter().find(|ours| ours.side == side);
        let what = format!("writes begun {}", side.words());
        let acked = ours.map_or_else(Share::default, |ours| Share::of(ours.ok, ours.n));
        self.share(&format!("{what}: acknowledged"), acked, real.ok, OF_OPERATIONS);
        self.latency(&what, ours.and_then(|ours| ours.latency), Some((real.ms, real.ok.n)));
    }
}

/// What is left of a share without a part of it.
fn others(whole: Share, part: Share) -> Share {
    Share::of(whole.k.saturating_sub(part.k), whole.n.saturating_sub(part.n))
}

fn told(share: Share) -> String {
    if share.n == 0 { NONE.to_owned() } else { share.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::figures::{ErrorCount, Latencies, RegisterFigures, TimedFigures, Verdicts};

    /// The figures of a real row, as if they were ours.
    fn as_if(row: &RealRow) -> Figures {
        let quantiles = |ms: [f64; 4]| Quantiles { n: 100, p50: ms[0], p95: ms[1], p99: ms[2], max: ms[3] };
        let latency = |read, ok, partition, ms: Option<[f64; 4]>| {
            ms.map(|ms| Latencies { read, ok, partition, ms: quantiles(ms) })
        };
        let error = |error: &str, n| ErrorCount { error: error.into(), class: String::new(), n, ms: None };
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
                latency(false, false, false, row.write_not_ok_whole),
                latency(false, false, true, row.write_not_ok_partition),
                latency(true, true, false, row.read_whole),
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
            errors: vec![error("timeout", row.writes.info), error("partial write", row.writes.fail)],
            timed: row.timed.map(|real| TimedFigures {
                acked_missing: real.acked_missing,
                acked_nowhere: real.acked_nowhere,
                unacked_somewhere: real.unacked_somewhere,
            }),
            verdicts: Verdicts { study, honest, unique },
            shards_made: row.timed.map(|timed| timed.shards_made.to_vec()).unwrap_or_default(),
            as_real: true,
            ..Figures::default()
        }
    }

    #[test]
    fn every_real_row_is_like_itself() {
        for row in real::ROWS {
            let all = judge(&as_if(row)).unwrap();
            let outside: Vec<_> = all.iter().filter(|comparison| comparison.is_outside()).collect();
            let alike = all.iter().filter(|comparison| comparison.standing == Standing::Inside).count();
            assert!(alike >= 4 && outside.is_empty(), "{outside:#?}");
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
            assert!(told.iter().any(Comparison::is_outside), "{} as {}", row.experiment, other.experiment);
        }
    }

    fn ours(cluster: &str, experiment: &str) -> Figures {
        as_if(real::row(cluster, experiment).unwrap())
    }

    fn standing(figures: &Figures, what: &str) -> Standing {
        let told = judge(figures).unwrap();
        told.iter().find(|one| one.what == what).unwrap_or_else(|| panic!("{what}: {told:#?}")).standing
    }

    /// Six of our runs against the three that were made of the 1.8 cluster.
    #[test]
    fn three_real_runs_are_enough_where_they_agree_and_are_said_to_be_too_few_where_they_do_not() {
        let register = |k| RegisterFigures { unequal: Share::of(k, 6), ..RegisterFigures::default() };
        let verdicts = |k| Verdicts { study: Share::of(k, 6), honest: Share::of(k, 6), unique: Share::of(k, 6) };
        let of = |k| Figures {
            register: Some(register(k)),
            verdicts: verdicts(k),
            ..ours("18n5", "register-partition-all")
        };
        for what in ["runs whose replicas differ after heal and drain", "illegal histories, unique values"] {
            assert_eq!([0, 6].map(|k| standing(&of(k), what)), [Standing::Outside, Standing::Inside], "{what}");
        }
        let honest = [0, 6].map(|k| standing(&of(k), "illegal histories, honest rule"));
        assert_eq!(honest, [Standing::TooFew; 2], "one of the three was illegal");
    }

    /// With 1.8 most writes that miss `all` are told so at once, and few time out; with 0.10 all of them time out.
    #[test]
    fn time_outs_and_partial_writes_are_held_apart() {
        let what = "time-outs, of those not acknowledged";
        let error = |error: &str, n| ErrorCount { error: error.into(), class: String::new(), n, ms: None };
        let with = |cluster, timeouts, partial| Figures {
            errors: vec![error("timeout", timeouts), error("partial write", partial)],
            ..ours(cluster, "register-partition-all")
        };
        assert_eq!(standing(&with("18n5", 90, 680), what), Standing::Inside);
        assert_eq!(standing(&with("18n5", 700, 70), what), Standing::Outside);
        assert_eq!(standing(&with("010n3", 370, 0), what), Standing::Inside);
        assert_eq!(standing(&with("010n3", 350, 20), what), Standing::Outside);
    }

    #[test]
    fn latencies_are_told_apart_and_only_judged_on_a_calm_machine() {
        let slow = |busy| {
            let mut slow = Figures { busy, ..ours("010n3", "register-healthy-any") };
            slow.latencies.iter_mut().for_each(|one| one.ms.p50 = 20.0);
            slow
        };
        let what = "acknowledged writes, network whole: ms";
        assert_eq!([false, true].map(|busy| standing(&slow(busy), what)), [Standing::Outside, Standing::Busy]);
        let told = judge(&slow(false)).unwrap();
        assert!(told.iter().filter(|one| one.is_outside()).all(|one| one.latency), "{told:#?}");
        assert!(told.iter().any(|one| !one.latency));
    }

    /// A busy machine halves the writes and moves the share of them that are lost to the drop race.
    #[test]
    fn what_a_busy_machine_has_a_say_in_is_judged_on_a_calm_one_alone() {
        let half = |busy, busy_at_times| {
            let mut half = Figures { busy, busy_at_times, ..ours("010n3", "shards-healthy") };
            let Ends { ok, info, fail } = half.writes;
            half.writes = Ends { ok: ok / 2, info, fail };
            half.shards_made.iter_mut().for_each(|made| *made /= 2);
            let timed = half.timed.as_mut().unwrap();
            timed.acked_missing = Share::of(timed.acked_missing.n / 10, timed.acked_missing.n);
            half
        };
        for what in ["writes in 30 s", "shards made in 30 s", "acknowledged, missing on an owner"] {
            let of = |busy, busy_at_times| standing(&half(busy, busy_at_times), what);
            assert_eq!(
                [of(false, false), of(true, true), of(false, true)],
                [Standing::Outside, Standing::Busy, Standing::Busy],
                "{what}"
            );
        }
        assert_eq!(standing(&half(true, true), "writes acknowledged"), Standing::Inside);
    }

    /// Twice the time, twice the writes.
    #[test]
    fn runs_of_another_length_are_compared_by_what_they_did_in_the_time_of_the_real_ones() {
        let runs = |experiment: &str, seconds: f64, times: u64| {
            let mut runs = ours("010n3", experiment);
            runs.seconds = seconds * runs.seeds.len() as f64;
            let Ends { ok, info, fail } = runs.writes;
            runs.writes = Ends { ok: ok * times, info: info * times, fail: fail * times };
            runs.shards_made.iter_mut().for_each(|made| *made *= times);
            runs
        };
        for what in ["writes in 30 s", "shards made in 30 s"] {
            assert_eq!(standing(&runs("shards-healthy", 60.0, 2), what), Standing::Inside, "{what}");
            assert_eq!(standing(&runs("shards-healthy", 60.0, 1), what), Standing::Outside, "{what}");
            assert_eq!(standing(&runs("shards-healthy", 30.5, 1), what), Standing::Inside, "{what}");
        }
        let of_runs = |seconds| {
            let told = judge(&runs("register-partition-all", seconds, 1)).unwrap();
            told.iter().filter(|one| one.what.contains("illegal") || one.what.starts_with("runs")).count()
        };
        assert_eq!([30.5, 60.0].map(of_runs), [4, 0]);
    }

    /// Whatever was measured on one side is in the table, even if it says nothing.
    #[test]
    fn what_there_is_too_little_of_is_told_and_not_left_out() {
        let nothing = Figures {
            latencies: Vec::new(),
            register: None,
            errors: Vec::new(),
            verdicts: Verdicts::default(),
            acked_in_partition: Share::default(),
            ..ours("010n3", "register-partition-all")
        };
        let whole = judge(&ours("010n3", "register-partition-all")).unwrap();
        assert_eq!(judge(&nothing).unwrap().len(), whole.len());
        assert_eq!(standing(&nothing, "stale reads"), Standing::TooFew);
        assert_eq!(standing(&nothing, "other writes, partition: ms"), Standing::TooFew);
        // Only three of the real ones.
        let few = "acknowledged writes, partition: ms";
        assert_eq!(standing(&ours("18n5", "register-partition-all"), few), Standing::TooFew);
        assert_eq!(standing(&ours("010n3", "register-partition-all"), few), Standing::Inside);
        let side = "writes begun on n1's side, majority";
        assert_eq!(standing(&ours("010n3", "shards-partition"), &format!("{side}: ms")), Standing::TooFew);
    }

    #[test]
    fn other_clusters_are_not_judged() {
        let row = ours("010n3", "shards-healthy");
        assert!(judge(&row).is_some());
        assert_eq!(judge(&Figures { cluster: "010n4".into(), ..row.clone() }), None);
        assert_eq!(judge(&Figures { as_real: false, ..row }), None, "nor are other settings");
    }
}

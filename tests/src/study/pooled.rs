//! All experiments of the study on several seeds, held against the figures of real clusters.

use std::fmt;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;
use influx_server_mock::Profile;
use serde::{Deserialize, Serialize};

use super::markdown;
use super::settings::{SEEDS, default_nodes};
use super::single::{self, Made};
use crate::experiment::{Ending, Experiment, LabError, Order, Progress, RunDir};
use crate::figures::{Comparison, Figures, Standing, judge};
use crate::report::write_run;

/// What came of it, as `study.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Study {
    /// One for each experiment on each kind of cluster, in the order in which they are told.
    pub pooled: Vec<Pooled>,
    /// Runs that could not be made: the directory and why.
    pub failed: Vec<(String, String)>,
}

/// The runs of one experiment on one kind of cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pooled {
    /// The directories of the runs, below that of the study.
    pub runs: Vec<String>,
    /// Their figures.
    pub figures: Figures,
    /// Beside those of the real cluster; empty where there are none.
    pub compared: Vec<Comparison>,
}

impl Study {
    /// The file of it.
    pub const FILE: &str = "study.json";

    /// All comparisons.
    pub fn compared(&self) -> impl Iterator<Item = &Comparison> {
        self.pooled.iter().flat_map(|pooled| &pooled.compared)
    }
}

/// A kind of cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    profile: Profile,
    nodes: usize,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        let (profile, nodes) = text.split_once('n')?;
        let profile = Profile::ALL.into_iter().find(|known| known.to_string().replace('.', "") == profile)?;
        let nodes = nodes.parse().ok().filter(|nodes| (2..=9).contains(nodes))?;
        Some(Self { profile, nodes })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}n{}", self.profile.to_string().replace('.', ""), self.nodes)
    }
}

/// What of an order is for the study as a whole.
struct Scope {
    seeds: u64,
    jobs: usize,
    kinds: Vec<Kind>,
    experiments: Vec<Experiment>,
    /// What is for each run.
    rest: Vec<(String, String)>,
}

impl Scope {
    fn of(order: &Order) -> Result<Self, LabError> {
        let jobs = std::thread::available_parallelism().map_or(1, NonZero::get);
        let kinds = match (order.profile, order.nodes) {
            (None, None) => vec![Profile::V0_10, Profile::V1_8],
            (profile, _) => vec![profile.unwrap_or(Profile::V0_10)],
        };
        let kind = |profile| Kind { profile, nodes: order.nodes.unwrap_or(default_nodes(profile)) };
        let kinds = kinds.into_iter().map(kind).collect();
        let mut scope =
            Self { seeds: SEEDS, jobs, kinds, experiments: Experiment::OF_STUDY.to_vec(), rest: Vec::new() };
        for (name, value) in &order.set {
            let wrong = |what: &str| LabError::Order(format!("{name}: {value:?} {what}"));
            let number =
                || value.parse().ok().filter(|number| *number > 0).ok_or_else(|| wrong("is no number of runs"));
            match name.as_str() {
                "seeds" => scope.seeds = number()?,
                "jobs" => scope.jobs = usize::try_from(number()?).unwrap_or(usize::MAX),
                "clusters" => {
                    let kinds = value.split(',').map(|text| Kind::parse(text.trim()));
                    let kinds: Option<Vec<Kind>> = kinds.collect();
                    scope.kinds = kinds.ok_or_else(|| wrong("names no clusters: write 010n3,010n5,18n5"))?;
                }
                "experiments" => {
                    let named = |text: &str| Experiment::OF_STUDY.into_iter().find(|one| one.name() == text.trim());
                    let all: Option<Vec<Experiment>> = value.split(',').map(named).collect();
                    scope.experiments = all.ok_or_else(|| wrong("names no experiments of the study"))?;
                }
                _ => scope.rest.push((name.clone(), value.clone())),
            }
        }
        Ok(scope)
    }

    /// One order for each run.
    fn orders(&self, order: &Order) -> Vec<(Kind, Experiment, String, Order)> {
        let mut all = Vec::new();
        for kind in &self.kinds {
            for experiment in &self.experiments {
                for seed in order.seed..order.seed.saturating_add(self.seeds) {
                    let name = format!("{kind}/{experiment}/{seed}");
                    let single = Order {
                        dir: RunDir::at(order.dir.path().join(&name)),
                        seed,
                        nodes: Some(kind.nodes),
                        profile: Some(kind.profile),
                        set: self.rest.clone(),
                        ..order.clone()
                    };
                    all.push((*kind, *experiment, name, single));
                }
            }
        }
        all
    }
}

/// Finds what is wrong with an order for the study, before anything is started.
pub(crate) fn check_study(order: &Order) -> Result<(), LabError> {
    let orders = Scope::of(order)?.orders(order);
    orders.iter().try_for_each(|(_, experiment, _, single)| super::Settings::of(*experiment, single).map(drop))
}

/// Runs every experiment of the study on several seeds, several runs at a time, each in a directory of its own; then pools
/// the figures and holds them against those of the real clusters.
///
/// What has to hold is what held in every real run; whether the distributions are alike is told beside it.
///
/// # Errors
/// [`LabError`] for an order that makes no sense, and when no run could be made. A run that fails while others do not is
/// told in the [`Study`], and is an expectation that did not hold.
///
/// # Cancellation
/// Dropping the future ends the nodes of all runs.
pub async fn run_study(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    check_study(order)?;
    let scope = Scope::of(order)?;
    let orders = scope.orders(order);
    order.dir.make()?;
    let all = orders.len();
    progress.phase(&format!("{all} runs, {} at a time", scope.jobs));
    let counted = AtomicUsize::new(0);
    let made: Mutex<Vec<(usize, Result<Made, LabError>)>> = Mutex::default();
    let runs = futures::stream::iter(orders.iter().enumerate());
    runs.for_each_concurrent(scope.jobs, |(place, (_, experiment, name, single))| {
        let (counted, made) = (&counted, &made);
        async move {
            let result = single::make(*experiment, single, &()).await;
            let told = match &result {
                Ok(made) if made.ending.holds() => "held".to_owned(),
                Ok(_) => "something did not hold".to_owned(),
                Err(error) => error.to_string(),
            };
            progress.note(&format!("{name}: {told}"));
            progress.done((counted.fetch_add(1, Ordering::Relaxed) + 1) as f64 / all as f64);
            made.lock().unwrap_or_else(PoisonError::into_inner).push((place, result));
        }
    })
    .await;
    let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    made.sort_by_key(|(place, _)| *place);
    progress.phase("pooling the figures");
    let mut ending = Ending::default();
    let mut study = Study::default();
    let mut rest = made.into_iter().map(|(_, result)| result);
    for group in orders.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let results: Vec<_> = rest.by_ref().take(group.len()).collect();
        let names = group.iter().map(|(_, _, name, _)| name);
        pool(names.zip(results), &mut study, &mut ending);
    }
    if study.pooled.is_empty() {
        let (name, why) = study.failed.swap_remove(0);
        return Err(LabError::Target(format!("no run could be made; {name}: {why}")));
    }
    summarize(&study, &mut ending);
    order.dir.write_json(Study::FILE, &study)?;
    order.dir.write(markdown::NAME, markdown::tables(&study))?;
    order.dir.write_json(RunDir::ENDING, &ending)?;
    write_run(&order.dir)?;
    Ok(ending)
}

/// Takes in the runs of one experiment on one kind of cluster. Several at a time are no hindrance by themselves: each run tells
/// how busy the machine was.
fn pool<'a>(
    results: impl Iterator<Item = (&'a String, Result<Made, LabError>)>,
    study: &mut Study,
    ending: &mut Ending,
) {
    let (mut names, mut materials, mut verdicts) = (Vec::new(), Vec::new(), Vec::new());
    for (name, result) in results {
        match result {
            Ok(made) => {
                for broken in made.ending.expectations.iter().filter(|expectation| !expectation.held) {
                    ending.expect(format!("{name}: {}", broken.what), false, broken.found.clone());
                }
                names.push(name.clone());
                materials.push(made.material);
                verdicts.extend(made.verdict);
            }
            Err(error) => {
                ending.expect(format!("{name}: the run can be made"), false, error.to_string());
                study.failed.push((name.clone(), error.to_string()));
            }
        }
    }
    if materials.is_empty() {
        return;
    }
    let mut figures = Figures::of(&materials);
    verdicts.iter().for_each(|verdict| figures.verdicts.add(verdict));
    let compared = judge(&figures).unwrap_or_default();
    study.pooled.push(Pooled { runs: names, figures, compared });
}

fn summarize(study: &Study, ending: &mut Ending) {
    let runs: usize = study.pooled.iter().map(|pooled| pooled.runs.len()).sum();
    let bound = study.pooled.iter().any(|pooled| !pooled.compared.is_empty());
    if bound && ending.expectations.is_empty() {
        ending.expect("what held in every run of the real clusters holds in every run", true, format!("{runs} runs"));
    }
    let lines = |latency: bool| -> Vec<String> {
        let outside = study.compared().filter(|one| one.latency == latency && one.is_outside());
        let line = |out: &Comparison| {
            let Comparison { cluster, experiment, what, ours, real, why, .. } = out;
            format!("{cluster} {experiment}, {what}: {ours}, real {real} ({why})")
        };
        outside.map(line).collect()
    };
    for (name, latency) in [("counts", false), ("latencies", true)] {
        let count =
            |standing| study.compared().filter(|one| one.latency == latency && one.standing == standing).count();
        let [outside, inside, few, busy] =
            [Standing::Outside, Standing::Inside, Standing::TooFew, Standing::Busy].map(count);
        let found = format!("{outside} outside, {inside} inside, {few} too few to tell");
        // Chance decides on counts alone: those on which a busy machine has a say are not judged on one. How fast one is, is no
        // fault.
        if !latency && outside + inside > 0 {
            ending.expect("no count is one that the real clusters could not have had", outside == 0, &found);
        }
        let busy = if busy > 0 { format!(", {busy} not judged, as the machine was busy") } else { String::new() };
        ending.summary.push(format!("{name} beside those of the real clusters: {found}{busy}"));
        ending.summary.extend(lines(latency));
    }
    if !bound {
        ending.summary.push("nothing was expected: the real clusters were not run like this".to_owned());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::experiment::Target;

    #[test]
    fn kinds_are_named_as_the_real_ones() {
        let kind = Kind { profile: Profile::V0_10, nodes: 5 };
        assert_eq!((Kind::parse("010n5"), kind.to_string()), (Some(kind), "010n5".to_owned()));
        assert_eq!(Kind::parse("18n5"), Some(Kind { profile: Profile::V1_8, nodes: 5 }));
        assert!(["", "010", "010n1", "19n3", "010nx"].iter().all(|text| Kind::parse(text).is_none()));
    }

    fn study(compared: Vec<(bool, Standing)>) -> Study {
        let one = |(latency, standing)| Comparison {
            experiment: "register-partition-any".into(),
            cluster: "010n3".into(),
            what: "stale reads".into(),
            ours: "1/900 (0 %)".into(),
            real: "1066/2603 (41 %)".into(),
            latency,
            standing,
            why: "41 points apart, 5.0 allowed".into(),
        };
        let compared = compared.into_iter().map(one).collect();
        let runs = vec!["010n3/register-partition-any/1".into()];
        Study { pooled: vec![Pooled { runs, figures: Figures::default(), compared }], failed: Vec::new() }
    }

    /// A count outside is exit code 40; a slow machine is not.
    #[test]
    fn a_study_holds_only_where_no_count_is_outside() {
        let held = |compared| {
            let mut ending = Ending::default();
            summarize(&study(compared), &mut ending);
            ending
        };
        let (count, latency) = (false, true);
        assert!(held(vec![(count, Standing::Inside), (latency, Standing::Outside), (count, Standing::TooFew)]).holds());
        let outside = held(vec![(count, Standing::Inside), (count, Standing::Outside), (latency, Standing::Busy)]);
        assert!(!outside.holds());
        assert_eq!(outside.expectations.last().unwrap().found, "1 outside, 1 inside, 0 too few to tell");
        assert!(outside.summary.iter().any(|line| line.contains("stale reads: 1/900 (0 %), real 1066/2603")));
        let nothing = held(Vec::new());
        assert!(nothing.expectations.is_empty() && nothing.summary.last().unwrap().starts_with("nothing was expected"));
    }

    #[test]
    fn an_order_for_the_study_is_one_order_for_each_run() {
        let set = [("seeds", "2"), ("clusters", "010n5"), ("pause", "40ms"), ("experiments", "shards-healthy")];
        let order = Order { seed: 10, ..Order::of_test(Target::Simulation, &set) };
        let all = Scope::of(&order).unwrap().orders(&order);
        let told: Vec<_> = all.iter().map(|(_, _, name, single)| (name.as_str(), single.seed, single.nodes)).collect();
        assert_eq!(told, [("010n5/shards-healthy/10", 10, Some(5)), ("010n5/shards-healthy/11", 11, Some(5))]);
        assert_eq!(all[0].3.set, [("pause".to_owned(), "40ms".to_owned())]);
        let wrong = Order { set: vec![("seeds".into(), "0".into())], ..order };
        assert!(Scope::of(&wrong).is_err());
    }
}

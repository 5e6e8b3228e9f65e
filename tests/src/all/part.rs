//! What belongs to everything, and how far each part is.

use std::time::Duration;

use influx_server_mock::Profile;
use tokio::sync::mpsc::UnboundedSender;

use super::{SIMULATED, SIMULATION};
use crate::experiment::{Experiment, LabError, Order, Progress, RunDir, Target, TargetKind};

/// One run of everything.
#[derive(Debug)]
pub(super) struct Part {
    /// Of its directory too.
    pub(super) name: String,
    pub(super) experiment: Experiment,
    pub(super) order: Order,
}

/// The experiments of the study, those that take longest first.
const STUDY: [Experiment; 7] = [
    Experiment::ShardsLongCut,
    Experiment::RegisterPartitionAll,
    Experiment::RegisterPartitionAny,
    Experiment::ShardsPartition,
    Experiment::ShardsHealthy,
    Experiment::RegisterHealthyAll,
    Experiment::RegisterHealthyAny,
];

/// How long the workload of `truth` runs here at most: it is run for itself when there is time.
const TRUTH: Duration = Duration::from_secs(45);

/// All parts of an order, or those that its setting `only` names.
///
/// A profile in the order leaves the other out of the experiments of the study, of `truth`, its simulation and `repair`; `bugs`
/// looks for each bug where it is and where it is not, and `compare` runs on 1.8, whatever it says. Its target and nodes are
/// for the experiments of the study, its time is for these and `truth`.
pub(super) fn parts(order: &Order) -> Result<Vec<Part>, LabError> {
    let profiles = order.profile.map_or(vec![Profile::V0_10, Profile::V1_8], |profile| vec![profile]);
    let simulated: u64 = order.number("simulated", SIMULATED)?;
    let below = |name: &str| Order {
        dir: RunDir::at(order.dir.file(name)),
        seed: order.seed,
        time: None,
        nodes: None,
        profile: None,
        set: Vec::new(),
        target: order.target.clone(),
    };
    let part = |name: &str, experiment: Experiment, mut order: Order| {
        if !experiment.targets().contains(&order.target.kind()) {
            order.target = without_namespaces(order.target);
        }
        Part { name: name.to_owned(), experiment, order }
    };
    let mut parts = Vec::new();
    for experiment in STUDY {
        for profile in &profiles {
            let name = format!("{experiment}-{profile}");
            let own = Order { time: order.time, nodes: order.nodes, profile: Some(*profile), ..below(&name) };
            parts.push(part(&name, experiment, own));
        }
    }
    for profile in &profiles {
        let name = format!("truth-{profile}");
        parts.push(part(
            &name,
            Experiment::Truth,
            Order {
                time: Some(order.time.map_or(TRUTH, |time| time.min(TRUTH))),
                profile: Some(*profile),
                ..below(&name)
            },
        ));
    }
    let set = vec![("seeds".to_owned(), simulated.to_string())];
    let simulation = Order { set, profile: order.profile, target: Target::Simulation, ..below(SIMULATION) };
    parts.push(part(SIMULATION, Experiment::Truth, simulation));
    for experiment in [Experiment::Bugs, Experiment::Repair, Experiment::Compare] {
        let profile = order.profile.filter(|_| experiment == Experiment::Repair);
        parts.push(part(experiment.name(), experiment, Order { profile, ..below(experiment.name()) }));
    }
    match order.setting("only") {
        Some(wanted) => only(parts, wanted),
        None => Ok(parts),
    }
}

/// The parts that are named, by themselves or by their experiments; the simulation by itself alone.
fn only(parts: Vec<Part>, wanted: &str) -> Result<Vec<Part>, LabError> {
    let is = |part: &Part, name: &str| {
        part.name == name || (part.experiment.name() == name && part.order.target.kind() != TargetKind::Simulation)
    };
    let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
    if let Some(unknown) = wanted.iter().find(|name| !parts.iter().any(|part| is(part, name))) {
        return Err(LabError::Order(format!("only={unknown}: it is no part of everything")));
    }
    Ok(parts.into_iter().filter(|part| wanted.iter().any(|name| is(part, name))).collect())
}

/// The same processes, all of them on loopback.
fn without_namespaces(target: Target) -> Target {
    match target {
        Target::Namespaces { executable, arguments } => Target::Processes { executable, arguments },
        Target::Processes { .. } | Target::Simulation | Target::Hosts(_) => target,
    }
}

/// How far all parts are.
#[derive(Debug)]
pub(super) struct Shares(Vec<f64>);

impl Shares {
    pub(super) fn new(parts: usize) -> Self {
        Self(vec![0.0; parts])
    }

    /// Takes in how far one part is; how far they are together.
    pub(super) fn set(&mut self, place: usize, share: f64) -> f64 {
        // A part tells of one phase after the other, each from 0 on; what is shown never goes back.
        self.0[place] = self.0[place].max(share);
        #[allow(clippy::cast_precision_loss, reason = "a share, for a person")]
        let count = self.0.len() as f64;
        self.0.iter().sum::<f64>() / count
    }
}

/// What a part tells.
#[derive(Debug)]
pub(super) enum News {
    /// Which part is how far.
    Done(usize, f64),
    /// Something that is worth a line, with the part's name.
    Note(String),
}

/// The progress of one part, told to whoever tells that of the whole.
#[derive(Debug)]
pub(super) struct Share {
    place: usize,
    name: String,
    tell: UnboundedSender<News>,
}

impl Share {
    pub(super) fn new(place: usize, name: String, tell: UnboundedSender<News>) -> Self {
        Self { place, name, tell }
    }

    fn tell(&self, news: News) {
        // Nobody hears it once the whole is given up.
        let _ = self.tell.send(news);
    }
}

impl Progress for Share {
    /// The phases of several runs at a time would only flicker.
    fn phase(&self, _what: &str) {}

    fn done(&self, share: f64) {
        self.tell(News::Done(self.place, share));
    }

    fn note(&self, what: &str) {
        self.tell(News::Note(format!("{}: {what}", self.name)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    fn order(profile: Option<Profile>) -> Order {
        Order { seed: 3, profile, ..Order::of_test(Target::of_test(), &[]) }
    }

    #[test]
    fn everything_is_run_and_in_a_directory_of_its_own() {
        let parts = parts(&order(None)).unwrap();
        let dirs: BTreeSet<_> = parts.iter().map(|part| part.order.dir.path().to_owned()).collect();
        assert_eq!(dirs.len(), parts.len());
        for experiment in Experiment::ALL {
            let whole = matches!(experiment, Experiment::Study | Experiment::All);
            assert_eq!(parts.iter().any(|part| part.experiment == experiment), !whole, "{experiment}");
        }
        for part in &parts {
            part.experiment.check(&part.order).unwrap();
            assert_eq!(part.order.seed, 3);
        }
    }

    #[test]
    fn what_knows_no_namespaces_runs_without() {
        let target = Target::Namespaces { executable: "x".into(), arguments: Vec::new() };
        for part in parts(&Order { target, ..order(None) }).unwrap() {
            part.experiment.check(&part.order).unwrap();
        }
    }

    #[test]
    fn one_profile_leaves_the_other_out_wherever_there_is_a_choice() {
        for profile in Profile::ALL {
            let parts = parts(&order(Some(profile))).unwrap();
            for part in &parts {
                part.experiment.check(&part.order).unwrap();
                let either = matches!(part.experiment, Experiment::Bugs | Experiment::Compare);
                assert_eq!(part.order.profile, Some(profile).filter(|_| !either), "{}", part.name);
            }
            assert_eq!(parts.len(), STUDY.len() + 5);
        }
    }

    /// Time and nodes reach those that take them, and no part refuses what it is given.
    #[test]
    fn no_part_is_given_what_it_refuses() {
        let more = Order { time: Some(TRUTH), nodes: Some(5), ..order(None) };
        for part in parts(&more).unwrap() {
            part.experiment.check(&part.order).unwrap();
        }
    }

    #[test]
    fn parts_are_named_by_themselves_or_by_their_experiments() {
        let named = |only: &str| {
            let set = vec![("only".to_owned(), only.to_owned())];
            let parts = parts(&Order { set, ..order(None) })?;
            Ok::<_, LabError>(parts.into_iter().map(|part| part.name).collect::<Vec<_>>())
        };
        assert_eq!(named("truth, bugs").unwrap(), ["truth-0.10", "truth-1.8", "bugs"]);
        assert_eq!(named("truth-sim").unwrap(), ["truth-sim"]);
        assert_eq!(named("shards-healthy-1.8").unwrap(), ["shards-healthy-1.8"]);
        assert!(named("shards").is_err());
    }

    #[test]
    fn the_whole_is_as_far_as_its_parts() {
        let mut shares = Shares::new(4);
        assert!((shares.set(1, 0.5) - 0.125).abs() < 1e-9);
        assert!((shares.set(1, 0.1) - 0.125).abs() < 1e-9, "it does not go back");
        assert!((shares.set(0, 1.0) - 0.375).abs() < 1e-9);
    }
}

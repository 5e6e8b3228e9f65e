//! The settings of the study's experiments.

use std::time::Duration;

use influx_client::ConsistencyLevel;
use influx_server_mock::{OptionError, Options, Profile};

use crate::experiment::{Experiment, LabError, Order, Setting};
use crate::nemesis::Halves;

/// What clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// They read and write one register.
    Register,
    /// Each write goes to a shard group of its own.
    Shards,
}

/// A run of the study, with all that can be set filled in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What clients do.
    pub workload: Workload,
    /// Which system the cluster is to answer like.
    pub profile: Profile,
    /// How many data nodes, each with a client of its own.
    pub nodes: usize,
    /// How long clients begin operations.
    pub time: Duration,
    /// The level of the writes.
    pub level: ConsistencyLevel,
    /// The longest pause of a client after an operation; pauses are even from nothing to this.
    pub pause: Duration,
    /// How long a client waits for an answer.
    pub client_timeout: Duration,
    /// How the network is cut; `None` where it stays whole.
    pub halves: Option<Halves>,
    /// How long the queues may take to be empty after the run.
    pub drain_limit: Duration,
    /// The switches of the nodes.
    pub options: Options,
}

/// What a run is unless something else is ordered.
#[derive(Clone, Copy, Debug)]
struct Plan {
    workload: Workload,
    level: ConsistencyLevel,
    halves: Option<Halves>,
    client_timeout: Duration,
}

const SECOND: Duration = Duration::from_secs(1);
/// How long the queues may take to be empty after a run, unless it is set.
const DRAIN_LIMIT: Duration = Duration::from_secs(90);
/// Runs of each experiment of `study` on each cluster, unless it is set.
pub(super) const SEEDS: u64 = 6;

impl Plan {
    /// That of a single run of the study; nothing else has one.
    fn of(experiment: Experiment) -> Option<Self> {
        let study = Halves { whole: SECOND, cut: 3 * SECOND, first_is_cut_off: false };
        // In 0.10 all nodes ask the first one for what the meta service decides. It gives up after eleven tries, a second
        // apart, if it knows no leader all the while; a client that hears of it waits longer than that.
        let long = Halves { cut: 15 * SECOND, first_is_cut_off: true, ..study };
        let (workload, level, halves) = match experiment {
            Experiment::RegisterHealthyAll => (Workload::Register, ConsistencyLevel::All, None),
            Experiment::RegisterHealthyAny => (Workload::Register, ConsistencyLevel::Any, None),
            Experiment::RegisterPartitionAll => (Workload::Register, ConsistencyLevel::All, Some(study)),
            Experiment::RegisterPartitionAny => (Workload::Register, ConsistencyLevel::Any, Some(study)),
            Experiment::ShardsHealthy => (Workload::Shards, ConsistencyLevel::Any, None),
            Experiment::ShardsPartition => (Workload::Shards, ConsistencyLevel::Any, Some(study)),
            Experiment::ShardsLongCut => (Workload::Shards, ConsistencyLevel::Any, Some(long)),
            Experiment::Study
            | Experiment::Truth
            | Experiment::Bugs
            | Experiment::Repair
            | Experiment::Compare
            | Experiment::All => return None,
        };
        let waits = if experiment == Experiment::ShardsLongCut { 20 } else { 10 };
        Some(Self { workload, level, halves, client_timeout: waits * SECOND })
    }
}

impl Workload {
    /// The longest pause of a client after an operation, unless it is set.
    fn pause(self) -> Duration {
        match self {
            Self::Register => SECOND / 5,
            Self::Shards => SECOND / 2,
        }
    }
}

/// What can be set for a single run, beside the options of the nodes; for `study`, what can be set for all of its runs.
pub fn run_settings(experiment: Experiment) -> Vec<Setting> {
    let plan = Plan::of(experiment);
    let own = |told: &dyn Fn(&Plan) -> String| plan.as_ref().map_or_else(|| "that of each run".to_owned(), told);
    let meaning = "consistency level of the writes: any, one, quorum or all";
    let mut settings = vec![
        Setting::new("level", own(&|plan| plan.level.to_string()), meaning),
        Setting::new("pause", own(&|plan| told(plan.workload.pause())), "longest pause of a client after an operation"),
        Setting::new("client-timeout", own(&|plan| told(plan.client_timeout)), "how long a client waits for an answer"),
    ];
    let cuts = match plan {
        Some(plan) => plan.halves.map(|halves| [halves.whole, halves.cut].map(told)),
        None => Some(["1s", "3s; 15s in shards-long-cut"].map(str::to_owned)),
    };
    if let Some([whole, cut]) = cuts {
        let [whole_means, cut_means] = match plan {
            Some(_) => ["how long the network is whole before each cut", "how long each cut lasts; 0s for none"],
            None => [
                "how long the network is whole before each cut, where `experiments` names none but those with cuts",
                "likewise, how long each cut lasts; 0s for none",
            ],
        };
        settings.extend([Setting::new("whole", whole, whole_means), Setting::new("cut", cut, cut_means)]);
    }
    let meaning = "how long hinted handoff may take to be empty after the run";
    settings.push(Setting::new("drain-limit", told(DRAIN_LIMIT), meaning));
    settings
}

/// What can be set for `study` as a whole.
pub fn study_settings() -> Vec<Setting> {
    let clusters = "which clusters, separated by commas: 0.10 or 1.8 and how many nodes, as 010n5 or 18n3";
    vec![
        Setting::new("seeds", SEEDS.to_string(), "runs of each experiment on each cluster"),
        Setting::new("jobs", "as many as there are processors", "runs at a time"),
        Setting::new("clusters", "010n3,18n5", clusters),
        Setting::new("experiments", "all of them", "which experiments, separated by commas")
            .one_of(Experiment::OF_STUDY.map(Experiment::name)),
    ]
}

/// As it is written in a setting.
fn told(time: Duration) -> String {
    format!("{time:?}")
}

impl Settings {
    /// The settings of a run.
    ///
    /// # Errors
    /// [`LabError::Order`] for an experiment that is none of the study's, a setting that nobody knows, or a value that
    /// makes no sense.
    pub fn of(experiment: Experiment, order: &Order) -> Result<Self, LabError> {
        let mut settings = Self::of_name(experiment, order)?;
        settings.time = order.time.unwrap_or(settings.time);
        for (name, value) in &order.set {
            settings.set(experiment, name, value)?;
        }
        Ok(settings)
    }

    fn of_name(experiment: Experiment, order: &Order) -> Result<Self, LabError> {
        let Some(Plan { workload, level, halves, client_timeout }) = Plan::of(experiment) else {
            return Err(LabError::Order(format!("{experiment} is no single run of the 2016 study")));
        };
        let profile = order.profile.unwrap_or(Profile::V0_10);
        let nodes = order.nodes.unwrap_or(default_nodes(profile));
        if nodes < 2 {
            return Err(LabError::Order("the study needs at least two nodes".to_owned()));
        }
        Ok(Self {
            workload,
            profile,
            nodes,
            time: 30 * SECOND,
            level,
            pause: workload.pause(),
            client_timeout,
            halves,
            drain_limit: DRAIN_LIMIT,
            options: study_options(profile)?,
        })
    }

    fn set(&mut self, experiment: Experiment, name: &str, value: &str) -> Result<(), LabError> {
        let name = name.replace('_', "-");
        match name.as_str() {
            "level" => self.level = value.parse().map_err(|error| wrong(&name, value, &error))?,
            "pause" => self.pause = duration(&name, value)?,
            "client-timeout" => self.client_timeout = duration(&name, value)?,
            "whole" | "cut" => {
                let Some(halves) = &mut self.halves else {
                    return Err(LabError::Order(format!("{name}: the network stays whole in this experiment")));
                };
                let length = if name == "cut" { &mut halves.cut } else { &mut halves.whole };
                *length = duration(&name, value)?;
            }
            "drain-limit" => self.drain_limit = duration(&name, value)?,
            _ => {
                return self.options.set(&name, value).map_err(|error| match error {
                    OptionError::Unknown(_) => unknown(experiment, &name, self.profile),
                    other => LabError::Order(other.to_string()),
                });
            }
        }
        Ok(())
    }
}

/// How many data nodes the figures of a real cluster were taken with.
#[must_use]
pub const fn default_nodes(profile: Profile) -> usize {
    match profile {
        Profile::V0_10 => 3,
        Profile::V1_8 => 5,
    }
}

/// The nodes' options under which the figures of the real clusters were taken: both time-outs of a write are one second,
/// and the cuts are those of a packet filter.
fn study_options(profile: Profile) -> Result<Options, LabError> {
    let mut options = Options::new(profile);
    let settings: &[(&str, &str)] = match profile {
        Profile::V0_10 => &[("write-timeout", "1s"), ("shard-writer-timeout", "1s"), ("link-retransmission", "true")],
        Profile::V1_8 => &[("write-timeout", "1s"), ("link-retransmission", "true")],
    };
    for (name, value) in settings {
        options.set(name, value).map_err(|error| LabError::Order(error.to_string()))?;
    }
    Ok(options)
}

fn wrong(name: &str, value: &str, why: &dyn std::fmt::Display) -> LabError {
    LabError::Order(format!("{name}: {value:?}: {why}"))
}

/// Reads a time such as `200ms`, `1.5s` or `2m`.
pub(super) fn duration(name: &str, value: &str) -> Result<Duration, LabError> {
    influx_server_mock::go::parse_duration(value).map_err(|error| wrong(name, value, &error))
}

fn unknown(experiment: Experiment, name: &str, profile: Profile) -> LabError {
    let options = Options::describe(profile);
    let known = run_settings(experiment).into_iter().map(|setting| setting.name);
    let known = known.chain(options.iter().map(|option| option.name));
    let nearest = known.map(|known| (strsim::jaro_winkler(known, name), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    let suggestion = match nearest {
        Some((likeness, known)) if likeness > 0.8 => format!(": did you mean {known}?"),
        Some(_) | None => String::new(),
    };
    LabError::Order(format!("neither this experiment nor a node of profile {profile} has a setting {name}{suggestion}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::experiment::Target;

    fn order(set: &[(&str, &str)]) -> Order {
        Order::of_test(Target::Simulation, set)
    }

    #[test]
    fn an_order_changes_the_experiment_and_the_nodes() {
        let order = order(&[("pause", "40ms"), ("cut", "500ms"), ("write_timeout", "5s"), ("level", "quorum")]);
        let settings = Settings::of(Experiment::RegisterPartitionAll, &order).unwrap();
        assert_eq!(settings.pause, Duration::from_millis(40));
        assert_eq!(settings.halves.map(|halves| halves.cut), Some(Duration::from_millis(500)));
        assert_eq!(settings.options.write_timeout, Duration::from_secs(5));
        assert_eq!(settings.options.shard_writer_timeout, Duration::from_secs(1));
        assert_eq!(settings.level, ConsistencyLevel::Quorum);
    }

    #[test]
    fn a_client_waits_for_the_end_of_the_meta_service_s_tries_where_the_cuts_are_that_long() {
        let of = |experiment| {
            let settings = Settings::of(experiment, &order(&[])).unwrap();
            (settings.client_timeout.as_secs(), settings.halves.map(|halves| halves.first_is_cut_off))
        };
        assert_eq!(of(Experiment::ShardsLongCut), (20, Some(true)));
        assert_eq!(of(Experiment::ShardsPartition), (10, Some(false)));
        assert_eq!(of(Experiment::ShardsHealthy), (10, None));
    }

    #[test]
    fn mistakes_are_named_before_anything_starts() {
        let said =
            |set: &[(&str, &str)]| Settings::of(Experiment::RegisterHealthyAny, &order(set)).unwrap_err().to_string();
        assert!(said(&[("client-timeot", "1s")]).ends_with("did you mean client-timeout?"));
        assert!(said(&[("write-timeot", "1s")]).ends_with("did you mean write-timeout?"));
        assert!(said(&[("cut", "1s")]).contains("stays whole"));
        assert!(said(&[("pause", "1")]).contains("pause"));
        assert!(said(&[("max-body-size", "1k")]).contains("0.10"));
    }
}

//! What can be set for each experiment.

use influx_server_mock::{Options, Profile};

use super::catalogue::Family;
use super::{Experiment, TargetKind};
use crate::bugs::Bug;
use crate::repair::Cause;
use crate::{all, study};

/// A setting of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in `--set NAME=VALUE`.
    pub name: &'static str,
    /// What holds unless it is given.
    pub default: String,
    /// What it means.
    pub meaning: &'static str,
    /// The words that it takes, several of them separated by commas; empty for one that takes something else.
    pub values: Vec<&'static str>,
}

impl Setting {
    /// One that takes no words of a list.
    pub(crate) fn new(name: &'static str, default: impl Into<String>, meaning: &'static str) -> Self {
        Self { name, default: default.into(), meaning, values: Vec::new() }
    }

    /// The same, for these words.
    pub(crate) fn one_of(self, values: impl IntoIterator<Item = &'static str>) -> Self {
        Self { values: values.into_iter().collect(), ..self }
    }
}

fn only(what: &'static str) -> Setting {
    Setting::new("only", "all of them", what)
}

impl Experiment {
    /// What can be set for it, beside the options of the cluster's nodes.
    #[must_use]
    pub fn settings(self) -> Vec<Setting> {
        match self.family() {
            Family::Single => study::run_settings(self),
            Family::Study => [study::study_settings(), study::run_settings(self)].concat(),
            Family::Compare => vec![Setting::new("seeds", "1", "schedules of faults, 20 at most")],
            Family::All => {
                let parts = Self::ALL.into_iter().filter(|one| !matches!(one.family(), Family::Study | Family::All));
                let meaning = "what to run, separated by commas; truth-sim is the simulation, and of the runs on either \
                               profile NAME-0.10 and NAME-1.8 are one alone";
                vec![
                    Setting::new("at-a-time", all::AT_A_TIME.to_string(), "runs under way at a time"),
                    Setting::new("simulated", all::SIMULATED.to_string(), "seeds of the simulation"),
                    only(meaning).one_of(parts.map(Self::name).chain([all::SIMULATION])),
                ]
            }
            Family::Truth => {
                vec![Setting::new("seeds", "10000", "with --sim alone: schedules that it plays, each from its seed")]
            }
            Family::Bugs => vec![only("bugs to look for, separated by commas").one_of(Bug::ALL.map(Bug::id))],
            Family::Repair => vec![only("causes to repair, separated by commas").one_of(Cause::ALL.map(Cause::id))],
        }
    }

    /// Whether options of the nodes can be set for it too, on clusters that it starts itself. Of the others, each run needs
    /// the clusters that it has.
    #[must_use]
    pub fn takes_node_options(self) -> bool {
        match self.family() {
            Family::Single | Family::Study | Family::Truth => true,
            Family::Bugs | Family::Repair | Family::Compare | Family::All => false,
        }
    }

    /// The names of all that can be set for it: its own settings, then the options of the nodes where it takes them.
    #[must_use]
    pub fn setting_names(self) -> Vec<&'static str> {
        let own = self.settings().into_iter().map(|setting| setting.name);
        let nodes = Profile::ALL.into_iter().filter(|_| self.takes_node_options()).flat_map(Options::describe);
        let mut names: Vec<&'static str> = Vec::new();
        for name in own.chain(nodes.map(|option| option.name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether it goes over several seeds by itself, as many as its setting `seeds` says.
    #[must_use]
    pub fn has_seeds(self, target: TargetKind) -> bool {
        match self.family() {
            Family::Study | Family::Compare => true,
            Family::Truth => target == TargetKind::Simulation,
            Family::Single | Family::Bugs | Family::Repair | Family::All => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::experiment::{LabError, Order, Target};

    /// The order that a setting is tried in: that of the whole experiment, where the setting is for all of it.
    fn checked(experiment: Experiment, name: &str, value: &str) -> Result<(), LabError> {
        let target = match (experiment, name) {
            (Experiment::Truth, "seeds") => Target::Simulation,
            _ => Target::of_test(),
        };
        let mut set = vec![(name, value)];
        if experiment == Experiment::Study && matches!(name, "whole" | "cut") {
            set.push(("experiments", "register-partition-any,shards-partition"));
        }
        experiment.check(&Order::of_test(target, &set))
    }

    fn sample(name: &str) -> &'static str {
        match name {
            "level" => "quorum",
            "clusters" => "010n5",
            "seeds" | "jobs" | "at-a-time" | "simulated" => "2",
            _ => "2s",
        }
    }

    #[test]
    fn what_is_listed_is_taken_and_what_is_not_is_refused() {
        let all: BTreeSet<&str> =
            Experiment::ALL.into_iter().flat_map(Experiment::settings).map(|one| one.name).collect();
        for experiment in Experiment::ALL {
            let own = experiment.settings();
            for setting in &own {
                for value in &setting.values {
                    checked(experiment, setting.name, value).unwrap();
                }
                if setting.values.is_empty() {
                    checked(experiment, setting.name, sample(setting.name)).unwrap();
                }
            }
            for other in all.iter().filter(|name| !own.iter().any(|setting| setting.name == **name)) {
                let refused = checked(experiment, other, sample(other));
                assert!(matches!(refused, Err(LabError::Order(_))), "{experiment} {other}: {refused:?}");
            }
            let of_nodes = checked(experiment, "write-timeout", "2s");
            assert_eq!(of_nodes.is_ok(), experiment.takes_node_options(), "{experiment}: {of_nodes:?}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_experiment() {
        let default = |experiment: Experiment, name| {
            experiment.settings().into_iter().find(|setting| setting.name == name).map(|setting| setting.default)
        };
        assert_eq!(default(Experiment::ShardsLongCut, "cut").as_deref(), Some("15s"));
        assert_eq!(default(Experiment::ShardsLongCut, "client-timeout").as_deref(), Some("20s"));
        assert_eq!(default(Experiment::RegisterPartitionAll, "level").as_deref(), Some("all"));
        assert_eq!(default(Experiment::RegisterHealthyAny, "pause").as_deref(), Some("200ms"));
        assert_eq!(default(Experiment::RegisterHealthyAny, "cut"), None);
    }
}

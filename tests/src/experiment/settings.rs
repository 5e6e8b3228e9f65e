//! What can be set for each experiment.

use influx_server_mock::{OptionError, Options, Profile};
use url::Url;

use super::{Experiment, LabError, Order, Target, TargetKind};
use crate::study::{self, RUN_SETTINGS, STUDY_SETTINGS};
use crate::{all, bugs, compare, repair, truth};

/// A setting of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in `--set NAME=VALUE`.
    pub name: &'static str,
    /// What holds unless it is given.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const SEEDS: Setting = Setting { name: "seeds", default: "1", meaning: "schedules of faults" };

const SCHEDULES: Setting =
    Setting { name: "seeds", default: "10000", meaning: "schedules that the simulation plays, each from its seed" };

const AT_A_TIME: Setting = Setting { name: "at-a-time", default: "4", meaning: "runs under way at a time" };

const SIMULATED: Setting = Setting { name: "simulated", default: "3000", meaning: "seeds of the simulation" };

const ONLY: Setting = Setting { name: "only", default: "all of them", meaning: "those to run, separated by commas" };

const PARTS: Setting = Setting {
    name: "only",
    default: "all of them",
    meaning: "experiments to run, separated by commas; truth-sim is the simulation",
};

/// Settings of faults, which the lab makes on clusters of its own alone.
const OF_OUR_CLUSTERS: [&str; 3] = ["cut", "whole", "seeds"];

impl Experiment {
    /// What can be set for it, beside the options of the cluster's nodes.
    #[must_use]
    pub fn settings(self) -> Vec<Setting> {
        match self {
            Self::RegisterHealthyAll
            | Self::RegisterHealthyAny
            | Self::RegisterPartitionAll
            | Self::RegisterPartitionAny
            | Self::ShardsHealthy
            | Self::ShardsPartition
            | Self::ShardsLongCut => RUN_SETTINGS.to_vec(),
            Self::Study => [STUDY_SETTINGS, RUN_SETTINGS].concat(),
            Self::Compare => vec![SEEDS],
            Self::All => vec![AT_A_TIME, SIMULATED, PARTS],
            Self::Truth => vec![SCHEDULES],
            Self::Bugs | Self::Repair => vec![ONLY],
        }
    }

    /// Whether it goes over several seeds by itself, as many as its setting `seeds` says.
    #[must_use]
    pub fn has_seeds(self, target: TargetKind) -> bool {
        match self {
            Self::Study | Self::Compare => true,
            Self::Truth => target == TargetKind::Simulation,
            Self::RegisterHealthyAll
            | Self::RegisterHealthyAny
            | Self::RegisterPartitionAll
            | Self::RegisterPartitionAny
            | Self::ShardsHealthy
            | Self::ShardsPartition
            | Self::ShardsLongCut
            | Self::Bugs
            | Self::Repair
            | Self::All => false,
        }
    }

    /// What it can be run against.
    #[must_use]
    pub const fn targets(self) -> &'static [TargetKind] {
        use TargetKind::{Hosts, Namespaces, Processes, Simulation};
        match self {
            Self::RegisterHealthyAll
            | Self::RegisterHealthyAny
            | Self::RegisterPartitionAll
            | Self::RegisterPartitionAny
            | Self::ShardsHealthy
            | Self::ShardsPartition
            | Self::ShardsLongCut => &[Processes, Namespaces, Hosts],
            Self::Study => &[Processes, Namespaces],
            Self::Truth => &[Processes, Simulation, Hosts],
            Self::All => &[Processes, Namespaces],
            Self::Bugs | Self::Repair | Self::Compare => &[Processes],
        }
    }

    /// Finds what is wrong with an order before anything is started.
    ///
    /// # Errors
    /// [`LabError::Order`].
    pub fn check(self, order: &Order) -> Result<(), LabError> {
        let kind = order.target.kind();
        if !self.targets().contains(&kind) {
            let those: Vec<&str> = self.targets().iter().map(|kind| kind.words()).collect();
            return Err(LabError::Order(format!("{self} runs against {}, not {}", those.join(" or "), kind.words())));
        }
        if let Target::Hosts(hosts) = &order.target {
            self.check_hosts(order, &hosts.urls)?;
        }
        for (name, value) in &order.set {
            self.check_setting(order, name, value)?;
        }
        match self {
            Self::RegisterHealthyAll
            | Self::RegisterHealthyAny
            | Self::RegisterPartitionAll
            | Self::RegisterPartitionAny
            | Self::ShardsHealthy
            | Self::ShardsPartition
            | Self::ShardsLongCut => study::Settings::of(self, order).map(drop),
            Self::Study => study::check_study(order),
            Self::Truth => truth::check(order),
            Self::Bugs => bugs::check(order),
            Self::Repair => repair::check(order),
            Self::Compare => compare::check(order),
            Self::All => all::check(order),
        }
    }

    /// What is wrong with an order for a cluster that is there already.
    fn check_hosts(self, order: &Order, urls: &[String]) -> Result<(), LabError> {
        for (position, host) in urls.iter().enumerate() {
            check_host(host)
                .map_err(|why| LabError::Order(format!("address {} of the cluster: {why}", position + 1)))?;
        }
        if order.nodes.is_some() || order.profile.is_some() {
            let why = "a cluster that is there already has the nodes and the rules that it has: neither can be chosen";
            return Err(LabError::Order(why.to_owned()));
        }
        let own = self.settings();
        for (name, _) in &order.set {
            let plain = name.replace('_', "-");
            if !own.iter().any(|setting| setting.name == plain) {
                let why = format!("{name} cannot be set on the nodes of a cluster that is there already");
                return Err(LabError::Order(why));
            }
            if OF_OUR_CLUSTERS.contains(&plain.as_str()) {
                let why =
                    format!("{name} has no effect on a cluster that is there already: its faults are yours to make");
                return Err(LabError::Order(why));
            }
        }
        Ok(())
    }

    fn check_setting(self, order: &Order, name: &str, value: &str) -> Result<(), LabError> {
        if self.settings().iter().any(|setting| setting.name == name) {
            return Ok(());
        }
        let profiles = order.profile.map_or(Profile::ALL.to_vec(), |profile| vec![profile]);
        let mut wrong = None;
        for profile in profiles {
            match Options::new(profile).set(name, value) {
                Ok(()) => return Ok(()),
                // What is not the nodes' is the experiment's to know.
                Err(OptionError::Unknown(_)) => return Ok(()),
                Err(error) => wrong = Some(error),
            }
        }
        wrong.map_or(Ok(()), |error| Err(LabError::Order(error.to_string())))
    }

    /// The names of all that can be set for it: its own settings, then the options of the nodes.
    #[must_use]
    pub fn setting_names(self) -> Vec<&'static str> {
        let own = self.settings().into_iter().map(|setting| setting.name);
        let nodes = Profile::ALL.into_iter().flat_map(Options::describe).map(|option| option.name);
        let mut names: Vec<&'static str> = Vec::new();
        for name in own.chain(nodes) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// Refuses what is no address, and what must not be kept in the files of a run. The address itself is not told: it may
/// hold a password.
fn check_host(host: &str) -> Result<(), String> {
    let url = Url::parse(host).map_err(|error| error.to_string())?;
    if url.username().is_empty() && url.password().is_none() {
        Ok(())
    } else {
        Err("it has a user or a password, which the pages of the run would show".to_owned())
    }
}

impl TargetKind {
    /// What is meant, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Processes => "processes of this machine",
            Self::Namespaces => "processes in network namespaces",
            Self::Simulation => "the simulation",
            Self::Hosts => "a cluster that is there already",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::experiment::{Hosts, RunDir};

    #[test]
    fn an_address_that_would_show_a_password_is_refused_without_showing_it() {
        assert_eq!(check_host("http://127.0.0.1:8086"), Ok(()));
        for host in ["http://me:hidden@h:1", "http://hidden@h:1", "hidden", "http://me:hidden@:1"] {
            let why = check_host(host).unwrap_err();
            assert!(!why.contains("hidden"), "{why}");
        }
    }

    fn order(target: Target, set: &[(&str, &str)]) -> Order {
        Order {
            dir: RunDir::at("unused"),
            seed: 1,
            time: None,
            nodes: None,
            profile: None,
            set: set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            target,
        }
    }

    fn processes() -> Target {
        Target::Processes { executable: "/bin/x".into(), arguments: Vec::new() }
    }

    #[test]
    fn what_a_run_would_refuse_is_refused_before_it() {
        for (experiment, name, value) in [
            (Experiment::RegisterHealthyAny, "pause", "soon"),
            (Experiment::RegisterHealthyAny, "cut", "1s"),
            (Experiment::RegisterPartitionAny, "level", "most"),
            (Experiment::Study, "seeds", "0"),
            (Experiment::Study, "experiments", "truth"),
            (Experiment::Study, "pause", "soon"),
            (Experiment::Truth, "write-timeout", "soon"),
            (Experiment::Bugs, "only", "this"),
            (Experiment::Repair, "only", "that"),
            (Experiment::Repair, "write-timeout", "1s"),
            (Experiment::Compare, "seeds", "x"),
            (Experiment::All, "simulated", "x"),
            (Experiment::All, "at-a-time", "x"),
            (Experiment::All, "only", "this"),
        ] {
            let checked = experiment.check(&order(processes(), &[(name, value)]));
            assert!(matches!(checked, Err(LabError::Order(_))), "{experiment} {name}={value}: {checked:?}");
        }
        let simulated = Experiment::Truth.check(&order(Target::Simulation, &[("seeds", "x")]));
        assert!(matches!(simulated, Err(LabError::Order(_))), "{simulated:?}");
        for experiment in Experiment::ALL {
            experiment.check(&order(processes(), &[])).unwrap();
        }
    }

    #[test]
    fn of_a_cluster_that_is_there_nothing_can_be_chosen() {
        let hosts = || Target::Hosts(Box::new(Hosts::open(vec!["http://h:1".into(), "http://h:2".into()])));
        let check = |order: Order| Experiment::RegisterPartitionAny.check(&order);
        check(order(hosts(), &[("client_timeout", "3s")])).unwrap();
        // Until every node knows every shard, there as well.
        check(order(hosts(), &[("drain-limit", "3s")])).unwrap();
        assert!(Experiment::Truth.check(&order(hosts(), &[("seeds", "5")])).is_err());
        for wrong in [
            Order { nodes: Some(5), ..order(hosts(), &[]) },
            Order { profile: Some(Profile::V1_8), ..order(hosts(), &[]) },
            order(hosts(), &[("write-timeout", "1s")]),
            order(hosts(), &[("cut", "5s")]),
            order(hosts(), &[("whole", "5s")]),
        ] {
            assert!(matches!(check(wrong), Err(LabError::Order(_))));
        }
    }

    #[test]
    fn what_lists_of_runs_do_not_use_is_refused() {
        let plain = || order(processes(), &[]);
        for (experiment, wrong) in [
            (Experiment::Bugs, Order { profile: Some(Profile::V1_8), ..plain() }),
            (Experiment::Bugs, Order { nodes: Some(3), ..plain() }),
            (Experiment::Bugs, Order { time: Some(Duration::from_secs(9)), ..plain() }),
            (Experiment::Repair, Order { nodes: Some(3), ..plain() }),
            (Experiment::Repair, Order { time: Some(Duration::from_secs(9)), ..plain() }),
            (Experiment::Compare, Order { nodes: Some(3), ..plain() }),
            (Experiment::Compare, Order { time: Some(Duration::from_secs(9)), ..plain() }),
            (Experiment::All, order(processes(), &[("write-timeout", "5s")])),
        ] {
            let checked = experiment.check(&wrong);
            assert!(matches!(checked, Err(LabError::Order(_))), "{experiment}: {checked:?}");
        }
        Experiment::Repair.check(&Order { profile: Some(Profile::V1_8), ..plain() }).unwrap();
        Experiment::Compare.check(&Order { profile: Some(Profile::V1_8), ..plain() }).unwrap();
    }

    #[test]
    fn what_is_told_of_everything_is_so() {
        assert_eq!(AT_A_TIME.default, crate::all::AT_A_TIME.to_string());
        assert_eq!(SIMULATED.default, crate::all::SIMULATED.to_string());
    }
}

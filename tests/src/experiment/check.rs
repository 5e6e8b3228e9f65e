//! What an experiment can be run against, and with which order.

use influx_server_mock::{OptionError, Options, Profile};
use url::Url;

use super::catalogue::Family;
use super::{Experiment, LabError, Order, Target, TargetKind};
use crate::{all, bugs, compare, repair, study, truth};

/// The last seed that a run may begin with: as many again can follow it.
const LAST_SEED: u64 = u64::MAX / 2;
/// Settings of faults, which the lab makes on clusters of its own alone.
const OF_OUR_CLUSTERS: [&str; 3] = ["cut", "whole", "seeds"];

impl Experiment {
    /// What it can be run against.
    #[must_use]
    pub const fn targets(self) -> &'static [TargetKind] {
        use TargetKind::{Hosts, Namespaces, Processes, Simulation};
        match self.family() {
            Family::Single => &[Processes, Namespaces, Hosts],
            Family::Study | Family::All => &[Processes, Namespaces],
            Family::Truth => &[Processes, Simulation, Hosts],
            Family::Bugs | Family::Repair | Family::Compare => &[Processes],
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
        if order.seed > LAST_SEED {
            return Err(LabError::Order(format!("seeds go up to {LAST_SEED}, and this is {}", order.seed)));
        }
        if let Target::Hosts(hosts) = &order.target {
            self.check_hosts(order, &hosts.urls)?;
        }
        for (name, value) in &order.set {
            self.check_setting(order, name, value)?;
        }
        match self.family() {
            Family::Single => study::Settings::of(self, order).map(drop),
            Family::Study => study::check_study(order),
            Family::Truth => truth::check(order),
            Family::Bugs => bugs::check(order),
            Family::Repair => repair::check(order),
            Family::Compare => compare::check(order),
            Family::All => all::check(order),
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
    use crate::experiment::Hosts;

    #[test]
    fn an_address_that_would_show_a_password_is_refused_without_showing_it() {
        assert_eq!(check_host("http://127.0.0.1:8086"), Ok(()));
        for host in ["http://me:hidden@h:1", "http://hidden@h:1", "hidden", "http://me:hidden@:1"] {
            let why = check_host(host).unwrap_err();
            assert!(!why.contains("hidden"), "{why}");
        }
    }

    #[test]
    fn a_seed_leaves_room_for_those_behind_it() {
        let seeded = |seed| Experiment::Study.check(&Order { seed, ..Order::of_test(Target::of_test(), &[]) });
        assert!(seeded(LAST_SEED).is_ok() && seeded(LAST_SEED + 1).is_err() && seeded(u64::MAX).is_err());
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
            let checked = experiment.check(&Order::of_test(Target::of_test(), &[(name, value)]));
            assert!(matches!(checked, Err(LabError::Order(_))), "{experiment} {name}={value}: {checked:?}");
        }
        let simulated = Experiment::Truth.check(&Order::of_test(Target::Simulation, &[("seeds", "x")]));
        assert!(matches!(simulated, Err(LabError::Order(_))), "{simulated:?}");
        for experiment in Experiment::ALL {
            experiment.check(&Order::of_test(Target::of_test(), &[])).unwrap();
        }
    }

    #[test]
    fn of_a_cluster_that_is_there_nothing_can_be_chosen() {
        let hosts = || Target::Hosts(Box::new(Hosts::open(vec!["http://h:1".into(), "http://h:2".into()])));
        let check = |order: Order| Experiment::RegisterPartitionAny.check(&order);
        check(Order::of_test(hosts(), &[("client_timeout", "3s")])).unwrap();
        // Until every node knows every shard, there as well.
        check(Order::of_test(hosts(), &[("drain-limit", "3s")])).unwrap();
        assert!(Experiment::Truth.check(&Order::of_test(hosts(), &[("seeds", "5")])).is_err());
        for wrong in [
            Order { nodes: Some(5), ..Order::of_test(hosts(), &[]) },
            Order { profile: Some(Profile::V1_8), ..Order::of_test(hosts(), &[]) },
            Order::of_test(hosts(), &[("write-timeout", "1s")]),
            Order::of_test(hosts(), &[("cut", "5s")]),
            Order::of_test(hosts(), &[("whole", "5s")]),
        ] {
            assert!(matches!(check(wrong), Err(LabError::Order(_))));
        }
    }

    #[test]
    fn what_lists_of_runs_do_not_use_is_refused() {
        let plain = || Order::of_test(Target::of_test(), &[]);
        for (experiment, wrong) in [
            (Experiment::Bugs, Order { profile: Some(Profile::V1_8), ..plain() }),
            (Experiment::Bugs, Order { nodes: Some(3), ..plain() }),
            (Experiment::Bugs, Order { time: Some(Duration::from_secs(9)), ..plain() }),
            (Experiment::Repair, Order { nodes: Some(3), ..plain() }),
            (Experiment::Repair, Order { time: Some(Duration::from_secs(9)), ..plain() }),
            (Experiment::Compare, Order { nodes: Some(3), ..plain() }),
            (Experiment::Compare, Order { time: Some(Duration::from_secs(9)), ..plain() }),
            (Experiment::All, Order::of_test(Target::of_test(), &[("write-timeout", "5s")])),
        ] {
            let checked = experiment.check(&wrong);
            assert!(matches!(checked, Err(LabError::Order(_))), "{experiment}: {checked:?}");
        }
        Experiment::Repair.check(&Order { profile: Some(Profile::V1_8), ..plain() }).unwrap();
        Experiment::Compare.check(&Order { profile: Some(Profile::V1_8), ..plain() }).unwrap();
    }
}

//! An order as a file, so that the run can be made again.

use std::time::Duration;

use influx_client::ClientBuilder;
use influx_server_mock::Profile;
use serde::{Deserialize, Serialize};

use super::{Experiment, Hosts, LabError, Order, RunDir, Target};

/// What was ordered, as `order.json` of a run: everything but the directory and the program of the nodes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Name of the experiment.
    pub experiment: String,
    /// See [`Order::seed`].
    pub seed: u64,
    /// See [`Order::time`]; seconds.
    pub seconds: Option<f64>,
    /// See [`Order::nodes`].
    pub nodes: Option<usize>,
    /// See [`Order::profile`].
    pub profile: Option<Profile>,
    /// See [`Order::set`].
    pub set: Vec<(String, String)>,
    /// The kind of [`Order::target`].
    pub target: TargetKind,
    /// The addresses of [`Target::Hosts`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}

/// The kinds of [`Target`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// [`Target::Processes`].
    Processes,
    /// [`Target::Namespaces`].
    Namespaces,
    /// [`Target::Simulation`].
    Simulation,
    /// [`Target::Hosts`].
    Hosts,
}

impl Target {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> TargetKind {
        match self {
            Self::Processes { .. } => TargetKind::Processes,
            Self::Namespaces { .. } => TargetKind::Namespaces,
            Self::Simulation => TargetKind::Simulation,
            Self::Hosts(_) => TargetKind::Hosts,
        }
    }
}

impl Record {
    /// The record of an order.
    #[must_use]
    pub fn of(experiment: Experiment, order: &Order) -> Self {
        Self {
            experiment: experiment.name().to_owned(),
            seed: order.seed,
            seconds: order.time.map(|time| time.as_secs_f64()),
            nodes: order.nodes,
            profile: order.profile,
            set: order.set.clone(),
            target: order.target.kind(),
            hosts: match &order.target {
                Target::Hosts(hosts) => hosts.urls.clone(),
                Target::Processes { .. } | Target::Namespaces { .. } | Target::Simulation => Vec::new(),
            },
        }
    }

    /// The order of which this is the record, with another directory. `processes` has the program of the nodes,
    /// `connection` as whom to ask the nodes of a cluster that is somebody else's: neither is in the record.
    ///
    /// # Errors
    /// [`LabError::Order`] where the record names no experiment of this version.
    pub fn order(
        &self,
        dir: RunDir,
        processes: Target,
        connection: ClientBuilder,
    ) -> Result<(Experiment, Order), LabError> {
        let wrong = |why: String| LabError::Order(format!("{}: {why}", RunDir::ORDER));
        let experiment = self.experiment.parse().map_err(|error| wrong(format!("{error}")))?;
        let time =
            self.seconds.map(Duration::try_from_secs_f64).transpose().map_err(|error| wrong(error.to_string()))?;
        let target = match (self.target, processes) {
            (TargetKind::Simulation, _) => Target::Simulation,
            (TargetKind::Hosts, _) => Target::Hosts(Box::new(Hosts { urls: self.hosts.clone(), connection })),
            (TargetKind::Namespaces, Target::Processes { executable, arguments }) => {
                Target::Namespaces { executable, arguments }
            }
            (TargetKind::Processes | TargetKind::Namespaces, processes) => processes,
        };
        let Self { seed, nodes, profile, ref set, .. } = *self;
        Ok((experiment, Order { dir, seed, time, nodes, profile, set: set.clone(), target }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use influx_client::Client;

    #[test]
    fn a_record_gives_its_order_again() {
        let processes = Target::Processes { executable: "/bin/x".into(), arguments: vec!["node".into()] };
        let namespaces = Target::Namespaces { executable: "/bin/x".into(), arguments: vec!["node".into()] };
        let connection = || Client::builder().basic_auth("me", "S3cr3t-Canary");
        let hosts = Target::Hosts(Box::new(Hosts { urls: vec!["http://h:1".into()], connection: connection() }));
        for target in [processes.clone(), namespaces, Target::Simulation, hosts] {
            let order = Order {
                dir: RunDir::at("d"),
                seed: 7,
                time: Some(Duration::from_millis(1_500)),
                nodes: Some(5),
                profile: Some(Profile::V0_10),
                set: vec![("seeds".into(), "6".into())],
                target: target.clone(),
            };
            let text = serde_json::to_string(&Record::of(Experiment::Truth, &order)).unwrap();
            assert!(!text.contains("S3cr3t"), "{text}");
            let record: Record = serde_json::from_str(&text).unwrap();
            let (experiment, again) = record.order(RunDir::at("e"), processes.clone(), connection()).unwrap();
            assert_eq!((experiment, again.seed, again.time), (Experiment::Truth, 7, order.time));
            assert_eq!((again.nodes, again.profile, &again.set), (Some(5), order.profile, &order.set));
            assert_eq!(format!("{:?}", again.target), format!("{target:?}"));
            assert_eq!(Record::of(experiment, &again), record);
        }
    }
}

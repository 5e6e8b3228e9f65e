//! What a caller asks of a run.

use std::fmt::Debug;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use influx_client::{Client, ClientBuilder};
use influx_server_mock::Profile;

use super::{LabError, RunDir};

/// A run that is to be made.
#[derive(Clone, Debug)]
pub struct Order {
    /// Where everything of the run is left.
    pub dir: RunDir,
    /// Decides on values, pauses, who is cut from whom. What hangs on the timing of threads and processes is not
    /// repeated by it; a simulation is.
    pub seed: u64,
    /// How long the workload runs; the experiment's own time if `None`.
    pub time: Option<Duration>,
    /// How many nodes; the experiment's own number if `None`.
    pub nodes: Option<usize>,
    /// Which system the bundled cluster is to answer like; the experiment's own if `None`.
    pub profile: Option<Profile>,
    /// Settings of the experiment and of the cluster's nodes, by name, over those of the experiment.
    pub set: Vec<(String, String)>,
    /// What it runs against.
    pub target: Target,
}

impl Order {
    /// The setting of this name, if it was ordered; of several the last one.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.set.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The setting of this name, or what holds without it.
    ///
    /// # Errors
    /// [`LabError::Order`] where it is something else than it should.
    pub fn number<T: FromStr>(&self, name: &str, otherwise: T) -> Result<T, LabError> {
        let Some(text) = self.setting(name) else { return Ok(otherwise) };
        text.parse().map_err(|_| LabError::Order(format!("{name}: {text:?} is no such number")))
    }

    /// Over how many seeds it goes, from [`seed`](Self::seed) on: the setting `seeds`.
    ///
    /// # Errors
    /// As [`number`](Self::number), and for none at all.
    pub fn seeds(&self, otherwise: u64) -> Result<u64, LabError> {
        match self.number("seeds", otherwise)? {
            0 => Err(LabError::Order("seeds: there has to be one".to_owned())),
            seeds => Ok(seeds),
        }
    }
}

#[cfg(test)]
impl Order {
    /// An order of seed 1 for a directory that nobody makes, with the experiment's own time, nodes and profile.
    pub(crate) fn of_test(target: Target, set: &[(&str, &str)]) -> Self {
        Self {
            dir: RunDir::at("unused"),
            seed: 1,
            time: None,
            nodes: None,
            profile: None,
            set: set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            target,
        }
    }
}

/// What a run is made against.
#[derive(Clone, Debug)]
pub enum Target {
    /// The bundled cluster, one process a node. Faults of links are made inside the nodes.
    Processes {
        /// The program that runs a node.
        executable: PathBuf,
        /// What stands before `--config FILE` on its command line.
        arguments: Vec<String>,
    },
    /// The same, each node in a network namespace of its own, where packets are dropped by the kernel. Needs root.
    Namespaces {
        /// The program that runs a node.
        executable: PathBuf,
        /// What stands before `--config FILE` on its command line.
        arguments: Vec<String>,
    },
    /// The seeded simulation.
    Simulation,
    /// A cluster that is there already, by the addresses of its data nodes. Its faults are the user's to make.
    Hosts(Box<Hosts>),
}

/// A cluster that is somebody else's.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// The addresses of its data nodes, without credentials: they are in the files of a run.
    pub urls: Vec<String>,
    /// As whom to ask them, and what encryption needs; without addresses. It is in no file.
    pub connection: ClientBuilder,
}

impl Hosts {
    /// A cluster that asks nobody who they are.
    #[must_use]
    pub fn open(urls: Vec<String>) -> Self {
        Self { urls, connection: Client::builder() }
    }

    /// Settings of a client that knows all of its addresses.
    pub fn client(&self) -> ClientBuilder {
        self.connection.clone().endpoints(self.urls.iter().cloned())
    }
}

impl Target {
    /// This program as the program of the nodes, with these arguments before `--config FILE`.
    ///
    /// # Errors
    /// The system does not tell where this program is.
    pub fn this_program(arguments: &[&str]) -> std::io::Result<Self> {
        let executable = std::env::current_exe()?;
        Ok(Self::Processes { executable, arguments: arguments.iter().map(|text| (*text).to_owned()).collect() })
    }
}

#[cfg(test)]
impl Target {
    /// Processes that nobody starts.
    pub(crate) fn of_test() -> Self {
        Self::Processes { executable: "/bin/x".into(), arguments: Vec::new() }
    }
}

/// Hears how far a run is.
pub trait Progress: Send + Sync + Debug {
    /// The next part of the run begins, in words for a person.
    fn phase(&self, what: &str);

    /// So much of this part is done, from 0 to 1.
    fn done(&self, share: f64);

    /// Something worth a line of its own happened.
    fn note(&self, what: &str);
}

/// Tells nobody.
impl Progress for () {
    fn phase(&self, _what: &str) {}
    fn done(&self, _share: f64) {}
    fn note(&self, _what: &str) {}
}

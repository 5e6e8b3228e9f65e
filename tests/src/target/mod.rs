//! What an experiment is run against, as the experiment sees it: nodes to talk to, faults, and what each node holds.
//!
//! A [`Cluster`] is a handle. Dropping it ends what it started.

mod hosts;
mod own_database;
mod plan;
mod processes;

use std::time::{Duration, Instant};

use hosts::Theirs;
use influx_client::{Client, ClientBuilder, QueryError};
use influx_server_mock::HeldPoint;
pub(crate) use own_database::OwnDatabase;
pub use plan::{Machine, Plan};
use processes::Processes;

use crate::experiment::{LabError, Target};

/// Between two looks at something that is waited for.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// A cluster that runs, or that is somebody else's.
#[derive(Debug)]
pub struct Cluster {
    kind: Kind,
    nodes: Vec<Node>,
}

#[derive(Debug)]
enum Kind {
    Processes(Box<Processes>),
    /// Somebody else's.
    Hosts(Box<Theirs>),
}

/// The database of the study, on a cluster that is made for it.
const DATABASE: &str = "jepsen";

/// A data node, as clients see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name in the cluster; of a cluster that is somebody else's, `host1` and so on.
    pub name: String,
    /// `http://host:port`.
    pub url: String,
    /// Its id as a data node, as `SHOW SHARDS` names owners; `None` where it is not known.
    pub id: Option<u64>,
}

impl Cluster {
    /// Starts the cluster of a plan, or takes the one that is there.
    ///
    /// # Errors
    /// [`LabError::Order`] for a target that has no nodes to talk to, [`LabError::Cluster`] when nodes do not come up,
    /// [`LabError::Server`] when those that are there do not answer or refuse the database.
    ///
    /// # Cancellation
    /// Dropping the future ends the nodes that were started, and drops the database that was made.
    pub async fn start(target: &Target, plan: &Plan) -> Result<Self, LabError> {
        match target {
            Target::Processes { executable, arguments } => {
                let processes = Processes::start(plan, executable, arguments).await?;
                let nodes = processes.nodes();
                Ok(Self { kind: Kind::Processes(Box::new(processes)), nodes })
            }
            Target::Hosts(hosts) => {
                let nodes = hosts::nodes(&hosts.urls)?;
                Ok(Self { kind: Kind::Hosts(Box::new(Theirs::reach(hosts).await?)), nodes })
            }
            Target::Namespaces { executable, arguments } => {
                let processes = Processes::start_apart(plan, executable, arguments).await?;
                let nodes = processes.nodes();
                Ok(Self { kind: Kind::Processes(Box::new(processes)), nodes })
            }
            Target::Simulation => Err(LabError::Order(
                "this experiment needs nodes that answer requests, which a simulation has not".to_owned(),
            )),
        }
    }

    /// The data nodes, one client each.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Settings of a client of one of its nodes.
    pub fn client(&self, node: &Node) -> ClientBuilder {
        match &self.kind {
            Kind::Processes(_) => Client::builder().no_proxy().endpoint(node.url.clone()),
            Kind::Hosts(theirs) => theirs.hosts().connection.clone().endpoint(node.url.clone()),
        }
    }

    /// The database for the run. On a cluster that is somebody else's it is there already, made for this run alone and
    /// dropped with this value.
    #[must_use]
    pub fn database(&self) -> &str {
        match &self.kind {
            Kind::Processes(_) => DATABASE,
            Kind::Hosts(theirs) => theirs.database(),
        }
    }

    /// What stands in place of a profile where the cluster is somebody else's, `None` where it is ours: a version that its
    /// nodes tell is no profile, and nobody measured what such a cluster does.
    #[must_use]
    pub fn unknown_profile(&self) -> Option<String> {
        match &self.kind {
            Kind::Processes(_) => None,
            Kind::Hosts(theirs) => Some(match theirs.version() {
                Some(version) => format!("unknown ({version})"),
                None => "unknown".to_owned(),
            }),
        }
    }

    /// Whether faults can be made.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        match &self.kind {
            Kind::Processes(_) => true,
            Kind::Hosts(_) => false,
        }
    }

    /// Cuts the links between machines on different sides; returns when the cut is in force everywhere.
    ///
    /// # Errors
    /// [`LabError`] where a node does not take it, or faults cannot be made here.
    pub async fn partition(&mut self, sides: &[Vec<Machine>]) -> Result<(), LabError> {
        match &mut self.kind {
            Kind::Processes(processes) => processes.partition(sides).await,
            Kind::Hosts(_) => Err(no_faults()),
        }
    }

    /// Ends all faults of links; returns when they are whole everywhere.
    ///
    /// # Errors
    /// As [`partition`](Self::partition).
    pub async fn heal(&mut self) -> Result<(), LabError> {
        match &mut self.kind {
            Kind::Processes(processes) => processes.heal().await,
            Kind::Hosts(_) => Err(no_faults()),
        }
    }

    /// Kills a node.
    ///
    /// # Errors
    /// As [`partition`](Self::partition).
    pub async fn kill(&mut self, node: &str) -> Result<(), LabError> {
        match &mut self.kind {
            Kind::Processes(processes) => processes.kill(node).await,
            Kind::Hosts(_) => Err(no_faults()),
        }
    }

    /// Stops a node with a signal until it is resumed.
    ///
    /// # Errors
    /// As [`partition`](Self::partition).
    pub async fn pause(&mut self, node: &str) -> Result<(), LabError> {
        match &mut self.kind {
            Kind::Processes(processes) => processes.pause(node).await,
            Kind::Hosts(_) => Err(no_faults()),
        }
    }

    /// Lets a paused node go on.
    ///
    /// # Errors
    /// As [`partition`](Self::partition).
    pub async fn resume(&mut self, node: &str) -> Result<(), LabError> {
        match &mut self.kind {
            Kind::Processes(processes) => processes.resume(node).await,
            Kind::Hosts(_) => Err(no_faults()),
        }
    }

    /// Starts a dead node again and waits until it answers, this long at most.
    ///
    /// # Errors
    /// As [`partition`](Self::partition).
    pub async fn restart(&mut self, node: &str, limit: Duration) -> Result<(), LabError> {
        match &mut self.kind {
            Kind::Processes(processes) => processes.restart(node, limit).await,
            Kind::Hosts(_) => Err(no_faults()),
        }
    }

    /// Waits until no node has anything in a hinted handoff queue or on its way to an owner, and tells how long that took;
    /// `None` when the limit passed first, or where it cannot be told.
    pub async fn wait_drained(&self, limit: Duration) -> Option<Duration> {
        let Kind::Processes(processes) = &self.kind else { return None };
        let since = Instant::now();
        while !processes.is_settled().await {
            if since.elapsed() >= limit {
                return None;
            }
            tokio::time::sleep(10 * TICK).await;
        }
        Some(since.elapsed())
    }

    /// The points of a measurement in a node's own shards, whatever the others have; `None` where that cannot be told.
    ///
    /// # Errors
    /// [`LabError`] when the node does not tell.
    pub async fn held_by(
        &self,
        node: &str,
        database: &str,
        measurement: &str,
    ) -> Result<Option<Vec<HeldPoint>>, LabError> {
        match &self.kind {
            Kind::Processes(processes) => processes.held_by(node, database, measurement).await.map(Some),
            Kind::Hosts(_) => Ok(None),
        }
    }

    /// The last lines of each node's log; empty where there is none at hand.
    #[must_use]
    pub fn logs(&self, lines: usize) -> Vec<(String, String)> {
        match &self.kind {
            Kind::Processes(processes) => processes.logs(lines),
            Kind::Hosts(_) => Vec::new(),
        }
    }

    /// How many writes each node acknowledged to a coordinator and dropped, because it had not heard of their shard, by
    /// its own log; empty where there is no log at hand.
    #[must_use]
    pub fn dropped(&self) -> Vec<(String, u64)> {
        match &self.kind {
            Kind::Processes(processes) => processes.dropped(),
            Kind::Hosts(_) => Vec::new(),
        }
    }

    /// Ends what was started and removes its files, and the database on a cluster that is somebody else's.
    ///
    /// # Errors
    /// What is left, in words.
    pub async fn end(self) -> Result<(), String> {
        match self.kind {
            Kind::Processes(processes) => {
                processes.end().await;
                Ok(())
            }
            Kind::Hosts(theirs) => theirs.end().await,
        }
    }
}

/// What came of a request to a cluster that is somebody else's.
pub(crate) fn server(what: &str, error: &QueryError) -> LabError {
    LabError::Server { class: error.class(), message: format!("{what}: {error}") }
}

fn no_faults() -> LabError {
    LabError::Order("this cluster is not ours: its faults are yours to make".to_owned())
}

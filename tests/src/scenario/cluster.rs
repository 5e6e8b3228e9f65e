//! A cluster of processes that scenarios are played on.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use influx_server_mock::{ClusterError, NodeState, Options, ProcessCluster, Profile, Topology, UpOptions};

use super::step::Fault;
use crate::NODE_ARGUMENT;
use crate::death::kill_and_wait;

/// What clusters differ in: one of the same kind will do for any scenario that does not ask for a fresh one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Which system it answers like.
    pub profile: Profile,
    /// How many meta nodes.
    pub meta: usize,
    /// How many data nodes.
    pub data: usize,
    /// The switches that are not as the profile has them.
    pub options: BTreeMap<String, String>,
}

impl Kind {
    /// Whether a cluster of this kind has a node of that name.
    #[must_use]
    pub fn has(&self, node: &str) -> bool {
        let among = |kind, count| {
            let number: Option<usize> = node.strip_prefix(kind).and_then(|number| number.parse().ok());
            number.is_some_and(|number| (1..=count).contains(&number) && node == format!("{kind}{number}"))
        };
        among("meta", self.meta) || among("data", self.data)
    }
}

/// A running cluster. Dropping it kills the nodes and removes their files; they end with this process in any case.
#[derive(Debug)]
pub struct Cluster {
    kind: Kind,
    dir: PathBuf,
    /// There until the cluster is ended.
    nodes: Option<ProcessCluster>,
    /// Whether a node was ever killed: the others keep broken connections to it in their pools, which is for the
    /// scenario that killed it to expect, and for no other.
    crashed: bool,
    /// Length of each node's log when the present scenario began.
    marks: BTreeMap<String, u64>,
}

/// How long a cluster may take to start on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long queues may take to be empty after a scenario before the cluster is given up.
const DRAIN_LIMIT: Duration = Duration::from_millis(500);
/// Between two looks at something that is waited for.
const TICK: Duration = Duration::from_millis(20);

impl Cluster {
    /// Starts a cluster below `dir`, which must not exist, on nodes that `program` runs (see
    /// [`become_node`](crate::become_node)).
    ///
    /// # Errors
    /// A text: an option is unknown, or a node does not come up.
    ///
    /// # Cancellation
    /// Nodes already started end, since they are tied to the value that is dropped.
    pub async fn start(kind: &Kind, program: &Path, dir: &Path) -> Result<Self, String> {
        let mut options = Options::new(kind.profile);
        for (name, value) in &kind.options {
            options.set(name, value).map_err(|error| error.to_string())?;
        }
        let nodes = ProcessCluster::up(UpOptions {
            base_port: None,
            dir: dir.to_owned(),
            profile: kind.profile,
            topology: Topology::Apart { meta: kind.meta, data: kind.data },
            options,
            executable: program.to_owned(),
            arguments: vec![NODE_ARGUMENT.to_owned()],
            limit: START_LIMIT,
            tied: true,
        });
        let nodes = nodes.await.map_err(|error| error.to_string())?;
        let (kind, dir) = (kind.clone(), dir.to_owned());
        Ok(Self { kind, dir, nodes: Some(nodes), crashed: false, marks: BTreeMap::new() })
    }

    /// What it was started as.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// `host:port` of a node's API.
    ///
    /// # Errors
    /// A text when there is no such node.
    pub fn address(&self, node: &str) -> Result<&str, String> {
        let found = self.nodes().nodes().iter().find(|entry| entry.name == node);
        let found = found.ok_or_else(|| format!("the cluster has no node {node:?}"))?;
        Ok(found.http.trim_start_matches("http://"))
    }

    /// Names and ids of the data nodes, in the order in which they joined.
    #[must_use]
    pub fn data_nodes(&self) -> Vec<(String, u64)> {
        let nodes = self.nodes().nodes().iter().filter(|node| node.data_id.is_some());
        nodes.map(|node| (node.name.clone(), node.id)).collect()
    }

    /// Injures the cluster or mends it; a restart is waited for by whoever asked for it.
    ///
    /// # Errors
    /// A text: there is no such node, or it does not do as it is told.
    pub async fn fault(&mut self, fault: &Fault) -> Result<(), String> {
        self.crashed |= matches!(fault, Fault::Kill(_) | Fault::Restart { .. });
        self.inject(fault).await.map_err(|error| error.to_string())
    }

    async fn inject(&mut self, fault: &Fault) -> Result<(), ClusterError> {
        let cluster = self.nodes_mut();
        match fault {
            Fault::Kill(nodes) => {
                for node in nodes {
                    cluster.kill(node).await?;
                }
            }
            Fault::Pause(nodes) => {
                for node in nodes {
                    cluster.pause(node).await?;
                }
            }
            Fault::Resume(nodes) => {
                for node in nodes {
                    cluster.resume(node).await?;
                }
            }
            Fault::Restart { nodes, .. } => {
                for node in nodes {
                    cluster.restart(node, None).await?;
                }
            }
            Fault::Partition(sides) => cluster.partition(sides).await?,
            Fault::Heal => cluster.heal().await?,
        }
        Ok(())
    }

    /// Whether a node's process runs.
    #[must_use]
    pub fn runs(&self, node: &str) -> bool {
        matches!(self.nodes().state(node), Ok(NodeState::Running))
    }

    /// Whether the next scenario would find this cluster as it finds a new one: no node was ever killed, all run, all
    /// links are whole and nothing waits in a hinted handoff queue or is on its way to an owner.
    pub async fn is_like_new(&self) -> bool {
        let cluster = self.nodes();
        if self.crashed || !cluster.sides().is_empty() || !cluster.nodes().iter().all(|node| self.runs(&node.name)) {
            return false;
        }
        let deadline = Instant::now() + DRAIN_LIMIT;
        loop {
            if cluster.unsettled().await.is_empty() {
                return true;
            }
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// Remembers how long the logs are, so that [`logs`](Self::logs) tells of the present scenario only.
    pub fn mark_logs(&mut self) {
        let length = |node: &str| {
            let path = self.nodes().log_path(node).ok()?;
            fs::metadata(path).ok().map(|data| data.len())
        };
        let nodes = self.nodes().nodes().iter();
        self.marks = nodes.filter_map(|node| Some((node.name.clone(), length(&node.name)?))).collect();
    }

    /// The last lines that each node has logged since the mark; nodes that logged nothing are left out.
    #[must_use]
    pub fn logs(&self, lines: usize) -> Vec<(String, String)> {
        let tail = |node: &str| {
            let mut file = fs::File::open(self.nodes().log_path(node).ok()?).ok()?;
            file.seek(SeekFrom::Start(self.marks.get(node).copied().unwrap_or(0))).ok()?;
            let mut log = Vec::new();
            file.read_to_end(&mut log).ok()?;
            let log = String::from_utf8_lossy(&log);
            let all: Vec<&str> = log.lines().collect();
            Some(all[all.len().saturating_sub(lines)..].join("\n")).filter(|log| !log.is_empty())
        };
        let nodes = self.nodes().nodes().iter();
        nodes.filter_map(|node| Some((node.name.clone(), tail(&node.name)?))).collect()
    }

    /// Ends the nodes and removes their files.
    ///
    /// # Cancellation
    /// Nodes that still run are killed when the rest of the value is dropped.
    pub async fn end(mut self) {
        let Some(cluster) = &self.nodes else { return };
        // There is nothing worth saving, so there is nothing to wait for.
        cluster.kill_all();
        if let Some(cluster) = self.nodes.take()
            && let Err(error) = cluster.down().await
        {
            eprintln!("a cluster did not end as it should: {error}");
        }
        remove(&self.dir);
    }

    fn nodes(&self) -> &ProcessCluster {
        self.nodes.as_ref().expect("taken only by `end` and `drop`, which own the value")
    }

    fn nodes_mut(&mut self) -> &mut ProcessCluster {
        self.nodes.as_mut().expect("taken only by `end` and `drop`, which own the value")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(cluster) = self.nodes.take() else { return };
        kill_and_wait(&cluster);
        remove(&self.dir);
    }
}

fn remove(dir: &Path) {
    if let Err(error) = fs::remove_dir_all(dir) {
        eprintln!("cannot remove {}: {error}", dir.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_nodes() {
        let kind = Kind { profile: Profile::V1_8, meta: 1, data: 3, options: BTreeMap::new() };
        for there in ["meta1", "data1", "data3"] {
            assert!(kind.has(there), "{there}");
        }
        for not_there in ["meta2", "data0", "data4", "data01", "data", "data+1", "node1", ""] {
            assert!(!kind.has(not_there), "{not_there}");
        }
    }
}

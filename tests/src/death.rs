//! A cluster of processes that ends with the run that needs it.

use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use influx_server_mock::{ClusterError, NodeState, Placement, ProcessCluster, UpOptions};

/// How long nodes may take to die of a signal that cannot be caught.
const LIMIT: Duration = Duration::from_secs(5);
/// Between two looks.
const TICK: Duration = Duration::from_millis(20);

/// The bundled cluster, and the directory of its files. Both go with this value, however that ends: also where the cluster
/// was still starting, or could not be started.
#[derive(Debug)]
pub(crate) struct TiedCluster {
    /// There from the end of the start until the end.
    cluster: Option<ProcessCluster>,
    dir: PathBuf,
}

impl TiedCluster {
    /// Starts a cluster, whose nodes end with this process too.
    ///
    /// # Errors
    /// [`ClusterError`]: it does not come up. Nothing is left of it then.
    ///
    /// # Cancellation
    /// Dropping the future ends the nodes that were started.
    pub(crate) async fn up(options: UpOptions, placements: &[Placement]) -> Result<Self, ClusterError> {
        let options = UpOptions { tied: true, ..options };
        let mut tied = Self { cluster: None, dir: options.dir.clone() };
        tied.cluster = Some(ProcessCluster::up_on(options, placements).await?);
        Ok(tied)
    }

    /// Ends the nodes and removes their files.
    ///
    /// # Errors
    /// [`ClusterError`] where a node does not end.
    pub(crate) async fn end(mut self) -> Result<(), ClusterError> {
        // There is nothing worth saving, so there is nothing to wait for.
        self.kill_all();
        match self.cluster.take() {
            Some(cluster) => cluster.down().await,
            None => Ok(()),
        }
    }
}

impl Deref for TiedCluster {
    type Target = ProcessCluster;

    fn deref(&self) -> &ProcessCluster {
        self.cluster.as_ref().expect("there from the end of `up` on, and taken only by `end`, which owns the value")
    }
}

impl DerefMut for TiedCluster {
    fn deref_mut(&mut self) -> &mut ProcessCluster {
        self.cluster.as_mut().expect("there from the end of `up` on, and taken only by `end`, which owns the value")
    }
}

impl Drop for TiedCluster {
    fn drop(&mut self) {
        // Of a start that was given up, the cluster's own file knows the nodes.
        if let Some(cluster) = self.cluster.take().or_else(|| ProcessCluster::open(&self.dir).ok()) {
            kill_and_wait(&cluster);
        }
        // Files that cannot be removed are no reason to fail a run that was made.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Kills every node and waits until none is left, so that what they wrote can be removed. It blocks.
pub(crate) fn kill_and_wait(cluster: &ProcessCluster) {
    cluster.kill_all();
    let deadline = Instant::now() + LIMIT;
    let dead = |name: &str| matches!(cluster.state(name), Ok(NodeState::Dead) | Err(_));
    while Instant::now() < deadline && !cluster.nodes().iter().all(|node| dead(&node.name)) {
        std::thread::sleep(TICK);
    }
}

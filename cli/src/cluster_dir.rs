//! Where the bundled cluster keeps its state, and how commands find it.

use std::env;
use std::path::PathBuf;

use clap::Args;
use influx_server_mock::ProcessCluster;

use crate::failure::Failure;

/// Which local cluster is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClusterDirArgs {
    /// Directory of the cluster's state and data; default: one directory a user.
    #[arg(long, value_name = "DIR", env = "INFLUX_CLUSTER_DIR")]
    dir: Option<PathBuf>,
}

impl ClusterDirArgs {
    /// Whether the flag or INFLUX_CLUSTER_DIR names a directory.
    pub(crate) fn is_given(&self) -> bool {
        self.dir.is_some()
    }

    /// The directory: flag, then INFLUX_CLUSTER_DIR, then the state directory of the user.
    ///
    /// # Errors
    /// No directory was given and the environment tells of none.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.dir {
            // Nodes run elsewhere than this command does, so a relative path would mean another place to them.
            return std::path::absolute(dir).map_err(|error| Failure::local_io(format!("{}: {error}", dir.display())));
        }
        let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = absolute("XDG_STATE_HOME")
            .or_else(|| absolute("LOCALAPPDATA"))
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
            .ok_or_else(|| Failure::Usage("no home directory is known: give --dir DIR".to_owned()))?;
        Ok(state.join("influx-cli").join("cluster"))
    }

    /// As [`open`](Self::open), without what should have ended by itself and did not, as after a crash of the machine.
    ///
    /// # Errors
    /// There is none.
    pub(crate) async fn open_now(&self) -> Result<ProcessCluster, Failure> {
        let mut cluster = self.open()?;
        cluster.end_due().await.map_err(|error| Failure::Cluster(error.to_string()))?;
        Ok(cluster)
    }

    /// The running cluster of the directory.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn open(&self) -> Result<ProcessCluster, Failure> {
        let dir = self.path()?;
        ProcessCluster::open(&dir).map_err(|error| Failure::Cluster(error.to_string()))
    }
}

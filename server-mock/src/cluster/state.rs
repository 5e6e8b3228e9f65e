//! What a cluster of processes remembers of itself, and what can go wrong with it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Role;
use super::layout::{PlanError, TopologyError};
use super::timers::Timer;
use crate::Profile;
use crate::fault::{Board, FaultError};

/// A node of a cluster of processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeEntry {
    /// `meta1`, `data1`, `node1` ….
    pub name: String,
    /// What it does.
    pub role: Role,
    /// Its id: as a data node if it is one, else as a meta node.
    pub id: u64,
    /// Its id as a meta node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta_id: Option<u64>,
    /// Its id as a data node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_id: Option<u64>,
    /// `http://host:port`: the public API of a data node, else the meta API.
    pub http: String,
    /// `http://host:port` of the meta API of a node that is both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta_http: Option<String>,
    /// The process, as of the last start.
    pub pid: Option<u32>,
}

/// Whether a node's process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// It runs.
    Running,
    /// It is stopped by a signal.
    Paused,
    /// There is none.
    Dead,
}

/// The file in the cluster's directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Version of this file's form.
    pub(super) version: u32,
    pub(super) profile: Profile,
    pub(super) nodes: Vec<NodeEntry>,
    /// Files that keep the cluster's ports from others.
    pub(super) reservations: Vec<PathBuf>,
    /// What is wrong with links and nodes.
    #[serde(default)]
    pub(super) faults: Board,
    /// What ends by itself.
    #[serde(default)]
    pub(super) timers: Vec<Timer>,
    /// The number of the next order that ends by itself.
    #[serde(default)]
    pub(super) next_order: u64,
    /// How nodes are started again.
    pub(super) executable: PathBuf,
    pub(super) arguments: Vec<String>,
    /// What stands before the program, by the names of nodes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) launchers: BTreeMap<String, Vec<String>>,
}

pub(super) const STATE_VERSION: u32 = 1;
const FILE: &str = "cluster.json";

/// Why a cluster did not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// There is a cluster in the directory already.
    #[error("{dir} holds a cluster already: end it with `cluster down --dir {dir}`, or choose another directory")]
    Exists {
        /// The directory.
        dir: String,
    },
    /// There is no cluster in the directory.
    #[error("{dir} holds no cluster: start one with `cluster up --dir {dir}`")]
    Missing {
        /// The directory.
        dir: String,
    },
    /// The cluster's file was written by a newer version of this program.
    #[error("{dir} was written by a newer version of this program")]
    Newer {
        /// The directory.
        dir: String,
    },
    /// There is no such node, or the cluster cannot have such a fault.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// The topology cannot be built.
    #[error(transparent)]
    Topology(#[from] TopologyError),
    /// A file or a port could not be used.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// What the operating system says.
        why: io::Error,
    },
    /// A node's process ended while it was waited for.
    #[error("node {name} ended before it was up; the end of its log:\n{log}")]
    Ended {
        /// Which.
        name: String,
        /// The last lines of its log.
        log: String,
    },
    /// A node did not come up in time.
    #[error("node {name} was not up after {limit:?}; the end of its log:\n{log}")]
    Late {
        /// Which.
        name: String,
        /// How long it was waited for.
        limit: std::time::Duration,
        /// The last lines of its log.
        log: String,
    },
    /// Running nodes did not take a change of their faults.
    #[error("{} did not take the change of the faults: {why}", nodes(names))]
    NotTaken {
        /// All of them.
        names: Vec<String>,
        /// Why, one after the other.
        why: String,
    },
    /// A node did not tell what it was asked.
    #[error("node {name} did not answer: {why}")]
    NoAnswer {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// A node could not join or leave.
    #[error("{name} cannot join or leave: {why}")]
    Membership {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// Faults by signals need a Unix system.
    #[error("{0} needs a Unix system")]
    Unsupported(&'static str),
}

fn nodes(names: &[String]) -> String {
    let many = if names.len() == 1 { "node" } else { "nodes" };
    format!("{many} {}", names.join(", "))
}

impl From<PlanError> for ClusterError {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Topology(error) => error.into(),
            PlanError::Ports(why) => Self::Io { what: "finding free ports".to_owned(), why },
        }
    }
}

/// Names what was tried in an error of the operating system.
pub(super) fn io_error(what: impl Into<String>) -> impl FnOnce(io::Error) -> ClusterError {
    let what = what.into();
    move |why| ClusterError::Io { what, why }
}

/// The right to change a cluster's state, for as long as it lives.
#[derive(Debug)]
pub(super) struct Alone {
    /// Locked; the system unlocks it with the process, however that ends.
    _file: fs::File,
}

impl Alone {
    /// Waits until nobody else has the right.
    pub(super) async fn enter(dir: &Path) -> Result<Self, ClusterError> {
        const LIMIT: std::time::Duration = std::time::Duration::from_secs(60);
        let path = dir.join("cluster.lock");
        let failed = |why| ClusterError::Io { what: format!("locking {}", path.display()), why };
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        let since = std::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(fs::TryLockError::WouldBlock) if since.elapsed() < LIMIT => {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(failed(io::Error::new(io::ErrorKind::TimedOut, "another command holds it")));
                }
                Err(fs::TryLockError::Error(why)) => return Err(failed(why)),
            }
        }
    }
}

impl State {
    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join(FILE)
    }

    pub(super) fn load(dir: &Path) -> Result<Self, ClusterError> {
        let path = Self::path(dir);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ClusterError::Missing { dir: dir.display().to_string() });
            }
            text => text.map_err(io_error(format!("reading {}", path.display())))?,
        };
        let unreadable = |error: serde_json::Error| {
            io_error(format!("reading {}", path.display()))(io::Error::new(io::ErrorKind::InvalidData, error))
        };
        let any: serde_json::Value = serde_json::from_slice(&text).map_err(unreadable)?;
        if any["version"].as_u64().is_some_and(|version| version > u64::from(STATE_VERSION)) {
            return Err(ClusterError::Newer { dir: dir.display().to_string() });
        }
        serde_json::from_value(any).map_err(unreadable)
    }

    pub(super) fn save(&self, dir: &Path) -> Result<(), ClusterError> {
        write_private(&Self::path(dir), self)
    }
}

/// Writes JSON that only the owner may read, whole or not at all.
pub(super) fn write_private(path: &Path, value: &impl Serialize) -> Result<(), ClusterError> {
    let write = || -> io::Result<()> {
        let draft = path.with_extension("new");
        let _ = fs::remove_file(&draft);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(&serde_json::to_vec_pretty(value).map_err(io::Error::other)?)?;
        fs::rename(&draft, path)
    };
    write().map_err(io_error(format!("writing {}", path.display())))
}

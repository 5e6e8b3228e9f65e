//! What a meta node is told at its start.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::raft::MemoryStorage;
use crate::Profile;
use crate::core::meta::DataNode;

/// One member of the Raft group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaMember {
    /// Node id, unique among meta and data nodes.
    pub id: u64,
    /// `host:port` of the meta HTTP API.
    pub http_addr: String,
    /// `host:port` of the Raft transport.
    pub tcp_addr: String,
}

/// How patient the members of the Raft group are with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetaTimings {
    /// Interval of the leader's heartbeats, and the limit of one replication request.
    pub heartbeat: Duration,
    /// A follower that heard nothing for `election_max` and a random time from `election_min` up to `election_max`
    /// on top of it stands for election.
    pub election_min: Duration,
    /// See `election_min`.
    pub election_max: Duration,
    /// A leader that a majority has not acknowledged for so long stops answering as one. Less than `election_max`,
    /// so that no two nodes answer as leaders at once.
    pub lease: Duration,
}

impl Default for MetaTimings {
    /// A dead leader is replaced after 1.3 to 1.6 s, like that of the real servers (1 to 2 s).
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_millis(200),
            election_min: Duration::from_millis(500),
            election_max: Duration::from_millis(800),
            lease: Duration::from_millis(700),
        }
    }
}

impl MetaTimings {
    /// For tests: a dead leader is replaced after 0.45 to 0.6 s.
    #[must_use]
    pub fn fast() -> Self {
        Self {
            heartbeat: Duration::from_millis(60),
            election_min: Duration::from_millis(150),
            election_max: Duration::from_millis(300),
            lease: Duration::from_millis(250),
        }
    }
}

/// Where a meta node keeps its log, its vote and its snapshot.
#[derive(Clone, Debug)]
pub enum MetaStorage {
    /// In memory that outlives the node: what an in-process node finds again after it was killed.
    Memory(MemoryStorage),
    /// In a directory of its own; everything is on disk before it is acknowledged.
    Disk(PathBuf),
}

/// The first state of a new cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// Data nodes known from the start; others can join.
    pub data_nodes: Vec<DataNode>,
}

/// What a meta node is told at its start.
#[derive(Clone, Debug)]
pub struct MetaConfig {
    /// This node; one of `members`.
    pub id: u64,
    /// Its name in logs.
    pub name: String,
    /// Random, not 0, the same on all members: nodes of another cluster are refused, and so is their storage.
    pub cluster_id: u64,
    /// The whole Raft group, the same on all members. Addresses may change from one start to the next.
    pub members: Vec<MetaMember>,
    /// Where its state is.
    pub storage: MetaStorage,
    /// Its patience.
    pub timings: MetaTimings,
    /// Whose rules it follows; the same on all members.
    pub profile: Profile,
    /// Makes the cluster, if there is none yet. The member with the lowest id starts the first election, so it must be
    /// among those which are given this; the others join it. Ignored by a node that has state.
    pub bootstrap: Option<Bootstrap>,
}

impl MetaConfig {
    /// The lowest id of the members.
    pub(super) fn is_first(&self) -> bool {
        self.members.iter().all(|member| self.id <= member.id)
    }
}

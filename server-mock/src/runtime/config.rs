//! What a node has to know to start.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Options, Profile};

/// Everything about one node and where the others are; a process reads it from a JSON file.
#[derive(Clone, Serialize, Deserialize)]
pub struct NodeConfig {
    /// `meta1`, `data1`, `node1` …; unique in the cluster.
    pub name: String,
    /// Which system to answer like.
    pub profile: Profile,
    /// The switches.
    pub options: Options,
    /// Identity of the cluster; not 0.
    pub cluster: u64,
    /// Where the node keeps its files.
    pub dir: PathBuf,
    /// `host:port` on loopback where faults are set and state is told; empty for a node that offers neither.
    pub admin: String,
    /// Whoever knows it may use that.
    pub token: String,
    /// Id as a meta node, if it is one.
    pub meta_id: Option<u64>,
    /// Id as a data node, if it is one.
    pub data_id: Option<u64>,
    /// All meta nodes, this one included, in the order in which they are asked.
    pub metas: Vec<MetaAddress>,
    /// The meta nodes that this node's data part is told of at its start, by their HTTP addresses, if that is not all of
    /// them: those through which it joins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub join: Vec<String>,
    /// All data nodes that the cluster starts with, this one included.
    pub datas: Vec<DataAddress>,
}

/// Where a meta node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaAddress {
    /// Name of the node.
    pub name: String,
    /// Id in the cluster.
    pub id: u64,
    /// `host:port` of the meta HTTP API.
    pub http: String,
    /// `host:port` of the Raft transport.
    pub tcp: String,
}

/// Where a data node is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataAddress {
    /// Name of the node.
    pub name: String,
    /// Id in the cluster.
    pub id: u64,
    /// `host:port` of the public HTTP API.
    pub http: String,
    /// `host:port` for other nodes.
    pub tcp: String,
}

impl std::fmt::Debug for NodeConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token is a secret.
        f.debug_struct("NodeConfig")
            .field("name", &self.name)
            .field("profile", &self.profile)
            .field("dir", &self.dir)
            .field("meta_id", &self.meta_id)
            .field("data_id", &self.data_id)
            .finish_non_exhaustive()
    }
}

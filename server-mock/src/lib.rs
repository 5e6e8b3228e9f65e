//! A small, real InfluxDB 1.x cluster for tests.
//!
//! M meta nodes agree by Raft on databases, retention policies, shard groups and nodes; N data nodes keep
//! replicated shards, route writes at consistency any, one, quorum or all, and hold hinted handoff queues for
//! owners that do not answer. A cluster runs inside one process or as one process a node,
//! with faults that need no root.

mod cluster;
mod coordinator;
pub mod core;
pub mod go;
pub mod hinted_handoff;
mod http;
pub mod line;
pub mod meta;
pub mod net;
mod options;
pub mod peer;
mod points;
mod profile;
pub mod query;
pub mod runtime;
pub mod scan;
pub mod store;

pub use cluster::{
    ClusterError, NodeEntry, NodeState, ProcessCluster, Role, TestCluster, TestClusterBuilder, TestClusterError,
    TestNode, Topology, TopologyError, UpOptions,
};
pub use options::{IndexVersion, OptionEntry, OptionError, Options};
pub use points::{Point, Points, PointsError};
pub use profile::{Profile, UnknownProfile};
pub use runtime::run_node;

//! Whole clusters: inside one process for tests, or as one process a node.

mod layout;
mod membership;
pub(crate) mod ports;
mod process;
mod process_membership;
mod signal;
mod state;
mod test_cluster;
mod test_membership;

pub use layout::{Role, Topology, TopologyError};
pub use process::{ProcessCluster, UpOptions};
pub use state::{ClusterError, NodeEntry, NodeState};
pub use test_cluster::{TestCluster, TestClusterBuilder, TestClusterError, TestNode};

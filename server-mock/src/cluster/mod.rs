//! Whole clusters: inside one process for tests, or as one process a node.

mod events;
mod injector;
mod layout;
mod logs;
mod membership;
pub(crate) mod ports;
mod process;
mod process_faults;
mod process_membership;
mod signal;
mod state;
mod test_cluster;
mod test_membership;
mod test_node;
mod timers;
mod unsettled;

pub use layout::{Placement, Role, Topology, TopologyError};
pub use process::{LogsOnPanic, ProcessCluster, UpOptions};
pub use state::{ClusterError, NodeEntry, NodeState};
pub use test_cluster::{TestCluster, TestClusterBuilder, TestClusterError};
pub use test_node::TestNode;
pub use timers::{Pending, TimerCommand};

//! A small, real InfluxDB 1.x cluster for tests.
//!
//! M meta nodes agree by Raft on databases, retention policies, shard groups and nodes; N data nodes keep replicated
//! shards, route writes at consistency any, one, quorum or all, and hold hinted handoff queues for owners that do not
//! answer. A cluster runs inside one process or as one process a node, with faults that need no root.
//!
//! ```
//! use influx_server_mock::TestCluster;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut cluster = TestCluster::builder().nodes(3, 3).set("write-timeout", "1s").start().await?;
//! println!("write to {}", cluster.urls().join(" or "));
//! cluster.node_mut("data3").kill();
//! cluster.partition(&[&["data1"], &["data2", "meta1"]]);
//! cluster.heal();
//! cluster.node_mut("data3").restart().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//!
//! * [`TestCluster`] runs all nodes in this process; [`ProcessCluster`] starts one process a node and finds them again by
//!   a directory. [`Options`] are the switches of the real configuration, [`Profile`] says which real system answers.
//! * [`core`] has the cluster's rules as pure functions and state machines: required acknowledgements, shard mapping,
//!   which failures are hinted, the metadata and its commands.
//! * [`mod@line`] reads line protocol, [`query`] InfluxQL, both with the real servers' error texts.
//! * [`store`] keeps the shards of a node, [`hinted_handoff`] what other owners missed, [`meta`] runs Raft,
//!   [`anti_entropy`] makes replicas equal again where it is switched on.
//! * [`stats`] counts what a node does, under the real servers' names.
//! * [`sim`] is a whole cluster as one value, driven by a seeded heap of events.
//! * [`peer`] is how data nodes talk to each other, [`net`] the network below with its faults, [`runtime`] one node.

pub mod anti_entropy;
mod auth;
mod cluster;
mod coordinator;
pub mod core;
mod fault;
#[cfg(test)]
mod fuzz;
pub mod go;
pub mod hinted_handoff;
mod http;
pub mod line;
mod loss;
pub mod meta;
pub mod net;
mod options;
pub mod peer;
mod points;
mod profile;
pub mod query;
pub mod runtime;
pub mod scan;
mod services;
pub mod sim;
pub mod stats;
pub mod store;
mod udp;

pub use auth::SharedSecret;
pub use cluster::{
    ClusterError, LogsOnPanic, NodeEntry, NodeState, Pending, Placement, ProcessCluster, Role, TestCluster,
    TestClusterBuilder, TestClusterError, TestNode, TimerCommand, Topology, TopologyError, UpOptions,
};
pub use fault::{
    CannedReply, Clock, ClockSkew, Disk, DiskState, Fault, FaultError, NotASkew, ReplyCut, ReplyError, ReplyFault,
};
pub use loss::{Loss, LossKind};
pub use net::{LinkFault, NotAProbability, Probability};
pub use options::{IndexVersion, OptionEntry, OptionError, Options};
pub use points::{Point, Points, PointsError};
pub use profile::{Profile, UnknownProfile};
pub use runtime::{HeldPoint, QueuedWrite, Standalone, StandaloneError, StandaloneOptions, run_node};

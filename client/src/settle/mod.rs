//! What became of points, read back from the replicas; and whether hinted handoff is done.

mod cluster;
mod compare;
mod node;
mod placement;
mod plan;
mod queues;
mod reading;
mod resolution;
mod resolve;
pub(crate) mod rfc3339;
mod topology;
mod typing;
mod wanted;

pub use cluster::{ClusterHandoff, NodeHandoff, Settled};
pub use queues::{HandoffQueue, QueueState};
pub use resolution::{Doubt, HandoffState, NodeReading, PointResolution, ReplicaAnswer, Resolution, Whereabouts};
pub use resolve::Resolve;

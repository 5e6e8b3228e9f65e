//! A whole cluster as one value: the rules of [`core`](crate::core) driven by a seeded heap of events.
//!
//! No sockets, no threads, no clock and no randomness but its own: the same seed and the same calls give the same events,
//! thousands of schedules a second. What is real is every decision and every text: the parser, the metadata and their
//! commands, shard mapping, the store with what it admits, acknowledgement counting, hinted handoff, the answers byte for
//! byte. What is modelled is what lies below: a network that delays, parks and loses, disks that are slow or full,
//! processes that stop, and a log that the meta nodes agree on, with leaders, quorum, commit delay and caches that lag.
//!
//! ```
//! use bytes::Bytes;
//! use influx_server_mock::Profile;
//! use influx_server_mock::sim::{ClientEvent, SimCluster, SimOptions, SimRequest};
//!
//! let mut cluster = SimCluster::new(SimOptions::new(Profile::V1_8), 7);
//! let write = SimRequest::write("lab", "all", Bytes::from_static(b"m,k=v f=1 1700000000000000000"));
//! let id = cluster.submit(0, write);
//! let mut status = None;
//! while let Some(time) = cluster.next_time() {
//!     for event in cluster.advance(time) {
//!         if let ClientEvent::Answer { request, answer } = event {
//!             assert_eq!(request, id);
//!             status = Some(answer.status);
//!         }
//!     }
//! }
//! assert_eq!(status, Some(204));
//! ```
//!
//! Whoever drives it asks for [`SimCluster::next_time`], advances to it and acts on the [`ClientEvent`]s. A [`SimFault`] can be
//! ordered for any time. [`SimCluster::replica`] is what a node holds; the [`Record`] names everything that the servers
//! did which a client could not know of.

mod agenda;
mod client_side;
mod cluster;
mod coordinator;
mod fault;
mod handoff;
mod links;
mod meta;
mod meta_call;
mod options;
mod peer;
mod process;
mod record;
mod store;
mod strike;
#[cfg(test)]
mod tests;

pub use client_side::{ClientEvent, SimAnswer, SimRequest};
pub use cluster::{SimCluster, StoredPoint};
pub use fault::{DataDisk, ReplyLoss, RequestLoss, SimFault};
pub use options::SimOptions;
pub use record::{CauseKind, Record, Shortfall, SimCause};

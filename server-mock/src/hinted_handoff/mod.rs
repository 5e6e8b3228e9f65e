//! Writes that an owner missed, kept on disk until it takes them.
//!
//! ```text
//! hh/<node id>/<shard id>/00000001.seg   records: length, CRC, payload
//!                         cursor         segment and offset of the first record not yet delivered
//! ```
//!
//! In profile 0.10 a node has one queue, whose files are right in the directory `hh/<node id>`.
//!
//! An append is on disk when it is acknowledged, and a record leaves the queue only after its owner has answered, so a
//! kill at any moment loses nothing and resends at most one record.

mod block;
mod counters;
mod cursor;
mod drain;
mod queue;
mod segment;
mod service;
mod shared;

pub(crate) use block::Block;
pub use counters::QueueCounters;
pub(crate) use queue::{Limits, is_segment};
pub(crate) use service::queue_dir;
pub use service::{Deliver, Handoff, QueueDepth};

#[cfg(test)]
mod tests;

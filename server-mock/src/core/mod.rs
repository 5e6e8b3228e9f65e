//! The cluster's rules as pure functions and state machines: no I/O, no clock, no randomness of their own.

pub mod anti_entropy;
pub mod consistency;
pub mod handoff;
pub mod meta;
pub mod owner_write;
pub mod shard_map;
pub mod slice_race;

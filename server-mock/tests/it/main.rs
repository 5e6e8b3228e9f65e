//! A cluster, asked as its users ask it: over HTTP, with faults set from outside.
#![allow(clippy::unwrap_used, missing_docs)]

mod anti_entropy;
mod auth;
mod daemon;
mod faults;
mod fixture;
mod handoff;
mod hostile;
mod json_body;
mod membership;
mod metadata;
mod races;
mod retention;
mod shared_types;
mod statements;
mod stats;
mod surface;
mod test_cluster;
mod throttle;
mod udp;

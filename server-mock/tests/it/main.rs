//! A cluster, asked as its users ask it: over HTTP, with faults set from outside.
#![allow(clippy::unwrap_used, missing_docs)]

mod daemon;
mod fixture;
mod hostile;
mod json_body;
mod shared_types;
mod surface;
mod udp;

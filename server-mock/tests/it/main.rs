//! A cluster, asked as its users ask it: over HTTP, with faults set from outside.
#![allow(clippy::unwrap_used, missing_docs)]

mod fixture;
mod membership;
mod metadata;
mod retention;
mod shared_types;

//! Tests of the crate from outside: against the bundled cluster, and of what the project's texts say about it.
#![allow(clippy::unwrap_used, missing_docs)]

mod fixture;
mod handoff;
mod levels;
mod meta_quorum;
mod readme;
mod refusals;
mod round_trip;

//! Tests of the crate from outside: against the bundled cluster, against servers that behave badly, and of what the
//! project's texts say about it.
#![allow(clippy::unwrap_used, missing_docs)]

mod auth;
mod blocking;
mod compressed;
mod fixture;
mod framing;
mod handoff;
mod levels;
mod loop_over_http;
mod meta_quorum;
mod observers;
mod policy;
mod proxy;
mod queries;
mod readme;
mod refusals;
mod requests;
mod round_trip;
mod secrets;
mod server;
mod tls;

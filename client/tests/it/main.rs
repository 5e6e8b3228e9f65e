//! Tests of the crate from outside: against the bundled cluster, against servers that behave badly, and of what the
//! project's texts say about it.
#![allow(clippy::unwrap_used, missing_docs)]

mod auth;
mod blocking;
mod compressed;
mod ddl;
mod derive;
mod fixture;
mod framing;
mod handoff;
mod horizon;
mod levels;
mod loop_over_http;
mod meta_quorum;
mod observers;
mod policy;
mod proxy;
mod queries;
mod query_framing;
mod raw_requests;
mod readme;
mod refusals;
mod requests;
mod round_trip;
mod rows;
mod secrets;
mod server;
mod settle;
mod spool;
mod streaming;
mod tls;
mod watch;
mod writer;

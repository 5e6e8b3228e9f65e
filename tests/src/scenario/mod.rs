//! Scenarios: requests and faults in order, and what must come back.
//!
//! ```text
//! file ──► Scenario ──► Step (strings filled in from the variables) ──► request or fault ──► Answer ──► Expectation
//!          load, step     variables                        client, cluster       expect, matching, shards
//! ```
//!
//! Everything but `client`, `cluster`, `play` and `suite` is pure. A scenario file that holds a key nobody reads, a
//! variable nobody sets or a pattern that does not compile is refused before anything is started, since what is not
//! read is not checked.

mod arguments;
mod client;
mod cluster;
mod expect;
mod load;
mod local_series;
mod matching;
mod pattern;
mod play;
mod report;
mod shards;
mod step;
mod suite;
mod variables;

pub use arguments::{Arguments, UsageError};
pub use client::{Answer, Client, ClientError, ClientErrorKind, Exchange, Request};
pub use cluster::{Cluster, Kind};
pub use expect::Expectation;
pub use load::{LoadError, Scenario, Trial, Verdict, load};
pub use matching::Matcher;
pub use play::{Failure, play};
pub(crate) use shards::position;
pub use shards::{CheckShards, ShardPlace};
pub use step::{Ask, Bind, CheckLocalSeries, Fault, Pick, Step, WaitUntil};
pub use suite::{Suite, run};
pub use variables::{UnknownVariable, Variables};

//! The meta nodes, and the data nodes' way to them.
//!
//! A [`MetaNode`] is a member of a Raft group that replicates [`Command`](crate::core::meta::Command)s and applies them
//! to its [`MetaData`](crate::core::meta::MetaData). It serves two ports: one where the members talk Raft, and one
//! with a small HTTP interface. A data node has a [`MetaClient`]: a copy of the metadata kept up to date by long
//! polls, and a loop that sends commands with the real servers' retries.
//!
//! | request | answer |
//! |---|---|
//! | `GET /ping` | 200, the HTTP address of the leader, empty when there is none; with `?all=true` 500 unless all members agree on it |
//! | `GET /?index=N` | 200 and the metadata, once it is newer than index N |
//! | `POST /execute` | 200 and what became of the command; 307 to the leader; 503 when there is none |
//! | `GET /lease?name=X&nodeid=N` | 200 when data node N has the lease for a minute, 409 when another has it; 307 and 503 as above |
//! | `GET /peers` | 200 and the Raft addresses of the members |
//! | `GET /status` | 200 and JSON for people: leader, term, index, members |

mod answers;
mod client;
mod config;
mod directory;
mod exchange;
mod format;
mod http;
mod inquiries;
mod leadership;
mod membership;
mod raft;
mod reply;
mod service;

pub use client::{MetaClient, MetaClientConfig, MetaError};
pub use config::{Bootstrap, MetaConfig, MetaMember, MetaStorage, MetaTimings};
pub use format::FormatError;
pub use raft::{MemoryStorage, StoreError};
pub(crate) use reply::LEADERSHIP_LOST;
pub use service::{MetaNode, MetaStartError};

#[cfg(test)]
mod tests;

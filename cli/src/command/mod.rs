//! The commands: one file each, with its arguments and a `run` that ends in an exit code or a failure.

pub(crate) mod check;
pub(crate) mod classify;
pub(crate) mod cluster;
mod cluster_members;
mod cluster_watch;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod fault;
pub(crate) mod import;
mod inputs;
pub(crate) mod job;
pub(crate) mod journal;
pub(crate) mod lab;
pub(crate) mod man;
pub(crate) mod node;
pub(crate) mod ping;
pub(crate) mod query;
pub(crate) mod retry;
pub(crate) mod schema;
pub(crate) mod stamp;
pub(crate) mod status;
pub(crate) mod verify;
pub(crate) mod write;

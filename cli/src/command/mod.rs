//! The commands: one file each, with its arguments and a `run` that ends in an exit code or a failure.

pub(crate) mod check;
pub(crate) mod classify;
pub(crate) mod cluster;
mod cluster_members;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod fault;
mod inputs;
pub(crate) mod job;
pub(crate) mod node;
pub(crate) mod ping;
pub(crate) mod query;
pub(crate) mod stamp;
pub(crate) mod verify;
pub(crate) mod write;

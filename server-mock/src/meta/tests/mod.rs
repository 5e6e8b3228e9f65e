//! Meta nodes and clients in one process, over real sockets.
#![allow(clippy::unwrap_used)]

mod cluster;
mod commands;
mod failures;
mod restarts;

use cluster::{Cluster, within};

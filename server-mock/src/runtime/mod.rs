//! A node as it runs: on a tokio runtime of its own, with sockets and files.

mod admin;
mod config;
mod data_node;
mod node;
mod process;
mod replica;
mod sockets;
mod standalone;

pub use config::{DataAddress, MetaAddress, NodeConfig};
pub use node::{Node, NodeError};
pub use process::{EndSignals, run_node};
pub use standalone::{Standalone, StandaloneError, StandaloneOptions};

pub(crate) use admin::{AdminError, call, get, ping};
pub(crate) use data_node::DataServices;
pub(crate) use node::{NodeStorage, learn_names};
pub(crate) use process::FAULTS_FILE;
pub use replica::{HeldPoint, QueuedWrite};
pub(crate) use replica::{Replica, count, replica};
pub(crate) use sockets::Closing;

//! A node as it runs: on a tokio runtime of its own, with sockets and files.

mod admin;
mod config;
mod data_node;
mod node;
mod process;

pub use config::{DataAddress, MetaAddress, NodeConfig};
pub use node::{Node, NodeError};
pub use process::run_node;

pub(crate) use admin::{call, ping};
pub(crate) use data_node::DataServices;
pub(crate) use node::{NodeStorage, learn_names};
pub(crate) use process::LINKS_FILE;

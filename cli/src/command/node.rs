//! `node`: one node of the bundled cluster; started by `cluster up`, not by hand.

use std::path::PathBuf;

use clap::Args;

use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Run one node of the bundled cluster until SIGTERM.
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct NodeArgs {
    /// The node's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// End when standard input ends, that is with the process that started the node.
    #[arg(long)]
    tied: bool,
}

impl NodeArgs {
    pub(crate) async fn run(self, _: &Console) -> Result<Exit, Failure> {
        influx_server_mock::run_node(&self.config, self.tied)
            .await
            .map_err(|error| Failure::Cluster(error.to_string()))?;
        Ok(Exit::OK)
    }
}

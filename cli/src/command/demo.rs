//! `demo`: the main job on real input, and every failure it can meet, on a real cluster.

use clap::Args;

use crate::cluster_dir::ClusterDirArgs;
use crate::console::Console;
use crate::demo;
use crate::failure::{Exit, Failure};

/// Start 3 meta and 3 data nodes, write real observations at quorum, then walk through the failures with real faults.
///
/// Each row of the table is checked against what every replica really holds. Exit code 0 means that every row came
/// out as claimed. Nothing is left running, unless --keep says so.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Leave the cluster running at the end, and tell how to use it.
    #[arg(long)]
    keep: bool,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

impl DemoArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        demo::run(self.keep, &self.dir, console).await?;
        Ok(Exit::OK)
    }
}

//! `cluster add` and `cluster remove`: nodes join and leave a running cluster.

use std::time::Duration;

use clap::{Args, ValueEnum};
use influx_server_mock::Role;

use super::fault::failed;
use crate::cluster_dir::ClusterDirArgs;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::settings;

/// Add a node to the running cluster; returns when it takes part.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// What the node does.
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    dir: ClusterDirArgs,
    /// A meta node that it is told of, instead of all. May be given more than once; a node of profile 0.10 knows no others
    /// until it is restarted.
    #[arg(long, value_name = "NODE")]
    through: Vec<String>,
    /// Longest wait for the node to take part.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = settings::some_duration)]
    limit: Duration,
}

/// Take a node out of the running cluster, dead or alive, and end it; what it alone had stored is lost.
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// Its name.
    node: String,
    #[command(flatten)]
    dir: ClusterDirArgs,
    /// Longest wait for the others to let go of a meta node.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = settings::some_duration)]
    limit: Duration,
}

/// What a node does.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Keeps the metadata.
    Meta,
    /// Keeps shards.
    Data,
    /// Both.
    Both,
}

impl AddArgs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let role = match self.kind {
            Kind::Meta => Role::Meta,
            Kind::Data => Role::Data,
            Kind::Both => Role::Both,
        };
        let mut cluster = self.dir.open()?;
        let added = cluster.add(role, &self.through, self.limit).await;
        let name = added.map_err(failed)?;
        console.print(&format!("{name}\n"))?;
        Ok(Exit::OK)
    }
}

impl RemoveArgs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let mut cluster = self.dir.open()?;
        let removed = cluster.remove(&self.node, self.limit).await;
        removed.map_err(failed)?;
        console.say(&format!("{} left the cluster", self.node));
        Ok(Exit::OK)
    }
}

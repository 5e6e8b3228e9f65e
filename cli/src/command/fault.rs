//! `fault …`: real faults in the local cluster.

use std::time::Duration;

use clap::{Args, Subcommand};
use influx_server_mock::ProcessCluster;

use crate::cluster_dir::ClusterDirArgs;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::settings;

/// Injure the local cluster, or heal it.
#[derive(Debug, Args)]
pub(crate) struct FaultArgs {
    #[command(subcommand)]
    fault: Fault,
}

/// A fault, or the end of one.
#[derive(Debug, Subcommand)]
enum Fault {
    /// Kill nodes (SIGKILL): connections to them are refused.
    Kill(Nodes),
    /// Pause nodes (SIGSTOP): connections to them hang.
    Pause(Nodes),
    /// Resume paused nodes (SIGCONT).
    Resume(Nodes),
    /// Start killed nodes again on their data; running ones are killed first.
    Restart(RestartArgs),
    /// Cut the links between groups of nodes.
    Partition(PartitionArgs),
    /// Mend every link. Resumes no node and starts none.
    Heal(HealArgs),
}

/// Nodes by name.
#[derive(Debug, Args)]
struct Nodes {
    /// Names as `cluster status` shows them, for example data1.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// Nodes to start again, and how long to wait for each.
#[derive(Debug, Args)]
struct RestartArgs {
    #[command(flatten)]
    nodes: Nodes,
    /// Longest wait for each node to answer; 0 waits for none.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = limit)]
    limit: Wait,
}

/// How long to wait for a node; not at all if `None`.
type Wait = Option<Duration>;

fn limit(text: &str) -> Result<Wait, String> {
    settings::duration(text).map(|limit| Some(limit).filter(|limit| !limit.is_zero()))
}

/// Groups that are cut off from each other.
#[derive(Debug, Args)]
struct PartitionArgs {
    /// Groups of nodes: data1,meta1/data2,data3. Inside a group all links stay whole.
    #[arg(value_name = "A,B/C,D", value_parser = groups)]
    groups: Groups,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// Which cluster to heal.
#[derive(Debug, Args)]
struct HealArgs {
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// The groups of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Groups(Vec<Vec<String>>);

fn groups(text: &str) -> Result<Groups, String> {
    let groups: Vec<Vec<String>> =
        text.split('/').map(|group| group.split(',').map(|name| name.trim().to_owned()).collect()).collect();
    if groups.len() < 2 || groups.iter().flatten().any(String::is_empty) {
        return Err("write the groups as A,B/C,D".to_owned());
    }
    let mut names: Vec<&String> = groups.iter().flatten().collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("{} is in two groups", twice[0]));
    }
    Ok(Groups(groups))
}

impl FaultArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let failed = |error: influx_server_mock::ClusterError| Failure::Cluster(error.to_string());
        match self.fault {
            Fault::Kill(nodes) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.kill(name).await.map_err(failed)?;
                    console.say(&format!("{name} killed"));
                }
            }
            Fault::Pause(nodes) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.pause(name).await.map_err(failed)?;
                    console.say(&format!("{name} paused"));
                }
            }
            Fault::Resume(nodes) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.resume(name).await.map_err(failed)?;
                    console.say(&format!("{name} resumed"));
                }
            }
            Fault::Restart(RestartArgs { nodes, limit }) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.restart(name, limit).await.map_err(failed)?;
                    console.say(&format!("{name} restarted"));
                }
            }
            Fault::Partition(partition) => {
                let mut cluster = partition.dir.open()?;
                let Groups(groups) = &partition.groups;
                cluster.partition(groups).await.map_err(failed)?;
                let shown: Vec<String> = groups.iter().map(|group| group.join(",")).collect();
                console.say(&format!("links cut between {}", shown.join(" | ")));
            }
            Fault::Heal(heal) => {
                heal.dir.open()?.heal().await.map_err(failed)?;
                console.say("all links are whole");
            }
        }
        Ok(Exit::OK)
    }
}

impl Nodes {
    /// The cluster, if it has every node named: a typing mistake in the second name must not leave the first one dead.
    fn cluster(&self) -> Result<ProcessCluster, Failure> {
        let cluster = self.dir.open()?;
        let known: Vec<&str> = cluster.nodes().iter().map(|node| node.name.as_str()).collect();
        match self.names.iter().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Failure::Usage(format!("no node is called {name}: there are {}", known.join(", ")))),
            None => Ok(cluster),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn groups_are_read_and_mistakes_named() {
        assert_eq!(groups("a,b/c").unwrap(), Groups(vec![vec!["a".into(), "b".into()], vec!["c".into()]]));
        assert!(groups("a,b").is_err());
        assert!(groups("a//b").is_err());
        assert!(groups("a,/b").is_err());
        assert!(groups("a,b/b").unwrap_err().contains("b is in two groups"));
    }
}

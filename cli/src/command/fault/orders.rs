//! What most faults take: nodes or a link, and for how long.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use influx_server_mock::{
    ClockSkew, Disk, DiskState, Fault, LinkFault, NodeEntry, NodeState, Probability, ProcessCluster, Role, TimerCommand,
};

use super::failed;
use crate::cluster_dir::ClusterDirArgs;
use crate::command::cluster::this_executable;
use crate::console::Console;
use crate::failure::Failure;
use crate::settings;

/// For how long.
#[derive(Clone, Debug, Args)]
pub(super) struct Lasting {
    /// End it after this time, also if this program is gone by then; until it is healed unless given.
    #[arg(long = "for", value_name = "TIME", value_parser = settings::some_duration)]
    time: Option<Duration>,
}

impl Lasting {
    /// The time with the command that ends the fault then; `None` if it is to last.
    pub(super) fn timer(&self) -> Result<Option<(Duration, TimerCommand)>, Failure> {
        let Some(time) = self.time else { return Ok(None) };
        let arguments = ["fault", "timer"].map(str::to_owned).to_vec();
        Ok(Some((time, TimerCommand { executable: this_executable()?, arguments })))
    }

    /// For the end of a message.
    pub(super) fn text(&self) -> String {
        self.time.map(|time| format!(", for {time:?}")).unwrap_or_default()
    }
}

/// The process behind `--for`.
#[derive(Debug, Args)]
pub(super) struct TimerArgs {
    /// The cluster's file.
    file: PathBuf,
    /// The number of the order.
    order: u64,
}

impl TimerArgs {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let dir = self.file.parent().unwrap_or(&self.file);
        let mut cluster = ProcessCluster::open(dir).map_err(failed)?;
        cluster.wait_for_order(self.order).await.map_err(failed)
    }
}

/// Nodes by name.
#[derive(Debug, Args)]
pub(super) struct Nodes {
    /// Names as `cluster status` shows them, for example data1.
    #[arg(required = true, value_name = "NAME")]
    pub(super) names: Vec<String>,
    #[command(flatten)]
    pub(super) dir: ClusterDirArgs,
}

/// Nodes that have a fault for a time or until the heal.
#[derive(Debug, Args)]
pub(super) struct FaultyNodes {
    #[command(flatten)]
    pub(super) nodes: Nodes,
    #[command(flatten)]
    pub(super) lasting: Lasting,
}

/// Nodes to start again, and how long to wait for each.
#[derive(Debug, Args)]
pub(super) struct RestartArgs {
    #[command(flatten)]
    pub(super) nodes: Nodes,
    /// Longest wait for each node to answer; 0 waits for none.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = limit)]
    pub(super) limit: Wait,
}

/// How long to wait for a node; not at all if `None`.
type Wait = Option<Duration>;

fn limit(text: &str) -> Result<Wait, String> {
    settings::duration(text).map(|limit| Some(limit).filter(|limit| !limit.is_zero()))
}

/// Groups that are cut off from each other.
#[derive(Debug, Args)]
pub(super) struct PartitionArgs {
    /// Groups of nodes: data1,meta1/data2,data3. Inside a group all links stay whole, and so do those of nodes in no group.
    #[arg(value_name = "A,B/C,D", value_parser = groups)]
    groups: Groups,
    /// Of two groups, cut only what the first sends the second: its requests, and its answers to requests of the second.
    #[arg(long)]
    one_way: bool,
    #[command(flatten)]
    lasting: Lasting,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

impl PartitionArgs {
    pub(super) async fn run(self, console: &Console) -> Result<(), Failure> {
        let Groups(sides) = self.groups;
        let faults = match (self.one_way, &sides[..]) {
            (false, _) => vec![Fault::Partition { sides }],
            (true, [first, second]) => {
                let pairs = first.iter().flat_map(|from| second.iter().map(move |to| (from.clone(), to.clone())));
                let fault = LinkFault::new().cut();
                pairs.map(|(from, to)| Fault::Link { from, to, both_ways: false, fault }).collect()
            }
            (true, _) => return Err(Failure::Usage("--one-way is for two groups".to_owned())),
        };
        inject(self.dir.open_now().await?, faults, &self.lasting, console).await
    }
}

/// A link, and which way of it.
#[derive(Debug, Args)]
pub(super) struct LinkArgs {
    /// A node, for example data1.
    #[arg(value_name = "FROM")]
    from: String,
    /// The node at the other end of the link; `all` for the links to all others.
    #[arg(value_name = "TO")]
    to: String,
    /// Only what FROM sends TO: its requests, and its answers to requests of TO.
    #[arg(long)]
    one_way: bool,
    #[command(flatten)]
    lasting: Lasting,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

impl LinkArgs {
    pub(super) async fn inject(self, fault: LinkFault, console: &Console) -> Result<(), Failure> {
        let Self { from, to, one_way, lasting, dir } = self;
        let cluster = dir.open_now().await?;
        let ends: Vec<String> = if to == "all" {
            cluster.nodes().iter().map(|node| node.name.clone()).filter(|name| *name != from).collect()
        } else {
            vec![to]
        };
        let link = |to| Fault::Link { from: from.clone(), to, both_ways: !one_way, fault };
        inject(cluster, ends.into_iter().map(link).collect(), &lasting, console).await
    }
}

/// A link to cut.
#[derive(Debug, Args)]
pub(super) struct CutArgs {
    #[command(flatten)]
    pub(super) link: LinkArgs,
}

/// A link to slow down.
#[derive(Debug, Args)]
pub(super) struct DelayArgs {
    #[command(flatten)]
    pub(super) link: LinkArgs,
    /// How much later each message arrives; a request and its answer are two.
    #[arg(value_name = "TIME", value_parser = settings::some_duration)]
    pub(super) delay: Duration,
    /// Up to this much more or less, at random.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = settings::duration)]
    pub(super) jitter: Duration,
    /// Where the random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
}

/// A link that loses messages.
#[derive(Debug, Args)]
pub(super) struct DropArgs {
    #[command(flatten)]
    pub(super) link: LinkArgs,
    /// How likely each message, and each attempt to connect, is lost: 10% or 0.1.
    #[arg(value_name = "PROBABILITY")]
    pub(super) probability: Probability,
    /// Where the random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
}

/// A narrow link.
#[derive(Debug, Args)]
pub(super) struct BandwidthArgs {
    #[command(flatten)]
    pub(super) link: LinkArgs,
    /// Bytes per second, each way: 64K, 1MiB or a number.
    #[arg(value_name = "SIZE", value_parser = settings::size)]
    pub(super) bandwidth: usize,
}

/// A part of a node's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiskName {
    /// The shards of a data node.
    Shards,
    /// The hinted handoff queues of a data node.
    Handoff,
    /// The Raft log of a meta node.
    Raft,
}

impl From<DiskName> for Disk {
    fn from(name: DiskName) -> Self {
        match name {
            DiskName::Shards => Self::Shards,
            DiskName::Handoff => Self::Handoff,
            DiskName::Raft => Self::Raft,
        }
    }
}

/// Disks to slow down.
#[derive(Debug, Args)]
pub(super) struct SlowDiskArgs {
    #[command(flatten)]
    pub(super) faulty: FaultyNodes,
    /// How much longer each write takes.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = settings::some_duration)]
    pub(super) delay: Duration,
    /// A part of the disk; all that the node has, unless given. May be given more than once.
    #[arg(long, value_enum, value_name = "PART")]
    pub(super) disk: Vec<DiskName>,
}

/// Disks to fill up.
#[derive(Debug, Args)]
pub(super) struct DiskFullArgs {
    #[command(flatten)]
    pub(super) faulty: FaultyNodes,
    /// A part of the disk; all that the node has, unless given. May be given more than once.
    #[arg(long, value_enum, value_name = "PART")]
    pub(super) disk: Vec<DiskName>,
}

/// Clocks to set wrong.
#[derive(Debug, Args)]
pub(super) struct ClockArgs {
    /// How wrong: +2h is ahead, -30s behind.
    #[arg(value_name = "SKEW", allow_hyphen_values = true)]
    pub(super) skew: ClockSkew,
    #[command(flatten)]
    pub(super) faulty: FaultyNodes,
}

/// Every meta node.
#[derive(Debug, Args)]
pub(super) struct MetaDownArgs {
    #[command(flatten)]
    lasting: Lasting,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

impl MetaDownArgs {
    pub(super) async fn run(self, console: &Console) -> Result<(), Failure> {
        let cluster = self.dir.open_now().await?;
        let metas = cluster.nodes().iter().filter(|node| matches!(node.role, Role::Meta | Role::Both));
        let faults = metas.map(|node| Fault::MetaDown { node: node.name.clone() }).collect();
        inject(cluster, faults, &self.lasting, console).await
    }
}

/// What to heal.
#[derive(Debug, Args)]
pub(super) struct HealArgs {
    /// Nodes whose faults, and those of whose links, are to end; all of them unless given.
    #[arg(value_name = "all|NAME")]
    names: Vec<String>,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

impl HealArgs {
    pub(super) async fn run(self, console: &Console) -> Result<(), Failure> {
        let mut cluster = self.dir.open_now().await?;
        if self.names.is_empty() || self.names.iter().any(|name| name == "all") {
            cluster.heal().await.map_err(failed)?;
            let stopped = stopped(&cluster)?;
            console.say(&match stopped.is_empty() {
                true => "no fault is in force".to_owned(),
                false => format!("no other fault is in force, but {}", stopped.join(", ")),
            });
            return Ok(());
        }
        cluster.heal_nodes(&self.names).await.map_err(failed)?;
        for name in &self.names {
            console.say(&format!("{name}: its faults and those of its links have ended"));
        }
        Ok(())
    }
}

/// Nodes that do not run, and what makes them.
fn stopped(cluster: &ProcessCluster) -> Result<Vec<String>, Failure> {
    let mut stopped = Vec::new();
    for node in cluster.nodes() {
        let name = &node.name;
        match cluster.state(name).map_err(failed)? {
            NodeState::Running => {}
            NodeState::Paused => stopped.push(format!("{name} is paused (fault resume {name})")),
            NodeState::Dead => stopped.push(format!("{name} is dead (fault restart {name})")),
        }
    }
    Ok(stopped)
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

/// Adds faults and says so.
pub(super) async fn inject(
    mut cluster: ProcessCluster,
    faults: Vec<Fault>,
    lasting: &Lasting,
    console: &Console,
) -> Result<(), Failure> {
    match lasting.timer()? {
        Some((time, command)) => cluster.inject_for(&faults, time, &command).await.map_err(failed)?,
        None => cluster.inject(&faults).await.map_err(failed)?,
    }
    for fault in &faults {
        console.say(&format!("{}: {fault}{}", fault.node().unwrap_or("cluster"), lasting.text()));
    }
    Ok(())
}

impl Nodes {
    /// The cluster, if it has every node named: a typing mistake in the second name must not leave the first one dead.
    pub(super) async fn cluster(&self) -> Result<ProcessCluster, Failure> {
        let cluster = self.dir.open_now().await?;
        for name in &self.names {
            cluster.state(name).map_err(failed)?;
        }
        Ok(cluster)
    }
}

impl FaultyNodes {
    pub(super) async fn inject(&self, fault: impl Fn(String) -> Fault, console: &Console) -> Result<(), Failure> {
        let faults = self.nodes.names.iter().cloned().map(fault).collect();
        inject(self.nodes.cluster().await?, faults, &self.lasting, console).await
    }

    pub(super) async fn kill(&self, console: &Console) -> Result<(), Failure> {
        let mut cluster = self.nodes.cluster().await?;
        let names = &self.nodes.names;
        if let Some((time, command)) = self.lasting.timer()? {
            cluster.kill_for(names, time, &command).await.map_err(failed)?;
        } else {
            for name in names {
                cluster.kill(name).await.map_err(failed)?;
            }
        }
        self.say("killed", console);
        Ok(())
    }

    pub(super) async fn pause(&self, console: &Console) -> Result<(), Failure> {
        let mut cluster = self.nodes.cluster().await?;
        let names = &self.nodes.names;
        if let Some((time, command)) = self.lasting.timer()? {
            cluster.pause_for(names, time, &command).await.map_err(failed)?;
        } else {
            for name in names {
                cluster.pause(name).await.map_err(failed)?;
            }
        }
        self.say("paused", console);
        Ok(())
    }

    fn say(&self, what: &str, console: &Console) {
        for name in &self.nodes.names {
            console.say(&format!("{name} {what}{}", self.lasting.text()));
        }
    }

    pub(super) async fn disks(&self, disks: &[DiskName], state: DiskState, console: &Console) -> Result<(), Failure> {
        let cluster = self.nodes.cluster().await?;
        let mut faults = Vec::new();
        for name in &self.nodes.names {
            let node = cluster.nodes().iter().find(|node| node.name == *name);
            let has: Vec<Disk> = match disks {
                [] => node.map(parts).unwrap_or_default(),
                disks => disks.iter().copied().map(Disk::from).collect(),
            };
            faults.extend(has.into_iter().map(|disk| Fault::Disk { node: name.clone(), disk, state }));
        }
        inject(cluster, faults, &self.lasting, console).await
    }
}

/// The parts of a disk that a node has.
fn parts(node: &NodeEntry) -> Vec<Disk> {
    match node.role {
        Role::Meta => vec![Disk::Raft],
        Role::Data => vec![Disk::Shards, Disk::Handoff],
        Role::Both => Disk::ALL.to_vec(),
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

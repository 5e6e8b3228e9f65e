//! `fault …`: real faults in the local cluster.

use std::num::NonZeroU64;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use influx_server_mock::{
    CannedReply, ClockSkew, ClusterError, Disk, DiskState, Fault, LinkFault, NodeEntry, NodeState, Probability,
    ProcessCluster, ReplyCut, ReplyFault, Role,
};
use serde_json::{Value, json};

use crate::cluster_dir::ClusterDirArgs;
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::render::Table;
use crate::settings;

/// Injure the local cluster, or heal it. Faults add up until `fault heal` ends all of them.
#[derive(Debug, Args)]
pub(crate) struct FaultArgs {
    #[command(subcommand)]
    action: Action,
}

/// A fault, or the end of one.
#[derive(Debug, Subcommand)]
enum Action {
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
    /// Cut the link between two nodes.
    Cut(CutArgs),
    /// Delay what two nodes send each other.
    Delay(DelayArgs),
    /// Lose messages between two nodes: their connections stall and are reset.
    Drop(DropArgs),
    /// Limit how much two nodes can send each other in a second.
    Bandwidth(BandwidthArgs),
    /// Make the disks of nodes slow.
    SlowDisk(SlowDiskArgs),
    /// Fill the disks of nodes up: writes there fail.
    DiskFull(DiskFullArgs),
    /// Fill the hinted handoff queues of data nodes up.
    HandoffFull(Nodes),
    /// Set the clocks of nodes wrong.
    Clock(ClockArgs),
    /// Have requests to a data node answered otherwise.
    Reply(ReplyArgs),
    /// Close the public port of data nodes: clients are refused, the other nodes are not.
    RefuseHttp(Nodes),
    /// Make every meta node refuse connections: databases and shard groups cannot be made.
    MetaDown(ClusterDir),
    /// Show what is in force, node by node.
    List(ListArgs),
    /// End every fault of links and nodes, with one call. Resumes no paused node and starts no killed one.
    Heal(ClusterDir),
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

/// Which cluster is meant.
#[derive(Debug, Args)]
struct ClusterDir {
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// A link, and which way of it.
#[derive(Debug, Args)]
struct LinkArgs {
    /// A node, for example data1.
    #[arg(value_name = "FROM")]
    from: String,
    /// The node at the other end of the link.
    #[arg(value_name = "TO")]
    to: String,
    /// Only what FROM sends TO: its requests, and its answers to requests of TO.
    #[arg(long)]
    one_way: bool,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

/// A link to cut.
#[derive(Debug, Args)]
struct CutArgs {
    #[command(flatten)]
    link: LinkArgs,
}

/// A link to slow down.
#[derive(Debug, Args)]
struct DelayArgs {
    #[command(flatten)]
    link: LinkArgs,
    /// How much later each message arrives; a request and its answer are two.
    #[arg(value_name = "TIME", value_parser = settings::some_duration)]
    delay: Duration,
    /// Up to this much more or less, at random.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = settings::duration)]
    jitter: Duration,
    /// Where the random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// A link that loses messages.
#[derive(Debug, Args)]
struct DropArgs {
    #[command(flatten)]
    link: LinkArgs,
    /// How likely each message, and each attempt to connect, is lost: 10% or 0.1.
    #[arg(value_name = "PROBABILITY")]
    probability: Probability,
    /// Where the random numbers begin.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// A narrow link.
#[derive(Debug, Args)]
struct BandwidthArgs {
    #[command(flatten)]
    link: LinkArgs,
    /// Bytes per second, each way: 64K, 1MiB or a number.
    #[arg(value_name = "SIZE", value_parser = settings::size)]
    bandwidth: usize,
}

/// A part of a node's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DiskName {
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
struct SlowDiskArgs {
    #[command(flatten)]
    nodes: Nodes,
    /// How much longer each write takes.
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = settings::some_duration)]
    delay: Duration,
    /// A part of the disk; all that the node has, unless given. May be given more than once.
    #[arg(long, value_enum, value_name = "PART")]
    disk: Vec<DiskName>,
}

/// Disks to fill up.
#[derive(Debug, Args)]
struct DiskFullArgs {
    #[command(flatten)]
    nodes: Nodes,
    /// A part of the disk; all that the node has, unless given. May be given more than once.
    #[arg(long, value_enum, value_name = "PART")]
    disk: Vec<DiskName>,
}

/// Clocks to set wrong.
#[derive(Debug, Args)]
struct ClockArgs {
    /// How wrong: +2h is ahead, -30s behind.
    #[arg(value_name = "SKEW", allow_hyphen_values = true)]
    skew: ClockSkew,
    #[command(flatten)]
    nodes: Nodes,
}

/// Where an answer is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CutName {
    /// Before its first byte.
    Before,
    /// After status and headers.
    Head,
    /// In the middle of the body.
    Body,
    /// Never sent; the connection stays open until the heal.
    Never,
}

/// Answers of a data node.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("canned").args(["status", "class"])))]
struct ReplyArgs {
    /// A data node, for example data1.
    #[arg(value_name = "NAME")]
    name: String,
    /// Answer with this status instead of doing what is asked.
    #[arg(long, value_name = "CODE")]
    status: Option<u16>,
    /// Answer with a typical reply of this class (`influx-cli explain` lists them): timeout, below-level, overloaded ….
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// The body that goes with --status.
    #[arg(long, value_name = "TEXT", requires = "status", conflicts_with = "error")]
    body: Option<String>,
    /// The server's own form of an error with this text, as the body and header that go with --status.
    #[arg(long, value_name = "TEXT", requires = "status")]
    error: Option<String>,
    /// A header that goes with --status or --class. May be given more than once.
    #[arg(long = "header", value_name = "NAME:VALUE", requires = "canned", value_parser = header)]
    headers: Vec<(String, String)>,
    /// Do what is asked first, and answer with --status or --class then.
    #[arg(long, requires = "canned")]
    after_handling: bool,
    /// How much later the answer is sent.
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = settings::duration)]
    delay: Duration,
    /// Close the connection before the whole answer was sent.
    #[arg(long, value_enum, value_name = "WHERE")]
    cut: Option<CutName>,
    /// Only requests for this path; all of them unless given.
    #[arg(long, value_name = "PATH")]
    route: Option<String>,
    /// Only the next so many requests; all of them until the heal unless given.
    #[arg(long, value_name = "N")]
    times: Option<NonZeroU64>,
    #[command(flatten)]
    dir: ClusterDirArgs,
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err("write NAME:VALUE".to_owned()),
    }
}

/// What is in force.
#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    dir: ClusterDirArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
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

/// A fault that the cluster cannot have is a mistake in the command; the rest is the cluster's failure.
pub(super) fn failed(error: ClusterError) -> Failure {
    match error {
        ClusterError::Fault(error) => Failure::Usage(error.to_string()),
        error => Failure::Cluster(error.to_string()),
    }
}

impl FaultArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        match self.action {
            Action::Kill(nodes) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.kill(name).await.map_err(failed)?;
                    console.say(&format!("{name} killed"));
                }
            }
            Action::Pause(nodes) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.pause(name).await.map_err(failed)?;
                    console.say(&format!("{name} paused"));
                }
            }
            Action::Resume(nodes) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.resume(name).await.map_err(failed)?;
                    console.say(&format!("{name} resumed"));
                }
            }
            Action::Restart(RestartArgs { nodes, limit }) => {
                let mut cluster = nodes.cluster()?;
                for name in &nodes.names {
                    cluster.restart(name, limit).await.map_err(failed)?;
                    console.say(&format!("{name} restarted"));
                }
            }
            Action::Partition(partition) => {
                let mut cluster = partition.dir.open()?;
                let Groups(groups) = &partition.groups;
                cluster.partition(groups).await.map_err(failed)?;
                let shown: Vec<String> = groups.iter().map(|group| group.join(",")).collect();
                console.say(&format!("links cut between {}", shown.join(" | ")));
            }
            Action::Cut(CutArgs { link }) => link.inject(LinkFault::new().cut(), console).await?,
            Action::Delay(DelayArgs { link, delay, jitter, seed }) => {
                link.inject(LinkFault::new().delay(delay).jitter(jitter).seed(seed), console).await?;
            }
            Action::Drop(DropArgs { link, probability, seed }) => {
                link.inject(LinkFault::new().drop(probability).seed(seed), console).await?;
            }
            Action::Bandwidth(BandwidthArgs { link, bandwidth }) => {
                link.inject(LinkFault::new().bandwidth(bandwidth as u64), console).await?;
            }
            Action::SlowDisk(SlowDiskArgs { nodes, delay, disk }) => {
                nodes.disks(&disk, DiskState::slow(delay), console).await?;
            }
            Action::DiskFull(DiskFullArgs { nodes, disk }) => nodes.disks(&disk, DiskState::full(), console).await?,
            Action::HandoffFull(nodes) => nodes.inject(|node| Fault::HandoffFull { node }, console).await?,
            Action::Clock(ClockArgs { skew, nodes }) => {
                nodes.inject(|node| Fault::Clock { node, skew }, console).await?;
            }
            Action::Reply(reply) => reply.run(console).await?,
            Action::RefuseHttp(nodes) => nodes.inject(|node| Fault::RefuseHttp { node }, console).await?,
            Action::MetaDown(ClusterDir { dir }) => {
                let cluster = dir.open()?;
                let metas = cluster.nodes().iter().filter(|node| matches!(node.role, Role::Meta | Role::Both));
                let faults = metas.map(|node| Fault::MetaDown { node: node.name.clone() }).collect();
                inject(cluster, faults, console).await?;
            }
            Action::List(list) => list.run(console).await?,
            Action::Heal(ClusterDir { dir }) => {
                dir.open()?.heal().await.map_err(failed)?;
                console.say("no fault is in force");
            }
        }
        Ok(Exit::OK)
    }
}

/// Adds faults and says so.
async fn inject(mut cluster: ProcessCluster, faults: Vec<Fault>, console: &Console) -> Result<(), Failure> {
    cluster.inject(&faults).await.map_err(failed)?;
    for fault in &faults {
        console.say(&format!("{}: {fault}", fault.node().unwrap_or("cluster")));
    }
    Ok(())
}

impl LinkArgs {
    async fn inject(self, fault: LinkFault, console: &Console) -> Result<(), Failure> {
        let Self { from, to, one_way, dir } = self;
        inject(dir.open()?, vec![Fault::Link { from, to, both_ways: !one_way, fault }], console).await
    }
}

impl Nodes {
    /// The cluster, if it has every node named: a typing mistake in the second name must not leave the first one dead.
    fn cluster(&self) -> Result<ProcessCluster, Failure> {
        let cluster = self.dir.open()?;
        for name in &self.names {
            cluster.state(name).map_err(failed)?;
        }
        Ok(cluster)
    }

    async fn inject(&self, fault: impl Fn(String) -> Fault, console: &Console) -> Result<(), Failure> {
        let faults = self.names.iter().cloned().map(fault).collect();
        inject(self.cluster()?, faults, console).await
    }

    async fn disks(&self, disks: &[DiskName], state: DiskState, console: &Console) -> Result<(), Failure> {
        let cluster = self.cluster()?;
        let mut faults = Vec::new();
        for name in &self.names {
            let node = cluster.nodes().iter().find(|node| node.name == *name);
            let has: Vec<Disk> = match disks {
                [] => node.map(parts).unwrap_or_default(),
                disks => disks.iter().copied().map(Disk::from).collect(),
            };
            faults.extend(has.into_iter().map(|disk| Fault::Disk { node: name.clone(), disk, state }));
        }
        inject(cluster, faults, console).await
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

impl ReplyArgs {
    async fn run(self, console: &Console) -> Result<(), Failure> {
        let cluster = self.dir.open()?;
        let canned = match (self.status, &self.class) {
            (Some(status), _) => Some(match (&self.error, &self.body) {
                (Some(text), _) => CannedReply::error(cluster.profile(), status, text),
                (None, Some(body)) => CannedReply::new(status).body(body),
                (None, None) => CannedReply::new(status),
            }),
            (None, Some(class)) => {
                let reply = CannedReply::of_class(class, cluster.profile());
                Some(reply.map_err(|error| Failure::Usage(error.to_string()))?)
            }
            (None, None) => None,
        };
        let canned =
            canned.map(|canned| self.headers.iter().fold(canned, |canned, (name, value)| canned.header(name, value)));
        let mut fault = canned.map_or_else(ReplyFault::real, ReplyFault::canned).delayed(self.delay);
        if self.after_handling {
            fault = fault.after_handling();
        }
        fault = fault.cut(match self.cut {
            None => ReplyCut::None,
            Some(CutName::Before) => ReplyCut::BeforeHead,
            Some(CutName::Head) => ReplyCut::AfterHead,
            Some(CutName::Body) => ReplyCut::MidBody,
            Some(CutName::Never) => ReplyCut::Never,
        });
        if let Some(route) = &self.route {
            fault = fault.on(route);
        }
        if let Some(times) = self.times {
            fault = fault.times(times.get());
        }
        inject(cluster, vec![Fault::Reply { node: self.name, fault }], console).await
    }
}

impl ListArgs {
    async fn run(self, console: &Console) -> Result<(), Failure> {
        let cluster = self.dir.open()?;
        let faults = cluster.faults().await;
        let mut stopped = Vec::new();
        for node in cluster.nodes() {
            match cluster.state(&node.name).map_err(failed)? {
                NodeState::Running => {}
                NodeState::Paused => stopped.push((node.name.as_str(), "paused", "fault resume")),
                NodeState::Dead => stopped.push((node.name.as_str(), "dead", "fault restart")),
            }
        }
        if self.json {
            let faults = faults.iter().map(object);
            let stopped = stopped.iter().map(
                |(node, state, ended_by)| json!({ "kind": state, "node": node, "text": state, "ended_by": ended_by }),
            );
            let all: Vec<Value> = faults.chain(stopped).collect();
            return console.print_json(&json!({ "faults": all }));
        }
        if faults.is_empty() && stopped.is_empty() {
            console.say("no fault is in force");
            return Ok(());
        }
        let mut table = Table::new(&["node", "fault", "ended by"]);
        for fault in &faults {
            let node = fault.node().unwrap_or("all").to_owned();
            table.row([node, console.painted(&fault.to_string(), Paint::Doubtful), "fault heal".to_owned()]);
        }
        for (node, state, ended_by) in stopped {
            table.row([node.to_owned(), console.painted(state, Paint::Bad), ended_by.to_owned()]);
        }
        console.print(&table.text())
    }
}

/// A fault for scripts.
fn object(fault: &Fault) -> Value {
    let mut object = json!({
        "kind": fault.kind(),
        "node": fault.node(),
        "text": fault.to_string(),
        "ended_by": "fault heal",
    });
    if let Fault::Link { to, both_ways, .. } = fault {
        object["to"] = json!(to);
        object["both_ways"] = json!(both_ways);
    }
    object
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

    #[test]
    fn headers_are_read() {
        assert_eq!(header("Retry-After: 3").unwrap(), ("Retry-After".into(), "3".into()));
        assert_eq!(header("A:b:c").unwrap(), ("A".into(), "b:c".into()));
        assert!(header("A").is_err());
        assert!(header(":b").is_err());
    }
}

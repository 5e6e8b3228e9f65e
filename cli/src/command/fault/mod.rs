//! `fault …`: real faults in the local cluster.

mod list;
mod orders;
mod reply;

use clap::{Args, Subcommand};
use influx_server_mock::{ClusterError, DiskState, Fault, LinkFault};

use self::list::ListArgs;
use self::orders::{
    BandwidthArgs, ClockArgs, CutArgs, DelayArgs, DiskFullArgs, DropArgs, FaultyNodes, HealArgs, MetaDownArgs, Nodes,
    PartitionArgs, RestartArgs, SlowDiskArgs, TimerArgs,
};
use self::reply::{HangArgs, ReplyArgs};
use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Injure the local cluster, or heal it.
///
/// Faults add up until `fault heal` ends all of them; with --for TIME a fault ends by itself. The cluster's directory keeps
/// an account of all of them in events.jsonl.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct FaultArgs {
    #[command(subcommand)]
    action: Action,
}

const AFTER_HELP: &str = "\
Examples:
  influx-cli fault kill data3 --for 10s
  influx-cli fault partition data1,meta1/data2,data3,meta2,meta3
  influx-cli fault delay data1 all 200ms --jitter 50ms
  influx-cli fault reply data1 --class overloaded --route /write --probability 20% --seed 7
  influx-cli fault heal";

/// A fault, or the end of one.
#[derive(Debug, Subcommand)]
enum Action {
    /// Kill nodes (SIGKILL): connections to them are refused.
    Kill(FaultyNodes),
    /// Pause nodes (SIGSTOP): connections to them hang.
    Pause(FaultyNodes),
    /// Resume paused nodes (SIGCONT).
    Resume(Nodes),
    /// Start killed nodes again on their data; running ones are killed first.
    Restart(RestartArgs),
    /// Cut nodes off from all other nodes; clients still reach them.
    Isolate(FaultyNodes),
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
    /// Fill the hinted handoff queues of data nodes up: what they would queue is refused.
    #[command(alias = "handoff-full")]
    HhFull(FaultyNodes),
    /// Block the hinted handoff queues of data nodes, as too many writes at once do: nothing is queued.
    #[command(alias = "handoff-block")]
    HhBlock(FaultyNodes),
    /// Set the clocks of nodes wrong.
    Clock(ClockArgs),
    /// Have requests to a data node answered otherwise.
    Reply(ReplyArgs),
    /// Leave requests to a data node without an answer; the connections stay open.
    Hang(HangArgs),
    /// Close the public port of data nodes: clients are refused, the other nodes are not.
    RefuseHttp(FaultyNodes),
    /// Make every meta node refuse connections: databases and shard groups cannot be made.
    MetaDown(MetaDownArgs),
    /// Show what is in force, node by node.
    List(ListArgs),
    /// End every fault of links and nodes with one call, or those of some nodes. Resumes no paused node and starts no killed
    /// one.
    Heal(HealArgs),
    /// End the faults of an order when their time has come; started by --for, not by hand.
    #[command(hide = true)]
    Timer(TimerArgs),
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
            Action::Kill(nodes) => nodes.kill(console).await?,
            Action::Pause(nodes) => nodes.pause(console).await?,
            Action::Resume(nodes) => {
                let mut cluster = nodes.cluster().await?;
                for name in &nodes.names {
                    cluster.resume(name).await.map_err(failed)?;
                    console.say(&format!("{name} resumed"));
                }
            }
            Action::Restart(RestartArgs { nodes, limit }) => {
                let mut cluster = nodes.cluster().await?;
                for name in &nodes.names {
                    cluster.restart(name, limit).await.map_err(failed)?;
                    console.say(&format!("{name} restarted"));
                }
            }
            Action::Isolate(nodes) => nodes.inject(|node| Fault::Isolate { node }, console).await?,
            Action::Partition(partition) => partition.run(console).await?,
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
            Action::SlowDisk(SlowDiskArgs { faulty, delay, disk }) => {
                faulty.disks(&disk, DiskState::slow(delay), console).await?;
            }
            Action::DiskFull(DiskFullArgs { faulty, disk }) => faulty.disks(&disk, DiskState::full(), console).await?,
            Action::HhFull(nodes) => nodes.inject(|node| Fault::HandoffFull { node }, console).await?,
            Action::HhBlock(nodes) => nodes.inject(|node| Fault::HandoffBlocked { node }, console).await?,
            Action::Clock(ClockArgs { skew, faulty }) => {
                faulty.inject(|node| Fault::Clock { node, skew }, console).await?;
            }
            Action::Reply(reply) => reply.run(console).await?,
            Action::Hang(hang) => hang.run(console).await?,
            Action::RefuseHttp(nodes) => nodes.inject(|node| Fault::RefuseHttp { node }, console).await?,
            Action::MetaDown(metas) => metas.run(console).await?,
            Action::List(list) => list.run(console).await?,
            Action::Heal(heal) => heal.run(console).await?,
            Action::Timer(timer) => timer.run().await?,
        }
        Ok(Exit::OK)
    }
}

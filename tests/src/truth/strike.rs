//! Carries out a schedule of faults on real processes.

use std::time::{Duration, Instant};

use influx_server_mock::{
    ClockSkew, ClusterError, Disk, DiskState, Fault, LinkFault, NodeState, Probability, ProcessCluster, ReplyCut,
    ReplyFault,
};

use super::nanoseconds;
use super::nemesis::{Evil, Victims, Window};
use crate::history::FaultEvent;

/// What was done, as it is done.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Beginnings and ends, in order.
    pub events: Vec<FaultEvent>,
    /// Kinds that took effect on all that they were meant for, in order.
    pub begun: Vec<Evil>,
    /// Kinds that did not: nobody was there to be struck, or a node did not take the order.
    pub not_taken: Vec<Evil>,
}

/// What came of an order to begin a fault.
#[derive(Debug, Default)]
struct Begun {
    /// Whom it struck.
    whom: Vec<String>,
    /// Whether a node did not take it.
    refused: bool,
}

/// Strikes window after window; `since` is when the run began. All faults are over when it returns, but for nodes that
/// are still coming up.
///
/// # Errors
/// A node did not do as it was told.
pub(super) async fn strike(
    cluster: &mut ProcessCluster,
    victims: &Victims,
    windows: &[Window],
    since: Instant,
) -> Result<Done, ClusterError> {
    let mut done = Done::default();
    for window in windows {
        until(since, window.from).await;
        let mut begun = Vec::new();
        for (evil, number) in &window.evils {
            let Begun { whom, refused } = begin(cluster, victims, *evil, *number).await?;
            if whom.is_empty() || refused {
                done.not_taken.push(*evil);
            } else {
                done.begun.push(*evil);
            }
            for whom in whom {
                let time = nanoseconds(since.elapsed());
                begun.push(FaultEvent { time, begins: true, fault: evil.id().to_owned(), whom });
            }
        }
        done.events.extend(begun.iter().cloned());
        until(since, window.to).await;
        mend(cluster).await?;
        let time = nanoseconds(since.elapsed());
        done.events.extend(begun.into_iter().map(|event| FaultEvent { time, begins: false, ..event }));
    }
    Ok(done)
}

/// Ends all faults: links and disks are whole, paused nodes go on, dead ones are started, without waiting for them.
///
/// # Errors
/// A node did not do as it was told.
pub(super) async fn mend(cluster: &mut ProcessCluster) -> Result<(), ClusterError> {
    let names: Vec<String> = cluster.nodes().iter().map(|node| node.name.clone()).collect();
    // What sleeps cannot be healed, and what is dead is told by its file.
    for name in &names {
        if cluster.state(name)? == NodeState::Paused {
            patiently(cluster.resume(name).await)?;
        }
    }
    patiently(cluster.heal().await)?;
    for name in &names {
        if cluster.state(name)? == NodeState::Dead {
            cluster.restart(name, None).await?;
        }
    }
    Ok(())
}

/// A node that is coming up, or is busy, takes its faults from its file, or from the next order that reaches it.
fn patiently(result: Result<(), ClusterError>) -> Result<(), ClusterError> {
    match result {
        Err(ClusterError::NotTaken { .. }) => Ok(()),
        result => result,
    }
}

async fn until(since: Instant, time: Duration) {
    tokio::time::sleep_until((since + time).into()).await;
}

/// Begins a fault, and names whom it strikes: nodes that run, as it does nothing to others. Where the node that the number
/// means does not, it is the next one that does.
async fn begin(
    cluster: &mut ProcessCluster,
    victims: &Victims,
    evil: Evil,
    number: u64,
) -> Result<Begun, ClusterError> {
    let runs = |name: &str| cluster.state(name).is_ok_and(|state| state == NodeState::Running);
    let up = Victims {
        data: victims.data.iter().filter(|name| runs(name)).cloned().collect(),
        meta: victims.meta.iter().filter(|name| runs(name)).cloned().collect(),
    };
    let data = || if runs(victims.data(number)) { victims.data(number) } else { up.data(number) }.to_owned();
    let meta = || if runs(victims.meta(number)) { victims.meta(number) } else { up.meta(number) }.to_owned();
    let metas =
        |count: usize| victims.meta.iter().cycle().skip(one_of(number, victims.meta.len())).take(count).cloned();
    let node = data();
    let reply = |fault: ReplyFault| vec![Fault::Reply { node: data(), fault: fault.on("/write") }];
    let disk = |disk, state| vec![Fault::Disk { node: data(), disk, state }];
    let link = |both_ways, fault: LinkFault| {
        let (from, to) = victims.pair(number);
        vec![Fault::Link { from: from.to_owned(), to: to.to_owned(), both_ways, fault: fault.seed(number) }]
    };
    let slow = Duration::from_millis(100 + number % 700);
    let most = Probability::percent(70);
    let mut faults = match evil {
        Evil::Kill => return kill(cluster, node).await,
        Evil::MetaKill => {
            let meta = meta();
            return kill(cluster, meta).await;
        }
        Evil::Pause => {
            if node.is_empty() {
                return Ok(Begun::default());
            }
            cluster.pause(&node).await?;
            return Ok(Begun { whom: vec![node], refused: false });
        }
        Evil::Halves => vec![Fault::Partition { sides: victims.halves(number).into() }],
        Evil::Isolate => vec![Fault::Isolate { node }],
        Evil::OneWay => link(false, LinkFault::new().cut()),
        Evil::Delay => link(true, LinkFault::new().delay(slow).jitter(slow / 2)),
        Evil::Drop => link(true, LinkFault::new().drop(Probability::percent(20))),
        Evil::QueueFull => every(victims, |node| Fault::HandoffFull { node }),
        Evil::QueueBlocked => every(victims, |node| Fault::HandoffBlocked { node }),
        Evil::ShardsFull => disk(Disk::Shards, DiskState::full()),
        Evil::ShardsSlow => disk(Disk::Shards, DiskState::slow(slow)),
        Evil::QueueDiskFull => {
            every(victims, |node| Fault::Disk { node, disk: Disk::Handoff, state: DiskState::full() })
        }
        Evil::QueueDiskSlow => {
            every(victims, |node| Fault::Disk { node, disk: Disk::Handoff, state: DiskState::slow(slow) })
        }
        Evil::RaftFull => vec![Fault::Disk { node: meta(), disk: Disk::Raft, state: DiskState::full() }],
        Evil::MetaDown => metas(1).map(|node| Fault::MetaDown { node }).collect(),
        Evil::MetaQuorum => metas(victims.meta.len() / 2 + 1).map(|node| Fault::MetaDown { node }).collect(),
        Evil::MetaAll => metas(victims.meta.len()).map(|node| Fault::MetaDown { node }).collect(),
        Evil::Clock => {
            let skew = if number.is_multiple_of(2) { "-90s" } else { "45s" };
            // A text that is no skew would be no fault, which the count of what was begun must not hide.
            let Ok(skew) = skew.parse::<ClockSkew>() else { return Ok(Begun::default()) };
            vec![Fault::Clock { node, skew }]
        }
        Evil::ReplyLost => reply(ReplyFault::real().cut(ReplyCut::BeforeHead).share(most, number)),
        Evil::ReplyCut => reply(ReplyFault::real().cut(ReplyCut::MidBody).share(most, number)),
        Evil::ReplyNever => reply(ReplyFault::real().cut(ReplyCut::Never).share(most, number)),
        Evil::ReplyLate => reply(ReplyFault::real().delayed(slow * 2)),
        Evil::RefuseHttp => vec![Fault::RefuseHttp { node }],
    };
    faults.retain(|fault| fault.node().is_none_or(&runs));
    if faults.is_empty() {
        return Ok(Begun::default());
    }
    let mut refused = false;
    match cluster.inject(&faults).await {
        Err(ClusterError::NotTaken { name, .. }) => {
            // All nodes are told of all faults; one that is not struck has nothing to refuse.
            refused = faults.iter().any(|fault| fault.node().is_none_or(|node| node == name));
            faults.retain(|fault| fault.node() != Some(&name));
        }
        injected => injected?,
    }
    Ok(Begun { whom: faults.iter().map(whom).collect(), refused })
}

async fn kill(cluster: &mut ProcessCluster, node: String) -> Result<Begun, ClusterError> {
    if node.is_empty() {
        return Ok(Begun::default());
    }
    cluster.kill(&node).await?;
    Ok(Begun { whom: vec![node], refused: false })
}

fn every(victims: &Victims, fault: impl Fn(String) -> Fault) -> Vec<Fault> {
    victims.data.iter().cloned().map(fault).collect()
}

fn one_of(number: u64, count: usize) -> usize {
    usize::try_from(number % (count as u64).max(1)).unwrap_or_default()
}

fn whom(fault: &Fault) -> String {
    match fault {
        Fault::Partition { sides } => sides.iter().map(|side| side.join(",")).collect::<Vec<_>>().join(" | "),
        Fault::Link { from, to, both_ways, .. } => format!("{from} {} {to}", if *both_ways { "<>" } else { ">" }),
        fault => fault.node().unwrap_or_default().to_owned(),
    }
}

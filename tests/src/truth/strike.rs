//! Carries out a schedule of faults on real processes.

use std::collections::BTreeSet;
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
    /// Kinds that took effect on somebody, in order.
    pub begun: Vec<Evil>,
    /// Kinds that did not: nobody was there to be struck, or none of them took the order.
    pub not_taken: Vec<Evil>,
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
    let mut starting = BTreeSet::new();
    for window in windows {
        until(since, window.from).await;
        let mut begun = Vec::new();
        for (evil, number) in &window.evils {
            let whom = begin(cluster, victims, *evil, *number, &mut starting).await?;
            if whom.is_empty() {
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
        mend(cluster, &mut starting).await?;
        let time = nanoseconds(since.elapsed());
        done.events.extend(begun.into_iter().map(|event| FaultEvent { time, begins: false, ..event }));
    }
    Ok(done)
}

/// Ends all faults: links and disks are whole, paused nodes go on, dead ones are started, without waiting for them. Those
/// are `starting` from then on, until they take an order.
///
/// # Errors
/// A node did not do as it was told.
pub(super) async fn mend(cluster: &mut ProcessCluster, starting: &mut BTreeSet<String>) -> Result<(), ClusterError> {
    let names: Vec<String> = cluster.nodes().iter().map(|node| node.name.clone()).collect();
    // What sleeps cannot be healed, and what is dead is told by its file.
    for name in &names {
        if cluster.state(name)? == NodeState::Paused {
            refusers(cluster.resume(name).await)?;
        }
    }
    let busy = refusers(cluster.heal().await)?;
    starting.retain(|name| busy.contains(name));
    for name in &names {
        if cluster.state(name)? == NodeState::Dead {
            cluster.restart(name, None).await?;
            starting.insert(name.clone());
        }
    }
    Ok(())
}

/// The nodes that did not take an order. One that is coming up takes its faults from its file, one that is busy from the
/// next order that reaches it.
fn refusers(result: Result<(), ClusterError>) -> Result<Vec<String>, ClusterError> {
    match result {
        Err(ClusterError::NotTaken { names, .. }) => Ok(names),
        result => result.map(|()| Vec::new()),
    }
}

/// The faults that are in force, of those that the nodes which are `up` were told, and some did not take. One that is
/// `starting` reads its own from its file.
fn in_force(faults: Vec<Fault>, up: &Victims, refusers: &[String], starting: &BTreeSet<String>) -> Vec<Fault> {
    let runs = |name: &String| up.data.contains(name) || up.meta.contains(name);
    let has_it = |name: &String| runs(name) && (!refusers.contains(name) || starting.contains(name));
    let met = |fault: &Fault| match fault {
        Fault::Partition { sides } => sides.iter().flatten().any(has_it),
        // Either end cuts a link.
        Fault::Link { from, to, .. } => [from, to].into_iter().any(has_it),
        Fault::Isolate { .. } => up.data.iter().chain(&up.meta).any(has_it),
        fault => fault.node().is_some_and(|node| has_it(&node.to_owned())),
    };
    faults.into_iter().filter(met).collect()
}

async fn until(since: Instant, time: Duration) {
    tokio::time::sleep_until((since + time).into()).await;
}

/// Begins a fault, and names whom it strikes: nodes that run, as it does nothing to others. Where the node that the number
/// means does not, it is the next one that does. Those that take the order are `starting` no more.
async fn begin(
    cluster: &mut ProcessCluster,
    victims: &Victims,
    evil: Evil,
    number: u64,
    starting: &mut BTreeSet<String>,
) -> Result<Vec<String>, ClusterError> {
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
                return Ok(Vec::new());
            }
            cluster.pause(&node).await?;
            return Ok(vec![node]);
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
            let Ok(skew) = skew.parse::<ClockSkew>() else { return Ok(Vec::new()) };
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
        return Ok(Vec::new());
    }
    let busy = refusers(cluster.inject(&faults).await)?;
    let struck = in_force(faults, &up, &busy, starting).iter().map(whom).collect();
    starting.retain(|name| busy.contains(name));
    Ok(struck)
}

async fn kill(cluster: &mut ProcessCluster, node: String) -> Result<Vec<String>, ClusterError> {
    if node.is_empty() {
        return Ok(Vec::new());
    }
    cluster.kill(&node).await?;
    Ok(vec![node])
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

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_fault_is_in_force_where_somebody_took_it_or_is_starting() {
        let up = Victims { data: named(&["data1", "data2", "data3"]), meta: named(&["meta1"]) };
        let cut = |from: &str, to: &str| Fault::Link {
            from: from.into(),
            to: to.into(),
            both_ways: false,
            fault: LinkFault::new().cut(),
        };
        let met = |faults: &[Fault], refusers: &[&str], starting: &[&str]| -> Vec<String> {
            let starting = named(starting).into_iter().collect();
            in_force(faults.to_vec(), &up, &named(refusers), &starting).iter().map(whom).collect()
        };
        let full = every(&up, |node| Fault::HandoffFull { node });
        assert_eq!(met(&full, &[], &[]), ["data1", "data2", "data3"]);
        assert_eq!(met(&full, &["data1", "meta1"], &[]), ["data2", "data3"]);
        assert_eq!(met(&full, &["data1", "data2"], &["data2"]), ["data2", "data3"]);
        let halves = [Fault::Partition { sides: vec![named(&["data1"]), named(&["data2", "data3"])] }];
        assert_eq!(met(&halves, &["meta1", "data1"], &[]), ["data1 | data2,data3"]);
        assert!(met(&halves, &["data1", "data2", "data3"], &[]).is_empty());
        let link = [cut("data1", "data2")];
        assert_eq!(met(&link, &["data3"], &[]), ["data1 > data2"]);
        assert_eq!(met(&link, &["data1"], &[]), ["data1 > data2"]);
        assert!(met(&link, &["data1", "data2"], &[]).is_empty());
        assert_eq!(met(&link, &["data1", "data2"], &["data1"]), ["data1 > data2"]);
        assert!(met(&[cut("data1", "dead")], &["data1"], &[]).is_empty());
        // The others cut it off too.
        let alone = [Fault::Isolate { node: "data1".into() }];
        assert_eq!(met(&alone, &["data1"], &[]), ["data1"]);
        let clock = [Fault::RefuseHttp { node: "data1".into() }];
        assert!(met(&clock, &["data1"], &["data2"]).is_empty());
        assert_eq!(met(&clock, &["data1"], &["data1"]), ["data1"]);
    }

    #[test]
    fn who_did_not_take_an_order_is_no_failure() {
        let busy = Err(ClusterError::NotTaken { names: named(&["data1"]), why: "late".into() });
        assert_eq!(refusers(busy).ok(), Some(named(&["data1"])));
        assert_eq!(refusers(Ok(())).ok(), Some(Vec::new()));
        assert!(refusers(Err(ClusterError::Unsupported("it"))).is_err());
    }
}

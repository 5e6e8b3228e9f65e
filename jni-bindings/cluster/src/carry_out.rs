//! Puts an order into effect.

use influx_server_mock::{Disk, DiskState, Fault, LinkFault, Profile, Role, TestCluster};

use crate::failure::Failure;
use crate::order::{DiskName, Ends, Order};

/// Whether an order needs the cluster for itself.
pub(crate) fn changes_nodes(order: &Order) -> bool {
    matches!(order, Order::Kill(_) | Order::Pause(_) | Order::Resume(_) | Order::Restart(_) | Order::StartAgain(_))
}

/// Kills, pauses, resumes or starts nodes: all of them, or none where one of the names is wrong.
pub(crate) async fn change_nodes(cluster: &mut TestCluster, order: &Order) -> Result<(), Failure> {
    let (Order::Kill(nodes)
    | Order::Pause(nodes)
    | Order::Resume(nodes)
    | Order::Restart(nodes)
    | Order::StartAgain(nodes)) = order
    else {
        return Ok(());
    };
    for name in &nodes.names {
        cluster.find(name)?;
    }
    for name in &nodes.names {
        let node = cluster.node_mut(name);
        match order {
            Order::Kill(_) => node.kill(),
            Order::Pause(_) => node.pause().await,
            Order::Resume(_) => node.resume(),
            Order::StartAgain(_) => node.start_again(),
            _ => node.restart().await?,
        }
    }
    Ok(())
}

/// Adds faults that leave the nodes running, or ends them.
pub(crate) fn inject(cluster: &TestCluster, order: &Order, profile: Profile) -> Result<(), Failure> {
    let each = |names: &[String], fault: fn(String) -> Fault| names.iter().cloned().map(fault).collect::<Vec<_>>();
    let faults = match order {
        Order::Kill(_) | Order::Pause(_) | Order::Resume(_) | Order::Restart(_) | Order::StartAgain(_) => Vec::new(),
        Order::Rejoin => {
            cluster.partition(&[]);
            Vec::new()
        }
        Order::Heal(nodes) => {
            let names: Vec<&str> = nodes.names.iter().map(String::as_str).collect();
            if names.is_empty() || names.contains(&"all") {
                cluster.heal();
            } else {
                cluster.heal_nodes(&names)?;
            }
            Vec::new()
        }
        Order::Isolate(nodes) => each(&nodes.names, |node| Fault::Isolate { node }),
        Order::RefuseHttp(nodes) => each(&nodes.names, |node| Fault::RefuseHttp { node }),
        Order::HhFull(nodes) => each(&nodes.names, |node| Fault::HandoffFull { node }),
        Order::HhBlock(nodes) => each(&nodes.names, |node| Fault::HandoffBlocked { node }),
        Order::MetaDown(nodes) if nodes.names.is_empty() => {
            let metas = cluster.nodes().iter().filter(|node| node.role() != Role::Data);
            metas.map(|node| Fault::MetaDown { node: node.name().to_owned() }).collect()
        }
        Order::MetaDown(nodes) => each(&nodes.names, |node| Fault::MetaDown { node }),
        Order::Partition(partition) => {
            let sides = partition.sides();
            match (partition.one_way, &sides[..]) {
                (false, _) => vec![Fault::Partition { sides }],
                (true, [first, second]) => {
                    let pairs = first.iter().flat_map(|from| second.iter().map(move |to| (from, to)));
                    pairs.map(|(from, to)| way(from, to, LinkFault::new().cut())).collect()
                }
                (true, _) => return Err(Failure::Argument("--one-way is for two sides".to_owned())),
            }
        }
        Order::Cut(cut) => links(cluster, &cut.ends, LinkFault::new().cut()),
        Order::Delay(delay) => {
            let fault = LinkFault::new().delay(delay.delay).jitter(delay.jitter).seed(delay.seed);
            links(cluster, &delay.ends, fault)
        }
        Order::Drop(drop) => links(cluster, &drop.ends, LinkFault::new().drop(drop.probability).seed(drop.seed)),
        Order::Bandwidth(narrow) => links(cluster, &narrow.ends, LinkFault::new().bandwidth(narrow.bandwidth)),
        Order::Link(link) => links(cluster, &link.ends, link.fault()),
        Order::SlowDisk(slow) => disks(cluster, &slow.nodes.names, &slow.disk, DiskState::slow(slow.delay))?,
        Order::DiskFull(full) => disks(cluster, &full.nodes.names, &full.disk, DiskState::full())?,
        Order::Clock(clock) => {
            let names = clock.nodes.names.iter();
            names.map(|node| Fault::Clock { node: node.clone(), skew: clock.skew }).collect()
        }
        Order::Reply(reply) => {
            vec![Fault::Reply { node: reply.name.clone(), fault: reply.fault(profile)? }]
        }
        Order::Hang(hang) => vec![Fault::Reply { node: hang.name.clone(), fault: hang.fault() }],
    };
    cluster.inject_all(&faults)?;
    Ok(())
}

fn way(from: &str, to: &str, fault: LinkFault) -> Fault {
    Fault::Link { from: from.to_owned(), to: to.to_owned(), both_ways: false, fault }
}

fn links(cluster: &TestCluster, ends: &Ends, fault: LinkFault) -> Vec<Fault> {
    let others: Vec<String> = if ends.to == "all" {
        cluster.nodes().iter().map(|node| node.name().to_owned()).filter(|name| *name != ends.from).collect()
    } else {
        vec![ends.to.clone()]
    };
    let link = |to| Fault::Link { from: ends.from.clone(), to, both_ways: !ends.one_way, fault };
    others.into_iter().map(link).collect()
}

/// The disks that are named, or all that each node has.
fn disks(cluster: &TestCluster, names: &[String], disks: &[DiskName], state: DiskState) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for name in names {
        let node = cluster.find(name)?;
        let has: Vec<Disk> = match (disks, node.role()) {
            ([], Role::Meta) => vec![Disk::Raft],
            ([], Role::Data) => vec![Disk::Shards, Disk::Handoff],
            ([], Role::Both) => Disk::ALL.to_vec(),
            (disks, _) => disks.iter().copied().map(Disk::from).collect(),
        };
        faults.extend(has.into_iter().map(|disk| Fault::Disk { node: name.clone(), disk, state }));
    }
    Ok(faults)
}

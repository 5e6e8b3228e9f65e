//! What is left once the run is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use influx_client::{Client, Shard};
use influx_server_mock::HeldPoint;

use super::client::{MEASUREMENT, REGISTER_TIME, read_register};
use super::settings::Workload;
use crate::experiment::LabError;
use crate::figures::{Owner, Replicas, TimedPoint};
use crate::target::{Cluster, Node, TICK};

/// Waits until no hint is left and no write on its way, this long at most, and reads every replica.
pub(super) async fn replicas(
    cluster: &Cluster,
    clients: &[Client],
    workload: Workload,
    limit: Duration,
) -> Result<(Replicas, Vec<Shard>), LabError> {
    let drained_after = cluster.wait_drained(limit).await.map(|took| took.as_secs_f64());
    let shards = known_everywhere(cluster, clients, limit).await?;
    let mut replicas = Replicas {
        drained_after,
        dropped: cluster.dropped().into_iter().map(|(_, dropped)| dropped).sum(),
        shards: shards.len() as u64,
        ..Replicas::default()
    };
    let mut held = Vec::new();
    for node in cluster.nodes() {
        if let Some(points) = cluster.held_by(&node.name, cluster.database(), MEASUREMENT).await? {
            held.push((node, points));
        }
    }
    replicas.told = held.len() == cluster.nodes().len();
    match (workload, replicas.told) {
        (Workload::Register, true) => replicas.register = register(&held),
        (Workload::Shards, true) => replicas.timed = timed(&held),
        // Where every node owns every shard, what it shows is what it has.
        (Workload::Register, false) if shards.iter().all(|shard| shard.owners.len() == clients.len()) => {
            for (node, client) in cluster.nodes().iter().zip(clients) {
                let shown = read_register(client).await.ok().flatten();
                replicas.register.push(Owner {
                    node: node.name.clone(),
                    value: shown.and_then(|shown| shown.answer).map(|answer| answer as i64),
                    id: shown.and_then(|shown| shown.w),
                });
            }
        }
        (Workload::Register | Workload::Shards, false) => {}
    }
    Ok((replicas, shards))
}

/// The shards of the study's database, once every node knows all of them, or after this long.
///
/// What a node does not know of it does not tell, and it may hear of shards late: after a long cut, not before TCP sends
/// again what the meta node had to say.
async fn known_everywhere(cluster: &Cluster, clients: &[Client], limit: Duration) -> Result<Vec<Shard>, LabError> {
    let since = Instant::now();
    loop {
        let asked = clients.iter().map(|client| async move { client.show().shards().await });
        let told = futures::future::join_all(asked).await;
        let complete = told.iter().all(Result::is_ok);
        let why = told.iter().find_map(|told| told.as_ref().err()).map(ToString::to_string).unwrap_or_default();
        let ours =
            |shards: Vec<Shard>| shards.into_iter().filter(|shard| shard.database == cluster.database()).collect();
        let all: Vec<Vec<Shard>> = told.into_iter().flatten().map(ours).collect();
        let most = all.iter().map(Vec::len).max();
        let agreed = complete && all.iter().all(|shards| Some(shards.len()) == most);
        if agreed || since.elapsed() > limit {
            let newest = all.into_iter().max_by_key(Vec::len);
            return newest.ok_or_else(|| LabError::Target(format!("no node tells its shards: {why}")));
        }
        tokio::time::sleep(10 * TICK).await;
    }
}

fn register(held: &[(&Node, Vec<HeldPoint>)]) -> Vec<Owner> {
    let here = |points: &[HeldPoint]| points.iter().find(|point| point.time == REGISTER_TIME).cloned();
    let all: Vec<(&Node, Option<HeldPoint>)> = held.iter().map(|(node, points)| (*node, here(points))).collect();
    let owners = all.iter().find_map(|(_, point)| point.as_ref()).map(|point| point.owners.clone()).unwrap_or_default();
    let owned = all.into_iter().filter(|(node, _)| node.id.is_some_and(|id| owners.contains(&id)));
    let of = |point: &HeldPoint, field: &str| point.fields.get(field).and_then(serde_json::Value::as_f64);
    owned
        .map(|(node, point)| Owner {
            node: node.name.clone(),
            value: point.as_ref().and_then(|point| of(point, "answer")).map(|answer| answer as i64),
            id: point.as_ref().and_then(|point| of(point, "w")).map(|number| number as u64),
        })
        .collect()
}

fn timed(held: &[(&Node, Vec<HeldPoint>)]) -> Vec<TimedPoint> {
    let mut found: BTreeMap<i64, (BTreeSet<u64>, BTreeSet<u64>)> = BTreeMap::new();
    for (node, points) in held {
        for point in points {
            let (owners, holders) = found.entry(point.time).or_default();
            owners.extend(&point.owners);
            holders.extend(node.id);
        }
    }
    let point = |(time, (owners, holders)): (i64, (BTreeSet<u64>, BTreeSet<u64>))| TimedPoint {
        time,
        owners: owners.len(),
        copies: owners.intersection(&holders).count(),
    };
    found.into_iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: u64) -> Node {
        Node { name: format!("node{id}"), url: String::new(), id: Some(id) }
    }

    fn point(time: i64, w: u64) -> HeldPoint {
        let fields = [("answer".to_owned(), 3.0.into()), ("w".to_owned(), w.into())].into();
        HeldPoint { shard: 1, owners: vec![1, 4, 5], tags: BTreeMap::new(), time, fields }
    }

    #[test]
    fn an_owner_without_the_point_is_told_as_one() {
        let (one, four, five, six) = (node(1), node(4), node(5), node(6));
        let held = vec![(&one, vec![point(1, 7)]), (&four, vec![]), (&five, vec![point(1, 8)]), (&six, vec![])];
        let ids: Vec<_> = register(&held).into_iter().map(|owner| (owner.node, owner.id)).collect();
        assert_eq!(ids, [("node1".into(), Some(7)), ("node4".into(), None), ("node5".into(), Some(8))]);
    }

    #[test]
    fn copies_are_those_of_owners() {
        let (one, four, six) = (node(1), node(4), node(6));
        let held =
            vec![(&one, vec![point(50, 7)]), (&four, vec![point(50, 7), point(60, 8)]), (&six, vec![point(60, 8)])];
        let all = timed(&held);
        assert_eq!(all, [TimedPoint { time: 50, owners: 3, copies: 2 }, TimedPoint { time: 60, owners: 3, copies: 1 }]);
    }
}

//! Reading shards for `SELECT` and the `SHOW` statements over series.

use futures::{StreamExt, TryStreamExt, stream};

use super::super::Owners;
use super::Scope;
use crate::Profile;
use crate::core::meta::{MetaData, RetentionPolicy, ShardGroup};
use crate::peer::PeerError;
use crate::query::show::IndexScope;
use crate::query::{PlannedScan, SourceRows};
use crate::scan::{Scan, ShardIndex};

/// Shards read at once for one statement.
const AT_ONCE: usize = 32;

/// A shard and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    shard: u64,
    owners: Vec<u64>,
}

/// Scans every shard that a planned scan needs.
pub(super) async fn scan(owners: &Owners, planned: &PlannedScan, only: Option<u64>) -> Result<SourceRows, String> {
    let meta = owners.meta.snapshot();
    let scan = Scan {
        measurements: planned.measurements.clone(),
        min_time: planned.min_time,
        max_time: planned.max_time,
        fields: planned.fields.clone(),
    };
    let groups = planned.shard_groups(&meta).map_err(|error| error.to_string())?;
    let places = groups.flat_map(places).collect::<Vec<_>>();
    let scan = &scan;
    let part = |place: Place| async move {
        read(owners, place.clone(), only, |node| owners.read(node, place.shard, scan)).await
    };
    let parts = stream::iter(places.into_iter().map(part)).buffered(AT_ONCE);
    let mut rows = SourceRows::default();
    let mut parts = std::pin::pin!(parts);
    while let Some(part) = parts.next().await {
        let (blocks, index) = part?;
        rows.blocks.extend(blocks);
        rows.indexes.push(index);
    }
    Ok(rows)
}

/// What is in the shards asked for, each told by one of its owners as for a `SELECT`.
pub(super) async fn indexes(owners: &Owners, asked: &IndexScope, only: Option<u64>) -> Result<Vec<ShardIndex>, String> {
    let places = asked_for(&owners.meta.snapshot(), asked);
    let index =
        |place: Place| async move { read(owners, place.clone(), only, |node| owners.index(node, place.shard)).await };
    stream::iter(places.into_iter().map(index)).buffered(AT_ONCE).try_collect().await
}

/// What is in those of the shards asked for that this node owns.
pub(super) async fn own_indexes(owners: &Owners, asked: &IndexScope) -> Result<ShardIndex, String> {
    let mut places = asked_for(&owners.meta.snapshot(), asked);
    places.retain(|place| place.owners.contains(&owners.node));
    let shards = places.into_iter().map(|place| place.shard).collect();
    owners.indexes(owners.node, shards).await.map_err(|error| error.to_string())
}

/// What each data node has in the shards asked for, owner or not: all of them are asked, and one that is dead is
/// passed over in silence (cluster 1.8 facts, § 8).
pub(super) async fn indexes_of_all(owners: &Owners, asked: &IndexScope) -> Vec<ShardIndex> {
    let meta = owners.meta.snapshot();
    let shards: Vec<u64> = asked_for(&meta, asked).into_iter().map(|place| place.shard).collect();
    let answers = meta.data_nodes.iter().map(|node| owners.indexes(node.id, shards.clone()));
    futures::future::join_all(answers).await.into_iter().flatten().collect()
}

/// The one data node that the request wants to be read from (`node_id`, profile 1.8), if it wants that.
pub(super) fn only(owners: &Owners, scope: Scope<'_>) -> Result<Option<u64>, String> {
    match scope.node {
        Some(node) if owners.meta.snapshot().data_node(node).is_none() => Err(PeerError::UnknownNode.to_string()),
        node => Ok(node),
    }
}

/// Asks owners of a shard in turn. Nothing, without an error, where the only node that may be asked is none of them.
async fn read<T: Default, F>(
    owners: &Owners,
    place: Place,
    only: Option<u64>,
    ask: impl Fn(u64) -> F,
) -> Result<T, String>
where
    F: Future<Output = Result<T, PeerError>>,
{
    // The real 0.10 ends the coordinator's process here (cluster 0.10 facts § 4). An answer without the shard's points
    // would be worse than none.
    if place.owners.is_empty() {
        return Err(format!("shard {} has no owner: its data node was dropped", place.shard));
    }
    let mut failure = None;
    for node in order(owners, &place, only) {
        match ask(node).await {
            Ok(told) => return Ok(told),
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    failure.map_or_else(|| Ok(T::default()), |error| Err(error.to_string()))
}

/// The owners to ask, in turn. This node's own copy always comes first and is never compared with others. In profile
/// 1.8 another owner is asked when one cannot be reached; in 0.10 it is one owner by chance and no other.
fn order(owners: &Owners, place: &Place, only: Option<u64>) -> Vec<u64> {
    if let Some(node) = only {
        return place.owners.iter().copied().filter(|owner| *owner == node).collect();
    }
    if place.owners.contains(&owners.node) {
        return vec![owners.node];
    }
    let mut nodes = place.owners.clone();
    fastrand::shuffle(&mut nodes);
    match owners.profile {
        Profile::V1_8 => {}
        Profile::V0_10 => nodes.truncate(1),
    }
    nodes
}

/// The shards of a group.
fn places(group: &ShardGroup) -> impl Iterator<Item = Place> {
    group.shards.iter().map(|shard| Place { shard: shard.id, owners: shard.owners.clone() })
}

fn asked_for(meta: &MetaData, asked: &IndexScope) -> Vec<Place> {
    let database = meta.database(&asked.database);
    let policies = database.map(|database| database.retention_policies.as_slice()).unwrap_or_default();
    let wanted =
        |policy: &&RetentionPolicy| asked.retention_policies.as_ref().is_none_or(|names| names.contains(&policy.name));
    let groups = policies.iter().filter(wanted).flat_map(|policy| policy.live_groups(asked.min_time, asked.max_time));
    groups.flat_map(places).collect()
}

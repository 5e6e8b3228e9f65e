//! Reading shards for `SELECT` and the `SHOW` statements over series.

use futures::StreamExt;
use futures::stream;

use super::super::Owners;
use crate::Profile;
use crate::core::meta::{MetaData, RetentionPolicy, ShardGroup};
use crate::query::show::IndexScope;
use crate::query::{PlannedScan, SourceRows};
use crate::scan::{Scan, SeriesBlock, ShardIndex};

/// Shards read at once for one statement.
const AT_ONCE: usize = 32;

/// A shard and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    shard: u64,
    owners: Vec<u64>,
}

/// Scans every shard that a planned scan needs.
pub(super) async fn scan(owners: &Owners, planned: &PlannedScan) -> Result<SourceRows, String> {
    let meta = owners.meta.snapshot();
    let scan = Scan {
        measurements: planned.measurements.clone(),
        min_time: planned.min_time,
        max_time: planned.max_time,
        fields: planned.fields.clone(),
    };
    let groups = planned.shard_groups(&meta).map_err(|error| error.to_string())?;
    let places = groups.flat_map(places).collect::<Vec<_>>();
    let parts = stream::iter(places.into_iter().map(|place| read(owners, place, &scan))).buffered(AT_ONCE);
    let mut rows = SourceRows::default();
    let mut parts = std::pin::pin!(parts);
    while let Some(part) = parts.next().await {
        let (blocks, index) = part?;
        rows.blocks.extend(blocks);
        rows.indexes.push(index);
    }
    Ok(rows)
}

/// What is in the shards asked for, or in this node's own among them. A node that is dead is passed over in silence, as
/// the real cluster does.
pub(super) async fn indexes(owners: &Owners, asked: &IndexScope, own_only: bool) -> Vec<ShardIndex> {
    let meta = owners.meta.snapshot();
    let mut places = asked_for(&meta, asked);
    if own_only {
        places.retain(|place| place.owners.contains(&owners.node));
    }
    let parts = stream::iter(places.into_iter().map(|place| index(owners, place))).buffered(AT_ONCE);
    parts.filter_map(std::future::ready).collect().await
}

async fn read(owners: &Owners, place: Place, scan: &Scan) -> Result<(Vec<SeriesBlock>, ShardIndex), String> {
    // The real 0.10 ends the coordinator's process here (cluster 0.10 facts § 4). An answer without the shard's points
    // would be worse than none.
    if place.owners.is_empty() {
        return Err(format!("shard {} has no owner: its data node was dropped", place.shard));
    }
    let mut failure = None;
    for node in order(owners, &place) {
        match owners.read(node, place.shard, scan).await {
            Ok(rows) => return Ok(rows),
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    failure.map_or_else(|| Ok(Default::default()), |error| Err(error.to_string()))
}

async fn index(owners: &Owners, place: Place) -> Option<ShardIndex> {
    for node in order(owners, &place) {
        if let Ok(index) = owners.index(node, place.shard).await {
            return Some(index);
        }
    }
    None
}

/// The owners to ask, in turn. This node's own copy always comes first and is never compared with others. In profile
/// 1.8 another owner is asked when one cannot be reached; in 0.10 it is one owner by chance and no other.
fn order(owners: &Owners, place: &Place) -> Vec<u64> {
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

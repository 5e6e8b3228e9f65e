//! Reading shards for `SELECT` and the `SHOW` statements over series.

use futures::StreamExt;
use futures::stream;

use super::super::Owners;
use crate::Profile;
use crate::core::meta::{MetaData, RetentionPolicy};
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
pub(super) async fn scan(owners: &Owners, planned: &PlannedScan) -> Result<SourceRows, String> {
    let meta = owners.meta.snapshot();
    let not_found = || format!("retention policy not found: {}", planned.retention_policy);
    let policy = meta.retention_policy(&planned.database, &planned.retention_policy).ok_or_else(not_found)?;
    let scan = Scan {
        measurements: planned.measurements.clone(),
        min_time: planned.min_time,
        max_time: planned.max_time,
        fields: planned.fields.clone(),
    };
    let places = overlapping(policy, planned.min_time, planned.max_time);
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

/// What is in the shards asked for. A node that is dead is passed over in silence, as the real cluster does.
pub(super) async fn indexes(owners: &Owners, asked: &IndexScope) -> Vec<ShardIndex> {
    let meta = owners.meta.snapshot();
    let places = asked_for(&meta, asked);
    let parts = stream::iter(places.into_iter().map(|place| index(owners, place))).buffered(AT_ONCE);
    parts.filter_map(|part| std::future::ready(part.ok())).collect().await
}

async fn read(
    owners: &Owners,
    place: Place,
    scan: &Scan,
) -> Result<(Vec<crate::scan::SeriesBlock>, ShardIndex), String> {
    let mut failure = None;
    for node in order(owners, &place) {
        let blocks = match owners.scan(node, place.shard, scan).await {
            Ok(blocks) => blocks,
            Err(error) => {
                failure.get_or_insert(error);
                continue;
            }
        };
        match owners.index(node, place.shard).await {
            Ok(mut index) => {
                restrict(&mut index, scan)?;
                return Ok((blocks, index));
            }
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    // A shard whose owners were all dropped has nothing to tell.
    failure.map_or_else(|| Ok(Default::default()), Err)
}

async fn index(owners: &Owners, place: Place) -> Result<ShardIndex, String> {
    let mut failure = String::new();
    for node in order(owners, &place) {
        match owners.index(node, place.shard).await {
            Ok(index) => return Ok(index),
            Err(error) => failure = error,
        }
    }
    Err(failure)
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

/// Leaves out measurements that the scan does not ask for.
fn restrict(index: &mut ShardIndex, scan: &Scan) -> Result<(), String> {
    use crate::scan::Measurements;
    match &scan.measurements {
        Measurements::All => {}
        Measurements::Named(name) => {
            index.series.retain(|(measurement, _)| measurement == name);
            index.fields.retain(|(measurement, _, _)| measurement == name);
        }
        Measurements::Matching(pattern) => {
            let pattern = crate::query::Pattern::new(pattern).map_err(|error| error.to_string())?;
            index.series.retain(|(measurement, _)| pattern.is_match(measurement));
            index.fields.retain(|(measurement, _, _)| pattern.is_match(measurement));
        }
    }
    Ok(())
}

/// Shards of the live groups that hold any time from `min` to `max`, both included.
fn overlapping(policy: &RetentionPolicy, min: i64, max: i64) -> Vec<Place> {
    let live = policy.shard_groups.iter().filter(|group| group.deleted_at.is_none());
    let groups = live.filter(|group| group.start_time <= max && min < group.end_time);
    groups
        .flat_map(|group| &group.shards)
        .map(|shard| Place { shard: shard.id, owners: shard.owners.clone() })
        .collect()
}

fn asked_for(meta: &MetaData, asked: &IndexScope) -> Vec<Place> {
    let database = meta.database(&asked.database);
    let policies = database.map(|database| database.retention_policies.as_slice()).unwrap_or_default();
    let wanted =
        |policy: &&RetentionPolicy| asked.retention_policies.as_ref().is_none_or(|names| names.contains(&policy.name));
    policies.iter().filter(wanted).flat_map(|policy| overlapping(policy, asked.min_time, asked.max_time)).collect()
}

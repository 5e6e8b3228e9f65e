//! What a data node holds, as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::DataServices;
use crate::scan::{Measurements, Scan, SeriesBlock, Values};

/// What a data node holds and knows, to be compared with another one's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replica {
    /// How new its copy of the metadata is.
    pub(crate) meta_index: u64,
    /// Shards of live shard groups, by id.
    pub(crate) shards: Vec<ShardReplica>,
}

/// One shard of the metadata, as one node sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShardReplica {
    pub(crate) id: u64,
    /// Data node ids.
    pub(crate) owners: Vec<u64>,
    /// Of what the node holds of it; that of an empty shard where it holds nothing.
    pub(crate) digest: u64,
}

/// What a data node holds and knows now.
pub(crate) fn replica(data: &DataServices) -> Replica {
    let meta = data.meta.snapshot();
    let mut shards = Vec::new();
    for database in &meta.databases {
        for policy in &database.retention_policies {
            for group in policy.shard_groups.iter().filter(|group| group.deleted_at.is_none()) {
                shards.extend(group.shards.iter().map(|shard| ShardReplica {
                    id: shard.id,
                    owners: shard.owners.clone(),
                    // A shard that nothing was written to is not there yet, and as good as empty.
                    digest: data.coordinator.owners.engine.digest(shard.id).unwrap_or_default(),
                }));
            }
        }
    }
    Replica { meta_index: meta.index, shards }
}

/// A point (series and time) as one data node holds it, whatever the others have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeldPoint {
    /// The shard that it is in.
    pub shard: u64,
    /// Data node ids of that shard's owners, as this node knows them.
    pub owners: Vec<u64>,
    /// By key, unescaped.
    pub tags: BTreeMap<String, String>,
    /// Nanoseconds, Unix time.
    pub time: i64,
    /// Their values by key, unescaped.
    pub fields: BTreeMap<String, serde_json::Value>,
}

/// The points of a measurement in a data node's own shards, by shard, series and time.
pub(crate) fn held(data: &DataServices, database: &str, measurement: &str) -> Vec<HeldPoint> {
    let mut all = Vec::new();
    each_block(data, database, measurement, |shard, owners, block| {
        let mut points: BTreeMap<i64, BTreeMap<String, serde_json::Value>> = BTreeMap::new();
        for column in &block.columns {
            for (place, time) in column.times.iter().enumerate() {
                let value = match &column.values {
                    Values::Float(values) => values[place].into(),
                    Values::Integer(values) => values[place].into(),
                    Values::Boolean(values) => values[place].into(),
                    Values::String(values) => values[place].clone().into(),
                };
                points.entry(*time).or_default().insert(column.field.clone(), value);
            }
        }
        let tags: BTreeMap<_, _> = block.tags.iter().cloned().collect();
        all.extend(points.into_iter().map(|(time, fields)| HeldPoint {
            shard,
            owners: owners.to_vec(),
            tags: tags.clone(),
            time,
            fields,
        }));
    });
    all
}

/// A write that waits in a hinted handoff queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedWrite {
    /// The data node that it waits for, by id.
    pub node: u64,
    /// The keys of its series, escaped as in line protocol, one for each point.
    pub series: Vec<String>,
}

/// What waits in a data node's queues, queue by queue in the order of delivery; nothing where they cannot be read.
pub(crate) fn queued(data: &DataServices) -> Option<Vec<QueuedWrite>> {
    let waiting = data.coordinator.handoff.waiting().ok()?;
    let text = |key: &[u8]| String::from_utf8_lossy(key).into_owned();
    let write = |(node, points): (u64, crate::Points)| QueuedWrite {
        node,
        series: points.iter().map(|point| text(point.key)).collect(),
    };
    Some(waiting.into_iter().map(write).collect())
}

/// How many points (series and time) of a measurement a data node's own shards hold.
pub(crate) fn count(data: &DataServices, database: &str, measurement: &str) -> u64 {
    let mut points = 0;
    each_block(data, database, measurement, |_, _, block| {
        let times: BTreeSet<i64> = block.columns.iter().flat_map(|column| column.times.iter().copied()).collect();
        points += times.len() as u64;
    });
    points
}

/// Goes through the series of a measurement in a data node's own shards; a shard comes with the ids of its owners.
fn each_block(data: &DataServices, database: &str, measurement: &str, mut each: impl FnMut(u64, &[u64], &SeriesBlock)) {
    let meta = data.meta.snapshot();
    let engine = &data.coordinator.owners.engine;
    let scan = Scan {
        measurements: Measurements::Named(measurement.to_owned()),
        min_time: i64::MIN,
        max_time: i64::MAX,
        fields: None,
    };
    let groups = meta.database(database).into_iter().flat_map(|database| &database.retention_policies);
    let shards = groups.flat_map(|policy| &policy.shard_groups).flat_map(|group| &group.shards);
    for shard in shards {
        for block in engine.scan(shard.id, &scan).unwrap_or_default() {
            each(shard.id, &shard.owners, &block);
        }
    }
}

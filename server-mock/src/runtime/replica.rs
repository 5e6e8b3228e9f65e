//! What a data node holds, as a whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::DataServices;
use crate::scan::{Measurements, Scan};

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

/// How many points (series and time) of a measurement a data node's own shards hold.
pub(crate) fn count(data: &DataServices, database: &str, measurement: &str) -> u64 {
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
    let blocks = shards.flat_map(|shard| engine.scan(shard.id, &scan).unwrap_or_default());
    let points = blocks.map(|block| {
        let times: BTreeSet<i64> = block.columns.iter().flat_map(|column| column.times.iter().copied()).collect();
        times.len() as u64
    });
    points.sum()
}

//! What a data node does with its own shards for a statement: reading and deleting.

use std::collections::{BTreeSet, HashSet};

use crate::Profile;
use crate::peer::Answer;
use crate::query::{Deletion, Params, parse};
use crate::scan::{Measurements, Scan, ShardIndex};
use crate::store::{Engine, StoreError};

/// The points and the index that a `SELECT` needs of a shard, at one moment of it.
pub(in crate::coordinator) fn read(engine: &Engine, shard: u64, scan: &Scan) -> Answer {
    let read = || {
        let mut index = engine.index(shard)?;
        let blocks = engine.scan(shard, scan)?;
        restrict(&mut index, scan).map_err(StoreError::BadPattern)?;
        Ok((blocks, index))
    };
    match read() {
        Ok((blocks, index)) => Answer::Rows(blocks, index),
        // Owned, but nothing was written to it yet.
        Err(StoreError::ShardNotFound) => Answer::Rows(Vec::new(), ShardIndex::default()),
        Err(error) => Answer::Refused(error.to_string()),
    }
}

/// What is in those of these shards that this node has, each series and field once.
pub(in crate::coordinator) fn indexes_of(engine: &Engine, shards: &[u64]) -> Result<ShardIndex, StoreError> {
    let (mut series, mut fields) = (BTreeSet::new(), BTreeSet::new());
    for shard in shards {
        match engine.index(*shard) {
            Ok(index) => {
                series.extend(index.series);
                fields.extend(index.fields);
            }
            Err(StoreError::ShardNotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(ShardIndex { series: series.into_iter().collect(), fields: fields.into_iter().collect() })
}

/// Leaves out measurements that the scan does not ask for.
fn restrict(index: &mut ShardIndex, scan: &Scan) -> Result<(), String> {
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

/// Does a `DELETE` or `DROP SERIES` in the shards that this node has.
pub(in crate::coordinator) async fn delete(
    engine: &Engine,
    database: &str,
    statement: &str,
    profile: Profile,
    now: i64,
) -> Answer {
    match try_delete(engine, database, statement, profile, now).await {
        Ok(()) => Answer::Done,
        Err(text) => Answer::Refused(text),
    }
}

async fn try_delete(
    engine: &Engine,
    database: &str,
    statement: &str,
    profile: Profile,
    now: i64,
) -> Result<(), String> {
    let statements = parse(statement, &Params::default(), profile).map_err(|error| error.to_string())?;
    let deletion = statements.first().and_then(|statement| Deletion::of(statement, now));
    let deletion = deletion.ok_or_else(|| format!("{statement:?} should not be executed across a cluster"))?;
    let deletion = deletion.map_err(|error| error.to_string())?;
    let indexes = indexes(engine, database);
    let fields: HashSet<(&str, &str)> =
        indexes.iter().flat_map(|index| &index.fields).map(|(of, field, _)| (of.as_str(), field.as_str())).collect();
    let covers = |measurement: &str, tags: &[(String, String)]| {
        deletion.covers(measurement, tags, |name| fields.contains(&(measurement, name)))
    };
    // A condition that cannot be met is an error before anything is gone.
    for (measurement, tags) in indexes.iter().flat_map(|index| &index.series) {
        covers(measurement, tags).map_err(|error| error.to_string())?;
    }
    let selection = |measurement: &str, tags: &[(String, String)]| covers(measurement, tags).unwrap_or(false);
    let deleted = engine.delete(database, selection, deletion.min_time, deletion.max_time).await;
    deleted.map_err(|error| error.to_string())
}

/// Drops the shards of a database, or of one of its retention policies, that this node has.
pub(in crate::coordinator) async fn drop_data(
    engine: &Engine,
    database: &str,
    retention_policy: Option<&str>,
) -> Result<(), StoreError> {
    for shard in shards(engine, database, retention_policy) {
        engine.drop_shard(shard).await?;
    }
    Ok(())
}

/// The indexes of a database's shards on this node.
fn indexes(engine: &Engine, database: &str) -> Vec<ShardIndex> {
    shards(engine, database, None).into_iter().filter_map(|shard| engine.index(shard).ok()).collect()
}

/// The shards that this node has of a database, or of one of its retention policies.
fn shards(engine: &Engine, database: &str, retention_policy: Option<&str>) -> Vec<u64> {
    let meant = |shard: &u64| {
        engine.stats(*shard).is_ok_and(|stats| {
            stats.database == database && retention_policy.is_none_or(|policy| stats.retention_policy == policy)
        })
    };
    engine.shards().into_iter().filter(meant).collect()
}

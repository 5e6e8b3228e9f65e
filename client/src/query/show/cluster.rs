//! Nodes, shard groups and shards.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;

use super::super::answer::QueryResponse;
use super::super::error::{QueryError, QueryErrorKind};
use crate::settle::rfc3339;

/// The nodes of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterServers {
    /// Those that keep data, by ascending id as the server lists them.
    pub data: Vec<ClusterNode>,
    /// Those that keep metadata.
    pub meta: Vec<ClusterNode>,
}

/// A node of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ClusterNode {
    /// Its id.
    pub id: u64,
    /// `host:port` of its HTTP API, as it told the cluster. A client may know it by another name.
    #[serde(default)]
    pub http_addr: String,
    /// `host:port` for the other nodes.
    #[serde(default)]
    pub tcp_addr: String,
}

/// A shard.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shard {
    /// Its id.
    pub id: u64,
    /// The database.
    pub database: String,
    /// The retention policy.
    pub retention_policy: String,
    /// The id of its shard group.
    pub shard_group: u64,
    /// The earliest time of its points.
    pub start: SystemTime,
    /// The first time that is too late for it.
    pub end: SystemTime,
    /// When its points may go; `None` for never.
    pub expiry: Option<SystemTime>,
    /// The ids of the data nodes that keep it, in the order of assignment; empty on a server without clustering.
    pub owners: Vec<u64>,
}

/// A shard group: the shards of one stretch of time of a retention policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShardGroup {
    /// Its id.
    pub id: u64,
    /// The database.
    pub database: String,
    /// The retention policy.
    pub retention_policy: String,
    /// The earliest time of its points.
    pub start: SystemTime,
    /// The first time that is too late for it.
    pub end: SystemTime,
    /// When its points may go; `None` for never.
    pub expiry: Option<SystemTime>,
}

pub(crate) fn servers(response: &QueryResponse) -> Result<ClusterServers, QueryError> {
    let mut servers = ClusterServers::default();
    for (node, series) in response
        .rows::<ClusterNode>()?
        .into_iter()
        .zip(response.series().flat_map(|series| std::iter::repeat_n(series.name.as_str(), series.values.len())))
    {
        match series {
            "meta_nodes" => servers.meta.push(node),
            _ => servers.data.push(node),
        }
    }
    Ok(servers)
}

#[derive(Deserialize)]
struct Row {
    id: u64,
    database: String,
    retention_policy: String,
    #[serde(default)]
    shard_group: u64,
    start_time: String,
    end_time: String,
    #[serde(default)]
    expiry_time: String,
    #[serde(default)]
    owners: String,
}

impl Row {
    fn times(&self) -> Option<(SystemTime, SystemTime, Option<SystemTime>)> {
        let expiry = if self.expiry_time.is_empty() { None } else { Some(time(&self.expiry_time)?) };
        Some((time(&self.start_time)?, time(&self.end_time)?, expiry))
    }

    fn owner_ids(&self) -> Option<Vec<u64>> {
        self.owners.split(',').filter(|id| !id.is_empty()).map(|id| id.trim().parse().ok()).collect()
    }
}

fn rows<T>(response: &QueryResponse, read: impl Fn(Row) -> Option<T>) -> Result<Vec<T>, QueryError> {
    let rows = response.rows::<Row>()?.into_iter().enumerate().map(|(index, row)| {
        read(row).ok_or_else(|| {
            let reason = "a time or an owner is not written as expected".into();
            QueryError::new(QueryErrorKind::Row { index, reason }, Some(response.endpoint.clone()), None)
        })
    });
    rows.collect()
}

pub(crate) fn shards(response: &QueryResponse) -> Result<Vec<Shard>, QueryError> {
    rows(response, |row| {
        let (start, end, expiry) = row.times()?;
        Some(Shard {
            owners: row.owner_ids()?,
            id: row.id,
            database: row.database,
            retention_policy: row.retention_policy,
            shard_group: row.shard_group,
            start,
            end,
            expiry,
        })
    })
}

pub(crate) fn shard_groups(response: &QueryResponse) -> Result<Vec<ShardGroup>, QueryError> {
    rows(response, |row| {
        let (start, end, expiry) = row.times()?;
        let Row { id, database, retention_policy, .. } = row;
        Some(ShardGroup { id, database, retention_policy, start, end, expiry })
    })
}

fn time(text: &str) -> Option<SystemTime> {
    let seconds = rfc3339::parse_seconds(text)?;
    let apart = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH.checked_sub(apart) } else { UNIX_EPOCH.checked_add(apart) }
}

//! What the meta nodes agree on. Every data node keeps a cached copy of the whole.

use serde::{Deserialize, Serialize};

/// The metadata as of one Raft index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaData {
    /// Raft index of the last command applied; what a long poll waits for.
    pub index: u64,
    /// Raft term of that command.
    pub term: u64,
    /// Random at bootstrap; nodes of different clusters refuse to talk to each other.
    pub cluster_id: u64,
    /// Meta nodes in the order of their ids.
    pub meta_nodes: Vec<MetaNode>,
    /// Data nodes in the order of their ids.
    pub data_nodes: Vec<DataNode>,
    /// Databases in the order of their creation.
    pub databases: Vec<Database>,
    /// Users in the order of their creation.
    pub users: Vec<User>,
    /// Highest node id given out; meta and data nodes share the counter.
    pub max_node_id: u64,
    /// Highest shard group id given out.
    pub max_shard_group_id: u64,
    /// Highest shard id given out.
    pub max_shard_id: u64,
    /// Continuous queries of all databases, in the order of their creation.
    pub continuous_queries: Vec<ContinuousQuery>,
    /// Subscriptions of all databases, in the order of their creation.
    pub subscriptions: Vec<Subscription>,
}

/// A query that is to be run again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContinuousQuery {
    /// Where it belongs.
    pub database: String,
    /// Unique within the database.
    pub name: String,
    /// The whole `CREATE CONTINUOUS QUERY` statement.
    pub query: String,
}

/// Who wants the points that are written to a retention policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Whose points.
    pub database: String,
    /// Likewise.
    pub retention_policy: String,
    /// Unique within the retention policy.
    pub name: String,
    /// Each point goes to every destination rather than to one of them.
    pub to_all: bool,
    /// URLs.
    pub destinations: Vec<String>,
}

/// A member of the Raft group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaNode {
    /// From the counter shared with data nodes.
    pub id: u64,
    /// `host:port` of the meta HTTP API.
    pub http_addr: String,
    /// `host:port` of the Raft transport.
    pub tcp_addr: String,
}

/// A node that keeps shards and answers `/write` and `/query`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataNode {
    /// From the counter shared with meta nodes.
    pub id: u64,
    /// `host:port` of the public HTTP API.
    pub http_addr: String,
    /// `host:port` where other nodes send shard writes and reads.
    pub tcp_addr: String,
}

/// A database and its retention policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Any text; never used as a path.
    pub name: String,
    /// Name of the policy that a write without `rp` goes to; empty when there is none.
    pub default_retention_policy: String,
    /// In the order of their creation.
    pub retention_policies: Vec<RetentionPolicy>,
}

/// How long, how often and in what windows points are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPolicy {
    /// Unique within the database.
    pub name: String,
    /// Nanoseconds; 0 keeps points for ever.
    pub duration: i64,
    /// Nanoseconds covered by one shard group.
    pub shard_group_duration: i64,
    /// Copies asked for; the copies made are at most the number of data nodes.
    pub replica_n: u32,
    /// In the order of their start times.
    pub shard_groups: Vec<ShardGroup>,
}

/// The shards of one window of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardGroup {
    /// Unique in the cluster.
    pub id: u64,
    /// First nanosecond (Unix time) of the window.
    pub start_time: i64,
    /// First nanosecond after the window.
    pub end_time: i64,
    /// When the group was deleted (nanoseconds, Unix time); it is kept for a while so that ids stay known.
    pub deleted_at: Option<i64>,
    /// When the group was closed for new points by a truncation (nanoseconds, Unix time).
    pub truncated_at: Option<i64>,
    /// In the order of their ids; a series picks one by its hash.
    pub shards: Vec<Shard>,
}

/// One replicated piece of a shard group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Unique in the cluster.
    pub id: u64,
    /// Data node ids, in the order of assignment.
    pub owners: Vec<u64>,
}

/// What a user may do in one database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Privilege {
    /// `SELECT` and `SHOW`.
    Read,
    /// Writes.
    Write,
    /// Both.
    All,
    /// Neither: what is left when all that was granted is revoked.
    Nothing,
}

/// Somebody who may log in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Unique in the cluster.
    pub name: String,
    /// Salted hash of the password, in the form the authenticator defines.
    pub hash: String,
    /// May do everything.
    pub admin: bool,
    /// Database name and what is granted there.
    pub privileges: Vec<(String, Privilege)>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The hash is a secret: it must not reach a log through a dump of the metadata.
        f.debug_struct("User")
            .field("name", &self.name)
            .field("admin", &self.admin)
            .field("privileges", &self.privileges)
            .finish_non_exhaustive()
    }
}

impl MetaData {
    /// The database of that name.
    #[must_use]
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.iter().find(|database| database.name == name)
    }

    /// The retention policy `rp` of `database`; an empty `rp` means the default one.
    #[must_use]
    pub fn retention_policy(&self, database: &str, rp: &str) -> Option<&RetentionPolicy> {
        self.database(database)?.retention_policy(rp)
    }

    /// The user of that name.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.iter().find(|user| user.name == name)
    }

    /// The data node of that id.
    #[must_use]
    pub fn data_node(&self, id: u64) -> Option<&DataNode> {
        self.data_nodes.iter().find(|node| node.id == id)
    }

    /// Where a shard lives: its database, retention policy, group and itself.
    #[must_use]
    pub fn shard(&self, id: u64) -> Option<(&Database, &RetentionPolicy, &ShardGroup, &Shard)> {
        self.databases.iter().find_map(|database| {
            database.retention_policies.iter().find_map(|policy| {
                policy.shard_groups.iter().find_map(|group| {
                    let shard = group.shards.iter().find(|shard| shard.id == id)?;
                    Some((database, policy, group, shard))
                })
            })
        })
    }

    /// The same, unless its group is deleted: as the real servers look a shard up, so that what still waits for it in
    /// a hinted handoff queue does not bring it back (cluster 1.8 facts § 5).
    #[must_use]
    pub fn live_shard(&self, id: u64) -> Option<(&Database, &RetentionPolicy, &ShardGroup, &Shard)> {
        self.shard(id).filter(|(_, _, group, _)| group.deleted_at.is_none())
    }
}

impl Database {
    /// The retention policy of that name; an empty name means the default one.
    #[must_use]
    pub fn retention_policy(&self, name: &str) -> Option<&RetentionPolicy> {
        let name = if name.is_empty() { self.default_retention_policy.as_str() } else { name };
        self.retention_policies.iter().find(|policy| policy.name == name)
    }
}

impl RetentionPolicy {
    /// The shard groups that are not deleted and hold any time from `min` to `max`, both included; earliest first.
    pub fn live_groups(&self, min: i64, max: i64) -> impl Iterator<Item = &ShardGroup> {
        let live = self.shard_groups.iter().filter(|group| group.deleted_at.is_none());
        live.filter(move |group| group.start_time <= max && min < group.end_time)
    }

    /// The live shard group that takes a point of this time (nanoseconds, Unix time).
    ///
    /// A truncated group takes only points from before its truncation.
    #[must_use]
    pub fn shard_group_at(&self, time: i64) -> Option<&ShardGroup> {
        self.shard_groups.iter().find(|group| group.takes(time))
    }
}

impl ShardGroup {
    /// Whether a point of this time belongs here.
    #[must_use]
    pub fn takes(&self, time: i64) -> bool {
        self.deleted_at.is_none()
            && self.start_time <= time
            && time < self.end_time
            && self.truncated_at.is_none_or(|at| time < at)
    }
}

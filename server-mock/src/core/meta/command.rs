//! What can be asked of the metadata, and what comes of it.

use serde::{Deserialize, Serialize};

use super::{ContinuousQuery, DataNode, MetaNode, Privilege, Subscription};

/// One change of the metadata: what Raft replicates.
///
/// A command holds every input of its effect; where that depends on the time of day, the time is in the command, so
/// that each meta node computes the same state. Times and durations are in nanoseconds.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Makes the cluster: its identity and first nodes. Has no effect on a cluster that already is one.
    Bootstrap {
        /// Random; not 0.
        cluster_id: u64,
        /// The members of the Raft group.
        meta_nodes: Vec<MetaNode>,
        /// The first data nodes.
        data_nodes: Vec<DataNode>,
    },
    /// Records a meta node. One with the same Raft address keeps its id.
    CreateMetaNode {
        /// `host:port` of the meta HTTP API.
        http_addr: String,
        /// `host:port` of the Raft transport.
        tcp_addr: String,
    },
    /// Forgets a meta node. The leader then takes it out of the Raft group.
    RemoveMetaNode {
        /// Which.
        id: u64,
    },
    /// Adds a data node. One with the same `tcp_addr` keeps its id.
    CreateDataNode {
        /// `host:port` of the public HTTP API.
        http_addr: String,
        /// `host:port` where other nodes send shard writes and reads.
        tcp_addr: String,
    },
    /// Takes a data node out and its ownership of shards with it; the points are not moved.
    RemoveDataNode {
        /// Which.
        id: u64,
        /// The time of day.
        now: i64,
    },
    /// Gives a data node other addresses.
    UpdateDataNode {
        /// Which.
        id: u64,
        /// `host:port` of the public HTTP API.
        http_addr: String,
        /// `host:port` where other nodes send shard writes and reads.
        tcp_addr: String,
    },
    /// Makes a database with one retention policy, its default.
    CreateDatabase {
        /// Any text but the empty one.
        name: String,
        /// The policy; the profile's own default policy when absent.
        policy: Option<RetentionPolicySpec>,
    },
    /// Removes a database with all that is in it.
    DropDatabase {
        /// Which.
        name: String,
    },
    /// Adds a retention policy.
    CreateRetentionPolicy {
        /// Where.
        database: String,
        /// What.
        policy: RetentionPolicySpec,
        /// Whether writes without `rp` go there from now on.
        default: bool,
    },
    /// Changes the parts given; shard groups that exist stay as they are.
    UpdateRetentionPolicy {
        /// Where.
        database: String,
        /// Which.
        name: String,
        /// New duration; 0 keeps points for ever.
        duration: Option<i64>,
        /// New shard group duration; 0 derives it from the duration. Ignored by profile 0.10, which always derives.
        shard_group_duration: Option<i64>,
        /// New number of copies, for shard groups yet to be made.
        replica_n: Option<u32>,
        /// Whether writes without `rp` go there from now on.
        default: bool,
    },
    /// Removes a retention policy with its shard groups; no error when there is none.
    DropRetentionPolicy {
        /// Where.
        database: String,
        /// Which.
        name: String,
    },
    /// Sends writes without `rp` to another retention policy.
    SetDefaultRetentionPolicy {
        /// Where.
        database: String,
        /// Which.
        name: String,
    },
    /// Makes the shard group for a point of this time, if there is none.
    CreateShardGroup {
        /// Where.
        database: String,
        /// Which retention policy; empty for the default one.
        policy: String,
        /// A point's time (Unix time). In 0.10 coordinators look up and ask for the start of its window instead (see
        /// [`truncate`](super::truncate)), so that after an altered duration an overlapping group is made.
        time: i64,
    },
    /// Makes the shard groups for points of these times, as so many [`CreateShardGroup`](Self::CreateShardGroup)s one
    /// after the other would: owners rotate from group to group. One command, so that a wide request waits for one
    /// agreement of the meta nodes and not for hundreds.
    CreateShardGroups {
        /// Where.
        database: String,
        /// Which retention policy; empty for the default one.
        policy: String,
        /// As in [`CreateShardGroup`](Self::CreateShardGroup).
        times: Vec<i64>,
    },
    /// Marks a shard group as deleted; one that is deleted keeps the time of its deletion.
    DeleteShardGroup {
        /// Where.
        database: String,
        /// In which retention policy; empty for the default one.
        policy: String,
        /// Which.
        id: u64,
        /// The time of day.
        now: i64,
    },
    /// Takes one shard out of its group; the group is deleted with its last shard.
    DropShard {
        /// Which; an unknown one is no error.
        id: u64,
        /// The time of day.
        now: i64,
    },
    /// Closes every shard group at a time, so that later points go to new groups.
    TruncateShardGroups {
        /// First time that the groups no longer take.
        at: i64,
    },
    /// Forgets the shard groups that were deleted two weeks ago or earlier.
    PruneShardGroups {
        /// The time of day.
        now: i64,
    },
    /// Adds a user.
    CreateUser {
        /// Any text but the empty one.
        name: String,
        /// Salted hash of the password.
        hash: String,
        /// May do everything.
        admin: bool,
    },
    /// Removes a user.
    DropUser {
        /// Who.
        name: String,
    },
    /// Changes a user's password.
    UpdateUser {
        /// Who.
        name: String,
        /// Salted hash of the new password.
        hash: String,
    },
    /// Sets what a user may do in a database.
    SetPrivilege {
        /// Who.
        user: String,
        /// Where.
        database: String,
        /// What; nothing at all when absent.
        privilege: Option<Privilege>,
    },
    /// Adds a continuous query.
    CreateContinuousQuery(ContinuousQuery),
    /// Removes a continuous query.
    DropContinuousQuery {
        /// Where.
        database: String,
        /// Which.
        name: String,
    },
    /// Adds a subscription.
    CreateSubscription(Subscription),
    /// Removes a subscription.
    DropSubscription {
        /// Where.
        database: String,
        /// Likewise.
        retention_policy: String,
        /// Which.
        name: String,
    },
    /// Makes a user an administrator, or no longer one.
    SetAdmin {
        /// Who.
        user: String,
        /// Whether.
        admin: bool,
    },
    /// Gives a meta node other addresses.
    UpdateMetaNode {
        /// Which.
        id: u64,
        /// `host:port` of the meta HTTP API.
        http_addr: String,
        /// `host:port` of the Raft transport.
        tcp_addr: String,
    },
}

impl Command {
    /// What kind of change it is, for logs: never a name, an address or a hash.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bootstrap { .. } => "bootstrap",
            Self::CreateMetaNode { .. } => "create meta node",
            Self::RemoveMetaNode { .. } => "remove meta node",
            Self::CreateDataNode { .. } => "create data node",
            Self::RemoveDataNode { .. } => "remove data node",
            Self::UpdateDataNode { .. } => "update data node",
            Self::UpdateMetaNode { .. } => "update meta node",
            Self::CreateDatabase { .. } => "create database",
            Self::DropDatabase { .. } => "drop database",
            Self::CreateRetentionPolicy { .. } => "create retention policy",
            Self::UpdateRetentionPolicy { .. } => "update retention policy",
            Self::DropRetentionPolicy { .. } => "drop retention policy",
            Self::SetDefaultRetentionPolicy { .. } => "set default retention policy",
            Self::CreateShardGroup { .. } => "create shard group",
            Self::CreateShardGroups { .. } => "create shard groups",
            Self::DeleteShardGroup { .. } => "delete shard group",
            Self::DropShard { .. } => "drop shard",
            Self::TruncateShardGroups { .. } => "truncate shard groups",
            Self::PruneShardGroups { .. } => "prune shard groups",
            Self::CreateUser { .. } => "create user",
            Self::DropUser { .. } => "drop user",
            Self::UpdateUser { .. } => "update user",
            Self::SetPrivilege { .. } => "set privilege",
            Self::CreateContinuousQuery(_) => "create continuous query",
            Self::DropContinuousQuery { .. } => "drop continuous query",
            Self::CreateSubscription(_) => "create subscription",
            Self::DropSubscription { .. } => "drop subscription",
            Self::SetAdmin { .. } => "set admin",
        }
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Commands carry password hashes, and the Raft library logs what it replicates.
        f.debug_tuple("Command").field(&self.kind()).finish()
    }
}

/// A retention policy as asked for: what is absent is filled in by the profile's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionPolicySpec {
    /// The profile's default name when absent.
    pub name: Option<String>,
    /// Nanoseconds; 0 or absent keeps points for ever.
    pub duration: Option<i64>,
    /// Nanoseconds; 0 or absent derives it from the duration. Ignored by profile 0.10.
    pub shard_group_duration: Option<i64>,
    /// At most three when absent: as many as there are data nodes.
    pub replica_n: Option<u32>,
}

/// What a command that succeeded did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Applied {
    /// Nothing: the metadata was already as asked.
    Unchanged,
    /// What was asked.
    Changed,
    /// There is such a node, with this id.
    Node(u64),
    /// There is such a shard group, with this id.
    ShardGroup(u64),
}

/// Why a command was refused; shown in the real servers' words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum CommandError {
    /// A database without a name.
    #[error("database name required")]
    DatabaseNameRequired,
    /// The database does not exist.
    #[error("database not found: {0}")]
    DatabaseNotFound(String),
    /// A name of more than 255 bytes.
    #[error("name too long")]
    NameTooLong,
    /// A retention policy without a name.
    #[error("retention policy name required")]
    RetentionPolicyNameRequired,
    /// The retention policy does not exist.
    #[error("retention policy not found: {0}")]
    RetentionPolicyNotFound(String),
    /// Another retention policy has that name.
    #[error("retention policy already exists")]
    RetentionPolicyExists,
    /// The database exists, with another policy than the one asked for.
    #[error("retention policy conflicts with an existing policy")]
    RetentionPolicyConflict,
    /// Points would be kept for less than an hour.
    #[error("retention policy duration must be at least 1h0m0s")]
    DurationTooLow,
    /// Points would be kept for less than one shard group covers.
    #[error("retention policy duration must be greater than the shard duration")]
    IncompatibleDurations,
    /// No copies.
    #[error("replication factor must be greater than 0")]
    ReplicationFactorTooLow,
    /// The shard group does not exist.
    #[error("shard group not found")]
    ShardGroupNotFound,
    /// The node does not exist.
    #[error("node not found")]
    NodeNotFound,
    /// Without it there would be no meta node at all.
    #[error("cannot remove the last meta node")]
    LastMetaNode,
    /// Another continuous query has that name.
    #[error("continuous query already exists")]
    ContinuousQueryExists,
    /// The continuous query does not exist.
    #[error("continuous query not found")]
    ContinuousQueryNotFound,
    /// Another subscription has that name.
    #[error("subscription already exists")]
    SubscriptionExists,
    /// The subscription does not exist.
    #[error("subscription not found")]
    SubscriptionNotFound,
    /// Points cannot be sent there.
    #[error("invalid subscription URL: {0}")]
    InvalidSubscriptionUrl(String),
    /// A user without a name.
    #[error("username required")]
    UsernameRequired,
    /// Another user has that name.
    #[error("user already exists")]
    UserExists,
    /// The user does not exist.
    #[error("user not found")]
    UserNotFound,
}

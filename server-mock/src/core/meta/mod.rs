//! The metadata of a cluster and the commands that change it.

mod apply;
mod cached;
mod command;
mod data;
mod databases;
mod groups;
mod leases;
mod nodes;
mod policy;
mod retention;
mod subscribers;
mod users;
mod window;

pub use command::{Applied, Command, CommandError, RetentionPolicySpec};
pub use data::{
    ContinuousQuery, DataNode, Database, MetaData, MetaNode, Privilege, RetentionPolicy, Shard, ShardGroup,
    Subscription, User,
};
pub use leases::{Lease, Leases};
pub use policy::{default_shard_group_duration, shard_count};
pub use window::{MAX_TIME, MIN_TIME, truncate};

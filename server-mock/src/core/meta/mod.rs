//! The metadata of a cluster and the commands that change it.

mod data;

pub use data::{DataNode, Database, MetaData, MetaNode, Privilege, RetentionPolicy, Shard, ShardGroup, User};

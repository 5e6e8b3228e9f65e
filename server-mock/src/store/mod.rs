//! The shards of one data node.
//!
//! An accepted batch is appended to a journal and then answered; what queries read are columns in memory, one per
//! series and field, rebuilt from the journal when the engine opens. The rules of what a shard accepts, and with
//! which words it refuses, are pure functions of the batch and the field types the shard knows; they follow the
//! profile.
//!
//! | part | does |
//! |---|---|
//! | [`Engine`] | finds the shard, keeps journal order and memory order the same, waits for durability |
//! | `admit` | which points of a batch a shard takes, and the error for the others |
//! | `cardinality` | the limits on series and tag values, per database |
//! | `content` | the columns of one shard: apply, scan, delete, digest |
//! | `columns` | those of one series, found by name |
//! | `compaction` | when and by what the records of a shard give way to fewer |
//! | `journal` | the records on disk (fjall) or in a [`MemoryDisk`] |

mod admit;
mod cardinality;
mod column;
mod columns;
mod compaction;
mod content;
mod digest;
mod disk_fault;
mod engine;
mod error;
mod journal;
mod options;
mod record;
mod schema;

pub use content::ShardStats;
pub use disk_fault::DiskFault;
pub use engine::Engine;
pub use error::{Conflict, PartialWrite, Rejection, StoreError};
pub use journal::MemoryDisk;
pub use options::{Limits, Options, Storage};

#[cfg(test)]
mod tests;

//! How an engine is set up.

use std::path::PathBuf;

use super::MemoryDisk;
use crate::{IndexVersion, Profile};

/// Where the journal of an engine is kept.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In this folder, which is created when missing and must be used by one engine at a time.
    Disk(PathBuf),
    /// In memory that outlives the engine, so that a node inside a process can be killed and started again.
    Memory(MemoryDisk),
}

/// How an engine behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whose rules and texts the engine follows.
    pub profile: Profile,
    /// Whether an acknowledged write survives the loss of power (one fdatasync for all writes that wait for one), or
    /// only the death of the process. Without meaning for [`Storage::Memory`].
    pub wal_fsync: bool,
    /// What the engine refuses for being too much.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self { profile: Profile::default(), wal_fsync: true, limits: Limits::default() }
    }
}

/// What an engine refuses for being too much; `None` means no limit. Those on series are kept in profile 1.8 alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many values one tag of a measurement may have in a database (`max-values-per-tag`).
    pub max_values_per_tag: Option<usize>,
    /// How many series a database may have (`max-series-per-database`).
    pub max_series_per_database: Option<usize>,
    /// Bytes of values that one shard may hold (`cache-max-memory-size`). The real servers move values out of that
    /// cache in time; here they stay, so a shard over the limit refuses until something is deleted.
    pub cache_max_memory_size: Option<u64>,
    /// The two limits on series are those of the in-memory index alone (captured case "limits, tsi1").
    pub index_version: IndexVersion,
}

//! Where records are kept: a disk, or memory that outlives the engine.

mod disk;
mod memory;

use std::future::Future;

pub use memory::MemoryDisk;

use super::{Options, Storage, StoreError};
use disk::Disk;
use memory::Memory;

/// Something to be kept, in the order of submission.
#[derive(Debug)]
pub(super) enum Command {
    /// A shard that may come with records from now on.
    Ensure(ShardName),
    /// A record, encoded. Numbers of one shard only grow.
    Append { shard: u64, number: u64, record: Vec<u8> },
    /// All records of a shard below this number give way to these, numbered from 0; there are fewer of them.
    Replace { shard: u64, below: u64, records: Vec<Vec<u8>> },
    /// A shard with all records submitted before.
    Drop { shard: u64 },
}

/// A shard and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShardName {
    pub(super) id: u64,
    pub(super) database: String,
    pub(super) retention_policy: String,
}

/// What is read at the opening, shards before their records and records in order.
#[derive(Debug)]
pub(super) enum Replayed<'a> {
    Shard(ShardName),
    Record { shard: u64, number: u64, record: &'a [u8] },
}

/// The open journal of an engine.
#[derive(Debug)]
pub(super) enum Journal {
    Disk(Disk),
    Memory(Memory),
}

/// The pending answer to a [`Command`].
pub(super) type Kept = tokio::sync::oneshot::Receiver<Result<(), StoreError>>;

impl Journal {
    /// Opens the journal and hands all it holds to `take`.
    pub(super) fn open(
        storage: Storage,
        options: &Options,
        take: impl FnMut(Replayed<'_>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        match storage {
            Storage::Disk(path) => Disk::open(&path, options.wal_fsync, take).map(Self::Disk),
            Storage::Memory(disk) => Memory::open(disk, take).map(Self::Memory),
        }
    }

    /// Takes a command; commands are carried out in the order in which they were submitted.
    pub(super) fn submit(&self, command: Command) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let pending = match self {
            Self::Disk(disk) => Err(disk.submit(command)),
            Self::Memory(memory) => Ok(memory.submit(command)),
        };
        async move {
            match pending {
                Ok(done) => done,
                Err(kept) => kept.await.unwrap_or(Err(StoreError::Closed)),
            }
        }
    }

    /// Whether commands are still taken.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Disk(disk) => disk.check(),
            Self::Memory(memory) => memory.check(),
        }
    }

    /// Takes no more commands, carries out what was submitted and lets go of the files.
    pub(super) fn close(&self) {
        match self {
            Self::Disk(disk) => disk.close(),
            Self::Memory(memory) => memory.close(),
        }
    }
}

//! A disk that is memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Command, Replayed, ShardName, StoreError};

/// The twin of a disk for nodes inside a process: outlives the engines that use it, as a disk outlives a process.
///
/// Clones are the same disk. Opening an engine on it shuts out any engine that was opened before, as a killed process
/// cannot write any more.
#[derive(Clone, Debug, Default)]
pub struct MemoryDisk {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// How many engines were opened; only the last may write.
    openings: u64,
    shards: BTreeMap<u64, ShardName>,
    /// By shard and number.
    records: BTreeMap<(u64, u64), Vec<u8>>,
}

impl MemoryDisk {
    /// An empty disk.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of all records.
    #[cfg(test)]
    pub(in crate::store) fn bytes(&self) -> usize {
        self.lock().records.values().map(Vec::len).sum()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("nothing panics while it holds the memory disk")
    }
}

/// One engine's hold of a [`MemoryDisk`].
#[derive(Debug)]
pub(in crate::store) struct Memory {
    disk: MemoryDisk,
    opening: u64,
}

impl Memory {
    pub(super) fn open(
        disk: MemoryDisk,
        mut take: impl FnMut(Replayed<'_>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut kept = disk.lock();
        kept.openings += 1;
        let opening = kept.openings;
        for shard in kept.shards.values() {
            take(Replayed::Shard(shard.clone()))?;
        }
        for ((shard, number), record) in &kept.records {
            take(Replayed::Record { shard: *shard, number: *number, record })?;
        }
        drop(kept);
        Ok(Self { disk, opening })
    }

    pub(super) fn submit(&self, command: Command) -> Result<(), StoreError> {
        let mut kept = self.disk.lock();
        self.check_opening(&kept)?;
        match command {
            Command::Ensure(shard) => drop(kept.shards.insert(shard.id, shard)),
            Command::Append { shard, number, record } => drop(kept.records.insert((shard, number), record)),
            Command::Replace { shard, below, records } => {
                let mut rest = kept.records.split_off(&(shard, 0));
                let mut after = rest.split_off(&(shard, below));
                kept.records.append(&mut after);
                kept.records.extend((0..).zip(records).map(|(number, record)| ((shard, number), record)));
            }
            Command::Drop { shard } => {
                kept.shards.remove(&shard);
                // Records of one shard lie together.
                let mut rest = kept.records.split_off(&(shard, 0));
                let mut after = shard.checked_add(1).map(|next| rest.split_off(&(next, 0))).unwrap_or_default();
                kept.records.append(&mut after);
            }
        }
        Ok(())
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.check_opening(&self.disk.lock())
    }

    fn check_opening(&self, kept: &Kept) -> Result<(), StoreError> {
        if kept.openings == self.opening { Ok(()) } else { Err(StoreError::Closed) }
    }

    pub(super) fn close(&self) {
        let mut kept = self.disk.lock();
        if kept.openings == self.opening {
            kept.openings += 1;
        }
    }
}

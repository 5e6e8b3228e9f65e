//! State in memory that outlives its node.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::store::{Identity, Store, StoreError, Stored, StoredSnapshot};
use super::{Entry, LogId, Vote};

/// A meta node's state in memory; clones share it.
///
/// It survives the node, so that a killed in-process node finds it again, and only the last node started on it can
/// write to it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    identity: Option<Identity>,
    // Counts the nodes started on this storage: all but the last are fenced off.
    session: u64,
    fixed: Stored,
    entries: BTreeMap<u64, Entry>,
}

impl MemoryStorage {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::meta) fn open(&self, identity: Identity) -> Result<MemoryStore, StoreError> {
        let mut held = self.lock();
        identity.check(*held.identity.get_or_insert(identity))?;
        held.session += 1;
        Ok(MemoryStore { session: held.session, storage: self.clone() })
    }
}

#[cfg(test)]
impl MemoryStorage {
    pub(in crate::meta) fn open_for_test(&self, cluster_id: u64, node_id: u64) -> MemoryStore {
        self.open(Identity { cluster_id, node_id }).expect("the identity is the one in the storage")
    }
}

/// One node's right to a [`MemoryStorage`].
#[derive(Debug)]
pub(in crate::meta) struct MemoryStore {
    storage: MemoryStorage,
    session: u64,
}

impl MemoryStore {
    fn held(&self) -> Result<MutexGuard<'_, Held>, StoreError> {
        let held = self.storage.lock();
        if held.session == self.session { Ok(held) } else { Err(StoreError::Closed) }
    }
}

impl Store for MemoryStore {
    fn load(&self) -> Result<Stored, StoreError> {
        let held = self.held()?;
        Ok(Stored { entries: held.entries.values().cloned().collect(), ..held.fixed.clone() })
    }

    fn save_vote(&self, vote: &Vote) -> Result<(), StoreError> {
        self.held()?.fixed.vote = Some(*vote);
        Ok(())
    }

    fn save_committed(&self, committed: Option<LogId>) -> Result<(), StoreError> {
        self.held()?.fixed.committed = committed;
        Ok(())
    }

    fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        self.held()?.entries.extend(entries.iter().map(|entry| (entry.log_id.index, entry.clone())));
        Ok(())
    }

    fn truncate(&self, from: u64) -> Result<(), StoreError> {
        self.held()?.entries.split_off(&from);
        Ok(())
    }

    fn purge(&self, upto: LogId) -> Result<(), StoreError> {
        let mut held = self.held()?;
        held.fixed.purged = Some(upto);
        held.entries.retain(|index, _| upto.index < *index);
        Ok(())
    }

    fn load_snapshot(&self) -> Result<Option<StoredSnapshot>, StoreError> {
        Ok(self.held()?.fixed.snapshot.clone())
    }

    fn save_snapshot(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        self.held()?.fixed.snapshot = Some(snapshot.clone());
        Ok(())
    }

    fn is_slow(&self) -> bool {
        false
    }

    fn fence(&self) {
        let mut held = self.storage.lock();
        if held.session == self.session {
            held.session += 1;
        }
    }

    fn close(&self) {
        self.fence();
    }
}

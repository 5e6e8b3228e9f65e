//! A store on a disk that fails on order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::store::{Store, StoreError, Stored, StoredSnapshot};
use super::{Entry, LogId, Vote};
use crate::store::DiskFault;

/// Between two looks at a disk that is full.
const LOOK: Duration = Duration::from_millis(5);

/// Holds writes up while its disk is slow or full.
///
/// Raft takes a failed write for the end of the node. The real meta nodes step down instead and go on when there is
/// space again; a write that waits has that effect: the node acknowledges nothing meanwhile, and another one leads.
#[derive(Debug)]
pub(in crate::meta) struct FaultyStore {
    store: Arc<dyn Store>,
    disk: DiskFault,
    fenced: AtomicBool,
}

impl FaultyStore {
    pub(in crate::meta) fn new(store: Arc<dyn Store>, disk: DiskFault) -> Self {
        Self { store, disk, fenced: AtomicBool::new(false) }
    }

    fn before_write(&self) -> Result<(), StoreError> {
        std::thread::sleep(self.disk.delay());
        while self.disk.is_full() {
            if self.fenced.load(Ordering::Acquire) {
                return Err(StoreError::Closed);
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

impl Store for FaultyStore {
    fn load(&self) -> Result<Stored, StoreError> {
        self.store.load()
    }

    fn save_vote(&self, vote: &Vote) -> Result<(), StoreError> {
        self.before_write()?;
        self.store.save_vote(vote)
    }

    fn save_committed(&self, committed: Option<LogId>) -> Result<(), StoreError> {
        // Not awaited by anything that counts, and written in passing.
        self.store.save_committed(committed)
    }

    fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        self.before_write()?;
        self.store.append(entries)
    }

    fn truncate(&self, from: u64) -> Result<(), StoreError> {
        self.before_write()?;
        self.store.truncate(from)
    }

    fn purge(&self, upto: LogId) -> Result<(), StoreError> {
        self.before_write()?;
        self.store.purge(upto)
    }

    fn load_snapshot(&self) -> Result<Option<StoredSnapshot>, StoreError> {
        self.store.load_snapshot()
    }

    fn save_snapshot(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        self.before_write()?;
        self.store.save_snapshot(snapshot)
    }

    fn is_slow(&self) -> bool {
        self.store.is_slow() || self.disk.is_full() || !self.disk.delay().is_zero()
    }

    fn fence(&self) {
        self.fenced.store(true, Ordering::Release);
        self.store.fence();
    }

    fn close(&self) {
        self.fence();
        self.store.close();
    }
}

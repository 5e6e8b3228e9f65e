//! State on disk: one small fjall database per meta node.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::format::{decode, encode};
use super::store::{Identity, Store, StoreError, Stored, StoredSnapshot};
use super::{Entry, LogId, Vote};

const CACHE_BYTES: u64 = 1 << 20;
const MEMTABLE_BYTES: u64 = 4 << 20;
/// The least that fjall allows; files are sparse until they are filled.
const JOURNAL_BYTES: u64 = 64 << 20;

// The keys of the keyspace `state`.
const IDENTITY: &str = "identity";
const VOTE: &str = "vote";
const COMMITTED: &str = "committed";
const PURGED: &str = "purged";
const SNAPSHOT: &str = "snapshot";

/// Keeps a meta node's state in a directory.
///
/// Keyspace `log`: index (big endian, so that keys sort as numbers) to entry. Keyspace `state`: one key a fact. Each
/// value starts with its format version.
pub(in crate::meta) struct DiskStore {
    fenced: AtomicBool,
    open: RwLock<Option<Open>>,
}

struct Open {
    database: Database,
    log: Keyspace,
    state: Keyspace,
}

impl std::fmt::Debug for DiskStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskStore").field("fenced", &self.fenced).finish_non_exhaustive()
    }
}

impl DiskStore {
    /// Opens or makes the directory. Takes as long as a disk does.
    pub(in crate::meta) fn open(directory: &Path, identity: Identity) -> Result<Self, StoreError> {
        let database = Database::builder(directory)
            .worker_threads(1)
            .cache_size(CACHE_BYTES)
            .max_journaling_size(JOURNAL_BYTES)
            .open()?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let log = database.keyspace("log", options)?;
        let state = database.keyspace("state", options)?;
        let open = Open { database, log, state };
        match open.get(IDENTITY)? {
            Some(found) => identity.check(found)?,
            None => open.put(IDENTITY, &identity, Some(PersistMode::SyncAll))?,
        }
        Ok(Self { fenced: AtomicBool::new(false), open: RwLock::new(Some(open)) })
    }

    fn with<T>(&self, job: impl FnOnce(&Open) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        match &*open {
            Some(open) if !self.fenced.load(Ordering::Acquire) => job(open),
            Some(_) | None => Err(StoreError::Closed),
        }
    }
}

impl Open {
    fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        match self.state.get(key)? {
            Some(bytes) => Ok(Some(decode(&bytes)?)),
            None => Ok(None),
        }
    }

    fn put<T: Serialize>(&self, key: &str, value: &T, sync: Option<PersistMode>) -> Result<(), StoreError> {
        let mut batch = self.database.batch().durability(sync);
        batch.insert(&self.state, key, encode(value));
        Ok(batch.commit()?)
    }
}

impl Store for DiskStore {
    fn load(&self) -> Result<Stored, StoreError> {
        self.with(|open| {
            let mut entries: Vec<Entry> = Vec::new();
            for item in open.log.iter() {
                entries.push(decode(&item.value()?)?);
            }
            Ok(Stored {
                vote: open.get(VOTE)?,
                // None is kept as such, so that it can be told from a value that was never saved.
                committed: open.get::<Option<LogId>>(COMMITTED)?.flatten(),
                purged: open.get(PURGED)?,
                entries,
                snapshot: open.get(SNAPSHOT)?,
            })
        })
    }

    fn save_vote(&self, vote: &Vote) -> Result<(), StoreError> {
        self.with(|open| open.put(VOTE, vote, Some(PersistMode::SyncData)))
    }

    fn save_committed(&self, committed: Option<LogId>) -> Result<(), StoreError> {
        self.with(|open| open.put(COMMITTED, &committed, None))
    }

    fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        self.with(|open| {
            let mut batch = open.database.batch().durability(Some(PersistMode::SyncData));
            for entry in entries {
                batch.insert(&open.log, entry.log_id.index.to_be_bytes(), encode(entry));
            }
            Ok(batch.commit()?)
        })
    }

    fn truncate(&self, from: u64) -> Result<(), StoreError> {
        self.with(|open| {
            let mut batch = open.database.batch().durability(Some(PersistMode::SyncData));
            for item in open.log.range(from.to_be_bytes()..) {
                batch.remove(&open.log, item.key()?);
            }
            Ok(batch.commit()?)
        })
    }

    fn purge(&self, upto: LogId) -> Result<(), StoreError> {
        self.with(|open| {
            let mut batch = open.database.batch().durability(Some(PersistMode::SyncData));
            batch.insert(&open.state, PURGED, encode(&upto));
            for item in open.log.range(..=upto.index.to_be_bytes()) {
                batch.remove(&open.log, item.key()?);
            }
            Ok(batch.commit()?)
        })
    }

    fn load_snapshot(&self) -> Result<Option<StoredSnapshot>, StoreError> {
        self.with(|open| open.get(SNAPSHOT))
    }

    fn save_snapshot(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError> {
        self.with(|open| open.put(SNAPSHOT, snapshot, Some(PersistMode::SyncData)))
    }

    fn is_slow(&self) -> bool {
        true
    }

    fn fence(&self) {
        self.fenced.store(true, Ordering::Release);
    }

    fn close(&self) {
        self.fence();
        drop(self.open.write().unwrap_or_else(PoisonError::into_inner).take());
    }
}

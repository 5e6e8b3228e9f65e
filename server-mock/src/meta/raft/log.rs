//! The Raft log: in memory for reading, in a [`Store`] for keeps.
//!
//! Snapshots keep the log short, so that all of it fits in memory.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::ops::RangeBounds;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openraft::storage::{LogFlushed, RaftLogStorage};
use openraft::{AnyError, LogState, OptionalSend, RaftLogReader, StorageIOError};

use super::store::{self, Store, StoreError, Stored};
use super::{Entry, LogId, RaftTypes, StorageError, Vote};

#[derive(Clone, Debug)]
pub(in crate::meta) struct LogStore {
    store: Arc<dyn Store>,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug)]
struct Held {
    vote: Option<Vote>,
    committed: Option<LogId>,
    purged: Option<LogId>,
    entries: BTreeMap<u64, Entry>,
}

impl LogStore {
    pub(in crate::meta) fn new(store: Arc<dyn Store>, stored: &Stored) -> Self {
        let entries = stored.entries.iter().map(|entry| (entry.log_id.index, entry.clone())).collect();
        let held = Held { vote: stored.vote, committed: stored.committed, purged: stored.purged, entries };
        Self { store, held: Arc::new(Mutex::new(held)) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed_write(error: &StoreError) -> StorageError {
    StorageIOError::write_logs(AnyError::new(error)).into()
}

impl RaftLogReader<RaftTypes> for LogStore {
    async fn try_get_log_entries<R>(&mut self, range: R) -> Result<Vec<Entry>, StorageError>
    where
        R: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        Ok(self.held().entries.range(range).map(|(_, entry)| entry.clone()).collect())
    }
}

impl RaftLogStorage<RaftTypes> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<RaftTypes>, StorageError> {
        let held = self.held();
        let last = held.entries.last_key_value().map(|(_, entry)| entry.log_id);
        Ok(LogState { last_purged_log_id: held.purged, last_log_id: last.or(held.purged) })
    }

    async fn get_log_reader(&mut self) -> Self::LogReader {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), StorageError> {
        let vote = *vote;
        let saved = store::on(&self.store, move |store| store.save_vote(&vote)).await;
        saved.map_err(|error| StorageIOError::write_vote(AnyError::new(&error)))?;
        self.held().vote = Some(vote);
        Ok(())
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, StorageError> {
        Ok(self.held().vote)
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), StorageError> {
        let saved = store::on(&self.store, move |store| store.save_committed(committed)).await;
        saved.map_err(|error| failed_write(&error))?;
        self.held().committed = committed;
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, StorageError> {
        Ok(self.held().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: LogFlushed<RaftTypes>) -> Result<(), StorageError>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let appended = {
            let entries = entries.clone();
            store::on(&self.store, move |store| store.append(&entries)).await
        };
        match appended {
            Ok(()) => {
                self.held().entries.extend(entries.into_iter().map(|entry| (entry.log_id.index, entry)));
                callback.log_io_completed(Ok(()));
                Ok(())
            }
            Err(error) => {
                callback.log_io_completed(Err(io::Error::other(error.to_string())));
                Err(failed_write(&error))
            }
        }
    }

    async fn truncate(&mut self, log_id: LogId) -> Result<(), StorageError> {
        let truncated = store::on(&self.store, move |store| store.truncate(log_id.index)).await;
        truncated.map_err(|error| failed_write(&error))?;
        self.held().entries.split_off(&log_id.index);
        Ok(())
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), StorageError> {
        let purged = store::on(&self.store, move |store| store.purge(log_id)).await;
        purged.map_err(|error| failed_write(&error))?;
        let mut held = self.held();
        held.purged = Some(log_id);
        held.entries.retain(|index, _| log_id.index < *index);
        Ok(())
    }
}

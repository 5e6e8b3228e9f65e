//! Records on disk, in one fjall database, written by one thread.
//!
//! The thread takes all commands that wait, writes them as one batch, makes them durable with one sync and only
//! then answers their senders: many writers share the price of a sync.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use tokio::sync::oneshot;

use super::{Command, Kept, Replayed, ShardName, StoreError};
use crate::store::record::FORMAT;

/// The writing thread of one engine.
#[derive(Debug)]
pub(in crate::store) struct Disk {
    /// `None` once closed.
    commands: Mutex<Option<Sender<Waiting>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// The first failure. Nobody knows then what the disk holds: asking again must not turn it into success.
    failure: Arc<OnceLock<StoreError>>,
}

struct Waiting {
    command: Command,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

/// Records that one batch takes at most; a limit on memory, not on speed.
const BATCH_BYTES: usize = 16 << 20;

/// Values live in memory as columns, so the database needs no cache to speak of.
const CACHE_BYTES: u64 = 1 << 20;
const MEMTABLE_BYTES: u64 = 16 << 20;

const FORMAT_KEY: &str = "format";

impl Disk {
    pub(super) fn open(
        path: &Path,
        fsync: bool,
        mut take: impl FnMut(Replayed<'_>) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let failed = |error: fjall::Error| StoreError::Open { path: path.display().to_string(), cause: words(&error) };
        let files = Files::open(path, fsync).map_err(failed)?;
        files.check_format().map_err(failed)??;
        for entry in files.shards.iter() {
            let (key, value) = entry.into_inner().map_err(failed)?;
            let (database, retention_policy) = postcard::from_bytes(&value)
                .map_err(|error| StoreError::Damaged(format!("a shard's name: {error}")))?;
            let id = shard_of(&key).ok_or_else(|| StoreError::Damaged("the number of a shard".to_owned()))?;
            take(Replayed::Shard(ShardName { id, database, retention_policy }))?;
        }
        for entry in files.records.iter() {
            let (key, record) = entry.into_inner().map_err(failed)?;
            let (shard, number) = record_of(&key).ok_or_else(|| StoreError::Damaged("a record's key".to_owned()))?;
            take(Replayed::Record { shard, number, record: &record })?;
        }
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("shard-journal".to_owned());
        let failure = Arc::new(OnceLock::new());
        let of_thread = Arc::clone(&failure);
        let thread = thread.spawn(move || files.serve(&receiver, &of_thread)).map_err(|error| failed(error.into()))?;
        Ok(Self { commands: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), failure })
    }

    pub(super) fn submit(&self, command: Command) -> Kept {
        let (answer, kept) = oneshot::channel();
        let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(commands) = &*commands {
            // A thread that is gone drops the answer, which the receiver sees.
            let _ = commands.send(Waiting { command, answer });
        }
        kept
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.failure.get() {
            Some(failure) => Err(failure.clone()),
            None if self.commands.lock().unwrap_or_else(PoisonError::into_inner).is_none() => Err(StoreError::Closed),
            None => Ok(()),
        }
    }

    pub(super) fn close(&self) {
        drop(self.commands.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the journal's thread panicked");
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.close();
    }
}

struct Files {
    database: Database,
    about: Keyspace,
    shards: Keyspace,
    records: Keyspace,
    mode: PersistMode,
}

impl Files {
    fn open(path: &Path, fsync: bool) -> fjall::Result<Self> {
        let database = Database::builder(path)
            .worker_threads(1)
            .cache_size(CACHE_BYTES)
            // Each batch says itself how durable it must be.
            .manual_journal_persist(true)
            .open()?;
        let keyspace = |name| {
            database.keyspace(name, || {
                KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES).manual_journal_persist(true)
            })
        };
        let (about, shards, records) = (keyspace("about")?, keyspace("shards")?, keyspace("records")?);
        let mode = if fsync { PersistMode::SyncData } else { PersistMode::Buffer };
        Ok(Self { database, about, shards, records, mode })
    }

    /// Refuses a journal of a later format and stamps a new one.
    fn check_format(&self) -> fjall::Result<Result<(), StoreError>> {
        let Some(found) = self.about.get(FORMAT_KEY)? else {
            self.about.insert(FORMAT_KEY, FORMAT.to_le_bytes())?;
            self.database.persist(PersistMode::SyncAll)?;
            return Ok(Ok(()));
        };
        Ok(match <[u8; 4]>::try_from(&*found).map(u32::from_le_bytes) {
            Ok(FORMAT) => Ok(()),
            // Older records are still read; an older program would not know the new ones.
            Ok(found) if found < FORMAT => {
                self.about.insert(FORMAT_KEY, FORMAT.to_le_bytes())?;
                self.database.persist(PersistMode::SyncAll)?;
                Ok(())
            }
            Ok(found) => Err(StoreError::NewerFormat { found, known: FORMAT }),
            Err(_) => Err(StoreError::Damaged("the number of the format".to_owned())),
        })
    }

    fn serve(self, commands: &Receiver<Waiting>, failure: &OnceLock<StoreError>) {
        while let Ok(first) = commands.recv() {
            let mut bytes = first.bytes();
            let mut todo = vec![first.command];
            let mut answers = vec![first.answer];
            while bytes < BATCH_BYTES
                && let Ok(next) = commands.try_recv()
            {
                bytes += next.bytes();
                todo.push(next.command);
                answers.push(next.answer);
            }
            let done = match failure.get() {
                Some(failure) => Err(failure.clone()),
                None => self.write(todo).map_err(|error| {
                    tracing::error!(%error, "the journal takes no more writes");
                    failure.get_or_init(|| StoreError::Journal(words(&error))).clone()
                }),
            };
            for answer in answers {
                // A writer that no longer waits needs no answer.
                let _ = answer.send(done.clone());
            }
        }
    }

    fn write(&self, commands: Vec<Command>) -> fjall::Result<()> {
        let begin = || self.database.batch().durability(Some(self.mode));
        let mut batch = begin();
        for command in commands {
            match command {
                Command::Ensure(ShardName { id, database, retention_policy }) => {
                    let value = postcard::to_stdvec(&(database, retention_policy))
                        .expect("a vector takes all that is written to it");
                    batch.insert(&self.shards, id.to_be_bytes(), value);
                }
                Command::Append { shard, number, record } => {
                    batch.insert(&self.records, record_key(shard, number), record);
                }
                Command::Replace { shard, below, records } => {
                    // Only what is in the database can be found there. Old records go and new ones come in one batch:
                    // a crash leaves the one or the other.
                    batch.commit()?;
                    batch = begin();
                    for entry in self.records.range(record_key(shard, records.len() as u64)..record_key(shard, below)) {
                        batch.remove(&self.records, entry.key()?);
                    }
                    for (number, record) in (0..).zip(records) {
                        batch.insert(&self.records, record_key(shard, number), record);
                    }
                    batch.commit()?;
                    batch = begin();
                }
                Command::Drop { shard } => {
                    // Only what is in the database can be found there.
                    batch.commit()?;
                    batch = begin();
                    batch.remove(&self.shards, shard.to_be_bytes());
                    for entry in self.records.prefix(shard.to_be_bytes()) {
                        batch.remove(&self.records, entry.key()?);
                    }
                }
            }
        }
        batch.commit()
    }
}

impl Waiting {
    fn bytes(&self) -> usize {
        match &self.command {
            Command::Append { record, .. } => record.len(),
            Command::Replace { records, .. } => records.iter().map(Vec::len).sum(),
            Command::Ensure(_) | Command::Drop { .. } => 0,
        }
    }
}

/// An error of the storage, in the words of the real servers where they have any.
fn words(error: &fjall::Error) -> String {
    match error {
        fjall::Error::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            "no space left on device".to_owned()
        }
        fjall::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Big endian, so that the database keeps the records of a shard together and in order.
fn record_key(shard: u64, number: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&shard.to_be_bytes());
    key[8..].copy_from_slice(&number.to_be_bytes());
    key
}

fn shard_of(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

fn record_of(key: &[u8]) -> Option<(u64, u64)> {
    let (shard, number) = key.split_at_checked(8)?;
    Some((shard_of(shard)?, shard_of(number)?))
}

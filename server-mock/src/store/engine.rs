//! The shards of one data node.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use super::admit::{self, Refusal};
use super::cardinality::Cardinality;
use super::column::size_of_value;
use super::compaction::{self, Tally};
use super::content::{Content, ShardStats};
use super::journal::{Command, Journal, Replayed, ShardName};
use super::record::{self, Change};
use super::schema::Schema;
use super::{DiskFault, Options, PartialWrite, Storage, StoreError};
use crate::core::anti_entropy::{self, Digests, Others, Span, Union};
use crate::line::fields;
use crate::scan::{Scan, SeriesBlock, ShardIndex};
use crate::{Points, Profile};

/// The shards of one data node. Clones are the same engine.
///
/// Reads see a batch as soon as it is being written, possibly before it is durable.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: Options,
    shards: RwLock<HashMap<u64, Arc<Shard>>>,
    journal: Journal,
    /// By database; empty where no limit is set.
    cardinality: Mutex<HashMap<String, Cardinality>>,
    disk: DiskFault,
}

#[derive(Debug)]
struct Shard {
    name: ShardName,
    state: RwLock<State>,
    /// When somebody last wrote.
    touched: Mutex<Option<Instant>>,
    /// One at a time is enough.
    compacting: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    content: Content,
    /// Of the next record.
    number: u64,
    journal: Tally,
    /// A writer that found the shard just before it was dropped must not write to it.
    dropped: bool,
}

/// A larger batch is admitted on a thread of its own: it would keep other tasks waiting too long.
const POINTS_INLINE: usize = 2_000;

impl Engine {
    /// Opens the shards kept in a storage, or none where there is nothing yet. Reads the whole journal: call it
    /// where blocking is allowed.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::NewerFormat`] or [`StoreError::Damaged`].
    pub fn open(storage: Storage, options: Options) -> Result<Self, StoreError> {
        let mut shards: HashMap<u64, (ShardName, State)> = HashMap::new();
        let journal = Journal::open(storage, &options, |replayed| {
            match replayed {
                Replayed::Shard(name) => drop(shards.insert(name.id, (name, State::default()))),
                Replayed::Record { shard, number, record } => {
                    let Some((_, state)) = shards.get_mut(&shard) else {
                        return Err(StoreError::Damaged(format!("records of an unknown shard {shard}")));
                    };
                    state.content.replay(record::decode(record)?)?;
                    state.number = number + 1;
                    state.journal.grown(record.len());
                }
            }
            Ok(())
        })?;
        let shards = shards.into_iter().map(|(id, (name, state))| (id, Arc::new(Shard::new(name, state)))).collect();
        let shared = Shared {
            options,
            shards: RwLock::new(shards),
            journal,
            cardinality: Mutex::default(),
            disk: DiskFault::none(),
        };
        shared.count_series();
        Ok(Self { shared: Arc::new(shared) })
    }

    /// How the engine was set up.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Makes a shard where there is none of that id. It is durable with the first write that is acknowledged to it.
    pub fn ensure_shard(&self, id: u64, database: &str, retention_policy: &str) {
        self.shared.shards_mut().entry(id).or_insert_with(|| {
            let name = ShardName { id, database: database.to_owned(), retention_policy: retention_policy.to_owned() };
            // Not waited for: commands are carried out in order, so no record of the shard is kept without it.
            drop(self.shared.journal.submit(Command::Ensure(name.clone())));
            Arc::new(Shard::new(name, State::default()))
        });
    }

    /// Whether the node has this shard.
    #[must_use]
    pub fn has_shard(&self, id: u64) -> bool {
        self.shared.shards().contains_key(&id)
    }

    /// The ids of all shards, ascending.
    #[must_use]
    pub fn shards(&self) -> Vec<u64> {
        let mut ids: Vec<_> = self.shared.shards().keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// Drops a shard with all it holds; does nothing where there is none of that id.
    ///
    /// # Errors
    /// [`StoreError::Journal`] or [`StoreError::Closed`]: the shard may be back when the engine is opened again.
    pub async fn drop_shard(&self, id: u64) -> Result<(), StoreError> {
        let Ok(shard) = self.shared.shard(id) else { return Ok(()) };
        let kept = {
            let mut state = shard.write();
            if std::mem::replace(&mut state.dropped, true) {
                return Ok(());
            }
            state.content = Content::default();
            // A writer that waits for the shard finds it gone from the list too, and a new shard of this id is
            // submitted after the drop.
            let mut shards = self.shared.shards_mut();
            shards.remove(&id);
            self.shared.journal.submit(Command::Drop { shard: id })
        };
        self.shared.count_series();
        kept.await
    }

    /// Stores points in a shard. Returns once they are durable as [`Options::wal_fsync`] says.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`], so that the caller can make the shard and try again; [`PartialWrite`] when the
    /// shard refused some points; others of [`StoreError`] when nothing, or nothing certain, was stored.
    ///
    /// # Cancellation
    /// Not cancel safe: a batch whose write is dropped may be stored or not, but never in part.
    pub async fn write(&self, shard: u64, points: &Points) -> Result<(), StoreError> {
        if let Ok(shard) = self.shared.shard(shard) {
            shard.touch();
        }
        self.repair(shard, points).await
    }

    /// As [`write`](Self::write), for points that another replica had before: the shard stays [`idle`](Self::idle).
    ///
    /// # Errors
    /// As of [`write`](Self::write).
    ///
    /// # Cancellation
    /// As of [`write`](Self::write).
    pub async fn repair(&self, shard: u64, points: &Points) -> Result<(), StoreError> {
        if points.is_empty() {
            return self.shared.shard(shard).map(drop);
        }
        if !self.has_shard(shard) {
            return Err(StoreError::ShardNotFound);
        }
        self.shared.disk.before_write().await.map_err(|_| StoreError::DiskFull)?;
        let admitted = if points.len() <= POINTS_INLINE {
            self.shared.admit(shard, points)
        } else {
            let (shared, points) = (Arc::clone(&self.shared), points.clone());
            let admitted = tokio::task::spawn_blocking(move || shared.admit(shard, &points));
            admitted.await.unwrap_or(Err(StoreError::Closed))
        };
        let (kept, refused) = admitted?;
        if let Some(kept) = kept {
            kept.await?;
            self.compact_if_long(shard);
        }
        refused.map_or(Ok(()), |refused| Err(refused.into()))
    }

    /// The points of a batch that a shard would keep at this moment, without storing any.
    #[must_use]
    pub fn admissible(&self, shard: u64, points: &Points) -> Points {
        let profile = self.shared.options.profile;
        let (points, refused) = match profile {
            Profile::V1_8 => admit::without_time_tags(points),
            Profile::V0_10 => (Cow::Borrowed(points), None),
        };
        let admit = |schema: &Schema| {
            let admitted = admit::admit(profile, schema, points, refused);
            admitted.map(|admission| admission.kept.into_owned()).unwrap_or_default()
        };
        match self.shared.shard(shard) {
            Ok(shard) => admit(shard.read().content.schema()),
            Err(_) => admit(&Schema::default()),
        }
    }

    /// Has the records of a shard replaced by what it holds, once they are much longer than that. Nobody waits for it.
    fn compact_if_long(&self, id: u64) {
        let Ok(shard) = self.shared.shard(id) else { return };
        if !shard.read().journal.is_long() || shard.compacting.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = self.shared.clone();
        tokio::task::spawn_blocking(move || {
            drop(shared.compact(&shard));
            shard.compacting.store(false, Ordering::Release);
        });
    }

    /// Replaces the records of a shard by what it holds now.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`]; [`StoreError::Journal`] or [`StoreError::Closed`], and the records are as before.
    pub async fn compact(&self, id: u64) -> Result<(), StoreError> {
        let shard = self.shared.shard(id)?;
        self.shared.compact(&shard).await
    }

    /// Drops a measurement, named as it is shown, with its field types from all shards of a database.
    ///
    /// # Errors
    /// [`StoreError::Journal`] or [`StoreError::Closed`]: it may be back when the engine is opened again.
    pub async fn drop_measurement(&self, database: &str, name: &str) -> Result<(), StoreError> {
        self.change(database, |content| content.knows(name).then(|| Change::DropMeasurement(name.to_owned()))).await
    }

    /// Deletes the values of a range of times (both ends included, nanoseconds) of the series that `selection` picks
    /// by measurement and tags (unescaped) from all shards of a database. Series left without a value go;
    /// field types stay.
    ///
    /// # Errors
    /// [`StoreError::Journal`] or [`StoreError::Closed`]: they may be back when the engine is opened again.
    pub async fn delete(
        &self,
        database: &str,
        selection: impl Fn(&str, &[(String, String)]) -> bool,
        min: i64,
        max: i64,
    ) -> Result<(), StoreError> {
        self.change(database, |content| {
            let keys = content.select(&selection);
            (!keys.is_empty()).then_some(Change::Delete { keys, min, max })
        })
        .await
    }

    /// Makes a change in each shard of a database that has something to change.
    async fn change(&self, database: &str, change: impl Fn(&Content) -> Option<Change>) -> Result<(), StoreError> {
        let mut all_kept = Vec::new();
        for shard in self.shared.all_shards().into_iter().filter(|shard| shard.name.database == database) {
            let mut state = shard.write();
            if let Some(change) = change(&state.content).filter(|_| !state.dropped) {
                all_kept.push(self.shared.journal.submit(state.append(shard.name.id, record::encode_change(&change))));
                state.content.change(change);
            }
        }
        self.shared.count_series();
        for kept in all_kept {
            kept.await?;
        }
        Ok(())
    }

    /// What a query asks of a shard, sorted by measurement and tags. Copies the values: a large answer takes its time.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`], or [`StoreError::BadPattern`].
    pub fn scan(&self, shard: u64, scan: &Scan) -> Result<Vec<SeriesBlock>, StoreError> {
        self.shared.shard(shard)?.read().content.scan(scan)
    }

    /// The series and field types of a shard.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`].
    pub fn index(&self, shard: u64) -> Result<ShardIndex, StoreError> {
        Ok(self.shared.shard(shard)?.read().content.index())
    }

    /// How much a shard holds.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`].
    pub fn stats(&self, shard: u64) -> Result<ShardStats, StoreError> {
        let shard = self.shared.shard(shard)?;
        let ShardName { database, retention_policy, .. } = shard.name.clone();
        Ok(ShardStats { database, retention_policy, ..shard.read().content.stats() })
    }

    /// One number for all values of a shard with their series, fields and times. Replicas that hold the same have the
    /// same number, whatever came first, in every process and on every machine.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`].
    pub fn digest(&self, shard: u64) -> Result<u64, StoreError> {
        Ok(self.shared.shard(shard)?.read().content.digest())
    }

    /// The digests of the blocks of time (so many nanoseconds long, at least 1) that hold values: start and digest,
    /// in order. The digest of the shard is their wrapping sum.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`].
    pub fn digests(&self, shard: u64, block: i64) -> Result<Digests, StoreError> {
        self.digests_within(shard, block, &[Span::ALL])
    }

    /// As [`digests`](Self::digests), of the values within some spans of time, which must not overlap.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`].
    pub fn digests_within(&self, shard: u64, block: i64, spans: &[Span]) -> Result<Digests, StoreError> {
        Ok(self.shared.shard(shard)?.read().content.digests(block.max(1), spans))
    }

    /// The points of a span of time, one for each value, in the order of their series.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`].
    pub fn points(&self, shard: u64, span: Span) -> Result<Points, StoreError> {
        Ok(self.shared.shard(shard)?.read().content.points(span))
    }

    /// What a shard takes over from another replica, whose points of a span these are, in view of what the other owners hold.
    /// Stores nothing.
    ///
    /// # Errors
    /// [`StoreError::ShardNotFound`].
    pub fn union(&self, shard: u64, span: Span, theirs: &Points, others: Others<'_>) -> Result<Union, StoreError> {
        let shard = self.shared.shard(shard)?;
        let state = shard.read();
        let schema = state.content.schema();
        let type_of = |measurement: &[u8], field: &[u8]| schema.fields(measurement)?.get(field).copied();
        Ok(anti_entropy::union(&state.content.points(span), theirs, others, type_of))
    }

    /// How long nobody has written to a shard; `None` when nobody has since the engine was opened.
    #[must_use]
    pub fn idle(&self, shard: u64) -> Option<Duration> {
        self.shared.shard(shard).ok()?.touched().map(|touched| touched.elapsed())
    }

    /// The faults of the disk below, to be set by anyone: while it is full, nothing is stored and writes fail with
    /// [`StoreError::DiskFull`].
    #[must_use]
    pub fn disk_fault(&self) -> &DiskFault {
        &self.shared.disk
    }

    /// Ends the engine and all its clones: finishes what is being written, then lets go of the files. Writes fail
    /// from now on; reads still see what is in memory. Blocks for as long as one write to the disk takes.
    pub fn close(&self) {
        self.shared.journal.close();
    }
}

type Admitted<K> = (Option<K>, Option<PartialWrite>);

impl Shared {
    fn shards(&self) -> RwLockReadGuard<'_, HashMap<u64, Arc<Shard>>> {
        self.shards.read().expect("nothing panics while it holds the list of shards")
    }

    fn shards_mut(&self) -> RwLockWriteGuard<'_, HashMap<u64, Arc<Shard>>> {
        self.shards.write().expect("nothing panics while it holds the list of shards")
    }

    /// The list as it is now. Nobody may wait for a shard while holding the list itself: a shard is locked first.
    fn all_shards(&self) -> Vec<Arc<Shard>> {
        self.shards().values().cloned().collect()
    }

    /// Whether series are counted: the limits on them came after 0.10.
    fn counts_series(&self) -> bool {
        self.options.profile == Profile::V1_8 && Cardinality::wanted(&self.options.limits)
    }

    fn cardinality(&self) -> MutexGuard<'_, HashMap<String, Cardinality>> {
        self.cardinality.lock().expect("nothing panics while it counts series")
    }

    fn shard(&self, id: u64) -> Result<Arc<Shard>, StoreError> {
        self.shards().get(&id).cloned().ok_or(StoreError::ShardNotFound)
    }

    /// Decides on a batch, brings what is kept to memory and hands it to the journal.
    ///
    /// Memory and journal are changed under one lock, so that both have the same order: the last to arrive wins in
    /// the same way after a restart.
    fn admit(
        &self,
        id: u64,
        points: &Points,
    ) -> Result<Admitted<impl Future<Output = Result<(), StoreError>> + Send + use<>>, StoreError> {
        let profile = self.options.profile;
        let shard = self.shard(id)?;
        // Memory must not go on without the journal.
        self.journal.check()?;
        let (points, refused) = match profile {
            Profile::V1_8 => admit::without_time_tags(points),
            Profile::V0_10 => (Cow::Borrowed(points), None),
        };
        let limits = &self.options.limits;
        if self.counts_series() {
            let mut databases = self.cardinality();
            let index = databases.entry(shard.name.database.clone()).or_default();
            index.admit(limits, points.iter().map(|point| point.key))?;
        }
        // Most batches are kept whole: their record is made before the lock.
        let whole = record::encode_points(&points);
        let mut state = shard.write();
        if state.dropped {
            return Err(StoreError::ShardNotFound);
        }
        let admitted = admit::admit(profile, state.content.schema(), points, refused);
        let admitted = admitted.and_then(|admission| match self.room(&state.content, &admission.kept) {
            Ok(()) => Ok(admission),
            Err(error) => Err(Refusal { error, new_fields: admission.new_fields }),
        });
        match admitted {
            Ok(admission) => {
                let changed = matches!(admission.kept, Cow::Owned(_));
                if admission.kept.is_empty() {
                    return Ok((None, admission.refused));
                }
                let record = if changed { record::encode_points(&admission.kept) } else { whole };
                state.content.apply(&admission.kept)?;
                let kept = self.journal.submit(state.append(id, record));
                Ok((Some(kept), admission.refused))
            }
            Err(Refusal { error, new_fields }) => {
                if !new_fields.is_empty() {
                    let change = Change::Define(new_fields);
                    // Not waited for: nothing of it was promised to anyone.
                    drop(self.journal.submit(state.append(id, record::encode_change(&change))));
                    state.content.change(change);
                }
                Err(error)
            }
        }
    }

    /// Writers of the shard wait while its content is copied, those of others do not.
    fn compact(&self, shard: &Shard) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let kept = {
            let mut state = shard.write();
            let below = state.number;
            let records = compaction::records(&state.content);
            // Numbers only grow, so there must be room for the new records below those to come.
            let worth_it = !state.dropped && (records.len() as u64) < below;
            worth_it.then(|| {
                state.journal.replaced(records.iter().map(Vec::len).sum());
                self.journal.submit(Command::Replace { shard: shard.name.id, below, records })
            })
        };
        async move {
            match kept {
                Some(kept) => kept.await,
                None => Ok(()),
            }
        }
    }

    fn room(&self, content: &Content, points: &Points) -> Result<(), StoreError> {
        let Some(limit) = self.options.limits.cache_max_memory_size else { return Ok(()) };
        let sizes = points.iter().flat_map(|point| fields(point.fields)).map(|(_, value)| size_of_value(&value) as u64);
        let bytes = content.bytes() + sizes.sum::<u64>();
        if bytes > limit {
            return Err(StoreError::CacheFull { profile: self.options.profile, bytes, limit });
        }
        Ok(())
    }

    /// Counts the series of all databases anew: after the opening and whenever some may have gone.
    fn count_series(&self) {
        if !self.counts_series() {
            return;
        }
        let mut databases = self.cardinality();
        databases.clear();
        for shard in self.all_shards() {
            let index = databases.entry(shard.name.database.clone()).or_default();
            shard.read().content.keys().for_each(|key| index.add(key));
        }
    }
}

impl Shard {
    fn new(name: ShardName, state: State) -> Self {
        Self { name, state: RwLock::new(state), touched: Mutex::default(), compacting: AtomicBool::new(false) }
    }

    fn touch(&self) {
        *self.touched.lock().expect("nothing panics while it holds a time") = Some(Instant::now());
    }

    fn touched(&self) -> Option<Instant> {
        *self.touched.lock().expect("nothing panics while it holds a time")
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().expect("nothing panics while it holds a shard")
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().expect("nothing panics while it holds a shard")
    }
}

impl State {
    fn append(&mut self, shard: u64, record: Vec<u8>) -> Command {
        let number = self.number;
        self.number += 1;
        self.journal.grown(record.len());
        Command::Append { shard, number, record }
    }
}

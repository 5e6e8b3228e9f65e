//! A queue that many writers and one deliverer use at once.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use super::block::Block;
use super::counters::Counters;
use super::queue::{Depth, Limits, Queue};
use crate::core::handoff::HandoffError;

/// A [`Queue`] behind a lock, with one sync for many appends.
#[derive(Debug)]
pub(super) struct SharedQueue {
    /// `None` once the queue was removed.
    queue: Mutex<Option<Queue>>,
    pub(super) counters: Counters,
    /// Blocks in the queue; read on every write to the owner, so not behind the lock.
    waiting: AtomicU64,
    appends: AtomicUsize,
    max_appends: usize,
    written: AtomicU64,
    synced: tokio::sync::Mutex<u64>,
    arrived: Notify,
}

impl SharedQueue {
    /// Opens the queue in `dir`. Blocks on files.
    pub(super) fn open(dir: &Path, limits: Limits, max_appends: usize) -> io::Result<Self> {
        let queue = Queue::open(dir, limits)?;
        Ok(Self {
            waiting: AtomicU64::new(queue.depth().blocks),
            queue: Mutex::new(Some(queue)),
            counters: Counters::default(),
            appends: AtomicUsize::new(0),
            max_appends,
            written: AtomicU64::new(0),
            synced: tokio::sync::Mutex::new(0),
            arrived: Notify::new(),
        })
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) == 0
    }

    /// What waits.
    pub(super) fn depth(&self) -> Depth {
        self.lock().as_ref().map(Queue::depth).unwrap_or_default()
    }

    /// All blocks that wait, oldest first. Blocks on files.
    pub(super) fn blocks(&self) -> io::Result<Vec<Block>> {
        self.lock().as_mut().map_or(Ok(Vec::new()), Queue::blocks)
    }

    /// Where it begins and ends; nothing once it was removed.
    pub(super) fn ends(&self) -> (String, String) {
        self.lock().as_ref().map(Queue::ends).unwrap_or_default()
    }

    /// Adds a block; on return it is on disk.
    ///
    /// # Cancellation
    /// Not cancel safe for the caller's knowledge: the block may be queued without the caller hearing of it.
    pub(super) async fn append(self: &Arc<Self>, block: Arc<Block>) -> Result<(), AppendError> {
        let _slot = Slot::take(&self.appends, self.max_appends)?;
        let queue = self.clone();
        let (number, file) = blocking(move || {
            let mut files = queue.lock();
            let file = files.as_mut().ok_or(AppendError::Removed)?.append(&block)?;
            queue.waiting.fetch_add(1, Ordering::SeqCst);
            Ok::<_, AppendError>((queue.written.fetch_add(1, Ordering::SeqCst) + 1, file))
        })
        .await?;
        self.sync(number, file).await?;
        self.arrived.notify_one();
        Ok(())
    }

    /// Returns once the append of this number is on disk. Whoever holds the lock syncs for all that wrote before.
    async fn sync(self: &Arc<Self>, number: u64, file: File) -> Result<(), HandoffError> {
        let mut synced = self.synced.lock().await;
        if *synced >= number {
            return Ok(());
        }
        let covers = self.written.load(Ordering::SeqCst);
        blocking(move || file.sync_data().map_err(|error| HandoffError::Storage(format!("sync: {error}")))).await?;
        *synced = covers;
        Ok(())
    }

    /// Waits until something is in the queue, or until it was removed: `false`.
    pub(super) async fn not_empty(&self) -> bool {
        loop {
            if self.is_removed() {
                return false;
            }
            if !self.is_empty() {
                return true;
            }
            self.arrived.notified().await;
        }
    }

    /// Whether the queue was removed.
    pub(super) fn is_removed(&self) -> bool {
        self.lock().is_none()
    }

    /// Removes the queue with its files, unless `keep` says otherwise; says how many blocks were lost. Blocks on files.
    pub(super) fn remove_unless(&self, keep: impl FnOnce(Depth) -> bool) -> io::Result<Option<u64>> {
        let mut files = self.lock();
        let Some(queue) = files.as_mut() else { return Ok(None) };
        // An append that is under way would be acknowledged into nothing.
        if self.appends.load(Ordering::SeqCst) > 0 || keep(queue.depth()) {
            return Ok(None);
        }
        let lost = queue.depth().blocks;
        queue.remove()?;
        *files = None;
        self.waiting.store(0, Ordering::SeqCst);
        self.arrived.notify_one();
        Ok(Some(lost))
    }

    /// Drops what nothing was added to since `cutoff`; says how many blocks that were.
    pub(super) async fn purge_older_than(
        self: &Arc<Self>,
        cutoff: SystemTime,
        dropped: impl FnMut(&Block) + Send + 'static,
    ) -> io::Result<u64> {
        let queue = self.clone();
        blocking(move || {
            let mut files = queue.lock();
            let Some(files) = files.as_mut() else { return Ok(0) };
            let purged = files.purge_older_than(cutoff, dropped)?;
            queue.waiting.store(files.depth().blocks, Ordering::SeqCst);
            Ok(purged)
        })
        .await
    }

    /// The block at the head.
    pub(super) async fn peek(self: &Arc<Self>) -> io::Result<Option<Block>> {
        let queue = self.clone();
        blocking(move || {
            let mut files = queue.lock();
            let Some(files) = files.as_mut() else { return Ok(None) };
            let block = files.peek()?;
            // Unreadable blocks were skipped on the way.
            queue.waiting.store(files.depth().blocks, Ordering::SeqCst);
            Ok(block)
        })
        .await
    }

    /// Takes the block at the head off.
    pub(super) async fn advance(self: &Arc<Self>) -> io::Result<()> {
        let queue = self.clone();
        blocking(move || {
            let mut files = queue.lock();
            let Some(files) = files.as_mut() else { return Ok(()) };
            files.advance()?;
            queue.waiting.store(files.depth().blocks, Ordering::SeqCst);
            Ok(())
        })
        .await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Queue>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a block was not appended.
#[derive(Debug)]
pub(super) enum AppendError {
    /// The queue was removed meanwhile: a new one has to be opened.
    Removed,
    /// For good.
    Refused(HandoffError),
}

impl From<HandoffError> for AppendError {
    fn from(error: HandoffError) -> Self {
        Self::Refused(error)
    }
}

/// One of the appends that may be under way at once.
struct Slot<'a>(&'a AtomicUsize);

impl<'a> Slot<'a> {
    fn take(appends: &'a AtomicUsize, limit: usize) -> Result<Self, HandoffError> {
        let slot = Self(appends);
        if appends.fetch_add(1, Ordering::SeqCst) >= limit { Err(HandoffError::Blocked) } else { Ok(slot) }
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs file work off the async threads.
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

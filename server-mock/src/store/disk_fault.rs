//! A disk that fails on order.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// The faults of one node's disk, read by its shards and its hinted handoff queues before each write. Clones are the
/// same disk. Reads are never touched.
#[derive(Clone, Debug, Default)]
pub struct DiskFault {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    full: AtomicBool,
    /// Nanoseconds.
    delay: AtomicU64,
}

impl DiskFault {
    /// A disk without faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// While on, nothing is written: every write fails for want of space.
    pub fn set_full(&self, full: bool) {
        self.shared.full.store(full, Ordering::Relaxed);
    }

    /// Whether the disk plays a full one.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.shared.full.load(Ordering::Relaxed)
    }

    /// How much longer each write takes; zero for none.
    pub fn set_delay(&self, delay: Duration) {
        self.shared.delay.store(u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How much longer each write takes.
    #[must_use]
    pub fn delay(&self) -> Duration {
        Duration::from_nanos(self.shared.delay.load(Ordering::Relaxed))
    }

    /// What a write meets now, before it begins.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`] while the disk is full.
    ///
    /// # Cancellation
    /// Cancel safe: nothing was begun.
    pub async fn before_write(&self) -> io::Result<()> {
        let delay = self.delay();
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if self.is_full() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

//! What the requests of a job meet, as it happens: seen by the client's observer, read by the loop.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use influx_client::{Attempt, Class, Observer};

use super::pace::Pace;

/// Shared by a job and its client.
#[derive(Debug)]
pub(crate) struct Traffic {
    most: usize,
    pace: Mutex<Pace>,
    retries: AtomicU64,
    /// The class of the last attempt that failed, until one succeeds.
    trouble: Mutex<Option<Class>>,
}

impl Traffic {
    /// At most `most` requests under way.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.max(1);
        let (retries, trouble) = (AtomicU64::new(0), Mutex::new(None));
        Self { most, pace: Mutex::new(Pace::new(most)), retries, trouble }
    }

    /// How many requests may ever be under way.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many requests may be under way now.
    pub(crate) fn allowed(&self) -> usize {
        lock(&self.pace).allowed()
    }

    /// Requests so far whose points were sent again.
    pub(crate) fn retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    /// What the last request met, if it failed.
    pub(crate) fn trouble(&self) -> Option<Class> {
        *lock(&self.trouble)
    }
}

/// Nothing panics under these locks; if something did, the numbers would still be good for their purpose.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Observer for Traffic {
    fn attempt(&self, attempt: &Attempt) {
        lock(&self.pace).learn(attempt, Instant::now());
        *lock(&self.trouble) = (attempt.class != Class::Ok).then_some(attempt.class);
    }

    fn retry(&self, _failed: &Attempt, _wait: Duration) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }
}

//! The thread that brings a journal to the disk each second, so that no request waits for it.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How much of what was acknowledged may be sent again after a machine has failed.
const INTERVAL: Duration = Duration::from_secs(1);

/// Syncs a file while it is written to.
#[derive(Debug)]
pub(super) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    work: Mutex<Work>,
    changed: Condvar,
}

#[derive(Debug)]
struct Work {
    file: Arc<File>,
    dirty: bool,
    stopped: bool,
    failed: Option<String>,
}

impl Syncer {
    /// Starts with this file.
    ///
    /// # Errors
    /// No thread can be started.
    pub(super) fn start(file: Arc<File>) -> io::Result<Self> {
        let work = Work { file, dirty: false, stopped: false, failed: None };
        let shared = Arc::new(Shared { work: Mutex::new(work), changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || own.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The file was written to. Gives what has gone wrong with it since it was last asked.
    pub(super) fn written(&self) -> Option<String> {
        let mut work = self.shared.lock();
        work.dirty = true;
        work.failed.clone()
    }

    /// Another file, which is on the disk, has taken the place.
    pub(super) fn replaced(&self, file: Arc<File>) {
        let mut work = self.shared.lock();
        work.file = file;
        work.dirty = false;
    }

    /// Ends the thread; gives what has gone wrong.
    pub(super) fn stop(mut self) -> Option<String> {
        self.end();
        self.shared.lock().failed.take()
    }

    fn end(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It does not panic: it only waits and syncs.
            let _ = thread.join();
        }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut work = self.lock();
        // After a failure nobody knows what is on the disk, and a second attempt may say that all is well when it is not.
        while !work.stopped && work.failed.is_none() {
            let waited = self.changed.wait_timeout(work, INTERVAL).unwrap_or_else(PoisonError::into_inner);
            work = waited.0;
            if work.dirty && waited.1.timed_out() {
                work.dirty = false;
                let file = Arc::clone(&work.file);
                drop(work);
                let synced = file.sync_data();
                work = self.lock();
                if let Err(error) = synced {
                    work.failed = Some(format!("cannot sync it: {error}"));
                }
            }
        }
    }
}

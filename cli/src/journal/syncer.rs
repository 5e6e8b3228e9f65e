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
        Self::each(INTERVAL, file)
    }

    fn each(interval: Duration, file: Arc<File>) -> io::Result<Self> {
        let work = Work { file, dirty: false, stopped: false, failed: None };
        let shared = Arc::new(Shared { work: Mutex::new(work), changed: Condvar::new() });
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(move || own.run(interval))?;
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

    fn run(&self, interval: Duration) {
        let mut work = self.lock();
        // After a failure nobody knows what is on the disk, and a second attempt may say that all is well when it is not.
        while !work.stopped && work.failed.is_none() {
            let waited = self.changed.wait_timeout(work, interval).unwrap_or_else(PoisonError::into_inner);
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

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::fd::OwnedFd;
    use std::time::Instant;

    use super::*;

    #[test]
    fn what_was_written_once_not_synced_is_never_called_good() {
        // A pipe cannot be synced.
        let (_reader, writer) = std::io::pipe().unwrap();
        let syncer = Syncer::each(Duration::from_millis(5), Arc::new(File::from(OwnedFd::from(writer)))).unwrap();
        assert_eq!(syncer.written(), None);
        let begun = Instant::now();
        while syncer.written().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(10), "no failure is told");
            thread::sleep(Duration::from_millis(1));
        }
        // Another file does not undo it: what was not synced is still missing.
        syncer.replaced(Arc::new(tempfile::tempfile().unwrap()));
        assert!(syncer.written().is_some());
        assert!(syncer.stop().unwrap().contains("cannot sync it"));
    }

    #[test]
    fn a_file_that_can_be_synced_is_no_trouble() {
        let syncer = Syncer::each(Duration::from_millis(1), Arc::new(tempfile::tempfile().unwrap())).unwrap();
        for _ in 0..10 {
            assert_eq!(syncer.written(), None);
            thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(syncer.stop(), None);
    }
}

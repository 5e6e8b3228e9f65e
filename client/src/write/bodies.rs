//! Buffers of request bodies, used again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;

/// Most buffers that wait to be used again: as many as requests are usually under way.
const KEPT: usize = 4;
/// The largest that is kept, in bytes. What is larger is rare, and would hold its memory for nothing.
const LARGEST: usize = 4 * 1024 * 1024;

/// Spare buffers for bodies.
///
/// A body of some 100 kB and more is memory that most allocators take from the system for each request and give back after
/// it, page by page; with a buffer that stays, that is paid once.
#[derive(Clone, Default)]
pub(crate) struct Bodies {
    spare: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Bodies {
    /// An empty buffer.
    pub(super) fn take(&self) -> Vec<u8> {
        lock(&self.spare).pop().unwrap_or_default()
    }

    /// Gives a buffer back that was not sent.
    pub(super) fn put(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut spare = lock(&self.spare);
        if spare.len() < KEPT && buffer.capacity() <= LARGEST {
            spare.push(buffer);
        }
    }

    /// The buffer as a body, which comes back when nobody needs it any more.
    pub(super) fn lend(&self, buffer: Vec<u8>) -> Bytes {
        Bytes::from_owner(Lent { buffer, home: Arc::downgrade(&self.spare) })
    }
}

impl fmt::Debug for Bodies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bodies").field("spare", &lock(&self.spare).len()).finish()
    }
}

fn lock(spare: &Mutex<Vec<Vec<u8>>>) -> MutexGuard<'_, Vec<Vec<u8>>> {
    // Buffers are whole whenever the lock is free.
    spare.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer that is being sent.
struct Lent {
    buffer: Vec<u8>,
    home: Weak<Mutex<Vec<Vec<u8>>>>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(spare) = self.home.upgrade() {
            Bodies { spare }.put(std::mem::take(&mut self.buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_when_its_last_reader_is_gone() {
        let bodies = Bodies::default();
        let mut buffer = bodies.take();
        buffer.extend_from_slice(b"m v=1\n");
        let place = buffer.as_ptr();
        let body = bodies.lend(buffer);
        let part = body.slice(2..3);
        drop(body);
        assert_eq!((lock(&bodies.spare).len(), &part[..]), (0, &b"v"[..]));
        drop(part);
        let again = bodies.take();
        assert!(again.is_empty() && again.as_ptr() == place);
    }

    #[test]
    fn few_are_kept_and_none_that_is_large() {
        let bodies = Bodies::default();
        let filled = || {
            let mut buffer = bodies.take();
            buffer.extend_from_slice(b"m v=1\n");
            bodies.lend(buffer)
        };
        (0..KEPT * 2).for_each(|_| drop(filled()));
        assert_eq!(lock(&bodies.spare).len(), 1, "one after the other they are one");
        let many: Vec<Bytes> = (0..KEPT * 2).map(|_| filled()).collect();
        drop(many);
        assert_eq!(lock(&bodies.spare).len(), KEPT);
        lock(&bodies.spare).clear();
        drop(bodies.lend(Vec::with_capacity(LARGEST + 1)));
        assert_eq!(lock(&bodies.spare).len(), 0);
    }

    #[test]
    fn a_body_may_outlive_its_client() {
        let body = Bodies::default().lend(b"m v=1".to_vec());
        assert_eq!(&body[..], b"m v=1");
    }
}

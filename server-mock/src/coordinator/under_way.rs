//! Writes to owners that have not ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts writes to owners from the moment when they are decided on until the owner has the points, they are in the queue
/// for it, or nobody tries any more. A client may have its answer long before.
#[derive(Clone, Debug, Default)]
pub(crate) struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    /// One more, until this is dropped.
    pub(super) fn one(&self) -> OneUnderWay {
        self.0.fetch_add(1, Ordering::SeqCst);
        OneUnderWay(self.0.clone())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A write to an owner.
#[derive(Debug)]
pub(super) struct OneUnderWay(Arc<AtomicUsize>);

impl Drop for OneUnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

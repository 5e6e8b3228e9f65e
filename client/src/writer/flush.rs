//! Who waits for what to be settled, and what failed among it. Pure.

use std::fmt;

use super::fate::{DeliveryError, Fate};
use super::totals::{add, tally};
use crate::{Batch, Tally};

/// How many errors are kept for one flush; the others are counted.
const KEPT: usize = 16;

/// What failed among the points of a [`flush`](crate::BatchWriter::flush).
///
/// It tells of points that were pushed since the last flush and before this one, never of older ones. The points
/// themselves are in the reports: [`BatchWriter::reports`](crate::BatchWriter::reports).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FlushError {
    /// Batches that were not acknowledged for every point.
    pub batches: u64,
    /// What became of the points of these batches.
    pub points: Tally,
    /// The first of their errors, in the order of settling.
    pub errors: Vec<DeliveryError>,
}

impl FlushError {
    fn add(&mut self, batch: &Batch, fate: &Fate) {
        let Err(error) = fate else { return };
        self.batches += 1;
        add(&mut self.points, tally(batch, fate));
        if self.errors.len() < KEPT {
            self.errors.push(error.clone());
        }
    }

    fn join(&mut self, older: Self) {
        self.batches += older.batches;
        add(&mut self.points, older.points);
        let newer = std::mem::replace(&mut self.errors, older.errors);
        self.errors.extend(newer);
        self.errors.truncate(KEPT);
    }
}

impl fmt::Display for FlushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} batches were not acknowledged for every point ({})", self.batches, self.points)?;
        self.errors.first().map_or(Ok(()), |first| write!(f, "; the first: {first}"))
    }
}

impl std::error::Error for FlushError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.errors.first().map(|first| first as &(dyn std::error::Error + 'static))
    }
}

/// Flushes under way, and failures that no flush has told yet.
#[derive(Debug, Default)]
pub(super) struct Flushes {
    next: u64,
    waiting: Vec<Waiting>,
    /// Since the last flush.
    untold: FlushError,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    /// It waits for the windows before this one.
    until: u64,
    failed: FlushError,
}

impl Flushes {
    /// A flush of all windows before `until`.
    pub(super) fn begin(&mut self, until: u64) -> u64 {
        let id = self.next;
        self.next += 1;
        self.waiting.push(Waiting { id, until, failed: std::mem::take(&mut self.untold) });
        id
    }

    /// The window before which this flush waits for all.
    pub(super) fn waits_until(&self, id: u64) -> Option<u64> {
        self.waiting.iter().find(|flush| flush.id == id).map(|flush| flush.until)
    }

    /// A batch of a window is settled.
    pub(super) fn settled(&mut self, window: u64, batch: &Batch, fate: &Fate) {
        if fate.is_ok() {
            return;
        }
        let mut told = false;
        for flush in self.waiting.iter_mut().filter(|flush| flush.until > window) {
            flush.failed.add(batch, fate);
            told = true;
        }
        if !told {
            self.untold.add(batch, fate);
        }
    }

    /// Ends a flush before everything is settled: the rest stays in the spool.
    pub(super) fn end_early(&mut self, id: u64) -> FlushError {
        let mut failed = self.end(id).err().unwrap_or_default();
        if failed.errors.len() < KEPT {
            failed.errors.push(DeliveryError::Spooled);
        }
        failed
    }

    /// Ends a flush, and tells what failed.
    pub(super) fn end(&mut self, id: u64) -> Result<(), FlushError> {
        let position = self.waiting.iter().position(|flush| flush.id == id);
        let failed = position.map(|at| self.waiting.remove(at).failed).unwrap_or_default();
        if failed.batches == 0 { Ok(()) } else { Err(failed) }
    }

    /// What no flush has told, once.
    pub(super) fn take_untold(&mut self) -> FlushError {
        std::mem::take(&mut self.untold)
    }

    /// A flush that nobody waits for any more: the next one tells what it would have told. (Another one that is under way
    /// may tell some of it too: rather twice than never.)
    pub(super) fn cancel(&mut self, id: u64) {
        if let Err(failed) = self.end(id) {
            self.untold.join(failed);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn batch() -> Batch {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1.0).at(1).unwrap();
        batch
    }

    const FAILED: Fate = Err(DeliveryError::Dropped);

    #[test]
    fn a_failure_is_told_once_by_the_flush_behind_it() {
        let mut flushes = Flushes::default();
        flushes.settled(0, &batch(), &FAILED);
        let flush = flushes.begin(3);
        flushes.settled(1, &batch(), &FAILED);
        flushes.settled(3, &batch(), &FAILED);
        assert_eq!(flushes.end(flush).unwrap_err().batches, 2, "not of a later window");
        let flush = flushes.begin(4);
        assert_eq!(flushes.end(flush).unwrap_err().points.not_stored, 1);
        let flush = flushes.begin(4);
        assert!(flushes.end(flush).is_ok(), "never stale");
    }

    #[test]
    fn a_flush_that_is_given_up_loses_nothing() {
        let mut flushes = Flushes::default();
        let flush = flushes.begin(1);
        flushes.settled(0, &batch(), &FAILED);
        flushes.cancel(flush);
        let flush = flushes.begin(1);
        assert_eq!(flushes.end(flush).unwrap_err().batches, 1);
    }

    #[test]
    fn what_no_flush_has_told_is_told_once_in_the_end() {
        let mut flushes = Flushes::default();
        let flush = flushes.begin(1);
        flushes.settled(0, &batch(), &FAILED);
        flushes.settled(1, &batch(), &FAILED);
        assert_eq!(flushes.take_untold().batches, 1, "the other one is the flush's to tell");
        assert_eq!(flushes.take_untold().batches, 0);
        assert_eq!(flushes.end(flush).unwrap_err().batches, 1);
    }

    #[test]
    fn many_errors_are_counted_and_few_kept() {
        let mut flushes = Flushes::default();
        (0..100).for_each(|window| flushes.settled(window, &batch(), &FAILED));
        let flush = flushes.begin(100);
        let error = flushes.end(flush).unwrap_err();
        assert_eq!((error.batches, error.errors.len()), (100, KEPT));
    }
}

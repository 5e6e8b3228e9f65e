//! What a writer leaves behind.

use std::sync::Arc;

use super::core::Left;
use super::flush::FlushError;
use super::totals::WriterTotals;
use crate::Batch;

/// What a [`BatchWriter`](crate::BatchWriter) leaves behind when it is closed.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "it may hold points that were not sent"]
pub struct Closed {
    /// Points that were acknowledged at the level asked for, over the life of the writer.
    pub acknowledged: u64,
    /// Points that were refused for good.
    pub refused: u64,
    /// Points that may be stored nowhere, somewhere, or later; those in [`Closed::interrupted`] are among them, and
    /// those below the level or deferred.
    pub unknown: u64,
    /// Points that are not stored: of batches that failed for good, that were dropped to make room, or are in
    /// [`Closed::unsent`].
    pub not_stored: u64,
    /// Batches that were never sent, in the order of their points. [`Client::write`](crate::Client::write) takes them.
    pub unsent: Vec<Arc<Batch>>,
    /// Batches that were on their way when the time ran out. If they are idempotent, sending them again is safe.
    pub interrupted: Vec<Arc<Batch>>,
    /// Points that stay in the spool for its next writer, which sends them. With a spool, nothing is handed back besides.
    pub spooled: u64,
    /// Why batches were not acknowledged, those left behind among them, as far as no [`flush`](crate::BatchWriter::flush)
    /// has told it. The points of batches that failed before are in the reports alone.
    pub failed: FlushError,
    /// All numbers of the writer.
    pub totals: WriterTotals,
}

impl Closed {
    pub(super) fn new(totals: WriterTotals, left: Left, spooled: u64, failed: FlushError) -> Self {
        let settled = totals.settled;
        Self {
            acknowledged: settled.stored as u64,
            refused: settled.refused as u64,
            unknown: (settled.unknown + settled.below_level + settled.deferred) as u64,
            not_stored: settled.not_stored as u64 + totals.dropped,
            unsent: left.unsent,
            interrupted: left.interrupted,
            spooled,
            failed,
            totals,
        }
    }

    /// Whether every accepted point, and every one found in the spool, was acknowledged.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.acknowledged == self.totals.accepted + self.totals.recovered
    }
}

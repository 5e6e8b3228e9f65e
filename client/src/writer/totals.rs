//! What a writer has done so far, in numbers.

use super::fate::{DeliveryError, Fate};
use crate::{Batch, Tally};

/// What a [`BatchWriter`](crate::BatchWriter) has done so far, in numbers.
///
/// The points add up: `accepted` and `recovered` are the total of `settled` with `dropped` and `pending`. What
/// [`BatchWriter::close`](crate::BatchWriter::close) hands back counts as settled too: as not stored, or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterTotals {
    /// Points that `push` and its like accepted.
    pub accepted: u64,
    /// Points that an earlier writer had left in the spool.
    pub recovered: u64,
    /// Points of batches that are settled, by what became of them.
    pub settled: Tally,
    /// Points that were dropped unsent to make room.
    pub dropped: u64,
    /// Points that are accepted and not settled.
    pub pending: u64,
    /// Batches that were settled.
    pub batches: u64,
    /// Batches among them that were not acknowledged for every point.
    pub failed_batches: u64,
    /// The memory that counts towards [`BatchWriterBuilder::memory`](crate::BatchWriterBuilder::memory), in bytes.
    pub memory: usize,
    /// Whether the last handle was dropped without [`BatchWriter::close`](crate::BatchWriter::close), while points were
    /// pending.
    pub abandoned: bool,
}

/// What became of the points of a batch.
pub(super) fn tally(batch: &Batch, fate: &Fate) -> Tally {
    let points = batch.points();
    match fate {
        Ok(ack) => ack.tally(),
        Err(DeliveryError::Write(error)) => error.tally(),
        Err(DeliveryError::Dropped | DeliveryError::Unsent) => Tally { not_stored: points, ..Tally::default() },
        Err(DeliveryError::Interrupted | DeliveryError::Spooled | DeliveryError::Lost) => {
            Tally { unknown: points, ..Tally::default() }
        }
        // Not of one batch.
        Err(DeliveryError::Several(all)) => all.points,
    }
}

/// Whether every point is stored at the level asked for, or refused for good.
pub(super) fn is_settled_for_good(batch: &Batch, fate: &Fate) -> bool {
    match fate {
        Ok(ack) => ack.level() >= ack.asked(),
        Err(DeliveryError::Write(error)) => {
            let tally = error.tally();
            error.lowered_to().is_none() && tally.stored + tally.refused == batch.points()
        }
        // Thrown away on purpose, before anybody saw it.
        Err(DeliveryError::Dropped) => true,
        Err(
            DeliveryError::Unsent
            | DeliveryError::Interrupted
            | DeliveryError::Spooled
            | DeliveryError::Lost
            | DeliveryError::Several(_),
        ) => false,
    }
}

pub(super) fn add(sum: &mut Tally, more: Tally) {
    sum.stored += more.stored;
    sum.below_level += more.below_level;
    sum.deferred += more.deferred;
    sum.refused += more.refused;
    sum.unknown += more.unknown;
    sum.not_stored += more.not_stored;
}

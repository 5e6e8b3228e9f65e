//! What a background writer tells.

use influx_client::{Batch, BatchWriter, Closed, DeliveryError, Fate, FlushError, PushError, WriterTotals};

use super::write::{put_ack, put_tally, put_write_error};
use crate::frame::Writer;

/// Writes what became of a batch.
pub(crate) fn put_fate(frame: &mut Writer, fate: &Fate) {
    match fate {
        Ok(ack) => {
            frame.u8(0);
            put_ack(frame, ack);
        }
        Err(error) => put_delivery_error(frame, error),
    }
}

fn put_delivery_error(frame: &mut Writer, error: &DeliveryError) {
    let id = match error {
        DeliveryError::Write(error) => {
            frame.u8(1);
            return put_write_error(frame, error);
        }
        DeliveryError::Dropped => "dropped",
        DeliveryError::Unsent => "unsent",
        DeliveryError::Interrupted => "interrupted",
        DeliveryError::Spooled => "spooled",
        DeliveryError::Lost => "lost",
        DeliveryError::Several(_) => "several",
        _ => "other",
    };
    frame.u8(2).str(id).str(error.outcome().id()).shown(error);
}

/// Writes what a flush came to.
pub(crate) fn put_flushed(frame: &mut Writer, flushed: &Result<(), FlushError>) {
    match flushed {
        Ok(()) => {
            frame.bool(true);
        }
        Err(error) => {
            frame.bool(false).u64(error.batches);
            put_tally(frame, &error.points);
            frame.list(&error.errors, put_delivery_error).shown(error);
        }
    }
}

/// Writes why a push was not accepted, other than for its points.
pub(crate) fn put_push_error(frame: &mut Writer, error: &PushError) {
    let code = match error {
        PushError::Full => 2,
        PushError::TooLarge { .. } => 3,
        PushError::NoPoints => 4,
        PushError::Closed => 5,
        PushError::Untimed => 6,
        PushError::WouldWait => 7,
        PushError::Spool(_) => 8,
        PushError::Point(_) | _ => 9,
    };
    frame.u8(code).shown(error);
}

/// Writes what a writer leaves behind.
pub(crate) fn put_closed(frame: &mut Writer, closed: &Closed, writer: &BatchWriter) {
    for points in [closed.acknowledged, closed.refused, closed.unknown, closed.not_stored, closed.spooled] {
        frame.u64(points);
    }
    // The numbers come first: they are to be known even where there is no room for the batches.
    put_totals(frame, &closed.totals, writer);
    frame.list(&closed.failed.errors, put_delivery_error);
    frame.list(&closed.unsent, |frame, batch| put_batch(frame, batch));
    frame.list(&closed.interrupted, |frame, batch| put_batch(frame, batch));
}

fn put_batch(frame: &mut Writer, batch: &Batch) {
    frame.size(batch.points()).bool(batch.is_idempotent()).bytes(batch.as_bytes());
}

/// Writes the numbers of a writer.
pub(crate) fn put_totals(frame: &mut Writer, totals: &WriterTotals, writer: &BatchWriter) {
    frame
        .u64(totals.accepted)
        .u64(totals.recovered)
        .u64(totals.dropped)
        .u64(totals.pending)
        .u64(totals.batches)
        .u64(totals.failed_batches)
        .size(totals.memory);
    put_tally(frame, &totals.settled);
    let horizon = writer.settled_horizon();
    frame
        .bool(totals.abandoned)
        .bool(horizon.before.is_some())
        .i64(horizon.before.unwrap_or_default())
        .u64(horizon.holes)
        .u64(horizon.late);
}

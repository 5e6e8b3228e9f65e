//! What a writer and its spool log. Without the feature `tracing` nothing of this is compiled in.

use std::path::Path;
use std::time::Duration;

use crate::{Batch, SpoolError, WriteError};

/// Defines a function that logs, and does nothing without the feature.
macro_rules! logged {
    ($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),*) { $level:ident! $body:tt }) => {
        $(#[$doc])*
        #[cfg(feature = "tracing")]
        pub(crate) fn $name($($arg: $type),*) {
            tracing::$level! $body;
        }

        $(#[$doc])*
        #[cfg(not(feature = "tracing"))]
        pub(crate) const fn $name($(_: $type),*) {}
    };
}

logged! {
    /// A batch failed, and its fate is told.
    batch_failed(batch: &Batch, error: &WriteError) {
        debug!(points = batch.points(), class = %error.class(), outcome = %error.outcome(), "a batch failed")
    }
}

logged! {
    /// A batch failed and is tried again.
    batch_stays(batch: &Batch, error: &WriteError, failures: u32, wait: Duration) {
        warn!(points = batch.points(), class = %error.class(), failures, ?wait, "a batch stays in the spool")
    }
}

logged! {
    /// The last handle is gone.
    dropped_unclosed(points: u64) {
        warn!(
            points,
            "a batch writer was dropped without close(): its points are still sent, and nobody will know how they fared"
        )
    }
}

logged! {
    /// The task that sends was dropped with its runtime.
    runtime_ended(batches: usize) {
        warn!(batches, "the runtime of a batch writer ended before its batches were settled")
    }
}

logged! {
    /// The spool could not do something that no caller waits for.
    spool_failed(doing: &'static str, error: &SpoolError) {
        warn!(doing, %error, "the spool of a batch writer failed")
    }
}

logged! {
    /// The end of a file of the spool was no whole record.
    spool_cut(file: &Path, bytes: usize) {
        warn!(file = %file.display(), bytes, "cut an incomplete record from the end of the spool")
    }
}

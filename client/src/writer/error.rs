//! Why a point was not accepted.

use std::sync::Arc;

use crate::{PointError, SpoolError};

/// Why a [`BatchWriter`](crate::BatchWriter) did not accept what was pushed. Nothing of it will be sent.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// The point cannot be written.
    #[error(transparent)]
    Point(#[from] PointError),
    /// The writer has no room, and was not to wait for it.
    #[error("the writer's memory is full: push again later, allow it more memory, or let it wait")]
    Full,
    /// What was pushed in one call takes more than all the writer's memory.
    #[error(
        "the points would take {bytes} bytes of the writer's memory, which has {memory} (counted besides their lines are \
         16 bytes for each, and 1 KiB for each request at once): push fewer at once, or allow it more memory"
    )]
    TooLarge {
        /// What they would count, as told at [`BatchWriterBuilder::memory`](crate::BatchWriterBuilder::memory).
        bytes: usize,
        /// What may be used, in bytes.
        memory: usize,
    },
    /// The call pushed no points, so there is nothing to follow.
    #[error("no points were pushed, so there is nothing to follow")]
    NoPoints,
    /// The writer was closed.
    #[error("the writer is closed")]
    Closed,
    /// A point without a time cannot be sent twice, and so not be kept in a spool.
    #[error("a writer with a spool takes points with a time only, as it may have to send them twice")]
    Untimed,
    /// A writer with a spool accepts points when they are on disk, which has to be waited for.
    #[error("a writer with a spool has to wait for the disk: use a push that waits")]
    WouldWait,
    /// The spool did not keep the points.
    #[error(transparent)]
    Spool(SpoolError),
}

/// Why a writer cannot start.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Neither the writer nor its client names a database.
    #[error("no database was named: give one to the client or the writer")]
    NoDatabase,
    /// There is no tokio runtime to run on.
    #[error("a writer is started within a tokio runtime, which sends its batches")]
    NoRuntime,
    /// [`Overflow::DropOldest`](crate::Overflow::DropOldest) with a spool, which drops nothing.
    #[error("a writer with a spool drops nothing: let it wait or fail when it is full")]
    SpoolDropsNothing,
    /// Without a spool, less memory than the requests of the writer count, so that it could take no point.
    #[error("a writer's memory of {memory} bytes has no room for a point: its requests alone count {requests} bytes")]
    MemoryTooSmall {
        /// What may be used, in bytes.
        memory: usize,
        /// What as many requests as may be under way at once count, in bytes.
        requests: usize,
    },
    /// The spool cannot be used for this writer.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The thread of the spool cannot be started.
    #[error("cannot start the thread of the spool: {0}")]
    Thread(Arc<std::io::Error>),
}

//! What became of a batch of the writer, and the future that tells it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::{Ack, Outcome, WriteError};

/// What became of a batch of a [`BatchWriter`](crate::BatchWriter). Cloning it is cheap.
pub type Fate = Result<Arc<Ack>, DeliveryError>;

/// A batch of a [`BatchWriter`](crate::BatchWriter) that was not acknowledged for every point.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The write failed; the error tells of the whole batch, not of one point.
    #[error("{0}")]
    Write(Arc<WriteError>),
    /// The writer dropped the batch unsent, to make room for younger points: [`Overflow::DropOldest`](crate::Overflow::DropOldest).
    #[error("dropped unsent to make room for younger points; nothing of it is stored")]
    Dropped,
    /// The writer was closed before the batch was sent; [`Closed::unsent`](crate::Closed::unsent) has it.
    #[error("not sent before the writer was closed; nothing of it is stored, and the points were handed back")]
    Unsent,
    /// The batch was on its way when the time to close ran out; [`Closed::interrupted`](crate::Closed::interrupted) has it.
    #[error(
        "under way when the time to close the writer ran out; its points may be stored nowhere, somewhere, or later"
    )]
    Interrupted,
    /// The writer ended before the batch was settled. Its points are in the spool, and the next writer that has the spool sends
    /// them; some may be stored already.
    #[error("not settled before the writer ended; the points are kept in the spool and sent by its next writer")]
    Spooled,
    /// The task that sends the batches ended with the runtime it ran on.
    #[error("the runtime of the writer ended first; the points may be stored nowhere, somewhere, or later")]
    Lost,
    /// The points of one push went in several batches, and what the first failure among them says holds for its own batch
    /// only: another one was stored, for example. Only a [`Delivered`] ends so.
    #[error(
        "{first}; that is so for one of several batches that had points of the push, and another one ended otherwise"
    )]
    Divided {
        /// The first failure.
        first: Arc<DeliveryError>,
    },
}

impl DeliveryError {
    /// What is known of the batch's points.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Write(error) => error.outcome(),
            Self::Dropped | Self::Unsent => Outcome::NotStored,
            Self::Interrupted | Self::Spooled | Self::Lost | Self::Divided { .. } => Outcome::Unknown,
        }
    }

    /// The error of the write, where there was one. It tells of its own batch, also where that is one of several.
    #[must_use]
    pub fn write_error(&self) -> Option<&WriteError> {
        match self {
            Self::Write(error) => Some(error),
            Self::Divided { first } => first.write_error(),
            Self::Dropped | Self::Unsent | Self::Interrupted | Self::Spooled | Self::Lost => None,
        }
    }
}

/// Resolves with what became of the batch that took the points of a [`push_tracked`](crate::BatchWriter::push_tracked).
///
/// Points that one call pushed may go in several batches, as those of different series do: then it resolves with the
/// first failure among them, once all are settled, or with the acknowledgement of the lowest level. A failure that claims more than is true
/// of the others is told as [`DeliveryError::Divided`].
///
/// # Cancellation
/// Dropping it changes nothing about the points.
#[derive(Debug)]
#[must_use = "it tells what became of the points; drop it where that does not matter"]
pub struct Delivered(Arc<Mutex<Track>>);

#[derive(Debug, Default)]
struct Track {
    /// Batches that have not been settled.
    open: usize,
    acknowledged: Option<Arc<Ack>>,
    failed: Option<DeliveryError>,
    /// Whether a batch ended with another outcome than the first failure.
    differs: bool,
    waker: Option<Waker>,
}

/// The writer's end of a [`Delivered`]; there is one for each batch that has some of its points.
#[derive(Debug)]
pub(super) struct Tracker {
    track: Arc<Mutex<Track>>,
    told: bool,
}

pub(super) fn tracked() -> (Tracker, Delivered) {
    let track = Arc::new(Mutex::new(Track { open: 1, ..Track::default() }));
    (Tracker { track: Arc::clone(&track), told: false }, Delivered(track))
}

impl Tracker {
    pub(super) fn tell(mut self, fate: &Fate) {
        self.told = true;
        self.record(fate.clone());
    }

    fn record(&self, fate: Fate) {
        let mut track = lock(&self.track);
        track.open -= 1;
        match (fate, &track.failed) {
            (Ok(ack), failed) => {
                track.differs |= failed.is_some();
                // What it says has to be true of every batch.
                if track.acknowledged.as_ref().is_none_or(|before| ack.level() <= before.level()) {
                    track.acknowledged = Some(ack);
                }
            }
            (Err(error), Some(first)) => track.differs |= error.outcome() != first.outcome(),
            (Err(error), None) => {
                track.differs |= track.acknowledged.is_some();
                track.failed = Some(error);
            }
        }
        if track.open == 0
            && let Some(waker) = track.waker.take()
        {
            drop(track);
            waker.wake();
        }
    }
}

impl Clone for Tracker {
    /// One more batch has points of the call.
    fn clone(&self) -> Self {
        lock(&self.track).open += 1;
        Self { track: Arc::clone(&self.track), told: false }
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        if !self.told {
            self.record(Err(DeliveryError::Lost));
        }
    }
}

impl Future for Delivered {
    type Output = Fate;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Fate> {
        let mut track = lock(&self.0);
        if track.open > 0 {
            track.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        let fate = match (&track.failed, &track.acknowledged) {
            (Some(error), _) if track.differs && claims_it_of_all(error.outcome()) => {
                Err(DeliveryError::Divided { first: Arc::new(error.clone()) })
            }
            (Some(error), _) => Err(error.clone()),
            (None, Some(ack)) => Ok(Arc::clone(ack)),
            (None, None) => Err(DeliveryError::Lost),
        };
        Poll::Ready(fate)
    }
}

/// Whether an outcome claims something of every point, so that it is false where one of them fared otherwise.
const fn claims_it_of_all(outcome: Outcome) -> bool {
    match outcome {
        Outcome::NotStored | Outcome::Deferred | Outcome::Stored => true,
        Outcome::PartlyStored | Outcome::Unknown | Outcome::BelowLevel => false,
    }
}

fn lock(track: &Mutex<Track>) -> MutexGuard<'_, Track> {
    track.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn it_waits_for_every_batch_and_a_failure_wins() {
        let (tracker, mut delivered) = tracked();
        let second = tracker.clone();
        tracker.tell(&Err(DeliveryError::Dropped));
        assert!((&mut delivered).now_or_never().is_none());
        second.tell(&Err(DeliveryError::Unsent));
        assert!(matches!((&mut delivered).now_or_never(), Some(Err(DeliveryError::Dropped))));
    }

    /// One batch of a push was turned away whole and another one stored: "nothing is stored" is not true of the push.
    #[test]
    fn what_is_true_of_one_batch_is_not_said_of_the_others() {
        let ends = |fates: &[Fate]| {
            let (tracker, mut delivered) = tracked();
            let more: Vec<Tracker> = fates.iter().skip(1).map(|_| tracker.clone()).collect();
            for (tracker, fate) in std::iter::once(tracker).chain(more).zip(fates) {
                tracker.tell(fate);
            }
            (&mut delivered).now_or_never().unwrap()
        };
        let (stored, dropped) = (|| Ok(Arc::new(Ack::of(1))), || Err(DeliveryError::Dropped));
        for fates in [[stored(), dropped()], [dropped(), stored()], [dropped(), Err(DeliveryError::Interrupted)]] {
            let error = ends(&fates).unwrap_err();
            assert!(matches!(&error, DeliveryError::Divided { first } if matches!(**first, DeliveryError::Dropped)));
            assert_eq!(error.outcome(), Outcome::Unknown);
        }
        assert_eq!(ends(&[dropped(), Err(DeliveryError::Unsent)]).unwrap_err().outcome(), Outcome::NotStored);
        assert!(matches!(ends(&[Err(DeliveryError::Lost), stored()]), Err(DeliveryError::Lost)));
        assert!(ends(&[stored(), stored()]).is_ok());
    }

    #[test]
    fn a_writer_that_vanishes_is_told_of() {
        let (tracker, delivered) = tracked();
        drop(tracker);
        assert!(matches!(delivered.now_or_never(), Some(Err(DeliveryError::Lost))));
    }
}

//! What became of a batch of the writer, and the future that tells it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::totals::add;
use crate::{Ack, Outcome, Tally, WriteError};

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
    /// The points of one push went in several batches, and not all of these were acknowledged. Only
    /// [`Delivered`] resolves with it.
    #[error("{0}")]
    Several(Arc<SeveralBatches>),
}

/// What became of several batches that have points of one push, where some were not acknowledged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SeveralBatches {
    /// How many batches there were.
    pub batches: usize,
    /// What is known of all points of the push together: absence is claimed of all of them or not at all, and so is that
    /// they will arrive.
    pub outcome: Outcome,
    /// What became of the points of these batches, among which there may be points of other pushes. Of a batch whose end
    /// nobody told, it counts the points of this push.
    pub points: Tally,
    /// The failures, in the order in which they were settled; there is one at least.
    pub errors: Vec<DeliveryError>,
}

impl fmt::Display for SeveralBatches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { batches, outcome, points, errors } = self;
        let failed = errors.len();
        write!(
            f,
            "{failed} of {batches} batches with the points were not acknowledged ({points}): {}",
            outcome.text()
        )?;
        match errors.first() {
            Some(first) => write!(f, "; the first: {first}"),
            None => Ok(()),
        }
    }
}

impl DeliveryError {
    /// What is known of the batch's points.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Write(error) => error.outcome(),
            Self::Dropped | Self::Unsent => Outcome::NotStored,
            Self::Interrupted | Self::Spooled | Self::Lost => Outcome::Unknown,
            Self::Several(all) => all.outcome,
        }
    }

    /// The error of the write, where there was one that tells of all the points: those of
    /// [`DeliveryError::Several`] stand in [`SeveralBatches::errors`].
    #[must_use]
    pub fn write_error(&self) -> Option<&WriteError> {
        match self {
            Self::Write(error) => Some(error),
            Self::Dropped | Self::Unsent | Self::Interrupted | Self::Spooled | Self::Lost | Self::Several(_) => None,
        }
    }
}

/// Resolves with what became of the batch that took the points of a [`push_tracked`](crate::BatchWriter::push_tracked).
///
/// Points that one call pushed may go in several batches, as those of different series do: then it resolves once all are
/// settled, with the acknowledgement of the lowest level, which then has the caveats of all, or with
/// [`DeliveryError::Several`] where one was not acknowledged.
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
    settled: usize,
    points: Tally,
    acknowledged: Option<Arc<Ack>>,
    failed: Vec<DeliveryError>,
    waker: Option<Waker>,
}

impl Track {
    fn fate(&self) -> Fate {
        match (self.failed.as_slice(), &self.acknowledged) {
            ([], Some(ack)) => Ok(Arc::clone(ack)),
            ([], None) => Err(DeliveryError::Lost),
            ([only], None) if self.settled == 1 => Err(only.clone()),
            (errors, acknowledged) => Err(DeliveryError::Several(Arc::new(SeveralBatches {
                batches: self.settled,
                outcome: known(errors, acknowledged.is_some()),
                points: self.points,
                errors: errors.to_vec(),
            }))),
        }
    }
}

/// What is known of points of which some had these failures, and others perhaps an acknowledgement.
fn known(errors: &[DeliveryError], some_stored: bool) -> Outcome {
    let outcomes = || errors.iter().map(DeliveryError::outcome);
    let joined = outcomes().fold(Outcome::NotStored, Outcome::join);
    let all = |outcome| outcomes().all(|one| one == outcome);
    match joined {
        Outcome::NotStored if some_stored => Outcome::Unknown,
        Outcome::Deferred if !all(Outcome::Deferred) => Outcome::Unknown,
        joined => joined,
    }
}

/// The writer's end of a [`Delivered`]; there is one for each batch that has some of its points.
#[derive(Debug)]
pub(super) struct Tracker {
    track: Arc<Mutex<Track>>,
    /// Points of the push in the batch.
    points: usize,
    told: bool,
}

/// Of a push of so many points.
pub(super) fn tracked(points: usize) -> (Tracker, Delivered) {
    let track = Arc::new(Mutex::new(Track { open: 1, ..Track::default() }));
    (Tracker { track: Arc::clone(&track), points, told: false }, Delivered(track))
}

impl Tracker {
    /// Tells what became of a batch and of its points.
    pub(super) fn tell(mut self, fate: &Fate, points: Tally) {
        self.told = true;
        self.record(fate.clone(), points);
    }

    /// One more batch has points of the call: so many of those that this one stood for.
    pub(super) fn part(&mut self, points: usize) -> Self {
        lock(&self.track).open += 1;
        self.points = self.points.saturating_sub(points);
        Self { track: Arc::clone(&self.track), points, told: false }
    }

    fn record(&self, fate: Fate, points: Tally) {
        let mut track = lock(&self.track);
        track.open -= 1;
        track.settled += 1;
        add(&mut track.points, points);
        match fate {
            Ok(ack) => {
                // What it says has to be true of every batch.
                track.acknowledged = Some(match track.acknowledged.take() {
                    None => ack,
                    Some(before) if ack.level() <= before.level() => with_caveats(ack, &before),
                    Some(before) => with_caveats(before, &ack),
                });
            }
            Err(error) => track.failed.push(error),
        }
        if track.open == 0
            && let Some(waker) = track.waker.take()
        {
            drop(track);
            waker.wake();
        }
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        if !self.told {
            self.record(Err(DeliveryError::Lost), Tally { unknown: self.points, ..Tally::default() });
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
        Poll::Ready(track.fate())
    }
}

/// An acknowledgement that is worth no more than another one is.
fn with_caveats(ack: Arc<Ack>, other: &Ack) -> Arc<Ack> {
    match ack.joined(other) {
        Some(joined) => Arc::new(joined),
        None => ack,
    }
}

fn lock(track: &Mutex<Track>) -> MutexGuard<'_, Track> {
    track.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    /// What one hears of batches that end like this.
    fn heard(fates: &[(Fate, Tally)]) -> Fate {
        let (mut tracker, mut delivered) = tracked(fates.len());
        let mut trackers: Vec<Tracker> = fates[1..].iter().map(|_| tracker.part(1)).collect();
        trackers.push(tracker);
        for (tracker, (fate, points)) in trackers.into_iter().zip(fates) {
            assert!((&mut delivered).now_or_never().is_none(), "before the last is settled");
            tracker.tell(fate, *points);
        }
        delivered.now_or_never().expect("all are settled")
    }

    fn nothing_of(points: usize, error: DeliveryError) -> (Fate, Tally) {
        (Err(error), Tally { not_stored: points, ..Tally::default() })
    }

    fn stored(points: usize) -> (Fate, Tally) {
        (Ok(Arc::new(Ack::of(points))), Tally { stored: points, ..Tally::default() })
    }

    #[test]
    fn one_batch_is_told_as_it_is() {
        assert!(matches!(heard(&[nothing_of(3, DeliveryError::Dropped)]), Err(DeliveryError::Dropped)));
        assert!(heard(&[stored(1), stored(2)]).is_ok());
    }

    #[test]
    fn several_batches_are_told_together() {
        let several = |fates: &[(Fate, Tally)]| match heard(fates) {
            Err(DeliveryError::Several(all)) => all,
            other => panic!("{other:?}"),
        };
        let all = several(&[nothing_of(3, DeliveryError::Dropped), nothing_of(4, DeliveryError::Unsent)]);
        assert_eq!((all.batches, all.errors.len(), all.outcome), (2, 2, Outcome::NotStored));
        assert_eq!(all.points.not_stored, 7);
        let all = several(&[stored(2), nothing_of(3, DeliveryError::Dropped)]);
        assert_eq!(all.outcome, Outcome::Unknown, "some of it is stored");
        assert_eq!((all.points.stored, all.points.not_stored), (2, 3));
        let all = several(&[nothing_of(1, DeliveryError::Dropped), nothing_of(1, DeliveryError::Interrupted)]);
        assert_eq!(all.outcome, Outcome::Unknown);
        assert!(all.to_string().starts_with("2 of 2 batches with the points were not acknowledged ("), "{all}");
    }

    /// Whichever comes first, and whichever is of the lower level.
    #[test]
    fn an_acknowledgement_is_worth_no_more_than_that_of_any_batch() {
        use crate::{Caveat, ConsistencyLevel};
        let ack = |level, version| {
            let points = Tally { stored: 1, ..Tally::default() };
            (Ok(Arc::new(Ack::of(1).said_by(level, version))), points)
        };
        let sound = ack(ConsistencyLevel::One, "1.8.11-c1.2.0");
        let old = ack(ConsistencyLevel::Quorum, "0.10.3");
        let queued = ack(ConsistencyLevel::Any, "1.8.11-c1.2.0");
        for (fates, level, caveats) in [
            ([sound.clone(), old.clone()], ConsistencyLevel::One, vec![Caveat::NewShardGroup]),
            ([old.clone(), sound.clone()], ConsistencyLevel::One, vec![Caveat::NewShardGroup]),
            ([queued.clone(), old.clone()], ConsistencyLevel::Any, vec![Caveat::NewShardGroup, Caveat::MaybeQueued]),
            ([old, queued.clone()], ConsistencyLevel::Any, vec![Caveat::NewShardGroup, Caveat::MaybeQueued]),
            ([sound.clone(), queued], ConsistencyLevel::Any, vec![Caveat::MaybeQueued]),
            ([sound.clone(), sound], ConsistencyLevel::One, vec![]),
        ] {
            let ack = heard(&fates).expect("all were acknowledged");
            assert_eq!((ack.level(), ack.caveats().collect::<Vec<_>>()), (level, caveats));
        }
    }

    #[test]
    fn a_writer_that_vanishes_is_told_of() {
        let (tracker, delivered) = tracked(1);
        drop(tracker);
        assert!(matches!(delivered.now_or_never(), Some(Err(DeliveryError::Lost))));
    }

    /// The counts go on adding up to the points.
    #[test]
    fn points_of_a_batch_whose_end_nobody_told_are_unknown() {
        let (mut tracker, delivered) = tracked(5);
        let part = tracker.part(2);
        tracker.tell(&stored(3).0, Tally { stored: 3, ..Tally::default() });
        drop(part);
        let Some(Err(DeliveryError::Several(all))) = delivered.now_or_never() else { panic!("one was lost") };
        assert_eq!(all.points, Tally { stored: 3, unknown: 2, ..Tally::default() });
        assert_eq!((all.outcome, all.points.total()), (Outcome::Unknown, 5));
    }
}

//! How points come into a writer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::core::{Core, Refused};
use super::error::PushError;
use super::fate::{Delivered, tracked};
use super::feed::{Feed, NotTaken};
use super::{BatchWriter, Overflow};
use crate::{Batch, Measurement, PointError, SpoolError};

impl BatchWriter {
    /// Adds a value as a point, waiting while memory is full. With a [`Spool`](crate::Spool), it returns when the point is on
    /// disk.
    ///
    /// ```no_run
    /// # #[cfg(feature = "derive")] {
    /// use influx_client::{BatchWriter, Measurement, PushError};
    ///
    /// #[derive(Measurement)]
    /// struct Climate {
    ///     #[influx(tag)]
    ///     room: String,
    ///     celsius: f64,
    /// }
    ///
    /// async fn measured(writer: &BatchWriter, climate: &Climate) -> Result<(), PushError> {
    ///     writer.push(climate).await
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`PushError`]; then the point is not sent.
    ///
    /// # Cancellation
    /// As [`BatchWriter::push_with`].
    pub async fn push<M: Measurement + Sync + ?Sized>(&self, point: &M) -> Result<(), PushError> {
        self.push_with(|batch| point.write_to(batch)).await
    }

    /// Adds a value as a point, without waiting.
    ///
    /// # Errors
    /// As [`BatchWriter::try_push_with`].
    pub fn try_push<M: Measurement + ?Sized>(&self, point: &M) -> Result<(), PushError> {
        self.try_push_with(|batch| point.write_to(batch))
    }

    /// Adds a value as a point, and returns a future that tells what became of it.
    ///
    /// # Errors
    /// [`PushError`]; then the point is not sent.
    ///
    /// # Cancellation
    /// As [`BatchWriter::push_with`].
    pub async fn push_tracked<M: Measurement + Sync + ?Sized>(&self, point: &M) -> Result<Delivered, PushError> {
        self.push_tracked_with(|batch| point.write_to(batch)).await
    }

    /// Adds the points that `write` writes, waiting while memory is full.
    ///
    /// With a [`Spool`](crate::Spool), it returns when the points are on disk.
    ///
    /// All points of a call are accepted, or none. `write` is called under the writer's lock: it should do no more than write
    /// points, and must not push into the same writer. It sees an empty batch; what it leaves there is taken.
    ///
    /// # Errors
    /// [`PushError`]; then nothing of the call is sent.
    ///
    /// # Cancellation
    /// Cancel safe: the points are accepted as a whole or not at all. With a spool, a future that is dropped while it waits for
    /// the disk leaves open which of the two.
    ///
    /// # Panics
    /// When `write` exchanges the batch for one of another precision.
    pub async fn push_with(
        &self,
        write: impl FnOnce(&mut Batch) -> Result<(), PointError> + Send,
    ) -> Result<(), PushError> {
        self.push_waiting(write, false).await.map(drop)
    }

    /// Adds points as [`BatchWriter::push_with`] does, and returns a future that tells what became of them.
    ///
    /// # Errors
    /// [`PushError`]; then nothing of the call is sent.
    ///
    /// # Cancellation
    /// Cancel safe: the points are accepted as a whole or not at all.
    pub async fn push_tracked_with(
        &self,
        write: impl FnOnce(&mut Batch) -> Result<(), PointError> + Send,
    ) -> Result<Delivered, PushError> {
        self.push_waiting(write, true).await?.ok_or(PushError::NoPoints)
    }

    /// Adds the points that `write` writes, without waiting.
    ///
    /// # Errors
    /// [`PushError::Full`] where [`BatchWriter::push_with`] would wait for room, always [`PushError::WouldWait`] with a
    /// spool, and its other errors; then nothing of the call is
    /// sent.
    pub fn try_push_with(&self, write: impl FnOnce(&mut Batch) -> Result<(), PointError>) -> Result<(), PushError> {
        if self.shared().feed.is_some() {
            return Err(PushError::WouldWait);
        }
        if self.shared().waiting.load(Ordering::Relaxed) > 0 {
            return Err(PushError::Full);
        }
        match self.push_now(|core, now| core.push(write, false, now)) {
            Ok(_) => Ok(()),
            Err(Refused::Full(_)) => Err(PushError::Full),
            Err(Refused::Error(error)) => Err(error),
        }
    }

    /// Adds one line of line protocol, checked as [`Batch::push_line`] does, waiting while memory is full.
    ///
    /// # Errors
    /// [`PushError`]; then the line is not sent.
    ///
    /// # Cancellation
    /// Cancel safe: the line is accepted or not.
    pub async fn push_line(&self, line: &[u8]) -> Result<(), PushError> {
        self.push_with(|batch| batch.push_line(line)).await
    }

    /// Adds one line of line protocol without waiting.
    ///
    /// # Errors
    /// As [`BatchWriter::try_push_with`].
    pub fn try_push_line(&self, line: &[u8]) -> Result<(), PushError> {
        self.try_push_with(|batch| batch.push_line(line))
    }

    fn push_now(
        &self,
        push: impl FnOnce(&mut Core, &dyn Fn() -> Duration) -> Result<Option<Delivered>, Refused>,
    ) -> Result<Option<Delivered>, Refused> {
        let shared = self.shared();
        let (result, wakes, news) = {
            let mut core = shared.core();
            let result = push(&mut core, &|| shared.begun.elapsed());
            let news = core.take_news();
            if core.horizon_moved() || news {
                shared.publish(&core);
            }
            (result, core.wants_driver(), news)
        };
        if news {
            // Older points were dropped, and a flush may wait for them.
            shared.announce();
        }
        if wakes {
            shared.work.notify_one();
        }
        result
    }

    async fn push_waiting(
        &self,
        write: impl FnOnce(&mut Batch) -> Result<(), PointError> + Send,
        track: bool,
    ) -> Result<Option<Delivered>, PushError> {
        // A caller that pushes without pause lets the others of its thread have their turn, above all the task that sends.
        tokio::task::coop::consume_budget().await;
        let shared = self.shared();
        if let Some(feed) = &shared.feed {
            return self.push_spooled(feed, write, track).await;
        }
        let mut turn = None;
        let _waiting = if shared.waiting.load(Ordering::Relaxed) > 0 {
            // Others came before.
            let waiting = Waiting::new(&shared.waiting);
            turn = Some(shared.turn.lock().await);
            Some(waiting)
        } else {
            None
        };
        let mut rows = match self.push_now(|core, now| core.push(write, track, now)) {
            Ok(delivered) => return Ok(delivered),
            Err(Refused::Error(error)) => return Err(error),
            Err(Refused::Full(rows)) => rows,
        };
        let _also_waiting = Waiting::new(&shared.waiting);
        if turn.is_none() {
            turn = Some(shared.turn.lock().await);
        }
        loop {
            let room = shared.room.notified();
            rows = match self.push_now(|core, now| core.push_again(&rows, track, now)) {
                Ok(delivered) => {
                    // Whoever is next may fit as well.
                    shared.room.notify_one();
                    drop(turn);
                    return Ok(delivered);
                }
                Err(Refused::Error(error)) => {
                    shared.room.notify_one();
                    return Err(error);
                }
                Err(Refused::Full(rows)) => rows,
            };
            room.await;
        }
    }

    async fn push_spooled(
        &self,
        feed: &Feed,
        write: impl FnOnce(&mut Batch) -> Result<(), PointError> + Send,
        track: bool,
    ) -> Result<Option<Delivered>, PushError> {
        let (shared, limits) = (self.shared(), self.limits());
        let mut rows = Box::new(Batch::new(limits.precision));
        rows.check_field_types(limits.checks_types);
        write(&mut rows)?;
        assert!(
            rows.precision() == limits.precision,
            "the batch that a closure is given must not be exchanged for one of another precision"
        );
        if !rows.is_idempotent() {
            return Err(PushError::Untimed);
        }
        if rows.is_empty() {
            return if track { Err(PushError::NoPoints) } else { Ok(None) };
        }
        let (mut tracker, delivered) = track.then(|| tracked(rows.points())).unzip();
        let mut turn = None;
        let mut waiting = None;
        if shared.waiting.load(Ordering::Relaxed) > 0 {
            waiting = Some(Waiting::new(&shared.waiting));
            turn = Some(shared.turn.lock().await);
        }
        let durable = loop {
            let room = shared.room.notified();
            if shared.core().is_closing() {
                return Err(PushError::Closed);
            }
            match feed.enqueue(rows, tracker) {
                Ok(durable) => break durable,
                Err(NotTaken::Ended) => return Err(PushError::Closed),
                Err(NotTaken::TooLarge) => return Err(PushError::Spool(SpoolError::Full)),
                Err(NotTaken::Full(..)) if limits.overflow == Overflow::Fail => {
                    return Err(PushError::Spool(SpoolError::Full));
                }
                Err(NotTaken::Full(again, of_again)) => (rows, tracker) = (again, of_again),
            }
            if waiting.is_none() {
                waiting = Some(Waiting::new(&shared.waiting));
                turn = Some(shared.turn.lock().await);
                continue;
            }
            room.await;
        };
        drop((turn, waiting));
        shared.room.notify_one();
        match durable.await {
            Ok(Ok(())) => Ok(delivered),
            Ok(Err(error)) => Err(PushError::Spool(error)),
            // The thread ended before it came to these points.
            Err(_) => Err(PushError::Closed),
        }
    }
}

/// Counts a caller as waiting for room until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

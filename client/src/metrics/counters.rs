//! An observer that counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Observer;
use crate::{Ack, Attempt, Tally, WriteError};

/// Counts what a client does; the numbers only grow, as monitoring systems like them.
///
/// ```
/// use std::sync::Arc;
/// use influx_client::{Client, Counters};
///
/// let counters = Arc::new(Counters::default());
/// let client = Client::builder().endpoint("http://localhost:8086").observer(Arc::clone(&counters)).build()?;
/// // … client.write(&batch).await …
/// println!("{} points stored", counters.read().points_stored);
/// # Ok::<(), influx_client::BuildError>(())
/// ```
#[derive(Debug, Default)]
pub struct Counters {
    attempts: AtomicU64,
    attempts_failed: AtomicU64,
    retries: AtomicU64,
    bytes_sent: AtomicU64,
    busy_microseconds: AtomicU64,
    calls_acknowledged: AtomicU64,
    calls_failed: AtomicU64,
    points_stored: AtomicU64,
    points_below_level: AtomicU64,
    points_deferred: AtomicU64,
    points_refused: AtomicU64,
    points_unknown: AtomicU64,
    points_not_stored: AtomicU64,
}

/// The numbers of [`Counters`] at a moment, counted since they were made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests of writes.
    pub attempts: u64,
    /// Those of them that were not acknowledged.
    pub attempts_failed: u64,
    /// Requests that were followed by a resend of their points.
    pub retries: u64,
    /// Bytes of bodies that were taken to be sent, as they go over the wire.
    pub bytes_sent: u64,
    /// The time that requests took, added up.
    pub busy: Duration,
    /// Calls that were acknowledged.
    pub calls_acknowledged: u64,
    /// Calls that ended in an error.
    pub calls_failed: u64,
    /// Points that were acknowledged.
    pub points_stored: u64,
    /// Points that ended below the level asked for.
    pub points_below_level: u64,
    /// Points in a hinted handoff queue.
    pub points_deferred: u64,
    /// Points that were refused for good.
    pub points_refused: u64,
    /// Points that are perhaps stored.
    pub points_unknown: u64,
    /// Points that are stored nowhere, but were not refused either.
    pub points_not_stored: u64,
}

impl Counters {
    /// The numbers at this moment. Those of calls that end just now may be there in part.
    #[must_use]
    pub fn read(&self) -> Counts {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Counts {
            attempts: read(&self.attempts),
            attempts_failed: read(&self.attempts_failed),
            retries: read(&self.retries),
            bytes_sent: read(&self.bytes_sent),
            busy: Duration::from_micros(read(&self.busy_microseconds)),
            calls_acknowledged: read(&self.calls_acknowledged),
            calls_failed: read(&self.calls_failed),
            points_stored: read(&self.points_stored),
            points_below_level: read(&self.points_below_level),
            points_deferred: read(&self.points_deferred),
            points_refused: read(&self.points_refused),
            points_unknown: read(&self.points_unknown),
            points_not_stored: read(&self.points_not_stored),
        }
    }

    fn points(&self, tally: Tally) {
        let Tally { stored, below_level, deferred, refused, unknown, not_stored } = tally;
        add(&self.points_stored, stored as u64);
        add(&self.points_below_level, below_level as u64);
        add(&self.points_deferred, deferred as u64);
        add(&self.points_refused, refused as u64);
        add(&self.points_unknown, unknown as u64);
        add(&self.points_not_stored, not_stored as u64);
    }
}

fn add(number: &AtomicU64, more: u64) {
    number.fetch_add(more, Ordering::Relaxed);
}

impl Observer for Counters {
    fn attempt(&self, attempt: &Attempt) {
        add(&self.attempts, 1);
        add(&self.attempts_failed, u64::from(attempt.class != crate::Class::Ok));
        add(&self.bytes_sent, attempt.sent);
        add(&self.busy_microseconds, u64::try_from(attempt.elapsed.as_micros()).unwrap_or(u64::MAX));
    }

    fn retry(&self, _failed: &Attempt, _wait: Duration) {
        add(&self.retries, 1);
    }

    fn acknowledged(&self, ack: &Ack) {
        add(&self.calls_acknowledged, 1);
        self.points(ack.tally());
    }

    fn failed(&self, error: &WriteError) {
        add(&self.calls_failed, 1);
        self.points(error.tally());
    }
}

//! When a job ends before its input does: a signal, or the deadline of the run.

use std::time::{Duration, Instant};

use crate::signals::Signals;

/// Watches for the reasons to end early.
#[derive(Debug)]
pub(crate) struct Ending {
    signals: Signals,
    /// The end of the time that the run has.
    deadline: Option<Instant>,
    /// The deadline was told.
    passed: bool,
    /// How long the rest may take after a signal.
    drain: Duration,
    /// The last moment of that rest.
    drained: Option<Instant>,
    /// The end of that rest was told.
    over: bool,
}

/// A reason to end, as it comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A signal: nothing more is read, and what was read is still sent, within limits.
    Signal,
    /// The time for that rest is over: nothing more is sent.
    Drained,
    /// The deadline: nothing more is read or sent.
    Deadline,
}

impl Ending {
    pub(crate) fn new(signals: Signals, deadline: Option<Duration>, drain: Duration) -> Self {
        // A deadline beyond what the clock can tell is none.
        let deadline = deadline.and_then(|deadline| Instant::now().checked_add(deadline));
        Self { signals, deadline, passed: false, drain, drained: None, over: false }
    }

    /// What is left of the deadline.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The signal that arrived, if one did.
    pub(crate) fn signal(&self) -> Option<u8> {
        self.signals.received()
    }

    /// Whether a signal was answered with the end of reading.
    pub(crate) fn is_draining(&self) -> bool {
        self.drained.is_some()
    }

    /// Notes that reading has stopped for a signal.
    pub(crate) fn start_draining(&mut self) {
        self.drained.get_or_insert_with(|| Instant::now() + self.drain);
    }

    /// Waits for the next reason to end, each of which is told once. After a signal only the end of its rest is one.
    ///
    /// # Cancellation
    /// Cancel safe.
    pub(crate) async fn next(&mut self) -> Cause {
        if self.is_draining() {
            until(self.drained.filter(|_| !self.over)).await;
            self.over = true;
            return Cause::Drained;
        }
        let deadline = self.deadline.filter(|_| !self.passed);
        tokio::select! {
            _ = self.signals.arrived() => Cause::Signal,
            () = until(deadline) => {
                self.passed = true;
                Cause::Deadline
            }
        }
    }
}

/// Sleeps until the moment, or for ever.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

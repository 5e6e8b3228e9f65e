//! Writes down what happens in a run, in the order in which it happens.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::history::{Event, FaultEvent};

/// The history of a run while it is made.
#[derive(Debug)]
pub(super) struct Recorder {
    began: Instant,
    events: Mutex<Vec<Event>>,
    faults: Mutex<Vec<FaultEvent>>,
}

impl Recorder {
    /// The run begins now; these events come before it.
    pub(super) fn begin(before: Vec<Event>) -> Self {
        Self { began: Instant::now(), events: Mutex::new(before), faults: Mutex::default() }
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Adds an event that happens now; its own time is overwritten.
    pub(super) fn event(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that the order of the lines is that of their times.
        let time = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        events.push(Event { time, ..event });
    }

    pub(super) fn fault(&self, fault: FaultEvent) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    pub(super) fn take(self) -> (Vec<Event>, Vec<FaultEvent>) {
        let events = self.events.into_inner().unwrap_or_else(PoisonError::into_inner);
        (events, self.faults.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

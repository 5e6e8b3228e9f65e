//! Writes down what happens in a run, in the order in which it happens and as it happens: what was done stays if the run is
//! interrupted.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::experiment::{LabError, LineFile, RunDir};
use crate::history::{Event, FaultEvent};

/// The history of a run while it is made, in memory and in the run's directory.
#[derive(Debug)]
pub(super) struct Recorder {
    began: Instant,
    history: Mutex<Kept<Event>>,
    nemesis: Mutex<Kept<FaultEvent>>,
}

#[derive(Debug)]
struct Kept<T> {
    all: Vec<T>,
    file: LineFile,
}

impl Recorder {
    /// The run begins now; these events come before it.
    ///
    /// # Errors
    /// [`LabError::File`].
    pub(super) fn begin(dir: &RunDir, before: Vec<Event>) -> Result<Self, LabError> {
        let mut history = Kept { all: Vec::new(), file: dir.begin_lines(RunDir::HISTORY)? };
        before.into_iter().for_each(|event| history.add(event));
        let nemesis = Kept { all: Vec::new(), file: dir.begin_lines(RunDir::NEMESIS)? };
        Ok(Self { began: Instant::now(), history: Mutex::new(history), nemesis: Mutex::new(nemesis) })
    }

    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// Adds an event that happens now; its own time is overwritten.
    pub(super) fn event(&self, event: Event) {
        let mut history = lock(&self.history);
        // Under the lock, so that the order of the lines is that of their times.
        let time = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        history.add(Event { time, ..event });
    }

    pub(super) fn fault(&self, fault: FaultEvent) {
        lock(&self.nemesis).add(fault);
    }

    /// Everything, which is in its files too.
    ///
    /// # Errors
    /// [`LabError::File`] where a line could not be written.
    pub(super) fn take(self) -> Result<(Vec<Event>, Vec<FaultEvent>), LabError> {
        let history = self.history.into_inner().unwrap_or_else(PoisonError::into_inner);
        let nemesis = self.nemesis.into_inner().unwrap_or_else(PoisonError::into_inner);
        history.file.end()?;
        nemesis.file.end()?;
        Ok((history.all, nemesis.all))
    }
}

impl<T: serde::Serialize> Kept<T> {
    fn add(&mut self, value: T) {
        self.file.add(&value);
        self.all.push(value);
    }
}

fn lock<T>(kept: &Mutex<Kept<T>>) -> MutexGuard<'_, Kept<T>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::history::{Completion, Function, Kind, operations};

    #[test]
    fn a_run_that_is_given_up_leaves_what_was_done_and_what_was_under_way_is_unknown() {
        let dir = tempfile::tempdir().unwrap();
        let dir = RunDir::at(dir.path());
        let event = |process, kind| Event {
            process,
            kind,
            f: Function::Write,
            value: Some(3),
            time: 0,
            node: None,
            id: None,
            write_time: None,
            error: None,
            class: None,
            outcome: None,
        };
        let recorder = Recorder::begin(&dir, vec![event(0, Kind::Invoke), event(0, Kind::Ok)]).unwrap();
        recorder.event(event(1, Kind::Invoke));
        recorder.fault(FaultEvent { time: 1, begins: true, fault: "partition".into(), whom: "a | b".into() });
        drop(recorder);
        let done = operations(&dir.history().unwrap()).unwrap();
        let ends: Vec<_> = done.iter().map(|operation| operation.completion).collect();
        assert_eq!(ends, [Completion::Ok, Completion::Info]);
        assert_eq!(dir.nemesis().unwrap().len(), 1);
    }
}

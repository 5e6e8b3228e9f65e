//! What a node inside this process logs, kept in memory.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::dispatcher::DefaultGuard;
use tracing::{Dispatch, Level};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Lines kept of each node.
const KEPT: usize = 2_000;

thread_local! {
    static GUARD: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// The last lines that a node logged. Clones are the same log.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Log {
    /// The last lines, oldest first.
    pub(super) fn tail(&self, lines: usize) -> Vec<String> {
        let kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().skip(kept.len().saturating_sub(lines)).cloned().collect()
    }

    /// What has threads log here.
    pub(super) fn dispatch(&self) -> Dispatch {
        let lines = tracing_subscriber::fmt::layer().with_writer(self.clone()).with_ansi(false);
        let own = env!("CARGO_CRATE_NAME");
        let wanted = Targets::new().with_default(Level::WARN).with_target(own, Level::DEBUG);
        Dispatch::new(tracing_subscriber::registry().with(wanted).with(lines))
    }

    fn push(&self, line: String) {
        let mut kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

/// From now on this thread logs there.
pub(super) fn log_here(dispatch: &Dispatch) {
    GUARD.with_borrow_mut(|guard| *guard = Some(tracing::dispatcher::set_default(dispatch)));
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { log: self.clone(), bytes: Vec::new() }
    }
}

/// One event on its way to the log.
pub(super) struct Line {
    log: Log,
    bytes: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.bytes.is_empty() {
            self.log.push(String::from_utf8_lossy(&self.bytes).trim_end().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_the_last_lines_of_its_threads_and_no_others() {
        let log = Log::default();
        let dispatch = log.dispatch();
        let logging = std::thread::spawn(move || {
            log_here(&dispatch);
            for number in 0..=KEPT {
                tracing::info!(number, "counted");
            }
        });
        tracing::info!("from elsewhere");
        assert!(logging.join().is_ok());
        let lines = log.tail(usize::MAX);
        assert_eq!(lines.len(), KEPT);
        assert!(lines[0].contains("counted number=1"), "{}", lines[0]);
        assert_eq!(log.tail(1), [lines[KEPT - 1].clone()]);
        assert!(!lines.iter().any(|line| line.contains("elsewhere")));
    }
}

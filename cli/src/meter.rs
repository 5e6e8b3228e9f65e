//! How far a command has got through its inputs, for somebody who watches.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::console::{Console, Verbosity};
use crate::settings::{bytes_text, grouped};

/// A bar on a terminal, a line each half minute elsewhere; nothing if told to be quiet or if INFLUX_NO_PROGRESS is set.
#[derive(Debug)]
pub(crate) struct Meter<'a> {
    console: &'a Console,
    consumed: Arc<AtomicU64>,
    total: Option<u64>,
    bar: Option<ProgressBar>,
    silent: bool,
    told: Instant,
    lines: u64,
}

/// How often the clock is looked at, in lines.
const EACH: u64 = 4_096;

impl<'a> Meter<'a> {
    /// A meter of inputs of `total` bytes, if that is known; whoever reads adds to `consumed`.
    pub(crate) fn new(console: &'a Console, total: Option<u64>, consumed: Arc<AtomicU64>) -> Self {
        let unwanted = std::env::var_os("INFLUX_NO_PROGRESS").is_some_and(|value| !value.is_empty());
        let silent = unwanted || console.verbosity() < Verbosity::Normal;
        let bar = (!silent && std::io::stderr().is_terminal()).then(|| bar(total));
        Self { console, consumed, total, bar, silent, told: Instant::now(), lines: 0 }
    }

    /// Counts a line.
    pub(crate) fn line(&mut self) {
        self.lines += 1;
        if self.silent || !self.lines.is_multiple_of(EACH) {
            return;
        }
        let consumed = self.consumed.load(Ordering::Relaxed);
        match &self.bar {
            Some(bar) => {
                bar.set_position(consumed);
                bar.set_message(format!("{} points", grouped(self.lines)));
            }
            None if self.told.elapsed() >= Duration::from_secs(30) => {
                self.told = Instant::now();
                let share = self.total.filter(|total| *total > 0).map(|total| consumed * 100 / total);
                let share = share.map(|share| format!(" ({share} %)")).unwrap_or_default();
                self.console.say(&format!("{} read{share}, {} points", bytes_text(consumed), grouped(self.lines)));
            }
            None => {}
        }
    }

    /// Runs `print` without the bar in its way.
    pub(crate) fn beside<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Meter<'_> {
    /// Nor is it in the way of an error.
    fn drop(&mut self) {
        self.finish();
    }
}

fn bar(total: Option<u64>) -> ProgressBar {
    let template = match total {
        Some(_) => "{bar:32} {percent:>3} %  {msg}  eta {eta}",
        None => "{spinner} {bytes}  {msg}  {elapsed}",
    };
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    // The templates are constants, and a wrong one only costs the style.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

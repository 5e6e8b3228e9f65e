//! How far a run is, for somebody who watches.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use influx_lab::experiment::Progress;
use serde_json::json;

use crate::console::{Console, Verbosity};
use crate::job::ProgressChoice;

/// The steps of the bar.
const STEPS: u64 = 1_000;

/// Tells of a run on standard error.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    console: &'a Console,
    form: Form,
    started: Instant,
    at: Mutex<At>,
}

#[derive(Debug)]
struct At {
    phase: String,
    share: f64,
    told: Instant,
}

#[derive(Debug)]
enum Form {
    Bar(ProgressBar),
    /// A line each time so much has passed.
    Lines(Duration),
    Json,
    None,
}

impl<'a> Watch<'a> {
    pub(super) fn new(choice: ProgressChoice, console: &'a Console) -> Self {
        let quiet = console.verbosity() < Verbosity::Normal;
        let unwanted = std::env::var_os("INFLUX_NO_PROGRESS").is_some_and(|value| !value.is_empty());
        let form = match choice {
            ProgressChoice::Never => Form::None,
            ProgressChoice::Auto if unwanted => Form::None,
            ProgressChoice::Json => Form::Json,
            ProgressChoice::Auto | ProgressChoice::Always if quiet => Form::None,
            ProgressChoice::Auto | ProgressChoice::Always if std::io::stderr().is_terminal() => Form::Bar(bar()),
            ProgressChoice::Auto => Form::Lines(Duration::from_secs(30)),
            ProgressChoice::Always => Form::Lines(Duration::from_secs(1)),
        };
        let now = Instant::now();
        Self { console, form, started: now, at: Mutex::new(At { phase: String::new(), share: 0.0, told: now }) }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }

    fn change(&self, change: impl FnOnce(&mut At) -> bool) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = change(&mut at);
        match &self.form {
            Form::Bar(bar) => {
                if begins {
                    bar.set_message(at.phase.clone());
                }
                // A share from 0 to 1 is a position from 0 to its last one.
                bar.set_position((at.share * STEPS as f64) as u64);
            }
            Form::Lines(interval) if begins || at.told.elapsed() >= *interval => {
                at.told = Instant::now();
                let share = if begins { String::new() } else { format!(" ({:.0} %)", at.share * 100.0) };
                self.console.say(&format!("{}{share}", at.phase));
            }
            Form::Json if begins || at.told.elapsed() >= Duration::from_secs(1) => {
                at.told = Instant::now();
                self.console.error(&self.object(&at, None));
            }
            Form::Lines(_) | Form::Json | Form::None => {}
        }
    }

    fn object(&self, at: &At, note: Option<&str>) -> String {
        let seconds = (self.started.elapsed().as_secs_f64() * 1e3).round() / 1e3;
        json!({
            "v": 1, "type": "lab-progress", "phase": at.phase, "share": at.share, "seconds": seconds, "note": note,
        })
        .to_string()
    }
}

impl Progress for Watch<'_> {
    fn phase(&self, what: &str) {
        self.change(|at| {
            (at.phase, at.share) = (what.to_owned(), 0.0);
            true
        });
    }

    fn done(&self, share: f64) {
        self.change(|at| {
            at.share = share.clamp(0.0, 1.0);
            false
        });
    }

    fn note(&self, what: &str) {
        match &self.form {
            Form::Bar(bar) => bar.suspend(|| self.console.say(what)),
            Form::Lines(_) | Form::None => self.console.say(what),
            Form::Json => {
                let at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
                self.console.error(&self.object(&at, Some(what)));
            }
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    // The template is a constant, and a wrong one only costs the style.
    if let Ok(style) = ProgressStyle::with_template("{bar:10} {percent:>3} %  {wide_msg} {elapsed}") {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

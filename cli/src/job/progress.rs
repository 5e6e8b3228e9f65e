//! How far a job has got, for somebody who watches.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::counts::Counts;
use crate::console::{Console, Verbosity};
use crate::settings::{bytes_text, grouped};

/// When to show progress, and in which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// A bar on a terminal; a line each 30 seconds elsewhere; nothing if INFLUX_NO_PROGRESS is set.
    #[default]
    Auto,
    /// As auto, but a line each second where there is no terminal.
    Always,
    /// Nothing.
    Never,
    /// A JSON object each second, on standard error.
    Json,
}

/// The progress of one job, on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    form: Form,
    total: Option<u64>,
    started: Instant,
    told: Instant,
}

#[derive(Debug)]
enum Form {
    Bar(ProgressBar),
    Lines(Duration),
    Json,
    None,
}

impl Progress {
    /// Progress through inputs of `total` bytes, if that is known.
    pub(crate) fn new(choice: ProgressChoice, total: Option<u64>, console: &Console) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let quiet = console.verbosity() < Verbosity::Normal;
        let unwanted = std::env::var_os("INFLUX_NO_PROGRESS").is_some_and(|value| !value.is_empty());
        let form = match choice {
            ProgressChoice::Never => Form::None,
            ProgressChoice::Auto if unwanted => Form::None,
            ProgressChoice::Json => Form::Json,
            ProgressChoice::Auto | ProgressChoice::Always if quiet => Form::None,
            ProgressChoice::Auto | ProgressChoice::Always if terminal => Form::Bar(bar(total)),
            ProgressChoice::Auto => Form::Lines(Duration::from_secs(30)),
            ProgressChoice::Always => Form::Lines(Duration::from_secs(1)),
        };
        let now = Instant::now();
        Self { form, total, started: now, told: now }
    }

    /// Tells how far it is: bytes consumed of the input, and the counts of points.
    pub(crate) fn tell(&mut self, consumed: u64, counts: &Counts, console: &Console) {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        let rate = (counts.settled() as f64 / seconds) as u64;
        let due = match &self.form {
            Form::Bar(_) => true,
            Form::Lines(interval) => self.told.elapsed() >= *interval,
            Form::Json => self.told.elapsed() >= Duration::from_secs(1),
            Form::None => false,
        };
        if !due {
            return;
        }
        self.told = Instant::now();
        match &self.form {
            Form::Bar(bar) => {
                bar.set_position(consumed);
                bar.set_message(message(counts, rate));
            }
            Form::Lines(_) => {
                let share = self.total.filter(|total| *total > 0).map(|total| consumed * 100 / total);
                let share = share.map(|share| format!(" ({share} %)")).unwrap_or_default();
                console.say(&format!("{} read{share}, {}", bytes_text(consumed), message(counts, rate)));
            }
            Form::Json => {
                let total = self.total;
                let object = json!({"v": 1, "type": "progress", "input_bytes": consumed, "input_total": total, "points": counts, "seconds": seconds, "points_per_s": rate});
                console.error(&object.to_string());
            }
            Form::None => {}
        }
    }

    /// Runs `print` without the bar in its way.
    pub(crate) fn beside<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.form {
            Form::Bar(bar) => bar.suspend(print),
            Form::Lines(_) | Form::Json | Form::None => print(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}

fn message(counts: &Counts, rate: u64) -> String {
    let mut text = format!("{} points, {}/s", grouped(counts.accepted), grouped(rate));
    let troubled = counts.settled() - counts.accepted;
    if troubled > 0 {
        text.push_str(&format!(", {} not accepted", grouped(troubled)));
    }
    text
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

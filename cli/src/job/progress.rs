//! How far a job has got, for somebody who watches.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use influx_client::Class;

use super::counts::Counts;
use crate::console::{Console, Verbosity};
use crate::settings::{bytes_text, counted, duration_text, grouped};

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

/// What is going on at a moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Live {
    /// Requests under way.
    pub(crate) in_flight: usize,
    /// How many there may be at most, as the servers' push-back has it.
    pub(crate) allowed: usize,
    /// Requests so far whose points were sent again.
    pub(crate) retries: u64,
    /// What the last request met, if it failed.
    pub(crate) trouble: Option<Class>,
}

/// The progress of one job, on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    form: Form,
    total: Option<u64>,
    /// Bytes that an earlier run has settled; they took this one no time.
    passed: u64,
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
            ProgressChoice::Auto | ProgressChoice::Always if terminal => Form::Bar(bar(total, console.width_err())),
            ProgressChoice::Auto => Form::Lines(Duration::from_secs(30)),
            ProgressChoice::Always => Form::Lines(Duration::from_secs(1)),
        };
        let now = Instant::now();
        Self { form, total, passed: 0, started: now, told: now }
    }

    /// Takes in that so many bytes were passed over, which says nothing about how long the rest will take.
    pub(crate) fn pass_over(&mut self, bytes: u64) {
        if bytes == self.passed {
            return;
        }
        self.passed = bytes;
        if let Form::Bar(bar) = &self.form {
            bar.set_position(bytes);
            bar.reset_eta();
        }
    }

    /// Tells how far it is, if it is time to: bytes consumed of the input, the counts of points, and what is going on.
    pub(crate) fn tell(&mut self, consumed: u64, counts: &Counts, live: &Live, console: &Console) {
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
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        let rate = (counts.settled() as f64 / seconds) as u64;
        match &self.form {
            Form::Bar(bar) => {
                bar.set_position(consumed);
                bar.set_message(message(counts, rate, live));
            }
            Form::Lines(_) => {
                let share = self.total.filter(|total| *total > 0).map(|total| consumed * 100 / total);
                let share = share.map(|share| format!(" ({share} %)")).unwrap_or_default();
                let left = self.left(consumed, seconds).map(|left| format!(", {} left", duration_text(left)));
                let left = left.unwrap_or_default();
                console.say(&format!("{} read{share}, {}{left}", bytes_text(consumed), message(counts, rate, live)));
            }
            Form::Json => {
                let left = self.left(consumed, seconds).map(|left| left.as_secs());
                let object = json!({
                    "v": 1, "type": "progress", "input_bytes": consumed, "input_total": self.total, "points": counts,
                    "seconds": (seconds * 1e3).round() / 1e3, "points_per_s": rate, "eta_seconds": left,
                    "in_flight": live.in_flight, "in_flight_allowed": live.allowed, "retries": live.retries,
                    "trouble": live.trouble.map(Class::id),
                });
                console.error(&object.to_string());
            }
            Form::None => {}
        }
    }

    /// The time that the rest takes if it goes on like this.
    fn left(&self, consumed: u64, seconds: f64) -> Option<Duration> {
        let total = self.total.filter(|total| *total >= consumed)?;
        let read = consumed.checked_sub(self.passed).filter(|read| *read > 0)?;
        Duration::try_from_secs_f64(seconds * (total - consumed) as f64 / read as f64).ok()
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

fn message(counts: &Counts, rate: u64, live: &Live) -> String {
    let mut text = format!("{} points, {}/s", grouped(counts.accepted), grouped(rate));
    let Live { in_flight, allowed, retries, trouble } = *live;
    if allowed > 1 || in_flight > 1 {
        text.push_str(&format!(", {in_flight} in flight"));
    }
    if counts.rejected > 0 {
        text.push_str(&format!(", {} rejected", grouped(counts.rejected)));
    }
    let troubled = counts.settled() - counts.accepted - counts.rejected;
    if troubled > 0 {
        text.push_str(&format!(", {} not accepted", grouped(troubled)));
    }
    if retries > 0 {
        text.push_str(&format!(", {}", counted(retries, "retry", "retries")));
    }
    if let Some(class) = trouble {
        text.push_str(&format!(", now: {class}"));
    }
    text
}

fn bar(total: Option<u64>, columns: Option<usize>) -> ProgressBar {
    // What is told in words is worth more than a long bar, and a second line would be left behind.
    let template = match (total, columns) {
        (Some(_), Some(..100)) => "{bar:10} {percent:>3} %  {wide_msg} eta {eta}",
        (Some(_), _) => "{bar:24} {percent:>3} %  {msg}  eta {eta}",
        (None, Some(..100)) => "{spinner} {bytes}  {wide_msg} {elapsed}",
        (None, _) => "{spinner} {bytes}  {msg}  {elapsed}",
    };
    let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr());
    // The templates are constants, and a wrong one only costs the style.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("━╸ "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_passed_over_says_nothing_about_the_time_left() {
        let now = Instant::now();
        let mut progress = Progress { form: Form::None, total: Some(1_000), passed: 0, started: now, told: now };
        assert_eq!(progress.left(500, 10.0), Some(Duration::from_secs(10)));
        progress.pass_over(400);
        assert_eq!(progress.left(500, 10.0), Some(Duration::from_secs(50)));
        assert_eq!(progress.left(400, 10.0), None, "nothing was read yet");
    }

    #[test]
    fn the_message_leaves_out_what_is_zero() {
        let counts = Counts { read: 6_000, accepted: 5_000, ..Counts::default() };
        let quiet = Live { in_flight: 1, allowed: 1, ..Live::default() };
        assert_eq!(message(&counts, 2_500, &quiet), "5,000 points, 2,500/s");
        let counts = Counts { rejected: 2, unknown: 998, ..counts };
        let live = Live { in_flight: 2, allowed: 4, retries: 1, trouble: Some(Class::Overloaded) };
        assert_eq!(
            message(&counts, 3_000, &live),
            "5,000 points, 3,000/s, 2 in flight, 2 rejected, 998 not accepted, 1 retry, now: overloaded"
        );
    }
}

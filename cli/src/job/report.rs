//! What a job tells: JSON Lines on standard output for a script, or words on standard error for a person.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use influx_client::{Caveat, Class, ConsistencyLevel, Tally};
use serde_json::{Value, json};

use super::sum::Sum;
use super::verdict::Verdict;
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure, report};
use crate::input::Place;
use crate::journal::Points;
use crate::render::{folded, one_line, shortened};
use crate::settings::{bytes_text, counted, duration_text, grouped};

/// A point that was refused, by the server or before sending.
#[derive(Clone, Debug)]
pub(crate) struct Reject<'a> {
    /// `None` where the server did not say which line it refused and it could not be found out.
    pub(crate) place: Option<Place>,
    pub(crate) class: Class,
    pub(crate) reason: String,
    /// As it was sent, or as it was read if it was not.
    pub(crate) text: Option<&'a [u8]>,
}

/// Names that all events of a job share.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) job: String,
    pub(crate) database: String,
    pub(crate) retention_policy: Option<String>,
    pub(crate) level: ConsistencyLevel,
    pub(crate) hosts: Vec<String>,
    pub(crate) sources: Vec<String>,
    pub(crate) input_bytes: Option<u64>,
}

/// Tells it all, in the form that was asked for.
#[derive(Debug)]
pub(crate) struct Reporter<'a> {
    console: &'a Console,
    json: bool,
    every_batch: bool,
    silent: bool,
    subject: Subject,
    /// What went wrong while telling, other than a closed pipe.
    trouble: Option<String>,
    told: BTreeSet<Class>,
    rejects_told: u64,
}

/// How many refused lines a person is shown; the rest is in `--rejects` and `--json`.
const REJECTS_SHOWN: u64 = 5;

impl<'a> Reporter<'a> {
    pub(crate) fn new(console: &'a Console, json: bool, every_batch: bool, subject: Subject) -> Self {
        Self {
            console,
            json,
            every_batch,
            silent: false,
            subject,
            trouble: None,
            told: BTreeSet::new(),
            rejects_told: 0,
        }
    }

    /// Says nothing but errors; the caller tells the sum.
    pub(crate) fn silent(console: &'a Console, subject: Subject) -> Self {
        Self { silent: true, ..Self::new(console, false, false, subject) }
    }

    pub(crate) fn console(&self) -> &'a Console {
        self.console
    }

    /// Why the report on standard output is not whole, if it is not.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// The job goes on when nobody listens any more: its data matters, not its report.
    fn emit(&mut self, object: &Value) {
        match self.console.print_json(object) {
            Ok(()) | Err(Failure::ClosedPipe) => {}
            Err(Failure::Classed { message, .. } | Failure::Internal(message)) => self.trouble = Some(message),
            Err(Failure::Usage(_) | Failure::Cluster(_) | Failure::ClaimBroken(_) | Failure::Signal(_)) => {}
        }
    }

    /// The first event.
    pub(crate) fn start(&mut self) {
        if self.json {
            let Subject { job, database, retention_policy, level, hosts, sources, input_bytes } = self.subject.clone();
            self.emit(&json!({
                "v": 1, "type": "start", "job": job, "database": database, "rp": retention_policy,
                "consistency": level.to_string(), "hosts": hosts, "inputs": sources, "input_bytes": input_bytes,
            }));
        }
    }

    /// A batch has its verdict.
    pub(crate) fn batch(&mut self, seq: u64, span: Option<(Place, Place)>, verdict: &Verdict, took: Duration) {
        let shown = self.every_batch || verdict.class != Class::Ok;
        if self.json && shown {
            self.emit(&batch_object(seq, span, verdict, took));
        }
        let first = self.told.insert(verdict.class);
        let lines = span.map(|(first, last)| self.lines(first, last)).unwrap_or_default();
        match &verdict.message {
            // One loud line a class; a thousand of them would bury the summary.
            Some(message) if first && verdict.excused => {
                self.console.warn(&format!("batch {seq}{lines}: {}", one_line(message)));
            }
            Some(message) if first => {
                let message = format!("batch {seq}{lines}: {message}");
                report(self.console, Exit::of(verdict.class), &message, Some(verdict.advice.text()));
            }
            Some(message) => {
                self.console.detail(&format!("batch {seq}{lines}: {}: {}", verdict.class, one_line(message)));
            }
            None => self.console.detail(&format!(
                "batch {seq}{lines}: {}, {} points in {}",
                verdict.class,
                verdict.tally.stored,
                duration_text(took)
            )),
        }
    }

    fn lines(&self, first: Place, last: Place) -> String {
        let (from, to) = (one_line(self.source(first)), one_line(self.source(last)));
        if (first.source, first.line) == (last.source, last.line) {
            format!(" ({from} line {})", grouped(first.line))
        } else if first.source == last.source {
            format!(" ({from} lines {} to {})", grouped(first.line), grouped(last.line))
        } else {
            format!(" ({from}:{} to {to}:{})", grouped(first.line), grouped(last.line))
        }
    }

    fn source(&self, place: Place) -> &str {
        self.subject.sources.get(place.source).map_or("", String::as_str)
    }

    /// `FILE:LINE`.
    pub(crate) fn named(&self, place: Place) -> String {
        // One line, for people and in the rejects file, whatever the file is called.
        format!("{}:{}", one_line(self.source(place)), place.line)
    }

    /// `FILE:LINE` of a refused line, where that is known.
    pub(crate) fn place(&self, reject: &Reject<'_>) -> String {
        match reject.place {
            Some(place) => self.named(place),
            None => "a line that the server did not name".to_owned(),
        }
    }

    /// `FILE:LINE`.
    pub(crate) fn line(&self, source: usize, line: u64) -> String {
        format!("{}:{line}", self.subject.sources.get(source).map_or("", String::as_str))
    }

    /// A point was refused.
    pub(crate) fn reject(&mut self, reject: &Reject<'_>) {
        /// Enough to recognize a line by.
        const TEXT: usize = 4_096;
        if self.json {
            let text = reject.text.map(|text| String::from_utf8_lossy(&text[..text.len().min(TEXT)]).into_owned());
            self.emit(&json!({
                "v": 1, "type": "reject", "input": reject.place.map(|place| self.source(place)),
                "line": reject.place.map(|place| place.line), "byte": reject.place.map(|place| place.byte),
                "class": reject.class.id(), "error": reject.reason, "text": text,
            }));
        }
        self.rejects_told += 1;
        if self.rejects_told <= REJECTS_SHOWN {
            let text = reject.text.map(|text| String::from_utf8_lossy(&text[..text.len().min(TEXT)]).into_owned());
            let text = text.map(|text| format!(": {}", shortened(&one_line(&text), 120))).unwrap_or_default();
            self.console.say(&format!("refused {}: {}{text}", self.place(reject), one_line(&reject.reason)));
        } else if self.rejects_told == REJECTS_SHOWN + 1 {
            self.console.say("refused lines beyond these are told by --rejects FILE and --json alone");
        }
    }

    /// Tells the class of refused points as an error, unless a batch has done so.
    pub(crate) fn refused(&self, sum: &Sum) {
        let class = sum.class;
        if class.is_about_data()
            && class != Class::TooManyRejected
            && !self.told.iter().any(|told| told.is_about_data())
        {
            let counts = &sum.counts;
            let message =
                format!("{} of {} refused", grouped(counts.rejected), counted(counts.read, "point", "points"));
            if counts.rejected > 0 && sum.exit() != Exit::OK {
                report(self.console, Exit::of(class), &message, Some(class.advice().text()));
            }
        }
    }

    /// The summary as one JSON object and a line end.
    pub(crate) fn summary_text(&self, sum: &Sum, rejects: Option<&Path>) -> String {
        format!("{}\n", summary_object(&self.subject, sum, rejects))
    }

    /// The last event.
    pub(crate) fn summary(&mut self, sum: &Sum, rejects: Option<&Path>) {
        if self.json {
            self.emit(&summary_object(&self.subject, sum, rejects));
            return;
        }
        if self.silent {
            return;
        }
        let counts = &sum.counts;
        let (paint, word) = match (sum.signal, sum.class, sum.exit()) {
            (Some(_), ..) => (Paint::Doubtful, "interrupted"),
            (None, Class::Ok, _) => (Paint::Good, "ok"),
            (None, class, Exit::OK) => (Paint::Doubtful, class.id()),
            (None, class, _) => (Paint::Bad, class.id()),
        };
        let points = if counts.accepted == counts.read {
            counted(counts.read, "point", "points")
        } else {
            format!("{} of {}", grouped(counts.accepted), counted(counts.read, "point", "points"))
        };
        let batches: u64 = sum.batches.values().sum();
        let kinds: Vec<String> = sum
            .batches
            .iter()
            .filter(|(class, _)| **class != Class::Ok)
            .map(|(class, count)| format!("{} {class}", grouped(*count)))
            .collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        // A dump names its databases itself.
        let database = Some(&self.subject.database).filter(|name| !name.is_empty());
        let to = database.map(|name| format!(" to {name}")).unwrap_or_default();
        let text = format!(
            "{} {points} at {}{to} in {}: {}{kinds}, {} sent, {} points/s",
            self.console.painted_err(&format!("{word}:"), paint),
            self.subject.level,
            duration_text(sum.elapsed),
            counted(batches, "batch", "batches"),
            bytes_text(sum.bytes_sent),
            grouped(sum.rate()),
        );
        self.console.say(&folded(&text, self.console.width_err().unwrap_or(usize::MAX), 2));
        let rejects = rejects.map(|path| one_line(&path.display().to_string()));
        let rejects = rejects.map(|path| format!("; refused lines are in {path}")).unwrap_or_default();
        let rest = if sum.complete { "" } else { "; the input was not read to its end" };
        self.console.say(&format!("{}{rejects}{rest}", counts.equation()));
        if let Some(earlier) = sum.earlier.as_ref().filter(|earlier| earlier.all() > 0) {
            self.console.say(&format!("earlier runs: {}", earlier_text(earlier)));
        }
        if let Some(resume) = &sum.resume {
            self.console.say(&format!("resume with: {resume}"));
        }
    }
}

/// The points that earlier runs of a job have settled.
fn earlier_text(earlier: &Points) -> String {
    let mut text = format!("{} accepted", grouped(earlier.accepted));
    let others =
        [(earlier.below_level, "below level"), (earlier.deferred, "deferred"), (earlier.rejected(), "rejected")];
    for (count, name) in others.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&format!(" + {} {name}", grouped(count)));
    }
    text
}

fn batch_object(seq: u64, span: Option<(Place, Place)>, verdict: &Verdict, took: Duration) -> Value {
    let Tally { stored, below_level, deferred, refused, unknown, not_stored } = verdict.tally;
    json!({
        "v": 1, "type": "batch", "seq": seq,
        "class": verdict.class.id(), "exit": verdict.class.exit_code(),
        "outcome": verdict.outcome.id(), "advice": verdict.advice.id(), "resend": verdict.advice.resend().id(),
        "points": stored + below_level + deferred + refused + unknown + not_stored,
        "accepted": stored, "below_level": below_level, "deferred": deferred, "rejected": refused,
        "unknown": unknown, "not_stored": not_stored,
        "first_line": span.map(|(first, _)| first.line), "last_line": span.map(|(_, last)| last.line),
        "byte_end": span.map(|(_, last)| last.byte_end),
        "attempts": verdict.attempts, "status": verdict.status, "error": verdict.error,
        "caveat": verdict.caveat.map(Caveat::id),
        "host": verdict.endpoint, "request_id": verdict.request_id, "ms": took.as_millis() as u64,
    })
}

fn summary_object(subject: &Subject, sum: &Sum, rejects: Option<&Path>) -> Value {
    let batches: BTreeMap<&str, u64> = sum.batches.iter().map(|(class, count)| (class.id(), *count)).collect();
    json!({
        "v": 1, "type": "summary", "job": subject.job,
        "class": sum.class.id(), "exit": sum.exit().0,
        "outcome": sum.outcome().id(), "advice": sum.advice.id(), "advice_text": sum.advice.text(),
        "retry": sum.advice.resend().id(),
        "consistency": subject.level.to_string(), "database": subject.database,
        "points": sum.counts, "batches": batches, "attempts": sum.attempts,
        "bytes": {"input": sum.bytes_read, "sent": sum.bytes_sent},
        "seconds": (sum.elapsed.as_secs_f64() * 1e3).round() / 1e3,
        "points_per_s": sum.rate(), "peak_in_flight": sum.peak_in_flight,
        "rejects": rejects.map(|path| path.display().to_string()),
        "input_complete": sum.complete, "signal": sum.signal,
        "earlier": sum.earlier, "resume": sum.resume,
    })
}

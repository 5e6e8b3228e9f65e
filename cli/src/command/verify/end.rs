//! How `verify` tells what it came to.

use std::time::Duration;

use influx_client::{Class, HandoffState, Whereabouts};
use serde_json::{Value, json};

use super::counts::Outcome;
use super::{Read, SHOWN};
use crate::console::{Console, Paint};
use crate::failure::{Exit, report};
use crate::input::Source;
use crate::queries;
use crate::render::{Table, one_line, shortened};
use crate::settings::{counted, grouped};
use crate::verify::{Between, Expected, Reader, Values, Verdict};

/// Everything that the end is told from.
pub(super) struct End<'a> {
    pub(super) verdict: Verdict,
    pub(super) expected: &'a Expected,
    pub(super) read: &'a Read,
    pub(super) readers: &'a [Reader],
    pub(super) handoff: Option<HandoffState>,
    pub(super) window: Duration,
    pub(super) values: Option<Values>,
}

impl End<'_> {
    pub(super) fn object(&self, outcome: &Outcome) -> Value {
        let Between { low, high } = self.expected.points();
        let nodes: Vec<Value> = self
            .readers
            .iter()
            .zip(&outcome.by_reader)
            .map(|(reader, totals)| {
                json!({
                    "node": reader.id, "address": reader.name, "asked": reader.client.is_some(),
                    "missing": totals.missing, "extra": totals.extra,
                    "error": reader.trouble.as_ref().map(|(_, text)| text),
                })
            })
            .collect();
        let totals = &outcome.totals;
        json!({
            "v": 1, "type": "verify", "verdict": self.verdict.id(),
            "class": self.verdict.class().id(), "exit": self.verdict.class().exit_code(),
            "points": {
                "read": self.read.lines, "different": low, "different_at_most": high,
                "overwritten": self.expected.duplicates, "unstamped": self.read.unstamped,
                "not_compared": self.read.not_compared,
            },
            "windows": {
                "compared": totals.compared, "equal": totals.equal, "uncertain": totals.uncertain,
                "seconds": self.window.as_secs(),
            },
            "missing": totals.missing, "missing_beyond_retention": totals.beyond_retention, "extra": totals.extra,
            "handoff": self.handoff.map(handoff_name),
            "values": self.values.map(|values| {
                let counts = Whereabouts::ALL.map(|it| (it.id().to_owned(), json!(values.of(it))));
                Value::Object(counts.into_iter().collect())
            }),
            "nodes": nodes,
        })
    }

    pub(super) fn text(&self, outcome: &Outcome, console: &Console) -> String {
        let mut table = Table::new(&["measurement", "points#", "windows#", "equal#", "missing#", "extra#"]);
        for (name, points, totals) in &outcome.rows {
            table.row([
                shortened(&one_line(name), 60),
                between(*points),
                grouped(totals.compared),
                grouped(totals.equal),
                grouped(totals.missing),
                grouped(totals.extra),
            ]);
        }
        let mut text = table.text();
        if !outcome.different.is_empty() {
            let columns = [
                "measurement",
                "field",
                "from",
                "expected#",
                "found#",
                "",
                if self.readers.len() > 1 { "where" } else { "" },
            ];
            let mut table = Table::new(&columns);
            for cells in &outcome.different {
                table.row(cells.clone());
            }
            text.push('\n');
            text.push_str(&table.text());
            if outcome.totals.compared - outcome.totals.equal > SHOWN as u64 {
                text.push_str("further windows that differ are told by --json alone\n");
            }
        }
        if self.readers.len() > 1 {
            let mut table = Table::new(&["node", "missing#", "extra#", "state"]);
            for (reader, totals) in self.readers.iter().zip(&outcome.by_reader) {
                let state = match &reader.trouble {
                    Some((_, text)) => console.painted(&format!("not asked: {}", one_line(text)), Paint::Bad),
                    None if totals.equal == totals.compared => console.painted("equal", Paint::Good),
                    None => console.painted("differs", Paint::Doubtful),
                };
                table.row([reader_name(reader), grouped(totals.missing), grouped(totals.extra), state]);
            }
            text.push('\n');
            text.push_str(&table.text());
        }
        text
    }

    /// Says on standard error what it means.
    pub(super) fn tell(&self, outcome: &Outcome, sources: &[Source], console: &Console) {
        let totals = &outcome.totals;
        if self.read.unstamped > 0 {
            let lines = counted(self.read.unstamped, "line has", "lines have");
            console.warn(&format!("{lines} no timestamp and cannot be compared"));
        }
        if let Some((source, line)) = self.read.first_not_compared {
            let lines = counted(self.read.not_compared, "line", "lines");
            let name = one_line(&sources[source].name());
            console.warn(&format!(
                "{lines} (first {name}:{line}) cannot be parsed or stored and were not compared; `influx-cli check` tells why"
            ));
        }
        if totals.uncertain > 0 {
            let windows = counted(totals.uncertain, "window", "windows");
            console.warn(&format!(
                "in {windows} it cannot be told which lines are of one point: give more --memory or sort the file by time"
            ));
        }
        let everything = counted(self.expected.points().low, "point", "points");
        if let Some(values) = &self.values {
            let parts: Vec<String> = Whereabouts::ALL
                .iter()
                .filter(|it| values.of(**it) > 0)
                .map(|it| format!("{} {it}", grouped(values.of(*it))))
                .collect();
            console.say(&format!("points by where their values are: {}", parts.join(", ")));
        }
        let by_value = |it| self.values.as_ref().map_or(0, |values| values.of(it));
        let lacking = totals.missing.max(by_value(Whereabouts::Nowhere) + by_value(Whereabouts::Somewhere));
        let missing = || format!("at least {} missing", counted(lacking, "point is", "points are"));
        let extra = || counted(totals.extra, "point", "points");
        let (message, hint) = match self.verdict {
            Verdict::Equal => {
                let word = console.painted_err("equal:", Paint::Good);
                return console.say(&format!("{word} {everything} of the input and as many on the server"));
            }
            Verdict::EqualOrMore => {
                let word = console.painted_err("ok:", Paint::Doubtful);
                let extra = extra();
                return console
                    .say(&format!("{word} no window has fewer points than the input; at least {extra} more"));
            }
            Verdict::Missing => (
                missing(),
                "send the input again: points with a timestamp are stored once; lines that were refused never are",
            ),
            Verdict::Behind if self.handoff == Some(HandoffState::Pending) => {
                (missing(), "hinted handoff has points that are on their way: verify again later")
            }
            Verdict::Behind => (
                missing(),
                "another replica has them; if `influx-cli status` shows no hints, send the input again at level all",
            ),
            Verdict::Expired => {
                (format!("{}, all of them beyond the retention policy", missing()), "nothing brings them back")
            }
            Verdict::Extra => (
                format!("at least {} more than in the input: missing ones may hide among them", extra()),
                "if others write to the same measurements, give --allow-extra; lines sent twice without a timestamp are \
                 stored twice",
            ),
            Verdict::Differs => (
                "points have other values than in the input".to_owned(),
                "another line of the input or somebody else wrote to the same series and time; `influx-cli check` counts \
                 such lines",
            ),
            Verdict::Unstamped => {
                ("lines without a timestamp cannot be compared".to_owned(), "give them one with `influx-cli stamp`")
            }
            Verdict::Uncertain if totals.uncertain == 0 => (
                "some points could not be looked for".to_owned(),
                "a node could not be asked, or a line is longer than --max-line or has a name that no query can hold",
            ),
            Verdict::Uncertain => ("it cannot be told whether all points are there".to_owned(), "give more --memory"),
            Verdict::Nothing => ("the input has no point in it".to_owned(), Class::Malformed.advice().text()),
            Verdict::NotAsked(class) => {
                let trouble = self.readers.iter().filter_map(|reader| Some((reader, reader.trouble.as_ref()?)));
                let texts: Vec<String> =
                    trouble.map(|(reader, (_, text))| format!("{}: {text}", reader_name(reader))).collect();
                (texts.join("; "), queries::advice(class))
            }
        };
        report(console, Exit::of(self.verdict.class()), &message, Some(hint));
    }
}

fn handoff_name(state: HandoffState) -> &'static str {
    match state {
        HandoffState::Empty => "empty",
        HandoffState::Pending => "pending",
        _ => "unknown",
    }
}

pub(super) fn between(Between { low, high }: Between) -> String {
    if low == high { grouped(low) } else { format!("{} to {}", grouped(low), grouped(high)) }
}

pub(super) fn reader_name(reader: &Reader) -> String {
    match reader.id {
        Some(id) => format!("node {id} ({})", reader.name),
        None => reader.name.clone(),
    }
}

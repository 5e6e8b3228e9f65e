//! `check [FILE…|-]`: what can be told of line protocol without a server.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use influx_client::{Class, Precision};
use serde_json::{Value, json};

use super::inputs::sources;
use crate::check::{Estimate, Finding, Limits, Survey};
use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure, report};
use crate::input::{Found, Line, Reading, Source, Targets, unit, walk};
use crate::job::{Rejects, joined};
use crate::meter::Meter;
use crate::render::{Table, one_line, shortened};
use crate::settings::{self, bytes_text, counted, duration_text, grouped};
use crate::times;

/// Check line protocol without a server: count it, date it, and find what a server would refuse.
///
/// Tells points, measurements, fields with their types, time span, series, shard groups, lines without a timestamp, points
/// that overwrite one another, and timestamps that look like another unit. A line that cannot be parsed, that gives a
/// field a second type, is too long or (with --rp-duration) too old is refused, with its line number, and the exit code
/// is that of the class (31, 32, 34, 33; 30 for several). An input that is not empty and has no point ends in 31.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files of line protocol, plain, gzip or zstd (told by their first bytes); - is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
    /// Unit of the timestamps: ns, u, ms, s, m or h.
    #[arg(long, value_name = "UNIT", env = "INFLUX_PRECISION", default_value = "ns")]
    precision: Precision,
    /// How long the retention policy keeps points: older ones are refused (33), as a server would do now.
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration)]
    rp_duration: Option<Duration>,
    /// How long a shard group is; default: what servers choose for --rp-duration (7d if that is not given).
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration)]
    shard_duration: Option<Duration>,
    /// Longest line; longer ones are refused.
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = settings::size)]
    max_line: usize,
    /// Take the headers of dumps (# DDL, # DML, # CONTEXT-DATABASE) as comments, as `write` does and `import` does not.
    #[arg(long)]
    no_headers: bool,
    /// Count warnings as errors: lines without a timestamp, points that overwrite one another, another unit (exit code 30).
    #[arg(long)]
    strict: bool,
    /// Add refused lines to this file, each below a comment that says why.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print JSON Lines: refused lines as they are found, the report at the end.
    #[arg(long)]
    json: bool,
}

/// How many refused lines a person is shown.
const SHOWN: u64 = 5;
/// How many measurements a person is shown, and a script.
const MEASUREMENTS: usize = 20;
const MEASUREMENTS_JSON: usize = 1_000;
/// How many fields of a measurement.
const FIELDS: usize = 8;
const FIELDS_JSON: usize = 1_000;
/// Enough to recognize a line by.
const TEXT: usize = 4_096;

impl CheckArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let sources = sources(&self.files, self.rejects.as_deref(), console)?;
        let rejects = self.rejects.as_deref().map(Rejects::open).transpose();
        let rejects = rejects.map_err(|error| Failure::local_io(format!("cannot open the rejects file: {error}")))?;
        let shard_group = self.shard_duration.unwrap_or_else(|| times::shard_group_duration(self.rp_duration));
        let limits = Limits {
            precision: self.precision,
            now: times::now(),
            retention: self.rp_duration.map(times::nanoseconds),
            shard_group: times::nanoseconds(shard_group),
        };
        let consumed = Arc::default();
        let total = sources.iter().map(Source::size).sum::<Option<u64>>();
        let mut check = Check {
            meter: Meter::new(console, total, Arc::clone(&consumed)),
            args: &self,
            console,
            names: sources.iter().map(Source::name).collect(),
            survey: Survey::new(limits),
            targets: Targets::default(),
            statements: 0,
            rejects,
            refused: 0,
            consumed,
            started: Instant::now(),
        };
        for (index, source) in sources.iter().enumerate() {
            check.read(index, source)?;
        }
        check.end(shard_group)
    }
}

/// A check under way.
struct Check<'a> {
    args: &'a CheckArgs,
    console: &'a Console,
    names: Vec<String>,
    survey: Survey,
    /// Where headers say that points belong.
    targets: Targets,
    /// Statements below `# DDL`.
    statements: u64,
    rejects: Option<Rejects>,
    refused: u64,
    consumed: Arc<AtomicU64>,
    meter: Meter<'a>,
    started: Instant,
}

impl Check<'_> {
    fn read(&mut self, index: usize, source: &Source) -> Result<(), Failure> {
        let failed = |error| Failure::local_io(format!("{}: {error}", source.name()));
        let input = source.open(Arc::clone(&self.consumed)).map_err(failed)?;
        let reading = Reading { max_line: self.args.max_line, headers: !self.args.no_headers };
        walk(input, reading, failed, |found, context| {
            self.meter.line();
            match found {
                Found::Point(line) => {
                    let target = self.targets.number(context);
                    match self.survey.take(target, index, &line) {
                        Some(finding) => self.refuse(index, &line, &finding),
                        None => Ok(()),
                    }
                }
                Found::Statement => {
                    self.statements += 1;
                    Ok(())
                }
                Found::Stray(line) => {
                    let finding = self.survey.stray();
                    self.refuse(index, &line, &finding)
                }
            }
        })
    }

    /// `FILE:LINE`.
    fn place(&self, (source, line): (usize, u64)) -> String {
        format!("{}:{line}", one_line(&self.names[source]))
    }

    fn refuse(&mut self, source: usize, line: &Line<'_>, finding: &Finding) -> Result<(), Failure> {
        self.refused += 1;
        let place = self.place((source, line.number));
        let mut reason = finding.reason.clone();
        if let Some(first) = finding.first {
            reason.push_str(&format!(" (first at {})", self.place(first)));
        }
        let text = (!line.text.is_empty()).then_some(line.text);
        if let Some(rejects) = &mut self.rejects {
            rejects
                .add(&place, &reason, text)
                .map_err(|error| Failure::local_io(format!("cannot write to the rejects file: {error}")))?;
        }
        let shown = text.map(|text| String::from_utf8_lossy(&text[..text.len().min(TEXT)]).into_owned());
        if self.args.json {
            return self.console.print_json(&json!({
                "v": 1, "type": "reject", "input": self.names[source], "line": line.number, "byte": line.byte,
                "class": finding.class.id(), "error": reason, "text": shown,
            }));
        }
        let console = self.console;
        self.meter.beside(|| {
            if self.refused <= SHOWN {
                let text = shown.map(|text| format!(": {}", shortened(&one_line(&text), 120))).unwrap_or_default();
                console.say(&format!("refused {place}: {}{text}", one_line(&reason)));
            } else if self.refused == SHOWN + 1 {
                console.say("refused lines beyond these are told by --rejects FILE and --json alone");
            }
        });
        Ok(())
    }

    /// What is worth a look and refuses no line.
    fn warnings(&self) -> Vec<String> {
        let survey = &self.survey;
        let mut warnings = Vec::new();
        if let Some((doubt, at)) = survey.doubt {
            let (text, place) = (doubt.text(), self.place(at));
            let others = match survey.doubtful {
                1 => String::new(),
                count => format!(" ({} like it)", counted(count - 1, "other line is", "other lines are")),
            };
            warnings.push(format!("{place}: {text}{others}"));
        }
        if let Some(at) = survey.first_unstamped {
            let lines = counted(survey.unstamped, "line has", "lines have");
            let place = self.place(at);
            warnings.push(format!(
                "{lines} no timestamp (first {place}): sent twice, they are stored twice; `influx-cli stamp` gives them \
                 times"
            ));
        }
        let merged = self.merged();
        if merged.count > 0 {
            let about = if merged.exact { "" } else { "about " };
            let lines = counted(merged.count, "line has", "lines have");
            warnings.push(format!(
                "{about}{lines} series and time of another line: a server keeps one point of them, with the last value \
                 of each field"
            ));
        }
        if self.targets.is_full() {
            warnings.push("there are too many databases and retention policies to tell them all apart".to_owned());
        }
        if survey.measurements.unchecked > 0 {
            let fields = counted(survey.measurements.unchecked, "field", "fields");
            warnings.push(format!("there are too many names to remember: the types of {fields} were not compared"));
        }
        warnings
    }

    /// How many points with a time lie where another one does.
    fn merged(&self) -> Estimate {
        let stamped = self.survey.good() - self.survey.unstamped;
        let Estimate { count, exact } = self.survey.points.estimate();
        let merged = stamped.saturating_sub(count);
        // An estimate is off by chance: a few per cent mean nothing.
        let count = if exact || merged > stamped / 30 { merged } else { 0 };
        Estimate { count, exact }
    }

    fn class(&self, warnings: usize, consumed: u64) -> Class {
        let classes = self.survey.refused.keys().copied();
        let class = classes.reduce(joined).unwrap_or(Class::Ok);
        if self.survey.read == 0 && consumed > 0 {
            Class::Malformed
        } else if class == Class::Ok && self.args.strict && warnings > 0 {
            Class::Rejected
        } else {
            class
        }
    }

    fn end(mut self, shard_group: Duration) -> Result<Exit, Failure> {
        self.meter.finish();
        let consumed = self.consumed.load(Ordering::Relaxed);
        let warnings = self.warnings();
        let class = self.class(warnings.len(), consumed);
        let rejects = self.rejects.take();
        let path = rejects.as_ref().and_then(Rejects::path).map(ToOwned::to_owned);
        if let Some(rejects) = rejects {
            rejects
                .close()
                .map_err(|error| Failure::local_io(format!("cannot write the rejects file to disk: {error}")))?;
        }
        if self.args.json {
            let mut object = self.object(class, consumed, shard_group);
            object["warnings"] = json!(warnings);
            object["rejects"] = json!(path);
            self.console.print_json(&object)?;
        } else {
            self.console.print(&self.text(consumed, shard_group))?;
        }
        for warning in &warnings {
            self.console.warn(&one_line(warning));
        }
        let refused = self.survey.refused.values().sum::<u64>();
        if self.survey.read == 0 && consumed > 0 {
            report(self.console, Exit::of(class), "the input has no point in it", Some(class.advice().text()));
        } else if refused > 0 {
            let kinds: Vec<String> =
                self.survey.refused.iter().map(|(class, n)| format!("{} {class}", grouped(*n))).collect();
            let points = counted(self.survey.read, "point", "points");
            let at = path.map(|path| format!("; they are in {}", path.display())).unwrap_or_default();
            let message = format!("{} of {points} would be refused: {}{at}", grouped(refused), kinds.join(", "));
            report(self.console, Exit::of(class), &message, Some(class.advice().text()));
        } else if class != Class::Ok {
            report(self.console, Exit::of(class), "warnings count as errors (--strict)", None);
        }
        Ok(Exit::of(class))
    }

    fn text(&self, consumed: u64, shard_group: Duration) -> String {
        let survey = &self.survey;
        let about = |estimate: Estimate| match estimate.exact {
            true => grouped(estimate.count),
            false => format!("about {}", grouped(estimate.count)),
        };
        let mut lines = vec![(
            "points",
            format!("{} in {} ({})", grouped(survey.read), bytes_text(consumed), duration_text(self.started.elapsed())),
        )];
        if self.statements > 0 {
            lines.push(("ddl", counted(self.statements, "statement", "statements")));
        }
        let series = survey.series.estimate();
        lines.push(("series", about(series)));
        if let Some((first, last)) = survey.span {
            lines.push(("time", format!("{} to {}", times::text(first), times::text(last))));
            let more = if survey.more_groups { "more than " } else { "" };
            let groups = counted(survey.groups(), "group", "groups");
            lines.push(("shards", format!("{more}{groups} of {}", period_text(shard_group))));
        }
        let mut text = String::new();
        for (label, value) in lines {
            text.push_str(&format!("{} {value}\n", self.console.painted(&format!("{label:<8}"), Paint::Faint)));
        }
        let list = survey.measurements.list();
        if list.is_empty() {
            return text;
        }
        let mut table = Table::new(&["measurement", "points#", "first", "last", "fields"]);
        for (target, name, measurement) in list.iter().take(MEASUREMENTS) {
            let name = self.targets.get(*target).prefix() + &String::from_utf8_lossy(name);
            let time = |time: Option<i64>| time.map(times::text).unwrap_or_default();
            let fields = self.fields(&measurement.fields);
            let mut shown: Vec<String> =
                fields.iter().take(FIELDS).map(|(name, kind)| format!("{name} {kind}")).collect();
            if fields.len() > FIELDS {
                shown.push(format!("{} more", fields.len() - FIELDS));
            }
            table.row([
                shortened(&one_line(&name), 60),
                grouped(measurement.points),
                time(measurement.span.map(|span| span.0)),
                time(measurement.span.map(|span| span.1)),
                shortened(&one_line(&shown.join(", ")), 72),
            ]);
        }
        text.push('\n');
        text.push_str(&table.text());
        let rest = list.len().saturating_sub(MEASUREMENTS);
        if rest > 0 {
            text.push_str(&format!("and {}\n", counted(rest as u64, "measurement more", "measurements more")));
        }
        if survey.measurements.beyond > 0 {
            text.push_str(&format!("and {} of others\n", counted(survey.measurements.beyond, "point", "points")));
        }
        text
    }

    fn fields<V: Copy>(
        &self,
        fields: &std::collections::HashMap<Box<[u8]>, (influx_client::FieldType, V)>,
    ) -> Vec<(String, &'static str)> {
        let mut list: Vec<_> = fields
            .iter()
            .map(|(name, (kind, _))| (String::from_utf8_lossy(name).into_owned(), kind.as_str()))
            .collect();
        list.sort();
        list
    }

    fn object(&self, class: Class, consumed: u64, shard_group: Duration) -> Value {
        let survey = &self.survey;
        let estimate = |estimate: Estimate| json!({"count": estimate.count, "exact": estimate.exact});
        let list = survey.measurements.list();
        let measurements: Vec<Value> = list
            .iter()
            .take(MEASUREMENTS_JSON)
            .map(|(target, name, measurement)| {
                let target = self.targets.get(*target);
                let fields = self.fields(&measurement.fields);
                let shown: BTreeMap<&str, &str> =
                    fields.iter().take(FIELDS_JSON).map(|(name, kind)| (name.as_str(), *kind)).collect();
                json!({
                    "database": target.database, "rp": target.retention_policy,
                    "name": String::from_utf8_lossy(name), "points": measurement.points,
                    "first": measurement.span.map(|span| times::text(span.0)),
                    "last": measurement.span.map(|span| times::text(span.1)),
                    "fields": shown, "fields_left_out": fields.len().saturating_sub(FIELDS_JSON),
                })
            })
            .collect();
        let refused: BTreeMap<&str, u64> = survey.refused.iter().map(|(class, count)| (class.id(), *count)).collect();
        json!({
            "v": 1, "type": "check", "class": class.id(), "exit": class.exit_code(),
            "inputs": self.names, "input_bytes": consumed, "precision": unit(self.args.precision),
            "points": {
                "read": survey.read, "good": survey.good(), "refused": survey.refused.values().sum::<u64>(),
                "unstamped": survey.unstamped,
            },
            "refused": refused, "statements": self.statements,
            "overwritten": estimate(self.merged()),
            "series": estimate(survey.series.estimate()),
            "time": survey.span.map(|(first, last)| json!({
                "first": times::text(first), "last": times::text(last), "first_ns": first, "last_ns": last,
            })),
            "shard_groups": {
                "count": survey.groups(), "exact": !survey.more_groups, "duration_s": shard_group.as_secs(),
            },
            "unit": survey.doubt.map(|(doubt, (source, line))| json!({
                "lines": survey.doubtful, "input": self.names[source], "line": line, "timestamp": doubt.time,
                "given": unit(doubt.given), "as_given": doubt.as_given(),
                "looks_like": unit(doubt.looks_like), "as_guessed": doubt.as_guessed(),
            })),
            "measurements": measurements,
            "measurements_left_out": list.len().saturating_sub(MEASUREMENTS_JSON),
            "points_of_others": survey.measurements.beyond,
            "fields_not_compared": survey.measurements.unchecked,
            "seconds": (self.started.elapsed().as_secs_f64() * 1e3).round() / 1e3,
        })
    }
}

/// A length of shard groups, which are whole hours or days as a rule.
fn period_text(period: Duration) -> String {
    let seconds = period.as_secs();
    match seconds {
        0 => format!("{period:?}"),
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3_600) => format!("{}h", seconds / 3_600),
        _ => format!("{seconds}s"),
    }
}

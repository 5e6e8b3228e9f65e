//! `verify FILE…`: is everything that a file has on the server?

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use futures::future::join_all;
use influx_client::{Class, HandoffState, Precision, RawLine};
use serde_json::{Map, Value, json};

use super::inputs::sources;
use crate::console::{Console, Paint, Verbosity};
use crate::failure::{Exit, Failure, report};
use crate::input::{Found, Kind, Reading, Source, Target, Targets, walk};
use crate::meter::Meter;
use crate::render::{Table, one_line, shortened};
use crate::settings::{self, counted, grouped};
use crate::target::TargetArgs;
use crate::times;
use crate::verify::{
    Between, Circumstances, Counted, Difference, Expected, NotTaken, Question, Reader, Stretch, Totals, Verdict,
    every_node, policy, verdict,
};

/// Compare files of line protocol with what a server counts, after an import.
///
/// For each measurement, field and stretch of time (--window), the points of the file are counted (lines of one series and
/// time are one point) and the server is asked for its count. Counts, not values, are compared.
///
/// Exit codes: 0, the counts are the same; 11, points are missing (sending the file again does no harm and settles it);
/// 12, points are missing which another replica has, or which wait in hinted handoff (verify again later); 33, only points
/// beyond the retention policy are missing; 30, there are more points than in the file (so that missing ones may hide among
/// them; --allow-extra if others write there too), or lines without a timestamp, which cannot be compared; 31, the file has
/// no point; 10 to 22, the server could not be asked.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Files of line protocol, plain, gzip or zstd (told by their first bytes); - is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    target: TargetArgs,
    /// Database; may be left out where the headers of a dump name it.
    #[arg(short, long, value_name = "DB", env = "INFLUX_DATABASE", help_heading = "Target")]
    database: Option<String>,
    /// Retention policy; the database's default one if left out.
    #[arg(long = "rp", value_name = "RP", env = "INFLUX_RP", help_heading = "Target")]
    retention_policy: Option<String>,
    /// Unit of the timestamps: ns, u, ms, s, m or h.
    #[arg(long, value_name = "UNIT", env = "INFLUX_PRECISION", default_value = "ns", help_heading = "Target")]
    precision: Precision,
    /// Stretch of time that is counted at once; default: the length of a shard group of
    /// --database, else 7d.
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration)]
    window: Option<Duration>,
    /// Ask each data node for itself, so that every replica is compared: a node counts its own copy of what it owns.
    #[arg(long)]
    every_node: bool,
    /// With --every-node: send the credentials to nodes that are not named by -H too, at the addresses that the cluster tells.
    #[arg(long, requires = "every_node")]
    trust_listed_nodes: bool,
    /// More points than in the file are fine: others write to the same measurements.
    #[arg(long)]
    allow_extra: bool,
    /// Memory to tell the points of the file apart; a file in the order of time needs little.
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = settings::size)]
    memory: usize,
    /// Take the headers of dumps (# CONTEXT-DATABASE and the like) as comments, as `write` does and `import` does not.
    #[arg(long)]
    no_headers: bool,
    /// Longest line; longer ones are not compared.
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = settings::size)]
    max_line: usize,
    /// Print JSON Lines: the stretches that differ (with -v all), the sum at the end.
    #[arg(long)]
    json: bool,
}

/// How many different stretches a person is shown.
const SHOWN: usize = 10;

/// What was read of the files.
#[derive(Debug, Default)]
struct Read {
    /// Before decompression.
    bytes: u64,
    lines: u64,
    unstamped: u64,
    /// Cannot be parsed, too long, of a time that cannot be stored, or with a name that is no UTF-8.
    not_compared: u64,
    first_not_compared: Option<(usize, u64)>,
}

impl VerifyArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let started = Instant::now();
        let sources = sources(&self.files, None, console)?;
        if self.target.reads_stdin() && sources.contains(&Source::Stdin) {
            return Err(Failure::Usage("standard input can be read for one purpose only".to_owned()));
        }
        let hosts = self.target.hosts()?;
        let builder = self.target.connection()?.deadline(self.target.timeout);
        let cluster = Reader::cluster(builder.clone(), &hosts)?;
        let client = cluster.client.clone().ok_or_else(|| Failure::Internal("a reader without a client".to_owned()))?;
        let named = self.database.clone().filter(|name| !name.is_empty());
        let default = Target { database: named, retention_policy: self.retention_policy.clone() };
        let shard_group = match &default.database {
            Some(database) => policy(&client, database, default.retention_policy.as_deref()).await?.0,
            None => times::shard_group_duration(None),
        };
        let window = self.window.unwrap_or(shard_group);
        if window.subsec_nanos() != 0 {
            return Err(Failure::Usage("--window has to be whole seconds".to_owned()));
        }
        let width = times::nanoseconds(window);
        let mut readers =
            if self.every_node { every_node(&builder, &hosts, self.trust_listed_nodes).await? } else { vec![cluster] };

        let mut expected = Expected::new(width, self.memory);
        let mut targets = Targets::new(default);
        let read = self.read(&sources, &mut expected, &mut targets, console)?;
        // What is older than this a server does not keep; by target.
        let mut oldest = Vec::new();
        for target in targets.all() {
            // Whether it is there was found out while reading.
            let database = target.database.as_deref().unwrap_or_default();
            let retention = policy(&client, database, target.retention_policy.as_deref()).await?.1;
            oldest.push(retention.map(|retention| times::now().saturating_sub(times::nanoseconds(retention))));
        }
        let mut outcome = Outcome::new(readers.len());
        for index in 0..expected.measurements().len() {
            let measurement = &expected.measurements()[index];
            let target = targets.get(measurement.target);
            let oldest = oldest[measurement.target as usize];
            let database = target.database.as_deref().unwrap_or_default();
            let retention_policy = target.retention_policy.as_deref();
            let question = Question { database, retention_policy, measurement, width };
            let stretches: Vec<Stretch> = expected.stretches(index).collect();
            let found = self.ask(&mut readers, &question, &stretches).await?;
            let names: Vec<&str> = measurement.fields.iter().map(|name| &**name).collect();
            let mut row = Totals::default();
            for stretch in &stretches {
                let beyond = oldest.is_some_and(|oldest| stretch.start.saturating_add(width) <= oldest);
                let alone = readers.len() == 1;
                let one =
                    Compared { target, measurement: &measurement.name, fields: &names, stretch, width, beyond, alone };
                self.compare(&one, &readers, &found, &mut row, &mut outcome, console)?;
            }
            let shown = if targets.all().len() > 1 { target.prefix() } else { String::new() } + &measurement.name;
            outcome.rows.push((shown, expected_points(&stretches), row));
        }

        let handoff = match outcome.totals.missing {
            0 => None,
            _ => Some(client.cluster_settled().await.map_or(HandoffState::Unknown, |handoff| handoff.state())),
        };
        let circumstances = Circumstances {
            allow_extra: self.allow_extra,
            pending: handoff == Some(HandoffState::Pending),
            unstamped: read.unstamped,
            trouble: readers.iter().filter_map(|reader| reader.trouble.as_ref()).map(|trouble| trouble.0).max(),
            any: expected.points().high > 0,
        };
        let nothing = read.bytes == 0;
        let verdict = if nothing { Verdict::Equal } else { verdict(&outcome.totals, &circumstances) };
        let class = verdict.class();
        let end = End { verdict, expected: &expected, read: &read, readers: &readers, handoff, window };
        if self.json {
            let mut object = end.object(&outcome);
            object["inputs"] = json!(sources.iter().map(Source::name).collect::<Vec<_>>());
            object["targets"] = targets
                .all()
                .iter()
                .zip(&oldest)
                .map(|(target, oldest)| {
                    let (database, policy) = (&target.database, &target.retention_policy);
                    json!({"database": database, "rp": policy, "oldest": oldest.map(times::text)})
                })
                .collect();
            object["seconds"] = json!((started.elapsed().as_secs_f64() * 1e3).round() / 1e3);
            console.print_json(&object)?;
        } else {
            console.print(&end.text(&outcome, console))?;
        }
        end.tell(&outcome, &sources, console);
        Ok(Exit::of(class))
    }

    /// Counts the points of the files.
    fn read(
        &self,
        sources: &[Source],
        expected: &mut Expected,
        targets: &mut Targets,
        console: &Console,
    ) -> Result<Read, Failure> {
        let consumed: Arc<AtomicU64> = Arc::default();
        let total = sources.iter().map(Source::size).sum::<Option<u64>>();
        let mut meter = Meter::new(console, total, Arc::clone(&consumed));
        let mut read = Read::default();
        let reading = Reading { max_line: self.max_line, headers: !self.no_headers };
        for (index, source) in sources.iter().enumerate() {
            let failed = |error| Failure::local_io(format!("{}: {error}", source.name()));
            let input = source.open(Arc::clone(&consumed)).map_err(failed)?;
            walk(input, reading, failed, |found, context| {
                meter.line();
                let line = match found {
                    Found::Statement => return Ok(()),
                    Found::Point(line) => line,
                    Found::Stray(line) => {
                        read.leave_out(index, line.number);
                        return Ok(());
                    }
                };
                read.lines += 1;
                let parsed = match line.kind {
                    Kind::Whole => RawLine::parse(line.text).ok(),
                    Kind::Open | Kind::TooLong(_) | Kind::Comment => None,
                };
                let time = match parsed.as_ref().map(RawLine::timestamp) {
                    Some(None) => {
                        read.unstamped += 1;
                        return Ok(());
                    }
                    Some(Some(time)) => times::in_nanoseconds(time, self.precision),
                    None => None,
                };
                let (Some(parsed), Some(time)) = (parsed, time) else {
                    read.leave_out(index, line.number);
                    return Ok(());
                };
                let target = targets.number(context);
                if targets.get(target).database.is_none() {
                    let place = format!("{}:{}", source.name(), line.number);
                    return Err(Failure::Usage(format!("{place}: no header above names a database: give --database")));
                }
                match expected.take(target, &parsed, time) {
                    Ok(()) => Ok(()),
                    Err(NotTaken::Name) => {
                        read.leave_out(index, line.number);
                        Ok(())
                    }
                    Err(NotTaken::TooManyWindows) => Err(Failure::Usage(
                        "the points lie in too many stretches of time to remember: give a longer --window".to_owned(),
                    )),
                }
            })?;
        }
        meter.finish();
        read.bytes = consumed.load(Ordering::Relaxed);
        Ok(read)
    }

    /// What each reader counts. One that fails is not asked again; if it is the only one, that is the end.
    async fn ask(
        &self,
        readers: &mut [Reader],
        question: &Question<'_>,
        stretches: &[Stretch],
    ) -> Result<Vec<BTreeMap<i64, Counted>>, Failure> {
        let asked = join_all(readers.iter_mut().map(|reader| reader.count(question, stretches))).await;
        let mut all = Vec::new();
        for (reader, found) in readers.iter_mut().zip(asked) {
            match found {
                Ok(found) => all.push(found),
                Err(failure) if !self.every_node => return Err(failure),
                Err(failure) => {
                    let Failure::Classed { class, message, .. } = failure else { return Err(failure) };
                    reader.trouble = Some((class, message));
                    reader.client = None;
                    all.push(BTreeMap::new());
                }
            }
        }
        Ok(all)
    }

    /// Holds one stretch against what the readers count.
    fn compare(
        &self,
        one: &Compared<'_>,
        readers: &[Reader],
        found: &[BTreeMap<i64, Counted>],
        row: &mut Totals,
        outcome: &mut Outcome,
        console: &Console,
    ) -> Result<(), Failure> {
        let mut differences = Vec::new();
        for (at, reader) in readers.iter().enumerate().filter(|(_, reader)| reader.client.is_some()) {
            let counts = found[at].get(&one.stretch.start).map_or(&[][..], Vec::as_slice);
            let difference = Difference::of(one.stretch, counts);
            outcome.by_reader[at].add(&[difference], one.beyond);
            if self.json && (!difference.is_equal() || console.verbosity() >= Verbosity::Verbose) {
                console.print_json(&one.object(reader, counts, difference))?;
            }
            if !difference.is_equal() && outcome.different.len() < SHOWN {
                outcome.different.push(one.cells(reader, counts, difference));
            }
            differences.push(difference);
        }
        if !differences.is_empty() {
            row.add(&differences, one.beyond);
            outcome.totals.add(&differences, one.beyond);
        }
        Ok(())
    }
}

impl Read {
    /// Counts a line that is not compared.
    fn leave_out(&mut self, source: usize, line: u64) {
        self.not_compared += 1;
        self.first_not_compared.get_or_insert((source, line));
    }
}

fn expected_points(stretches: &[Stretch]) -> Between {
    stretches.iter().fold(Between::default(), |sum, stretch| Between {
        low: sum.low + stretch.points.low,
        high: sum.high + stretch.points.high,
    })
}

/// One stretch of one measurement.
struct Compared<'a> {
    target: &'a Target,
    measurement: &'a str,
    fields: &'a [&'a str],
    stretch: &'a Stretch,
    width: i64,
    beyond: bool,
    /// Only one reader is asked.
    alone: bool,
}

impl Compared<'_> {
    fn end(&self) -> i64 {
        self.stretch.start.saturating_add(self.width)
    }

    fn object(&self, reader: &Reader, counts: &[u64], difference: Difference) -> Value {
        let fields: Map<String, Value> = self
            .fields
            .iter()
            .zip(&self.stretch.fields)
            .enumerate()
            .map(|(at, (name, expected))| {
                let found = counts.get(at).copied().unwrap_or_default();
                let object = json!({"expected": expected.low, "expected_at_most": expected.high, "found": found});
                ((*name).to_owned(), object)
            })
            .collect();
        json!({
            "v": 1, "type": "window", "database": self.target.database, "rp": self.target.retention_policy,
            "measurement": self.measurement, "node": reader.id, "address": reader.name,
            "start": times::text(self.stretch.start), "end": times::text(self.end()),
            "points": self.stretch.points.low, "points_at_most": self.stretch.points.high,
            "missing": difference.missing, "extra": difference.extra, "uncertain": difference.uncertain,
            "beyond_retention": self.beyond, "fields": fields,
        })
    }

    /// For a table: the field that differs most.
    fn cells(&self, reader: &Reader, counts: &[u64], difference: Difference) -> [String; 7] {
        let found = |at: usize| counts.get(at).copied().unwrap_or_default();
        let off = |at: usize| {
            let Between { low, high } = self.stretch.fields[at];
            low.saturating_sub(found(at)).max(found(at).saturating_sub(high))
        };
        let worst = (0..self.fields.len()).rev().max_by_key(|at| off(*at)).unwrap_or_default();
        let expected = self.stretch.fields.get(worst).copied().unwrap_or_default();
        [
            shortened(&one_line(self.measurement), 40),
            shortened(&one_line(self.fields.get(worst).copied().unwrap_or_default()), 40),
            times::text(self.stretch.start),
            between(expected),
            grouped(found(worst)),
            if difference.uncertain { "cannot tell".to_owned() } else { String::new() },
            if self.alone { String::new() } else { reader_name(reader) },
        ]
    }
}

fn between(Between { low, high }: Between) -> String {
    if low == high { grouped(low) } else { format!("{} to {}", grouped(low), grouped(high)) }
}

fn reader_name(reader: &Reader) -> String {
    match reader.id {
        Some(id) => format!("node {id} ({})", reader.name),
        None => reader.name.clone(),
    }
}

/// What the comparison came to.
struct Outcome {
    totals: Totals,
    by_reader: Vec<Totals>,
    /// Measurement, its points, and what they came to.
    rows: Vec<(String, Between, Totals)>,
    different: Vec<[String; 7]>,
}

impl Outcome {
    fn new(readers: usize) -> Self {
        let by_reader = vec![Totals::default(); readers];
        Self { totals: Totals::default(), by_reader, rows: Vec::new(), different: Vec::new() }
    }
}

/// Everything that the end is told from.
struct End<'a> {
    verdict: Verdict,
    expected: &'a Expected,
    read: &'a Read,
    readers: &'a [Reader],
    handoff: Option<HandoffState>,
    window: Duration,
}

impl End<'_> {
    fn object(&self, outcome: &Outcome) -> Value {
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
            "nodes": nodes,
        })
    }

    fn text(&self, outcome: &Outcome, console: &Console) -> String {
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
    fn tell(&self, outcome: &Outcome, sources: &[Source], console: &Console) {
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
        let missing = || format!("at least {} missing", counted(totals.missing, "point is", "points are"));
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
            Verdict::Unstamped => {
                ("lines without a timestamp cannot be compared".to_owned(), "give them one with `influx-cli stamp`")
            }
            Verdict::Uncertain => ("it cannot be told whether all points are there".to_owned(), "give more --memory"),
            Verdict::Nothing => ("the input has no point in it".to_owned(), Class::Malformed.advice().text()),
            Verdict::NotAsked(class) => {
                let trouble = self.readers.iter().filter_map(|reader| Some((reader, reader.trouble.as_ref()?)));
                let texts: Vec<String> =
                    trouble.map(|(reader, (_, text))| format!("{}: {text}", reader_name(reader))).collect();
                (texts.join("; "), class.advice().text())
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

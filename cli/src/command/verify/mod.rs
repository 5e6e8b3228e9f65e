//! `verify FILE…`: is everything that a file has on the server?

mod counts;
mod end;
mod values;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use influx_client::{HandoffState, Precision, RawLine};
use serde_json::json;

use self::counts::{Compared, Outcome, expected_points};
use self::end::End;
use super::inputs::sources;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::input::{Found, Kind, Reading, Source, Target, Targets, walk};
use crate::meter::Meter;
use crate::settings;
use crate::target::TargetArgs;
use crate::times;
use crate::verify::{
    Circumstances, Expected, NotTaken, Question, Reader, Stretch, Totals, Verdict, every_node, policy, verdict,
};

/// Compare files of line protocol with what a server counts, after an import.
///
/// For each measurement, field and stretch of time (--window), the points of the file are counted (lines of one series and
/// time are one point) and the server is asked for its count. Counts are compared; values too with --values.
///
/// Exit codes: 0, the counts are the same; 11, points are missing (sending the file again does no harm and settles it);
/// 12, points are missing which another replica has, or which wait in hinted handoff (verify again later); 33, only points
/// beyond the retention policy are missing; 30, there are more points than in the file (so that missing ones may hide among
/// them; --allow-extra if others write there too), other values, or lines without a timestamp, which cannot be compared; 31,
/// the file has no point; 10 to 22, the server could not be asked.
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
    /// Compare the values of every point too, on every replica: each point is read back. Takes far longer. Lines that a later
    /// line overwrites differ.
    #[arg(long)]
    values: bool,
    /// With --every-node or --values: send the credentials to nodes that are not named by -H too, at the addresses that the cluster tells.
    #[arg(long)]
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
    /// Of these, lines that a server may have stored.
    beyond_asking: u64,
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
            beyond_asking: read.beyond_asking,
            trouble: readers.iter().filter_map(|reader| reader.trouble.as_ref()).map(|trouble| trouble.0).max(),
            any: expected.points().high > 0,
        };
        let nothing = read.bytes == 0;
        let mut verdict = if nothing { Verdict::Equal } else { verdict(&outcome.totals, &circumstances) };
        let mut values = None;
        if self.values {
            let found = self.compare_values(&client, &sources, &mut targets, &oldest, console)?;
            verdict = found.verdict(verdict);
            values = Some(found);
        }
        let class = verdict.class();
        let end = End { verdict, expected: &expected, read: &read, readers: &readers, handoff, window, values };
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
                if matches!(line.kind, Kind::TooLong(_)) {
                    read.beyond_asking += 1;
                }
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
                        read.beyond_asking += 1;
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
}

impl Read {
    /// Counts a line that is not compared.
    fn leave_out(&mut self, source: usize, line: u64) {
        self.not_compared += 1;
        self.first_not_compared.get_or_insert((source, line));
    }
}

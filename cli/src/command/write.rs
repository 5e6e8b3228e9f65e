//! `write [FILE…|-]`.

use std::fs::File;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use influx_client::{Client, ConsistencyLevel, Gzip, MissingTime, Precision};

use crate::console::{Console, Verbosity};
use crate::failure::{Exit, Failure};
use crate::input::{Dump, Feed, FeedOptions, Rules, Source};
use crate::job::{Ending, Job, Keeping, Progress, ProgressChoice, Rejects, Reporter, Subject, Sum, Teller};
use crate::policy::Tries;
use crate::queries;
use crate::settings;
use crate::signals::{Second, Signals};
use crate::target::TargetArgs;

/// Write line protocol and tell what became of every point.
///
/// Each batch is sent once, unless --retries says otherwise, so that a script can own the policy; only an address that
/// cannot be reached is passed over at once for the next. Where a server refuses some points of a batch, the others are
/// sent again until they are acknowledged, and only the refused ones are reported as such. Lines that cannot be parsed
/// go to the server as they are, whose verdict is then shown; --validate keeps them back. The exit code names the
/// class of what went wrong (`influx-cli explain`), and the counts add up:
/// read = accepted + below level + deferred + rejected + unknown + not stored + unsent.
///
/// A run goes on after a batch that was refused, unanswered or below its level. It ends at once when nothing can be
/// reached (10) or the set-up is wrong (20 to 24), and leaves the rest of the input unread.
#[derive(Clone, Debug, Args)]
pub(crate) struct WriteArgs {
    /// Files of line protocol, plain or gzip (told by their first bytes); - is standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Database.
    #[arg(short, long, value_name = "DB", env = "INFLUX_DATABASE", help_heading = "Target")]
    pub(crate) database: String,
    /// Retention policy; the database's default one if left out.
    #[arg(long = "rp", value_name = "RP", env = "INFLUX_RP", help_heading = "Target")]
    pub(crate) retention_policy: Option<String>,
    /// How many replicas must acknowledge: any, one, quorum or all.
    #[arg(
        short,
        long,
        value_name = "LEVEL",
        env = "INFLUX_CONSISTENCY",
        default_value = "one",
        help_heading = "Target"
    )]
    pub(crate) consistency: ConsistencyLevel,
    /// Unit of the timestamps: ns, u, ms, s, m or h.
    #[arg(long, value_name = "UNIT", env = "INFLUX_PRECISION", default_value = "ns", help_heading = "Target")]
    pub(crate) precision: Precision,
    /// Create the database first, if it does not exist.
    #[arg(long, help_heading = "Target")]
    pub(crate) create_database: bool,
    /// Longest time for the whole run; what is read and not sent by then is unsent.
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration)]
    deadline: Option<Duration>,
    /// Send a batch this often again after classes that allow it, with growing pauses.
    #[arg(long, value_name = "N", env = "INFLUX_RETRIES", default_value_t = 0)]
    retries: u32,
    /// Stop at the first batch that is not acknowledged.
    #[arg(long)]
    fail_fast: bool,
    /// Most points in a request.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    #[arg(help_heading = "Batches")]
    batch_lines: u32,
    /// Most bytes in a request; a line that is longer has one of its own.
    #[arg(long, value_name = "SIZE", default_value = "4MiB", value_parser = settings::size, help_heading = "Batches")]
    batch_bytes: usize,
    /// Longest line; longer ones are refused without being sent.
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = settings::size, help_heading = "Batches")]
    pub(crate) max_line: usize,
    /// Send what there is when the input has been silent for so long.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = settings::duration, help_heading = "Batches")]
    flush_interval: Duration,
    /// Compress requests; LEVEL is 1 (fast) to 9 (small).
    #[arg(long, value_name = "LEVEL", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    #[arg(value_parser = clap::value_parser!(u8).range(1..=9), help_heading = "Batches")]
    gzip: Option<u8>,
    /// Give lines without a timestamp the time at which they are read. Only then can they be sent twice without harm.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, help_heading = "Batches")]
    pub(crate) stamp: Stamp,
    /// Keep back lines that cannot be parsed, instead of asking the server.
    #[arg(long)]
    validate: bool,
    /// Where a batch gives a field a second type, let the server judge that line, in a request of its own. Without this,
    /// such a line is refused unsent: for a field that is new to a shard, replicas that see the two in different order
    /// differ for ever.
    #[arg(long)]
    split_types: bool,
    /// Add refused lines to this file, each below a comment that says why.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Tell the course as JSON Lines on standard output; batches that went well only with -v.
    #[arg(long)]
    json: bool,
    /// Show progress on standard error.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    progress: ProgressChoice,
}

/// Which lines get a timestamp here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stamp {
    /// Those without one, where the precision is fine enough (ns, u): coarser stamps, which must differ from each
    /// other, would run ahead of the clock.
    #[default]
    Auto,
    /// None: the server gives its own time, and nothing that lacks one is sent twice.
    Never,
    /// Those without one, at any precision.
    Always,
}

impl Stamp {
    pub(crate) fn missing_time(self, precision: Precision) -> MissingTime {
        let fine = match precision {
            Precision::Nanoseconds | Precision::Microseconds => true,
            Precision::Milliseconds | Precision::Seconds | Precision::Minutes | Precision::Hours => false,
        };
        match self {
            Self::Always => MissingTime::ClientClock,
            Self::Auto if fine => MissingTime::ClientClock,
            Self::Auto | Self::Never => MissingTime::ServerClock,
        }
    }
}

impl WriteArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let signals = Signals::listen(Second::Leaves).map_err(|error| Failure::Internal(error.to_string()))?;
        let sources = self.sources(console)?;
        Ok(self.write(sources, signals, console, None).await?.exit())
    }

    /// The whole job, from any inputs.
    ///
    /// # Errors
    /// Nothing was sent: the set-up is wrong. Everything later is in the sum.
    pub(crate) async fn write(
        &self,
        sources: Vec<Source>,
        signals: Signals,
        console: &Console,
        import: Option<(Dump, Keeping)>,
    ) -> Result<Sum, Failure> {
        if self.target.timeout <= Duration::from_secs(10) {
            console.warn(
                "a --timeout of 10s or less may end before the server's own write-timeout, and then leaves doubt",
            );
        }
        let client = self.client()?;
        let rejects = self.rejects.as_deref().map(Rejects::open).transpose();
        let rejects = rejects.map_err(|error| Failure::local_io(format!("cannot open the rejects file: {error}")))?;
        self.create_database(&client).await?;
        let input_bytes = sources.iter().map(Source::size).sum::<Option<u64>>();
        let subject = Subject {
            job: job_id(),
            database: self.database.clone(),
            retention_policy: self.retention_policy.clone(),
            level: self.consistency,
            hosts: self.target.hosts()?,
            sources: sources.iter().map(Source::name).collect(),
            input_bytes,
        };
        let rules = Rules {
            precision: self.precision,
            missing_time: self.stamp.missing_time(self.precision),
            validate: self.validate,
            split_types: self.split_types,
            max_lines: self.batch_lines as usize,
            max_bytes: self.batch_bytes,
        };
        let progress = Progress::new(self.progress, input_bytes, console);
        let (dump, keeping) = import.map(|(dump, keeping)| (Some(dump), keeping)).unwrap_or_default();
        let options = FeedOptions { sources, rules, max_line: self.max_line, linger: self.flush_interval, dump };
        let feed = Feed::start(options).map_err(|error| Failure::Internal(error.to_string()))?;
        let every_batch = console.verbosity() >= Verbosity::Verbose;
        let job = Job {
            client: &client,
            feed,
            ending: Ending::new(signals, self.deadline, self.target.timeout),
            fail_fast: self.fail_fast,
            teller: Teller { reporter: Reporter::new(console, self.json, every_batch, subject), progress, rejects },
            keeping,
            sum: Sum::default(),
            over: false,
            late: false,
            warned: false,
        };
        Ok(job.run().await)
    }

    /// The inputs, found to be there before anything is sent.
    pub(crate) fn sources(&self, console: &Console) -> Result<Vec<Source>, Failure> {
        let sources: Vec<Source> = self.files.iter().map(|file| Source::named(file)).collect();
        let stdins = sources.iter().filter(|source| **source == Source::Stdin).count();
        if stdins + usize::from(self.target.reads_stdin()) > 1 {
            return Err(Failure::Usage("standard input can be read for one purpose only".to_owned()));
        }
        if stdins > 0 && std::io::stdin().is_terminal() {
            console.say("reading line protocol from the terminal; Ctrl-D ends it");
        }
        for source in &sources {
            if let Source::File(path) = source {
                let opened = File::open(path).and_then(|file| file.metadata());
                match opened {
                    Ok(metadata) if metadata.is_dir() => {
                        return Err(Failure::local_io(format!("{}: is a directory", path.display())));
                    }
                    Ok(_) => {}
                    Err(error) => return Err(Failure::local_io(format!("{}: {error}", path.display()))),
                }
                if self.rejects.as_ref() == Some(path) {
                    return Err(Failure::Usage("the rejects file is an input as well".to_owned()));
                }
            }
        }
        Ok(sources)
    }

    fn client(&self) -> Result<Client, Failure> {
        let mut builder = self
            .target
            .builder()?
            .database(self.database.clone())
            .consistency(self.consistency)
            .retry(Tries::new(self.retries))
            // Time-outs and retries bound a call here; how long they may take together is not the client's to say.
            .deadline(Duration::from_secs(86_400))
            .gzip(self.gzip.map_or(Gzip::Off, Gzip::Level));
        if let Some(name) = &self.retention_policy {
            builder = builder.retention_policy(name.clone());
        }
        builder.build().map_err(|error| Failure::Usage(error.to_string()))
    }

    /// Creates the database if that was asked for.
    async fn create_database(&self, client: &Client) -> Result<(), Failure> {
        if !self.create_database {
            return Ok(());
        }
        let statement = format!("CREATE DATABASE {}", queries::quoted(&self.database));
        queries::execute(client, &statement).await
    }
}

/// A name for this run, so that events of several runs in one log can be told apart.
pub(crate) fn job_id() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The keys of the standard hasher are random in each process.
    format!("{:08x}", RandomState::new().build_hasher().finish() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_that_would_run_ahead_of_the_clock_need_asking_for() {
        assert_eq!(Stamp::Auto.missing_time(Precision::Nanoseconds), MissingTime::ClientClock);
        assert_eq!(Stamp::Auto.missing_time(Precision::Seconds), MissingTime::ServerClock);
        assert_eq!(Stamp::Always.missing_time(Precision::Seconds), MissingTime::ClientClock);
        assert_eq!(Stamp::Never.missing_time(Precision::Nanoseconds), MissingTime::ServerClock);
    }
}

//! What `write` and `import` have in common: their arguments, and a job made of them.

mod batches;
mod retrying;
mod window;

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use influx_client::{Client, ConsistencyLevel, MissingTime, Precision};

use self::batches::BatchArgs;
use self::retrying::RetryArgs;
pub(crate) use self::window::WindowChoice;
use crate::console::{Console, Verbosity};
use crate::failure::Failure;
use crate::input::{Dump, Feed, FeedOptions, Source};
use crate::job::{
    Ending, Job, JobOptions, Keeping, Manner, MaxRejected, Progress, ProgressChoice, Rejects, Reporter, Subject, Sum,
    SummaryFile, Teller, Tolerance, Traffic,
};
use crate::queries;
use crate::settings;
use crate::signals::Signals;
use crate::target::TargetArgs;

/// What a job writes, where to, and how.
#[derive(Clone, Debug, Args)]
pub(crate) struct JobArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,
    /// Database.
    #[arg(short, long, value_name = "DB", env = "INFLUX_DATABASE", help_heading = "Target")]
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) database: String,
    /// Retention policy; the database's default one if left out.
    #[arg(long = "rp", value_name = "RP", env = "INFLUX_RP", help_heading = "Target")]
    pub(super) retention_policy: Option<String>,
    /// How many replicas must acknowledge: any, one, quorum or all.
    #[arg(
        short,
        long,
        value_name = "LEVEL",
        env = "INFLUX_CONSISTENCY",
        default_value = "one",
        help_heading = "Target"
    )]
    pub(super) consistency: ConsistencyLevel,
    /// Unit of the timestamps: ns, u, ms, s, m or h.
    #[arg(long, value_name = "UNIT", env = "INFLUX_PRECISION", default_value = "ns", help_heading = "Target")]
    pub(super) precision: Precision,
    /// Create the database first, if it does not exist.
    #[arg(long, help_heading = "Target")]
    pub(super) create_database: bool,
    /// Longest time for the whole run; what is read and not sent by then is unsent.
    #[arg(long, value_name = "TIME", value_parser = settings::some_duration, help_heading = "Retries")]
    deadline: Option<Duration>,
    #[command(flatten)]
    pub(super) batches: BatchArgs,
    #[command(flatten)]
    retrying: RetryArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What becomes of lines that cannot be stored.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Refused lines")]
struct DataArgs {
    /// Send lines that cannot be parsed here, too, and let the server judge them.
    #[arg(long)]
    no_validate: bool,
    /// Where a batch gives a field a second type, let the server judge that line, in a request of its own. Without this,
    /// such a line is refused unsent: for a field that is new to a shard, replicas that see the two in different order
    /// differ for ever.
    #[arg(long)]
    split_types: bool,
    /// Add refused lines to this file, each below a comment that says why.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// End the run when more points than this are refused: a number, or a share of the points read such as 1.5%.
    #[arg(long, value_name = "N|P%")]
    max_rejected: Option<MaxRejected>,
    /// Refused points alone do not fail the run, unless there are more than --max-rejected.
    #[arg(long)]
    allow_rejected: bool,
    /// Where a server refuses points without naming them, do not search for them with more requests.
    #[arg(long)]
    no_bisect: bool,
    /// Stop at the first batch that is not acknowledged.
    #[arg(long)]
    fail_fast: bool,
}

/// How the course of the job is told.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// Tell the course as JSON Lines on standard output; batches that went well only with -v.
    #[arg(long)]
    json: bool,
    /// Show progress on standard error.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    progress: ProgressChoice,
    /// Write the summary to this file, as one JSON object.
    #[arg(long, value_name = "FILE")]
    summary_file: Option<PathBuf>,
}

/// What a command does where the command line says nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    pub(crate) in_flight: u16,
    pub(crate) retry_budget: Duration,
    pub(crate) window: WindowChoice,
}

impl Defaults {
    /// Of `write`: each batch once, one after the other, so that a script can own the policy.
    pub(crate) const WRITE: Self = Self { in_flight: 1, retry_budget: Duration::ZERO, window: WindowChoice::Off };

    /// Of `import`: several at once, each tried again while that may help.
    pub(crate) const IMPORT: Self =
        Self { in_flight: 4, retry_budget: Duration::from_secs(300), window: WindowChoice::Auto };
}

impl JobArgs {
    /// The whole job, from any inputs.
    ///
    /// # Errors
    /// Nothing was sent: the set-up is wrong. Everything later is in the sum.
    pub(crate) async fn run(
        &self,
        sources: Vec<Source>,
        defaults: Defaults,
        signals: Signals,
        console: &Console,
        stamp_from: Option<i64>,
        import: Option<(Dump, Keeping)>,
    ) -> Result<Sum, Failure> {
        if self.target.timeout <= Duration::from_secs(10) {
            console.warn(
                "a --timeout of 10s or less may end before the server's own write-timeout, and then leaves doubt",
            );
        }
        let traffic = Arc::new(Traffic::new(self.batches.in_flight.unwrap_or(defaults.in_flight).into()));
        let client = self.client(&traffic, defaults)?;
        let rejects = self.data.rejects.as_deref().map(Rejects::open).transpose();
        let rejects = rejects.map_err(|error| Failure::local_io(format!("cannot open the rejects file: {error}")))?;
        let summary_file = self.output.summary_file.as_deref().map(SummaryFile::open).transpose();
        let summary_file =
            summary_file.map_err(|error| Failure::local_io(format!("cannot open the summary file: {error}")))?;
        if let Err(failure) = self.create_database(&client).await {
            summary_file.into_iter().for_each(SummaryFile::forget);
            return Err(failure);
        }
        let window = self.batches.window.unwrap_or(defaults.window);
        // A dump names its databases itself.
        let window = if self.database.is_empty() { WindowChoice::Off } else { window };
        let window = window.resolve(&client, &self.database, self.retention_policy.as_deref(), console).await;
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
        let progress = Progress::new(self.output.progress, input_bytes, console);
        let mut rules = self.batches.rules(self.precision, !self.data.no_validate, self.data.split_types);
        // Another run may read the same lines again.
        rules.stamped_only = stamp_from.is_some() || import.as_ref().is_some_and(|(_, keeping)| keeping.is_kept());
        let (dump, keeping) = import.map(|(dump, keeping)| (Some(dump), keeping)).unwrap_or_default();
        let stamps = rules.missing_time == MissingTime::ClientClock;
        let base_time =
            stamp_from.filter(|_| stamps).map(|nanoseconds| nanoseconds.div_euclid(self.precision.nanoseconds()));
        let (max_line, linger) = (self.batches.max_line, self.batches.flush_interval);
        let feed = Feed::start(FeedOptions { sources, rules, max_line, linger, base_time, dump });
        let feed = feed.map_err(|error| Failure::Internal(error.to_string()))?;
        let every_batch = console.verbosity() >= Verbosity::Verbose;
        let reporter = Reporter::new(console, self.output.json, every_batch, subject);
        let ending = Ending::new(signals, self.deadline, self.target.timeout);
        let teller = Teller { reporter, progress, rejects, summary_file };
        let options = JobOptions {
            fail_fast: self.data.fail_fast,
            tolerance: Tolerance {
                below_level: self.retrying.on_below_level,
                max_rejected: self.data.max_rejected,
                allow_rejected: self.data.allow_rejected,
            },
            throttle: self.batches.throttle(),
            manner: Manner { window, no_bisect: self.data.no_bisect },
        };
        Ok(Job::new(&client, traffic, feed, ending, teller, options).keeping(keeping).run().await)
    }

    /// The inputs, found to be there before anything is sent.
    ///
    /// # Errors
    /// One of them cannot be read, or standard input is wanted twice.
    pub(crate) fn sources(&self, files: &[PathBuf], console: &Console) -> Result<Vec<Source>, Failure> {
        let sources: Vec<Source> = files.iter().map(|file| Source::named(file)).collect();
        let stdins = sources.iter().filter(|source| **source == Source::Stdin).count();
        if stdins + usize::from(self.target.reads_stdin()) > 1 {
            return Err(Failure::Usage("standard input can be read for one purpose only".to_owned()));
        }
        if stdins > 0 && std::io::stdin().is_terminal() {
            console.say("reading line protocol from the terminal; Ctrl-D ends it");
        }
        for source in &sources {
            if let Source::File(path) = source {
                // A pipe is opened once: its writer would take a second look for the end.
                let opened = path.metadata().and_then(|data| match data.is_file() {
                    true => File::open(path).map(|_| data),
                    false => Ok(data),
                });
                match opened {
                    Ok(metadata) if metadata.is_dir() => {
                        return Err(Failure::local_io(format!("{}: is a directory", path.display())));
                    }
                    Ok(_) => {}
                    Err(error) => return Err(Failure::local_io(format!("{}: {error}", path.display()))),
                }
                let is_input =
                    |output: &Option<PathBuf>| output.as_deref().is_some_and(|output| same_file(output, path));
                if is_input(&self.data.rejects) || is_input(&self.output.summary_file) {
                    return Err(Failure::Usage(format!("{} is an input and an output as well", path.display())));
                }
            }
        }
        Ok(sources)
    }

    /// The files that are written to.
    pub(super) fn outputs(&self) -> impl Iterator<Item = &Path> {
        [&self.data.rejects, &self.output.summary_file].into_iter().filter_map(Option::as_deref)
    }

    fn client(&self, traffic: &Arc<Traffic>, defaults: Defaults) -> Result<Client, Failure> {
        let mut builder = self
            .target
            .builder()?
            .database(self.database.clone())
            .consistency(self.consistency)
            .retry(self.retrying.tries(defaults.retry_budget))
            // Time-outs and retries bound a call here; how long they may take together is not the client's to say.
            .deadline(Duration::from_secs(86_400))
            .observer(Arc::clone(traffic))
            .gzip(self.batches.gzip());
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

/// Whether two paths lead to one file, by whatever names.
pub(super) fn same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Ok(_) | Err(_), _) => one == other,
    }
}

/// A name for this run, so that events of several runs in one log can be told apart.
pub(super) fn job_id() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The keys of the standard hasher are random in each process.
    format!("{:08x}", RandomState::new().build_hasher().finish() as u32)
}

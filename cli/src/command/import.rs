//! `import FILE…`: `write` with a journal, so that a run that ended early can be gone on with.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::builder::StringValueParser;
use clap::{Arg, Args};
use influx_client::MissingTime;

use super::job::{Defaults, JobArgs, job_id, same_file};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::input::{Dump, Source};
use crate::job::Keeping;
use crate::journal::{self, Begin, Choice, Header, Identity, Journal, Settings};
use crate::settings::counted;
use crate::signals::{Second, Signals};

/// Write files of line protocol, and go on where an earlier run left off.
///
/// As `write`, with a journal of what needs no more sending: acknowledged, refused for good, or taken into hinted handoff.
/// After a signal, a crash or a failure, --resume sends the rest and nothing else but what was under way; batches that
/// failed (10 to 15) are sent again, behind what came after them: where the input gives one series and time two values,
/// either may be the last. With --fail-fast nothing is sent behind a failed batch, and the order is that of the input. Lines
/// without a timestamp get the same time in each run, from their place in the input. The number of refused points is kept:
/// the run that finishes the job still ends in 3x if there were any.
///
/// Dumps of `influx_inspect export` are understood: statements below `# DDL` are run, and `# CONTEXT-DATABASE:` and
/// `# CONTEXT-RETENTION-POLICY:` say where the points below them go. A file without headers is plain line protocol.
#[derive(Clone, Debug, Args)]
// From `write`, where it must be given.
#[command(mut_arg("database", optional))]
pub(crate) struct ImportArgs {
    /// Files of line protocol, with the headers of a dump or without, plain, gzip or zstd; - is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    write: JobArgs,
    /// Where to keep the journal: auto is a file of its own for these inputs and this target (`influx-cli journal`), and
    /// none for standard input.
    #[arg(long, value_name = "FILE|auto|off", default_value = "auto", help_heading = "Resume")]
    journal: Choice,
    /// Go on where the last run left off; from the start if there was none. Standard input must begin behind what is settled.
    #[arg(long, conflicts_with = "restart", help_heading = "Resume")]
    resume: bool,
    /// Forget what an earlier run has settled, and send everything.
    #[arg(long, help_heading = "Resume")]
    restart: bool,
}

const DATABASE: &str = "Database for what stands above the first `# CONTEXT-DATABASE:` of a dump";

/// A dump names its databases itself, so that here none is a value too.
fn optional(database: Arg) -> Arg {
    let any = StringValueParser::new();
    database.required(false).default_value("").hide_default_value(true).value_parser(any).help(DATABASE)
}

impl ImportArgs {
    pub(crate) async fn run(self, console: &Console) -> Result<Exit, Failure> {
        let signals = Signals::listen(Second::Leaves).map_err(|error| Failure::Internal(error.to_string()))?;
        if self.write.database.is_empty() && self.write.create_database {
            return Err(Failure::Usage("--create-database needs the name of a database: give --database".to_owned()));
        }
        let sources = self.write.sources(&self.files, console)?;
        let (dump, keeping) = self.begin(&sources, console)?;
        Ok(self.write.run(sources, Defaults::IMPORT, signals, console, None, Some((dump, keeping))).await?.exit())
    }

    /// Opens the journal and finds where to begin.
    fn begin(&self, sources: &[Source], console: &Console) -> Result<(Dump, Keeping), Failure> {
        let identities = sources.iter().map(|source| {
            Identity::of(source).map_err(|error| Failure::local_io(format!("{}: {error}", source.name())))
        });
        let inputs: Vec<Identity> = identities.collect::<Result<_, _>>()?;
        let header = self.header(inputs)?;
        let Some(path) = self.path(&header, sources)? else {
            return Ok((Dump::default(), Keeping::default()));
        };
        let begin = match (self.resume, self.restart) {
            (true, _) => Begin::Resume,
            (false, true) => Begin::Restart,
            (false, false) => Begin::New,
        };
        let journal = Journal::open(&path, header, sources, begin)?;
        console.detail(&format!("the journal is {}", path.display()));
        let (state, settled) = (journal.state(), journal.earlier().all());
        if settled > 0 && state.is_finished() {
            console.say("nothing left: an earlier run has finished this import");
        } else if settled > 0 {
            console.say(&format!("going on: {} are settled", counted(settled, "point", "points")));
        }
        let stamps = self.write.batches.stamp.missing_time(self.write.precision) == MissingTime::ClientClock;
        let unit = self.write.precision.nanoseconds();
        let dump =
            Dump { starts: journal.starts(), base_time: stamps.then(|| state.header.base_time.div_euclid(unit)) };
        let stream = sources.iter().any(|source| !source.is_file());
        Ok((dump, Keeping::with(journal, resume_command(std::env::args_os()), stream)))
    }

    fn header(&self, inputs: Vec<Identity>) -> Result<Header, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let write = &self.write;
        let settings = Settings {
            database: Some(write.database.clone()).filter(|name| !name.is_empty()),
            rp: write.retention_policy.clone(),
            precision: write.precision.to_string(),
            consistency: write.consistency.to_string(),
            stamp: format!("{:?}", write.batches.stamp).to_lowercase(),
            max_line: write.batches.max_line as u64,
        };
        Ok(Header {
            v: journal::VERSION,
            job: job_id(),
            created: i64::try_from(now.as_secs()).unwrap_or(i64::MAX),
            base_time: i64::try_from(now.as_nanos()).unwrap_or(i64::MAX),
            settings,
            hosts: write.target.hosts()?,
            inputs,
        })
    }

    /// The file of the journal, if one is kept.
    fn path(&self, header: &Header, sources: &[Source]) -> Result<Option<PathBuf>, Failure> {
        let stream = sources.iter().find(|source| !source.is_file());
        let flag = if self.resume { "--resume" } else { "--restart" };
        match (&self.journal, stream) {
            (Choice::File(_), Some(stream)) if sources.len() > 1 => Err(Failure::Usage(format!(
                "{} can be read only once: with a journal it must be the only input",
                stream.name()
            ))),
            (Choice::File(path), _) => {
                let inputs = self.files.iter().map(PathBuf::as_path);
                if let Some(other) = inputs.chain(self.write.outputs()).find(|other| same_file(path, other)) {
                    let other = other.display();
                    return Err(Failure::Usage(format!("{other} is the journal and something else as well")));
                }
                Ok(Some(path.clone()))
            }
            (Choice::Off, _) if self.resume || self.restart => {
                Err(Failure::Usage(format!("{flag} needs a journal, and --journal off keeps none")))
            }
            (Choice::Auto, Some(stream)) if self.resume || self.restart => Err(Failure::Usage(format!(
                "{flag} needs a journal, and {} has none of its own: give --journal FILE",
                stream.name()
            ))),
            (Choice::Off, _) | (Choice::Auto, Some(_)) => Ok(None),
            (Choice::Auto, None) => {
                let directory = journal::directory().map_err(Failure::Usage)?;
                let path = directory.join(journal::file_name(&header.inputs, &header.settings));
                journal::make_directory(&directory).map_err(|error| journal::unusable(&path, &error))?;
                Ok(Some(path))
            }
        }
    }
}

/// The command line of this process, with `--resume`, as a shell reads it. No secret is ever an argument.
fn resume_command(arguments: impl Iterator<Item = OsString>) -> String {
    let mut words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    words.retain(|word| word != "--restart");
    if !words.iter().any(|word| word == "--resume") {
        // What is behind `--` is a file, whatever it looks like.
        let at = words.iter().position(|word| word == "--").unwrap_or(words.len());
        words.insert(at, "--resume".to_owned());
    }
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// A word as every POSIX shell reads it.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> String {
        resume_command(words.iter().map(OsString::from))
    }

    #[test]
    fn the_command_to_resume_with_is_the_one_that_was_given() {
        assert_eq!(command(&["influx-cli", "import", "a.lp"]), "influx-cli import a.lp --resume");
        assert_eq!(command(&["./influx-cli", "import", "--resume", "a.lp"]), "./influx-cli import --resume a.lp");
        assert_eq!(command(&["influx-cli", "import", "a.lp", "--restart"]), "influx-cli import a.lp --resume");
        assert_eq!(command(&["influx-cli", "import", "--", "-a.lp"]), "influx-cli import --resume -- -a.lp");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        let words = ["influx-cli", "import", "my file.lp", "it's", "", "$HOME", "a\nb", "-d", "db"];
        assert_eq!(command(&words), "influx-cli import 'my file.lp' 'it'\\''s' '' '$HOME' 'a\nb' -d db --resume");
    }
}

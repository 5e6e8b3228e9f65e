//! A job's journal while the job runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use influx_client::Class;

use super::file::{FileError, JournalFile};
use super::record::{Header, Identity, Points, Record, Tail, encode};
use super::state::{BadJournal, State};
use super::syncer::Syncer;
use crate::failpoint;
use crate::failure::Failure;
use crate::input::{Source, Start, Stretch};
use crate::settings::counted;

/// What a run makes of a journal that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Goes on where the last run left off; from the start if there was none.
    Resume,
    /// Forgets it.
    Restart,
    /// Begins, unless that would forget what an unfinished run has settled.
    New,
}

/// A journal of this many bytes may be kept as it is: below it there is nothing to gain.
const COMPACT_FROM: u64 = 64 * 1024;
/// How often the place reached is described so that it can be found again.
const TAIL_INTERVAL: Duration = Duration::from_secs(10);

/// A journal that is kept.
#[derive(Debug)]
pub(crate) struct Journal {
    file: JournalFile,
    state: State,
    syncer: Option<Syncer>,
    /// No run before has settled anything.
    is_first: bool,
    /// Points that earlier runs have settled.
    earlier: Points,
    /// The paths of plain files, by input: only of these can a tail be read.
    plain: Vec<Option<PathBuf>>,
    tail_written: Instant,
    compact_at: u64,
    /// Why nothing more is written to it.
    trouble: Option<String>,
}

impl Journal {
    /// Opens the journal of a job, or begins one.
    ///
    /// # Errors
    /// It cannot be used, or is not this job's, or the inputs have changed, or it is another run's to finish.
    pub(crate) fn open(path: &Path, header: Header, sources: &[Source], begin: Begin) -> Result<Self, Failure> {
        let (mut file, bytes) = JournalFile::open(path).map_err(|error| unusable(path, &error))?;
        let found = match (State::read(&bytes), begin) {
            (Err(bad @ BadJournal::Foreign), _) => return Err(bad_journal(path, &bad)),
            (Err(_), Begin::Restart) => None,
            (Err(bad), Begin::Resume | Begin::New) => return Err(bad_journal(path, &bad)),
            (Ok(found), _) => found,
        };
        let goes_on = match (&found, begin) {
            (None, _) | (_, Begin::Restart) => false,
            (Some(_), Begin::Resume) => true,
            (Some((state, _)), Begin::New) if state.is_finished() => false,
            (Some((state, _)), Begin::New) if state.is_untouched() => {
                // Nothing to lose. What was sent and not answered gets the same stamps if it is the same job.
                differences(&state.header, &header).is_none()
            }
            (Some((state, _)), Begin::New) => return Err(unfinished(path, state)),
        };
        let state = match found.filter(|_| goes_on) {
            Some((state, held)) => {
                if let Some(difference) = differences(&state.header, &header) {
                    return Err(other_job(path, &difference));
                }
                check_tails(&state, sources)?;
                file.cut(held as u64).map_err(|error| unusable(path, &error))?;
                state
            }
            None => {
                let state = State::new(header);
                let first = encode(&Record::Journal(state.header.clone())).map_err(internal)?;
                file.replace(&first).map_err(|error| unusable(path, &error))?;
                state
            }
        };
        let syncer = Syncer::start(file.file()).map_err(internal)?;
        let plain = |source: &Source| match source {
            Source::File(path) if source.is_file() && !source.is_compressed() => Some(path.clone()),
            Source::File(_) | Source::Stdin | Source::Embedded(..) => None,
        };
        Ok(Self {
            compact_at: COMPACT_FROM,
            is_first: state.is_untouched(),
            earlier: state.points.clone(),
            plain: sources.iter().map(plain).collect(),
            file,
            state,
            syncer: Some(syncer),
            tail_written: Instant::now(),
            trouble: None,
        })
    }

    /// What it says.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Whether no run before has settled anything, a statement neither.
    pub(crate) fn is_first(&self) -> bool {
        self.is_first
    }

    /// Points that earlier runs have settled.
    pub(crate) fn earlier(&self) -> &Points {
        &self.earlier
    }

    /// Why it is no longer kept: nothing more is settled then.
    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Where to begin in each input.
    pub(crate) fn starts(&self) -> Vec<Start> {
        let start = |input: &super::record::InputProgress| Start {
            mark: input.settled.mark().clone(),
            settled: input.settled.beyond().iter().map(|stretch| (stretch.from, stretch.to.byte)).collect(),
            done: input.end.as_ref().filter(|_| input.is_done()).map(|end| end.line),
            first_line: input.head.clone().filter(|_| input.settled.mark().byte > 0),
        };
        self.state.inputs.iter().map(start).collect()
    }

    /// A stretch needs no more sending.
    pub(crate) fn settle(&mut self, stretch: &Stretch, points: Points) {
        failpoint::pass("before-journal");
        let Stretch { source, from, to } = stretch.clone();
        self.write(&Record::Settled { input: source, from, to, points });
        if self.tail_written.elapsed() >= TAIL_INTERVAL {
            self.write_tails();
        }
        if self.file.length() >= self.compact_at {
            self.compact();
        }
    }

    /// A statement was run. What follows may be sent only after this is on the disk: a later run must not repeat it then.
    pub(crate) fn settle_statement(&mut self, stretch: &Stretch) {
        self.settle(stretch, Points::default());
        if self.trouble.is_none()
            && let Err(error) = self.file.sync()
        {
            self.trouble = Some(error.to_string());
        }
    }

    /// An input was read to its end.
    pub(crate) fn end(&mut self, stretch: &Stretch) {
        if stretch.to.byte > stretch.from {
            self.settle(stretch, Points::default());
        }
        self.write(&Record::End { input: stretch.source, at: stretch.to.clone() });
    }

    /// Notes how the first line of a stream reads.
    pub(crate) fn first_line(&mut self, input: usize, hash: String) {
        self.write(&Record::Head { input, hash });
    }

    /// Brings all of it to the disk and gives it up; what is then known of the job.
    ///
    /// # Errors
    /// What was added last may not be on the disk.
    pub(crate) fn close(mut self) -> (State, Result<(), String>) {
        self.write_tails();
        if self.state.is_finished() && self.file.length() > COMPACT_FROM {
            // Nobody adds to it any more, and it may stay for long.
            self.compact();
        }
        let failed = self.syncer.take().and_then(Syncer::stop);
        if let Some(why) = failed.filter(|_| self.trouble.is_none()) {
            self.trouble = Some(why);
        }
        let closed = match self.trouble.take() {
            Some(why) => Err(why),
            None => self.file.sync().map_err(|error| error.to_string()),
        };
        failpoint::pass("closed");
        (self.state, closed)
    }

    fn write(&mut self, record: &Record) {
        if self.trouble.is_some() {
            return;
        }
        let written = match encode(record) {
            Ok(line) => self.file.append(&line).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(why) = written {
            self.trouble = Some(why);
            return;
        }
        let sound = self.state.apply(record);
        debug_assert!(sound, "{record:?}");
        self.trouble = self.syncer.as_ref().and_then(Syncer::written);
    }

    fn write_tails(&mut self) {
        self.tail_written = Instant::now();
        for input in 0..self.plain.len() {
            let at = self.state.mark(input).map_or(0, |mark| mark.byte);
            let known = self.state.inputs.get(input).and_then(|input| input.tail.as_ref()).map_or(0, |tail| tail.at);
            if let Some(path) = self.plain[input].clone().filter(|_| at > known) {
                // A file that cannot be read now is told of by who reads it for its points.
                if let Ok(tail) = Tail::of(&path, at) {
                    self.write(&Record::Tail { input, tail });
                }
            }
        }
    }

    fn compact(&mut self) {
        if self.trouble.is_some() {
            return;
        }
        let replaced = match self.state.compact() {
            Ok(bytes) => self.file.replace(&bytes).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match replaced {
            Ok(()) => {
                if let Some(syncer) = &self.syncer {
                    syncer.replaced(self.file.file());
                }
                self.compact_at = COMPACT_FROM.max(2 * self.file.length());
            }
            Err(why) => self.trouble = Some(why),
        }
    }
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::Internal(error.to_string())
}

fn refusal(message: String, hint: &str) -> Failure {
    Failure::Classed { class: Class::Journal, message, hint: hint.to_owned() }
}

/// The failure of a command by a journal's file.
pub(crate) fn unusable(path: &Path, error: &FileError) -> Failure {
    let hint = match error {
        FileError::InUse => "wait for the run that has it, or end it",
        FileError::Unsafe(_) => "give --journal FILE another name, in a directory of your own",
        FileError::Io(..) => "give --journal FILE a place that can be written to, or --journal off",
    };
    refusal(format!("the journal {} cannot be used: {error}", path.display()), hint)
}

/// The failure of a command by a journal's content.
pub(crate) fn bad_journal(path: &Path, bad: &BadJournal) -> Failure {
    let path = path.display();
    match bad {
        BadJournal::Foreign => {
            refusal(format!("{path} is no journal, and stays as it is"), "give --journal another file")
        }
        BadJournal::Damaged { line, why } => refusal(
            format!("the journal {path} is damaged in line {line}: {why}"),
            "--restart sends everything again, which is harmless for lines that carry their time",
        ),
        BadJournal::Version(version) => refusal(
            format!("the journal {path} has format {version}, which this version of influx-cli does not know"),
            "finish the job with the version that began it, or send everything again with --restart",
        ),
    }
}

fn unfinished(path: &Path, state: &State) -> Failure {
    let settled = counted(state.points.all(), "point", "points");
    let inputs: Vec<&str> = state.header.inputs.iter().map(|input| input.path.as_str()).collect();
    let inputs = inputs.join(" ");
    refusal(
        format!("an earlier import of {inputs} is not finished: {settled} of it are settled ({})", path.display()),
        "--resume sends the rest, --restart forgets it and sends everything again",
    )
}

fn other_job(path: &Path, difference: &str) -> Failure {
    refusal(
        format!("{difference} (journal {})", path.display()),
        "--resume needs the input and the settings that the import began with; --restart forgets it and sends everything again",
    )
}

/// What sets the job that was begun apart from the one that is asked for.
fn differences(before: &Header, now: &Header) -> Option<String> {
    let shown = |value: &Option<String>| value.as_deref().unwrap_or("none").to_owned();
    let (was, is) = (&before.settings, &now.settings);
    let settings = [
        ("--database", shown(&was.database), shown(&is.database)),
        ("--rp", shown(&was.rp), shown(&is.rp)),
        ("--precision", was.precision.clone(), is.precision.clone()),
        ("--consistency", was.consistency.clone(), is.consistency.clone()),
        ("--stamp", was.stamp.clone(), is.stamp.clone()),
        ("--max-line", was.max_line.to_string(), is.max_line.to_string()),
    ];
    if let Some((name, was, is)) = settings.into_iter().find(|(_, was, is)| was != is) {
        return Some(format!("the import was begun with {name} {was}, not {is}"));
    }
    // Another node of the cluster is the same target; none of those before is another cluster, as far as can be told.
    if !before.hosts.is_empty() && !now.hosts.is_empty() && !before.hosts.iter().any(|host| now.hosts.contains(host)) {
        return Some(format!(
            "the import was begun with --host {}, of which none is given now",
            before.hosts.join(",")
        ));
    }
    if before.inputs.len() != now.inputs.len() {
        let inputs = |count: usize| counted(count as u64, "input", "inputs");
        return Some(format!(
            "the import was begun with {}, not {}",
            inputs(before.inputs.len()),
            inputs(now.inputs.len())
        ));
    }
    before.inputs.iter().zip(&now.inputs).find_map(|(was, is): (&Identity, &Identity)| {
        if was.path != is.path {
            return Some(format!("the import was begun with {}, not {}", was.path, is.path));
        }
        is.change_since(was).map(|change| format!("{} has changed since the import began: {change}", is.path))
    })
}

/// Finds that what is settled reads as it did.
fn check_tails(state: &State, sources: &[Source]) -> Result<(), Failure> {
    for (input, source) in state.inputs.iter().zip(sources) {
        let (Some(tail), Source::File(path)) = (&input.tail, source) else { continue };
        let now = Tail::of(path, tail.at);
        let now = now.map_err(|error| Failure::local_io(format!("{}: {error}", path.display())))?;
        if now != *tail {
            return Err(refusal(
                format!("{} has changed since the import began: what is settled reads otherwise", path.display()),
                "--restart forgets the journal and sends everything again",
            ));
        }
    }
    Ok(())
}

//! `journal list|show|rm`: what imports have left to do.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};
use influx_client::Class;
use serde_json::{Value, json};

use crate::console::{Console, Paint};
use crate::failure::{Exit, Failure};
use crate::journal::{self, Identity, State};
use crate::render::{Table, one_line};
use crate::settings::{bytes_text, counted, duration_text, grouped};

/// Show what imports have settled and what is left of them, and remove the journals of those that are of no use any more.
#[derive(Debug, Args)]
pub(crate) struct JournalArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the journals that were not given a place of their own.
    List {
        /// One JSON object a journal, on standard output.
        #[arg(long)]
        json: bool,
    },
    /// Show a journal: what is settled of each input.
    Show {
        /// A journal's file or its name in the list, or an input of the import.
        #[arg(value_name = "JOURNAL|INPUT", required = true)]
        names: Vec<PathBuf>,
        /// One JSON object a journal, on standard output.
        #[arg(long)]
        json: bool,
    },
    /// Remove journals: a next import of their inputs sends everything again.
    Rm {
        /// Journals, or inputs of imports.
        #[arg(value_name = "JOURNAL|INPUT", required_unless_present = "finished")]
        names: Vec<PathBuf>,
        /// Those of imports that are finished, of all that are listed.
        #[arg(long, conflicts_with = "names")]
        finished: bool,
    },
}

/// A journal that was found.
struct Found {
    path: PathBuf,
    in_use: bool,
    /// What it says, or why it says nothing.
    content: Result<Option<State>, Failure>,
    modified: Option<SystemTime>,
}

impl JournalArgs {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        match self.verb {
            Verb::List { json } => list(console, json),
            Verb::Show { names, json } => show(console, &names, json),
            Verb::Rm { finished: true, .. } => remove_finished(console),
            Verb::Rm { names, finished: false } => remove(console, &names),
        }
    }
}

impl Found {
    fn at(path: &Path) -> Self {
        let content = match journal::read(path) {
            Ok(bytes) => match State::read(&bytes) {
                Ok(state) => Ok(state.map(|(state, _)| state)),
                Err(bad) => Err(journal::bad_journal(path, &bad)),
            },
            Err(error) => Err(journal::unusable(path, &error)),
        };
        let modified = path.metadata().and_then(|found| found.modified()).ok();
        Self { path: path.to_owned(), in_use: journal::is_in_use(path), content, modified }
    }

    fn state(&self) -> Option<&State> {
        self.content.as_ref().ok()?.as_ref()
    }

    fn word(&self) -> &'static str {
        match &self.content {
            _ if self.in_use => "running",
            Err(_) => "unreadable",
            Ok(None) => "empty",
            Ok(Some(state)) if state.is_finished() => "finished",
            Ok(Some(_)) => "unfinished",
        }
    }

    fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn age(&self) -> Option<Duration> {
        SystemTime::now().duration_since(self.modified?).ok()
    }

    fn object(&self) -> Value {
        let mut object = json!({
            "v": 1, "type": "journal", "journal": self.path.display().to_string(), "state": self.word(),
            "modified": self.modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs()),
        });
        match &self.content {
            Err(failure) => object["error"] = json!(failure.message()),
            Ok(None) => {}
            Ok(Some(state)) => {
                let header = &state.header;
                object["job"] = json!(header.job);
                object["created"] = json!(header.created);
                object["settings"] = json!(header.settings);
                object["hosts"] = json!(header.hosts);
                object["points"] = json!({
                    "settled": state.points.all(), "accepted": state.points.accepted,
                    "below_level": state.points.below_level, "deferred": state.points.deferred,
                    "rejected": state.points.rejected(), "rejected_by_class": state.points.rejected,
                });
                object["inputs"] = header.inputs.iter().zip(&state.inputs).map(input_object).collect();
            }
        }
        object
    }
}

fn input_object((identity, progress): (&Identity, &journal::InputProgress)) -> Value {
    let mark = progress.settled.mark();
    let beyond = progress.settled.beyond().iter().map(|stretch| json!([stretch.from, stretch.to.byte]));
    json!({
        "path": identity.path, "size": identity.file.as_ref().map(|file| file.size),
        "acked_to": mark.byte, "line": mark.line, "settled_beyond": beyond.collect::<Vec<_>>(),
        "end": progress.end.as_ref().map(|end| end.byte), "done": progress.is_done(),
    })
}

fn list(console: &Console, json: bool) -> Result<Exit, Failure> {
    let directory = journal::directory().map_err(Failure::Usage)?;
    let found = listed(&directory)?;
    if json {
        found.iter().try_for_each(|found| console.print_json(&found.object()))?;
        return Ok(Exit::OK);
    }
    if found.is_empty() {
        console.say(&format!("no journals in {}", directory.display()));
        return Ok(Exit::OK);
    }
    let mut table = Table::new(&["journal", "state", "settled#", "age#", "database", "inputs"]);
    for found in &found {
        let age = found.age().map(duration_text).unwrap_or_default();
        let (settled, database, inputs) = match found.state() {
            Some(state) => {
                let inputs: Vec<&str> = state.header.inputs.iter().map(|input| input.path.as_str()).collect();
                let database = state.header.settings.database.clone();
                (grouped(state.points.all()), database.unwrap_or_default(), one_line(&inputs.join(" ")))
            }
            None => Default::default(),
        };
        table.row([found.name(), found.word().to_owned(), settled, age, database, inputs]);
    }
    console.print(&table.fitted(console.width()))?;
    Ok(Exit::OK)
}

fn show(console: &Console, names: &[PathBuf], json: bool) -> Result<Exit, Failure> {
    for name in names {
        for found in matching(name)? {
            if json {
                console.print_json(&found.object())?;
            } else if let Err(failure) = found.content {
                return Err(failure);
            } else {
                console.print(&paragraph(&found, console))?;
            }
        }
    }
    Ok(Exit::OK)
}

fn paragraph(found: &Found, console: &Console) -> String {
    let mut text = format!("{}\n", console.painted(&found.path.display().to_string(), Paint::Strong));
    let mut line = |label: &str, value: &str| text.push_str(&format!("  {label:<10} {}\n", one_line(value)));
    line("state", found.word());
    if let Some(age) = found.age() {
        line("last change", &format!("{} ago", duration_text(age)));
    }
    let Some(state) = found.state() else { return text };
    let settings = &state.header.settings;
    let policy = settings.rp.as_ref().map(|name| format!(", retention policy {name}")).unwrap_or_default();
    let database = settings.database.as_deref().unwrap_or("(named by the dump)");
    line("target", &format!("{database}{policy} at {} on {}", settings.consistency, state.header.hosts.join(" ")));
    let mut points = format!("{} accepted", grouped(state.points.accepted));
    for (count, name) in [(state.points.below_level, "below level"), (state.points.deferred, "deferred")] {
        if count > 0 {
            points.push_str(&format!(" + {} {name}", grouped(count)));
        }
    }
    for (class, count) in &state.points.rejected {
        points.push_str(&format!(" + {} rejected ({class})", grouped(*count)));
    }
    line("points", &points);
    for (identity, progress) in state.header.inputs.iter().zip(&state.inputs) {
        line("input", &identity.path);
        let mark = progress.settled.mark();
        let of = identity.file.as_ref().filter(|file| file.size >= mark.byte && file.size > 0);
        let share = of.map(|file| format!(" of {} ({} %)", bytes_text(file.size), mark.byte * 100 / file.size));
        let done = if progress.is_done() { "all of it: " } else { "" };
        line("  settled", &format!("{done}{}{}", bytes_text(mark.byte), share.unwrap_or_default()));
        if !progress.is_done() {
            line("  next line", &grouped(mark.line));
            let beyond: u64 = progress.settled.beyond().iter().map(|stretch| stretch.to.byte - stretch.from).sum();
            if beyond > 0 {
                let stretches = counted(progress.settled.beyond().len() as u64, "stretch", "stretches");
                line("  beyond", &format!("{} in {stretches}", bytes_text(beyond)));
            }
        }
    }
    text
}

fn remove_finished(console: &Console) -> Result<Exit, Failure> {
    let directory = journal::directory().map_err(Failure::Usage)?;
    let mut removed = 0;
    for found in listed(&directory)? {
        if found.word() == "finished" {
            remove_one(&found)?;
            removed += 1;
        }
    }
    console.say(&format!("removed {}", counted(removed, "journal", "journals")));
    Ok(Exit::OK)
}

fn remove(console: &Console, names: &[PathBuf]) -> Result<Exit, Failure> {
    for name in names {
        for found in matching(name)? {
            remove_one(&found)?;
            console.say(&format!("removed {}", found.path.display()));
        }
    }
    Ok(Exit::OK)
}

/// Removes a journal, if nobody has it and it is one.
fn remove_one(found: &Found) -> Result<(), Failure> {
    if let Err(Failure::Classed { message, .. }) = &found.content
        && !found.is_journal()
    {
        return Err(refusal(message.clone(), "only journals are removed here"));
    }
    journal::remove(&found.path).map_err(|error| journal::unusable(&found.path, &error))
}

fn refusal(message: String, hint: &str) -> Failure {
    Failure::Classed { class: Class::Journal, message, hint: hint.to_owned() }
}

impl Found {
    /// Whether it is a journal, also one that cannot be read any more.
    fn is_journal(&self) -> bool {
        journal::is_journal(&self.path)
    }
}

fn listed(directory: &Path) -> Result<Vec<Found>, Failure> {
    let paths = journal::all(directory);
    let paths = paths.map_err(|error| Failure::local_io(format!("{}: {error}", directory.display())))?;
    Ok(paths.iter().map(|path| Found::at(path)).collect())
}

/// The journals that a word of the command line means: a file, a name in the list, or an input of imports.
fn matching(name: &Path) -> Result<Vec<Found>, Failure> {
    let directory = journal::directory().map_err(Failure::Usage)?;
    let word = name.to_string_lossy();
    if !word.contains(std::path::is_separator) {
        let listed = directory.join(format!("{}.jsonl", word.trim_end_matches(".jsonl")));
        if listed.exists() {
            return Ok(vec![Found::at(&listed)]);
        }
    }
    if journal::is_journal(name) {
        return Ok(vec![Found::at(name)]);
    }
    let path = std::fs::canonicalize(name).or_else(|_| std::path::absolute(name));
    let path = path.unwrap_or_else(|_| name.to_owned()).to_string_lossy().into_owned();
    let of_input =
        |found: &Found| found.state().is_some_and(|state| state.header.inputs.iter().any(|input| input.path == path));
    let found: Vec<Found> = listed(&directory)?.into_iter().filter(of_input).collect();
    if found.is_empty() {
        return Err(refusal(
            format!("{} is neither a journal nor an input of one", name.display()),
            "`influx-cli journal list` shows those there are",
        ));
    }
    Ok(found)
}

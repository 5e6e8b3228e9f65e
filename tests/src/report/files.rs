//! What is in the directory of a run.

use std::fs;

use serde_json::{Map, Value};

use crate::experiment::{Ending, Experiment, LabError, RunDir};
use crate::history::{FaultEvent, Interval, Operation, intervals, operations};
use crate::plot::Caption;

/// Everything that a page about a run is made from. What is not there is `None` or empty.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// What was run: `run.json`.
    pub(super) run: Map<String, Value>,
    pub(super) ending: Option<Ending>,
    pub(super) verdict: Option<Value>,
    pub(super) figures: Option<Value>,
    pub(super) operations: Vec<Operation>,
    pub(super) has_history: bool,
    pub(super) faults: Vec<Interval>,
    pub(super) shards: Option<String>,
    /// Other JSON files that are small enough to be shown, by name.
    pub(super) others: Vec<(String, Value)>,
    /// Pictures that others drew, by name.
    pub(super) pictures: Vec<(String, String)>,
}

/// JSON of more bytes than these is linked and not shown, except for the counts of a run: the more false claims there are, the
/// larger they get, and the less may they be missing.
const MOST_BYTES: u64 = 256 * 1024;
const COUNTS: [&str; 2] = ["truth.json", "simulation.json"];

impl Files {
    /// Reads them.
    ///
    /// # Errors
    /// [`LabError::File`], and [`LabError::Content`] where a file holds something else than its name says.
    pub(super) fn read(dir: &RunDir) -> Result<Self, LabError> {
        let mut files = Self {
            run: optional(dir, RunDir::RUN)?.unwrap_or_default(),
            ending: optional(dir, RunDir::ENDING)?,
            verdict: optional(dir, RunDir::VERDICT)?,
            figures: optional(dir, RunDir::FIGURES)?,
            has_history: dir.file(RunDir::HISTORY).exists(),
            ..Self::default()
        };
        if files.has_history {
            let events = dir.history()?;
            files.operations = operations(&events)
                .map_err(|error| LabError::Content { path: dir.file(RunDir::HISTORY), why: error.to_string() })?;
        }
        let faults: Vec<FaultEvent> = dir.nemesis()?;
        let last = files.operations.iter().map(|operation| operation.completed.unwrap_or(operation.invoked)).max();
        let end = faults.iter().map(|fault| fault.time).chain(last).max().unwrap_or(0);
        files.faults = intervals(&faults, end);
        let path = dir.file(RunDir::SHARDS);
        if path.exists() {
            files.shards = Some(fs::read_to_string(&path).map_err(|source| LabError::File { path, source })?);
        }
        for name in names(dir)? {
            let path = dir.file(&name);
            let read = || fs::read_to_string(&path).map_err(|source| LabError::File { path: path.clone(), source });
            let known = [RunDir::RUN, RunDir::ENDING, RunDir::VERDICT, RunDir::FIGURES].contains(&name.as_str());
            let is_small =
                || COUNTS.contains(&name.as_str()) || fs::metadata(&path).is_ok_and(|file| file.len() <= MOST_BYTES);
            if name.ends_with(".json") && !known && is_small() {
                files.others.push((name.clone(), dir.read_json(&name)?));
            } else if name.ends_with(".svg") && !super::pictures::is_own(&name) {
                files.pictures.push((name.clone(), read()?));
            }
        }
        Ok(files)
    }

    /// Another JSON file.
    pub(super) fn other(&self, name: &str) -> Option<&Value> {
        self.others.iter().find(|(known, _)| known == name).map(|(_, content)| content)
    }

    /// The name of what was run; that of the directory where nothing says more.
    pub(super) fn experiment(&self, dir: &RunDir) -> String {
        match self.run.get("experiment").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None => dir.path().file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned()),
        }
    }

    /// What the experiment does, if it is one of the catalogue.
    pub(super) fn about(&self, dir: &RunDir) -> Option<&'static str> {
        self.experiment(dir).parse::<Experiment>().ok().map(Experiment::about)
    }

    /// The titles of its pictures.
    pub(super) fn caption(&self, dir: &RunDir) -> Caption {
        let text = |key: &str| match self.run.get(key)? {
            Value::String(text) => Some(text.clone()),
            // Without the ".0" of a whole number of seconds; a seed keeps all of its digits.
            Value::Number(number) if number.is_f64() => number.as_f64().map(|number| number.to_string()),
            Value::Number(number) => Some(number.to_string()),
            Value::Array(values) => Some(values.len().to_string()),
            Value::Null | Value::Bool(_) | Value::Object(_) => None,
        };
        let parts = [
            text("profile").map(|profile| format!("profile {profile}")),
            text("nodes").map(|nodes| format!("{nodes} nodes")),
            text("level").map(|level| format!("level {level}")),
            text("seed").map(|seed| format!("seed {seed}")),
            text("seconds").map(|seconds| format!("{seconds} s")),
        ];
        Caption { title: self.experiment(dir), detail: parts.into_iter().flatten().collect::<Vec<_>>().join(", ") }
    }
}

/// The names of the files in a directory, in order. Names that are no text are left out.
///
/// # Errors
/// [`LabError::File`].
pub(super) fn names(dir: &RunDir) -> Result<Vec<String>, LabError> {
    let failed = |source| LabError::File { path: dir.path().to_owned(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(dir.path()).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let (Ok(name), true) = (entry.file_name().into_string(), entry.path().is_file()) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn optional<T: serde::de::DeserializeOwned>(dir: &RunDir, name: &str) -> Result<Option<T>, LabError> {
    if dir.file(name).exists() { dir.read_json(name).map(Some) } else { Ok(None) }
}

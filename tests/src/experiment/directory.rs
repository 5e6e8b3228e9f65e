//! The files that a run leaves behind.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::LabError;
use crate::history::{Event, FaultEvent};

/// The directory of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir(PathBuf);

impl RunDir {
    /// The history: one [`Event`] a line.
    pub const HISTORY: &str = "history.jsonl";
    /// What was done to the cluster: one [`FaultEvent`] a line.
    pub const NEMESIS: &str = "nemesis.jsonl";
    /// The table of `SHOW SHARDS` at the end.
    pub const SHARDS: &str = "shards.txt";
    /// The verdicts of the checkers.
    pub const VERDICT: &str = "verdict.json";
    /// What was ordered, so that it can be ordered again: a [`Record`](super::Record).
    pub const ORDER: &str = "order.json";
    /// What was run: name, seed, settings.
    pub const RUN: &str = "run.json";
    /// What was counted.
    pub const FIGURES: &str = "figures.json";
    /// What had to hold, and whether it did: an [`Ending`](super::Ending).
    pub const ENDING: &str = "ending.json";
    /// All of it on one page.
    pub const REPORT: &str = "report.html";

    /// The directory at this path, which need not be there.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes the directory.
    ///
    /// # Errors
    /// [`LabError::File`].
    pub fn make(&self) -> Result<(), LabError> {
        fs::create_dir_all(&self.0).map_err(|source| LabError::File { path: self.0.clone(), source })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where a file of it is.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// [`LabError::File`].
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<(), LabError> {
        let path = self.file(name);
        fs::write(&path, content).map_err(|source| LabError::File { path, source })
    }

    /// Writes a value as indented JSON.
    ///
    /// # Errors
    /// [`LabError::File`].
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), LabError> {
        let mut text = serde_json::to_vec_pretty(value)
            .map_err(|error| LabError::Content { path: self.file(name), why: error.to_string() })?;
        text.push(b'\n');
        self.write(name, text)
    }

    /// Writes values as JSON, one a line.
    ///
    /// # Errors
    /// [`LabError::File`].
    pub fn write_lines<T: Serialize>(&self, name: &str, values: &[T]) -> Result<(), LabError> {
        let mut text = Vec::new();
        for value in values {
            serde_json::to_writer(&mut text, value)
                .map_err(|error| LabError::Content { path: self.file(name), why: error.to_string() })?;
            text.push(b'\n');
        }
        self.write(name, text)
    }

    /// Reads a JSON file.
    ///
    /// # Errors
    /// [`LabError::File`], and [`LabError::Content`] where it holds something else.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, LabError> {
        let path = self.file(name);
        let text = fs::read(&path).map_err(|source| LabError::File { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|error| LabError::Content { path, why: error.to_string() })
    }

    /// Reads a file of JSON lines; empty lines are skipped.
    ///
    /// # Errors
    /// [`LabError::File`], and [`LabError::Content`] with the line that holds something else.
    pub fn read_lines<T: DeserializeOwned>(&self, name: &str) -> Result<Vec<T>, LabError> {
        read_lines(&self.file(name))
    }

    /// Reads the history.
    ///
    /// # Errors
    /// As [`RunDir::read_lines`].
    pub fn history(&self) -> Result<Vec<Event>, LabError> {
        self.read_lines(Self::HISTORY)
    }

    /// Reads what was done to the cluster; nothing where there is no such file.
    ///
    /// # Errors
    /// As [`RunDir::read_lines`].
    pub fn nemesis(&self) -> Result<Vec<FaultEvent>, LabError> {
        if self.file(Self::NEMESIS).exists() { self.read_lines(Self::NEMESIS) } else { Ok(Vec::new()) }
    }
}

/// The runs in directories below this one, by name.
///
/// # Errors
/// [`LabError::File`].
pub fn runs_below(dir: &RunDir) -> Result<Vec<RunDir>, LabError> {
    let failed = |source| LabError::File { path: dir.path().to_owned(), source };
    let mut runs = Vec::new();
    for entry in fs::read_dir(dir.path()).map_err(failed)? {
        let below = RunDir::at(entry.map_err(failed)?.path());
        if [RunDir::RUN, RunDir::ORDER].iter().any(|name| below.file(name).exists()) {
            runs.push(below);
        }
    }
    runs.sort_by(|one, other| one.path().cmp(other.path()));
    Ok(runs)
}

/// Reads a file of JSON lines.
///
/// # Errors
/// As [`RunDir::read_lines`].
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, LabError> {
    let text = fs::read_to_string(path).map_err(|source| LabError::File { path: path.to_owned(), source })?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| LabError::Content {
                path: path.to_owned(),
                why: format!("line {}: {error}", number + 1),
            })
        })
        .collect()
}

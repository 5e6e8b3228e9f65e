//! The files that a run leaves behind.

use std::fs::{self, File};
use std::io::{self, Write as _};
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

    /// Begins a file of JSON lines that are written as they come.
    ///
    /// # Errors
    /// [`LabError::File`].
    pub fn begin_lines(&self, name: &str) -> Result<LineFile, LabError> {
        let path = self.file(name);
        let file = File::create(&path).map_err(|source| LabError::File { path: path.clone(), source })?;
        Ok(LineFile { path, file, failed: None })
    }

    /// Whether a run was made here, or begun.
    #[must_use]
    pub fn holds_run(&self) -> bool {
        [Self::RUN, Self::ORDER, Self::HISTORY].iter().any(|name| self.file(name).exists())
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

/// A file of JSON lines that grows: each line is with the system before the next one is taken, so that it stays if this
/// process ends.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    file: File,
    /// What went wrong first. Nothing is written after it.
    failed: Option<io::Error>,
}

impl LineFile {
    /// Adds a value. Whether that could be done is told by [`end`](Self::end).
    pub fn add(&mut self, value: &impl Serialize) {
        if self.failed.is_some() {
            return;
        }
        let line = serde_json::to_vec(value).map_err(io::Error::other);
        let written = line.and_then(|mut line| {
            line.push(b'\n');
            self.file.write_all(&line)
        });
        self.failed = written.err();
    }

    /// The file is whole.
    ///
    /// # Errors
    /// [`LabError::File`] where a line could not be written.
    pub fn end(self) -> Result<(), LabError> {
        match self.failed {
            None => Ok(()),
            Some(source) => Err(LabError::File { path: self.path, source }),
        }
    }
}

/// How deep below a directory runs are looked for: a study has them by kind of cluster, experiment and seed.
const DEEPEST: usize = 3;

/// The runs in directories below this one, by name. What is below a run belongs to it.
///
/// # Errors
/// [`LabError::File`].
pub fn runs_below(dir: &RunDir) -> Result<Vec<RunDir>, LabError> {
    fn look(path: &Path, depth: usize, found: &mut Vec<RunDir>) -> Result<(), LabError> {
        let failed = |source| LabError::File { path: path.to_owned(), source };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // A link may lead back up.
            if entry.file_type().map_err(failed)?.is_dir() {
                paths.push(entry.path());
            }
        }
        paths.sort();
        for path in paths {
            let run = RunDir::at(&path);
            if run.holds_run() {
                found.push(run);
            } else if depth < DEEPEST {
                look(&path, depth + 1, found)?;
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    look(dir.path(), 1, &mut found)?;
    Ok(found)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lines_are_in_the_file_as_they_come() {
        let dir = tempfile::tempdir().unwrap();
        let dir = RunDir::at(dir.path());
        let mut lines = dir.begin_lines("x.jsonl").unwrap();
        lines.add(&1);
        lines.add(&"two");
        assert_eq!(fs::read_to_string(dir.file("x.jsonl")).unwrap(), "1\n\"two\"\n");
        lines.end().unwrap();
    }

    #[test]
    fn a_line_that_cannot_be_written_is_told_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.jsonl");
        fs::write(&path, "").unwrap();
        // Open for reading alone.
        let mut lines = LineFile { file: File::open(&path).unwrap(), path, failed: None };
        lines.add(&1);
        lines.add(&2);
        assert!(matches!(lines.end(), Err(LabError::File { .. })));
    }

    #[test]
    fn runs_are_found_however_deep_a_study_has_them_and_runs_within_runs_are_theirs() {
        let dir = tempfile::tempdir().unwrap();
        let dir = RunDir::at(dir.path());
        for (below, file) in [
            ("b/ordered", RunDir::ORDER),
            ("a/x/1", RunDir::RUN),
            ("a/x/2", RunDir::HISTORY),
            ("a/x/2/within", RunDir::RUN),
            ("c/c/c/too-deep", RunDir::RUN),
            ("d", "other.json"),
        ] {
            let one = RunDir::at(dir.file(below));
            one.make().unwrap();
            one.write(file, "").unwrap();
        }
        let found = runs_below(&dir).unwrap();
        let found: Vec<_> = found.iter().map(|run| run.path().strip_prefix(dir.path()).unwrap()).collect();
        assert_eq!(found, ["a/x/1", "a/x/2", "b/ordered"].map(Path::new));
    }
}

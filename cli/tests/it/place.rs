//! A directory of a test's own: inputs, and the journals of imports.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Cluster, Ran, program, run_command};

/// A directory for inputs and journals of a test.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The program, with journals in this directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.env("XDG_STATE_HOME", self.path("state")).env("HOME", self.path("home")).current_dir(self.dir.path());
        command.args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run_command(self.command(arguments), b"")
    }

    /// An import with JSON, to a database of this name.
    pub(crate) fn import(&self, url: &str, arguments: &[&str]) -> Ran {
        let mut all = vec!["import", "--json", "-H", url, "-d", "db"];
        all.extend(arguments);
        self.run(&all)
    }

    /// The journals that there are.
    pub(crate) fn journals(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("state/influx-cli/journal"));
        entries.map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
    }
}

pub(crate) fn one_node() -> Cluster {
    Cluster::with(&["--meta", "1", "--data", "1"])
}

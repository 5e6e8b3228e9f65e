//! `lab report` and `lab compare`: pages and tables of what runs left behind.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use influx_lab::experiment::{RunDir, pages};
use influx_lab::report::Table;
use serde_json::json;

use crate::console::Console;
use crate::failure::{Exit, Failure};

/// Make the pictures and the page of a run again, or of several runs in directories below one.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The directory of the run, or the one above runs.
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

impl ReportArgs {
    pub(super) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let dir = RunDir::at(self.dir);
        pages(&dir)?;
        console.print(&format!("{}\n", dir.file(RunDir::REPORT).display()))?;
        Ok(Exit::OK)
    }
}

/// Set runs side by side: what was run, what had to hold, verdicts and figures.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// Directories of runs.
    #[arg(value_name = "DIR", required = true, num_args = 1..)]
    dirs: Vec<PathBuf>,
    /// Write the table as a page into this file too.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl CompareArgs {
    pub(super) fn run(self, console: &Console) -> Result<Exit, Failure> {
        let dirs: Vec<RunDir> = self.dirs.into_iter().map(RunDir::at).collect();
        if let Some(none) = dirs.iter().find(|dir| !dir.file(RunDir::RUN).exists()) {
            return Err(Failure::Usage(format!("{} holds no run", none.path().display())));
        }
        let table = Table::of(&dirs)?;
        if let Some(path) = &self.html {
            fs::write(path, table.html()).map_err(|error| Failure::local_io(format!("{}: {error}", path.display())))?;
        }
        if self.json {
            let rows: Vec<_> = table.rows.iter().map(|(what, runs)| json!({"what": what, "runs": runs})).collect();
            console.print_json(&json!({"v": 1, "type": "lab-compare", "runs": table.columns, "rows": rows}))?;
        } else {
            console.print(&table.text())?;
        }
        Ok(Exit::OK)
    }
}

//! One page of many runs.

use maud::html;

use super::page::{page, section};
use super::runs::{Row, beside, table};
use super::write_run;
use crate::experiment::{LabError, RunDir};

/// Makes one page of runs wherever they are: `report.html` in `dir`. Each has a line with its verdicts, what had to hold, the
/// words of the study and a small picture, and its figures beside those of the real clusters. Runs below `dir` are
/// linked; those without a page of their own get one.
///
/// # Errors
/// As [`write_run`].
pub fn write_collection(dir: &RunDir, title: &str, runs: &[RunDir]) -> Result<(), LabError> {
    let mut rows = Vec::new();
    for run in runs {
        if !run.file(RunDir::REPORT).exists() {
            write_run(run)?;
        }
        rows.push(Row::read(run)?);
    }
    let body = html! {
        h1 { (title) }
        (section("runs", "Runs", &table(&mut rows, dir)))
        @if let Some(beside) = beside(&rows) { (section("beside", "Beside the real clusters", &beside)) }
    };
    dir.write(RunDir::REPORT, page(title, &body))
}

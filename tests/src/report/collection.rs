//! One page of many runs.

use super::run::write_page;
use crate::experiment::{LabError, RunDir};

/// Makes one page of runs wherever they are: `report.html` in `dir`. Each has a line with its verdicts, what had to hold, the
/// words of the study and a small picture, and its figures beside those of the real clusters. Runs below `dir` are
/// linked; those without a page of their own get one. What `dir` itself holds is on the page too, as with
/// [`write_run`](super::write_run).
///
/// # Errors
/// As [`write_run`](super::write_run).
pub fn write_collection(dir: &RunDir, title: &str, runs: &[RunDir]) -> Result<(), LabError> {
    dir.make()?;
    write_page(dir, Some(title), runs)
}

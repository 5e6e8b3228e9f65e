//! From the name of an experiment to its run.

use super::catalogue::Family;
use super::{Ending, Experiment, LabError, Order, Progress, Record, RunDir, runs_below};
use crate::checker::Verdict;
use crate::{all, bugs, compare, repair, report, study, truth};

/// Makes a run, and leaves in its directory what was ordered and what had to hold beside everything that the experiment
/// itself leaves there, then the pictures and the pages about it.
///
/// # Errors
/// [`LabError`], of which [`LabError::Order`] is said before anything is started.
///
/// # Cancellation
/// Dropping the future ends every process of the run; the files written until then stay.
pub async fn run(experiment: Experiment, order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    experiment.check(order)?;
    order.dir.make()?;
    let record = Record::of(experiment, order);
    order.dir.write_json(RunDir::ORDER, &record)?;
    let ending = dispatch(experiment, order, progress).await?;
    if !order.dir.file(RunDir::RUN).exists() {
        order.dir.write_json(RunDir::RUN, &record)?;
    }
    order.dir.write_json(RunDir::ENDING, &ending)?;
    // Experiments with a register have judged it.
    if order.dir.file(RunDir::HISTORY).exists() && !order.dir.file(RunDir::VERDICT).exists() {
        order.dir.write_json(RunDir::VERDICT, &Verdict::without_register(&[]))?;
    }
    if order.dir.file(RunDir::REPORT).exists() && runs_below(&order.dir)?.is_empty() {
        return Ok(ending);
    }
    progress.phase("drawing");
    // Drawing takes a processor for a while, and other runs of this process may be waiting for answers.
    let dir = order.dir.clone();
    let drawn = tokio::task::spawn_blocking(move || written(&dir, false)).await;
    drawn.map_err(|error| LabError::Plot { what: RunDir::REPORT.to_owned(), why: error.to_string() })??;
    Ok(ending)
}

/// Makes the pages about what is in a directory: a run, or runs in directories below it.
///
/// # Errors
/// [`LabError::File`], [`LabError::Content`], [`LabError::Plot`]; [`LabError::Order`] where there is no run.
pub fn pages(dir: &RunDir) -> Result<(), LabError> {
    written(dir, true)
}

/// The same; pages of runs below that are there are only made `again` if so.
fn written(dir: &RunDir, again: bool) -> Result<(), LabError> {
    let runs = runs_below(dir)?;
    if runs.is_empty() {
        if !dir.holds_run() {
            return Err(LabError::Order(format!("{} holds no run", dir.path().display())));
        }
        return report::write_run(dir);
    }
    let missing = |run: &&RunDir| again || !run.file(RunDir::REPORT).exists();
    runs.iter().filter(missing).try_for_each(|run| written(run, again))?;
    let title = match dir.read_json::<Record>(RunDir::ORDER) {
        Ok(record) => record.experiment.parse().map_or("Runs", title),
        // Runs that somebody put beside each other.
        Err(_) => "Runs",
    };
    report::write_collection(dir, title, &runs)
}

/// The heading of a page of many runs.
const fn title(experiment: Experiment) -> &'static str {
    match experiment.family() {
        Family::Study => "The study of 2016, run again",
        Family::All => "One run of everything",
        Family::Single | Family::Truth | Family::Bugs | Family::Repair | Family::Compare => experiment.name(),
    }
}

async fn dispatch(experiment: Experiment, order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    match experiment.family() {
        Family::Single => study::run(experiment, order, progress).await,
        Family::Study => study::run_study(order, progress).await,
        Family::Truth => truth::run(order, progress).await,
        Family::Bugs => bugs::run(order, progress).await,
        Family::Repair => repair::run(order, progress).await,
        Family::Compare => compare::run(order, progress).await,
        Family::All => all::run_all(order, progress).await,
    }
}

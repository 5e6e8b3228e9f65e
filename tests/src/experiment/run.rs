//! From the name of an experiment to its run.

use super::{Ending, Experiment, LabError, Order, Progress, Record, RunDir};

/// Makes a run, and leaves in its directory what was ordered and what had to hold beside everything that the experiment
/// itself leaves there.
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
    Ok(ending)
}

async fn dispatch(experiment: Experiment, order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    let not_built = || Err(LabError::Order(format!("{experiment} is not built yet")));
    match experiment {
        Experiment::RegisterHealthyAll
        | Experiment::RegisterHealthyAny
        | Experiment::RegisterPartitionAll
        | Experiment::RegisterPartitionAny
        | Experiment::ShardsHealthy
        | Experiment::ShardsPartition
        | Experiment::ShardsLongCut
        | Experiment::Study => not_built(),
        Experiment::Truth => crate::truth::run(order, progress).await,
        Experiment::Bugs => crate::bugs::run(order, progress).await,
        Experiment::Repair => crate::repair::run(order, progress).await,
        Experiment::Compare => crate::compare::run(order, progress).await,
        Experiment::All => crate::all::run_all(order, progress).await,
    }
}

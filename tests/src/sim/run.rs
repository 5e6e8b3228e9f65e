//! `truth` in the simulation, as it is ordered.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{SimSettings, SimSummary, run_many};
use influx_client::Outcome;

use crate::experiment::{Ending, LabError, Order, Progress, RunDir};

/// Schedules that are played unless the order says how many.
const SEEDS: u64 = 10_000;
/// Of so many schedules it is no chance what share of their writes is stored.
const ENOUGH: u64 = 1_000;
/// How often it is told how far the run is.
const TOLD: Duration = Duration::from_millis(200);
/// The counts of a run.
const COUNTS: &str = "simulation.json";
/// The same for people, with the schedules that failed.
const TEXT: &str = "simulation.txt";

/// Finds what is wrong with an order, before anything is started.
pub(crate) fn check(order: &Order) -> Result<(), LabError> {
    seeds(order).map(drop)
}

/// How many schedules an order is for.
fn seeds(order: &Order) -> Result<u64, LabError> {
    if let Some((name, _)) = order.set.iter().find(|(name, _)| name != "seeds") {
        return Err(LabError::Order(format!("a simulated schedule follows from its seed: {name} cannot be set")));
    }
    if order.nodes.is_some() {
        return Err(LabError::Order("a simulated schedule follows from its seed, its number of nodes too".to_owned()));
    }
    Ok(match order.set.iter().rev().find(|(name, _)| name == "seeds") {
        Some((_, text)) => {
            text.parse().map_err(|_| LabError::Order(format!("\"seeds\" is a number of schedules, not {text:?}")))?
        }
        None if order.time.is_some() => u64::MAX / 2,
        None => SEEDS,
    })
}

/// Plays the schedules of as many seeds as the setting `seeds` says, from the order's seed on, or for as long as it says.
///
/// # Errors
/// [`LabError::Order`] where `seeds` is no number, or something is set that schedules choose by themselves;
/// [`LabError::File`].
///
/// # Cancellation
/// Dropping the future stops the threads after the schedules that they are at.
pub async fn run(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    let seeds = seeds(order)?;
    progress.phase("simulated schedules");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (done, cancelled) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let _cancel = CancelOnDrop(cancelled.clone());
    let settings = SimSettings::new(order.profile);
    let (first, time) = (order.seed, order.time);
    let counter = done.clone();
    let begun = std::time::Instant::now();
    let mut work = tokio::task::spawn_blocking(move || {
        run_many(first..first.saturating_add(seeds), threads, &settings, |so_far| {
            counter.fetch_max(so_far, Ordering::Relaxed);
            !cancelled.load(Ordering::Relaxed) && time.is_none_or(|time| begun.elapsed() < time)
        })
    });
    let summary = loop {
        match tokio::time::timeout(TOLD, &mut work).await {
            Ok(summary) => {
                break summary.map_err(|error| LabError::Target(format!("the simulation broke: {error}")))?;
            }
            Err(_) => {
                let share = match time {
                    Some(time) => begun.elapsed().as_secs_f64() / time.as_secs_f64(),
                    None => done.load(Ordering::Relaxed) as f64 / seeds as f64,
                };
                progress.done(share.min(1.0));
            }
        }
    };
    order.dir.make()?;
    order.dir.write_json(COUNTS, &summary)?;
    order.dir.write(TEXT, summary.to_string())?;
    for failure in &summary.failures {
        let text = format!("{}\n{}\n", failure.shortest, failure.trace.join("\n"));
        order.dir.write(&format!("seed-{}.txt", failure.seed), text)?;
    }
    let ending = ending(&summary, order.time.is_none().then_some(seeds));
    order.dir.write_json(RunDir::ENDING, &ending)?;
    Ok(ending)
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// `asked` is the number of schedules that were to be played, where time does not set it.
fn ending(summary: &SimSummary, asked: Option<u64>) -> Ending {
    let mut ending = Ending::default();
    let played = summary.schedules;
    let (what, enough, of) = match asked {
        Some(asked) => ("as many schedules were played as were asked for", played == asked, format!(" of {asked}")),
        None => ("there was time for a schedule", true, String::new()),
    };
    ending.expect(what, enough && played > 0, format!("{played}{of} schedules"));
    let found = match summary.failures.first() {
        None => format!("{} false claims in {} schedules", summary.client_lies, summary.schedules),
        Some(first) => {
            format!(
                "{} false claims, the first with seed {}: {}",
                summary.client_lies,
                first.seed,
                first.found.join("; ")
            )
        }
    };
    ending.expect("no claim of the client is false", summary.client_lies == 0, found);
    let count = |outcome: Outcome| -> u64 {
        let of = |(name, _): &(&String, &u64)| name.ends_with(&format!(" / {outcome}"));
        summary.writes.iter().filter(of).map(|(_, writes)| writes).sum()
    };
    let writes: u64 = summary.writes.values().sum();
    if summary.schedules >= ENOUGH {
        let (stored, not_stored) = (count(Outcome::Stored), count(Outcome::NotStored));
        let found = format!("{stored} called stored and {not_stored} not stored, of {writes}");
        let said = 10 * stored >= writes && 100 * not_stored >= writes;
        ending.expect(
            "the client knows of a tenth of the writes that they are stored, and of some that not",
            said,
            found,
        );
    }
    let unexplained = format!("{} that nothing explains", summary.unexplained);
    let what = "whatever a server acknowledged and does not have, its own record says why";
    ending.expect(what, summary.unexplained == 0, unexplained);
    ending.summary.push(format!(
        "{} schedules, {writes} writes, {} requests in {:.1} s on {} threads: {:.0} schedules a second",
        summary.schedules,
        summary.requests,
        summary.seconds,
        summary.threads,
        summary.rate()
    ));
    let named: Vec<String> = summary.server_lies.iter().map(|(name, times)| format!("{name} {times}")).collect();
    ending.summary.push(format!("false claims of the servers, by cause: {}", named.join(", ")));
    ending.summary.push(format!(
        "reordered requests (an earlier one of a client written over a later one): {}",
        summary.reordered
    ));
    let unjudged: Vec<String> = summary.unjudged.iter().map(|(what, times)| format!("{times} {what}")).collect();
    ending.summary.push(format!("not judged, or held against queues alone: {}", unjudged.join(", ")));
    ending
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// No schedule, no proof.
    #[test]
    fn a_run_without_schedules_proves_nothing() {
        let summary = |schedules| SimSummary { schedules, ..SimSummary::default() };
        assert!(!ending(&summary(0), Some(0)).holds());
        assert!(!ending(&summary(0), None).holds());
        assert!(!ending(&summary(64), Some(65)).holds());
        assert!(ending(&summary(65), Some(65)).holds());
        assert!(ending(&summary(1), None).holds());
    }

    /// Who says nothing lies as little as who says the truth.
    #[test]
    fn a_client_that_claims_nothing_proves_nothing() {
        let summary = |stored, not_stored| SimSummary {
            schedules: ENOUGH,
            writes: [
                ("ok / stored".to_owned(), stored),
                ("timeout / unknown".to_owned(), 1_000),
                ("no-replica / not-stored".to_owned(), not_stored),
            ]
            .into(),
            ..SimSummary::default()
        };
        let holds = |stored, not_stored| ending(&summary(stored, not_stored), Some(ENOUGH)).holds();
        assert!(holds(500, 50) && !holds(0, 50) && !holds(500, 0) && !holds(20, 50));
    }
}

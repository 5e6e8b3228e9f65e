//! One seed of everything, on one page.
//!
//! Each part is a run of its own in a directory of its own, so that it can be looked at, checked and made again like any
//! other. Several are under way at a time: most of a run is waiting.

mod part;

use std::collections::HashMap;
use std::pin::Pin;

use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::experiment::{Ending, Expectation, Experiment, LabError, Order, Progress, run};
use part::{News, Part, Share, Shares, parts};

/// How many parts are under way at a time unless it is set: more would make each of them late on two processors.
pub const AT_A_TIME: usize = 4;
/// The name of the simulation among the parts.
pub const SIMULATION: &str = "truth-sim";
/// Seeds of the simulation unless it is set.
pub const SIMULATED: u64 = 3_000;

/// Finds what is wrong with an order, before anything is started.
pub(crate) fn check(order: &Order) -> Result<(), LabError> {
    let known = Experiment::All.settings();
    if let Some((name, _)) = order.set.iter().find(|(name, _)| !known.iter().any(|setting| setting.name == name)) {
        return Err(LabError::Order(format!("there is no setting {name} for everything: set it for one experiment")));
    }
    order.number("at-a-time", AT_A_TIME)?;
    parts(order)?.iter().try_for_each(|part| part.experiment.check(&part.order))
}

/// Makes all runs, each below `order.dir`.
///
/// What a part comes to is in the ending; a part that could not be made is an expectation that did not hold, so that the
/// others are made all the same.
///
/// # Errors
/// [`LabError::Order`] for settings that are no numbers, [`LabError::File`].
///
/// # Cancellation
/// Dropping the future ends every process of every part, in threads of the runtime; dropping the runtime waits for them.
pub async fn run_all(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    let at_a_time = order.number("at-a-time", AT_A_TIME)?.max(1);
    let parts = parts(order)?;
    let mut shares = Shares::new(parts.len());
    progress.phase(&format!("{} runs, {at_a_time} at a time", parts.len()));
    let (tell, mut told) = unbounded_channel();
    let mut endings = Vec::new();
    let names: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
    // Whose runs are not over, by the ids of their tasks: one that panics tells no more than that.
    let mut under_way = HashMap::new();
    let mut waiting = parts.into_iter().enumerate();
    // A thread each: what one of them computes must not keep the answers of others waiting. They end when this is dropped.
    let (_going_on, given_up) = watch::channel(());
    let mut made = JoinSet::new();
    loop {
        while made.len() < at_a_time
            && let Some((place, part)) = waiting.next()
        {
            let share = Share::new(place, part.name.clone(), tell.clone());
            let mut given_up = given_up.clone();
            let runtime = Handle::current();
            let task = made.spawn_blocking(move || {
                runtime.block_on(async {
                    tokio::select! {
                        ending = boxed(&part, &share) => ending,
                        // An error, as nothing is ever sent: the sender is gone.
                        _ = given_up.changed() => Ending::default(),
                    }
                })
            });
            under_way.insert(task.id(), place);
        }
        tokio::select! {
            // There is a sender here, so this never ends.
            Some(news) = told.recv() => match news {
                News::Done(place, share) => progress.done(shares.set(place, share)),
                News::Note(text) => progress.note(&text),
            },
            ended = made.join_next_with_id() => {
                let Some(ended) = ended else { break };
                let (task, ending) = match ended {
                    Ok((task, ending)) => (task, ending),
                    Err(error) => (error.id(), broken(&error)),
                };
                let Some(place) = under_way.remove(&task) else { continue };
                let name = names[place].clone();
                let held = if ending.holds() { "" } else { "NOT as expected: " };
                progress.note(&format!("{name}: {held}{}", ending.told()));
                progress.done(shares.set(place, 1.0));
                endings.push((place, name, ending));
            }
        }
    }
    // Parts end before all that they told is heard.
    while let Ok(news) = told.try_recv() {
        match news {
            News::Done(place, share) => progress.done(shares.set(place, share)),
            News::Note(text) => progress.note(&text),
        }
    }
    endings.sort_by_key(|(place, ..)| *place);
    Ok(together(endings.into_iter().map(|(_, name, ending)| (name, ending))))
}

/// One part; why it could not be made counts as something that did not hold. Boxed, as everything is a run like its parts.
fn boxed<'a>(part: &'a Part, progress: &'a Share) -> Pin<Box<dyn Future<Output = Ending> + 'a>> {
    Box::pin(async move { run(part.experiment, &part.order, progress).await.unwrap_or_else(|error| broken(&error)) })
}

/// The ending of a run that came to none: so the others are made, and told, all the same.
fn broken(why: &dyn std::fmt::Display) -> Ending {
    let mut ending = Ending::default();
    ending.expect("the run was made to its end", false, why.to_string());
    ending
}

/// The endings of all parts as one.
fn together(endings: impl IntoIterator<Item = (String, Ending)>) -> Ending {
    let mut whole = Ending::default();
    for (name, ending) in endings {
        whole.summary.push(format!("{name}: {}", ending.told()));
        whole.expectations.extend(
            ending.expectations.into_iter().map(|one| Expectation { what: format!("{name}: {}", one.what), ..one }),
        );
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_hold_in_one_part_does_not_hold_in_the_whole() {
        let ending = |held| {
            let mut ending = Ending::default();
            ending.expect("it is so", held, "it was");
            ending
        };
        let whole = together([("a".to_owned(), ending(true)), ("b".to_owned(), ending(false))]);
        assert!(!whole.holds());
        assert_eq!(whole.expectations[1].what, "b: it is so");
        assert_eq!(whole.summary, ["a: 1 of 1 expectations held", "b: 0 of 1 expectations held"]);
        let nothing = together([("a".to_owned(), ending(true)), ("b".to_owned(), Ending::default())]);
        assert!(nothing.holds());
        assert_eq!(nothing.summary[1], "b: nothing was expected");
    }
}

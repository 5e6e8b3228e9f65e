//! One seed of everything, on one page.
//!
//! Each part is a run of its own in a directory of its own, so that it can be looked at, checked and made again like any
//! other. Several are under way at a time: most of a run is waiting.

mod part;

use std::pin::Pin;
use std::sync::Arc;

use futures::StreamExt;

use crate::experiment::{Ending, Expectation, LabError, Order, Progress, run};
use part::{Part, Share, Shares, parts};

/// How many parts are under way at a time unless it is set: more would make each of them late on two processors.
pub const AT_A_TIME: usize = 4;
/// Seeds of the simulation unless it is set.
pub const SIMULATED: u64 = 3_000;

/// Makes all runs, each below `order.dir`.
///
/// What a part comes to is in the ending; a part that could not be made is an expectation that did not hold, so that the
/// others are made all the same.
///
/// # Errors
/// [`LabError::Order`] for settings that are no numbers, [`LabError::File`].
///
/// # Cancellation
/// Dropping the future ends every process of every part.
pub async fn run_all(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    let at_a_time = order.number("at-a-time", AT_A_TIME)?.max(1);
    let parts = parts(order)?;
    progress.phase(&format!("{} runs, {at_a_time} at a time", parts.len()));
    let shares = Arc::new(Shares::new(parts.len()));
    let made = parts.into_iter().enumerate().map(|(place, part)| {
        let share = Share::new(place, part.name.clone(), Arc::clone(&shares), progress);
        async move {
            let ending = made(&part, &share).await;
            share.done(1.0);
            let held = ending.holds();
            progress.note(&format!("{}: {}", part.name, if held { "as expected" } else { "NOT as expected" }));
            (place, part.name, ending)
        }
    });
    let mut endings: Vec<_> = futures::stream::iter(made).buffer_unordered(at_a_time).collect().await;
    endings.sort_by_key(|(place, ..)| *place);
    Ok(together(endings.into_iter().map(|(_, name, ending)| (name, ending))))
}

/// One part; why it could not be made counts as something that did not hold.
async fn made(part: &Part, progress: &dyn Progress) -> Ending {
    // Boxed, as this run is a part of a run itself.
    let run: Pin<Box<dyn Future<Output = Result<Ending, LabError>> + '_>> =
        Box::pin(run(part.experiment, &part.order, progress));
    run.await.unwrap_or_else(|error| {
        let mut ending = Ending::default();
        ending.expect("the run was made to its end", false, error.to_string());
        ending
    })
}

/// The endings of all parts as one.
fn together(endings: impl IntoIterator<Item = (String, Ending)>) -> Ending {
    let mut whole = Ending::default();
    for (name, ending) in endings {
        let held = ending.expectations.iter().filter(|expectation| expectation.held).count();
        whole.summary.push(format!("{name}: {held} of {} expectations held", ending.expectations.len()));
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
        assert!(together([("a".to_owned(), ending(true))]).holds());
    }
}

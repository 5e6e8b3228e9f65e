//! Is a history of a register linearizable? Decided by following every way it may have gone, event by event.
//!
//! The history is walked in the order of time. An operation takes effect only when it must: a read when it ends, or
//! earlier for nothing if the register holds what it found; a write when it ends, or when a read needs it. What may have
//! happened up to an event is a set of [states](state::State); where it becomes empty, the history is illegal, and the
//! events up to there are its shortest illegal prefix.
//!
//! What makes the general search hopeless, hundreds of writes of few values of which nobody knows whether they were done,
//! costs nothing here: once begun, such writes of the same value are alike, so that only their number counts; they are
//! thought of only when a read needs one; and a state that has used up more than another one is dropped.

mod frontier;
mod state;
mod timeline;

use super::action::Action;
use frontier::Frontier;
use timeline::{Step, Timeline};

/// How much work a check may be before it is given up, in comparisons of states: about a second in a release build for
/// histories of tens of thousands of operations.
pub(super) fn budget(actions: usize) -> u64 {
    30_000_000 + 1_000 * actions as u64
}

/// What the search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is an order that explains every read.
    Legal,
    /// There is none, nor is there when the history is cut off at the end of this action, a read.
    Illegal { action: usize },
    /// Given up: too much work, or too much under way at a time.
    Unknown,
}

/// Decides whether the actions on a register that held `initial` are linearizable.
pub(super) fn search(actions: &[Action], initial: Option<i64>, budget: u64) -> Found {
    let Ok(timeline) = Timeline::of(actions, initial) else { return Found::Unknown };
    let mut frontier = Frontier::new(timeline.initial, timeline.reads, budget);
    for step in timeline.steps {
        match step {
            Step::Read { place, value } => frontier.read(place, value),
            Step::Write { place, value, until } => frontier.write(place, value, until),
            Step::Unknown { value } => frontier.unknown(value),
            Step::WriteEnds { place, value } => frontier.write_ends(place, value),
            Step::ReadEnds { place, value, action } => {
                frontier.read_ends(place, value);
                if frontier.is_empty() && !frontier.exhausted() {
                    return Found::Illegal { action };
                }
            }
        }
        if frontier.exhausted() {
            return Found::Unknown;
        }
    }
    Found::Legal
}

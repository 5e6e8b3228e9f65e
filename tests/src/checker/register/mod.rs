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

#[cfg(test)]
mod tests {
    use super::super::action::actions;
    use super::super::sample::{read, unknown, write};
    use super::super::{Answer, Rule, judge};
    use super::*;
    use crate::history::Operation;

    fn honest(operations: &[Operation]) -> Answer {
        judge(operations, Some(7)).honest
    }

    #[test]
    fn a_write_of_which_nobody_knows_explains_one_change() {
        let [one, two] = [write(0, 1, 1, 2), read(1, 2, 5, 6)];
        assert_eq!(honest(&[one.clone(), two.clone()]), Answer::Illegal);
        assert_eq!(honest(&[one.clone(), unknown(2, 2, 3), two.clone()]), Answer::Legal);
        let again = [read(1, 1, 7, 8), read(1, 2, 9, 10)];
        let all = [one.clone(), unknown(2, 2, 3), two.clone(), again[0].clone(), again[1].clone()];
        assert_eq!(honest(&all), Answer::Illegal, "neither 1 nor 2 was written twice");
        let [second, third] = [unknown(3, 1, 3), unknown(4, 2, 3)];
        assert_eq!(
            honest(&[one, unknown(2, 2, 3), second, third, two, again[0].clone(), again[1].clone()]),
            Answer::Legal
        );
    }

    /// A hundred writes and reads under way at once, all of other values, are more than can be followed: it is said so, and
    /// soon.
    #[test]
    fn too_much_at_once_is_unknown() {
        let many = |count: i64| -> Vec<Operation> {
            let (writes, reads) = ((0..count).map(|v| write(v as u32, v, 1, 1_000)), 0..count);
            // Each sees its value, then the next one's: the second time round nothing is left.
            let reads = reads.flat_map(|v| {
                [read(1_000 + v as u32, v, 2, 500 + v as u64), read(2_000, v, 600 + v as u64 * 2, 601 + v as u64 * 2)]
            });
            writes.chain(reads).collect()
        };
        let actions = actions(&many(100), Rule::Honest);
        assert_eq!(search(&actions, Some(7), 100_000), Found::Unknown);
        assert_eq!(honest(&many(130)), Answer::Unknown, "more than fits the masks");
    }
}

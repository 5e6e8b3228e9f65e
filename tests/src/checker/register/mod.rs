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
use frontier::{Excess, Frontier};

pub(super) use frontier::Limits;
use timeline::{Step, Timeline};

/// What the search found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There is an order that explains every read.
    Legal,
    /// There is none, nor is there when the history is cut off at the end of this action, a read. In all but histories with
    /// very many ways to go that is the first such read.
    Illegal { action: usize },
    /// Given up: too much work, or too much under way at a time.
    Unknown,
}

/// Decides whether the actions on a register that held `initial` are linearizable.
///
/// Histories with very many writes of which nobody knows may have been gone through in more ways than can be followed. Then
/// the ways that have used up least are followed alone: if one leads to the end, the history is legal. If none does, what
/// all ways have in common is followed: if that does not lead to the end, the history is illegal.
pub(super) fn search(actions: &[Action], initial: Option<i64>, limits: Limits) -> Found {
    let Ok(timeline) = Timeline::of(actions, initial) else { return Found::Unknown };
    let (found, certain) = walk(&timeline, Excess::Dropped, limits);
    match found {
        Found::Illegal { .. } if !certain => match walk(&timeline, Excess::Merged, limits).0 {
            Found::Legal => Found::Unknown,
            found @ (Found::Illegal { .. } | Found::Unknown) => found,
        },
        found @ (Found::Legal | Found::Illegal { .. } | Found::Unknown) => found,
    }
}

/// What is found where too many states are treated in this way, and whether none were.
fn walk(timeline: &Timeline, excess: Excess, limits: Limits) -> (Found, bool) {
    let mut frontier = Frontier::new(timeline.initial, timeline.reads.clone(), limits, excess);
    for step in &timeline.steps {
        match *step {
            Step::Read { place, value } => frontier.read(place, value),
            Step::Write { place, value, until } => frontier.write(place, value, until),
            Step::Unknown { value } => frontier.unknown(value),
            Step::WriteEnds { place, value } => frontier.write_ends(place, value),
            Step::ReadEnds { place, value, action } => {
                frontier.read_ends(place, value);
                if frontier.is_empty() && !frontier.exhausted() {
                    return (Found::Illegal { action }, !frontier.exceeded());
                }
            }
        }
        if frontier.exhausted() {
            return (Found::Unknown, false);
        }
    }
    (Found::Legal, !frontier.exceeded())
}

#[cfg(test)]
mod tests {
    use super::super::action::actions;
    use super::super::sample::{read, unknown, write};
    use super::super::{Answer, INITIAL, Rule, Shape, judge, simulated};
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
        assert_eq!(search(&actions, Some(7), Limits { states: 32, work: 100_000 }), Found::Unknown);
        assert_eq!(honest(&many(130)), Answer::Unknown, "more than fits the masks");
    }

    /// Following few states is not enough for every verdict, but never gives a wrong one.
    #[test]
    fn few_states_never_give_another_verdict() {
        let mut seen = [0; 3];
        for seed in 0..1_500 {
            let luck = [0.3, 0.9][seed as usize % 2];
            let shape = Shape { unknown: luck, stale: 0.05, wild: 0.02, values: 3, ..Shape::legal(6, 60) };
            let actions = actions(&simulated(&shape, seed), Rule::Honest);
            let all = search(&actions, Some(INITIAL), Limits { states: usize::MAX, work: u64::MAX });
            for states in [1, 3] {
                let few = search(&actions, Some(INITIAL), Limits { states, work: u64::MAX });
                match (few, all) {
                    (Found::Legal, Found::Legal) => seen[0] += 1,
                    (Found::Illegal { action: later }, Found::Illegal { action }) => {
                        assert!(actions[later].to >= actions[action].to, "seed {seed}");
                        seen[1] += 1;
                    }
                    (Found::Unknown, _) => seen[2] += 1,
                    (few, all) => panic!("seed {seed}: {few:?} by {states}, {all:?} by all: {actions:#?}"),
                }
            }
        }
        assert!(seen[0] > 500 && seen[1] > 500 && seen[2] > 0, "{seen:?}");
    }
}

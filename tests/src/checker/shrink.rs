//! What of an illegal history is enough to show that it is illegal.
//!
//! Every step keeps this: where the smaller history cannot be explained, neither can the larger one. A history may be cut
//! off at a time, since an order of all explains what was up to then. A read may be left out, since an order of the
//! others remains one. A write may be left out only where in no order whatsoever one of the reads that are left finds
//! it; and a write that is left out for that reason makes way for others.

use super::action::{Action, NEVER};
use super::register::{Found, budget, search};

/// The shortest illegal prefix, and of that what is needed; the last of them is the read that cannot be explained. `None`
/// where the history is legal, or too much to decide.
pub(super) fn shrunk(actions: &[Action], initial: Option<i64>) -> Option<Vec<Action>> {
    let limit = budget(actions.len());
    let illegal = |actions: &[Action]| matches!(search(actions, initial, limit), Found::Illegal { .. });
    let Found::Illegal { action } = search(actions, initial, limit) else { return None };
    let mut left = prefix(actions, action);
    loop {
        let before = left.len();
        let culprit = left.pop()?;
        let still_illegal = |kept: &[Action]| illegal(&with(kept, culprit));
        let reads = left.iter().map(|other| other.read).collect();
        left = without(&left, reads, still_illegal);
        let unread = unread(&left, culprit);
        left = without(&left, unread, still_illegal);
        left.push(culprit);
        if left.len() == before {
            return Some(left);
        }
    }
}

/// What there was when the read ended, which comes last.
fn prefix(actions: &[Action], culprit: usize) -> Vec<Action> {
    let end = actions[culprit].to;
    let begun = actions.iter().enumerate().filter(|(number, action)| *number != culprit && action.from <= end);
    let begun = begun.filter_map(|(_, action)| match (action.to <= end, action.read) {
        (true, _) => Some(*action),
        (false, true) => None,
        (false, false) => Some(Action { to: NEVER, ..*action }),
    });
    begun.chain([actions[culprit]]).collect()
}

fn with(kept: &[Action], culprit: Action) -> Vec<Action> {
    kept.iter().copied().chain([culprit]).collect()
}

/// Which of the actions are writes that none of the reads, `last` among them, finds in any order that explains all.
fn unread(actions: &[Action], last: Action) -> Vec<bool> {
    let all = with(actions, last);
    let found_by = |write: &Action, read: &Action| {
        let overwritten = |by: &Action| {
            by.definite() && write.before(*by) && by.before(*read) && (!by.read || by.value != write.value)
        };
        read.value == write.value && !read.before(*write) && !all.iter().any(overwritten)
    };
    let reads: Vec<&Action> = all.iter().filter(|action| action.read).collect();
    actions.iter().map(|write| !write.read && !reads.iter().any(|read| found_by(write, read))).collect()
}

/// Leaves out as many of those that may go as can: in ever smaller pieces, the earliest first.
fn without(actions: &[Action], may_go: Vec<bool>, illegal: impl Fn(&[Action]) -> bool) -> Vec<Action> {
    let mut left: Vec<(Action, bool)> = actions.iter().copied().zip(may_go).collect();
    let mut piece = left.iter().filter(|(_, may_go)| *may_go).count();
    while piece > 0 {
        let mut gone = 0;
        let mut from = 0;
        loop {
            // The next piece of those that may go and were not tried at this size.
            let those: Vec<usize> = (from..left.len()).filter(|place| left[*place].1).take(piece).collect();
            let Some(last) = those.last() else { break };
            let kept = |place: &usize| those.binary_search(place).is_err();
            let smaller: Vec<(Action, bool)> = (0..left.len()).filter(kept).map(|place| left[place]).collect();
            if illegal(&smaller.iter().map(|(action, _)| *action).collect::<Vec<_>>()) {
                from = last + 1 - those.len();
                gone += those.len();
                left = smaller;
            } else {
                from = last + 1;
            }
        }
        // Once more with single ones, as long as one goes: what one needed may have gone after it.
        if piece > 1 || gone == 0 {
            piece /= 2;
        }
    }
    left.into_iter().map(|(action, _)| action).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::checker::Rule;
    use crate::checker::action::actions;
    use crate::checker::simulated::{INITIAL, Shape, simulated};

    fn illegal(actions: &[Action]) -> bool {
        matches!(search(actions, Some(INITIAL), u64::MAX), Found::Illegal { .. })
    }

    fn shape(seed: u64, operations: usize) -> Shape {
        let unknown = [0.0, 0.2, 0.6][seed as usize % 3];
        Shape { stale: 0.1, wild: 0.02, values: 4, unknown, longest: 30, ..Shape::legal(4, operations) }
    }

    /// The claim of each step: leaving out what may be left out never makes a legal history illegal.
    #[test]
    fn a_legal_history_stays_legal_without_what_may_go() {
        let mut rng = fastrand::Rng::with_seed(8);
        let mut dropped = 0;
        for seed in 0..2_000 {
            let history = simulated(&Shape { stale: 0.0, wild: 0.0, ..shape(seed, 25) }, seed);
            let mut left = actions(&history, Rule::Honest);
            left.retain(|action| !action.read || rng.u8(0..3) > 0);
            let Some((last, others)) = left.split_last() else { continue };
            let unread = unread(others, *last);
            dropped += unread.iter().filter(|unread| **unread).count();
            let others = others.iter().zip(unread).filter(|(_, unread)| !unread || rng.bool());
            let mut smaller: Vec<Action> = others.map(|(action, _)| *action).collect();
            smaller.push(*last);
            assert!(!illegal(&smaller), "seed {seed}: {left:#?}");
        }
        assert!(dropped > 2_000, "{dropped}");
    }

    /// Whenever the shrunk history is illegal, so is the one it comes from: a legal one is not shrunk to an illegal one, and
    /// each read and each write left is needed.
    #[test]
    fn an_illegal_history_shrinks_to_what_is_needed() {
        let mut seen = 0;
        for seed in 0..400 {
            let all = actions(&simulated(&shape(seed, 120), seed), Rule::Honest);
            let Some(small) = shrunk(&all, Some(INITIAL)) else {
                assert!(!illegal(&all), "seed {seed}");
                continue;
            };
            seen += 1;
            assert!(illegal(&all) && illegal(&small), "seed {seed}");
            assert!(
                small.last().unwrap().read && small.iter().all(|part| all[..].iter().any(|a| a.source == part.source))
            );
            let (culprit, others) = small.split_last().unwrap();
            assert!(!illegal(others), "seed {seed}: not the last read alone is at fault");
            let unread = unread(others, *culprit);
            for gone in 0..others.len() {
                let mut fewer = small.clone();
                fewer.remove(gone);
                assert!(!(others[gone].read || unread[gone]) || !illegal(&fewer), "seed {seed}: {gone} of {small:#?}");
            }
        }
        assert!(seen > 100, "{seen}");
    }
}

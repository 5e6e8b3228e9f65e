//! What of an illegal history is enough to show that it is illegal.
//!
//! What is left is illegal only if the whole is. A history may be cut off at a time, since an order of all explains what
//! was up to then. Reads may be left out, since an order of the others remains one. A write may be left out only if in
//! no order whatsoever one of the reads that are left finds it, and what shows that, an operation after the write and
//! before the read, is left too.

use std::collections::HashSet;

use super::action::{Action, NEVER};
use super::register::{Found, Limits, search};

/// The shortest illegal prefix, and of that what is needed; the last of them is the read that cannot be explained. `None`
/// where the history is legal, or too much to decide.
pub(super) fn shrunk(actions: &[Action], initial: Option<i64>) -> Option<Vec<Action>> {
    let limits = Limits::of(actions.len());
    let illegal = |actions: &[Action]| matches!(search(actions, initial, limits), Found::Illegal { .. });
    let Found::Illegal { action } = search(actions, initial, limits) else { return None };
    let mut left = prefix(actions, action);
    let culprit = left.pop()?;
    let whole = left.clone();
    let shows = |kept: &[Action]| {
        let kept = with(kept, culprit);
        illegal(&kept) && conclusive(&kept, &whole)
    };
    // The write that the culprit may have seen, had it not been too late, stays to be looked at.
    let source = whole.iter().filter(|write| !write.read && write.value == culprit.value).max_by_key(|write| write.to);
    loop {
        let before = left.len();
        let reads = left.iter().map(|action| action.read).collect();
        left = without(&left, reads, shows);
        let writes = left.iter().map(|action| !action.read && Some(action) != source).collect();
        left = without(&left, writes, shows);
        if left.len() == before {
            left.push(culprit);
            // Where the whole had too many ways to go, an earlier read may have been at fault.
            return match search(&left, initial, limits) {
                Found::Illegal { action } if action + 1 < left.len() => shrunk(&left, initial),
                Found::Illegal { .. } | Found::Legal | Found::Unknown => Some(left),
            };
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

/// Whether none of the reads that are kept can have found one of the writes that are not, by what is kept.
fn conclusive(kept: &[Action], whole: &[Action]) -> bool {
    let left_out: HashSet<usize> = kept.iter().map(|action| action.source).collect();
    let left_out: Vec<&Action> =
        whole.iter().filter(|action| !action.read && !left_out.contains(&action.source)).collect();
    kept.iter().filter(|read| read.read).all(|read| {
        // A write between the write and the read, or a read of another value: there was a write before it, then.
        let between = |by: &&Action| by.definite() && by.before(*read) && (!by.read || by.value != read.value);
        let last = kept.iter().filter(between).map(|by| by.from).max().unwrap_or(0);
        let mut same = left_out.iter().filter(|write| write.value == read.value);
        same.all(|write| read.before(**write) || write.to < last)
    })
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

    const ALL: Limits = Limits { states: usize::MAX, work: u64::MAX };

    fn illegal(actions: &[Action]) -> bool {
        matches!(search(actions, Some(INITIAL), ALL), Found::Illegal { .. })
    }

    fn shape(seed: u64, operations: usize) -> Shape {
        let unknown = [0.0, 0.2, 0.6][seed as usize % 3];
        Shape { stale: 0.1, wild: 0.02, values: 4, unknown, longest: 30, ..Shape::legal(4, operations) }
    }

    /// What is left of a legal history is legal too, if it is conclusive, whatever was left out.
    #[test]
    fn a_legal_history_stays_legal_without_what_may_go() {
        let mut rng = fastrand::Rng::with_seed(8);
        let mut seen = [0; 2];
        for seed in 0..6_000 {
            let history = simulated(&Shape { stale: 0.0, wild: 0.0, ..shape(seed, 12) }, seed);
            let whole = actions(&history, Rule::Honest);
            let kept: Vec<Action> = whole.iter().copied().filter(|_| rng.u8(0..4) > 0).collect();
            if conclusive(&kept, &whole) {
                assert!(!illegal(&kept), "seed {seed}: {kept:#?} of {whole:#?}");
                seen[0] += usize::from(kept.iter().filter(|action| !action.read).count() < history.len() / 2);
            } else {
                seen[1] += usize::from(illegal(&kept));
            }
        }
        assert!(seen.iter().all(|seen| *seen > 300), "{seen:?}");
    }

    /// Whenever the shrunk history is illegal, so is the one it comes from, and nothing of it can be spared.
    #[test]
    fn an_illegal_history_shrinks_to_what_is_needed() {
        let mut seen = 0;
        for seed in 0..250 {
            let all = actions(&simulated(&shape(seed, 100), seed), Rule::Honest);
            let Some(small) = shrunk(&all, Some(INITIAL)) else {
                assert!(!illegal(&all), "seed {seed}");
                continue;
            };
            seen += 1;
            let (culprit, others) = small.split_last().unwrap();
            assert!(culprit.read && illegal(&all) && illegal(&small), "seed {seed}");
            assert!(!illegal(others), "seed {seed}: not the last read alone is at fault");
            let known = |part: &Action| all.iter().any(|action| Action { to: part.to, ..*action } == *part);
            assert!(small.iter().all(known), "seed {seed}: something new in {small:#?}");
            let Found::Illegal { action } = search(&all, Some(INITIAL), ALL) else { panic!("seed {seed}") };
            let whole = prefix(&all, action);
            assert!(conclusive(&small, &whole), "seed {seed}");
            let spared = |gone: &usize| {
                let mut fewer = small.clone();
                fewer.remove(*gone);
                illegal(&fewer) && conclusive(&fewer, &whole)
            };
            let sources = |gone: &usize| !small[*gone].read && small[*gone].value == culprit.value;
            let spared: Vec<usize> = (0..others.len()).filter(spared).filter(|gone| !sources(gone)).collect();
            assert_eq!(spared, [0; 0], "seed {seed}: {small:#?}");
        }
        assert!(seen > 60, "{seen}");
    }
}

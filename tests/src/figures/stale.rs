//! Reads that show less than was acknowledged before they began.

use std::collections::{BTreeSet, HashMap};

use crate::history::{Completion, Function, Operation};

/// The acknowledged writes of a register, to be asked what came after what.
#[derive(Debug)]
pub(super) struct Acknowledged {
    /// End of each acknowledged write, and the latest beginning among those that ended by then.
    by_end: Vec<(u64, u64)>,
    /// When each write ended, by its number; acknowledged or not.
    ends: HashMap<u64, (u64, Completion)>,
}

impl Acknowledged {
    pub(super) fn of(operations: &[Operation]) -> Self {
        let writes = || operations.iter().filter(|operation| operation.f == Function::Write);
        let acknowledged = writes().filter(|write| write.completion == Completion::Ok);
        let mut by_end: Vec<(u64, u64)> =
            acknowledged.filter_map(|write| Some((write.completed?, write.invoked))).collect();
        by_end.sort_unstable();
        let mut latest = 0;
        for (_, begun) in &mut by_end {
            latest = latest.max(*begun);
            *begun = latest;
        }
        let ends = writes().filter_map(|write| Some((write.id?, (write.completed?, write.completion)))).collect();
        Self { by_end, ends }
    }

    /// The latest beginning of an acknowledged write that had ended before this moment.
    fn latest_before(&self, moment: u64) -> Option<u64> {
        let before = self.by_end.partition_point(|(end, _)| *end < moment);
        self.by_end[..before].last().map(|(_, begun)| *begun)
    }

    /// Whether a read that began at this moment should have seen a later write than this one: an acknowledged write had
    /// ended before the read began, which itself began after this one had ended, acknowledged too.
    pub(super) fn is_stale(&self, read_began: u64, seen: Option<u64>) -> bool {
        let Some((ended, Completion::Ok)) = seen.and_then(|number| self.ends.get(&number)) else { return false };
        self.latest_before(read_began).is_some_and(|begun| begun > *ended)
    }

    /// Whether an acknowledged write began after this one had ended, however that one ended.
    pub(super) fn is_outdated(&self, kept: Option<u64>) -> bool {
        let latest = self.latest();
        match kept.and_then(|number| self.ends.get(&number)) {
            Some((ended, _)) => latest.is_some_and(|begun| begun > *ended),
            None => kept.is_none() && latest.is_some(),
        }
    }

    /// The writes of which any may be the last one, by number: no acknowledged write began later than so many nanoseconds
    /// after they had ended.
    pub(super) fn last(&self, grace: u64) -> BTreeSet<u64> {
        let latest = self.latest().unwrap_or_default();
        let last = self.ends.iter().filter(|(_, (ended, _))| ended.saturating_add(grace) >= latest);
        last.map(|(number, _)| *number).collect()
    }

    /// When the latest acknowledged write began.
    fn latest(&self) -> Option<u64> {
        self.by_end.last().map(|(_, begun)| *begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_certainly_overtaken_is_stale() {
        let all = [
            Operation::write_of_test(1, [0, 10], Completion::Ok),
            Operation::write_of_test(2, [20, 30], Completion::Ok),
            Operation::write_of_test(3, [25, 60], Completion::Ok),
            Operation::write_of_test(4, [70, 80], Completion::Info),
        ];
        let acknowledged = Acknowledged::of(&all);
        assert!(!acknowledged.is_stale(25, Some(1)), "the later write was still under way");
        assert!(acknowledged.is_stale(31, Some(1)));
        assert!(!acknowledged.is_stale(65, Some(2)), "the two writes overlapped");
        assert!(!acknowledged.is_stale(99, Some(4)), "its own write was not acknowledged");
        assert!(!acknowledged.is_stale(99, None));
        assert!(acknowledged.is_outdated(Some(1)));
        assert!(!acknowledged.is_outdated(Some(2)) && !acknowledged.is_outdated(Some(4)));
        assert!(acknowledged.is_outdated(None), "nothing at all is older than any of them");
        assert_eq!(acknowledged.last(0), [2, 3, 4].into(), "the third began before the second had ended");
        assert_eq!(acknowledged.last(15), [1, 2, 3, 4].into(), "owners may be so much later than what was answered");
    }
}

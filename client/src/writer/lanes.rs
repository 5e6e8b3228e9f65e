//! Which batch may be sent when, so that no series is ever overtaken by itself. Pure.

use std::collections::VecDeque;

/// The most lanes there can be: one bit each.
pub(super) const MOST: usize = 64;

/// Batches on their way, each with the set of lanes its series lie in.
///
/// Every series lies in one lane, by a hash of its key. A batch is started only when no batch that came before it and is
/// not done has a lane in common with it: so two batches with one series never go at the same time, and never in another
/// order than they came in, however long the first one is retried. Batches without a common lane do not wait for each
/// other.
#[derive(Debug)]
pub(super) struct Lanes<T> {
    next: u64,
    waiting: VecDeque<(u64, u64, T)>,
    under_way: Vec<(u64, u64)>,
}

impl<T> Lanes<T> {
    /// No batches yet.
    pub(super) const fn new() -> Self {
        Self { next: 0, waiting: VecDeque::new(), under_way: Vec::new() }
    }

    /// Takes a batch in behind all others.
    pub(super) fn push(&mut self, lanes: u64, item: T) {
        debug_assert!(lanes != 0, "a batch has lanes");
        self.waiting.push_back((self.next, lanes, item));
        self.next += 1;
    }

    /// The first batch that nothing before it keeps back; it is under way from now on.
    ///
    /// There are never more under way than lanes, as each has one of its own at least.
    pub(super) fn start(&mut self) -> Option<(u64, T)> {
        let mut taken = self.taken_by_started();
        let position = self.waiting.iter().position(|(_, lanes, _)| {
            let free = lanes & taken == 0;
            taken |= lanes;
            free
        })?;
        let (id, lanes, item) = self.waiting.remove(position)?;
        self.under_way.push((id, lanes));
        Some((id, item))
    }

    /// Ends a batch that was under way; tells whether it was.
    pub(super) fn done(&mut self, id: u64) -> bool {
        let position = self.under_way.iter().position(|(known, _)| *known == id);
        position.map(|at| self.under_way.swap_remove(at)).is_some()
    }

    /// The batch that has waited longest, taken out.
    pub(super) fn take_oldest(&mut self) -> Option<T> {
        self.waiting.pop_front().map(|(_, _, item)| item)
    }

    /// Whether nothing waits and nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }

    /// Whether something of a batch with these lanes could be started at once.
    pub(super) fn has_free(&self, lanes: u64) -> bool {
        let waited_for = self.waiting.iter().fold(0, |set, (_, lanes, _)| set | lanes);
        lanes & !(self.taken_by_started() | waited_for) != 0
    }

    fn taken_by_started(&self) -> u64 {
        self.under_way.iter().fold(0, |set, (_, lanes)| set | lanes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_retry_keeps_back_its_own_lane_only() {
        let mut lanes = Lanes::new();
        lanes.push(0b001, "a");
        lanes.push(0b001, "b");
        lanes.push(0b010, "c");
        lanes.push(0b110, "d");
        lanes.push(0b100, "e");
        let (a, item) = lanes.start().unwrap();
        assert_eq!(item, "a");
        let (c, item) = lanes.start().unwrap();
        assert_eq!(item, "c", "b waits for a");
        assert_eq!(lanes.start(), None, "d waits for c, and e for d");
        assert!(!lanes.has_free(u64::MAX >> 61));
        assert!(lanes.done(c));
        assert_eq!(lanes.start().unwrap().1, "d");
        assert!(lanes.done(a) && !lanes.done(a));
        assert_eq!(lanes.start().unwrap().1, "b");
        assert_eq!(lanes.take_oldest(), Some("e"));
        assert!(!lanes.is_idle());
    }

    #[derive(Clone, Debug)]
    enum Step {
        Push(u64),
        Start,
        Done(usize),
        DropOldest,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => (1_u64..16).prop_map(Step::Push),
            4 => Just(Step::Start),
            3 => any::<usize>().prop_map(Step::Done),
            1 => Just(Step::DropOldest),
        ];
        prop::collection::vec(step, 0..80)
    }

    proptest! {
        /// In each lane, batches start in the order they came in, one at a time; and nothing is lost or stuck.
        #[test]
        fn no_lane_is_ever_overtaken(steps in steps()) {
            let mut lanes = Lanes::new();
            let mut given: Vec<u64> = Vec::new();
            let mut gone = Vec::new();
            let mut under_way: Vec<(u64, usize)> = Vec::new();
            for step in steps {
                match step {
                    Step::Push(mask) => {
                        lanes.push(mask, given.len());
                        given.push(mask);
                        gone.push(false);
                    }
                    Step::Start => {
                        if let Some((id, item)) = lanes.start() {
                            let mask = given[item];
                            for (earlier, other) in given[..item].iter().enumerate() {
                                prop_assert!(gone[earlier] || other & mask == 0, "{earlier} before {item}");
                            }
                            under_way.push((id, item));
                        }
                    }
                    Step::Done(which) if !under_way.is_empty() => {
                        let (id, item) = under_way.swap_remove(which % under_way.len());
                        prop_assert!(lanes.done(id));
                        gone[item] = true;
                    }
                    Step::Done(_) => {}
                    Step::DropOldest => {
                        if let Some(item) = lanes.take_oldest() {
                            gone[item] = true;
                        }
                    }
                }
            }
            loop {
                for (id, item) in under_way.drain(..) {
                    prop_assert!(lanes.done(id));
                    gone[item] = true;
                }
                let Some((id, item)) = lanes.start() else { break };
                under_way.push((id, item));
            }
            prop_assert!(lanes.is_idle() && gone.iter().all(|gone| *gone));
        }
    }
}

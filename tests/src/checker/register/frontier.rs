//! All ways in which a history may have gone so far that are worth following.

use std::cmp::Reverse;

use super::state::{NOBODY_READS, State};

/// What it costs to make a state, in comparisons; it bounds how much memory the states take, too.
const PER_STATE: u64 = 64;

/// How much is done before something is given up.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Limits {
    /// How many states are followed one by one.
    pub(in super::super) states: usize,
    /// How many states are made and compared.
    pub(in super::super) work: u64,
}

impl Limits {
    /// For a history of so many actions: about a second in a release build if these are tens of thousands.
    pub(in super::super) fn of(actions: usize) -> Self {
        Self { states: 32, work: 30_000_000 + 1_000 * actions as u64 }
    }
}

/// What is done when there are too many states to be followed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    /// Those that have used up most are dropped: what is left when the history ends is a way through it, but that nothing is
    /// left proves nothing.
    Dropped,
    /// Those that differ only in what they have used up become one that has used up the least of every value: that nothing
    /// is left proves that there is no way, but what is left proves nothing.
    Merged,
}

/// What is under way, and the states it may have led to.
///
/// No state of the list is dominated by another one: where every way on from B is one from A too, B is not kept.
#[derive(Debug)]
pub(super) struct Frontier {
    states: Vec<State>,
    /// Reads under way, by value.
    reads: Vec<u128>,
    /// Writes under way that will be done, by value.
    writes: Vec<u128>,
    /// When each of them ends, by place.
    until: Vec<usize>,
    /// What each of them writes, by place.
    writing: Vec<usize>,
    /// Values that reads under way will have found, ascending.
    sought: Vec<usize>,
    /// Writes begun of which nobody knows, by value.
    unknown: Vec<usize>,
    /// Reads that have not ended, begun or not, by value.
    awaited: Vec<usize>,
    /// What is done with too many states, and whether it was.
    most: usize,
    excess: Excess,
    exceeded: bool,
    /// States made and compared so far, and how many may be.
    work: u64,
    budget: u64,
}

impl Frontier {
    pub(super) fn new(initial: usize, awaited: Vec<usize>, limits: Limits, excess: Excess) -> Self {
        let values = awaited.len();
        let value = if awaited[initial] == 0 { NOBODY_READS } else { initial };
        Self {
            states: vec![State::of(value)],
            reads: vec![0; values],
            writes: vec![0; values],
            until: vec![0; u128::BITS as usize],
            writing: vec![0; u128::BITS as usize],
            sought: Vec::new(),
            unknown: vec![0; values],
            awaited,
            most: limits.states,
            excess,
            exceeded: false,
            work: 0,
            budget: limits.work,
        }
    }

    /// Whether states were dropped or merged: the states that are left are not those that there are.
    pub(super) fn exceeded(&self) -> bool {
        self.exceeded
    }

    /// Whether it was given up: the states that are left are not all that there are.
    pub(super) fn exhausted(&self) -> bool {
        self.work > self.budget
    }

    /// Whether no way is left.
    pub(super) fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    pub(super) fn read(&mut self, place: usize, value: usize) {
        if let Err(at) = self.sought.binary_search(&value) {
            self.sought.insert(at, value);
        }
        self.reads[value] |= 1 << place;
        for state in &mut self.states {
            // A read of what is there takes effect at once: that changes nothing and can only be of use.
            if state.value == value {
                state.reads |= 1 << place;
            }
        }
    }

    pub(super) fn write(&mut self, place: usize, value: usize, until: usize) {
        self.writes[value] |= 1 << place;
        (self.until[place], self.writing[place]) = (until, value);
        for state in &mut self.states {
            state.fresh |= 1 << place;
        }
    }

    pub(super) fn unknown(&mut self, value: usize) {
        self.unknown[value] += 1;
    }

    pub(super) fn read_ends(&mut self, place: usize, value: usize) {
        let mut next = Vec::with_capacity(self.states.len());
        for state in std::mem::take(&mut self.states) {
            if state.reads & (1 << place) == 0 {
                self.reach(&state, value, 0, &mut next);
            } else {
                next.push(state);
            }
        }
        self.reads[value] &= !(1 << place);
        if self.reads[value] == 0 {
            self.sought.retain(|other| *other != value);
        }
        self.awaited[value] -= 1;
        for state in &mut next {
            state.reads &= !(1 << place);
            if self.awaited[value] == 0 {
                state.forget(value);
                state.used &= !self.writes[value];
            }
        }
        self.keep(next);
    }

    pub(super) fn write_ends(&mut self, place: usize, value: usize) {
        let mut next = Vec::with_capacity(self.states.len());
        for state in std::mem::take(&mut self.states) {
            if state.used & (1 << place) != 0 {
                next.push(state);
                continue;
            }
            let overwritten = state.fresh & (1 << place) == 0;
            // Where it can be thought of as overwritten it only need be seen if somebody reads it.
            if !overwritten || self.awaited[value] > 0 {
                self.reach(&state, value, 0, &mut next);
            }
            if overwritten {
                next.push(state);
            }
        }
        self.writes[value] &= !(1 << place);
        for state in &mut next {
            state.used &= !(1 << place);
        }
        self.keep(next);
    }

    /// Every way to a register that holds the value, by a write of it now. Before that, other writes may take effect if
    /// reads under way find them; in which order makes no difference, so each choice of them is made once, in that of the
    /// values sought, from the given one on.
    fn reach(&mut self, state: &State, value: usize, from: usize, into: &mut Vec<State>) {
        if self.exhausted() {
            return;
        }
        into.extend(self.written(state, value));
        for at in from..self.sought.len() {
            let other = self.sought[at];
            if other != value
                && self.reads[other] & !state.reads != 0
                && let Some(between) = self.written(state, other)
            {
                self.reach(&between, value, at + 1, into);
            }
        }
    }

    /// The state after a write of the value; `None` where none is to be had.
    ///
    /// Of the writes to be had, the one that ends first is taken, and one that never ends last: whatever can be done
    /// with an earlier end can be done with a later one.
    fn written(&mut self, state: &State, value: usize) -> Option<State> {
        self.work += PER_STATE;
        let candidates = Places(self.writes[value] & !state.used);
        let first = candidates.min_by_key(|place| self.until[*place]);
        if first.is_none() && self.unknown[value] <= state.spent(value) {
            return None;
        }
        let mut written = State { fresh: 0, reads: state.reads | self.reads[value], value, ..state.clone() };
        if self.awaited[value] == 0 {
            written.value = NOBODY_READS;
        } else if let Some(place) = first {
            written.used |= 1 << place;
        } else {
            written.spend(value);
        }
        Some(written)
    }

    /// Keeps the states of which no other one dominates.
    fn keep(&mut self, candidates: Vec<State>) {
        if candidates.len() == 1 || self.exhausted() {
            self.states = candidates;
            return;
        }
        let mut kept: Vec<State> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            self.work += 1 + kept.len() as u64;
            if self.exhausted() {
                break;
            }
            if kept.iter().any(|other| self.dominates(other, &candidate)) {
                continue;
            }
            kept.retain(|other| !self.dominates(&candidate, other));
            kept.push(candidate);
        }
        if kept.len() > self.most {
            self.exceeded = true;
            match self.excess {
                Excess::Dropped => {
                    kept.sort_by_key(State::spent_in_all);
                    kept.truncate(self.most);
                }
                Excess::Merged => kept = merged(kept),
            }
        }
        self.states = kept;
    }

    /// Whether every way on from the second state is one from the first too.
    fn dominates(&self, a: &State, b: &State) -> bool {
        if a.value != b.value || b.reads & !a.reads != 0 || a.fresh & !b.fresh != 0 {
            return false;
        }
        if a.used & !b.used == 0 {
            return a.spent.iter().all(|(value, spent)| *spent <= b.spent(*value));
        }
        let differ = Places(a.used ^ b.used);
        let values = differ.map(|place| self.writing[place]).chain(a.spent.iter().map(|(value, _)| *value));
        values.into_iter().all(|value| self.leaves_more(a, b, value, differ))
    }

    /// Whether the first state has at least as many writes of the value left as the second, at any time from now on.
    fn leaves_more(&self, a: &State, b: &State, value: usize, differ: Places) -> bool {
        // From the writes that never end back to those that end first, what A has left more than B.
        let mut more = b.spent(value).cast_signed() - a.spent(value).cast_signed();
        let mut places: Vec<usize> = Places(differ.0 & self.writes[value]).collect();
        places.sort_unstable_by_key(|place| Reverse(self.until[*place]));
        more >= 0
            && places.into_iter().all(|place| {
                more += if a.used & (1 << place) == 0 { 1 } else { -1 };
                more >= 0
            })
    }
}

/// One state for those that differ only in what they have used up, as if it had used up the least of each.
fn merged(mut states: Vec<State>) -> Vec<State> {
    let key = |state: &State| (state.value, state.reads, state.used, state.fresh);
    states.sort_by_key(key);
    states.dedup_by(|state, into| {
        let same = key(state) == key(into);
        if same {
            into.spent.retain_mut(|(value, spent)| {
                *spent = state.spent(*value).min(*spent);
                *spent > 0
            });
        }
        same
    });
    states
}

/// The places in a mask.
#[derive(Clone, Copy, Debug)]
struct Places(u128);

impl Iterator for Places {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let place = (self.0 != 0).then(|| self.0.trailing_zeros() as usize)?;
        self.0 &= self.0 - 1;
        Some(place)
    }
}

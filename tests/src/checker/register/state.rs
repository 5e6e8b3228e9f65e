//! One way in which a history may have gone so far.

/// The number of a value that no read will find any more: which one it is makes no difference.
pub(super) const NOBODY_READS: usize = usize::MAX;

/// What has taken effect so far. Masks are over the places of what is under way.
///
/// A write of which nobody knows and which no read found need not be thought of at all: leaving it out changes what no
/// read finds. A write that was done and that no read found can be thought of as done directly before the next
/// write, whichever that is, so that for it only one thing counts: whether any write has taken effect since it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// What the register holds.
    pub(super) value: usize,
    /// Reads that have taken effect.
    pub(super) reads: u128,
    /// Writes that have taken effect, to be read.
    pub(super) used: u128,
    /// Writes that have not, and since whose beginning no other one has: they cannot be thought of as done and overwritten.
    pub(super) fresh: u128,
    /// How many writes of which nobody knows have taken effect, by value: those values that are still read, ascending, none
    /// of them 0.
    pub(super) spent: Vec<(usize, usize)>,
}

impl State {
    pub(super) fn of(value: usize) -> Self {
        Self { value, reads: 0, used: 0, fresh: 0, spent: Vec::new() }
    }

    /// How many writes of the value of which nobody knows have taken effect.
    pub(super) fn spent(&self, value: usize) -> usize {
        self.spent.binary_search_by_key(&value, |(value, _)| *value).map_or(0, |at| self.spent[at].1)
    }

    /// How many writes of any value of which nobody knows have taken effect.
    pub(super) fn spent_in_all(&self) -> usize {
        self.spent.iter().map(|(_, spent)| spent).sum()
    }

    /// Lets one more of them take effect.
    pub(super) fn spend(&mut self, value: usize) {
        match self.spent.binary_search_by_key(&value, |(value, _)| *value) {
            Ok(at) => self.spent[at].1 += 1,
            Err(at) => self.spent.insert(at, (value, 1)),
        }
    }

    /// Forgets what was spent of a value that nobody reads any more.
    pub(super) fn forget(&mut self, value: usize) {
        self.spent.retain(|(other, _)| *other != value);
        if self.value == value {
            self.value = NOBODY_READS;
        }
    }
}

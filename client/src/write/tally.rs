//! What became of the points of a call, in numbers.

use std::fmt;

/// How many points of a write ended how. The numbers add up to the points of the batch, and none claims more than is
/// known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Acknowledged at the level asked for.
    pub stored: usize,
    /// In a request that some replica acknowledged, but fewer than the level asks.
    pub below_level: usize,
    /// In a request that a hinted handoff queue accepted.
    pub deferred: usize,
    /// Refused for good. Where the server refused points without naming them, this is the number it admits to.
    pub refused: usize,
    /// Perhaps stored.
    pub unknown: usize,
    /// Stored nowhere, but not refused for good either.
    pub not_stored: usize,
}

impl Tally {
    /// All points of the call.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.stored + self.below_level + self.deferred + self.refused + self.unknown + self.not_stored
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.stored, "stored"),
            (self.below_level, "below level"),
            (self.deferred, "deferred"),
            (self.refused, "refused"),
            (self.unknown, "unknown"),
            (self.not_stored, "not stored"),
        ];
        let mut separator = "";
        for (count, words) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{separator}{count} {words}")?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("no points") } else { Ok(()) }
    }
}

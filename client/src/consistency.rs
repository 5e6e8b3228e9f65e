//! How many replicas must acknowledge a write before it counts as done.

use std::fmt;
use std::str::FromStr;

/// The consistency level of a write, sent as `consistency=` on `/write`.
///
/// A level is asked per shard: the coordinator always writes to every owner of a shard and only
/// waits for as many acknowledgements as the level names.
///
/// ```
/// use influx_client::ConsistencyLevel;
///
/// let level: ConsistencyLevel = "QUORUM".parse()?;
/// assert_eq!(level.to_string(), "quorum");
/// assert_eq!(level.required(3), 2);
/// # Ok::<(), influx_client::UnknownConsistencyLevel>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsistencyLevel {
    /// One acknowledgement, for which a hint in the coordinator's hinted handoff queue will do.
    Any,
    /// One replica has stored the points. What the server takes when nothing is asked.
    #[default]
    One,
    /// More than half of the owners of each shard have stored the points.
    Quorum,
    /// Every owner of each shard has stored the points.
    All,
}

impl ConsistencyLevel {
    /// Every level, from the weakest to the strongest.
    pub const ALL: [Self; 4] = [Self::Any, Self::One, Self::Quorum, Self::All];

    /// The word the server takes: `any`, `one`, `quorum` or `all`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::One => "one",
            Self::Quorum => "quorum",
            Self::All => "all",
        }
    }

    /// How many acknowledgements a shard with `owners` owners needs (cluster 1.8 facts, section 4).
    ///
    /// For [`ConsistencyLevel::Any`] a hint may stand in for the one acknowledgement.
    #[must_use]
    pub const fn required(self, owners: usize) -> usize {
        match self {
            Self::Any | Self::One => 1,
            Self::Quorum => owners / 2 + 1,
            Self::All => owners,
        }
    }
}

impl fmt::Display for ConsistencyLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no consistency level.
///
/// Real 0.10 servers take an unknown level silently for `one`, so the client never sends one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown consistency level: use any, one, quorum or all")]
#[non_exhaustive]
pub struct UnknownConsistencyLevel;

impl FromStr for ConsistencyLevel {
    type Err = UnknownConsistencyLevel;

    /// Reads a level in any case, as the server does; spaces are not trimmed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|level| level.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownConsistencyLevel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_survives_display_and_parse() {
        for level in ConsistencyLevel::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
            assert_eq!(level.as_str().to_uppercase().parse(), Ok(level));
        }
    }

    #[test]
    fn what_is_no_level_is_refused() {
        for text in ["", " any", "any ", "two", "ALLL", "quorum\0"] {
            assert_eq!(text.parse::<ConsistencyLevel>(), Err(UnknownConsistencyLevel));
        }
    }

    #[test]
    fn required_acknowledgements() {
        use ConsistencyLevel::{All, Any, One, Quorum};
        for (level, owners, needed) in
            [(Any, 3, 1), (One, 3, 1), (Quorum, 1, 1), (Quorum, 2, 2), (Quorum, 3, 2), (Quorum, 5, 3), (All, 3, 3)]
        {
            assert_eq!(level.required(owners), needed, "{level} of {owners}");
        }
    }
}

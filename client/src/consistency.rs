//! How many replicas must acknowledge a write.

use std::fmt;
use std::str::FromStr;

/// How many owners of a shard must acknowledge a write before the server answers that it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ConsistencyLevel {
    /// One owner, or a hinted handoff queue on behalf of one.
    Any,
    /// One owner.
    #[default]
    One,
    /// More than half of the owners.
    Quorum,
    /// Every owner.
    All,
}

impl fmt::Display for ConsistencyLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::One => "one",
            Self::Quorum => "quorum",
            Self::All => "all",
        })
    }
}

impl FromStr for ConsistencyLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Any, Self::One, Self::Quorum, Self::All]
            .into_iter()
            .find(|level| level.to_string().eq_ignore_ascii_case(text))
            .ok_or_else(|| format!("not a consistency level: {text}"))
    }
}

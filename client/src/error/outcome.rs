//! What is known about the data after a write.

use std::fmt;
use std::str::FromStr;

/// What is known about the points of a write. A claim made here is never false; where nothing is known it says so.
///
/// The values are ordered by what a further attempt with the same points can make of them
/// (see [`Outcome::join`]); the order is not one of goodness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No replica has any of it, and none will.
    NotStored,
    /// The named points were refused for good; the others may be stored. Resending the others settles it, and is safe if they
    /// carry timestamps.
    PartlyStored,
    /// May be stored nowhere, somewhere, or later.
    Unknown,
    /// Accepted into a hinted handoff queue: it will arrive unless the queue is lost. Do not resend. As the server's answer is
    /// about one shard, of a request with points of several this is known of one of them.
    Deferred,
    /// For at least one shard of the batch some replica acknowledged, but fewer than the level asks. Other shards
    /// are unknown. The rest normally arrives by hinted handoff; points of a conflicting type may be nowhere.
    BelowLevel,
    /// The server acknowledged the level asked for. What that is worth depends on the server: see
    /// [`Ack::caveat`](crate::Ack::caveat).
    Stored,
}

impl Outcome {
    /// Every outcome, in the order of [`Outcome::join`].
    pub const ALL: [Self; 6] =
        [Self::NotStored, Self::PartlyStored, Self::Unknown, Self::Deferred, Self::BelowLevel, Self::Stored];

    /// The stable name used in machine-readable output, for example `below-level`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::NotStored => "not-stored",
            Self::PartlyStored => "partly-stored",
            Self::Unknown => "unknown",
            Self::Deferred => "deferred",
            Self::BelowLevel => "below-level",
            Self::Stored => "stored",
        }
    }

    /// The claim in words, as one clause without a full stop.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotStored => "nothing is stored, and nothing will be",
            Self::PartlyStored => "the named points were refused for good; the others may be stored",
            Self::Unknown => "may be stored nowhere, somewhere, or later",
            Self::Deferred => "accepted into a hinted handoff queue; it will arrive unless that queue is lost",
            Self::BelowLevel => "acknowledged by some replica of at least one shard, but by fewer than the level asks",
            Self::Stored => "acknowledged by the server at the level asked for",
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::NotStored => 0,
            Self::PartlyStored => 1,
            Self::Unknown => 2,
            Self::Deferred => 3,
            Self::BelowLevel => 4,
            Self::Stored => 5,
        }
    }

    /// What is known after two attempts with the same points, in whichever order they were made.
    ///
    /// An attempt which stored nothing takes nothing back from another one, so `NotStored` gives way to everything.
    /// That a replica acknowledged, or that a queue took the points, stays true whatever an attempt without
    /// an answer did beside it. An acknowledgement settles all.
    #[must_use]
    pub const fn join(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }

    /// Whether this claims more about what is *absent* than `known` supports.
    ///
    /// A class whose outcome is such a claim must not be reported for a call whose attempts joined to `known`.
    #[must_use]
    pub const fn overclaims(self, known: Self) -> bool {
        match self {
            Self::NotStored => !matches!(known, Self::NotStored),
            Self::PartlyStored => !matches!(known, Self::NotStored | Self::PartlyStored),
            Self::BelowLevel | Self::Deferred => self.rank() > known.rank(),
            Self::Stored => !matches!(known, Self::Stored),
            Self::Unknown => false,
        }
    }

    /// Whether some of the points may be stored now or later although the write was not acknowledged.
    #[must_use]
    pub const fn in_doubt(self) -> bool {
        match self {
            Self::PartlyStored | Self::Unknown | Self::Deferred | Self::BelowLevel => true,
            Self::NotStored | Self::Stored => false,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The text is not the [`id`](Outcome::id) of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an outcome: use not-stored, partly-stored, unknown, deferred, below-level or stored")]
pub struct UnknownOutcome;

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|o| o.id() == text).ok_or(UnknownOutcome)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn join_is_a_lattice() {
        for a in Outcome::ALL {
            assert_eq!(a.join(a), a);
            assert_eq!(a.join(Outcome::NotStored), a, "an attempt which stored nothing changes nothing");
            assert_eq!(a.join(Outcome::Stored), Outcome::Stored, "an acknowledgement settles all");
            for b in Outcome::ALL {
                assert_eq!(a.join(b), b.join(a));
                for c in Outcome::ALL {
                    assert_eq!(a.join(b).join(c), a.join(b.join(c)));
                }
            }
        }
    }

    #[test]
    fn doubt_is_never_overwritten_by_absence() {
        for doubt in [Outcome::Unknown, Outcome::BelowLevel, Outcome::Deferred] {
            assert_eq!(doubt.join(Outcome::NotStored), doubt);
            assert!(Outcome::NotStored.overclaims(doubt));
            assert!(!Outcome::Unknown.overclaims(doubt));
        }
    }

    /// The join never claims more than it knows: neither part of it overclaims, except by being absent.
    #[test]
    fn the_join_supports_itself() {
        for a in Outcome::ALL {
            assert!(!a.overclaims(a));
        }
    }

    #[test]
    fn names_round_trip() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.to_string().parse::<Outcome>().unwrap(), outcome);
        }
        assert_eq!("Stored".parse::<Outcome>(), Err(UnknownOutcome));
    }
}

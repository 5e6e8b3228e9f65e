//! Acknowledgements, and what they are worth.

use std::fmt;

use super::attempt::Attempt;
use super::destination::Destination;
use super::tally::Tally;
use crate::{ConsistencyLevel, Endpoint, ServerVersion, Standing};

/// The server acknowledged every point at [`Ack::level`], which is the level asked for unless a policy lowered it.
///
/// An acknowledgement is worth what the server's word is worth: see [`Ack::caveat`].
#[derive(Clone, Debug)]
pub struct Ack {
    pub(super) asked: ConsistencyLevel,
    pub(super) level: ConsistencyLevel,
    pub(super) points: usize,
    pub(super) attempts: Vec<Attempt>,
    pub(super) versions: Vec<ServerVersion>,
    pub(super) destination: Destination,
}

impl Ack {
    /// What a server says of so many points that it stored.
    #[cfg(test)]
    pub(crate) const fn of(points: usize) -> Self {
        let level = ConsistencyLevel::One;
        Self {
            asked: level,
            level,
            points,
            attempts: Vec::new(),
            versions: Vec::new(),
            destination: Destination::none(),
        }
    }

    /// The same at another level, of a server of this version.
    #[cfg(test)]
    pub(crate) fn said_by(self, level: ConsistencyLevel, version: &str) -> Self {
        let versions = ServerVersion::read(version, None).into_iter().collect();
        Self { asked: level, level, versions, ..self }
    }

    /// The same with the caveats that another one has besides; `None` where there are none.
    pub(crate) fn joined(&self, other: &Self) -> Option<Self> {
        let new: Vec<ServerVersion> =
            other.versions.iter().filter(|version| !self.versions.contains(version)).cloned().collect();
        // Its own come last, as the one that acknowledged does.
        (!new.is_empty()).then(|| Self { versions: [new, self.versions.clone()].concat(), ..self.clone() })
    }

    /// The level that was asked for.
    #[must_use]
    pub const fn asked(&self) -> ConsistencyLevel {
        self.asked
    }

    /// The level that every point was acknowledged at: the one asked for, unless a policy such as
    /// [`Downgrade`](crate::Downgrade) settled for less.
    #[must_use]
    pub const fn level(&self) -> ConsistencyLevel {
        self.level
    }

    /// How many points were acknowledged.
    #[must_use]
    pub const fn points(&self) -> usize {
        self.points
    }

    /// The coordinator that acknowledged; `None` for an empty batch, which is not sent.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.attempts.last().map(|attempt| &attempt.endpoint)
    }

    /// Every request of the call, in order; empty for an empty batch.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.attempts
    }

    /// The database and retention policy that it went to, for reading it back.
    pub(crate) const fn destination(&self) -> &Destination {
        &self.destination
    }

    /// The status of the last reply: 204, or `None` for an empty batch.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.attempts.last().and_then(|attempt| attempt.status)
    }

    /// The id under which the server logged the last request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.attempts.last().and_then(|attempt| attempt.request_id.as_deref())
    }

    /// The version of the server that acknowledged last.
    #[must_use]
    pub fn server_version(&self) -> Option<&ServerVersion> {
        self.versions.last()
    }

    /// All points are stored.
    #[must_use]
    pub fn tally(&self) -> Tally {
        Tally { stored: self.points, ..Tally::default() }
    }

    /// The most important reason why this acknowledgement is worth less than it says, if one is known.
    ///
    /// How many replicas acknowledged is not on the wire, so it is not claimed either way.
    #[must_use]
    pub fn caveat(&self) -> Option<Caveat> {
        self.caveats().next()
    }

    /// Every known reason why this acknowledgement is worth less than it says.
    pub fn caveats(&self) -> impl Iterator<Item = Caveat> + '_ {
        Caveat::ALL.into_iter().filter(|caveat| match caveat {
            Caveat::NewShardGroup => self.versions.iter().any(ServerVersion::acknowledges_dropped_writes),
            Caveat::NoCluster => {
                self.level != ConsistencyLevel::One
                    && self.versions.iter().any(|version| version.standing() == Standing::SingleNode)
            }
            Caveat::MaybeQueued => {
                self.level == ConsistencyLevel::Any
                    && self.versions.iter().any(|version| version.standing() != Standing::SingleNode)
            }
        })
    }
}

/// Why an acknowledgement may be worth less than it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Caveat {
    /// Versions 0.9 and 0.10: if the write created a shard group, fewer replicas than acknowledged may have
    /// kept it, or none (0.10 facts § 2.4 and § 8).
    NewShardGroup,
    /// The server is no cluster: the consistency level had no effect.
    NoCluster,
    /// At level `any`: the points may only be in a hinted handoff queue so far.
    MaybeQueued,
}

impl Caveat {
    /// Every caveat, the most important first.
    pub const ALL: [Self; 3] = [Self::NewShardGroup, Self::NoCluster, Self::MaybeQueued];

    /// The stable name used in machine-readable output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::NewShardGroup => "new-shard-group",
            Self::NoCluster => "no-cluster",
            Self::MaybeQueued => "maybe-queued",
        }
    }
}

impl fmt::Display for Caveat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NewShardGroup => {
                "this server version acknowledges writes to a new shard group that its replicas may drop"
            }
            Self::NoCluster => "the server is a single node: the consistency level had no effect",
            Self::MaybeQueued => "at level any the points may only be queued in hinted handoff so far",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ack(level: ConsistencyLevel, version: &str) -> Ack {
        let versions = ServerVersion::read(version, Some("OSS")).into_iter().collect();
        Ack { asked: level, level, points: 1, attempts: Vec::new(), versions, destination: Destination::none() }
    }

    #[test]
    fn caveats_follow_from_version_and_level() {
        use ConsistencyLevel::{All, Any, One, Quorum};
        assert_eq!(ack(Quorum, "1.8.11-c1.2.0").caveat(), None);
        assert_eq!(ack(Any, "1.8.11-c1.2.0").caveat(), Some(Caveat::MaybeQueued));
        assert_eq!(ack(Quorum, "1.8.10").caveat(), Some(Caveat::NoCluster));
        assert_eq!(ack(Any, "1.8.10").caveats().collect::<Vec<_>>(), [Caveat::NoCluster]);
        assert_eq!(ack(One, "1.8.10").caveat(), None);
        assert_eq!(ack(All, "0.10.3").caveat(), Some(Caveat::NewShardGroup));
        assert_eq!(ack(Any, "0.10.3").caveats().count(), 2);
        assert_eq!(ack(All, "").caveat(), None, "without a version nothing is claimed");
    }
}

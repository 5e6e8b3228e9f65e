//! The ways in which a real server breaks its word, by name.

use std::fmt;

use influx_server_mock::LossKind;
use serde::{Deserialize, Serialize};

/// Why what a server acknowledged, or refused, is not so in the end. Each is something that the real servers do, and is
/// held against the server only where the record of the run shows that it did it to these points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerLie {
    /// 0.10: a replica that had not heard of the new shard group acknowledged the write and dropped it (cluster 0.10 facts,
    /// § 2.4).
    DropRace,
    /// The hint for a replica that missed the write was refused: hinted handoff is off (cluster 0.10 facts, § 2.3).
    QueueDisabled,
    /// Likewise: the queue was full (cluster 1.8 facts, § 5: `any` and `one` succeed all the same).
    QueueFull,
    /// Likewise: too many writes to the queue were under way (1.8 facts, § 5).
    QueueBlocked,
    /// Likewise: the write is larger than a segment of the queue (0.10 facts, § 4).
    HintTooLarge,
    /// The hint could not be written to the disk. 0.10 calls that success (0.10 facts, § 4).
    HintNotWritten,
    /// The coordinator's own copy failed, and such failures are never hinted (0.10 facts, § 2.2).
    LocalFailure,
    /// A replica refused the data, for a type that only it knows or a limit, while others took it; such refusals are not
    /// hinted (1.8 facts, § 4, divergence by type).
    ReplicaRefused,
    /// 1.8: the race over the list of points kept a refused point from a replica, and the write was acknowledged without
    /// it (1.8 facts, § 4).
    ConflictDropped,
    /// 1.8: the same race lost a good point on the way to one replica (1.8 facts, § 4).
    GoodPointLost,
    /// 1.8: a hint was refused by its replica and thrown away in silence (1.8 facts, § 5).
    HintRefused,
    /// 0.10: a hint that its replica refuses stays at the head of its queue for ever, and all behind it with it (0.10
    /// facts, § 4).
    PoisonHint,
    /// Hints were dropped for their age (1.8 facts, § 5).
    HintPurged,
    /// The coordinator was killed after it answered and before it had queued what a slow replica missed: the hint is
    /// only written when the attempt has failed (0.10 facts, § 2.2; 1.8 facts, § 4).
    CoordinatorDied,
    /// The shard's group was deleted meanwhile: the write is acknowledged and dropped (1.8 facts, § 5).
    ShardDeleted,
    /// A point was refused for its type by every replica that answered and queued for the others, one of which took it
    /// in later because it did not know the type yet (1.8 facts, § 4, divergence by type).
    RefusedYetQueued,
    /// A hint from before was written over a newer value (0.10 facts, § 4). It cannot happen to points that are written
    /// once with one value.
    StaleHint,
}

impl ServerLie {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::DropRace,
        Self::QueueDisabled,
        Self::QueueFull,
        Self::QueueBlocked,
        Self::HintTooLarge,
        Self::HintNotWritten,
        Self::LocalFailure,
        Self::ReplicaRefused,
        Self::ConflictDropped,
        Self::GoodPointLost,
        Self::HintRefused,
        Self::PoisonHint,
        Self::HintPurged,
        Self::CoordinatorDied,
        Self::ShardDeleted,
        Self::RefusedYetQueued,
        Self::StaleHint,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DropRace => "drop-race",
            Self::QueueDisabled => "queue-disabled",
            Self::QueueFull => "queue-full",
            Self::QueueBlocked => "queue-blocked",
            Self::HintTooLarge => "hint-too-large",
            Self::HintNotWritten => "hint-not-written",
            Self::LocalFailure => "local-failure",
            Self::ReplicaRefused => "replica-refused",
            Self::ConflictDropped => "conflict-dropped",
            Self::GoodPointLost => "good-point-lost",
            Self::HintRefused => "hint-refused",
            Self::PoisonHint => "poison-hint",
            Self::HintPurged => "hint-purged",
            Self::CoordinatorDied => "coordinator-died",
            Self::ShardDeleted => "shard-deleted",
            Self::RefusedYetQueued => "refused-yet-queued",
            Self::StaleHint => "stale-hint",
        }
    }

    /// What the server did, as a sentence without its full stop.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::DropRace => "a replica acknowledged a write to a shard group it had not heard of, and dropped it",
            Self::QueueDisabled => "a replica missed the write, and hinted handoff was off",
            Self::QueueFull => "a replica missed the write, and the queue for it was full",
            Self::QueueBlocked => "a replica missed the write, and the queue for it was blocked",
            Self::HintTooLarge => "a replica missed the write, which is too large for the queue",
            Self::HintNotWritten => "a replica missed the write, and its hint could not be written to disk",
            Self::LocalFailure => "the coordinator's own copy failed, which is never hinted",
            Self::ReplicaRefused => "a replica refused what others took, which is never hinted",
            Self::ConflictDropped => "a point of another type was dropped in silence by the race over the batch",
            Self::GoodPointLost => "a good point was lost on the way to a replica by the race over the batch",
            Self::HintRefused => "a hint was refused by its replica and thrown away",
            Self::PoisonHint => "a hint that its replica refuses stays at the head of the queue for ever",
            Self::HintPurged => "hints were dropped for their age",
            Self::CoordinatorDied => "the coordinator was killed before it queued what a replica missed",
            Self::ShardDeleted => "the shard group was deleted, and the write acknowledged",
            Self::RefusedYetQueued => {
                "a point refused by all who answered was queued for the others, one of which took it"
            }
            Self::StaleHint => "an old hint was written over a newer value",
        }
    }
}

impl From<LossKind> for ServerLie {
    /// The name in reports for what a node's log tells.
    fn from(kind: LossKind) -> Self {
        match kind {
            LossKind::UnknownShard => Self::DropRace,
            LossKind::DeletedShard => Self::ShardDeleted,
            LossKind::QueueDisabled => Self::QueueDisabled,
            LossKind::QueueFull => Self::QueueFull,
            LossKind::QueueBlocked => Self::QueueBlocked,
            LossKind::HintTooLarge => Self::HintTooLarge,
            LossKind::HintNotWritten => Self::HintNotWritten,
            LossKind::LocalFailure => Self::LocalFailure,
            LossKind::Refused => Self::ReplicaRefused,
            LossKind::ConflictDropped => Self::ConflictDropped,
            LossKind::GoodPointLost => Self::GoodPointLost,
            LossKind::HintRefused => Self::HintRefused,
            LossKind::HintPurged => Self::HintPurged,
            LossKind::HintPoisons => Self::PoisonHint,
            LossKind::RefusedYetQueued => Self::RefusedYetQueued,
        }
    }
}

impl fmt::Display for ServerLie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What is untrue of the points that a lie was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breaks {
    /// A copy that counted towards the level is not there: the owner acknowledged the points and dropped them, or the
    /// coordinator sent it fewer than it said.
    CopyThatCounts,
    /// A hint that was taken, which counts at `any`, does not arrive.
    HintTaken,
    /// Likewise for 0.10; 1.8 says that the hint was not taken.
    HintMaybeTaken,
    /// A copy that has never counted, and that a hint should have made up for, does not come.
    CopyToCome,
    /// What was refused is there.
    Refusal,
    /// Something else is there than was written last.
    Value,
}

impl ServerLie {
    /// Whether it makes a copy untrue that counted towards a level.
    pub(crate) const fn drops_what_counted(self) -> bool {
        matches!(self.breaks(), Breaks::CopyThatCounts)
    }

    /// What it makes untrue.
    pub(super) const fn breaks(self) -> Breaks {
        match self {
            Self::DropRace | Self::ShardDeleted | Self::ConflictDropped | Self::GoodPointLost => Breaks::CopyThatCounts,
            Self::HintRefused | Self::PoisonHint | Self::HintPurged => Breaks::HintTaken,
            Self::HintNotWritten => Breaks::HintMaybeTaken,
            Self::QueueDisabled
            | Self::QueueFull
            | Self::QueueBlocked
            | Self::HintTooLarge
            | Self::LocalFailure
            | Self::ReplicaRefused
            | Self::CoordinatorDied => Breaks::CopyToCome,
            Self::RefusedYetQueued => Breaks::Refusal,
            Self::StaleHint => Breaks::Value,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_told_once_and_read_back() {
        for lie in ServerLie::ALL {
            assert_eq!(serde_json::to_value(lie).unwrap(), lie.id());
            assert_eq!(serde_json::from_value::<ServerLie>(lie.id().into()).unwrap(), lie);
        }
    }

    #[test]
    fn the_documents_have_each_of_them() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/lab.md"));
        let rows =
            text.split_once("| server's lie |").unwrap().1.lines().skip(2).take_while(|line| line.starts_with('|'));
        let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
        let told: BTreeSet<&str> = names.collect();
        assert_eq!(told, ServerLie::ALL.map(ServerLie::id).into());
    }
}

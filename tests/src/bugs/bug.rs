//! The bugs by name.

use std::fmt;

use influx_server_mock::Profile;

/// A bug of a real system that the bundled cluster has too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bug {
    /// A replica acknowledges a write into a shard group that it has not heard of, and drops it.
    DropRace,
    /// A hint that waited overwrites what was written, and acknowledged at `all`, after it.
    StaleHint,
    /// The same in 1.8, where queues keep the order, though only that of their own coordinator.
    StaleHintElsewhere,
    /// A hinted batch that its owner refuses blocks everything behind it for ever.
    PoisonHint,
    /// A hint that could not be written to the disk counts as written.
    FullDisk,
    /// `any` is refused although the write is queued, because something was queued before.
    AnyRefused,
    /// Replicas that gave one field two types keep them for ever.
    TypeDivergence,
    /// A batch that gives a new field two types is acknowledged at `any` and stored nowhere.
    TwoTypes,
    /// A refused line is dropped and nobody is told.
    SliceRace,
    /// A queue that is full loses a replica and nobody is told.
    HandoffFull,
    /// The same where too many appends are under way.
    HandoffBlocked,
    /// The same where hinted handoff is switched off.
    HandoffDisabled,
}

/// Whose bug it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The clustered InfluxDB 0.10.
    Old,
    /// influxdb-cluster 1.8.
    New,
}

impl Owner {
    /// The profile that has the bug.
    #[must_use]
    pub const fn profile(self) -> Profile {
        match self {
            Self::Old => Profile::V0_10,
            Self::New => Profile::V1_8,
        }
    }
}

impl Bug {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::DropRace,
        Self::StaleHint,
        Self::StaleHintElsewhere,
        Self::PoisonHint,
        Self::FullDisk,
        Self::AnyRefused,
        Self::TypeDivergence,
        Self::TwoTypes,
        Self::SliceRace,
        Self::HandoffFull,
        Self::HandoffBlocked,
        Self::HandoffDisabled,
    ];

    /// Its name in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::DropRace => "drop-race",
            Self::StaleHint => "stale-hint",
            Self::StaleHintElsewhere => "stale-hint-of-another",
            Self::PoisonHint => "poison-hint",
            Self::FullDisk => "hint-on-full-disk",
            Self::AnyRefused => "any-refused",
            Self::TypeDivergence => "type-divergence",
            Self::TwoTypes => "two-types-at-any",
            Self::SliceRace => "line-dropped",
            Self::HandoffFull => "handoff-full",
            Self::HandoffBlocked => "handoff-blocked",
            Self::HandoffDisabled => "handoff-disabled",
        }
    }

    /// What happens, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::DropRace => "a write into a new shard group is acknowledged at all, and owners never keep it",
            Self::StaleHint => "an old hint overwrites a newer value that was acknowledged at all",
            Self::StaleHintElsewhere => {
                "an old hint of one coordinator overwrites a newer value written through another"
            }
            Self::PoisonHint => "a hinted batch of a conflicting type blocks all hints behind it for ever",
            Self::FullDisk => "a hint that the full disk did not take is told as success: the write is nowhere",
            Self::AnyRefused => "a write at any is refused, although it was queued and arrives",
            Self::TypeDivergence => "owners keep a field in two types for ever, with empty queues",
            Self::TwoTypes => "a batch with two types for a new field is acknowledged at any and stored nowhere",
            Self::SliceRace => "a line of a conflicting type is dropped in silence, the batch acknowledged",
            Self::HandoffFull => "204 while a full queue keeps nothing for the owner that is away",
            Self::HandoffBlocked => "204 while a blocked queue keeps nothing for the owner that is away",
            Self::HandoffDisabled => "204 while hinted handoff is off and an owner is away",
        }
    }

    /// Where the real system was seen to do it.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::DropRace => "0.10 facts § 2.4",
            Self::StaleHint | Self::PoisonHint | Self::FullDisk => "0.10 facts § 4",
            Self::AnyRefused | Self::TypeDivergence | Self::SliceRace => "cluster 1.8 facts § 4",
            Self::StaleHintElsewhere => "study figures: 4 of 9 owners of 1.8 end on an older value",
            Self::TwoTypes => "cluster 1.8 facts § 4, outcome table",
            Self::HandoffFull | Self::HandoffBlocked | Self::HandoffDisabled => "cluster 1.8 facts § 5",
        }
    }

    /// Whose it is.
    #[must_use]
    pub const fn owner(self) -> Owner {
        match self {
            Self::DropRace | Self::StaleHint | Self::PoisonHint | Self::FullDisk => Owner::Old,
            Self::StaleHintElsewhere
            | Self::AnyRefused
            | Self::TypeDivergence
            | Self::TwoTypes
            | Self::SliceRace
            | Self::HandoffFull
            | Self::HandoffBlocked
            | Self::HandoffDisabled => Owner::New,
        }
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

//! What an engine answers when it does not store.

use std::fmt;

use crate::Profile;
use crate::scan::FieldType;

/// Why an engine did not do, or not wholly do, what it was asked.
///
/// Displays as the storage of the real servers words it; coordinators decide by that text what is handed off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The node has no such shard.
    #[error("shard not found")]
    ShardNotFound,
    /// Some points were refused for good, see [`PartialWrite::rest_stored`] for the others.
    #[error(transparent)]
    PartialWrite(#[from] PartialWrite),
    /// Profile 0.10: a point has another type than the shard knows. Nothing was stored.
    #[error("field type conflict: {0}")]
    FieldTypeConflict(Conflict),
    /// A field new to the shard has two types in one batch. Nothing was stored; the field now has the first type.
    #[error("field type conflict")]
    FieldTypeConflictInBatch,
    /// The shard holds as many bytes as it may. Nothing was stored.
    #[error("{}", cache_full(*.profile, *.bytes, *.limit))]
    CacheFull {
        /// Which text is used.
        profile: Profile,
        /// What the shard would hold with the batch.
        bytes: u64,
        /// What it may hold.
        limit: u64,
    },
    /// The journal could not be written. Whether the batch is kept is not known; the engine takes no more.
    #[error("engine: error writing WAL entry: {0}")]
    Journal(String),
    /// The engine was told that its disk is full. Nothing was stored.
    #[error("engine: error writing WAL entry: no space left on device")]
    DiskFull,
    /// The engine was closed. Whether a batch that was under way is kept is not known.
    #[error("engine is closed")]
    Closed,
    /// The journal could not be opened.
    #[error("cannot open the shard store in {path}: {cause}; if another process uses it, stop that first")]
    Open {
        /// The folder.
        path: String,
        /// What the storage said.
        cause: String,
    },
    /// The journal was written by a later version of this program.
    #[error("the shard store has format {found}, this program reads formats up to {known}: use a newer program")]
    NewerFormat {
        /// What the journal says.
        found: u32,
        /// The latest format known here.
        known: u32,
    },
    /// The journal holds something that this program never wrote.
    #[error("the shard store is damaged: {0}")]
    Damaged(String),
    /// A measurement pattern is no regular expression.
    #[error("error parsing regexp: {0}")]
    BadPattern(String),
}

fn cache_full(profile: Profile, bytes: u64, limit: u64) -> String {
    match profile {
        Profile::V1_8 => format!("engine: cache-max-memory-size exceeded: ({bytes}/{limit})"),
        Profile::V0_10 => "engine: cache maximum memory size exceeded".to_owned(),
    }
}

impl StoreError {
    /// Whether sending the same batch again can never help: the shard refused points for what they are.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::PartialWrite(_) | Self::FieldTypeConflict(_) | Self::FieldTypeConflictInBatch => true,
            Self::ShardNotFound
            | Self::CacheFull { .. }
            | Self::Journal(_)
            | Self::DiskFull
            | Self::Closed
            | Self::Open { .. }
            | Self::NewerFormat { .. }
            | Self::Damaged(_)
            | Self::BadPattern(_) => false,
        }
    }
}

/// Points of a batch that a shard refused for good (profile 1.8).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("partial write: {rejection} dropped={dropped}")]
pub struct PartialWrite {
    /// Why the first of them was refused.
    pub rejection: Rejection,
    /// How many were refused.
    pub dropped: usize,
}

impl PartialWrite {
    /// Whether the other points of the batch are stored. Where a limit was hit they are not: the real 1.8 mixes up
    /// two kinds of errors there and loses the whole batch of the shard, whatever `dropped` says.
    #[must_use]
    pub fn rest_stored(&self) -> bool {
        match self.rejection {
            Rejection::TimeTag { .. } | Rejection::TimeField { .. } | Rejection::FieldTypeConflict(_) => true,
            Rejection::MaxValuesPerTag { .. } | Rejection::MaxSeriesPerDatabase { .. } => false,
        }
    }
}

/// Why a shard refused a point for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// A tag is named `time`.
    #[error("invalid tag key: input tag \"time\" on measurement \"{measurement}\" is invalid")]
    TimeTag {
        /// Unescaped.
        measurement: String,
    },
    /// The only field is named `time`; beside others it is left out in silence.
    #[error("invalid field name: input field \"time\" on measurement \"{measurement}\" is invalid")]
    TimeField {
        /// Unescaped.
        measurement: String,
    },
    /// A field has another type than the shard knows.
    #[error("field type conflict: {0}")]
    FieldTypeConflict(Conflict),
    /// A new value for a tag that has as many values as it may have.
    #[error(
        "max-values-per-tag limit exceeded ({found}/{limit}): measurement={} tag={} value={}",
        quoted(.measurement), quoted(.tag), quoted(.value)
    )]
    MaxValuesPerTag {
        /// How many values the tag has.
        found: usize,
        /// How many it may have.
        limit: usize,
        /// Unescaped.
        measurement: String,
        /// Key of the tag, unescaped.
        tag: String,
        /// The value too many, unescaped.
        value: String,
    },
    /// New series in a database that would have more than it may have.
    #[error("max-series-per-database limit exceeded: ({limit})")]
    MaxSeriesPerDatabase {
        /// How many it may have.
        limit: usize,
    },
}

/// Text in double quotes, with the escapes of Go's `%q` that differ from none.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            _ if character.is_ascii_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

/// A field that came with another type than the shard knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Decides how the type that came is called.
    pub profile: Profile,
    /// Unescaped.
    pub measurement: String,
    /// Unescaped.
    pub field: String,
    /// The type that came.
    pub input: FieldType,
    /// The type the shard knows.
    pub existing: FieldType,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { measurement, field, existing, .. } = self;
        let input = match (self.profile, self.input) {
            (Profile::V1_8, input) => input.name(),
            (Profile::V0_10, FieldType::Float) => "float64",
            (Profile::V0_10, FieldType::Integer) => "int64",
            (Profile::V0_10, FieldType::String) => "string",
            (Profile::V0_10, FieldType::Boolean) => "bool",
        };
        write!(
            f,
            "input field \"{field}\" on measurement \"{measurement}\" is type {input}, already exists as type {}",
            existing.name()
        )
    }
}

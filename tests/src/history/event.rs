//! One line of a history file.

use serde::{Deserialize, Serialize};

/// The beginning or the end of an operation, as a line of `history.jsonl`.
///
/// The first five keys are always there. The others say more where the lab made the history itself; a history made by
/// somebody else can be checked without them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Who did it. A process does one thing after the other; one whose operation ended as [`Kind::Info`] never comes back,
    /// and its client goes on under another number.
    pub process: u32,
    /// Beginning, or how it ended. By the honest rule where the lab made the history: [`Kind::Fail`] claims that the
    /// value is stored nowhere and never will be.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What was done.
    pub f: Function,
    /// What was written, or read; `None` for a read that has not ended, or that found nothing.
    pub value: Option<i64>,
    /// Nanoseconds since the run began.
    pub time: u64,
    /// The node that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The number of the write in its run, of which no two are alike: the value of a second register, written and read with the
    /// first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// The time of the point that was written, where each write has its own: nanoseconds, Unix time.
    #[serde(default, rename = "writeTime", skip_serializing_if = "Option::is_none")]
    pub write_time: Option<i64>,
    /// What the server or the connection said, whole; in completions that are not [`Kind::Ok`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The class of that error, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// What is known of the data after it, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Whether a line begins an operation or ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It begins.
    Invoke,
    /// It was done.
    Ok,
    /// It was not done, and never will be.
    Fail,
    /// Nobody knows; it may still be done.
    Info,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Function {
    /// Reads the register.
    Read,
    /// Writes the register.
    Write,
    /// Writes a point at a time of its own, in a shard group of its own.
    TimedWrite,
}

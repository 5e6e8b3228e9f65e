//! The lines of a journal: JSON objects, each with a checksum over its bytes.
//!
//! ```text
//! {"crc":"5f0c2a11","r":{"t":"settled","input":0,"from":0,"byte":131072,"line":1001,…}}
//! ```

use std::collections::BTreeMap;

use influx_client::Class;
use serde::{Deserialize, Serialize};

use super::ranges::Ranges;
use crate::input::Mark;

/// The format that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;

/// What a line of a journal says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "kebab-case")]
pub(crate) enum Record {
    /// What the journal is about: the first line.
    Journal(Header),
    /// All that the lines before it said: written when the journal is compacted.
    State(Snapshot),
    /// A stretch of an input needs no more sending.
    Settled {
        input: usize,
        from: u64,
        #[serde(flatten)]
        to: Mark,
        #[serde(flatten)]
        points: Points,
    },
    /// An input ends here.
    End {
        input: usize,
        #[serde(flatten)]
        at: Mark,
    },
    /// What stood before a place of an input, to find it again.
    Tail { input: usize, tail: Tail },
    /// How the first point of a stream reads.
    Head { input: usize, hash: String },
}

/// What a journal is about. It holds no secrets: hosts come without credentials, and nothing else could have any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) v: u32,
    /// The name of the run that began it.
    pub(crate) job: String,
    /// When that was, in seconds since 1970.
    pub(crate) created: i64,
    /// The time of lines that carry none, in nanoseconds since 1970; their place is added to it.
    pub(crate) base_time: i64,
    pub(crate) settings: Settings,
    /// Where to; another run may name others.
    pub(crate) hosts: Vec<String>,
    pub(crate) inputs: Vec<Identity>,
}

/// What must be the same in each run of one job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) database: Option<String>,
    pub(crate) rp: Option<String>,
    pub(crate) precision: String,
    pub(crate) consistency: String,
    pub(crate) stamp: String,
    /// Where lines are cut depends on it.
    pub(crate) max_line: u64,
}

/// Which input is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// The absolute path; `-` for standard input.
    pub(crate) path: String,
    /// What only a file has.
    pub(crate) file: Option<FileIdentity>,
}

/// Which file, and in which state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileIdentity {
    pub(crate) size: u64,
    /// Time of the last change, in nanoseconds since 1970.
    pub(crate) modified: i64,
    /// SHA-256 of the first MiB.
    pub(crate) head: String,
}

/// The last MiB before a place of a plain file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tail {
    /// The place.
    pub(crate) at: u64,
    /// SHA-256.
    pub(crate) hash: String,
}

/// Points of settled stretches, by what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Points {
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) accepted: u64,
    /// Taken as they are, by `--on-below-level accept`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) below_level: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) deferred: u64,
    /// Refused for good, by class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rejected: BTreeMap<String, u64>,
}

/// Everything known at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    #[serde(flatten)]
    pub(crate) points: Points,
    pub(crate) inputs: Vec<InputProgress>,
}

/// How far one input is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct InputProgress {
    #[serde(flatten)]
    pub(crate) settled: Ranges,
    /// Where the input ends, once it was read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end: Option<Mark>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tail: Option<Tail>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) head: Option<String>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Points {
    /// Takes others in.
    pub(crate) fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.below_level += other.below_level;
        self.deferred += other.deferred;
        for (class, count) in &other.rejected {
            *self.rejected.entry(class.clone()).or_default() += count;
        }
    }

    /// Notes refused points.
    pub(crate) fn reject(&mut self, class: Class, count: u64) {
        if count > 0 {
            *self.rejected.entry(class.id().to_owned()).or_default() += count;
        }
    }

    /// Refused points of all classes.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// All of them.
    pub(crate) fn all(&self) -> u64 {
        self.accepted + self.below_level + self.deferred + self.rejected()
    }
}

impl InputProgress {
    /// Whether nothing of the input is left.
    pub(crate) fn is_done(&self) -> bool {
        self.end.as_ref().is_some_and(|end| self.settled.mark().byte >= end.byte)
    }
}

/// A record as a line, with its line end.
pub(crate) fn encode(record: &Record) -> serde_json::Result<Vec<u8>> {
    let text = serde_json::to_string(record)?;
    Ok(format!("{{\"crc\":\"{:08x}\",\"r\":{text}}}\n", crc32fast::hash(text.as_bytes())).into_bytes())
}

/// What every record begins with.
pub(crate) const START: &[u8] = b"{\"crc\":\"";
/// Bytes before the object of a record.
const HEAD: usize = START.len() + 8 + "\",\"r\":".len();

/// The object of a line, if its checksum holds.
fn checked(line: &[u8]) -> Option<&[u8]> {
    let digits = line.strip_prefix(START)?.get(..8)?;
    let object = line.get(HEAD..)?.strip_suffix(b"}")?;
    if line.get(START.len() + 8..HEAD)? != b"\",\"r\":" {
        return None;
    }
    let crc = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    // Upper-case digits are a flipped bit as well.
    (crc == crc32fast::hash(object) && !digits.iter().any(u8::is_ascii_uppercase)).then_some(object)
}

/// Why a line is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadRecord {
    /// Its bytes are not those that were written.
    Damaged,
    /// The journal has a format that is not known here.
    Version(u64),
    /// Its bytes are as they were written, and they make no sense.
    Strange(String),
}

/// The record of a line without its line end.
pub(crate) fn decode(line: &[u8]) -> Result<Record, BadRecord> {
    #[derive(Deserialize)]
    struct Versioned {
        v: Option<u64>,
    }
    let object = checked(line).ok_or(BadRecord::Damaged)?;
    let strange = |error: serde_json::Error| BadRecord::Strange(error.to_string());
    // First: what a later version writes may not be readable as anything here.
    let versioned: Versioned = serde_json::from_slice(object).map_err(strange)?;
    match versioned.v {
        Some(version) if version != u64::from(VERSION) => Err(BadRecord::Version(version)),
        Some(_) | None => serde_json::from_slice(object).map_err(strange),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settled() -> Record {
        let mut points = Points { accepted: 5, ..Points::default() };
        points.reject(Class::Malformed, 2);
        let context = crate::input::Context { database: Some("a \"b\"\n".to_owned()), ..Default::default() };
        Record::Settled { input: 1, from: 10, to: Mark { byte: 70, line: 8, context: context.into() }, points }
    }

    fn line(record: &Record) -> Vec<u8> {
        let mut line = encode(record).unwrap();
        assert_eq!(line.pop(), Some(b'\n'));
        assert!(!line.contains(&b'\n'));
        line
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_is_plain_json() {
        let line = line(&settled());
        assert_eq!(decode(&line), Ok(settled()));
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!((value["r"]["t"].as_str(), value["r"]["byte"].as_u64()), (Some("settled"), Some(70)));
        assert_eq!(value["r"]["rejected"]["malformed"], 2);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let line = line(&settled());
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut flipped = line.clone();
                flipped[at] ^= 1 << bit;
                assert_eq!(decode(&flipped), Err(BadRecord::Damaged), "bit {bit} of byte {at}");
            }
        }
    }

    #[test]
    fn a_later_version_is_named() {
        let object = br#"{"t":"ledger","v":2,"anything":[]}"#;
        let mut line = format!("{{\"crc\":\"{:08x}\",\"r\":", crc32fast::hash(object)).into_bytes();
        line.extend_from_slice(object);
        line.push(b'}');
        assert_eq!(decode(&line), Err(BadRecord::Version(2)));
    }
}

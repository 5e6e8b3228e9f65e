//! Why points were refused, and which.

use std::fmt;

use super::{Class, Excerpt};
use crate::FieldType;

/// How many points the server says it refused.
///
/// The server's `dropped=N` is never an exact number: it returns at the first shard with an error and does not
/// add shards up, and for lines that it cannot parse it says 0. Those are counted from the text instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// This many points or more.
    AtLeast(u64),
    /// Every point of the request.
    All,
}

impl Dropped {
    /// The number of points that were refused for sure, of a request with `points` points.
    #[must_use]
    pub fn lower_bound(self, points: usize) -> usize {
        match self {
            Self::AtLeast(n) => usize::try_from(n).map_or(points, |n| n.min(points)),
            Self::All => points,
        }
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(n) => write!(f, "at least {n}"),
            Self::All => f.write_str("all"),
        }
    }
}

/// Why a point was refused.
///
/// Names are `None` where the server does not tell them, or where they cannot be told apart from the words around them
/// (servers put names into their messages without escaping them).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The line is not line protocol.
    Unparsable {
        /// The server's explanation, for example `missing fields`.
        why: Box<str>,
    },
    /// A field was written with another type than it has, or with two types in one batch.
    FieldTypeConflict {
        /// The measurement, unescaped.
        measurement: Option<Box<str>>,
        /// The field key, unescaped.
        field: Option<Box<str>>,
        /// The type that was written.
        input: Option<FieldType>,
        /// The type that the field has.
        existing: Option<FieldType>,
    },
    /// The point is older than the retention policy keeps.
    ///
    /// A 1.8 cluster takes such a point where a fresh one of the same request needs its shard group. So a point that is older
    /// by less than a shard group, in a batch of which others were refused too, may be there until that group expires: an
    /// earlier request of the call may have had the company that the last one had not.
    BeyondRetention,
    /// The tag has as many values as the server allows.
    MaxValuesPerTag {
        /// How many values there are.
        values: Option<u64>,
        /// How many are allowed.
        limit: Option<u64>,
        /// The measurement.
        measurement: Option<Box<str>>,
        /// The tag key.
        tag: Option<Box<str>>,
        /// The tag value which is one too many.
        value: Option<Box<str>>,
    },
    /// The database has as many series as the server allows.
    MaxSeries {
        /// How many are allowed.
        limit: Option<u64>,
    },
    /// A tag is called `time`.
    TimeTag {
        /// The measurement.
        measurement: Option<Box<str>>,
    },
    /// The only field is called `time`.
    TimeField {
        /// The measurement.
        measurement: Option<Box<str>>,
    },
    /// The measurement or a tag is not valid Unicode.
    InvalidUnicode,
    /// The shard of the point is about to be deleted.
    ShardPendingDeletion {
        /// The shard.
        shard: u64,
    },
    /// One line is larger than the server takes.
    TooLarge,
    /// Several reasons in one call; each refusal has its own.
    Several,
    /// A reason which is not listed.
    Other {
        /// The server's words.
        message: Box<str>,
    },
}

impl Reason {
    /// Whether it hangs on the line alone, so that every attempt with the line refuses it, whatever time it is and whichever node
    /// is asked.
    pub(crate) const fn is_of_the_line(&self) -> bool {
        match self {
            Self::Unparsable { .. } | Self::TimeTag { .. } | Self::TimeField { .. } | Self::InvalidUnicode => true,
            Self::FieldTypeConflict { .. }
            | Self::BeyondRetention
            | Self::MaxValuesPerTag { .. }
            | Self::MaxSeries { .. }
            | Self::ShardPendingDeletion { .. }
            | Self::TooLarge
            | Self::Several
            | Self::Other { .. } => false,
        }
    }

    /// The name of the variant, for example `FieldTypeConflict`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unparsable { .. } => "Unparsable",
            Self::FieldTypeConflict { .. } => "FieldTypeConflict",
            Self::BeyondRetention => "BeyondRetention",
            Self::MaxValuesPerTag { .. } => "MaxValuesPerTag",
            Self::MaxSeries { .. } => "MaxSeries",
            Self::TimeTag { .. } => "TimeTag",
            Self::TimeField { .. } => "TimeField",
            Self::InvalidUnicode => "InvalidUnicode",
            Self::ShardPendingDeletion { .. } => "ShardPendingDeletion",
            Self::TooLarge => "TooLarge",
            Self::Several => "Several",
            Self::Other { .. } => "Other",
        }
    }

    /// The class of a call whose points were refused for this reason alone.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Unparsable { .. } => Class::Malformed,
            Self::FieldTypeConflict { .. } => Class::TypeConflict,
            Self::BeyondRetention => Class::OutsideRetention,
            Self::MaxValuesPerTag { .. } | Self::MaxSeries { .. } | Self::TooLarge => Class::Limit,
            Self::TimeTag { .. }
            | Self::TimeField { .. }
            | Self::InvalidUnicode
            | Self::ShardPendingDeletion { .. }
            | Self::Several
            | Self::Other { .. } => Class::Rejected,
        }
    }
}

/// A name in quotes, or nothing where it is not known.
struct Named<'a>(&'static str, &'a Option<Box<str>>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(name) => write!(f, " {} {name:?}", self.0),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unparsable { why } => write!(f, "not line protocol: {}", Excerpt(why)),
            Self::FieldTypeConflict { measurement, field, input, existing } => {
                f.write_str("field type conflict:")?;
                write!(f, "{}{}", Named("field", field), Named("of measurement", measurement))?;
                match (input, existing) {
                    (Some(input), Some(existing)) => write!(f, " is {existing}, not {input}"),
                    _ => f.write_str(" two types for one field"),
                }
            }
            Self::BeyondRetention => f.write_str("older than the retention policy keeps"),
            Self::MaxValuesPerTag { limit, measurement, tag, value, .. } => {
                f.write_str("too many values")?;
                write!(
                    f,
                    "{}{}{}",
                    Named("of tag", tag),
                    Named("in measurement", measurement),
                    Named("at value", value)
                )?;
                limit.map_or(Ok(()), |limit| write!(f, " (limit {limit})"))
            }
            Self::MaxSeries { limit } => {
                f.write_str("too many series in the database")?;
                limit.map_or(Ok(()), |limit| write!(f, " (limit {limit})"))
            }
            Self::TimeTag { measurement } => {
                write!(f, "a tag must not be called \"time\"{}", Named("in measurement", measurement))
            }
            Self::TimeField { measurement } => {
                write!(f, "a field must not be called \"time\"{}", Named("in measurement", measurement))
            }
            Self::InvalidUnicode => f.write_str("the measurement or a tag is not valid Unicode"),
            Self::ShardPendingDeletion { shard } => {
                write!(f, "shard {shard} is about to be deleted")
            }
            Self::TooLarge => f.write_str("larger than the server takes"),
            Self::Several => f.write_str("several reasons"),
            Self::Other { message } => write!(f, "{}", Excerpt(message)),
        }
    }
}

/// A point that was refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The index of the point's line in the batch, from 0; `None` where the server refused points without saying which
    /// and the client could not find out.
    pub line: Option<usize>,
    /// The line as it was sent, cut after 1,024 bytes; invalid UTF-8 is shown as U+FFFD.
    pub text: Option<Box<str>>,
    /// Why it was refused.
    pub reason: Reason,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {}: ", line + 1)?;
        }
        write!(f, "{}", self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_variants() {
        let reasons = [
            Reason::Unparsable { why: "x".into() },
            Reason::FieldTypeConflict { measurement: None, field: None, input: None, existing: None },
            Reason::BeyondRetention,
            Reason::MaxValuesPerTag { values: None, limit: None, measurement: None, tag: None, value: None },
            Reason::MaxSeries { limit: None },
            Reason::TimeTag { measurement: None },
            Reason::TimeField { measurement: None },
            Reason::InvalidUnicode,
            Reason::ShardPendingDeletion { shard: 1 },
            Reason::TooLarge,
            Reason::Several,
            Reason::Other { message: "x".into() },
        ];
        for reason in reasons {
            let shown = format!("{reason:?}");
            assert_eq!(shown.split([' ', '(']).next(), Some(reason.name()));
        }
    }
}

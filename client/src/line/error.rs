//! Why a point cannot be written.

use std::fmt;

use super::field_type::FieldType;
use super::line_error::LineError;
use crate::Precision;

/// A point was refused before anything was sent; the batch holds what it held before.
///
/// The message names the point, the part of it and what to do. It shows names (of the measurement,
/// a tag or a field, cut when long) and never a value.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("point at index {point}: {kind}", point = .0.point, kind = .0.kind)]
pub struct PointError(Box<Refused>);

#[derive(Clone, PartialEq, Eq)]
struct Refused {
    point: usize,
    kind: PointErrorKind,
}

impl PointError {
    /// The error of the point at this index: for those who put points together from parts of their own.
    #[cold]
    #[must_use]
    pub fn new(point: usize, kind: PointErrorKind) -> Self {
        Self(Box::new(Refused { point, kind }))
    }

    /// The index, counted from 0, that the point would have had in its batch.
    #[must_use]
    pub fn point(&self) -> usize {
        self.0.point
    }

    /// What is wrong with it.
    #[must_use]
    pub fn kind(&self) -> &PointErrorKind {
        &self.0.kind
    }
}

impl fmt::Debug for PointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PointError").field("point", &self.0.point).field("kind", &self.0.kind).finish()
    }
}

/// What is wrong with a point.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PointErrorKind {
    /// A measurement, tag key or field key of no bytes.
    #[error("the {0} is empty: give it a name")]
    Empty(Part),
    /// A line feed outside a string field; line protocol 1.x has no escape for it.
    #[error("{place} has a line feed at byte {offset}, which only a string field can carry: remove it")]
    LineFeed {
        /// Where it stands.
        place: Place,
        /// Byte offset inside the part.
        offset: usize,
    },
    /// A backslash at the end, which would make the server take the following separator for text.
    #[error("{place} ends with a backslash, which would swallow the separator behind it: drop or replace it")]
    TrailingBackslash {
        /// Where it stands.
        place: Place,
    },
    /// A backslash right before a character that has to be escaped. A backslash itself cannot be
    /// escaped in 1.x, and the server's line splitter and its point parser read such a sequence
    /// differently.
    #[error(
        "{place} has a backslash before {before:?} at byte {offset}, which 1.x servers read in two ways: drop or replace the backslash"
    )]
    BackslashBeforeSpecial {
        /// Where it stands.
        place: Place,
        /// The character behind the backslash.
        before: char,
        /// Byte offset of the backslash inside the part.
        offset: usize,
    },
    /// A measurement that begins with `#`: the server would take the line for a comment.
    #[error("{place} begins with '#', so the server would skip the line as a comment: rename it")]
    LeadingHash {
        /// Where it stands.
        place: Place,
    },
    /// A measurement or field key that begins with a tab or NUL, which the server would strip.
    #[error("{place} begins with a tab or NUL, which the server strips: remove it")]
    LeadingWhitespace {
        /// Where it stands.
        place: Place,
    },
    /// A series key with `#!~` in it: 1.x storage ends a series key at `#!~#`, so the field would
    /// come back under another name.
    #[error("{place} has \"#!~\" at byte {offset}, by which the server's storage ends a series key: replace it")]
    ReservedSequence {
        /// Where it stands.
        place: Place,
        /// Byte offset inside the part.
        offset: usize,
    },
    /// A tag or field called `time`: the server drops the point, or silently the field.
    #[error("the {0} is \"time\", which the server drops: rename it")]
    ReservedTime(Part),
    /// One tag given twice.
    #[error("tag {key} is given twice: keep one")]
    DuplicateTag {
        /// The tag.
        key: Name,
    },
    /// One field given twice, of which the server would keep one.
    #[error("field {key} is given twice: keep one")]
    DuplicateField {
        /// The field.
        key: Name,
    },
    /// A point without a field, or with none that has a value; line protocol cannot carry it.
    #[error("the point has no field with a value: give it one, or leave the point out")]
    NoField,
    /// A float that is NaN or infinite, which line protocol cannot carry.
    #[error("field {key} is not a finite number: leave the field out")]
    NotFinite {
        /// The field.
        key: Name,
    },
    /// An unsigned integer over `i64::MAX`. 1.x servers take it only when built with unsigned
    /// support, and refuse the line otherwise.
    #[error(
        "field {key} is over 9223372036854775807, the largest integer a 1.x server stores: send it as a float or a string"
    )]
    IntegerTooLarge {
        /// The field.
        key: Name,
    },
    /// Measurement, tags and the longest field key together pass the server's limit.
    #[error("measurement, tags and field key take {bytes} bytes, the server takes {limit}: shorten them", limit = PointErrorKind::MAX_KEY_BYTES)]
    KeyTooLong {
        /// What they take, escapes and the server's own separator counted.
        bytes: usize,
    },
    /// A time that the server cannot store.
    #[error(
        "the time is outside of what a server stores (1677-09-21 to 2262-04-11): is it given in the batch's precision, {precision}?"
    )]
    TimeOutOfRange {
        /// The batch's precision.
        precision: Precision,
    },
    /// The client's clock has given out so many stamps that the next would lie far in the future,
    /// or the clock was set back.
    #[error(
        "the next client stamp in precision {precision} would be over an hour ahead of the clock: use a finer precision or give times"
    )]
    StampsAhead {
        /// The batch's precision.
        precision: Precision,
    },
    /// One field of one measurement with two types in one batch. Real clusters acknowledge some
    /// such batches and store nothing (cluster 1.8 facts, section 4), so it is refused here.
    #[error("field {field} of measurement {measurement} is {got} here and {have} earlier in the batch: keep one type")]
    TypeFlip {
        /// The measurement.
        measurement: Name,
        /// The field.
        field: Name,
        /// The type given first.
        have: FieldType,
        /// The type given now.
        got: FieldType,
    },
    /// A raw line that is no point, or not one that the server would store as it reads.
    #[error(transparent)]
    Line(#[from] LineError),
}

impl PointErrorKind {
    /// The most bytes a 1.x server takes for measurement, tags and one field key.
    pub const MAX_KEY_BYTES: usize = 65_535;

    /// The name of the variant, for example `LineFeed`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty(_) => "Empty",
            Self::LineFeed { .. } => "LineFeed",
            Self::TrailingBackslash { .. } => "TrailingBackslash",
            Self::BackslashBeforeSpecial { .. } => "BackslashBeforeSpecial",
            Self::LeadingHash { .. } => "LeadingHash",
            Self::LeadingWhitespace { .. } => "LeadingWhitespace",
            Self::ReservedSequence { .. } => "ReservedSequence",
            Self::ReservedTime(_) => "ReservedTime",
            Self::DuplicateTag { .. } => "DuplicateTag",
            Self::DuplicateField { .. } => "DuplicateField",
            Self::NoField => "NoField",
            Self::NotFinite { .. } => "NotFinite",
            Self::IntegerTooLarge { .. } => "IntegerTooLarge",
            Self::KeyTooLong { .. } => "KeyTooLong",
            Self::TimeOutOfRange { .. } => "TimeOutOfRange",
            Self::StampsAhead { .. } => "StampsAhead",
            Self::TypeFlip { .. } => "TypeFlip",
            Self::Line(_) => "Line",
        }
    }
}

/// A part of a point that carries a name or a tag's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The measurement.
    Measurement,
    /// The name of a tag.
    TagKey,
    /// The value of a tag.
    TagValue,
    /// The name of a field.
    FieldKey,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Measurement => "measurement",
            Self::TagKey => "tag key",
            Self::TagValue => "tag value",
            Self::FieldKey => "field key",
        })
    }
}

/// A part of a point and the name it goes by: a tag's value goes by the tag's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which part.
    pub part: Part,
    /// Its name.
    pub name: Name,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            Part::TagValue => write!(f, "the value of tag {}", self.name),
            Part::Measurement | Part::TagKey | Part::FieldKey => {
                write!(f, "{} {}", self.part, self.name)
            }
        }
    }
}

/// The name of a measurement, tag or field, fit to be shown.
///
/// It displays quoted, with control characters escaped, and cut after 48 characters: names can be
/// tens of kilobytes long.
#[derive(Clone, PartialEq, Eq)]
pub struct Name(Box<str>);

impl Name {
    const SHOWN: usize = 48;

    pub(crate) fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(Self::SHOWN) {
            None => write!(f, "{:?}", &*self.0),
            Some((cut, _)) => write!(f, "{:?}…", &self.0[..cut]),
        }
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_variants() {
        let (key, place) = (Name::new("k"), Place { part: Part::TagKey, name: Name::new("k") });
        let precision = Precision::Seconds;
        let (have, got) = (FieldType::Float, FieldType::Integer);
        let kinds = [
            PointErrorKind::Empty(Part::TagKey),
            PointErrorKind::LineFeed { place: place.clone(), offset: 0 },
            PointErrorKind::TrailingBackslash { place: place.clone() },
            PointErrorKind::BackslashBeforeSpecial { place: place.clone(), before: ',', offset: 0 },
            PointErrorKind::LeadingHash { place: place.clone() },
            PointErrorKind::LeadingWhitespace { place: place.clone() },
            PointErrorKind::ReservedSequence { place, offset: 0 },
            PointErrorKind::ReservedTime(Part::TagKey),
            PointErrorKind::DuplicateTag { key: key.clone() },
            PointErrorKind::DuplicateField { key: key.clone() },
            PointErrorKind::NoField,
            PointErrorKind::NotFinite { key: key.clone() },
            PointErrorKind::IntegerTooLarge { key: key.clone() },
            PointErrorKind::KeyTooLong { bytes: 70_000 },
            PointErrorKind::TimeOutOfRange { precision },
            PointErrorKind::StampsAhead { precision },
            PointErrorKind::TypeFlip { measurement: key.clone(), field: key, have, got },
            PointErrorKind::Line(super::super::line_error::LineErrorKind::Blank.at(0)),
        ];
        for kind in kinds {
            let shown = format!("{kind:?}");
            assert_eq!(shown.split([' ', '(']).next(), Some(kind.name()));
        }
    }
}

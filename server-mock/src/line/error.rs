//! Why a line could not be parsed.

use std::fmt;

use super::lossy;
use crate::Profile;

/// A line that could not be parsed; displays as `unable to parse '<line>': <why>`, the text of the real servers.
///
/// Borrows from the body, so that a body of nothing but bad lines costs little more than itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError<'a> {
    /// The line without leading blanks and without its newline.
    pub line: &'a [u8],
    /// What is wrong with it.
    pub reason: Reason<'a>,
}

/// What is wrong with a line; displays as the real servers word it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// The line starts with a comma.
    MissingMeasurement,
    /// Nothing follows a comma, or another comma, `=` or a space does.
    MissingTagKey,
    /// A tag without `=`, or with nothing after it.
    MissingTagValue,
    /// A bare `=` inside a tag value.
    InvalidTagFormat,
    /// A tag key is there twice.
    DuplicateTags,
    /// The line ends with its measurement and tags.
    MissingFields,
    /// `=` with no name before it.
    MissingFieldKey,
    /// `=` with nothing after it.
    MissingFieldValue,
    /// A field without `=`, or a comma too many.
    InvalidFieldFormat,
    /// A string that does not end.
    UnbalancedQuotes,
    /// A value that starts like a number and is none, or an unsigned one, which 1.x does not take by default.
    InvalidNumber,
    /// A number outside the range of a 64-bit float, or with a broken exponent.
    InvalidFloat,
    /// A value that is no number, no string and no boolean.
    InvalidBoolean,
    /// An integer field that does not fit 64 bits.
    InvalidInteger(&'a [u8]),
    /// A field whose `=` is hidden behind a backslash from the reader of the fields.
    InvalidValue(&'a [u8]),
    /// A timestamp with something else than digits.
    BadTimestamp,
    /// A timestamp that is no 64-bit integer.
    TimestampNotInteger(&'a [u8], NumberFault),
    /// A timestamp which, in nanoseconds, is not a time that can be stored.
    TimeOutsideRange(Profile),
    /// Something follows the timestamp.
    InvalidPoint,
    /// Measurement and tags, with the longest field name, take this many bytes.
    KeyTooLong(usize),
}

/// What is wrong with digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberFault {
    /// They are no number.
    Syntax,
    /// They do not fit 64 bits.
    Range,
}

/// The longest key with a field name that 1.8 accepts, in bytes.
pub(super) const MAX_KEY_LENGTH: usize = 65_535;

/// The first and last nanosecond that 1.8 stores: the outermost values are reserved.
pub(super) const TIME_RANGE: std::ops::RangeInclusive<i64> = i64::MIN + 2..=i64::MAX - 1;

impl fmt::Display for LineError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unable to parse '{}': {}", lossy(self.line), self.reason)
    }
}

impl std::error::Error for LineError<'_> {}

impl fmt::Display for NumberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "invalid syntax",
            Self::Range => "value out of range",
        })
    }
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::MissingMeasurement => "missing measurement",
            Self::MissingTagKey => "missing tag key",
            Self::MissingTagValue => "missing tag value",
            Self::InvalidTagFormat => "invalid tag format",
            Self::DuplicateTags => "duplicate tags",
            Self::MissingFields => "missing fields",
            Self::MissingFieldKey => "missing field key",
            Self::MissingFieldValue => "missing field value",
            Self::InvalidFieldFormat => "invalid field format",
            Self::UnbalancedQuotes => "unbalanced quotes",
            Self::InvalidNumber => "invalid number",
            Self::InvalidFloat => "invalid float",
            Self::InvalidBoolean => "invalid boolean",
            Self::BadTimestamp => "bad timestamp",
            Self::InvalidPoint => "point is invalid",
            Self::TimeOutsideRange(Profile::V1_8) => {
                return write!(f, "time outside range {} - {}", TIME_RANGE.start(), TIME_RANGE.end());
            }
            Self::TimeOutsideRange(Profile::V0_10) => {
                "time outside range 1677-09-21 00:12:43.145224192 +0000 UTC - \
                 2262-04-11 23:47:16.854775807 +0000 UTC"
            }
            Self::InvalidInteger(digits) => {
                let digits = lossy(digits);
                return write!(
                    f,
                    "unable to parse integer {digits}: strconv.ParseInt: parsing \"{digits}\": {}",
                    NumberFault::Range
                );
            }
            Self::InvalidValue(key) => return write!(f, "invalid value: field-key={}", lossy(key)),
            Self::TimestampNotInteger(digits, fault) => {
                return write!(f, "strconv.ParseInt: parsing \"{}\": {fault}", lossy(digits));
            }
            Self::KeyTooLong(bytes) => return write!(f, "max key length exceeded: {bytes} > {MAX_KEY_LENGTH}"),
        })
    }
}

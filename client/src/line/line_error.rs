//! Why a raw line is no point that a 1.x server stores.

/// What is wrong with a raw line, and at which byte of it.
///
/// The message shows nothing of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} (byte {offset} of the line)")]
#[non_exhaustive]
pub struct LineError {
    /// What is wrong.
    pub kind: LineErrorKind,
    /// The byte of the line where it shows.
    pub offset: usize,
}

/// What is wrong with a raw line.
///
/// The variants up to [`InvalidUnsigned`](Self::InvalidUnsigned) follow the server's own reasons;
/// the others are lines a server would read in an unexpected way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LineErrorKind {
    /// Nothing but white space.
    #[error("the line is blank: leave it out")]
    Blank,
    /// A comment.
    #[error("the line is a comment: leave it out")]
    Comment,
    /// The line begins with a comma.
    #[error("the measurement is missing")]
    MissingMeasurement,
    /// A comma of the series key is followed by no tag key.
    #[error("a tag has no key")]
    MissingTagKey,
    /// A tag key without a value.
    #[error("a tag has no value: leave the tag out, or escape the space or comma inside its key")]
    MissingTagValue,
    /// A tag value with an unescaped equals sign.
    #[error("a tag value has an unescaped '=': write \\=")]
    InvalidTagFormat,
    /// One tag given twice.
    #[error("a tag is given twice: keep one")]
    DuplicateTags,
    /// No fields behind the series key.
    #[error("the line has no fields")]
    MissingFields,
    /// A field without a key.
    #[error("a field has no key")]
    MissingFieldKey,
    /// A field without a value.
    #[error("a field has no value")]
    MissingFieldValue,
    /// Something that is not `key=value`.
    #[error("a field is not key=value: escape the space or comma inside its key")]
    InvalidFieldFormat,
    /// A value that begins like a number and is none; NaN and the infinities are none.
    #[error("a field's value is no number")]
    InvalidNumber,
    /// An integer that does not fit in 64 bits, or a float over the largest one.
    #[error("a field's number is out of range")]
    NumberOutOfRange,
    /// A value that is neither number, string nor boolean.
    #[error("a field's value is none of number, \"string\", true and false: quote it if it is text")]
    InvalidBoolean,
    /// A string without its closing quote.
    #[error("a string field is not closed")]
    UnbalancedQuotes,
    /// A time that is no integer.
    #[error("the timestamp is no integer")]
    BadTimestamp,
    /// A time that does not fit in 64 bits.
    #[error("the timestamp is out of range")]
    TimestampOutOfRange,
    /// Something behind the time.
    #[error("something follows the timestamp")]
    TrailingText,
    /// Series key and a field key together pass the server's limit of 65,535 bytes.
    #[error("measurement, tags and field key take over 65535 bytes: shorten them")]
    KeyTooLong,
    /// An unsigned integer, which 1.x servers refuse unless built for it.
    #[error("a field is an unsigned integer, which 1.x servers refuse: write 'i' for 'u'")]
    InvalidUnsigned,
    /// An even number of backslashes before a character that can be escaped. The server's line
    /// splitter takes the character for unescaped and its point parser for escaped.
    #[error("backslashes in pairs before a comma, space or '=' are read in two ways: drop one")]
    AmbiguousBackslash,
    /// A line feed outside a string field.
    #[error("a line feed stands outside a string field: remove it or split the line there")]
    LineFeed,
    /// Text between a string's closing quote and the next comma or space; the server would take
    /// it, and one of the quotes, into the string.
    #[error("text follows a closing quote: escape the quote inside the string")]
    TextBehindString,
    /// The line ends with a backslash, which would escape its line feed.
    #[error("the line ends with a backslash, which would join the next line to it: remove it")]
    TrailingBackslash,
    /// A tag or a field called `time`: the server drops the point, or silently the field.
    #[error("a tag or field is called time, which the server drops: rename it")]
    ReservedTime,
    /// A series key with `#!~` in it, by which the server's storage ends a series key.
    #[error("the series key has \"#!~\", by which the server's storage ends a series key: replace it")]
    ReservedSequence,
}

impl LineErrorKind {
    #[cold]
    pub(crate) fn at(self, offset: usize) -> LineError {
        LineError { kind: self, offset }
    }
}

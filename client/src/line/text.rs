//! Names and tag values as 1.x servers read them.
//!
//! Line protocol 1.x escapes `,` and space in measurements and also `=` in tag keys, tag values and
//! field keys, each with a backslash before it; a backslash itself cannot be escaped. The server
//! reads a line three times over: its line splitter skips whatever follows a backslash, its key
//! scanner looks one byte back, and its field scanner skips again. The three agree on everything
//! written here because a backslash of the text itself never stands before a special character or
//! at the end of a part; such text is refused. A `\` elsewhere (`C:\temp`) is plain text.

use super::error::{Name, Part, Place, PointErrorKind};

/// A name the server keeps for itself, as a tag and as a field.
pub(crate) const TIME: &str = "time";

/// Text up to this length is handled as one word in registers.
pub(crate) const WORD: usize = 16;

/// What the server's storage puts between a series key and a field key is `#!~#`; text that ends in
/// the first three bytes of it does the same harm as all four.
pub(crate) const RESERVED: &[u8] = b"#!~";

/// Text of at most [`WORD`] bytes as a little-endian word, padded with zeros.
#[inline(always)]
pub(crate) fn word(text: &[u8]) -> u128 {
    let n = text.len();
    if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        // The two loads overlap below 16 bytes, and agree where they do.
        u128::from(first) | u128::from(last) << (8 * (n - 8))
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        u128::from(u64::from(first) | u64::from(last) << (8 * (n - 4)))
    } else if let (Some(&first), Some(&last)) = (text.first(), text.last()) {
        let middle = u64::from(text[n / 2]) << (8 * (n / 2));
        u128::from(u64::from(first) | middle | u64::from(last) << (8 * (n - 1)))
    } else {
        0
    }
}

/// Whether text of `len` bytes, at most [`WORD`], can be written as it stands, whichever part of a
/// point it is.
///
/// `false` only asks for [`escape`] to decide: the test is coarse so that it is short. It looks at
/// eight bytes at a time: what a subtraction borrows shows in the top bit of a byte that is under
/// 0x24 (control characters, space and `!"#`), or that equals one of the three other characters.
#[inline(always)]
pub(crate) fn is_plain(word: u128, len: usize) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOP: u64 = 0x80 * ONES;
    #[inline(always)]
    fn odd(eight: u64) -> u64 {
        let is = |byte: u8| (eight ^ (ONES * u64::from(byte))).wrapping_sub(ONES);
        let low = eight.wrapping_sub(ONES * 0x24);
        (low | is(b',') | is(b'=') | is(b'\\')) & !eight
    }
    let Some(padding) = PADDING.get(len) else {
        return false;
    };
    let word = word | padding;
    len > 0 && (odd(word as u64) | odd((word >> 64) as u64)) & TOP == 0
}

/// Bytes that are nothing odd, to stand behind a text of each length.
const PADDING: [u128; WORD + 1] = {
    let mut padding = [0; WORD + 1];
    let mut len = 0;
    while len < WORD {
        padding[len] = u128::MAX << (8 * len);
        len += 1;
    }
    padding
};

/// The word of a text that is short; nobody asks for the word of a longer one.
#[inline(always)]
pub(crate) fn short_word(text: &str) -> u128 {
    if text.len() <= WORD { word(text.as_bytes()) } else { 0 }
}

/// Whether a byte asks for a closer look in some part.
const fn is_odd(byte: u8) -> bool {
    byte < 0x24 || matches!(byte, b',' | b'=' | b'\\')
}

/// Why no server could read a text back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    LineFeed { offset: usize },
    TrailingBackslash,
    BackslashBeforeSpecial { before: char, offset: usize },
    LeadingHash,
    LeadingWhitespace,
    ReservedSequence { offset: usize },
    ReservedTime,
}

impl Flaw {
    /// The error for the part that goes by `name`: its text, but for a tag's value the tag's key.
    #[cold]
    pub(crate) fn of(self, part: Part, name: Name) -> PointErrorKind {
        let place = Place { part, name };
        match self {
            Self::Empty => PointErrorKind::Empty(part),
            Self::LineFeed { offset } => PointErrorKind::LineFeed { place, offset },
            Self::TrailingBackslash => PointErrorKind::TrailingBackslash { place },
            Self::BackslashBeforeSpecial { before, offset } => {
                PointErrorKind::BackslashBeforeSpecial { place, before, offset }
            }
            Self::LeadingHash => PointErrorKind::LeadingHash { place },
            Self::LeadingWhitespace => PointErrorKind::LeadingWhitespace { place },
            Self::ReservedSequence { offset } => PointErrorKind::ReservedSequence { place, offset },
            Self::ReservedTime => PointErrorKind::ReservedTime(part),
        }
    }
}

/// Appends `text` escaped for `part` to `out`, or says why no server could read it back.
pub(crate) fn escape(out: &mut impl FnMut(&[u8]), text: &str, part: Part) -> Result<(), Flaw> {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return Err(Flaw::Empty);
    };
    match part {
        Part::Measurement if first == b'#' => return Err(Flaw::LeadingHash),
        Part::Measurement | Part::FieldKey if first == b'\t' || first == 0 => {
            return Err(Flaw::LeadingWhitespace);
        }
        Part::TagKey | Part::FieldKey if text == TIME => return Err(Flaw::ReservedTime),
        Part::Measurement | Part::TagKey | Part::TagValue | Part::FieldKey => {}
    }
    if last == b'\\' {
        return Err(Flaw::TrailingBackslash);
    }
    let mut written = 0;
    for (offset, &byte) in bytes.iter().enumerate() {
        if !is_odd(byte) {
            continue;
        }
        match byte {
            b'\n' => return Err(Flaw::LineFeed { offset }),
            b'\\' => {
                let before = bytes[offset + 1];
                if is_read_behind_backslash(before, part) {
                    let before = char::from(before);
                    return Err(Flaw::BackslashBeforeSpecial { before, offset });
                }
            }
            b'#' if bytes[offset..].starts_with(RESERVED) && part != Part::FieldKey => {
                return Err(Flaw::ReservedSequence { offset });
            }
            _ if is_escaped(byte, part) => {
                out(&bytes[written..offset]);
                out(b"\\");
                written = offset;
            }
            _ => {}
        }
    }
    out(&bytes[written..]);
    Ok(())
}

/// Whether the encoder puts a backslash before `byte`.
const fn is_escaped(byte: u8, part: Part) -> bool {
    match byte {
        b',' | b' ' => true,
        b'=' => !matches!(part, Part::Measurement),
        _ => false,
    }
}

/// Whether a server takes a backslash before `byte` for an escape.
const fn is_read_behind_backslash(byte: u8, part: Part) -> bool {
    match byte {
        b',' | b' ' | b'=' => true,
        // Measurements and field keys are read back by a routine that also knows `\"`.
        b'"' => matches!(part, Part::Measurement | Part::FieldKey),
        _ => false,
    }
}

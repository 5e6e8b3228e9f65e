//! Names and tag values as 1.x servers read them.
//!
//! Line protocol 1.x escapes `,` and space in measurements and also `=` in tag keys, tag values and
//! field keys, each with a backslash before it; a backslash itself cannot be escaped. The server
//! reads a line three times over: its line splitter skips whatever follows a backslash, its key
//! scanner looks one byte back, and its field scanner skips again. The three agree on everything
//! written here because a backslash of the text itself never stands before a special character or
//! at the end of a part; such text is refused. A `\` elsewhere (`C:\temp`) is plain text.

use super::error::{Name, Part, Place, PointErrorKind};

/// Text up to this length is handled as one word in registers.
pub(crate) const WORD: usize = 16;

/// What the server's storage puts between a series key and a field key is `#!~#`; text that ends in
/// the first three bytes of it does the same harm as all four.
pub(crate) const RESERVED: &[u8] = b"#!~";

/// Text of at most [`WORD`] bytes as a little-endian word, padded with zeros.
#[inline]
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

/// Whether the text of a word can be written as it stands, whichever part it is.
///
/// `false` only asks for [`escape`] to decide: the test is coarse so that it is short.
#[inline]
pub(crate) fn is_plain(word: u128) -> bool {
    // Control characters, space and `!"#` are taken together; zeros are the padding.
    let mut odd = false;
    for byte in word.to_le_bytes() {
        odd |= byte.wrapping_sub(1) < 0x23;
        odd |= byte == b',';
        odd |= byte == b'=';
        odd |= byte == b'\\';
    }
    // The first byte is zero when there is no text, or when a NUL leads.
    !odd && word as u8 != 0
}

/// Whether a byte asks for a closer look in some part.
const fn is_odd(byte: u8) -> bool {
    byte < 0x24 || matches!(byte, b',' | b'=' | b'\\')
}

/// Appends `text` escaped for `part` to `out`, or says why no server could read it back.
///
/// `name` is what the part goes by in an error: the text itself, but for a tag's value its key.
pub(crate) fn escape(
    out: &mut impl FnMut(&[u8]),
    text: &str,
    part: Part,
    name: &str,
) -> Result<(), PointErrorKind> {
    let bytes = text.as_bytes();
    let place = || Place {
        part,
        name: Name::new(name),
    };
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return Err(PointErrorKind::Empty(part));
    };
    match part {
        Part::Measurement if first == b'#' => {
            return Err(PointErrorKind::LeadingHash { place: place() });
        }
        Part::Measurement | Part::FieldKey if first == b'\t' || first == 0 => {
            return Err(PointErrorKind::LeadingWhitespace { place: place() });
        }
        Part::TagKey | Part::FieldKey if text == "time" => {
            return Err(PointErrorKind::ReservedTime(part));
        }
        Part::Measurement | Part::TagKey | Part::TagValue | Part::FieldKey => {}
    }
    if last == b'\\' {
        return Err(PointErrorKind::TrailingBackslash { place: place() });
    }
    let mut written = 0;
    for (offset, &byte) in bytes.iter().enumerate() {
        if !is_odd(byte) {
            continue;
        }
        match byte {
            b'\n' => {
                return Err(PointErrorKind::LineFeed {
                    place: place(),
                    offset,
                });
            }
            b'\\' => {
                let before = bytes[offset + 1];
                if is_read_behind_backslash(before, part) {
                    return Err(PointErrorKind::BackslashBeforeSpecial {
                        place: place(),
                        before: char::from(before),
                        offset,
                    });
                }
            }
            b'#' if bytes[offset..].starts_with(RESERVED) && part != Part::FieldKey => {
                return Err(PointErrorKind::ReservedSequence {
                    place: place(),
                    offset,
                });
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

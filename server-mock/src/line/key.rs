//! The key of a point: measurement and tags.

use std::borrow::Cow;
use std::ops::Range;

use super::cost::spend;
use super::text::{lossy_cow, unescape};

/// The first byte at or after `from` that stops there and that no backslash stands directly before.
///
/// A doubled backslash does not undo itself here: that is how the real servers read measurements and tags.
#[inline]
pub(super) fn find_bare(line: &[u8], from: usize, stops: impl Fn(u8) -> bool) -> Option<usize> {
    let mut from = from;
    loop {
        let rest = line.get(from..)?;
        let length = rest.iter().position(|byte| stops(*byte));
        spend(1 + length.unwrap_or(rest.len()));
        let found = from + length?;
        if found == 0 || line[found - 1] != b'\\' {
            return Some(found);
        }
        from = found + 1;
    }
}

/// Where the measurement of a key lies.
pub(crate) fn measurement_range(key: &[u8]) -> Range<usize> {
    0..find_bare(key, 0, |byte| byte == b',').unwrap_or(key.len())
}

/// The measurement of a key, unescaped.
pub(crate) fn measurement_of(key: &[u8]) -> Cow<'_, [u8]> {
    unescape_name(&key[measurement_range(key)])
}

/// Measurements and field names: `\,`, `\"`, `\ ` and `\=` lose their backslash.
pub(super) fn unescape_name(name: &[u8]) -> Cow<'_, [u8]> {
    unescape(name, |byte| matches!(byte, b',' | b'"' | b' ' | b'='))
}

/// Tag keys and values: `\,`, `\ ` and `\=` lose their backslash.
fn unescape_tag(tag: &[u8]) -> Cow<'_, [u8]> {
    unescape(tag, |byte| matches!(byte, b',' | b' ' | b'='))
}

/// Takes the key of a point apart: the measurement and the tags in the order of the key, all unescaped.
///
/// Bytes that are no UTF-8 are replaced by U+FFFD in the result; the key itself keeps them.
pub fn split_key(key: &[u8]) -> (Cow<'_, str>, impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)>) {
    let name = measurement_range(key);
    let mut at = name.end + 1;
    let tags = std::iter::from_fn(move || {
        let start = at;
        let equals = find_bare(key, start, |byte| byte == b'=')?;
        let value = equals + 1;
        // The first byte of a value is never an end: an empty value is no tag.
        let end = find_bare(key, value + 1, |byte| byte == b',').unwrap_or(key.len());
        at = end + 1;
        let text = |range: Range<usize>| lossy_cow(unescape_tag(key.get(range).unwrap_or_default()));
        Some((text(start..equals), text(value..end)))
    });
    (lossy_cow(unescape_name(&key[name])), tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(key: &[u8]) -> (String, Vec<(String, String)>) {
        let (measurement, tags) = split_key(key);
        (measurement.into_owned(), tags.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())
    }

    fn tags(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_key_falls_apart() {
        assert_eq!(owned(b"cpu"), ("cpu".to_owned(), tags(&[])));
        assert_eq!(owned(b"cpu,a=1,b=2"), ("cpu".to_owned(), tags(&[("a", "1"), ("b", "2")])));
        assert_eq!(owned(br"a\,b\ c\=d,k\==\,v\ ,z=="), ("a,b c=d".to_owned(), tags(&[("k=", ",v "), ("z", "=")])));
        assert_eq!(owned(b"m,t=\xfe"), ("m".to_owned(), tags(&[("t", "\u{fffd}")])));
    }

    #[test]
    fn any_bytes_are_survived() {
        for key in [&b""[..], b",", b"m,", b"m,=", b"m,a", b"m,a=", b"=,=", b"\\", b"m,a=,b"] {
            let _ = owned(key);
        }
    }
}

//! Bytes that should be text.

use std::borrow::Cow;

/// Text with every byte that is no UTF-8 replaced by U+FFFD, one for one as the real servers' JSON encoder does
/// (the standard library would fold the bytes of one broken character into one replacement).
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(bytes.len() + 8);
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
            }
            Cow::Owned(text)
        }
    }
}

/// Owned or borrowed bytes as text; see [`lossy`].
pub(super) fn lossy_cow(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => lossy(bytes),
        Cow::Owned(bytes) => {
            Cow::Owned(String::from_utf8(bytes).unwrap_or_else(|bad| lossy(bad.as_bytes()).into_owned()))
        }
    }
}

/// Removes the backslash before each byte that `escapes` names; other backslashes stand for themselves.
pub(super) fn unescape(bytes: &[u8], escapes: impl Fn(u8) -> bool) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', bytes) else { return Cow::Borrowed(bytes) };
    let mut plain = Vec::with_capacity(bytes.len());
    plain.extend_from_slice(&bytes[..first]);
    let mut rest = bytes[first..].iter().copied().peekable();
    while let Some(byte) = rest.next() {
        plain.push(match rest.peek() {
            Some(&next) if byte == b'\\' && escapes(next) => {
                rest.next();
                next
            }
            _ => byte,
        });
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_byte_becomes_one_replacement() {
        assert_eq!(lossy(b"ok"), "ok");
        assert_eq!(lossy(b"a\xe2\x82b\xff"), "a\u{fffd}\u{fffd}b\u{fffd}");
        assert_eq!(lossy_cow(Cow::Owned(b"\xffx".to_vec())), "\u{fffd}x");
    }

    #[test]
    fn only_named_bytes_lose_their_backslash() {
        let tag = |byte: u8| matches!(byte, b',' | b'=' | b' ');
        assert_eq!(unescape(br"a\,b\=c\ d\e", tag).as_ref(), br"a,b=c d\e");
        assert_eq!(unescape(br"\\,", tag).as_ref(), br"\,");
        assert_eq!(unescape(br"end\", tag).as_ref(), br"end\");
    }
}

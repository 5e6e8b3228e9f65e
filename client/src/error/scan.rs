//! Reading a server's message from its ends, never by searching through user data.

/// A message without what it is wrapped in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    /// The whole message.
    pub(crate) all: &'a str,
    /// The message without its wrapping.
    pub(crate) inner: &'a str,
    /// Whether it began with `write failed`: no replica of the shard acknowledged.
    pub(crate) write_failed: bool,
    /// What the cluster protocol wrapped around a remote replica's error.
    pub(crate) remote: Option<Remote>,
    /// Whether it began with `[shard N] `.
    pub(crate) shard: bool,
    /// Whether the message is complete; a cut one is recognised by its beginning only.
    pub(crate) whole: bool,
    /// The HTTP status, which only breaks ties.
    pub(crate) status: u16,
}

/// `error code N: write shard S: ` or `error code N: create shard S: ` or only `error code N: `.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) code: u64,
    pub(crate) shard: Option<u64>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(all: &'a str, whole: bool, status: u16) -> Self {
        let mut inner = all;
        let mut write_failed = false;
        if let Some(rest) = inner.strip_prefix("write failed:") {
            write_failed = true;
            inner = rest.strip_prefix(' ').unwrap_or(rest);
        }
        let remote = remote(inner).map(|(remote, rest)| {
            inner = rest;
            remote
        });
        let shard = shard_prefix(inner).is_some_and(|rest| {
            inner = rest;
            true
        });
        Self { all, inner, write_failed, remote, shard, whole, status }
    }

    /// Whether anything was removed: then the message tells of one shard, and nothing of the others.
    pub(crate) const fn is_wrapped(&self) -> bool {
        self.write_failed || self.remote.is_some() || self.shard
    }

    /// Whether the whole message is `text`, unwrapped.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.whole && self.all == text
    }

    /// What follows `prefix` in the whole message, unwrapped.
    pub(crate) fn after(&self, prefix: &str) -> Option<&'a str> {
        self.all.strip_prefix(prefix)
    }

    /// Whether the message without its wrapping is `text`.
    pub(crate) fn inner_is(&self, text: &str) -> bool {
        self.whole && self.inner == text
    }
}

fn remote(text: &str) -> Option<(Remote, &str)> {
    let (code, rest) = number(text.strip_prefix("error code ")?)?;
    let rest = rest.strip_prefix(": ")?;
    let of_shard = ["write shard ", "create shard "]
        .into_iter()
        .find_map(|verb| number(rest.strip_prefix(verb)?))
        .and_then(|(shard, rest)| Some((shard, rest.strip_prefix(": ")?)));
    Some(match of_shard {
        Some((shard, rest)) => (Remote { code, shard: Some(shard) }, rest),
        None => (Remote { code, shard: None }, rest),
    })
}

fn shard_prefix(text: &str) -> Option<&str> {
    number(text.strip_prefix("[shard ")?)?.1.strip_prefix("] ")
}

/// A decimal number at the beginning, and what follows it.
pub(crate) fn number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    Some((number.parse().ok()?, rest))
}

/// Cuts ` dropped=N` off the end.
pub(crate) fn cut_dropped(text: &str) -> (&str, Option<u64>) {
    let cut = || {
        let (reason, count) = text.rsplit_once(" dropped=")?;
        let (count, rest) = number(count)?;
        rest.is_empty().then_some((reason, Some(count)))
    };
    cut().unwrap_or((text, None))
}

/// What stands between `start` at the beginning and `end` at the end.
pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.strip_suffix(end)
}

/// The two parts around `middle`, if it occurs exactly once: names are not escaped, so that a second one leaves
/// open where the name ends.
pub(crate) fn split_once_only<'a>(text: &'a str, middle: &str) -> Option<(&'a str, &'a str)> {
    let (left, right) = text.split_once(middle)?;
    (!right.contains(middle)).then_some((left, right))
}

/// A string in Go's quotes at the beginning, and what follows it.
pub(crate) fn go_quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut value = String::new();
    loop {
        let stop = rest.find(['"', '\\'])?;
        value.push_str(&rest[..stop]);
        let tail = &rest[stop + 1..];
        if rest.as_bytes()[stop] == b'"' {
            return Some((value, tail));
        }
        let (escaped, tail) = go_escape(tail)?;
        value.push(escaped);
        rest = tail;
    }
}

fn go_escape(text: &str) -> Option<(char, &str)> {
    let kind = text.chars().next()?;
    let rest = &text[kind.len_utf8()..];
    let hex = |length: usize| {
        let digits = rest.get(..length).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let code = u32::from_str_radix(digits, 16).ok()?;
        Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), &rest[length..]))
    };
    let plain = match kind {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0C',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0B',
        '\\' | '"' | '\'' => kind,
        // A byte that is not UTF-8; what it was is not to be told in a text.
        'x' => {
            return hex(2).map(|(c, rest)| (if c.is_ascii() { c } else { char::REPLACEMENT_CHARACTER }, rest));
        }
        'u' => return hex(4),
        'U' => return hex(8),
        _ => return None,
    };
    Some((plain, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn unwraps_each_layer() {
        let text = Text::new("write failed: error code 1: write shard 12: field type conflict", true, 500);
        assert_eq!((text.inner, text.write_failed), ("field type conflict", true));
        assert_eq!(text.remote, Some(Remote { code: 1, shard: Some(12) }));
        let text = Text::new("error code 2: create shard 3: timeout", true, 500);
        assert_eq!((text.inner, text.remote), ("timeout", Some(Remote { code: 2, shard: Some(3) })));
        let text = Text::new("write failed: error code 7: write shard x: y", true, 500);
        assert_eq!((text.inner, text.remote), ("write shard x: y", Some(Remote { code: 7, shard: None })));
        let text = Text::new("[shard 5] engine is closed", true, 500);
        assert_eq!((text.inner, text.shard, text.is_wrapped()), ("engine is closed", true, true));
        let text = Text::new("write failed", true, 500);
        assert!(!text.is_wrapped() && text.is("write failed"));
    }

    #[test]
    fn what_only_looks_like_wrapping_stays() {
        for text in ["error code : x", "error code 1 x", "[shard ] x", "write failedx", "the write failed: x"] {
            assert!(!Text::new(text, true, 500).is_wrapped(), "{text}");
        }
    }

    #[test]
    fn dropped_is_read_from_the_end_only() {
        assert_eq!(cut_dropped("a dropped=7 b dropped=12"), ("a dropped=7 b", Some(12)));
        assert_eq!(cut_dropped("a dropped=7 b"), ("a dropped=7 b", None));
        assert_eq!(cut_dropped("a dropped="), ("a dropped=", None));
        assert_eq!(cut_dropped("a dropped=99999999999999999999"), ("a dropped=99999999999999999999", None));
    }

    #[test]
    fn reads_quoted_names() {
        assert_eq!(go_quoted("\"a\" b"), Some(("a".into(), " b")));
        assert_eq!(go_quoted(r#""a\"\\\n\u00e9\U0001F600\xff""#), Some(("a\"\\\né😀\u{FFFD}".into(), "")));
        for broken in ["a", "\"a", "\"\\", "\"\\q\"", "\"\\u12\"", "\"\\u+123\""] {
            assert_eq!(go_quoted(broken), None, "{broken}");
        }
    }
}

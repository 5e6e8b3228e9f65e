//! Finding the server's message in a reply.

use std::borrow::Cow;

use serde::Deserialize;

use super::Reply;

/// Servers cut `X-Influxdb-Error` at this many bytes.
const HEADER_CUT: usize = 1024;
/// More documents in one body than a handler could ever append.
const DOCUMENTS: usize = 8;

/// The message of a reply.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// The text of the first error.
    pub(crate) text: Cow<'a, str>,
    /// Whether the text is complete. A text which is cut can be recognised by its beginning, never as a whole.
    pub(crate) whole: bool,
    /// Whether newlines of the message may have become spaces.
    pub(crate) flattened: bool,
    /// Errors in further JSON documents of the body: the handler went on after the first one.
    pub(crate) further: Vec<Cow<'a, str>>,
}

impl<'a> Message<'a> {
    /// The body first; `X-Influxdb-Error` only when the body is missing, or ends in the middle of its message.
    pub(crate) fn of(reply: &Reply<'a>) -> Self {
        let body = from_body(reply.body, reply.complete);
        let header = reply.error_header.map(|header| Self {
            whole: header.len() < HEADER_CUT,
            text: String::from_utf8_lossy(header.trim_ascii()),
            flattened: true,
            further: Vec::new(),
        });
        match header {
            Some(header) if !header.text.is_empty() => {
                let missing = body.text.is_empty() && body.further.is_empty();
                let better = !body.whole && (header.whole || header.text.len() > body.text.len());
                if missing || better { header } else { body }
            }
            _ => body,
        }
    }
}

/// The words of an error reply.
pub(crate) fn message(reply: &Reply<'_>) -> Box<str> {
    Message::of(reply).text.into()
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    error: Option<Cow<'a, str>>,
}

fn from_body(body: &[u8], complete: bool) -> Message<'_> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => from_text(text, complete),
        // The JSON reader borrows from a text that lives as long as the body; a repaired one does not.
        Cow::Owned(text) => {
            let message = from_text(&text, complete);
            Message {
                text: Cow::Owned(message.text.into_owned()),
                whole: message.whole,
                flattened: false,
                further: message.further.into_iter().map(|t| Cow::Owned(t.into_owned())).collect(),
            }
        }
    }
}

fn from_text(text: &str, complete: bool) -> Message<'_> {
    let trimmed = text.trim_matches(['\n', '\r', ' ', '\t']);
    if !trimmed.starts_with('{') {
        return Message { text: Cow::Borrowed(trimmed), whole: complete, flattened: false, further: Vec::new() };
    }
    let mut errors = Vec::new();
    let mut cut = false;
    for document in serde_json::Deserializer::from_str(trimmed).into_iter::<Document<'_>>().take(DOCUMENTS) {
        match document {
            Ok(Document { error: Some(error) }) => errors.push(error),
            Ok(Document { error: None }) => {}
            Err(fault) => {
                cut = fault.is_eof();
                break;
            }
        }
    }
    let mut errors = errors.into_iter();
    match errors.next() {
        Some(first) => Message { text: first, whole: true, flattened: false, further: errors.collect() },
        None if cut => {
            Message { text: begun_error(trimmed).into(), whole: false, flattened: false, further: Vec::new() }
        }
        None => Message { text: Cow::Borrowed(trimmed), whole: complete, flattened: false, further: Vec::new() },
    }
}

/// What is there of the string in `{"error":"…` where the text ends within it; else the text itself.
fn begun_error(text: &str) -> String {
    let begun = || {
        let rest = text.strip_prefix('{')?.trim_start();
        let rest = rest.strip_prefix("\"error\"")?.trim_start();
        rest.strip_prefix(':')?.trim_start().strip_prefix('"')
    };
    let Some(mut inside) = begun() else {
        return text.to_owned();
    };
    // An escape may be cut too: `\`, `\u12`, or the first half of a surrogate pair. Each is at most 12 bytes.
    for _ in 0..=12 {
        if let Ok(whole) = serde_json::from_str(&format!("\"{inside}\"")) {
            return whole;
        }
        let Some((last, _)) = inside.char_indices().next_back() else {
            break;
        };
        inside = &inside[..last];
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &[u8]) -> (String, bool, usize) {
        let message = Message::of(&Reply::new(500, body));
        (message.text.into_owned(), message.whole, message.further.len())
    }

    #[test]
    fn reads_json_plain_text_and_nothing() {
        assert_eq!(of(b"{\"error\":\"timeout\"}\n"), ("timeout".into(), true, 0));
        assert_eq!(of(b"\xEF\xBB\xBF{\"error\":\"a\\u003eb\"}"), ("a>b".into(), true, 0));
        assert_eq!(of(b"request throttled, queue full\n"), ("request throttled, queue full".into(), true, 0));
        assert_eq!(of(b""), (String::new(), true, 0));
        assert_eq!(of(b"{\"results\":[]}"), ("{\"results\":[]}".into(), true, 0));
        assert_eq!(of(b"{\"error\":5}"), ("{\"error\":5}".into(), true, 0));
    }

    #[test]
    fn reads_several_documents() {
        assert_eq!(of(b"{\"error\":\"a\"}\n{\"error\":\"b\"}\n"), ("a".into(), true, 1));
        assert_eq!(of(b"{}{\"error\":\"b\"}junk"), ("b".into(), true, 0));
    }

    #[test]
    fn a_cut_text_is_not_whole() {
        assert_eq!(of(b"{\"error\":\"partial write"), ("partial write".into(), false, 0));
        assert_eq!(of(b"{\"error\":\"a\\u00"), ("a".into(), false, 0));
        assert_eq!(of(b"{\"error\":\"a\\ud83d\\u"), ("a".into(), false, 0));
        assert_eq!(of(b"{\"err"), ("{\"err".into(), false, 0));
        let cut = Reply::new(500, b"partial write").cut();
        assert!(!Message::of(&cut).whole);
    }

    #[test]
    fn the_header_serves_only_where_the_body_does_not() {
        let text = |body: &'static [u8], header: &'static [u8]| {
            let message = Message::of(&Reply::new(500, body).error_header(header));
            (message.text.into_owned(), message.whole)
        };
        assert_eq!(text(b"", b"timeout"), ("timeout".into(), true));
        assert_eq!(text(b"{\"error\":\"a\"}", b"b"), ("a".into(), true));
        assert_eq!(text(b"{\"error\":\"par", b"partial write"), ("partial write".into(), true));
        let long: &'static [u8] = &[b'x'; HEADER_CUT];
        assert!(!text(b"", long).1, "a header of this length is cut");
    }

    #[test]
    fn hostile_bodies_are_only_text() {
        let deep = "{\"a\":".repeat(10_000);
        assert!(!of(deep.as_bytes()).0.is_empty());
        assert!(of(b"\xFF\xFE{\x00").1);
        assert_eq!(of(b"{\"error\":\"\xFF\"}").0, "\u{FFFD}");
    }
}

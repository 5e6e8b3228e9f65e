//! JSON documents out of a stream of bytes.

/// Finds the documents of a chunked answer while it arrives: objects that follow each other, with or without white space
/// between them.
///
/// Only where a document ends is looked at here; whether it is sound is for the JSON parser to say. Each byte is seen
/// once, and nothing is kept but the document that has begun.
#[derive(Debug, Default)]
pub(super) struct Documents {
    buffer: Vec<u8>,
    /// How far the buffer was looked at.
    seen: usize,
    depth: u32,
    in_text: bool,
    escaped: bool,
}

/// Why a stream of bytes holds no documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoDocument {
    /// Something stands where a document should begin.
    NotAnObject,
    /// A document is larger than the limit, in bytes.
    TooLarge(usize),
}

impl Documents {
    /// Takes more bytes in.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next document, if it is complete.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<Vec<u8>>, NoDocument> {
        while let Some(&byte) = self.buffer.get(self.seen) {
            if self.depth == 0 {
                match byte {
                    b' ' | b'\t' | b'\r' | b'\n' => {}
                    b'{' => {
                        self.buffer.drain(..self.seen);
                        self.seen = 0;
                        self.depth = 1;
                    }
                    _ => return Err(NoDocument::NotAnObject),
                }
                self.seen += 1;
                continue;
            }
            self.seen += 1;
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        let rest = self.buffer.split_off(self.seen);
                        self.seen = 0;
                        return Ok(Some(std::mem::replace(&mut self.buffer, rest)));
                    }
                }
                _ => {}
            }
        }
        if self.depth == 0 {
            self.buffer.clear();
            self.seen = 0;
        }
        if self.buffer.len() > limit { Err(NoDocument::TooLarge(limit)) } else { Ok(None) }
    }

    /// Whether a document has begun that is not complete.
    pub(super) fn is_open(&self) -> bool {
        self.depth > 0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn all(pieces: &[&[u8]]) -> (Vec<String>, bool) {
        let mut documents = Documents::default();
        let mut found = Vec::new();
        for piece in pieces {
            documents.push(piece);
            while let Some(document) = documents.next(1 << 20).unwrap() {
                found.push(String::from_utf8(document).unwrap());
            }
        }
        (found, documents.is_open())
    }

    #[test]
    fn documents_are_told_apart() {
        let (found, open) = all(&[b"{\"a\":[1,{}]}{\"b\":\"}\\\"{\"}\n \n{\"c\"", b":1", b"}  {"]);
        assert_eq!(found, ["{\"a\":[1,{}]}", "{\"b\":\"}\\\"{\"}", "{\"c\":1}"]);
        assert!(open);
        assert_eq!(all(&[b"", b" \n"]), (Vec::new(), false));
    }

    #[test]
    fn what_is_none_and_what_is_too_large_is_refused() {
        for junk in ["<html>", "[1]", "{} x", "null"] {
            let mut documents = Documents::default();
            documents.push(junk.as_bytes());
            let end = loop {
                match documents.next(100) {
                    Ok(Some(_)) => {}
                    end => break end,
                }
            };
            assert_eq!(end, Err(NoDocument::NotAnObject), "{junk}");
        }
        let mut documents = Documents::default();
        documents.push(&[b"{\"".as_slice(), &[b'x'; 200]].concat());
        assert_eq!(documents.next(100), Err(NoDocument::TooLarge(100)));
        let mut spaces = Documents::default();
        for _ in 0..100 {
            spaces.push(&[b' '; 50]);
            assert_eq!(spaces.next(100), Ok(None), "white space is not kept");
        }
    }

    proptest! {
        /// However the bytes are cut, the documents are the same.
        #[test]
        fn cuts_do_not_matter(
            texts in prop::collection::vec(r#"[{}\[\]a"\\ é]{0,12}"#, 0..5),
            cuts in prop::collection::vec(0_usize..200, 0..8),
        ) {
            let documents: Vec<String> =
                texts.iter().map(|text| serde_json::json!({ "k": [text, { "n": 1 }] }).to_string()).collect();
            let body = documents.join("\n");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &body.as_bytes()[pair[0]..pair[1]]).collect();
            prop_assert_eq!(all(&pieces), (documents, false));
        }
    }
}

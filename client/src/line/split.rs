//! Where one line of line protocol ends and the next begins.

/// Finds the ends of lines as a 1.x server does, over input that comes in pieces.
///
/// A line feed ends a line unless it stands in a string field or behind a backslash. A double quote
/// only opens a string where a field's value is; in a measurement or a tag it is text.
///
/// ```
/// use influx_client::LineSplitter;
///
/// let mut splitter = LineSplitter::new();
/// assert_eq!(splitter.end_of_line(b"log text=\"two\n"), None); // the string is still open
/// assert_eq!(splitter.end_of_line(b"lines\" 1\nlog text=\"one\" 2\n"), Some(9));
/// assert_eq!(splitter.end_of_line(b"log text=\"one\" 2\n"), Some(17));
/// ```
#[derive(Clone, Debug, Default)]
pub struct LineSplitter {
    /// Nothing of the line has been seen.
    started: bool,
    /// The byte before was a backslash that is not itself escaped.
    escaped: bool,
    /// The space that ends the series key has been seen.
    in_fields: bool,
    quoted: bool,
    /// Equals signs minus commas since then: over zero inside a field's value.
    depth: i64,
}

impl LineSplitter {
    /// A splitter at the start of a line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks on through `bytes`, which follow what was given before.
    ///
    /// Returns how many of them belong to the line, its line feed included, and is then at the
    /// start of the next line; or `None` when all of them belong to a line that goes on.
    #[inline]
    pub fn end_of_line(&mut self, bytes: &[u8]) -> Option<usize> {
        if !self.started
            && let Some(end) = memchr::memchr(b'\n', bytes)
            && memchr::memchr2(b'"', b'\\', &bytes[..end]).is_none()
        {
            return Some(end + 1);
        }
        self.look_closely(bytes)
    }

    /// Whether a line feed would not end the line at this point: inside a string field or behind a
    /// backslash.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.quoted || self.escaped
    }

    /// Whether the line so far ends inside a string field.
    pub(crate) fn is_quoted(&self) -> bool {
        self.quoted
    }

    fn look_closely(&mut self, bytes: &[u8]) -> Option<usize> {
        self.started |= !bytes.is_empty();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if self.escaped {
                self.escaped = false;
            } else if self.quoted {
                at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
                match bytes[at] {
                    b'\\' => self.escaped = true,
                    _ => self.quoted = false,
                }
            } else {
                match byte {
                    b'\\' => self.escaped = true,
                    b' ' => self.in_fields = true,
                    b'=' if self.in_fields => self.depth += 1,
                    b',' if self.in_fields => self.depth -= 1,
                    b'"' if self.in_fields && self.depth > 0 => self.quoted = true,
                    b'\n' => {
                        *self = Self::new();
                        return Some(at + 1);
                    }
                    _ => {}
                }
            }
            at += 1;
        }
        None
    }
}

/// The lines of a whole body, each without its line feed; the last one may have none.
pub(crate) fn lines(mut body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut splitter = LineSplitter::new();
    std::iter::from_fn(move || {
        if body.is_empty() {
            return None;
        }
        let (line, rest) = match splitter.end_of_line(body) {
            Some(end) => (&body[..end - 1], &body[end..]),
            None => (body, &body[body.len()..]),
        };
        body = rest;
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(body: &str) -> Vec<String> {
        lines(body.as_bytes()).map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    #[test]
    fn plain_lines() {
        assert_eq!(split("m v=1\nm v=2\n"), ["m v=1", "m v=2"]);
        assert_eq!(split("m v=1\n\nm v=2"), ["m v=1", "", "m v=2"]);
        assert_eq!(split(""), Vec::<String>::new());
        assert_eq!(split("\n"), [""]);
    }

    #[test]
    fn a_line_feed_in_a_string_field_is_text() {
        assert_eq!(split("m s=\"a\nb\",v=1 5\nm v=2\n"), ["m s=\"a\nb\",v=1 5", "m v=2"]);
        assert_eq!(split("m s=\"a\\\"\nb\" 5\nm v=2\n"), ["m s=\"a\\\"\nb\" 5", "m v=2"]);
        assert_eq!(
            split("m s=\"a\\\\\"\nm v=2\n"),
            ["m s=\"a\\\\\"", "m v=2"],
            "an escaped backslash before the closing quote"
        );
    }

    #[test]
    fn a_quote_elsewhere_is_text() {
        for line in ["m,t=\"a v=1", "m\" v=1", "m a\"b=1", "m v=1,a\"=2"] {
            assert_eq!(split(&format!("{line}\nm v=2\n")), [line, "m v=2"]);
        }
    }

    #[test]
    fn an_open_quote_takes_the_rest() {
        assert_eq!(split("m s=\"a\nm v=1\n"), ["m s=\"a\nm v=1\n"]);
    }

    proptest! {
        /// However the input is cut into pieces, the lines are the same.
        #[test]
        fn pieces_do_not_matter(
            body in r#"[ma,= "\\\n1]{0,60}"#,
            cuts in prop::collection::vec(0usize..60, 0..6),
        ) {
            let body = body.as_bytes();
            let whole: Vec<usize> = lines(body).map(<[u8]>::len).collect();

            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
            cuts.extend([0, body.len()]);
            cuts.sort_unstable();
            let mut splitter = LineSplitter::new();
            let (mut lens, mut open) = (Vec::new(), 0);
            for pair in cuts.windows(2) {
                let mut piece = &body[pair[0]..pair[1]];
                while let Some(end) = splitter.end_of_line(piece) {
                    lens.push(open + end - 1);
                    open = 0;
                    piece = &piece[end..];
                }
                open += piece.len();
            }
            if open > 0 {
                lens.push(open);
            }
            prop_assert_eq!(whole, lens);
        }
    }
}

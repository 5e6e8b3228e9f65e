//! Which points of a batch a server's message means.

use super::batch::Batch;
use super::field_type::FieldType;
use super::raw::RawLine;

/// What a server says before it quotes a line that it cannot parse.
const QUOTE: &str = "unable to parse '";

/// A line that a server quoted as one it could not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QuotedLine<'m> {
    /// The index of its point in the batch; `None` when the batch has no such line.
    pub line: Option<usize>,
    /// The server's reason.
    pub reason: &'m str,
}

impl Batch {
    /// Finds the points that a server's message names as `unable to parse '…': reason`.
    ///
    /// `message` is the `error` of the reply, decoded from JSON. Servers quote bad lines whole and
    /// in the order of the body, joined by line feeds, so the batch itself tells where a quoted
    /// line ends, whatever it holds; of two equal lines each is found once.
    #[must_use]
    pub fn quoted_lines<'m>(&self, message: &'m str) -> Vec<QuotedLine<'m>> {
        let mut found = Vec::new();
        let mut next_line = 0;
        let mut rest = message;
        let mut quote = rest.find(QUOTE);
        while let Some(at) = quote {
            let quoted = &rest[at + QUOTE.len()..];
            let line =
                (next_line..self.points()).find_map(|index| Some((index, after_quote(quoted, self.line(index))?)));
            let behind = match line {
                Some((index, behind)) => {
                    next_line = index + 1;
                    behind
                }
                // The end of the quote can only be guessed.
                None => quoted.find("': ").map_or("", |end| &quoted[end + 3..]),
            };
            quote = behind.find("\nunable to parse '").map(|at| at + 1);
            let reason = match quote {
                Some(end) => &behind[..end - 1],
                None => without_dropped(behind),
            };
            found.push(QuotedLine { line: line.map(|(index, _)| index), reason });
            rest = behind;
        }
        found
    }

    /// The indexes of the points that give `field` of `measurement` a value of type `field_type`.
    ///
    /// These are the points meant by `field type conflict: input field "f" on measurement "m" is
    /// type integer, already exists as type float`.
    pub fn lines_with_field<'a>(
        &'a self,
        measurement: &'a str,
        field: &'a str,
        field_type: FieldType,
    ) -> impl Iterator<Item = usize> + 'a {
        self.parsed_lines()
            .filter(move |(_, line)| {
                after_bytes(measurement, &line.measurement()) == Some("")
                    && line
                        .fields()
                        .any(|given| given.field_type == field_type && after_bytes(field, &given.key) == Some(""))
            })
            .map(|(index, _)| index)
    }

    /// Every point that parses, with its index.
    pub fn parsed_lines(&self) -> impl Iterator<Item = (usize, RawLine<'_>)> {
        (0..self.points()).filter_map(|index| Some((index, RawLine::parse(self.line(index)).ok()?)))
    }
}

/// What follows in `text` after `line` and the closing `': `, if `text` begins with them.
fn after_quote<'m>(text: &'m str, line: &[u8]) -> Option<&'m str> {
    after_bytes(text, line)?.strip_prefix("': ")
}

/// What follows in `text` after `bytes`, if `text` begins with them.
///
/// A byte that is no UTF-8 comes back as one U+FFFD: that is what JSON made of it.
fn after_bytes<'m>(text: &'m str, bytes: &[u8]) -> Option<&'m str> {
    let mut rest = text;
    for chunk in bytes.utf8_chunks() {
        rest = rest.strip_prefix(chunk.valid())?;
        for _ in chunk.invalid() {
            rest = rest.strip_prefix(char::REPLACEMENT_CHARACTER)?;
        }
    }
    Some(rest)
}

/// A reason without the ` dropped=N` that 1.8 puts behind the last one.
fn without_dropped(reason: &str) -> &str {
    match reason.rsplit_once(" dropped=") {
        Some((before, count)) if count.bytes().all(|b| b.is_ascii_digit()) => before,
        _ => reason,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn batch(lines: &[&[u8]]) -> Batch {
        let mut batch = Batch::default();
        for line in lines {
            batch.push_unchecked_line(line).unwrap();
        }
        batch
    }

    fn quoted<'m>(batch: &Batch, message: &'m str) -> Vec<(Option<usize>, &'m str)> {
        batch.quoted_lines(message).into_iter().map(|quoted| (quoted.line, quoted.reason)).collect()
    }

    #[test]
    fn lines_quoted_by_1_8() {
        let batch = batch(&[b"m v=1 1", b"bad", b"m v=2 2", b"m x 3", b"bad"]);
        assert_eq!(
            quoted(
                &batch,
                "partial write: unable to parse 'bad': missing fields\n\
                 unable to parse 'm x 3': invalid field format\n\
                 unable to parse 'bad': missing fields dropped=0"
            ),
            [(Some(1), "missing fields"), (Some(3), "invalid field format"), (Some(4), "missing fields")]
        );
    }

    #[test]
    fn lines_quoted_by_0_10() {
        let batch = batch(&[b"a value= 1", b"b val=abc 1"]);
        assert_eq!(
            quoted(
                &batch,
                "partial write:\nunable to parse 'a value= 1': missing field value\n\
                 unable to parse 'b val=abc 1': invalid boolean"
            ),
            [(Some(0), "missing field value"), (Some(1), "invalid boolean")]
        );
    }

    #[test]
    fn a_line_that_imitates_the_message_is_found_whole() {
        let line: &[u8] = b"m s=\"x': no\nunable to parse 'm': missing fields\",b 1";
        let batch = batch(&[b"m", line]);
        let message = format!(
            "unable to parse 'm': missing fields\nunable to parse '{}': invalid field format",
            std::str::from_utf8(line).unwrap()
        );
        assert_eq!(quoted(&batch, &message), [(Some(0), "missing fields"), (Some(1), "invalid field format")]);
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_matched() {
        let batch = batch(&[b"m\xff\xe2\x82 x 1"]);
        assert_eq!(
            quoted(&batch, "unable to parse 'm\u{fffd}\u{fffd}\u{fffd} x 1': invalid field format"),
            [(Some(0), "invalid field format")]
        );
    }

    #[test]
    fn a_line_of_somebody_else_is_no_point_of_the_batch() {
        let batch = batch(&[b"m v=1 1"]);
        assert_eq!(quoted(&batch, "unable to parse 'other': missing fields"), [(None, "missing fields")]);
        assert_eq!(quoted(&batch, "timeout"), []);
    }

    #[test]
    fn the_points_behind_a_type_conflict() {
        let batch =
            batch(&[b"m,t=a f=1i,g=1 1", b"m f=1 2", b"n f=1i 3", b"no point", b"m g=2,f=2i 4", b"m s=\"f=1i\" 5"]);
        let found: Vec<_> = batch.lines_with_field("m", "f", FieldType::Integer).collect();
        assert_eq!(found, [0, 4]);
    }
}

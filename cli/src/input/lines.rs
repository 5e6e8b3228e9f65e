//! Cuts a stream of bytes into lines of line protocol, in bounded memory.
//!
//! Where a line ends is for the client's splitter to say, which reads as the servers read a request body: a line end
//! inside a string field belongs to the field, and one behind a backslash to the line. Here are the limits.

use std::io::{self, Read};
use std::ops::Range;

use influx_client::LineSplitter;
use memchr::{memchr, memchr2};

/// Room asked of one read.
const CHUNK: usize = 256 * 1024;

/// What one line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A line that ends where a server would end it.
    Whole,
    /// A line whose last quote is open, or that ends in a backslash: a server would read what is sent behind it as
    /// part of it, so it cannot be sent.
    Open,
    /// Longer than the limit; its text is not kept, this is its length in bytes.
    TooLong(u64),
    /// A comment, cut to a length at which any header would be whole; handed out only where it was asked for.
    Comment,
}

/// One line, without its line end; blank lines are never handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a [u8],
    /// Number of its first line in the input, from 1.
    pub(crate) number: u64,
    /// Offset of its first byte in the (decompressed) input.
    pub(crate) byte: u64,
    /// Offset behind its line end.
    pub(crate) byte_end: u64,
    /// Number of the line behind it.
    pub(crate) next_number: u64,
}

/// A stretch of the input: one after the other they are the whole of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A line and all its bytes, its line end included. Those of a line that is too long came before.
    Line(Line<'a>, &'a [u8]),
    /// Blank lines, comments and lines that are too long, or parts of them.
    Other(&'a [u8]),
}

/// The lines of an input.
pub(crate) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    /// What of the buffer was read and not yet handed out.
    held: Range<usize>,
    /// What is held up to here has no quote and no backslash.
    plain: usize,
    ended: bool,
    number: u64,
    byte: u64,
    limit: usize,
    /// A line that is handed out without being kept.
    passing: Option<Passing>,
    /// Each line of text is a line: nothing is quoted.
    verbatim: bool,
    /// Where comments that are handed out are kept.
    comment: Option<Vec<u8>>,
}

/// More than any header has.
const COMMENT: usize = 4 * 1024;

/// A comment, or a line that is too long, of which a part was seen.
#[derive(Clone, Copy, Debug)]
struct Passing {
    /// Number and offset of a line that is too long.
    line: Option<(u64, u64)>,
    /// Its bytes so far.
    length: u64,
    /// Its end was seen.
    over: bool,
}

/// What was found next, as places in the buffer.
enum Step {
    End,
    Other(Range<usize>),
    Line {
        kind: Kind,
        text: Range<usize>,
        whole: Range<usize>,
        number: u64,
        byte: u64,
    },
    /// Kept apart.
    Comment {
        number: u64,
        byte: u64,
    },
}

impl<R: Read> Lines<R> {
    /// Lines of at most `limit` bytes; longer ones are reported without their text.
    pub(crate) fn new(input: R, limit: usize) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            held: 0..0,
            plain: 0,
            ended: false,
            number: 1,
            byte: 0,
            limit,
            passing: None,
            verbatim: false,
            comment: None,
        }
    }

    /// Hands comments out too, and counts from a place within the input: what is read first is line `number`, at `byte`.
    pub(crate) fn of_dump(mut self, byte: u64, number: u64) -> Self {
        (self.byte, self.number, self.comment) = (byte, number, Some(Vec::new()));
        self
    }

    /// Says whether the lines that follow end at each line end, as those of no line protocol do.
    pub(crate) fn set_verbatim(&mut self, verbatim: bool) {
        self.verbatim = verbatim;
    }

    /// Where the next line begins, and its number.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.byte, self.number)
    }

    /// The next line, or `None` at the end. Before each read, which may block, `before_read` is called.
    ///
    /// # Errors
    /// Reading failed. What came after the last line end is then not handed out: half a line may parse, as
    /// another value.
    #[inline]
    pub(crate) fn next(&mut self, before_read: impl FnMut()) -> io::Result<Option<Line<'_>>> {
        match self.plain_line() {
            Some(length) => {
                let (number, byte, start) = (self.number, self.byte, self.held.start);
                self.number += 1;
                self.byte += length as u64 + 1;
                self.held.start += length + 1;
                Ok(Some(self.line(Kind::Whole, start..start + length, number, byte)))
            }
            None => self.any_line(before_read),
        }
    }

    /// The length of the line that comes next, if all of it was read and nothing about it needs a closer look.
    #[inline]
    fn plain_line(&mut self) -> Option<usize> {
        let held = &self.buffer[self.held.clone()];
        let first = *held.first()?;
        if first <= b' ' || first == b'#' {
            return None;
        }
        let length = memchr(b'\n', held).filter(|length| *length <= self.limit)?;
        let end = self.held.start + length;
        if self.plain < end {
            // One search for many lines: most inputs have few quotes or none.
            let from = self.plain.max(self.held.start);
            self.plain = memchr2(b'"', b'\\', &self.buffer[from..self.held.end]).map_or(self.held.end, |at| from + at);
        }
        (end <= self.plain).then_some(length)
    }

    #[inline]
    fn line(&self, kind: Kind, range: Range<usize>, number: u64, byte: u64) -> Line<'_> {
        let text = &self.buffer[range];
        let text = match kind {
            // A carriage return before the line end is the file's convention, never part of a point.
            Kind::Whole => text.strip_suffix(b"\r").unwrap_or(text),
            Kind::Open | Kind::TooLong(_) | Kind::Comment => text,
        };
        Line { kind, text, number, byte, byte_end: self.byte, next_number: self.number }
    }

    #[inline(never)]
    fn any_line(&mut self, mut before_read: impl FnMut()) -> io::Result<Option<Line<'_>>> {
        loop {
            match self.advance(&mut before_read)? {
                Step::End => return Ok(None),
                Step::Other(_) => {}
                Step::Comment { number, byte } => {
                    let text = self.comment.as_deref().unwrap_or_default();
                    let (byte_end, next_number) = (self.byte, self.number);
                    return Ok(Some(Line { kind: Kind::Comment, text, number, byte, byte_end, next_number }));
                }
                Step::Line { kind, text, number, byte, .. } => return Ok(Some(self.line(kind, text, number, byte))),
            }
        }
    }

    /// The next stretch of the input, or `None` at the end.
    ///
    /// # Errors
    /// As [`Lines::next`].
    pub(crate) fn piece(&mut self) -> io::Result<Option<Piece<'_>>> {
        Ok(match self.advance(&mut || ())? {
            Step::End => None,
            Step::Other(range) => Some(Piece::Other(&self.buffer[range])),
            Step::Comment { .. } => Some(Piece::Other(self.comment.as_deref().unwrap_or_default())),
            Step::Line { kind, text, whole, number, byte } => {
                Some(Piece::Line(self.line(kind, text, number, byte), &self.buffer[whole]))
            }
        })
    }

    fn advance(&mut self, before_read: &mut impl FnMut()) -> io::Result<Step> {
        if self.passing.is_some() {
            return self.pass(before_read);
        }
        let mut scan = Scan { verbatim: self.verbatim, ..Scan::default() };
        let found = loop {
            match scan.step(&self.buffer[self.held.clone()], self.ended, self.limit) {
                Some(found) => break found,
                None => self.fill(before_read)?,
            }
        };
        let (number, byte, start) = (self.number, self.byte, self.held.start);
        match found {
            Found::End => Ok(Step::End),
            Found::Blank { through } => {
                self.take(through);
                Ok(Step::Other(start..start + through))
            }
            Found::Comment if self.comment.is_some() => {
                self.keep_comment(before_read)?;
                self.passing = Some(Passing { line: None, length: 0, over: false });
                while self.passing.is_some() {
                    self.pass(before_read)?;
                }
                Ok(Step::Comment { number, byte })
            }
            Found::Comment => {
                self.passing = Some(Passing { line: None, length: 0, over: false });
                self.pass(before_read)
            }
            Found::Line { length, through, open } => {
                self.take(through);
                let kind = if open { Kind::Open } else { Kind::Whole };
                Ok(Step::Line { kind, text: start..start + length, whole: start..start + through, number, byte })
            }
            Found::TooLong => {
                self.passing = Some(Passing { line: Some((number, byte)), length: 0, over: false });
                self.pass(before_read)
            }
        }
    }

    /// Copies the comment that is next, so that reading on cannot overwrite it.
    fn keep_comment(&mut self, before_read: &mut impl FnMut()) -> io::Result<()> {
        loop {
            let held = &self.buffer[self.held.clone()];
            let end = memchr(b'\n', held);
            if end.is_some() || held.len() > COMMENT || self.ended {
                let text = &held[..end.unwrap_or(held.len()).min(COMMENT)];
                self.comment = Some(text.to_vec());
                return Ok(());
            }
            self.fill(before_read)?;
        }
    }

    /// Hands out the next part of a line that is not kept.
    fn pass(&mut self, before_read: &mut impl FnMut()) -> io::Result<Step> {
        let Some(Passing { line, mut length, over }) = self.passing.take() else { return Ok(Step::End) };
        if over && let Some((number, byte)) = line {
            let nothing = self.held.start..self.held.start;
            let kind = Kind::TooLong(length);
            return Ok(Step::Line { kind, text: nothing.clone(), whole: nothing, number, byte });
        }
        if self.held.is_empty() && !self.ended {
            self.fill(before_read)?;
        }
        let start = self.held.start;
        let (taken, over) = match memchr(b'\n', &self.buffer[self.held.clone()]) {
            Some(at) => {
                length += at as u64;
                (at + 1, true)
            }
            None => {
                length += self.held.len() as u64;
                (self.held.len(), self.ended)
            }
        };
        self.take(taken);
        if !over || line.is_some() {
            self.passing = Some(Passing { line, length, over });
        }
        Ok(Step::Other(start..start + taken))
    }

    /// Marks bytes as handed out.
    fn take(&mut self, bytes: usize) {
        let taken = &self.buffer[self.held.start..self.held.start + bytes];
        self.number += memchr::memchr_iter(b'\n', taken).count() as u64;
        self.byte += bytes as u64;
        self.held.start += bytes;
    }

    /// Reads more behind what is held.
    fn fill(&mut self, before_read: &mut impl FnMut()) -> io::Result<()> {
        before_read();
        if self.held.start > 0 {
            self.plain = self.plain.max(self.held.start) - self.held.start;
            self.buffer.copy_within(self.held.clone(), 0);
            self.held = 0..self.held.len();
        }
        self.buffer.resize(self.held.end + CHUNK, 0);
        loop {
            match self.input.read(&mut self.buffer[self.held.end..]) {
                Ok(0) => self.ended = true,
                Ok(read) => self.held.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

/// What the scan found at the start of the text.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// Nothing is left.
    End,
    /// Nothing but blanks, through their line end if there is one.
    Blank { through: usize },
    /// A comment, which ends at the next line end whatever it holds.
    Comment,
    /// A line of `length` bytes, its line end included in `through`.
    Line { length: usize, through: usize, open: bool },
    /// No line end within the limit.
    TooLong,
}

/// The search for the end of one line; it survives the arrival of more bytes, so that none is judged twice.
#[derive(Debug, Default)]
struct Scan {
    splitter: LineSplitter,
    /// How many bytes of the line the splitter has seen.
    seen: usize,
    /// Nothing is quoted.
    verbatim: bool,
}

impl Scan {
    /// Looks on; `None` means that more bytes are needed, which never happens when `ended`.
    fn step(&mut self, text: &[u8], ended: bool, limit: usize) -> Option<Found> {
        if self.seen == 0 {
            match text.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | 0)) {
                None if text.is_empty() && ended => return Some(Found::End),
                // Blanks without end are no reason to keep them all.
                None if ended || text.len() > limit => return Some(Found::Blank { through: text.len() }),
                None => return None,
                Some(first) if text[first] == b'\n' => return Some(Found::Blank { through: first + 1 }),
                Some(first) if text[first] == b'#' => return Some(Found::Comment),
                Some(_) => {}
            }
        }
        if self.verbatim {
            return match memchr(b'\n', &text[..text.len().min(limit + 1)]) {
                Some(length) => Some(Found::Line { length, through: length + 1, open: false }),
                None if text.len() > limit => Some(Found::TooLong),
                None => ended.then_some(Found::Line { length: text.len(), through: text.len(), open: false }),
            };
        }
        let end = self.splitter.end_of_line(&text[self.seen..]);
        if let Some(end) = end
            && self.seen + end - 1 <= limit
        {
            let through = self.seen + end;
            return Some(Found::Line { length: through - 1, through, open: false });
        }
        if end.is_none() && text.len() <= limit {
            self.seen = text.len();
            return ended.then(|| self.last(text));
        }
        Some(match memchr(b'\n', &text[..=limit]) {
            // An open quote would swallow all that follows. Its first line is a line of its own then.
            Some(length) => Found::Line { length, through: length + 1, open: true },
            None => Found::TooLong,
        })
    }

    /// The last line of the input, which has no line end of its own or does not end with it.
    fn last(&self, text: &[u8]) -> Found {
        if self.splitter.is_open()
            && let Some(length) = memchr(b'\n', text)
        {
            return Found::Line { length, through: length + 1, open: true };
        }
        match text.strip_suffix(b"\n") {
            // The line end was escaped, and nothing came behind it.
            Some(line) => Found::Line { length: line.len(), through: text.len(), open: true },
            None => Found::Line { length: text.len(), through: text.len(), open: self.splitter.is_open() },
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Kind, text, number, first and last byte of a line.
    type Seen = (Kind, String, u64, u64, u64);

    /// Hands out one byte a read, so that every boundary falls everywhere.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.take(1).read(buffer).inspect(|read| self.0 = &self.0[*read..])
        }
    }

    fn all(mut lines: Lines<impl Read>) -> Vec<Seen> {
        let mut found = Vec::new();
        while let Some(line) = lines.next(|| ()).unwrap() {
            let text = String::from_utf8_lossy(line.text).into_owned();
            found.push((line.kind, text, line.number, line.byte, line.byte_end));
        }
        found
    }

    /// The lines of a text, and the whole of it in pieces.
    fn pieces(mut lines: Lines<impl Read>) -> (Vec<Seen>, Vec<u8>) {
        let (mut found, mut bytes) = (Vec::new(), Vec::new());
        while let Some(piece) = lines.piece().unwrap() {
            match piece {
                Piece::Other(part) => bytes.extend(part),
                Piece::Line(line, part) => {
                    bytes.extend(part);
                    assert_eq!(line.byte_end, bytes.len() as u64, "a line comes when all its bytes have come");
                    let text = String::from_utf8_lossy(line.text).into_owned();
                    found.push((line.kind, text, line.number, line.byte, line.byte_end));
                }
            }
        }
        (found, bytes)
    }

    /// The lines of a text, found to be the same however the reads fall.
    fn lines(text: &str, limit: usize) -> Vec<Seen> {
        let whole = all(Lines::new(text.as_bytes(), limit));
        assert_eq!(pieces(Lines::new(text.as_bytes(), limit)), (whole.clone(), text.as_bytes().to_vec()), "{text:?}");
        assert_eq!(pieces(Lines::new(Drip(text.as_bytes()), limit)).1, text.as_bytes(), "{text:?}");
        assert_eq!(whole, all(Lines::new(Drip(text.as_bytes()), limit)), "{text:?}");
        whole
    }

    fn texts(text: &str) -> Vec<(Kind, String)> {
        lines(text, 1_000).into_iter().map(|(kind, text, ..)| (kind, text)).collect()
    }

    fn whole(text: &str) -> (Kind, String) {
        (Kind::Whole, text.to_owned())
    }

    #[test]
    fn blank_lines_comments_and_line_ends_are_no_points() {
        let text = "# DML\n\n  \t\r\na f=1 1\r\n # c \"\nb f=2 2";
        assert_eq!(
            lines(text, 100),
            [(Kind::Whole, "a f=1 1".to_owned(), 4, 12, 21), (Kind::Whole, "b f=2 2".to_owned(), 6, 28, 35)]
        );
        assert!(texts("").is_empty());
        assert!(texts("#").is_empty());
        assert!(texts("\n\n \n").is_empty());
    }

    #[test]
    fn a_string_field_may_hold_line_ends() {
        let text = "a f=\"one\ntwo # \\\"three\n\" 1\nb f=2 2\n";
        assert_eq!(texts(text), [whole("a f=\"one\ntwo # \\\"three\n\" 1"), whole("b f=2 2")]);
        assert_eq!(lines(text, 100)[1].2, 4, "line numbers count what is inside the string");
    }

    #[test]
    fn quotes_outside_of_a_field_value_are_letters() {
        assert_eq!(texts("a\"b,t=\"x f=1 1\nb f=2 2\n"), [whole("a\"b,t=\"x f=1 1"), whole("b f=2 2")]);
    }

    #[test]
    fn an_escaped_line_end_belongs_to_the_line() {
        assert_eq!(texts("a\\\nb f=1 1\nc f=2 2\n"), [whole("a\\\nb f=1 1"), whole("c f=2 2")]);
        assert_eq!(texts("a f=1 1\\\\\nc f=2 2\n"), [whole("a f=1 1\\\\"), whole("c f=2 2")]);
    }

    #[test]
    fn what_would_swallow_its_successors_is_marked_open() {
        assert_eq!(texts("a f=\"x 1\n"), [(Kind::Open, "a f=\"x 1".to_owned())]);
        assert_eq!(texts("a f=1 1\\\n"), [(Kind::Open, "a f=1 1\\".to_owned())]);
        assert_eq!(texts("a f=1 1\\"), [(Kind::Open, "a f=1 1\\".to_owned())]);
        assert_eq!(
            texts("a f=\"x 1\nb f=2 2\nc f=3 3"),
            [(Kind::Open, "a f=\"x 1".to_owned()), whole("b f=2 2"), whole("c f=3 3")],
            "a quote that is never closed costs its own line only"
        );
    }

    #[test]
    fn a_line_over_the_limit_is_reported_without_its_text() {
        let long = "m f=".to_owned() + &"1".repeat(50);
        let text = format!("a f=1 1\n{long}\nb f=2 2\n{long}");
        let found: Vec<_> = lines(&text, 20).into_iter().map(|(kind, _, number, ..)| (kind, number)).collect();
        assert_eq!(found, [(Kind::Whole, 1), (Kind::TooLong(54), 2), (Kind::Whole, 3), (Kind::TooLong(54), 4)]);
        let fits = "x".repeat(20);
        assert_eq!(lines(&format!("{fits}\n{fits}"), 20).iter().filter(|line| line.0 == Kind::Whole).count(), 2);
    }

    #[test]
    fn an_open_quote_beyond_the_limit_frees_the_lines_behind_it() {
        let text = "m f=\"x 1\n".to_owned() + &"a f=1 1\n".repeat(20);
        let found = lines(&text, 30);
        assert_eq!(found[0].0, Kind::Open);
        assert_eq!(found.len(), 21);
    }

    #[test]
    fn long_comments_and_blanks_do_not_pile_up() {
        let text = format!("# {}\n{}\na f=1 1\n", "c".repeat(600_000), " ".repeat(600_000));
        let mut lines = Lines::new(text.as_bytes(), 20);
        assert_eq!(lines.next(|| ()).unwrap().unwrap().text, b"a f=1 1");
        assert!(lines.buffer.len() <= 2 * CHUNK + 20, "{}", lines.buffer.len());
    }

    #[test]
    fn a_dump_shows_its_comments_and_where_it_goes_on() {
        let long = format!("# {}\n", "c".repeat(600_000));
        let text = format!("# DDL\nCREATE \"a=\"b\n{long}# DML\na f=\"1\n# no comment\" 1\n# end");
        let mut lines = Lines::new(Drip(text.as_bytes()), 700_000).of_dump(1_000, 11);
        let mut next = |verbatim| {
            lines.set_verbatim(verbatim);
            let line = lines.next(|| ()).unwrap()?;
            Some((line.kind, String::from_utf8_lossy(line.text).into_owned(), line.number, line.byte, line.next_number))
        };
        assert_eq!(next(false).unwrap(), (Kind::Comment, "# DDL".to_owned(), 11, 1_000, 12));
        assert_eq!(next(true).unwrap(), (Kind::Whole, "CREATE \"a=\"b".to_owned(), 12, 1_006, 13));
        let (kind, comment, ..) = next(true).unwrap();
        assert_eq!((kind, comment.len()), (Kind::Comment, COMMENT));
        assert_eq!(next(true).unwrap().1, "# DML");
        let (kind, text, number, _, behind) = next(false).unwrap();
        assert_eq!((kind, text.as_str(), number, behind), (Kind::Whole, "a f=\"1\n# no comment\" 1", 15, 17));
        assert_eq!(next(false).unwrap().1, "# end");
        assert_eq!(next(false), None);
    }

    #[test]
    fn half_a_line_before_a_read_error_is_kept_back() {
        struct Fails;
        impl Read for Fails {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk"))
            }
        }
        let mut lines = Lines::new(b"a f=1 1\nb f=12".chain(Fails), 100);
        assert_eq!(lines.next(|| ()).unwrap().unwrap().text, b"a f=1 1");
        assert!(lines.next(|| ()).is_err());
    }

    proptest::proptest! {
        /// The short way to a line finds what the long one does, whatever the text and wherever the reads fall. (Where more
        /// blanks than the limit stand before a line, what counts as part of it depends on the reads.)
        #[test]
        fn any_text_is_cut_alike(text in r#"[ma,= "\\\n\n\n\r\t#1]{0,80}"#, limit in 14usize..40) {
            lines(&text, limit);
        }
    }
}

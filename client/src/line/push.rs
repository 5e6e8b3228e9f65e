//! Raw lines on their way into a batch.

use std::borrow::Cow;

use super::batch::{Batch, MissingTime};
use super::clock;
use super::digits;
use super::error::{Name, PointError, PointErrorKind};
use super::field_type::FieldType;
use super::line_error::{LineError, LineErrorKind};
use super::names::{Cursor, Names};
use super::raw::{RawLine, Visitor, skip_white, unescape};
use super::split::{self, LineSplitter};
use super::text::{self, WORD};
use super::timestamp::Timestamp;

/// What became of a body of raw lines that was pushed into a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// Points taken into the batch; they have its last indexes, in order.
    pub points: usize,
    /// Blank lines and comments, which are no points.
    pub skipped: usize,
    /// Lines that were left out.
    pub refused: Vec<RefusedLine>,
}

/// A line of a body that was not taken into a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedLine {
    /// Where it begins, counted in lines of text from 1, as editors count.
    pub line_number: usize,
    /// Where it begins, in bytes from 0.
    pub offset: usize,
    /// What is wrong with it.
    pub error: PointError,
}

impl Batch {
    /// Adds one raw line after checking that a server stores it as it reads here.
    ///
    /// The line may end with a line feed (or CR LF) and begin with white space; a string field in
    /// it may span several lines of text. Without a time it is stamped as
    /// [`Batch::missing_time`] says. The field types are checked with those of the other points.
    ///
    /// # Errors
    /// What is wrong with the line. The batch is as it was before.
    pub fn push_line(&mut self, line: &[u8]) -> Result<(), PointError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        self.try_push_line(line).map_err(|kind| PointError::new(self.points(), kind))
    }

    /// Adds one raw line as it is, for the server to judge.
    ///
    /// Only what would harm the other points is refused: a blank line or comment, which is no
    /// point, more than one line, and an open string or backslash at the end, which would draw the
    /// next line in. A line without a time is stamped as [`Batch::missing_time`] says; whatever
    /// else stands where the time belongs is left there. White space before the line is cut.
    ///
    /// # Errors
    /// Why the line cannot be sent along with others. The batch is as it was before.
    pub fn push_unchecked_line(&mut self, line: &[u8]) -> Result<(), PointError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        self.try_push_unchecked(line).map_err(|kind| PointError::new(self.points(), kind))
    }

    /// Adds each line of `body` as [`Batch::push_line`] does and tells which were refused.
    ///
    /// Blank lines and comments are passed over. The last line may lack its line feed.
    pub fn push_lines(&mut self, body: &[u8]) -> Pushed {
        let mut pushed = Pushed::default();
        let (mut offset, mut line_number) = (0, 1);
        for line in split::lines(body) {
            match self.push_line(line) {
                Ok(()) => pushed.points += 1,
                Err(error) => match error.kind() {
                    PointErrorKind::Line(LineError { kind: LineErrorKind::Blank | LineErrorKind::Comment, .. }) => {
                        pushed.skipped += 1;
                    }
                    _ => pushed.refused.push(RefusedLine { line_number, offset, error }),
                },
            }
            offset += line.len() + 1;
            line_number += 1 + memchr::memchr_iter(b'\n', line).count();
        }
        pushed
    }

    fn try_push_line(&mut self, line: &[u8]) -> Result<(), PointErrorKind> {
        let mut check =
            NameCheck { names: self.checks_types.then_some(&mut self.names), cursor: Cursor::UNCHECKED, error: None };
        let raw = RawLine::parse_with(line, &mut check)?;
        if let Some(error) = check.error {
            return Err(error);
        }
        if let Some(time) = raw.timestamp()
            && Timestamp::Units(time).in_precision(self.precision).is_none()
        {
            return Err(PointErrorKind::TimeOutOfRange { precision: self.precision });
        }
        let point = raw.as_bytes();
        self.take_raw(point, raw.timestamp().is_none().then_some(point.len()))
    }

    fn try_push_unchecked(&mut self, line: &[u8]) -> Result<(), PointErrorKind> {
        let start = skip_white(line, 0);
        let line = &line[start..];
        match line.first() {
            None => return Err(LineErrorKind::Blank.at(start).into()),
            Some(b'#') => return Err(LineErrorKind::Comment.at(start).into()),
            Some(_) => {}
        }
        let mut splitter = LineSplitter::new();
        if let Some(end) = splitter.end_of_line(line) {
            return Err(LineErrorKind::LineFeed.at(start + end - 1).into());
        }
        if splitter.is_open() {
            let kind =
                if splitter.is_quoted() { LineErrorKind::UnbalancedQuotes } else { LineErrorKind::TrailingBackslash };
            return Err(kind.at(start + line.len() - 1).into());
        }
        self.take_raw(line, stamp_place(line))
    }

    /// Takes a raw line into the batch; its time, if it lacks one, belongs at `stamp_at`.
    fn take_raw(&mut self, line: &[u8], stamp_at: Option<usize>) -> Result<(), PointErrorKind> {
        let precision = self.precision;
        let mut has_time = true;
        let mut end = self.end;
        match (stamp_at, self.missing_time) {
            (Some(at), MissingTime::ClientClock | MissingTime::At(_)) => {
                let stamp = match self.missing_time {
                    MissingTime::At(stamp) => Timestamp::Units(stamp)
                        .in_precision(precision)
                        .ok_or(PointErrorKind::TimeOutOfRange { precision })?,
                    MissingTime::ClientClock | MissingTime::ServerClock => {
                        clock::stamp(precision).ok_or(PointErrorKind::StampsAhead { precision })?
                    }
                };
                end = self.buffer.put(end, &line[..at]);
                end = self.buffer.put_byte(end, b' ');
                end += digits::put(self.buffer.window(end), stamp);
            }
            (missing, MissingTime::ClientClock | MissingTime::ServerClock | MissingTime::At(_)) => {
                has_time = missing.is_none();
                end = self.buffer.put(end, line);
            }
        }
        end = self.buffer.put_byte(end, b'\n');
        self.close_row(end, has_time);
        Ok(())
    }
}

/// Where the time of a line that lacks one is to be added: behind its fields.
///
/// `None` when something stands there already, or when there are no fields: no server takes such a
/// line, with a time or without.
fn stamp_place(line: &[u8]) -> Option<usize> {
    let key_end = (1..line.len()).find(|&at| line[at] == b' ' && line[at - 1] != b'\\')?;
    let mut at = skip_white(line, key_end);
    if at == line.len() {
        return None;
    }
    let (mut quoted, mut depth) = (false, 0i64);
    while let Some(&byte) = line.get(at) {
        match byte {
            b'\\' => at += 1,
            b'"' if depth > 0 => quoted = !quoted,
            b'=' if !quoted => depth += 1,
            b',' if !quoted => depth -= 1,
            b' ' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    let end = at.min(line.len());
    (skip_white(line, end) == line.len()).then_some(end)
}

/// Checks the names of a raw line while it is parsed.
struct NameCheck<'b> {
    /// `None` when field types are not checked.
    names: Option<&'b mut Names>,
    cursor: Cursor,
    /// What is wrong with the names, if anything.
    error: Option<PointErrorKind>,
}

impl Visitor for NameCheck<'_> {
    #[inline]
    fn measurement(&mut self, raw: &[u8]) {
        self.error = None;
        if let Some(names) = &mut self.names {
            let word = if raw.len() <= WORD { text::word(raw) } else { 0 };
            if !names.is_guessed_row(&mut self.cursor, word, raw.len()) {
                names.open_other_row(&mut self.cursor, &decoded(raw));
            }
        }
    }

    #[inline]
    fn tag_key(&mut self, raw: &[u8]) {
        if raw == text::TIME.as_bytes() {
            self.refuse(LineErrorKind::ReservedTime.at(0).into());
        }
    }

    fn series_key(&mut self, raw: &[u8]) {
        if let Some(offset) = reserved_sequence(raw) {
            self.refuse(LineErrorKind::ReservedSequence.at(offset).into());
        }
    }

    #[inline]
    fn field(&mut self, raw: &[u8], field_type: FieldType) {
        if let Some(names) = &mut self.names
            && raw.len() <= WORD
            && names.is_guessed(&mut self.cursor, text::word(raw), raw.len(), field_type)
        {
            return;
        }
        self.unknown_field(raw, field_type);
    }
}

impl NameCheck<'_> {
    #[inline(never)]
    fn unknown_field(&mut self, raw: &[u8], field_type: FieldType) {
        if raw == text::TIME.as_bytes() {
            return self.refuse(LineErrorKind::ReservedTime.at(0).into());
        }
        let Some(names) = &mut self.names else {
            return;
        };
        let key = decoded(raw);
        if let Err(clash) = names.field(&mut self.cursor, &key, field_type) {
            let field = Name::new(&String::from_utf8_lossy(&key));
            let kind = names.clash(self.cursor, clash, field, field_type);
            self.refuse(kind);
        }
    }

    #[cold]
    fn refuse(&mut self, kind: PointErrorKind) {
        self.error.get_or_insert(kind);
    }
}

/// A measurement or field key as the server reads it.
fn decoded(raw: &[u8]) -> Cow<'_, [u8]> {
    unescape(raw, b", =\"")
}

/// Where the server's storage would end a series key too early.
fn reserved_sequence(key: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'#', key).find(|&at| key[at..].starts_with(text::RESERVED))
}

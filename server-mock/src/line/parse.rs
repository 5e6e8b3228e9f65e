//! Whole bodies.

use std::fmt::Write as _;

use super::cost::spend;
use super::error::LineError;
use super::scan::{scan, skip_blanks};
use super::{Precision, fast};
use crate::{Point, Points, Profile};

/// What a body held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The good lines, in their order.
    pub points: Points,
    /// How many lines had something to say: neither blank nor a comment.
    pub lines: usize,
    /// The bad lines, in their order.
    pub errors: Vec<LineError<'a>>,
}

impl Parsed<'_> {
    /// All errors as the real servers put them in a reply: one a line, with no newline at the end. `None` when every
    /// line was good.
    #[must_use]
    pub fn error_text(&self) -> Option<String> {
        let (first, others) = self.errors.split_first()?;
        let mut text = first.to_string();
        for error in others {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n{error}");
        }
        Some(text)
    }
}

/// Parses a body of line protocol.
///
/// `now` (nanoseconds, Unix time) is the time of points that bring none, cut to the precision. Takes time and memory
/// in proportion to the body, whatever is in it.
#[must_use]
pub fn parse(body: &[u8], precision: Precision, now: i64, profile: Profile) -> Parsed<'_> {
    let now = precision.floor(now);
    let mut parsed = Parsed { points: room_for(body), ..Parsed::default() };
    let mut sorter = fast::Sorter::default();
    let mut at = 0;
    while at < body.len() {
        let first = body[at];
        if !matches!(first, b' ' | b'\t' | 0 | b'#' | b'\n')
            && let Some(line) = fast::line(body, at, precision)
        {
            let key = &body[line.key];
            if let Some(key) = if line.sorted { Some(key) } else { sorter.sort(key) } {
                parsed.lines += 1;
                let time = line.time.unwrap_or(now);
                parsed.points.push(Point { key, fields: &body[line.fields], time });
                at = line.end + 1;
                continue;
            }
        }
        let end = line_end(body, at);
        spend(end - at);
        let line = &body[at..end];
        at = end + 1;
        let line = &line[skip_blanks(line, 0)..];
        if line.is_empty() || line[0] == b'#' {
            continue;
        }
        // Still there only after quotes that the body left open.
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        parsed.lines += 1;
        match scan(line, precision, profile) {
            Ok(good) => {
                let time = good.time.unwrap_or(now);
                parsed.points.push(Point { key: &good.key, fields: good.fields, time });
            }
            Err(reason) => parsed.errors.push(LineError { line, reason }),
        }
    }
    parsed
}

/// Room for as many points as there would be if all lines were as long as the first.
fn room_for(body: &[u8]) -> Points {
    let first = memchr::memchr(b'\n', body).map_or(body.len(), |end| end + 1);
    Points::with_capacity(body.len(), body.len() / first.max(6) + 1)
}

/// The newline that ends the line which starts at `start`, or the end of the body.
///
/// A newline counts unless a backslash or an open quote in a field value is before it. What is a field value is told
/// by counting: quotes count after the first space, and only where there were more equals signs than commas.
pub(super) fn line_end(body: &[u8], start: usize) -> usize {
    match memchr::memchr3(b'\n', b'"', b'\\', &body[start..]) {
        None => return body.len(),
        Some(length) if body[start + length] == b'\n' => return start + length,
        Some(_) => {}
    }
    let mut at = start;
    let (mut fields, mut quoted) = (false, false);
    let (mut equals, mut commas) = (0_usize, 0_usize);
    while let Some(&byte) = body.get(at) {
        match byte {
            b'\\' if at + 2 < body.len() => at += 1,
            b' ' => fields = true,
            b'=' if fields && !quoted => equals += 1,
            b',' if fields && !quoted => commas += 1,
            b'"' if fields && equals > commas => quoted = !quoted,
            b'\n' if !quoted => return at,
            _ => {}
        }
        at += 1;
    }
    body.len()
}

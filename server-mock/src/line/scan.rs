//! One line, with the exact rules of the real servers.

use std::borrow::Cow;
use std::ops::Range;

use super::Precision;
use super::cost::spend;
use super::error::{MAX_KEY_LENGTH, Reason, TIME_RANGE};
use super::key::find_bare;
use super::number::{boolean_end, number_end, parse_i64};
use super::value::RawFields;
use crate::Profile;

/// A good line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scanned<'a> {
    /// Tags sorted by key.
    pub(super) key: Cow<'a, [u8]>,
    pub(super) fields: &'a [u8],
    /// Nanoseconds; `None` when the line brings no time.
    pub(super) time: Option<i64>,
}

/// Reads one line, which must not be empty and not start with a blank.
///
/// The order of the checks is the order of the real servers, so that a line with two faults gets their answer.
pub(super) fn scan(line: &[u8], precision: Precision, profile: Profile) -> Result<Scanned<'_>, Reason<'_>> {
    let (key_end, key) = key(line, profile)?;
    if profile == Profile::V1_8 && key.len() > MAX_KEY_LENGTH {
        return Err(Reason::KeyTooLong(key.len()));
    }
    let start = skip_blanks(line, key_end);
    let end = fields_end(line, start)?;
    let fields = &line[start..end];
    let readable = check_fields(fields, key.len(), profile)?;
    let time = time(line, end, precision, profile)?;
    // No real server looks at this, and storing the rest of such a point would lose a field in silence.
    if readable { Ok(Scanned { key, fields, time }) } else { Err(Reason::InvalidFieldFormat) }
}

/// The first byte at or after `from` that is no space, tab or NUL.
pub(super) fn skip_blanks(line: &[u8], from: usize) -> usize {
    let blanks = line[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | 0)).count();
    spend(blanks);
    from + blanks
}

fn key(line: &[u8], profile: Profile) -> Result<(usize, Cow<'_, [u8]>), Reason<'_>> {
    if line.first().is_none_or(|byte| *byte == b',') {
        return Err(Reason::MissingMeasurement);
    }
    let name_end = find_bare(line, 1, |byte| matches!(byte, b',' | b' ')).ok_or(Reason::MissingFields)?;
    if line[name_end] == b' ' {
        return Ok((name_end, Cow::Borrowed(&line[..name_end])));
    }
    let (end, tags) = tags(line, name_end + 1)?;
    let ascending = tags.is_sorted_by(|left, right| left.key(line) < right.key(line));
    if ascending {
        return Ok((end, Cow::Borrowed(&line[..end])));
    }
    sort_tags(line, &line[..name_end], end, tags, profile)
}

struct Tag {
    /// Of the key and its value.
    whole: Range<usize>,
    equals: usize,
}

impl Tag {
    fn key<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        &line[self.whole.start..self.equals]
    }
}

/// The tags from `start` on and the end of the last.
fn tags(line: &[u8], start: usize) -> Result<(usize, Vec<Tag>), Reason<'_>> {
    let mut tags = Vec::new();
    let mut start = start;
    loop {
        if matches!(line.get(start), None | Some(b' ' | b',' | b'=')) {
            return Err(Reason::MissingTagKey);
        }
        let equals =
            find_bare(line, start + 1, |byte| matches!(byte, b'=' | b' ' | b',')).filter(|at| line[*at] == b'=');
        let equals = equals.ok_or(Reason::MissingTagValue)?;
        if matches!(line.get(equals + 1), None | Some(b' ' | b',')) {
            return Err(Reason::MissingTagValue);
        }
        // The first byte of a value may be a bare `=`.
        let end =
            find_bare(line, equals + 2, |byte| matches!(byte, b'=' | b' ' | b',')).ok_or(Reason::MissingFields)?;
        tags.push(Tag { whole: start..end, equals });
        match line[end] {
            b'=' => return Err(Reason::InvalidTagFormat),
            b' ' => return Ok((end, tags)),
            _ => start = end + 1,
        }
    }
}

fn sort_tags<'a>(
    line: &'a [u8],
    name: &[u8],
    end: usize,
    mut tags: Vec<Tag>,
    profile: Profile,
) -> Result<(usize, Cow<'a, [u8]>), Reason<'a>> {
    if profile == Profile::V1_8 && end > MAX_KEY_LENGTH {
        // Refused in any case: a set finds a doubled key, which is reported first, in linear time.
        let mut keys = std::collections::HashSet::with_capacity(tags.len());
        let distinct = tags.iter().all(|tag| keys.insert(tag.key(line)));
        return Err(if distinct { Reason::KeyTooLong(end) } else { Reason::DuplicateTags });
    }
    tags.sort_unstable_by(|left, right| {
        let (left, right) = (left.key(line), right.key(line));
        spend(left.len().min(right.len()));
        left.cmp(right)
    });
    if tags.windows(2).any(|pair| pair[0].key(line) == pair[1].key(line)) {
        return Err(Reason::DuplicateTags);
    }
    let mut key = Vec::with_capacity(end);
    key.extend_from_slice(name);
    for tag in &tags {
        key.push(b',');
        key.extend_from_slice(&line[tag.whole.clone()]);
    }
    Ok((end, Cow::Owned(key)))
}

/// The end of the fields that start at `start`: the first space outside quotes, or the end of the line.
fn fields_end(line: &[u8], start: usize) -> Result<usize, Reason<'_>> {
    let mut at = start;
    let (mut equals, mut commas, mut quoted) = (0_usize, 0_usize, false);
    while let Some(&byte) = line.get(at) {
        spend(1);
        match byte {
            b'\\' if at + 1 < line.len() => at += 1,
            b'"' if equals > commas => quoted = !quoted,
            b'=' if !quoted => {
                equals += 1;
                let escaped = line[at - 2] == b'\\';
                if at == start || (matches!(line[at - 1], b' ' | b',') && !escaped) {
                    return Err(Reason::MissingFieldKey);
                }
                at += 1;
                at = match line.get(at) {
                    None | Some(b',' | b' ') => return Err(Reason::MissingFieldValue),
                    Some(b'0'..=b'9' | b'.' | b'-' | b'N' | b'n') => number_end(line, at)?,
                    Some(b'"') => at,
                    Some(_) => boolean_end(line, at)?,
                };
                continue;
            }
            b',' if !quoted => commas += 1,
            b' ' if !quoted => break,
            _ => {}
        }
        at += 1;
    }
    if quoted {
        Err(Reason::UnbalancedQuotes)
    } else if equals == 0 || commas != equals - 1 {
        Err(Reason::InvalidFieldFormat)
    } else {
        Ok(at)
    }
}

/// Goes through the fields as their reader will, which treats backslashes otherwise than the scanner, and says
/// whether all of them can be read.
fn check_fields(fields: &[u8], key: usize, profile: Profile) -> Result<bool, Reason<'_>> {
    // Between the key and a field name the storage of 1.8 puts a separator of this length.
    const SEPARATOR: usize = 4;
    let mut readable = true;
    for field in RawFields::new(fields) {
        let field = field.map_err(Reason::InvalidValue)?;
        let length = key + SEPARATOR + field.name.len();
        if profile == Profile::V1_8 && length > MAX_KEY_LENGTH {
            return Err(Reason::KeyTooLong(length));
        }
        readable &= field.read().is_some();
    }
    Ok(readable)
}

fn time(line: &[u8], from: usize, precision: Precision, profile: Profile) -> Result<Option<i64>, Reason<'_>> {
    let start = skip_blanks(line, from);
    let minus = usize::from(line.get(start) == Some(&b'-'));
    let digits = line[start + minus..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (text, rest) = line[start..].split_at(minus + digits);
    spend(line.len() - start);
    match (rest.first(), profile) {
        // A newline is left in a line only where quotes did not match up.
        (None, _) | (Some(b' ' | b'\n'), Profile::V1_8) => {}
        (Some(_), _) => return Err(Reason::BadTimestamp),
    }
    if text.is_empty() {
        return Ok(None);
    }
    let count = parse_i64(text).map_err(|fault| Reason::TimestampNotInteger(text, fault))?;
    let time = count.checked_mul(precision.nanoseconds());
    let time = time.filter(|time| profile == Profile::V0_10 || TIME_RANGE.contains(time));
    let time = time.ok_or(Reason::TimeOutsideRange(profile))?;
    if rest.iter().any(|byte| *byte != b' ') { Err(Reason::InvalidPoint) } else { Ok(Some(time)) }
}

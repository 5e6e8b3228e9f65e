//! The common shape of a line, read in one pass.
//!
//! Reads only what needs no second thought: no leading blank, one space between the parts, plain numbers, no
//! backslash but in front of a tag's comma, space or equals sign. Anything else, every fault among
//! it, is left to the exact [`scan`](super::scan::scan), which must agree with what is read here.

use std::ops::Range;

use super::Precision;
use super::cost::spend;
use super::error::{MAX_KEY_LENGTH, TIME_RANGE};

/// A good line of the common shape.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) key: Range<usize>,
    /// Whether each tag key is greater than the one before it.
    pub(super) sorted: bool,
    pub(super) fields: Range<usize>,
    /// Nanoseconds; `None` when the line brings no time.
    pub(super) time: Option<i64>,
    /// Where the newline is, or the end of the body.
    pub(super) end: usize,
}

/// Reads the line that starts at `start`; `None` says nothing about the line.
pub(super) fn line(body: &[u8], start: usize, precision: Precision) -> Option<Line> {
    let (key_end, sorted) = key_end(body, start)?;
    let fields = fields_end(body, key_end + 1, key_end - start)?;
    let (time, end) = match body.get(fields) {
        None | Some(b'\n') => (None, fields),
        Some(_) => {
            let (time, end) = time(body, fields + 1, precision)?;
            (Some(time), end)
        }
    };
    Some(Line { key: start..key_end, sorted, fields: key_end + 1..fields, time, end })
}

/// What a byte means to the scanning of a key: 0 for all that is just text.
const KEY_CLASS: [u8; 256] = {
    let mut class = [0; 256];
    class[b',' as usize] = 1;
    class[b' ' as usize] = 1;
    class[b'=' as usize] = 1;
    class[b'\\' as usize] = 1;
    class[b'\n' as usize] = 1;
    class
};

/// The first comma, space, equals sign or newline at or after `from` without a backslash before it.
fn key_stop(body: &[u8], from: usize) -> Option<usize> {
    let (mut from, mut at) = (from, from);
    loop {
        while KEY_CLASS[usize::from(*body.get(at)?)] == 0 {
            at += 1;
        }
        spend(1 + at - from);
        if body[at] != b'\\' {
            return Some(at);
        }
        // Backslashes before anything else are read differently by the splitting of lines.
        matches!(body.get(at + 1)?, b',' | b' ' | b'=').then_some(())?;
        at += 2;
        from = at;
    }
}

/// The end of the key that starts at `start`, and whether its tags are sorted.
fn key_end(body: &[u8], start: usize) -> Option<(usize, bool)> {
    (*body.get(start)? != b',').then_some(())?;
    let mut at = name_end(body, start)?;
    let mut sorted = true;
    let mut previous: &[u8] = &[];
    while body[at] == b',' {
        let key = at + 1;
        at = key_stop(body, key)?;
        (body[at] == b'=' && at > key).then_some(())?;
        sorted &= previous < &body[key..at];
        previous = &body[key..at];
        let value = at + 1;
        at = key_stop(body, value)?;
        (at > value).then_some(())?;
    }
    (body[at] == b' ').then_some((at, sorted))
}

/// The end of the measurement, in which an equals sign is nothing special.
fn name_end(body: &[u8], start: usize) -> Option<usize> {
    let mut at = key_stop(body, start)?;
    while body[at] == b'=' {
        at = key_stop(body, at + 1)?;
    }
    Some(at)
}

/// Sorts the tags of keys that [`line`] read. Kept from line to line for its buffers.
#[derive(Debug, Default)]
pub(super) struct Sorter {
    /// Where a tag starts, where its equals sign is, and where it ends.
    tags: Vec<(usize, usize, usize)>,
    key: Vec<u8>,
}

impl Sorter {
    /// The key with its tags in order; `None` where a tag key is there twice.
    pub(super) fn sort(&mut self, key: &[u8]) -> Option<&[u8]> {
        let name_end = name_end(key, 0)?;
        self.tags.clear();
        let mut end = name_end;
        while end < key.len() {
            let start = end + 1;
            let equals = key_stop(key, start)?;
            end = key_stop(key, equals + 1).unwrap_or(key.len());
            self.tags.push((start, equals, end));
        }
        self.tags.sort_unstable_by(|left, right| {
            let (left, right) = (&key[left.0..left.1], &key[right.0..right.1]);
            spend(left.len().min(right.len()));
            left.cmp(right)
        });
        let doubled = |pair: &[(usize, usize, usize)]| key[pair[0].0..pair[0].1] == key[pair[1].0..pair[1].1];
        if self.tags.windows(2).any(doubled) {
            return None;
        }
        self.key.clear();
        self.key.extend_from_slice(&key[..name_end]);
        for (start, _, end) in &self.tags {
            self.key.push(b',');
            self.key.extend_from_slice(&key[*start..*end]);
        }
        Some(&self.key)
    }
}

fn fields_end(body: &[u8], start: usize, key_length: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let name = at;
        while !matches!(*body.get(at)?, b'=' | b',' | b' ' | b'"' | b'\\' | b'\n' | b'\t' | 0) {
            at += 1;
        }
        (body[at] == b'=' && at > name && key_length + 4 + at - name <= MAX_KEY_LENGTH).then_some(())?;
        let value = at + 1;
        at = value_end(body, value)?;
        spend(at - name);
        match body.get(at) {
            Some(b',') => at += 1,
            None | Some(b' ' | b'\n') => return Some(at),
            Some(_) => return None,
        }
    }
}

/// The end of a value; what follows it is the caller's to check.
fn value_end(body: &[u8], start: usize) -> Option<usize> {
    match *body.get(start)? {
        b'"' => {
            let mut at = start + 1;
            loop {
                let found = memchr::memchr2(b'"', b'\\', &body[at..]);
                spend(found.unwrap_or(body.len() - at));
                at += found?;
                if body[at] == b'"' {
                    return Some(at + 1);
                }
                // A backslash near the end of the body is no escape to the splitting of lines.
                (at + 2 < body.len()).then_some(())?;
                at += 2;
            }
        }
        b'0'..=b'9' | b'-' | b'.' => {
            let first = start + usize::from(body[start] == b'-');
            let mut at = first;
            while body.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            let whole = at - first;
            if body.get(at) == Some(&b'i') {
                // One digit fewer than the longest integer: no need to look whether it fits.
                return (1..=18).contains(&whole).then_some(at + 1);
            }
            let mut fraction = 0;
            if body.get(at) == Some(&b'.') {
                at += 1;
                while body.get(at).is_some_and(u8::is_ascii_digit) {
                    at += 1;
                    fraction += 1;
                }
            }
            (1..=20).contains(&(whole + fraction)).then_some(at)
        }
        b't' | b'f' | b'T' | b'F' => {
            let end = body[start..].iter().take(6).position(|byte| matches!(byte, b',' | b' ' | b'\n'));
            let end = start + end.unwrap_or((body.len() - start).min(6));
            super::number::parse_bool(&body[start..end]).is_some().then_some(end)
        }
        _ => None,
    }
}

fn time(body: &[u8], start: usize, precision: Precision) -> Option<(i64, usize)> {
    let negative = *body.get(start)? == b'-';
    let first = start + usize::from(negative);
    let mut at = first;
    let mut count = 0_u64;
    while let Some(digit) = body.get(at).filter(|byte| byte.is_ascii_digit()) {
        // Wraps only past the 19 digits that are let through below.
        count = count.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        at += 1;
    }
    spend(at - first);
    ((1..=19).contains(&(at - first)) && matches!(body.get(at), None | Some(b'\n'))).then_some(())?;
    let count = i64::try_from(count).ok()?;
    let time = if negative { -count } else { count }.checked_mul(precision.nanoseconds())?;
    TIME_RANGE.contains(&time).then_some((time, at))
}

//! Lines that somebody else encoded.

use std::borrow::Cow;
use std::ops::Range;

use super::error::PointErrorKind;
use super::field_type::FieldType;
use super::line_error::{LineError, LineErrorKind};
use super::plain;
use super::row::SEPARATOR_BYTES;

/// A line of line protocol, checked as a 1.x server checks it and taken apart.
///
/// What parses here is stored by a server as it is read here: lines that a server takes in an
/// unexpected way (text behind a closing quote, say) do not parse. Nothing is copied or decoded
/// until asked for.
///
/// ```
/// use influx_client::{FieldType, RawLine};
///
/// let line = RawLine::parse(br#"disk\ io,dev=sda reads=7i,note="a, b" 1600000000"#)?;
/// assert_eq!(&*line.measurement(), b"disk io");
/// assert_eq!(line.tags().count(), 1);
/// let fields: Vec<_> = line.fields().map(|field| field.field_type).collect();
/// assert_eq!(fields, [FieldType::Integer, FieldType::String]);
/// assert_eq!(line.timestamp(), Some(1_600_000_000));
/// # Ok::<(), influx_client::LineError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine<'a> {
    line: &'a [u8],
    measurement: Range<usize>,
    key_end: usize,
    fields: Range<usize>,
    time: Option<(Range<usize>, i64)>,
}

/// A field of a [`RawLine`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawField<'a> {
    /// The field's key, decoded.
    pub key: Cow<'a, [u8]>,
    /// The field's type.
    pub field_type: FieldType,
    /// The value as it stands in the line.
    pub value: &'a [u8],
}

impl<'a> RawLine<'a> {
    /// Checks one line, which may end with a line feed and begin with white space.
    ///
    /// A timestamp is only checked to fit in 64 bits: whether a server stores it depends on the
    /// precision of the request.
    ///
    /// # Errors
    /// What is wrong with the line, and where.
    pub fn parse(line: &'a [u8]) -> Result<Self, LineError> {
        Self::parse_with(line, &mut ())
    }

    /// Like [`RawLine::parse`], and shows `visitor` each name as it is met; the measurement may come again, and then
    /// what was shown before does not count.
    #[inline]
    pub(crate) fn parse_with(line: &'a [u8], visitor: &mut impl Visitor) -> Result<Self, LineError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        match plain::parse(line, visitor) {
            Some(plain) => Ok(plain),
            None => Self::parse_closely(line, visitor),
        }
    }

    /// Parses a line without its line feed, whatever it looks like.
    #[inline(never)]
    pub(super) fn parse_closely(line: &'a [u8], visitor: &mut impl Visitor) -> Result<Self, LineError> {
        let start = skip_white(line, 0);
        match line.get(start) {
            None => return Err(LineErrorKind::Blank.at(start)),
            Some(b'#') => return Err(LineErrorKind::Comment.at(start)),
            Some(b',') => return Err(LineErrorKind::MissingMeasurement.at(start)),
            Some(_) => {}
        }
        let measurement = start..until::<{ COMMA | SPACE }>(line, start)?;
        visitor.measurement(&line[measurement.clone()]);
        let mut key_end = measurement.end;
        if line.get(key_end) == Some(&b',') {
            key_end = scan_tags(line, key_end, visitor)?;
        }
        visitor.series_key(&line[start..key_end]);
        if key_end == line.len() {
            return Err(LineErrorKind::MissingFields.at(key_end));
        }
        let key_bytes = key_end - start;
        let fields_start = skip_white(line, key_end);
        let mut at = fields_start;
        loop {
            let (key, field_type, end) = scan_field(line, at)?;
            if key_bytes + SEPARATOR_BYTES + key.len() > PointErrorKind::MAX_KEY_BYTES {
                return Err(LineErrorKind::KeyTooLong.at(key.start));
            }
            visitor.field(&line[key], field_type);
            if line.get(end) != Some(&b',') {
                at = end;
                break;
            }
            at = end + 1;
        }
        Ok(Self { line, measurement, key_end, fields: fields_start..at, time: scan_time(line, at)? })
    }

    /// A line that begins with its measurement, of so many bytes.
    #[inline(always)]
    pub(super) fn from_parts(
        line: &'a [u8],
        measurement: usize,
        key_end: usize,
        fields: Range<usize>,
        time: Option<(Range<usize>, i64)>,
    ) -> Self {
        Self { line, measurement: 0..measurement, key_end, fields, time }
    }

    /// The measurement, decoded.
    #[must_use]
    pub fn measurement(&self) -> Cow<'a, [u8]> {
        unescape(&self.line[self.measurement.clone()], b", =\"")
    }

    /// The series key as it stands in the line: measurement and tags.
    #[must_use]
    pub fn key(&self) -> &'a [u8] {
        &self.line[self.measurement.start..self.key_end]
    }

    /// The tags, decoded, in the order of the line.
    pub fn tags(&self) -> impl Iterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>)> + use<'a> {
        let line = &self.line[..self.key_end];
        let mut at = self.measurement.end;
        std::iter::from_fn(move || {
            line.get(at)?;
            // The line parsed, so every tag is complete.
            let equals = until::<EQUALS>(line, at + 1).ok()?;
            let end = until::<COMMA>(line, equals + 1).ok()?;
            let (key, value) = (&line[at + 1..equals], &line[equals + 1..end]);
            at = end;
            Some((unescape(key, b", ="), unescape(value, b", =")))
        })
    }

    /// The fields, in the order of the line.
    pub fn fields(&self) -> impl Iterator<Item = RawField<'a>> + use<'a> {
        let line = &self.line[..self.fields.end];
        let mut at = self.fields.start;
        std::iter::from_fn(move || {
            line.get(at)?;
            let (key, field_type, end) = scan_field(line, at).ok()?;
            at = end + 1;
            Some(RawField { value: &line[key.end + 1..end], key: unescape(&line[key], b", =\""), field_type })
        })
    }

    /// The time, in the precision of the request, if the line has one.
    #[must_use]
    pub fn timestamp(&self) -> Option<i64> {
        self.time.as_ref().map(|&(_, time)| time)
    }

    /// Where the digits of the time stand in the line, or where they would have to be added, with a
    /// space before them.
    #[must_use]
    pub fn timestamp_span(&self) -> Range<usize> {
        match &self.time {
            Some((span, _)) => span.clone(),
            None => self.fields.end..self.fields.end,
        }
    }

    /// The point itself: the line without white space around it.
    #[must_use]
    pub fn as_bytes(&self) -> &'a [u8] {
        &self.line[self.measurement.start..self.timestamp_span().end]
    }
}

/// Sees the names of a line as they stand in it, in order.
pub(crate) trait Visitor {
    fn measurement(&mut self, raw: &[u8]);
    fn tag_key(&mut self, raw: &[u8]);
    /// Measurement and tags; keys without `#` may be passed over.
    fn series_key(&mut self, raw: &[u8]);
    fn field(&mut self, raw: &[u8], field_type: FieldType);
}

impl Visitor for () {
    fn measurement(&mut self, _: &[u8]) {}
    fn tag_key(&mut self, _: &[u8]) {}
    fn series_key(&mut self, _: &[u8]) {}
    fn field(&mut self, _: &[u8], _: FieldType) {}
}

const COMMA: u8 = 1;
const SPACE: u8 = 2;
const EQUALS: u8 = 4;
const BACKSLASH: u8 = 8;
const LINE_FEED: u8 = 16;

/// The class of each byte outside values.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    class[b',' as usize] = COMMA;
    class[b' ' as usize] = SPACE;
    class[b'=' as usize] = EQUALS;
    class[b'\\' as usize] = BACKSLASH;
    class[b'\n' as usize] = LINE_FEED;
    class
};

/// The first unescaped byte of the classes `STOP` from `at` on, or the end of the line.
#[inline]
fn until<const STOP: u8>(line: &[u8], mut at: usize) -> Result<usize, LineError> {
    while let Some(&byte) = line.get(at) {
        let class = CLASS[usize::from(byte)];
        if class & (STOP | BACKSLASH | LINE_FEED) == 0 {
            at += 1;
        } else if class & STOP != 0 {
            break;
        } else if class == LINE_FEED {
            return Err(LineErrorKind::LineFeed.at(at));
        } else {
            at = skip_backslashes(line, at)?;
        }
    }
    Ok(at)
}

/// Passes a run of backslashes and the character it escapes, if it escapes one.
#[cold]
fn skip_backslashes(line: &[u8], at: usize) -> Result<usize, LineError> {
    let run = line[at..].iter().take_while(|&&b| b == b'\\').count();
    let behind = at + run;
    let is_special = line.get(behind).is_some_and(|&b| CLASS[usize::from(b)] & (COMMA | SPACE | EQUALS) != 0);
    match (is_special, run % 2) {
        (false, _) => Ok(behind),
        (true, 1) => Ok(behind + 1),
        (true, _) => Err(LineErrorKind::AmbiguousBackslash.at(at)),
    }
}

/// White space as the server skips it before the measurement, the fields and the time.
#[inline]
pub(crate) fn skip_white(line: &[u8], mut at: usize) -> usize {
    while matches!(line.get(at), Some(b' ' | b'\t' | 0)) {
        at += 1;
    }
    at
}

/// Checks the tags, the first of whose commas is at `at`; returns the end of the series key.
fn scan_tags(line: &[u8], mut at: usize, visitor: &mut impl Visitor) -> Result<usize, LineError> {
    let first = at;
    let mut previous: &[u8] = b"";
    let mut sorted = true;
    while line.get(at) == Some(&b',') {
        let start = at + 1;
        let equals = until::<{ COMMA | SPACE | EQUALS }>(line, start)?;
        if equals == start {
            return Err(LineErrorKind::MissingTagKey.at(start));
        }
        if line.get(equals) != Some(&b'=') {
            return Err(LineErrorKind::MissingTagValue.at(equals));
        }
        let end = until::<{ COMMA | SPACE | EQUALS }>(line, equals + 1)?;
        if line.get(end) == Some(&b'=') {
            return Err(LineErrorKind::InvalidTagFormat.at(end));
        }
        if end == equals + 1 {
            return Err(LineErrorKind::MissingTagValue.at(end));
        }
        let key = &line[start..equals];
        visitor.tag_key(key);
        sorted &= previous < key;
        previous = key;
        at = end;
    }
    // Keys that strictly increase have no two alike.
    if !sorted && duplicate_tag(line, first, at).is_some() {
        return Err(LineErrorKind::DuplicateTags.at(first));
    }
    Ok(at)
}

/// The key that two of the tags between `at` and `end`, which are well formed, have in common.
#[cold]
pub(crate) fn duplicate_tag(line: &[u8], mut at: usize, end: usize) -> Option<&[u8]> {
    const FEW: usize = 32;
    let mut few: [&[u8]; FEW] = [b""; FEW];
    let mut count = 0;
    let mut many = Vec::new();
    while at < end {
        let (Ok(equals), Ok(next)) = (until::<EQUALS>(line, at + 1), until::<{ COMMA | SPACE }>(line, at + 1)) else {
            break;
        };
        let key = &line[at + 1..equals];
        if count < FEW {
            few[count] = key;
            count += 1;
        } else {
            many.push(key);
        }
        at = next;
    }
    let keys = if many.is_empty() {
        &mut few[..count]
    } else {
        many.extend_from_slice(&few);
        &mut many[..]
    };
    keys.sort_unstable();
    let twice = keys.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(twice[0])
}

/// Checks the field at `at`: its key, its type, and the end of its value.
#[inline]
fn scan_field(line: &[u8], at: usize) -> Result<(Range<usize>, FieldType, usize), LineError> {
    let equals = until::<{ COMMA | SPACE | EQUALS }>(line, at)?;
    if line.get(equals) != Some(&b'=') {
        return Err(LineErrorKind::InvalidFieldFormat.at(equals));
    }
    if equals == at {
        return Err(LineErrorKind::MissingFieldKey.at(at));
    }
    let start = equals + 1;
    let (field_type, end) = match line.get(start) {
        None | Some(b',' | b' ') => return Err(LineErrorKind::MissingFieldValue.at(start)),
        Some(b'"') => (FieldType::String, scan_string(line, start)?),
        Some(b'0'..=b'9' | b'.' | b'-' | b'n' | b'N') => scan_number(line, start)?,
        Some(_) => {
            let end = end_of_value(line, start);
            match value_of_word(&line[start..end]) {
                Some(field_type) => (field_type, end),
                None => return Err(LineErrorKind::InvalidBoolean.at(start)),
            }
        }
    };
    Ok((at..equals, field_type, end))
}

/// The type of a value that is a word.
#[inline]
pub(super) fn value_of_word(value: &[u8]) -> Option<FieldType> {
    match value {
        b"t" | b"T" | b"true" | b"True" | b"TRUE" | b"f" | b"F" | b"false" | b"False" | b"FALSE" => {
            Some(FieldType::Boolean)
        }
        _ => None,
    }
}

/// The end of a value that is no string.
fn end_of_value(line: &[u8], start: usize) -> usize {
    line[start..].iter().position(|&byte| byte == b',' || byte == b' ').map_or(line.len(), |len| start + len)
}

/// The end of the string that opens at `start`.
fn scan_string(line: &[u8], start: usize) -> Result<usize, LineError> {
    let mut at = start + 1;
    loop {
        let Some(found) = line.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) else {
            return Err(LineErrorKind::UnbalancedQuotes.at(start));
        };
        at += found;
        if line[at] == b'"' {
            break;
        }
        // Whatever follows, a quote above all, belongs to the string.
        at += 2;
    }
    match line.get(at + 1) {
        None | Some(b',' | b' ') => Ok(at + 1),
        Some(_) => Err(LineErrorKind::TextBehindString.at(at + 1)),
    }
}

/// The type and end of the number that starts at `start`.
#[inline]
pub(super) fn scan_number(line: &[u8], start: usize) -> Result<(FieldType, usize), LineError> {
    let mut at = start + usize::from(line[start] == b'-');
    let digits = at;
    while matches!(line.get(at), Some(b'0'..=b'9')) {
        at += 1;
    }
    let whole = at - digits;
    match line.get(at) {
        Some(b'i') if whole > 0 && ends_value(line, at + 1) => {
            // Up to 18 digits always fit.
            if whole > 18 && number::<i64>(&line[start..at]).is_none() {
                return Err(LineErrorKind::NumberOutOfRange.at(start));
            }
            return Ok((FieldType::Integer, at + 1));
        }
        Some(b'u') if whole > 0 && ends_value(line, at + 1) => {
            return Err(LineErrorKind::InvalidUnsigned.at(at));
        }
        Some(b'.') => {
            at += 1;
            let fraction = at;
            while matches!(line.get(at), Some(b'0'..=b'9')) {
                at += 1;
            }
            if whole + (at - fraction) == 0 {
                return Err(LineErrorKind::InvalidNumber.at(start));
            }
        }
        _ if whole == 0 => return Err(LineErrorKind::InvalidNumber.at(start)),
        _ => {}
    }
    if ends_value(line, at) && at - start < 25 {
        return Ok((FieldType::Float, at));
    }
    let end = end_of_value(line, at);
    scan_long_float(&line[start..end]).map(|()| (FieldType::Float, end)).map_err(|kind| kind.at(start))
}

/// Checks a float that is long or has an exponent.
fn scan_long_float(text: &[u8]) -> Result<(), LineErrorKind> {
    // `inf` and `nan`, which Rust reads, do not start like a number with a digit.
    match number::<f64>(text) {
        Some(float) if float.is_finite() => Ok(()),
        Some(_) => Err(LineErrorKind::NumberOutOfRange),
        None => Err(LineErrorKind::InvalidNumber),
    }
}

fn number<N: std::str::FromStr>(text: &[u8]) -> Option<N> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn ends_value(line: &[u8], at: usize) -> bool {
    matches!(line.get(at), None | Some(b',' | b' '))
}

/// The time behind the fields, which end at `at`.
#[inline]
fn scan_time(line: &[u8], at: usize) -> Result<Option<(Range<usize>, i64)>, LineError> {
    let start = skip_white(line, at);
    if start == line.len() {
        return Ok(None);
    }
    let mut end = start + usize::from(line[start] == b'-');
    let digits = end;
    let mut magnitude: u64 = 0;
    while let Some(&digit @ b'0'..=b'9') = line.get(end) {
        magnitude = magnitude
            .checked_mul(10)
            .and_then(|tens| tens.checked_add(u64::from(digit - b'0')))
            .ok_or_else(|| LineErrorKind::TimestampOutOfRange.at(start))?;
        end += 1;
    }
    if end == digits {
        return Err(LineErrorKind::BadTimestamp.at(start));
    }
    let time = if digits > start { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    let time = time.ok_or_else(|| LineErrorKind::TimestampOutOfRange.at(start))?;
    match line[end..].iter().position(|&byte| byte != b' ') {
        None => Ok(Some((start..end, time))),
        Some(0) => Err(LineErrorKind::BadTimestamp.at(end)),
        Some(spaces) => Err(LineErrorKind::TrailingText.at(end + spaces)),
    }
}

/// Takes the backslash before each of the `special` characters out.
pub(crate) fn unescape<'a>(text: &'a [u8], special: &[u8]) -> Cow<'a, [u8]> {
    if memchr::memchr(b'\\', text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match bytes.peek() {
            Some(next) if byte == b'\\' && special.contains(next) => {
                out.extend(bytes.next());
            }
            _ => out.push(byte),
        }
    }
    Cow::Owned(out)
}

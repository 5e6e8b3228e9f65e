//! The row of a batch that is being written.

use super::batch::Batch;
use super::buffer::put_float;
use super::digits;
use super::error::{Name, Part, PointError, PointErrorKind};
use super::field_type::FieldType;
use super::line_error::LineErrorKind;
use super::names::{Clash, Cursor};
use super::raw::{RawLine, duplicate_tag, unescape};
use super::series::Series;
use super::text::{self, WORD};
use super::value::Value;

/// What the server adds to a series key and a field key for itself.
pub(crate) const SEPARATOR_BYTES: usize = 4;

/// Room for two words and what stands around them, or for an integer.
pub(super) const WINDOW: usize = 64;

/// The state of a row between two calls of its [`LineWriter`](super::LineWriter).
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Where the row ends by now. Once it has a field, that is behind a comma.
    pub(super) end: usize,
    /// Where the measurement ends.
    tags: usize,
    /// Bytes of measurement and tags.
    pub(super) key: usize,
    /// The longest field key that was looked at; of the others none is over [`WORD`].
    pub(super) longest: usize,
    /// A bit for each tag key, by its hash.
    seen_tags: u64,
    /// Whether two tag keys have one bit.
    compares_tags: bool,
    pub(super) cursor: Cursor,
    /// The first thing that is wrong with the row.
    pub(super) error: Option<Box<PointErrorKind>>,
}

impl Batch {
    /// Begins a row, whatever became of the one before.
    #[inline(always)]
    pub(crate) fn open_row(&mut self, measurement: &str) {
        self.open_row_of(text::short_word(measurement), measurement, false);
    }

    /// Begins a row; `plain` where the measurement is known to be short and plain.
    pub(super) fn open_row_of(&mut self, word: u128, measurement: &str, plain: bool) {
        let is_guessed = self.start_row(word, measurement);
        if plain || is_guessed || text::is_plain(word, measurement.len()) {
            self.row.end = self.buffer.put_word(self.end, word, measurement.len());
        } else {
            self.put_odd_name(measurement, Part::Measurement);
        }
        self.row.tags = self.row.end;
        self.row.seen_tags = 0;
        self.row.compares_tags = false;
    }

    /// Begins a row whose key is ready.
    #[inline(always)]
    pub(crate) fn open_series_row(&mut self, series: &Series) {
        self.start_row(series.word(), series.measurement());
        let (blocks, len) = series.blocks();
        let mut end = self.end;
        for block in blocks {
            *self.buffer.window(end) = *block;
            end += block.len();
        }
        self.row.end = self.end + len;
    }

    /// Tells whether the measurement is known to be short and plain.
    #[inline(always)]
    fn start_row(&mut self, word: u128, measurement: &str) -> bool {
        self.row.end = self.end;
        self.row.longest = WORD;
        if self.row.error.is_some() {
            self.row.error = None;
        }
        if self.checks_types && measurement.len() <= PointErrorKind::MAX_KEY_BYTES {
            self.names.open_row(&mut self.row.cursor, word, measurement.as_bytes())
        } else {
            self.row.cursor = Cursor::UNCHECKED;
            false
        }
    }

    /// Writes a tag whose value is not empty.
    #[inline(always)]
    pub(crate) fn put_tag(&mut self, key: &str, value: &str) {
        let word = text::short_word(key);
        // For a literal key the compiler knows the answer.
        if text::is_plain(word, key.len()) && key != text::TIME {
            self.put_plain_tag(word, key.len(), value);
        } else {
            self.put_odd_tag(key, value);
        }
    }

    pub(super) fn put_plain_tag(&mut self, word: u128, len: usize, value: &str) {
        let end = self.row.end;
        let window: &mut [u8; WINDOW] = self.buffer.window(end);
        window[0] = b',';
        window[1..=WORD].copy_from_slice(&word.to_le_bytes());
        let len = len.min(WORD);
        window[1 + len] = b'=';
        let value_word = text::short_word(value);
        if text::is_plain(value_word, value.len()) {
            let room = &mut window[2 + len..][..WORD];
            room.copy_from_slice(&value_word.to_le_bytes());
            self.row.end = end + 2 + len + value.len();
        } else {
            self.row.end = end + 2 + len;
            self.put_odd_value(end + 1, len, value);
        }
        self.note_tag(word);
    }

    #[inline(never)]
    pub(super) fn put_odd_tag(&mut self, key: &str, value: &str) {
        let start = self.row.end + 1;
        self.row.end = self.buffer.put_byte(self.row.end, b',');
        self.put_odd_name(key, Part::TagKey);
        let len = self.row.end - start;
        self.row.end = self.buffer.put_byte(self.row.end, b'=');
        self.put_odd_value(start, len, value);
        self.note_tag(len as u128);
    }

    /// Writes the value of the tag whose key was written at `start`.
    #[inline(never)]
    pub(super) fn put_odd_value(&mut self, start: usize, len: usize, value: &str) {
        if value.len() > PointErrorKind::MAX_KEY_BYTES {
            return self.refuse(PointErrorKind::KeyTooLong { bytes: value.len() });
        }
        let (buffer, end) = (&mut self.buffer, &mut self.row.end);
        let mut out = |bytes: &[u8]| *end = buffer.put(*end, bytes);
        if let Err(flaw) = text::escape(&mut out, value, Part::TagValue) {
            let key = tag_name(&self.buffer.as_slice(start + len)[start..]);
            self.refuse(flaw.of(Part::TagValue, key));
        }
    }

    /// Remembers a tag's key, which may be one that the row has.
    #[inline(always)]
    fn note_tag(&mut self, word: u128) {
        let folded = word as u64 ^ (word >> 64) as u64;
        let bit = 1 << (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58);
        self.row.compares_tags |= self.row.seen_tags & bit != 0;
        self.row.seen_tags |= bit;
    }

    /// Marks the end of measurement and tags.
    #[inline]
    pub(crate) fn end_key(&mut self) {
        if self.row.compares_tags {
            self.compare_tags();
        }
        self.end_series_key();
    }

    /// Marks the end of a key that was ready.
    #[inline]
    pub(crate) fn end_series_key(&mut self) {
        self.row.key = self.row.end - self.end;
        self.row.end = self.buffer.put_byte(self.row.end, b' ');
    }

    #[cold]
    fn compare_tags(&mut self) {
        let end = self.row.end;
        if self.row.error.is_some() {
            return;
        }
        if let Some(key) = duplicate_tag(self.buffer.as_slice(end), self.row.tags, end) {
            let key = tag_name(key);
            self.refuse(PointErrorKind::DuplicateTag { key });
        }
    }

    /// Writes a field and the comma behind it.
    #[inline(always)]
    pub(crate) fn put_field(&mut self, key: &str, value: Value<'_>) {
        // The word is made here, where a literal key is known to the compiler. There is one routine
        // for each type so that all that a routine takes fits in registers.
        self.put_field_of(text::short_word(key), key, value);
    }

    /// Writes a field whose key has this word, and the comma behind it.
    #[inline(always)]
    pub(super) fn put_field_of(&mut self, word: u128, key: &str, value: Value<'_>) {
        match value {
            Value::Float(float) => self.put_float_field(word, key, float),
            Value::Float32(float) => self.put_single_field(word, key, float),
            Value::Integer(integer) => self.put_integer_field(word, key, integer),
            Value::Unsigned(integer) => match i64::try_from(integer) {
                Ok(integer) => self.put_integer_field(word, key, integer),
                Err(_) => self.refuse_unsigned(key),
            },
            Value::Boolean(boolean) => self.put_boolean_field(word, key, boolean),
            Value::String(text) => self.put_string_field(word, key, text),
        }
    }

    #[inline(always)]
    fn put_float_field(&mut self, word: u128, key: &str, float: f64) {
        if !float.is_finite() {
            return self.refuse_float(key);
        }
        // The digits are formatted well before they are copied: a load that comes right behind the
        // smaller stores it covers has to wait for them.
        let mut digits = zmij::Buffer::new();
        let digits = digits.format_finite(float);
        self.put_short_field(word, key, FieldType::Float, |room| put_float(room, digits));
    }

    fn put_single_field(&mut self, word: u128, key: &str, float: f32) {
        if !float.is_finite() {
            return self.refuse_float(key);
        }
        let mut digits = zmij::Buffer::new();
        let digits = digits.format_finite(float);
        self.put_short_field(word, key, FieldType::Float, |room| put_float(room, digits));
    }

    #[inline(always)]
    fn put_integer_field(&mut self, word: u128, key: &str, integer: i64) {
        self.put_short_field(word, key, FieldType::Integer, |room| {
            let len = digits::put(room, integer);
            room[len] = b'i';
            len + 1
        });
    }

    #[inline(always)]
    fn put_boolean_field(&mut self, word: u128, key: &str, boolean: bool) {
        self.put_short_field(word, key, FieldType::Boolean, |room| {
            let text = if boolean { b"true\0" } else { b"false" };
            room[..5].copy_from_slice(text);
            5 - usize::from(boolean)
        });
    }

    fn put_string_field(&mut self, word: u128, key: &str, text: &str) {
        let end = if self.is_guessed(word, key, FieldType::String) {
            self.buffer.put_word(self.row.end, word, key.len())
        } else {
            self.put_unknown_key(word, key, FieldType::String)
        };
        let end = self.buffer.put_byte(end, b'=');
        let end = self.buffer.put_string(end, text.as_bytes());
        self.row.end = self.buffer.put_byte(end, b',');
    }

    /// Writes a field whose value, which `put` writes, takes 31 bytes at most.
    #[inline(always)]
    fn put_short_field(
        &mut self,
        word: u128,
        key: &str,
        field_type: FieldType,
        put: impl FnOnce(&mut [u8; 32]) -> usize,
    ) {
        let (start, len) = if self.is_guessed(word, key, field_type) {
            (self.row.end, key.len().min(WORD))
        } else {
            // The key is written; what is left of it is a key of no bytes.
            (self.put_unknown_key(word, key, field_type), 0)
        };
        let window: &mut [u8; WINDOW] = self.buffer.window(start);
        window[..WORD].copy_from_slice(&word.to_le_bytes());
        window[len] = b'=';
        let (_, room) = window.split_at_mut(len + 1);
        let Some(room) = room.first_chunk_mut::<32>() else {
            return;
        };
        let n = put(room);
        room[n] = b',';
        self.row.end = start + len + n + 2;
    }

    #[inline(always)]
    fn is_guessed(&mut self, word: u128, key: &str, field_type: FieldType) -> bool {
        // A longer key has no word, and no entry has its shape.
        self.names.is_guessed(&mut self.row.cursor, word, key.len(), field_type)
    }

    /// Writes a field key that is not the one guessed; returns where it ends.
    #[inline(never)]
    fn put_unknown_key(&mut self, word: u128, key: &str, field_type: FieldType) -> usize {
        let start = self.row.end;
        if text::is_plain(word, key.len()) && key != text::TIME {
            self.row.end = self.buffer.put_word(start, word, key.len());
        } else {
            self.put_odd_name(key, Part::FieldKey);
        }
        self.row.longest = self.row.longest.max(self.row.end - start);
        if self.row.cursor.is_checked() && self.row.error.is_none() {
            let names = &mut self.names;
            let clash = names.field(&mut self.row.cursor, key.as_bytes(), field_type);
            if let Err(clash) = clash {
                self.refuse_clash(key, field_type, clash);
            }
        }
        self.row.end
    }

    #[inline(never)]
    fn put_odd_name(&mut self, text: &str, part: Part) {
        if text.len() > PointErrorKind::MAX_KEY_BYTES {
            return self.refuse(PointErrorKind::KeyTooLong { bytes: text.len() });
        }
        let (buffer, end) = (&mut self.buffer, &mut self.row.end);
        let mut out = |bytes: &[u8]| *end = buffer.put(*end, bytes);
        if let Err(flaw) = text::escape(&mut out, text, part) {
            self.refuse(flaw.of(part, Name::new(text)));
        }
    }

    /// Finishes the open row with its time.
    pub(crate) fn finish_row(&mut self, time: Option<i64>) -> Result<(), PointError> {
        let bytes = self.row.key + SEPARATOR_BYTES + self.row.longest;
        if bytes > PointErrorKind::MAX_KEY_BYTES {
            self.measure_key();
        }
        if let Some(kind) = self.row.error.take() {
            return Err(PointError::new(self.points(), *kind));
        }
        // The last byte is the comma behind the last field.
        let last = self.row.end - 1;
        let window: &mut [u8; WINDOW] = self.buffer.window(last);
        let mut end = last;
        if let Some(units) = time {
            window[0] = b' ';
            let (_, room) = window.split_at_mut(1);
            if let Some(room) = room.first_chunk_mut() {
                end += 1 + self.leading.put(room, units);
            }
            window[end - last] = b'\n';
        } else {
            window[0] = b'\n';
        }
        self.close_row(end + 1, time.is_some());
        Ok(())
    }

    /// Measures the key of a row that may be too long, with the longest field key it really has.
    #[cold]
    fn measure_key(&mut self) {
        let row = &self.buffer.as_slice(self.row.end - 1)[self.end..];
        let Err(error) = RawLine::parse(row) else {
            return;
        };
        if error.kind == LineErrorKind::KeyTooLong {
            // No key over a word's length was guessed, and a shorter one of those has no escapes.
            let field = match self.row.longest {
                WORD => memchr::memchr(b'=', &row[error.offset..]).unwrap_or(WORD),
                longest => longest,
            };
            let bytes = self.row.key + SEPARATOR_BYTES + field;
            self.refuse(PointErrorKind::KeyTooLong { bytes });
        }
    }

    /// Ends the open row with the first thing that is wrong with it, `kind` if nothing was before.
    #[cold]
    pub(crate) fn fail_row(&mut self, kind: PointErrorKind) -> Result<(), PointError> {
        let kind = self.row.error.take().map_or(kind, |first| *first);
        Err(PointError::new(self.points(), kind))
    }

    #[cold]
    pub(super) fn refuse_clash(&mut self, key: &str, field_type: FieldType, clash: Clash) {
        let key = Name::new(key);
        let kind = self.names.clash(self.row.cursor, clash, key, field_type);
        self.refuse(kind);
    }

    #[cold]
    pub(super) fn refuse_float(&mut self, key: &str) {
        let key = Name::new(key);
        self.refuse(PointErrorKind::NotFinite { key });
    }

    #[cold]
    pub(super) fn refuse_unsigned(&mut self, key: &str) {
        let key = Name::new(key);
        self.refuse(PointErrorKind::IntegerTooLarge { key });
    }

    /// Remembers why the open row cannot be finished; the first reason counts.
    #[cold]
    pub(crate) fn refuse(&mut self, kind: PointErrorKind) {
        self.row.error.get_or_insert_with(|| Box::new(kind));
    }
}

/// The name of a tag whose key is written in a line.
fn tag_name(key: &[u8]) -> Name {
    Name::new(&String::from_utf8_lossy(&unescape(key, b", =")))
}

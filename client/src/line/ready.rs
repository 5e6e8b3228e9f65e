//! Rows whose names were checked and escaped when the program was compiled: what a derived
//! [`Measurement`](super::Measurement) consists of.

use super::batch::Batch;
use super::buffer::put_float;
use super::clock;
use super::digits;
use super::error::{PointError, PointErrorKind};
use super::field_type::FieldType;
use super::names::Cursor;
use super::row::WINDOW;
use super::tag::{Tag, TagValue};
use super::text::{self, WORD};
use super::timestamp::Timestamp;
use super::value::{FieldValue, Value};

/// Literals are copied in a block of this size: most fit in one.
const BLOCK: usize = 32;

/// A name with its text in a line and what stands around it: `cpu`, `,host=` or `usage=`.
#[derive(Debug)]
pub struct Key {
    /// The text, filled up; all of it that fits.
    block: [u8; BLOCK],
    text: &'static str,
    name: &'static str,
}

impl Key {
    /// A name and its text, both checked by the derive.
    #[must_use]
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        let mut block = [0; BLOCK];
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() && at < BLOCK {
            block[at] = bytes[at];
            at += 1;
        }
        Self { block, text, name }
    }

    /// What the key is known by.
    #[inline(always)]
    fn address(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// A row of a derived measurement.
#[derive(Debug)]
pub struct ReadyRow<'b> {
    batch: &'b mut Batch,
}

impl<'b> ReadyRow<'b> {
    /// Begins a row with its measurement.
    #[inline]
    pub fn open(batch: &'b mut Batch, measurement: &'static Key) -> Self {
        batch.open_ready_row(measurement);
        Self { batch }
    }

    /// Marks the end of the tags.
    #[inline]
    pub fn end_tags(&mut self) {
        self.batch.end_series_key();
    }

    /// Finishes the row with the client's time.
    ///
    /// # Errors
    /// The first thing that is wrong with the point. The batch is as it was before the point.
    #[inline]
    pub fn now(self) -> Result<(), PointError> {
        let precision = self.batch.precision();
        self.finish(clock::stamp(precision), PointErrorKind::StampsAhead { precision })
    }

    #[inline]
    fn at(self, time: Timestamp) -> Result<(), PointError> {
        let precision = self.batch.precision();
        self.finish(time.in_precision(precision), PointErrorKind::TimeOutOfRange { precision })
    }

    #[inline]
    fn finish(self, time: Option<i64>, otherwise: PointErrorKind) -> Result<(), PointError> {
        let batch = self.batch;
        if batch.row.end == batch.end + batch.row.key + 1 {
            batch.refuse(PointErrorKind::NoField);
        }
        if time.is_some() { batch.finish_row(time) } else { batch.fail_row(otherwise) }
    }
}

/// A tag of a derived measurement: a [`TagValue`] or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a tag's value",
    label = "not text, an integer or a boolean, nor an `Option` of those",
    note = "tags are for names, of which there are few: make a measured value a field by taking `#[influx(tag)]` away",
    note = "implement `influx_client::TagValue` to say which text stands for `{Self}`"
)]
pub trait TagColumn {
    /// Writes the tag, if it has a value.
    fn put(&self, row: &mut ReadyRow<'_>, key: &'static Key);
}

impl<T: TagValue + ?Sized> TagColumn for T {
    #[inline]
    fn put(&self, row: &mut ReadyRow<'_>, key: &'static Key) {
        match self.as_tag() {
            Tag::Text(text) => row.batch.put_ready_tag(key, text),
            Tag::Integer(integer) => row.batch.put_integer_tag(key, integer),
            Tag::Unsigned(integer) => row.batch.put_unsigned_tag(key, integer),
            Tag::Boolean(boolean) => row.batch.put_ready_tag(key, if boolean { "true" } else { "false" }),
        }
    }
}

impl<T: TagValue> TagColumn for Option<T> {
    #[inline]
    fn put(&self, row: &mut ReadyRow<'_>, key: &'static Key) {
        if let Some(value) = self {
            value.put(row, key);
        }
    }
}

/// A field of a derived measurement: a [`FieldValue`] or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field's value",
    label = "not a float, an integer, a boolean or text, nor an `Option` of those",
    note = "implement `influx_client::FieldValue` to say which `Value` stands for `{Self}`",
    note = "`#[influx(skip)]` leaves a field of the struct out, `#[influx(tag)]` makes it a tag, `#[influx(time)]` the time"
)]
pub trait FieldColumn {
    /// Writes the field, if it has a value.
    fn put(&self, row: &mut ReadyRow<'_>, key: &'static Key);
}

impl<T: FieldValue + ?Sized> FieldColumn for T {
    #[inline]
    fn put(&self, row: &mut ReadyRow<'_>, key: &'static Key) {
        let batch = &mut *row.batch;
        match self.as_value() {
            Value::Float(float) => batch.put_ready_float(key, float),
            Value::Float32(float) => batch.put_ready_single(key, float),
            Value::Integer(integer) => batch.put_ready_integer(key, integer),
            Value::Unsigned(integer) => match i64::try_from(integer) {
                Ok(integer) => batch.put_ready_integer(key, integer),
                Err(_) => batch.refuse_unsigned(key.name),
            },
            Value::Boolean(boolean) => batch.put_ready_boolean(key, boolean),
            Value::String(text) => batch.put_ready_string(key, text),
        }
    }
}

impl<T: FieldValue> FieldColumn for Option<T> {
    #[inline]
    fn put(&self, row: &mut ReadyRow<'_>, key: &'static Key) {
        if let Some(value) = self {
            value.put(row, key);
        }
    }
}

/// The time of a derived measurement: what can be a [`Timestamp`], or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a point's time",
    label = "not an `i64`, a `SystemTime`, a `Timestamp` or an `Option` of those",
    note = "implement `From<{Self}>` for `influx_client::Timestamp`, and `Copy`, to make it one"
)]
pub trait TimeColumn {
    /// Finishes the row.
    ///
    /// # Errors
    /// The first thing that is wrong with the point. The batch is as it was before the point.
    fn finish(&self, row: ReadyRow<'_>) -> Result<(), PointError>;
}

impl<T: Into<Timestamp> + Copy> TimeColumn for T {
    #[inline]
    fn finish(&self, row: ReadyRow<'_>) -> Result<(), PointError> {
        row.at((*self).into())
    }
}

impl<T: Into<Timestamp> + Copy> TimeColumn for Option<T> {
    #[inline]
    fn finish(&self, row: ReadyRow<'_>) -> Result<(), PointError> {
        match self {
            Some(time) => time.finish(row),
            None => row.now(),
        }
    }
}

impl Batch {
    #[inline(always)]
    fn open_ready_row(&mut self, measurement: &'static Key) {
        self.row.longest = WORD;
        if self.row.error.is_some() {
            self.row.error = None;
        }
        if self.checks_types {
            self.names.open_ready_row(&mut self.row.cursor, measurement.address(), measurement.name.as_bytes());
        } else {
            self.row.cursor = Cursor::UNCHECKED;
        }
        self.row.end = self.put_key(self.end, measurement);
    }

    #[inline(always)]
    fn put_key(&mut self, end: usize, key: &Key) -> usize {
        if key.text.len() <= BLOCK {
            *self.buffer.window(end) = key.block;
            end + key.text.len()
        } else {
            self.buffer.put(end, key.text.as_bytes())
        }
    }

    fn put_ready_tag(&mut self, key: &Key, value: &str) {
        if value.is_empty() {
            return;
        }
        let (end, len) = (self.row.end, key.text.len());
        let word = text::short_word(value);
        if len <= BLOCK && text::is_plain(word, value.len()) {
            let window: &mut [u8; WINDOW] = self.buffer.window(end);
            window[..BLOCK].copy_from_slice(&key.block);
            window[len..][..WORD].copy_from_slice(&word.to_le_bytes());
            self.row.end = end + len + value.len();
        } else {
            self.row.end = self.put_key(end, key);
            // The name of the tag stands between the comma and the equals sign.
            self.put_odd_value(end + 1, len - 2, value);
        }
    }

    fn put_integer_tag(&mut self, key: &Key, integer: i64) {
        let mut room = [0; digits::ROOM];
        let len = digits::put(&mut room, integer);
        self.put_ready_tag(key, std::str::from_utf8(&room[..len]).expect("digits are text"));
    }

    fn put_unsigned_tag(&mut self, key: &Key, integer: u64) {
        match i64::try_from(integer) {
            Ok(integer) => self.put_integer_tag(key, integer),
            Err(_) => {
                let mut room = [0; digits::ROOM];
                let len = digits::put(&mut room, (integer / 10).cast_signed());
                room[len] = b'0' + (integer % 10) as u8;
                self.put_ready_tag(key, std::str::from_utf8(&room[..=len]).expect("digits are text"));
            }
        }
    }

    fn put_ready_float(&mut self, key: &'static Key, float: f64) {
        if !float.is_finite() {
            return self.refuse_float(key.name);
        }
        let mut digits = zmij::Buffer::new();
        let digits = digits.format_finite(float);
        self.put_ready_field(key, FieldType::Float, |room| put_float(room, digits));
    }

    fn put_ready_single(&mut self, key: &'static Key, float: f32) {
        if !float.is_finite() {
            return self.refuse_float(key.name);
        }
        let mut digits = zmij::Buffer::new();
        let digits = digits.format_finite(float);
        self.put_ready_field(key, FieldType::Float, |room| put_float(room, digits));
    }

    fn put_ready_integer(&mut self, key: &'static Key, integer: i64) {
        self.put_ready_field(key, FieldType::Integer, |room| {
            let len = digits::put(room, integer);
            room[len] = b'i';
            len + 1
        });
    }

    fn put_ready_boolean(&mut self, key: &'static Key, boolean: bool) {
        self.put_ready_field(key, FieldType::Boolean, |room| {
            let text = if boolean { b"true\0" } else { b"false" };
            room[..5].copy_from_slice(text);
            5 - usize::from(boolean)
        });
    }

    fn put_ready_string(&mut self, key: &'static Key, text: &str) {
        self.check_ready_field(key, FieldType::String);
        let end = self.put_key(self.row.end, key);
        let end = self.buffer.put_string(end, text.as_bytes());
        self.row.end = self.buffer.put_byte(end, b',');
    }

    /// Writes a field whose value, which `put` writes, takes 31 bytes at most.
    #[inline(always)]
    fn put_ready_field(&mut self, key: &'static Key, field_type: FieldType, put: impl FnOnce(&mut [u8; 32]) -> usize) {
        self.check_ready_field(key, field_type);
        let (start, len) = match key.text.len() {
            len @ ..=BLOCK => (self.row.end, len),
            // The key is written by itself; what is left of it is a key of no bytes.
            _ => (self.buffer.put(self.row.end, key.text.as_bytes()), 0),
        };
        let window: &mut [u8; WINDOW] = self.buffer.window(start);
        if len > 0 {
            window[..BLOCK].copy_from_slice(&key.block);
        }
        let Some(room) = window[len..].first_chunk_mut::<32>() else {
            return;
        };
        let n = put(room);
        room[n] = b',';
        self.row.end = start + len + n + 1;
    }

    /// Checks a field's type with those of the batch. Its name was compared with the row's others by the derive.
    #[inline(always)]
    fn check_ready_field(&mut self, key: &'static Key, field_type: FieldType) {
        // The equals sign is no part of the key.
        self.row.longest = self.row.longest.max(key.text.len() - 1);
        if !self.names.is_ready(&mut self.row.cursor, key.address(), field_type) {
            self.look_up_ready_field(key, field_type);
        }
    }

    #[inline(never)]
    fn look_up_ready_field(&mut self, key: &'static Key, field_type: FieldType) {
        if self.row.cursor.is_checked() && self.row.error.is_none() {
            let (cursor, name) = (&mut self.row.cursor, key.name.as_bytes());
            if let Err(clash) = self.names.ready_field(cursor, key.address(), name, field_type) {
                self.refuse_clash(key.name, field_type, clash);
            }
        }
    }
}

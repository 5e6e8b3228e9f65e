//! One point on its way into a batch.

use std::marker::PhantomData;

use super::batch::{Batch, TagKey};
use super::clock;
use super::error::{Name, Part, PointError, PointErrorKind};
use super::names::{Clash, Cursor};
use super::series::Series;
use super::text::{self, WORD};
use super::timestamp::Timestamp;
use super::value::{FieldValue, Value};

/// What the server adds to a series key and a field key for itself.
pub(crate) const SEPARATOR_BYTES: usize = 4;

/// State of a [`LineWriter`] that has no field yet: it takes tags and cannot be finished.
#[derive(Debug)]
pub struct NoField(());

/// State of a [`LineWriter`] begun from a [`Series`]: like [`NoField`], but the tags are fixed.
#[derive(Debug)]
pub struct FixedKey(());

/// State of a [`LineWriter`] that has a field: it takes more, and can be finished.
#[derive(Debug)]
pub struct HasField(());

/// A point that is being written into a [`Batch`].
///
/// Tags come before fields, and a point without a field cannot be finished: both are left to the
/// compiler. What only shows at run time (a line feed in a tag, NaN, a field of two types) is kept
/// and returned by the finishing call, [`at`](LineWriter::at), [`now`](LineWriter::now) or
/// [`server_time`](LineWriter::server_time). A point that is dropped unfinished leaves no trace.
#[derive(Debug)]
#[must_use = "a point joins its batch when it is finished by at(), now() or server_time()"]
pub struct LineWriter<'b, State> {
    batch: &'b mut Batch,
    /// Where the row ends by now.
    end: usize,
    /// Bytes of measurement and tags.
    key: usize,
    /// The longest field key so far.
    longest: usize,
    cursor: Cursor,
    state: PhantomData<State>,
}

impl<'b> LineWriter<'b, NoField> {
    #[inline]
    pub(crate) fn begin(batch: &'b mut Batch, measurement: &str) -> Self {
        let cursor = batch.open_row(measurement);
        batch.tags.clear();
        let start = batch.end;
        let mut writer = Self {
            batch,
            end: start,
            key: 0,
            longest: 0,
            cursor,
            state: PhantomData,
        };
        writer.put_name(measurement, Part::Measurement, measurement);
        writer
    }

    /// Adds a tag. One with an empty value is left out: the server has no such thing.
    #[inline]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        if value.is_empty() {
            return self;
        }
        self.end = self.batch.buffer.put_byte(self.end, b',');
        let start = self.end;
        self.put_name(key, Part::TagKey, key);
        self.note_tag(start, key);
        self.end = self.batch.buffer.put_byte(self.end, b'=');
        self.put_name(value, Part::TagValue, key);
        self
    }

    /// Remembers the key of a tag, and refuses one given twice.
    #[inline]
    fn note_tag(&mut self, start: usize, key: &str) {
        let tag = TagKey {
            word: text::word(&key.as_bytes()[..key.len().min(WORD)]),
            range: start..self.end,
        };
        if self.batch.tags.iter().any(|other| other.word == tag.word) {
            self.compare_tags(&tag, key);
        }
        self.batch.tags.push(tag);
    }

    #[cold]
    fn compare_tags(&mut self, tag: &TagKey, key: &str) {
        let written = self.batch.buffer.as_slice(self.end);
        let twice = self
            .batch
            .tags
            .iter()
            .any(|other| written[other.range.clone()] == written[tag.range.clone()]);
        if twice {
            self.batch.refuse(PointErrorKind::DuplicateTag {
                key: Name::new(key),
            });
        }
    }

    /// Adds the first field.
    #[inline]
    pub fn field<V: FieldValue>(self, key: &str, value: V) -> LineWriter<'b, HasField> {
        self.first_field(key, value.as_value())
    }
}

impl<'b> LineWriter<'b, FixedKey> {
    #[inline]
    pub(crate) fn begin_series(batch: &'b mut Batch, series: &Series) -> Self {
        let cursor = batch.open_row(series.measurement());
        let end = batch.buffer.put(batch.end, series.as_bytes());
        Self {
            batch,
            end,
            key: 0,
            longest: 0,
            cursor,
            state: PhantomData,
        }
    }

    /// Adds the first field.
    #[inline]
    pub fn field<V: FieldValue>(self, key: &str, value: V) -> LineWriter<'b, HasField> {
        self.first_field(key, value.as_value())
    }
}

impl<'b, State> LineWriter<'b, State> {
    #[inline]
    fn first_field(mut self, key: &str, value: Value<'_>) -> LineWriter<'b, HasField> {
        self.key = self.end - self.batch.end;
        self.put_field(b' ', key, value);
        LineWriter {
            batch: self.batch,
            end: self.end,
            key: self.key,
            longest: self.longest,
            cursor: self.cursor,
            state: PhantomData,
        }
    }

    #[inline]
    fn put_field(&mut self, separator: u8, key: &str, value: Value<'_>) {
        let bytes = key.as_bytes();
        let field_type = value.field_type();
        if bytes.len() <= WORD {
            let word = text::word(bytes);
            self.end = self
                .batch
                .buffer
                .put_word(self.end, separator, word, bytes.len());
            let known =
                self.batch
                    .names
                    .is_guessed(&mut self.cursor, word, bytes.len(), field_type);
            if !known {
                let start = self.end - bytes.len();
                self.put_unknown_field(start, key, value);
            }
        } else {
            self.end = self.batch.buffer.put_byte(self.end, separator);
            self.put_unknown_field(self.end, key, value);
        }
        self.end = self.batch.buffer.put_byte(self.end, b'=');
        match value {
            Value::Float(float) if !float.is_finite() => self.refuse_value(key, value),
            Value::Float32(float) if !float.is_finite() => self.refuse_value(key, value),
            Value::Unsigned(integer) if integer > i64::MAX as u64 => self.refuse_value(key, value),
            _ => self.end = self.batch.buffer.put_value(self.end, value),
        }
        self.longest = self.longest.max(bytes.len());
    }

    /// Writes a field key that is not the one guessed.
    #[inline(never)]
    fn put_unknown_field(&mut self, start: usize, key: &str, value: Value<'_>) {
        self.end = start;
        self.put_name(key, Part::FieldKey, key);
        let written = self.end - start;
        self.longest = self.longest.max(written);
        let refused = self.batch.error.is_some() || written > PointErrorKind::MAX_KEY_BYTES;
        if refused || !self.cursor.is_checked() {
            return;
        }
        let plain = written == key.len();
        let clash =
            self.batch
                .names
                .field(&mut self.cursor, key.as_bytes(), plain, value.field_type());
        if let Err(clash) = clash {
            self.refuse_clash(key, value, clash);
        }
    }

    #[cold]
    fn refuse_clash(&mut self, key: &str, value: Value<'_>, clash: Clash) {
        let names = &self.batch.names;
        let kind = names.clash(self.cursor, clash, Name::new(key), value.field_type());
        self.batch.refuse(kind);
    }

    #[cold]
    fn refuse_value(&mut self, key: &str, value: Value<'_>) {
        let key = Name::new(key);
        self.batch.refuse(match value {
            Value::Unsigned(_) => PointErrorKind::IntegerTooLarge { key },
            _ => PointErrorKind::NotFinite { key },
        });
    }

    /// Writes a name or a tag's value.
    #[inline]
    fn put_name(&mut self, text: &str, part: Part, name: &str) {
        let bytes = text.as_bytes();
        if bytes.len() <= WORD {
            let word = text::word(bytes);
            let reserved = matches!(part, Part::TagKey | Part::FieldKey) && text == "time";
            if text::is_plain(word) && !reserved {
                self.end = self.batch.buffer.put(self.end, bytes);
                return;
            }
        }
        self.put_odd_name(text, part, name);
    }

    #[inline(never)]
    fn put_odd_name(&mut self, text: &str, part: Part, name: &str) {
        let (buffer, end) = (&mut self.batch.buffer, &mut self.end);
        let mut out = |bytes: &[u8]| *end = buffer.put(*end, bytes);
        if let Err(kind) = text::escape(&mut out, text, part, name) {
            self.batch.refuse(kind);
        }
    }
}

impl LineWriter<'_, HasField> {
    /// Adds a field.
    #[inline]
    pub fn field<V: FieldValue>(mut self, key: &str, value: V) -> Self {
        self.put_field(b',', key, value.as_value());
        self
    }

    /// Finishes the point with its time: an `i64` in the batch's precision, a
    /// [`SystemTime`](std::time::SystemTime) or another [`Timestamp`].
    ///
    /// # Errors
    /// The first thing that is wrong with the point. The batch is as it was before the point.
    #[inline]
    pub fn at(self, time: impl Into<Timestamp>) -> Result<(), PointError> {
        let precision = self.batch.precision;
        match time.into().in_precision(precision) {
            Some(units) => self.finish(Some(units)),
            None => self.fail(PointErrorKind::TimeOutOfRange { precision }),
        }
    }

    /// Finishes the point with the client's time, in the batch's precision.
    ///
    /// Stamps strictly increase within a process and a precision, so that two points never merge
    /// by accident; a burst of points runs ahead of the clock, one unit a point. In a coarse
    /// precision that is soon far: prefer nanoseconds.
    ///
    /// # Errors
    /// The first thing that is wrong with the point, also [`PointErrorKind::StampsAhead`]. The
    /// batch is as it was before the point.
    pub fn now(self) -> Result<(), PointError> {
        let precision = self.batch.precision;
        if self.batch.error.is_some() {
            return self.finish(None);
        }
        match clock::stamp(precision) {
            Some(units) => self.finish(Some(units)),
            None => self.fail(PointErrorKind::StampsAhead { precision }),
        }
    }

    /// Finishes the point without a time: the server takes its own.
    ///
    /// The batch is no longer idempotent: sent twice, the point is stored twice. So it is never
    /// sent again once a byte of it went out.
    ///
    /// # Errors
    /// The first thing that is wrong with the point. The batch is as it was before the point.
    pub fn server_time(self) -> Result<(), PointError> {
        self.finish(None)
    }

    #[inline]
    fn finish(self, time: Option<i64>) -> Result<(), PointError> {
        let bytes = self.key + SEPARATOR_BYTES + self.longest;
        if bytes > PointErrorKind::MAX_KEY_BYTES {
            return self.fail(PointErrorKind::KeyTooLong { bytes });
        }
        if self.batch.error.is_some() {
            return self.batch.take_error().map_or(Ok(()), Err);
        }
        let mut end = self.end;
        if let Some(units) = time {
            end = self.batch.buffer.put_byte(end, b' ');
            end = self.batch.buffer.put_integer(end, units);
        }
        end = self.batch.buffer.put_byte(end, b'\n');
        self.batch.close_row(end, time.is_some());
        Ok(())
    }

    #[cold]
    fn fail(self, kind: PointErrorKind) -> Result<(), PointError> {
        self.batch.refuse(kind);
        self.batch.take_error().map_or(Ok(()), Err)
    }
}

//! Names that are looked at once and written often, for bindings to languages in which no name is a literal.

use super::batch::Batch;
use super::text::{self, TIME};
use super::value::Value;
use super::writer::{HasField, LineWriter, NoField};

/// A measurement or key that was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Spelled<'a> {
    text: &'a str,
    word: u128,
    /// It is short and written as it reads, whatever part of a point it is.
    plain: bool,
}

impl<'a> Spelled<'a> {
    /// Looks at a name.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let word = text::short_word(text);
        Self { text, word, plain: text::is_plain(word, text.len()) && text != TIME }
    }
}

impl Batch {
    /// Begins a point, as [`Batch::point`] does.
    #[inline]
    pub fn spelled_point(&mut self, measurement: &Spelled<'_>) -> LineWriter<'_, NoField> {
        self.open_row_of(measurement.word, measurement.text, measurement.plain);
        LineWriter::new(self)
    }
}

impl<'b> LineWriter<'b, NoField> {
    /// Adds a tag, as [`LineWriter::tag`] does.
    #[inline]
    pub fn spelled_tag(self, key: &Spelled<'_>, value: &str) -> Self {
        let batch = self.into_batch();
        match key.plain {
            _ if value.is_empty() => {}
            true => batch.put_plain_tag(key.word, key.text.len(), value),
            false => batch.put_odd_tag(key.text, value),
        }
        LineWriter::new(batch)
    }

    /// Adds the first field.
    #[inline]
    pub fn spelled_field(self, key: &Spelled<'_>, value: Value<'_>) -> LineWriter<'b, HasField> {
        let batch = self.into_batch();
        batch.end_key();
        batch.put_field_of(key.word, key.text, value);
        LineWriter::new(batch)
    }
}

impl LineWriter<'_, HasField> {
    /// Adds a field.
    #[inline]
    pub fn spelled_field(self, key: &Spelled<'_>, value: Value<'_>) -> Self {
        let batch = self.into_batch();
        batch.put_field_of(key.word, key.text, value);
        LineWriter::new(batch)
    }
}

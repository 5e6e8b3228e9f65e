//! The bytes of a batch.

use super::text::WORD;
use super::value::Value;

/// Bytes of room that a short write may touch behind its end.
const SLACK: usize = 32;

/// A buffer that is written past its end and cut when a row is finished.
///
/// The whole of `bytes` is initialised, so that short texts are stored as words of a fixed size
/// instead of calling `memcpy` for a handful of bytes. What lies behind the end is left over from
/// rows that were never finished.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
}

impl Buffer {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let mut buffer = Self::default();
        if capacity > 0 {
            buffer.grow(capacity + SLACK);
        }
        buffer
    }

    pub(crate) fn as_slice(&self, end: usize) -> &[u8] {
        &self.bytes[..end]
    }

    pub(crate) fn into_vec(mut self, end: usize) -> Vec<u8> {
        self.bytes.truncate(end);
        self.bytes
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, len: usize) {
        self.bytes
            .resize(len.max(2 * self.bytes.len()).max(1024), 0);
    }

    /// The room behind `end`, of at least `len` bytes.
    #[inline]
    fn room(&mut self, end: usize, len: usize) -> &mut [u8] {
        if self.bytes.len() - end < len {
            self.grow(end + len);
        }
        &mut self.bytes[end..]
    }

    /// Writes `first`, a word of `len` bytes, and `last`, which costs no more than one of them.
    #[inline]
    pub(crate) fn put_word(&mut self, end: usize, first: u8, word: u128, len: usize) -> usize {
        let room = self.room(end, SLACK);
        room[0] = first;
        room[1..=WORD].copy_from_slice(&word.to_le_bytes());
        end + 1 + len
    }

    #[inline]
    pub(crate) fn put_byte(&mut self, end: usize, byte: u8) -> usize {
        self.room(end, 1)[0] = byte;
        end + 1
    }

    #[inline]
    pub(crate) fn put(&mut self, end: usize, text: &[u8]) -> usize {
        self.room(end, text.len())[..text.len()].copy_from_slice(text);
        end + text.len()
    }

    /// Appends text of at most 32 bytes.
    #[inline]
    fn put_short(&mut self, end: usize, text: &[u8]) -> usize {
        let n = text.len();
        let room = &mut self.room(end, SLACK)[..SLACK];
        if let (Some(first), Some(last)) = (text.first_chunk::<16>(), text.last_chunk::<16>()) {
            room[..16].copy_from_slice(first);
            room[n - 16..n].copy_from_slice(last);
        } else {
            room[..16].copy_from_slice(&super::text::word(text).to_le_bytes());
        }
        end + n
    }

    #[inline]
    pub(crate) fn put_integer(&mut self, end: usize, integer: i64) -> usize {
        self.put_short(end, itoa::Buffer::new().format(integer).as_bytes())
    }

    /// Appends a value that line protocol can carry: a finite float, an integer within `i64`.
    #[inline]
    pub(crate) fn put_value(&mut self, end: usize, value: Value<'_>) -> usize {
        match value {
            Value::Float(float) => {
                self.put_short(end, zmij::Buffer::new().format_finite(float).as_bytes())
            }
            Value::Float32(float) => {
                self.put_short(end, zmij::Buffer::new().format_finite(float).as_bytes())
            }
            Value::Integer(integer) => {
                let end = self.put_integer(end, integer);
                self.put_byte(end, b'i')
            }
            Value::Unsigned(integer) => {
                let end = self.put_short(end, itoa::Buffer::new().format(integer).as_bytes());
                self.put_byte(end, b'i')
            }
            Value::Boolean(true) => self.put_short(end, b"true"),
            Value::Boolean(false) => self.put_short(end, b"false"),
            Value::String(text) => self.put_string(end, text.as_bytes()),
        }
    }

    /// Appends a string field: quoted, with `"` and `\` escaped.
    fn put_string(&mut self, end: usize, text: &[u8]) -> usize {
        let mut end = self.put_byte(end, b'"');
        let mut written = 0;
        for at in memchr::memchr2_iter(b'"', b'\\', text) {
            end = self.put(end, &text[written..at]);
            end = self.put_byte(end, b'\\');
            written = at;
        }
        end = self.put(end, &text[written..]);
        self.put_byte(end, b'"')
    }
}

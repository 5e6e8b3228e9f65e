//! The bytes of a batch.

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
        Self { bytes: vec![0; capacity] }
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
        self.bytes.resize(len.max(2 * self.bytes.len()).max(1024), 0);
    }

    /// The `N` bytes behind `end`.
    #[inline(always)]
    pub(crate) fn window<const N: usize>(&mut self, end: usize) -> &mut [u8; N] {
        // `end` is at most the length, so the sum does not overflow.
        if end + N > self.bytes.len() {
            self.grow(end + N);
        }
        let (window, _) = self.bytes[end..].split_first_chunk_mut().expect("the buffer has just been made long enough");
        window
    }

    #[inline(always)]
    pub(crate) fn put_byte(&mut self, end: usize, byte: u8) -> usize {
        *self.window(end) = [byte];
        end + 1
    }

    #[inline(always)]
    pub(crate) fn put_word(&mut self, end: usize, word: u128, len: usize) -> usize {
        *self.window(end) = word.to_le_bytes();
        end + len
    }

    pub(crate) fn put(&mut self, end: usize, text: &[u8]) -> usize {
        let last = end + text.len();
        if self.bytes.len() < last {
            self.grow(last);
        }
        self.bytes[end..last].copy_from_slice(text);
        last
    }

    /// Writes a string field: quoted, with `"` and `\` escaped.
    pub(crate) fn put_string(&mut self, end: usize, text: &[u8]) -> usize {
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

/// Writes the digits of a float, 24 bytes at most, and returns how many they are.
#[inline(always)]
pub(crate) fn put_float(room: &mut [u8; 32], digits: &str) -> usize {
    let digits = digits.as_bytes();
    let n = digits.len();
    if let (Some(first), Some(last)) = (digits.first_chunk::<16>(), digits.last_chunk::<16>()) {
        room[..16].copy_from_slice(first);
        room[n - 16..n].copy_from_slice(last);
    } else {
        room[..16].copy_from_slice(&super::text::word(digits).to_le_bytes());
    }
    n
}

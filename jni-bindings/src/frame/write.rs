//! Frames for Java.

use std::time::Duration;

/// Writes a frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

/// A frame is larger than a Java array can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Oversized;

impl Writer {
    /// The most bytes of a frame: that of a Java array, with room for what virtual machines keep for themselves.
    const MOST: usize = i32::MAX as usize - 64;

    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The frame; an error where no Java array can hold it.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, Oversized> {
        if self.fits() { Ok(self.bytes) } else { Err(Oversized) }
    }

    /// Whether a Java array can hold it.
    pub(crate) fn fits(&self) -> bool {
        self.bytes.len() <= Self::MOST
    }

    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes.push(value);
        self
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        self.u8(u8::from(value))
    }

    pub(crate) fn i32(&mut self, value: i32) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn i64(&mut self, value: i64) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn f64(&mut self, value: f64) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_be_bytes());
        self
    }

    /// A count or size, as an `i64`.
    pub(crate) fn size(&mut self, value: usize) -> &mut Self {
        self.u64(value as u64)
    }

    /// An unsigned number, as an `i64`: none that is counted here is over its range.
    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.i64(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// A small number, or -1.
    pub(crate) fn i32_or_none(&mut self, value: Option<impl TryInto<i32>>) -> &mut Self {
        let value = value.map_or(-1, |value| value.try_into().unwrap_or(i32::MAX));
        self.i32(value)
    }

    /// A number, or -1.
    pub(crate) fn i64_or_none(&mut self, value: Option<impl TryInto<i64>>) -> &mut Self {
        let value = value.map_or(-1, |value| value.try_into().unwrap_or(i64::MAX));
        self.i64(value)
    }

    /// Nanoseconds.
    pub(crate) fn duration(&mut self, value: Duration) -> &mut Self {
        self.i64_or_none(Some(value.as_nanos()))
    }

    /// Nanoseconds, or -1.
    pub(crate) fn duration_or_none(&mut self, value: Option<Duration>) -> &mut Self {
        self.i64_or_none(value.map(|value| value.as_nanos()))
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        // A frame with so long a part is refused as a whole; the length is never read.
        self.i32(i32::try_from(value.len()).unwrap_or(i32::MAX));
        self.bytes.extend_from_slice(value);
        self
    }

    pub(crate) fn str(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn str_or_none(&mut self, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.str(value),
            None => self.i32(-1),
        }
    }

    /// The words of something that can be shown.
    pub(crate) fn shown(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.str(&value.to_string())
    }

    /// Items, each written by `write`.
    pub(crate) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        let at = self.bytes.len();
        self.i32(0);
        let mut count = 0_i32;
        for item in items {
            write(self, item);
            count = count.saturating_add(1);
        }
        self.bytes[at..at + 4].copy_from_slice(&count.to_be_bytes());
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_are_in_the_order_of_java() {
        let mut frame = Writer::new();
        frame.i32(1).i64_or_none(None::<u64>).i32_or_none(Some(u64::MAX)).list([5, 6], |frame, n| {
            frame.u8(n);
        });
        let expected = [&[0, 0, 0, 1][..], &[0xff; 8], &[0x7f, 0xff, 0xff, 0xff], &[0, 0, 0, 2, 5, 6]];
        assert_eq!(frame.into_bytes().unwrap(), expected.concat());
    }
}

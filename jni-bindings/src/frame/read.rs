//! Frames that come from Java. Nothing in them is trusted.

use std::time::Duration;

/// A frame that cannot be read. It shows no content, which may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed frame at byte {at}: {what}")]
pub(crate) struct Fault {
    /// Where in the frame.
    pub(crate) at: usize,
    /// What is wrong there.
    pub(crate) what: Box<str>,
}

/// Reads a frame from its begin to its end.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// A complaint about what was read last.
    pub(crate) fn fault(&self, what: impl Into<Box<str>>) -> Fault {
        Fault { at: self.at, what: what.into() }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..len).ok_or_else(|| self.fault("it ends too early"))?;
        self.at += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (array, _) = self.take(N)?.split_first_chunk().expect("as many bytes were taken");
        Ok(*array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Fault> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn bool(&mut self) -> Result<bool, Fault> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.fault("neither 0 nor 1 for a boolean")),
        }
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Fault> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Fault> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, Fault> {
        Ok(f64::from_be_bytes(self.array()?))
    }

    /// A number that is not given where it is negative.
    pub(crate) fn u32_or_none(&mut self) -> Result<Option<u32>, Fault> {
        Ok(u32::try_from(self.i32()?).ok())
    }

    /// A number that is not given where it is negative.
    pub(crate) fn u64_or_none(&mut self) -> Result<Option<u64>, Fault> {
        Ok(u64::try_from(self.i64()?).ok())
    }

    /// A size that is not given where it is negative.
    pub(crate) fn size_or_none(&mut self) -> Result<Option<usize>, Fault> {
        Ok(self.u64_or_none()?.map(|size| usize::try_from(size).unwrap_or(usize::MAX)))
    }

    /// Nanoseconds; not given where they are negative.
    pub(crate) fn duration(&mut self) -> Result<Option<Duration>, Fault> {
        Ok(self.u64_or_none()?.map(Duration::from_nanos))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let len = self.i32()?;
        let len = usize::try_from(len).map_err(|_| self.fault("a negative length"))?;
        self.take(len)
    }

    pub(crate) fn str_or_none(&mut self) -> Result<Option<&'a str>, Fault> {
        let len = self.i32()?;
        if len == -1 {
            return Ok(None);
        }
        let len = usize::try_from(len).map_err(|_| self.fault("a negative length"))?;
        let text = std::str::from_utf8(self.take(len)?);
        text.map(Some).map_err(|_| self.fault("a text that is not UTF-8"))
    }

    pub(crate) fn str(&mut self) -> Result<&'a str, Fault> {
        self.str_or_none()?.ok_or_else(|| self.fault("a text is missing"))
    }

    /// A name out of a closed set, by its `FromStr`.
    pub(crate) fn name<T: std::str::FromStr>(&mut self) -> Result<T, Fault> {
        let text = self.str()?;
        text.parse().map_err(|_| self.fault("an unknown name"))
    }

    /// A name out of a closed set, if it is given.
    pub(crate) fn name_or_none<T: std::str::FromStr>(&mut self) -> Result<Option<T>, Fault> {
        let text = self.str_or_none()?;
        text.map(|text| text.parse().map_err(|_| self.fault("an unknown name"))).transpose()
    }

    /// Items, each read by `read`. Memory is taken as they come: a count is only a claim.
    pub(crate) fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let count = self.i32()?;
        let count = usize::try_from(count).map_err(|_| self.fault("a negative count"))?;
        // No item takes less than a byte, so that a false count ends at the end of the frame.
        (0..count).map(|_| read(self)).collect()
    }

    /// Ends the frame, which has to be over.
    pub(crate) fn end(self) -> Result<(), Fault> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.fault("bytes are left over")) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::super::Writer;
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut frame = Writer::new();
        frame.u8(7).bool(true).i32(-5).i64(i64::MIN).f64(1.5).str("über\0").str_or_none(None).bytes(b"\xff");
        frame.duration(Duration::from_nanos(17)).i64(-1);
        let frame = frame.into_bytes().unwrap();
        let mut reader = Reader::new(&frame);
        assert_eq!((reader.u8(), reader.bool(), reader.i32(), reader.i64()), (Ok(7), Ok(true), Ok(-5), Ok(i64::MIN)));
        assert_eq!((reader.f64(), reader.str(), reader.str_or_none()), (Ok(1.5), Ok("über\0"), Ok(None)));
        assert_eq!(reader.bytes(), Ok(&b"\xff"[..]));
        assert_eq!((reader.duration(), reader.duration()), (Ok(Some(Duration::from_nanos(17))), Ok(None)));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn what_is_left_over_cut_or_out_of_range_is_refused() {
        assert_eq!(Reader::new(&[0]).end().unwrap_err().at, 0);
        assert!(Reader::new(&[0, 0, 0]).i32().is_err());
        assert!(Reader::new(&[2]).bool().is_err());
        assert!(Reader::new(&[0xff, 0xff, 0xff, 0xfe]).str_or_none().is_err());
        assert!(Reader::new(&[0xff, 0xff, 0xff, 0xff]).str().is_err());
        assert!(Reader::new(&[0xff, 0xff, 0xff, 0xff]).bytes().is_err());
        assert!(Reader::new(&[0x7f, 0xff, 0xff, 0xff]).list(Reader::u8).is_err());
        assert!(Reader::new(&[0, 0, 0, 1, 0xff]).str().is_err());
        let name: Result<influx_client::Precision, _> = Reader::new(&[0, 0, 0, 1, b'x']).name();
        assert!(name.is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_end_in_a_value_or_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut reader = Reader::new(&bytes);
            while reader.at < bytes.len() {
                let at = reader.at;
                let _ = reader.list(|reader| reader.str_or_none().map(drop));
                let _ = reader.bytes();
                let _ = reader.u8();
                prop_assert!(reader.at > at);
            }
        }
    }
}

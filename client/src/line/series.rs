//! Series keys that are encoded once.

use std::fmt;

use super::error::{Name, Part, PointError, PointErrorKind};
use super::text;

/// Keys are copied in blocks of this many bytes: most are a single one.
const BLOCK: usize = 64;

/// A measurement and its tags, checked, sorted and encoded once for many points.
///
/// The tags are in the order the server sorts them into, which spares it the sorting. Tags with an
/// empty value are left out, as the server has no such thing.
///
/// ```
/// use influx_client::{Batch, Series};
///
/// let series = Series::new("cpu", [("host", "a"), ("dc", "east, 1")])?;
/// let mut batch = Batch::default();
/// batch.series(&series).field("usage", 1.5).at(1)?;
/// batch.series(&series).field("usage", 1.25).at(2)?;
/// assert_eq!(batch.line(1), br"cpu,dc=east\,\ 1,host=a usage=1.25 2");
/// # Ok::<(), influx_client::PointError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Series {
    measurement: Box<str>,
    /// The measurement's word, if it is short.
    word: u128,
    /// The encoded key in blocks that are copied whole, the last one filled up.
    blocks: Box<[[u8; BLOCK]]>,
    /// Bytes of the key.
    len: usize,
}

impl Series {
    /// Encodes a series key.
    ///
    /// # Errors
    /// When a name or a tag's value cannot be written in line protocol 1.x, or a tag is given
    /// twice. The point's index in the error is 0.
    pub fn new<K, V>(
        measurement: impl Into<Box<str>>,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, PointError>
    where
        K: AsRef<str>,
        V: AsRef<str>,
    {
        let measurement = measurement.into();
        let key = encode(&measurement, tags).map_err(|kind| PointError::new(0, kind))?;
        let len = key.len();
        let blocks = key.chunks(BLOCK).map(|chunk| {
            let mut block = [0; BLOCK];
            block[..chunk.len()].copy_from_slice(chunk);
            block
        });
        Ok(Self { word: text::short_word(&measurement), measurement, blocks: blocks.collect(), len })
    }

    /// The measurement.
    #[must_use]
    pub fn measurement(&self) -> &str {
        &self.measurement
    }

    /// Measurement and tags as they are written in a line.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.blocks.as_flattened()[..self.len]
    }

    #[inline(always)]
    pub(crate) fn word(&self) -> u128 {
        self.word
    }

    #[inline(always)]
    pub(crate) fn blocks(&self) -> (&[[u8; BLOCK]], usize) {
        (&self.blocks, self.len)
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Series").field(&String::from_utf8_lossy(self.as_bytes())).finish()
    }
}

fn encode<K: AsRef<str>, V: AsRef<str>>(
    measurement: &str,
    tags: impl IntoIterator<Item = (K, V)>,
) -> Result<Vec<u8>, PointErrorKind> {
    let mut key = Vec::new();
    text::escape(&mut |bytes| key.extend_from_slice(bytes), measurement, Part::Measurement)
        .map_err(|flaw| flaw.of(Part::Measurement, Name::new(measurement)))?;
    let mut encoded = Vec::new();
    for (name, value) in tags {
        let (name, value) = (name.as_ref(), value.as_ref());
        if value.is_empty() {
            continue;
        }
        let mut tag = Vec::new();
        let out = &mut |bytes: &[u8]| tag.extend_from_slice(bytes);
        text::escape(out, name, Part::TagKey).map_err(|flaw| flaw.of(Part::TagKey, Name::new(name)))?;
        out(b"=");
        text::escape(out, value, Part::TagValue).map_err(|flaw| flaw.of(Part::TagValue, Name::new(name)))?;
        encoded.push((name.to_owned(), tag));
    }
    // The server compares the keys as they are written, escapes and all.
    encoded.sort_by(|(_, a), (_, b)| key_of(a).cmp(key_of(b)));
    if let Some(pair) = encoded.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(PointErrorKind::DuplicateTag { key: Name::new(&pair[0].0) });
    }
    for (_, tag) in &encoded {
        key.push(b',');
        key.extend_from_slice(tag);
    }
    // A field key has one byte at least, and the server counts four more for itself.
    let least = key.len() + super::row::SEPARATOR_BYTES + 1;
    if least > PointErrorKind::MAX_KEY_BYTES {
        return Err(PointErrorKind::KeyTooLong { bytes: least });
    }
    Ok(key)
}

/// The key of an encoded tag.
fn key_of(tag: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = tag.iter().position(|&byte| {
        let ends = byte == b'=' && !escaped;
        escaped = byte == b'\\';
        ends
    });
    &tag[..end.unwrap_or(tag.len())]
}

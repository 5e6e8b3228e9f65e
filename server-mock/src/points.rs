//! Points as they travel: parsed once, then forwarded, hinted and stored as bytes.

use std::ops::Range;

/// One point, borrowed from a [`Points`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point<'a> {
    /// `measurement[,tag=value…]`, escaped as in line protocol, tags sorted by key: what the shard hash reads.
    pub key: &'a [u8],
    /// `field=value[,field=value…]` as it stood in the line, already checked.
    pub fields: &'a [u8],
    /// Nanoseconds, Unix time.
    pub time: i64,
}

/// Many points in one buffer.
///
/// Keeps the text of keys and fields rather than decoded values: forwarding to another owner and appending to a
/// hinted handoff queue are then copies of bytes, and only the store that keeps a point decodes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Points {
    text: Vec<u8>,
    index: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    key: Range<usize>,
    fields: Range<usize>,
    time: i64,
}

/// Bytes that are not an encoded [`Points`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("points are cut short or damaged at byte {at}")]
pub struct PointsError {
    /// Offset of the first byte that could not be read.
    pub at: usize,
}

impl Points {
    /// No points.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No points, with room for this many bytes of text and this many points.
    #[must_use]
    pub fn with_capacity(bytes: usize, points: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), index: Vec::with_capacity(points) }
    }

    /// Adds a point.
    pub fn push(&mut self, point: Point<'_>) {
        let start = self.text.len();
        self.text.extend_from_slice(point.key);
        let middle = self.text.len();
        self.text.extend_from_slice(point.fields);
        self.index.push(Entry { key: start..middle, fields: middle..self.text.len(), time: point.time });
    }

    /// How many points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Bytes of keys and fields.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The point at a position below [`len`](Self::len).
    #[must_use]
    pub fn get(&self, position: usize) -> Option<Point<'_>> {
        self.index.get(position).map(|entry| self.point(entry))
    }

    /// All points, in the order they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Point<'_>> + Clone {
        self.index.iter().map(|entry| self.point(entry))
    }

    fn point(&self, entry: &Entry) -> Point<'_> {
        Point { key: &self.text[entry.key.clone()], fields: &self.text[entry.fields.clone()], time: entry.time }
    }

    /// Appends the binary form: per point `u32` key length, key, `u32` fields length, fields, `i64` time, all little
    /// endian.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        out.reserve(self.text.len() + self.index.len() * 16);
        for point in self.iter() {
            for part in [point.key, point.fields] {
                let length = u32::try_from(part.len()).expect("a line is limited to far less than 4 GiB when parsed");
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(part);
            }
            out.extend_from_slice(&point.time.to_le_bytes());
        }
    }

    /// Reads what [`encode_into`](Self::encode_into) wrote; the whole of `bytes` must be points.
    ///
    /// # Errors
    /// [`PointsError`] when the bytes end within a point.
    pub fn decode(bytes: &[u8]) -> Result<Self, PointsError> {
        let mut points = Self { text: Vec::with_capacity(bytes.len()), index: Vec::new() };
        let mut rest = bytes;
        while !rest.is_empty() {
            let damaged = PointsError { at: bytes.len() - rest.len() };
            let key = take_text(&mut rest).ok_or(damaged)?;
            let fields = take_text(&mut rest).ok_or(damaged)?;
            let (time, after) = rest.split_first_chunk().ok_or(damaged)?;
            rest = after;
            points.push(Point { key, fields, time: i64::from_le_bytes(*time) });
        }
        Ok(points)
    }
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (text, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *rest = after;
    Some(text)
}

impl<'a> Extend<Point<'a>> for Points {
    fn extend<I: IntoIterator<Item = Point<'a>>>(&mut self, points: I) {
        for point in points {
            self.push(point);
        }
    }
}

impl<'a> FromIterator<Point<'a>> for Points {
    fn from_iter<I: IntoIterator<Item = Point<'a>>>(points: I) -> Self {
        let mut all = Self::new();
        all.extend(points);
        all
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn two() -> Points {
        [
            Point { key: b"cpu,host=a", fields: b"v=1", time: 7 },
            Point { key: b"m", fields: b"s=\"x y\",i=2i", time: -1 },
        ]
        .into_iter()
        .collect()
    }

    #[test]
    fn binary_form_round_trips() {
        let mut bytes = Vec::new();
        two().encode_into(&mut bytes);
        assert_eq!(Points::decode(&bytes).unwrap(), two());
    }

    #[test]
    fn every_cut_inside_a_point_is_an_error() {
        let mut bytes = Vec::new();
        two().encode_into(&mut bytes);
        let first = 4 + 10 + 4 + 3 + 8;
        for cut in (1..bytes.len()).filter(|cut| *cut != first) {
            assert!(Points::decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }
}

//! A batch of points, encoded as they come.

use std::fmt;
use std::ops::Range;

use super::buffer::Buffer;
use super::digits::Leading;
use super::line_time::time_of;
use super::names::Names;
use super::row::Row;
use super::series::Series;
use super::writer::{FixedKey, LineWriter, NoField};
use crate::Precision;

/// Points in line protocol, ready to be sent as one request.
///
/// Points are encoded straight into one buffer, which [`Batch::clear`] keeps: a batch that is used
/// again allocates nothing. A point that cannot be written is refused by the call that finishes it
/// and leaves the batch as it was.
///
/// ```
/// use influx_client::{Batch, Precision};
///
/// let mut batch = Batch::new(Precision::Milliseconds);
/// batch
///     .point("cpu")
///     .tag("host", "server 1")
///     .field("usage", 1.5)
///     .field("switches", 7i64)
///     .at(1_600_000_000_000)?;
/// assert_eq!(
///     batch.as_bytes(),
///     b"cpu,host=server\\ 1 usage=1.5,switches=7i 1600000000000\n"
/// );
/// assert!(batch.is_idempotent());
/// # Ok::<(), influx_client::PointError>(())
/// ```
pub struct Batch {
    pub(crate) buffer: Buffer,
    /// Where the finished rows end in the buffer.
    pub(crate) end: usize,
    /// Where each row starts.
    starts: Vec<usize>,
    pub(crate) precision: Precision,
    idempotent: bool,
    pub(crate) checks_types: bool,
    pub(crate) missing_time: MissingTime,
    pub(crate) names: Names,
    /// The leading digits of the last point's time.
    pub(crate) leading: Leading,
    /// The point that is being written.
    pub(crate) row: Row,
}

/// Whose clock gives a raw line its time when it carries none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MissingTime {
    /// The client's, with strictly increasing stamps: the batch stays idempotent.
    #[default]
    ClientClock,
    /// The server's: the line is sent without a time and the batch is not idempotent.
    ServerClock,
    /// Nobody's: the line gets this time, in units of the batch's precision. For callers that can say the same again for the
    /// same line, so that another process may send it a second time without harm.
    At(i64),
}

impl Batch {
    /// An empty batch whose integer timestamps count in `precision`.
    #[must_use]
    pub fn new(precision: Precision) -> Self {
        Self::with_capacity(precision, 0)
    }

    /// An empty batch with room for `bytes` of line protocol.
    #[must_use]
    pub fn with_capacity(precision: Precision, bytes: usize) -> Self {
        Self {
            buffer: Buffer::with_capacity(bytes),
            end: 0,
            starts: Vec::new(),
            precision,
            idempotent: true,
            checks_types: true,
            missing_time: MissingTime::ClientClock,
            names: Names::default(),
            leading: Leading::default(),
            row: Row::default(),
        }
    }

    /// Switches the check off (or on again) that no field of a measurement has two types in the
    /// batch, and that no point gives a field twice.
    ///
    /// It is on from the start: real clusters acknowledge some batches with such a flip and store
    /// nothing of them (cluster 1.8 facts, section 4). Points already in the batch are not looked
    /// at again.
    pub fn check_field_types(&mut self, on: bool) -> &mut Self {
        self.checks_types = on;
        self
    }

    /// Whose clock gives a raw line its time when it carries none; the client's from the start.
    pub fn missing_time(&mut self, clock: MissingTime) -> &mut Self {
        self.missing_time = clock;
        self
    }

    /// Begins a point. It joins the batch when [`LineWriter::at`] or another finishing call
    /// succeeds.
    #[inline]
    pub fn point(&mut self, measurement: &str) -> LineWriter<'_, NoField> {
        self.open_row(measurement);
        LineWriter::new(self)
    }

    /// Begins a point of a [`Series`] whose measurement and tags are encoded already.
    #[inline]
    pub fn series(&mut self, series: &Series) -> LineWriter<'_, FixedKey> {
        self.open_series_row(series);
        LineWriter::new(self)
    }

    /// How many points the batch has.
    #[inline]
    #[must_use]
    pub fn points(&self) -> usize {
        self.starts.len()
    }

    /// Whether the batch has no points.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// How many bytes of line protocol the batch has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.end
    }

    /// The line protocol, one line feed behind each point.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer.as_slice(self.end)
    }

    /// The line protocol, taken out of the batch.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.buffer.into_vec(self.end)
    }

    /// Whether the batch can be sent again without making a second copy of a point: whether every
    /// point carries its time.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.idempotent
    }

    /// The unit of the batch's timestamps.
    #[must_use]
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The line of the point at `index`, without its line feed.
    ///
    /// # Panics
    /// When the batch has no such point.
    #[must_use]
    pub fn line(&self, index: usize) -> &[u8] {
        let lines = self.lines(index..index + 1);
        &lines[..lines.len() - 1]
    }

    /// The time of the point at `index` in the batch's precision; `None` if the server is to give it one.
    ///
    /// # Panics
    /// When the batch has no such point.
    #[must_use]
    pub fn time(&self, index: usize) -> Option<i64> {
        time_of(self.line(index))
    }

    /// The lines of the points in `range`, each with its line feed.
    ///
    /// # Panics
    /// When the batch has not that many points.
    #[must_use]
    pub fn lines(&self, range: Range<usize>) -> &[u8] {
        let start_of = |index: usize| {
            if index == self.starts.len() { self.end } else { self.starts[index] }
        };
        &self.as_bytes()[start_of(range.start)..start_of(range.end)]
    }

    /// Takes all points out and keeps the memory.
    pub fn clear(&mut self) {
        self.end = 0;
        self.starts.clear();
        self.idempotent = true;
        self.names.clear();
    }

    /// Takes all points out and keeps the memory, and what is known of the names and types of fields.
    pub(crate) fn clear_rows(&mut self) {
        self.end = 0;
        self.starts.clear();
        self.idempotent = true;
    }

    /// Adds a line that another batch has encoded, with its line feed, as it is.
    pub(crate) fn push_row(&mut self, line: &[u8], has_time: bool) {
        let end = self.buffer.put(self.end, line);
        self.close_row(end, has_time);
    }

    /// Takes the open row, which ends at `end`, into the batch.
    #[inline]
    pub(crate) fn close_row(&mut self, end: usize, has_time: bool) {
        self.starts.push(self.end);
        self.end = end;
        self.idempotent &= has_time;
        self.names.close_row();
    }
}

impl Default for Batch {
    fn default() -> Self {
        Self::new(Precision::Nanoseconds)
    }
}

impl fmt::Debug for Batch {
    /// Shows the size of the batch and nothing of its points.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("precision", &self.precision)
            .field("points", &self.points())
            .field("bytes", &self.end)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{FieldType, PointError, PointErrorKind};

    fn kind(result: Result<(), PointError>) -> PointErrorKind {
        result.unwrap_err().kind().clone()
    }

    #[test]
    fn a_refused_point_leaves_the_batch_as_it_was() {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1.0).at(1).unwrap();
        let before = batch.as_bytes().to_vec();
        let error = batch.point("m").tag("a\nb", "v").field("g", 1i64).at(2).unwrap_err();
        assert_eq!(error.point(), 1);
        assert_eq!(batch.as_bytes(), before);
        assert_eq!(batch.points(), 1);
        // Nor does the refused point's field leave its type behind.
        batch.point("m").field("g", "text").at(2).unwrap();
    }

    #[test]
    fn a_dropped_point_leaves_the_batch_as_it_was() {
        let mut batch = Batch::default();
        drop(batch.point("m").field("f", 1.0));
        assert!(batch.is_empty());
        assert_eq!(batch.as_bytes(), b"");
        batch.point("m").field("f", 1i64).at(1).unwrap();
        assert_eq!(batch.as_bytes(), b"m f=1i 1\n");
    }

    #[test]
    fn a_field_of_two_types_is_refused_and_both_are_named() {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1i64).at(1).unwrap();
        batch.point("other").field("f", "x").at(1).unwrap();
        let error = batch.point("m").field("f", 1.5).at(2).unwrap_err();
        assert!(
            matches!(error.kind(), PointErrorKind::TypeFlip { have: FieldType::Integer, got: FieldType::Float, .. }),
            "{error}"
        );
        batch.check_field_types(false);
        batch.point("m").field("f", 1.5).at(2).unwrap();
        assert_eq!(batch.points(), 3);
    }

    #[test]
    fn a_cleared_batch_has_forgotten_the_types() {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1i64).server_time().unwrap();
        assert!(!batch.is_idempotent());
        batch.clear();
        assert!(batch.is_idempotent() && batch.is_empty());
        batch.point("m").field("f", 1.5).at(2).unwrap();
        assert_eq!(batch.as_bytes(), b"m f=1.5 2\n");
    }

    #[test]
    fn the_time_is_the_one_that_is_sent() {
        let mut batch = Batch::default();
        batch.point("m").field("s", "a 5").at(-7).unwrap();
        batch.point("m").field("s", "x 5").server_time().unwrap();
        batch.point("m").field("f", 5_i64).server_time().unwrap();
        assert_eq!([0, 1, 2].map(|index| batch.time(index)), [Some(-7), None, None]);
    }

    #[test]
    fn tags_and_fields_are_given_once() {
        let mut batch = Batch::default();
        assert!(matches!(
            kind(batch.point("m").tag("a", "1").tag("b", "1").tag("a", "2").field("f", 1i64).at(1)),
            PointErrorKind::DuplicateTag { .. }
        ));
        for _ in 0..2 {
            assert!(matches!(
                kind(batch.point("m").field("f", 1i64).field("f", 1i64).at(1)),
                PointErrorKind::DuplicateField { .. }
            ));
        }
        batch.point("m").tag("f", "1").field("f", 1i64).at(1).unwrap();
    }
}

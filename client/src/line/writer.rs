//! One point on its way into a batch.

use std::marker::PhantomData;

use super::batch::Batch;
use super::clock;
use super::error::{PointError, PointErrorKind};
use super::timestamp::Timestamp;
use super::value::FieldValue;

/// State of a [`LineWriter`] that has no field yet: it takes tags and cannot be finished.
#[derive(Debug)]
pub struct NoField(());

/// State of a [`LineWriter`] begun from a [`Series`](super::Series): like [`NoField`], but the tags are fixed.
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
    /// Holds the state of the row too: a reference passes through every call in a register.
    batch: &'b mut Batch,
    state: PhantomData<State>,
}

impl<'b, State> LineWriter<'b, State> {
    #[inline]
    pub(crate) fn new(batch: &'b mut Batch) -> Self {
        Self { batch, state: PhantomData }
    }

    /// The batch, whose open row goes on.
    #[inline]
    pub(super) fn into_batch(self) -> &'b mut Batch {
        self.batch
    }

    #[inline(always)]
    fn first_field(self, key: &str, value: impl FieldValue) -> LineWriter<'b, HasField> {
        self.batch.put_field(key, value.as_value());
        LineWriter::new(self.batch)
    }
}

impl<'b> LineWriter<'b, NoField> {
    /// Adds a tag. One with an empty value is left out: the server has no such thing.
    #[inline(always)]
    pub fn tag(self, key: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.batch.put_tag(key, value);
        }
        self
    }

    /// Adds the first field.
    #[inline(always)]
    pub fn field<V: FieldValue>(self, key: &str, value: V) -> LineWriter<'b, HasField> {
        self.batch.end_key();
        self.first_field(key, value)
    }
}

impl<'b> LineWriter<'b, FixedKey> {
    /// Adds the first field.
    #[inline(always)]
    pub fn field<V: FieldValue>(self, key: &str, value: V) -> LineWriter<'b, HasField> {
        self.batch.end_series_key();
        self.first_field(key, value)
    }
}

impl LineWriter<'_, HasField> {
    /// Adds a field.
    #[inline(always)]
    pub fn field<V: FieldValue>(self, key: &str, value: V) -> Self {
        self.batch.put_field(key, value.as_value());
        self
    }

    /// Finishes the point with its time: an `i64` in the batch's precision, a
    /// [`SystemTime`](std::time::SystemTime) or another [`Timestamp`].
    ///
    /// # Errors
    /// The first thing that is wrong with the point. The batch is as it was before the point.
    #[inline]
    pub fn at(self, time: impl Into<Timestamp>) -> Result<(), PointError> {
        let precision = self.batch.precision();
        match time.into().in_precision(precision) {
            Some(units) => self.batch.finish_row(Some(units)),
            None => self.batch.fail_row(PointErrorKind::TimeOutOfRange { precision }),
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
        let precision = self.batch.precision();
        match clock::stamp(precision) {
            Some(units) => self.batch.finish_row(Some(units)),
            None => self.batch.fail_row(PointErrorKind::StampsAhead { precision }),
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
        self.batch.finish_row(None)
    }
}

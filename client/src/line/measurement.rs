//! Types that are points.

use super::batch::Batch;
use super::error::PointError;

/// A type whose values are points of a measurement, which [`Batch::push`] takes.
///
/// It is mostly derived (feature `derive`, on from the start). The struct's name in snake case is the measurement, its
/// fields are fields of the point under their own names, in their order:
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use influx_client::{Batch, Measurement, Timestamp};
///
/// #[derive(Measurement)]
/// #[influx(name = "cpu")]
/// struct CpuLoad<'a> {
///     #[influx(tag)]
///     host: &'a str,
///     #[influx(tag, rename = "core no")]
///     core: Option<u16>,
///     usage: f64,
///     switches: u32,
///     governor: Option<String>,
///     #[influx(skip)]
///     note: String,
///     #[influx(time)]
///     at: Timestamp,
/// }
///
/// let load = CpuLoad {
///     host: "a",
///     core: Some(3),
///     usage: 0.5,
///     switches: 7,
///     governor: None,
///     note: "not written".into(),
///     at: Timestamp::Nanoseconds(1_600_000_000_000_000_000),
/// };
/// let mut batch = Batch::default();
/// batch.push(&load)?;
/// assert_eq!(batch.line(0), br"cpu,core\ no=3,host=a usage=0.5,switches=7i 1600000000000000000");
/// # }
/// # Ok::<(), influx_client::PointError>(())
/// ```
///
/// # Attributes of the struct
///
/// * `#[influx(name = "…")]`: the measurement.
/// * `#[influx(crate = "…")]`: the path of this crate, where it has another than `::influx_client`.
///
/// # Attributes of a field
///
/// * none: a field of the point. It is of a type that is a [`FieldValue`](super::FieldValue), or an `Option` of one:
///   `None` leaves it out. A point that is left without a field is refused as
///   [`NoField`](super::PointErrorKind::NoField).
/// * `tag`: a tag. It is of a type that is a [`TagValue`](super::TagValue), or an `Option` of one: `None`, and an empty
///   text, leave it out. Tags are sorted as the server sorts them.
/// * `time`: the point's time, of a type that is [`Into<Timestamp>`](super::Timestamp) and `Copy`: an `i64` counts in
///   the batch's precision; a `SystemTime`, and with the features `chrono` and `jiff` their times, are cut down to it. `None` of an `Option`, and a struct without such a field, take the client's clock as
///   [`LineWriter::now`](super::LineWriter::now) does.
/// * `rename = "…"`: another name for the tag or field.
/// * `skip`: no part of the point.
///
/// Names are checked, escaped and sorted when the program is compiled, so that they cost a copy at run time. A name that
/// no server could store, two of one name, no field at all and the like do not compile.
///
/// ```compile_fail
/// # use influx_client::Measurement;
/// #[derive(Measurement)]
/// struct CpuLoad {
///     #[influx(tag)]
///     host: Vec<u8>, // `Vec<u8>` cannot be a tag's value
///     usage: f64,
/// }
/// ```
///
/// # By hand
///
/// An implementation adds one point, or returns an error and leaves the batch as it was; what it adds decides where
/// [`Batch::push_all`] takes a point's index to be.
pub trait Measurement {
    /// Adds this value to `batch` as one point.
    ///
    /// # Errors
    /// What is wrong with the point. The batch is as it was before.
    fn write_to(&self, batch: &mut Batch) -> Result<(), PointError>;
}

impl<T: Measurement + ?Sized> Measurement for &T {
    #[inline]
    fn write_to(&self, batch: &mut Batch) -> Result<(), PointError> {
        (**self).write_to(batch)
    }
}

impl<T: Measurement + ?Sized> Measurement for Box<T> {
    #[inline]
    fn write_to(&self, batch: &mut Batch) -> Result<(), PointError> {
        (**self).write_to(batch)
    }
}

/// A point that [`Batch::push_all`] did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedPoint {
    /// Its position among those that were given, from 0.
    pub position: usize,
    /// What is wrong with it.
    pub error: PointError,
}

/// What became of many points that were pushed into a batch.
///
/// It leads from a point of the batch, as the server's refusals name them, back to the value it was made of:
///
/// ```
/// use influx_client::{Batch, Point};
///
/// let points = ["a f=1i 1", "b f=NaN 2", "c f=3i 3"].map(|line| line.parse::<Point>());
/// # assert!(points[1].is_err());
/// let points = [points[0].clone()?, points[2].clone()?];
/// let mut batch = Batch::default();
/// batch.push_line(b"earlier f=1i 1")?;
/// let pushed = batch.push_all(&points);
/// assert!(pushed.refused().is_empty());
/// // The server refuses the third line of the batch.
/// assert_eq!(pushed.position_of(2), Some(1));
/// assert_eq!(pushed.position_of(0), None, "not one of these");
/// # Ok::<(), influx_client::PointError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushedPoints {
    /// The index in the batch of the first point that was taken.
    first: usize,
    taken: usize,
    /// In the order in which they were given.
    refused: Vec<RefusedPoint>,
}

impl PushedPoints {
    /// How many points were taken; they have the last indexes of the batch, in order.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// The points that were not taken, in the order in which they were given.
    #[must_use]
    pub fn refused(&self) -> &[RefusedPoint] {
        &self.refused
    }

    /// The position, among those that were given, of the point that has `index` in the batch; `None` if that point is
    /// not one of them.
    ///
    /// The index is that of [`Refusal`](crate::Refusal), [`QuotedLine`](super::QuotedLine) and [`Batch::line`].
    #[must_use]
    pub fn position_of(&self, index: usize) -> Option<usize> {
        let nth = index.checked_sub(self.first).filter(|&nth| nth < self.taken)?;
        // Each refused point that was given before pushes the position up by one.
        let mut position = nth;
        for refused in &self.refused {
            if refused.position > position {
                break;
            }
            position += 1;
        }
        Some(position)
    }
}

impl Batch {
    /// Adds one point.
    ///
    /// ```
    /// # #[cfg(feature = "derive")] {
    /// use influx_client::{Batch, Measurement};
    ///
    /// #[derive(Measurement)]
    /// struct RoomClimate {
    ///     celsius: f64,
    ///     #[influx(time)]
    ///     at: i64,
    /// }
    ///
    /// let mut batch = Batch::default();
    /// batch.push(&RoomClimate { celsius: 21.5, at: 1 })?;
    /// assert_eq!(batch.as_bytes(), b"room_climate celsius=21.5 1\n");
    /// # }
    /// # Ok::<(), influx_client::PointError>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the point. The batch is as it was before.
    #[inline]
    pub fn push<M: Measurement + ?Sized>(&mut self, point: &M) -> Result<(), PointError> {
        point.write_to(self)
    }

    /// Adds many points, leaving out those that are refused, and keeps the way back from the batch's points to those
    /// that were given.
    pub fn push_all<M: Measurement>(&mut self, points: impl IntoIterator<Item = M>) -> PushedPoints {
        let mut pushed = PushedPoints { first: self.points(), ..PushedPoints::default() };
        for (position, point) in points.into_iter().enumerate() {
            match self.push(&point) {
                Ok(()) => pushed.taken += 1,
                Err(error) => pushed.refused.push(RefusedPoint { position, error }),
            }
        }
        pushed
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Sound(bool);

    impl Measurement for Sound {
        fn write_to(&self, batch: &mut Batch) -> Result<(), PointError> {
            batch.point(if self.0 { "m" } else { "" }).field("f", 1i64).at(1)
        }
    }

    proptest! {
        #[test]
        fn every_point_is_led_back_to_its_value(
            earlier in 0usize..3,
            sound in prop::collection::vec(any::<bool>(), 0..40),
        ) {
            let mut batch = Batch::default();
            for _ in 0..earlier {
                batch.push(&Sound(true)).map_err(|error| TestCaseError::fail(error.to_string()))?;
            }
            let pushed = batch.push_all(sound.iter().copied().map(Sound));
            let taken: Vec<_> = (0..sound.len()).filter(|&at| sound[at]).collect();
            let refused: Vec<_> = (0..sound.len()).filter(|&at| !sound[at]).collect();
            prop_assert_eq!(pushed.taken(), taken.len());
            prop_assert_eq!(pushed.refused().iter().map(|point| point.position).collect::<Vec<_>>(), refused);
            let found: Vec<_> = (earlier..batch.points()).filter_map(|index| pushed.position_of(index)).collect();
            prop_assert_eq!(found, taken);
            for other in (0..earlier).chain([batch.points(), batch.points() + 1, usize::MAX]) {
                prop_assert_eq!(pushed.position_of(other), None);
            }
        }
    }
}

//! The time of a point.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::clock;
use crate::Precision;

/// The time of a point, in one of the forms a caller may have it in.
///
/// An `i64` counts in the batch's [`Precision`] since 1970-01-01T00:00:00Z and is sent as it is.
/// The other forms are cut to the batch's precision, downwards, before 1970 too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timestamp {
    /// In the batch's precision.
    Units(i64),
    /// Nanoseconds since 1970, whatever the batch's precision.
    Nanoseconds(i64),
    /// A time of the operating system.
    System(SystemTime),
}

impl Timestamp {
    /// The earliest time a 1.x server stores, in nanoseconds since 1970.
    ///
    /// The two lowest integers are marks of the server's own.
    pub const MIN_NANOSECONDS: i64 = i64::MIN + 2;

    /// The latest time a 1.x server stores, in nanoseconds since 1970.
    pub const MAX_NANOSECONDS: i64 = i64::MAX - 1;

    /// The next stamp of this process in units of `precision`: what [`LineWriter::now`](crate::LineWriter::now) gives a point.
    /// `None` where it would run more than an hour ahead of the clock.
    ///
    /// For points that are put together elsewhere and have to keep their time when they are sent again.
    #[must_use]
    pub fn stamp(precision: Precision) -> Option<i64> {
        clock::stamp(precision)
    }

    /// The time in units of `precision`, or `None` where no server could store it.
    ///
    /// ```
    /// use influx_client::{Precision, Timestamp};
    ///
    /// let just_before_1970 = Timestamp::Nanoseconds(-1);
    /// assert_eq!(just_before_1970.in_precision(Precision::Seconds), Some(-1));
    /// assert_eq!(Timestamp::Units(i64::MAX).in_precision(Precision::Hours), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn in_precision(self, precision: Precision) -> Option<i64> {
        let units = match self {
            Self::Units(units) => units,
            Self::Nanoseconds(nanoseconds) => nanoseconds.div_euclid(precision.nanoseconds()),
            Self::System(time) => system_units(time, precision)?,
        };
        let (first, last) = RANGES[precision as usize];
        (first..=last).contains(&units).then_some(units)
    }
}

/// The lowest and highest counts of units whose nanoseconds a server stores.
const RANGES: [(i64, i64); Precision::ALL.len()] = {
    let mut ranges = [(0, 0); Precision::ALL.len()];
    let mut at = 0;
    while at < ranges.len() {
        // Division cuts towards zero, which for either bound is into the range.
        let unit = Precision::ALL[at].nanoseconds();
        ranges[at] = (Timestamp::MIN_NANOSECONDS / unit, Timestamp::MAX_NANOSECONDS / unit);
        at += 1;
    }
    ranges
};

/// `time` in units of `precision`, cut downwards; `None` when it does not fit in 64 bits.
#[inline]
pub(crate) fn system_units(time: SystemTime, precision: Precision) -> Option<i64> {
    let nanoseconds = |since: Duration| {
        let whole = i64::try_from(since.as_secs()).ok()?.checked_mul(1_000_000_000)?;
        whole.checked_add(i64::from(since.subsec_nanos()))
    };
    // Of the times that clocks show, each has its nanoseconds in 64 bits: wider divisions take longer than all the rest.
    match time.duration_since(UNIX_EPOCH).map(nanoseconds) {
        Ok(Some(nanoseconds)) if precision == Precision::Nanoseconds => Some(nanoseconds),
        Ok(Some(nanoseconds)) => Some(nanoseconds / precision.nanoseconds()),
        Ok(None) | Err(_) => wide_system_units(time, precision),
    }
}

/// The same for every time there is.
#[cold]
fn wide_system_units(time: SystemTime, precision: Precision) -> Option<i64> {
    let nanoseconds = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i128::try_from(since.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    i64::try_from(nanoseconds.div_euclid(i128::from(precision.nanoseconds()))).ok()
}

impl From<i64> for Timestamp {
    #[inline]
    fn from(units: i64) -> Self {
        Self::Units(units)
    }
}

impl From<SystemTime> for Timestamp {
    #[inline]
    fn from(time: SystemTime) -> Self {
        Self::System(time)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bounds_are_the_servers_and_no_nanosecond_wider() {
        let ns = Precision::Nanoseconds;
        let (low, high) = (-9_223_372_036_854_775_806, 9_223_372_036_854_775_806);
        assert_eq!(Timestamp::Units(low).in_precision(ns), Some(low));
        assert_eq!(Timestamp::Units(high).in_precision(ns), Some(high));
        for outside in [low - 1, i64::MIN, high + 1] {
            assert_eq!(Timestamp::Units(outside).in_precision(ns), None);
            assert_eq!(Timestamp::Nanoseconds(outside).in_precision(ns), None);
        }
    }

    #[test]
    fn every_precision_is_bounded_where_its_nanoseconds_are() {
        for precision in Precision::ALL {
            let unit = i128::from(precision.nanoseconds());
            let stored = |units: i64| {
                let ns = i128::from(units) * unit;
                ns >= i128::from(Timestamp::MIN_NANOSECONDS) && ns <= i128::from(Timestamp::MAX_NANOSECONDS)
            };
            let (first, last) = RANGES[precision as usize];
            for edge in [first, last] {
                for units in [edge - 1, edge, edge + 1] {
                    assert_eq!(
                        Timestamp::Units(units).in_precision(precision).is_some(),
                        stored(units),
                        "{units} {precision}"
                    );
                }
            }
        }
    }

    #[test]
    fn times_before_1970_are_cut_downwards() {
        let time = UNIX_EPOCH - Duration::from_millis(1_500);
        assert_eq!(Timestamp::from(time).in_precision(Precision::Seconds), Some(-2));
        assert_eq!(Timestamp::from(time).in_precision(Precision::Microseconds), Some(-1_500_000));
    }

    #[test]
    fn a_far_system_time_is_refused_rather_than_wrapped() {
        let far = UNIX_EPOCH + Duration::from_secs(20_000_000_000);
        assert_eq!(Timestamp::from(far).in_precision(Precision::Nanoseconds), None);
        assert_eq!(Timestamp::from(far).in_precision(Precision::Hours), None);
    }

    proptest! {
        #[test]
        fn the_short_way_counts_as_the_wide_one(
            seconds in prop_oneof![0..4_000_000_000_u64, 9_223_372_030..9_223_372_040_u64, 0..100_000_000_000_000_u64],
            nanoseconds in 0..1_000_000_000_u32,
            before in any::<bool>(),
        ) {
            let distance = Duration::new(seconds, nanoseconds);
            let time = if before { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
            for (time, precision) in time.into_iter().flat_map(|time| Precision::ALL.map(|precision| (time, precision))) {
                prop_assert_eq!(system_units(time, precision), wide_system_units(time, precision));
            }
        }
    }
}

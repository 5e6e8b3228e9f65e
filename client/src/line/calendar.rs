//! Times of calendar libraries, to the nanosecond.

use super::timestamp::Timestamp;

/// Out of range in every precision, as is what it stands for: a time that no count of nanoseconds in 64 bits reaches.
const fn far(is_past: bool) -> Timestamp {
    Timestamp::Units(if is_past { i64::MIN } else { i64::MAX })
}

#[cfg(feature = "jiff")]
impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        match i64::try_from(time.as_nanosecond()) {
            Ok(nanoseconds) => Self::Nanoseconds(nanoseconds),
            Err(_) => far(time.as_second() < 0),
        }
    }
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> From<chrono::DateTime<Tz>> for Timestamp {
    fn from(time: chrono::DateTime<Tz>) -> Self {
        match time.timestamp_nanos_opt() {
            Some(nanoseconds) => Self::Nanoseconds(nanoseconds),
            None => far(time.timestamp() < 0),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::Precision;

    /// Seconds since 1970, and whether a server stores such a time.
    const TIMES: [(i64, bool); 6] = [
        (0, true),
        (-1, true),
        (9_223_372_036, true),
        (9_223_372_037, false),
        (-9_223_372_037, false),
        (32_503_680_000, false),
    ];

    fn check(time: impl Into<Timestamp> + Copy, seconds: i64, is_stored: bool) {
        for precision in Precision::ALL {
            let units = time.into().in_precision(precision);
            assert_eq!(units.is_some(), is_stored, "{seconds} {precision}");
            if let Some(units) = units {
                let expected = (i128::from(seconds) * 1_000_000_000 + 7).div_euclid(precision.nanoseconds().into());
                assert_eq!(i128::from(units), expected, "{precision}");
            }
        }
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn times_of_jiff() {
        for (seconds, is_stored) in TIMES {
            let time = jiff::Timestamp::from_nanosecond(i128::from(seconds) * 1_000_000_000 + 7).unwrap();
            check(time, seconds, is_stored);
        }
    }

    #[cfg(feature = "chrono")]
    #[test]
    fn times_of_chrono() {
        for (seconds, is_stored) in TIMES {
            check(chrono::DateTime::from_timestamp(seconds, 7).unwrap(), seconds, is_stored);
        }
    }
}

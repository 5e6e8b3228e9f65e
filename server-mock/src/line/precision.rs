//! The unit of the timestamps in a body.

use crate::Profile;

/// The unit of the timestamps in a body, from the `precision` parameter of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// `n`, and in profile 1.8 also `ns`.
    #[default]
    Nanosecond,
    /// `u`
    Microsecond,
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
}

/// A `precision` parameter that the server refuses; displays as the real one answers it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid precision \"{0}\" (use n, u, ms, s, m or h)")]
pub struct InvalidPrecision(String);

impl Precision {
    /// Reads the `precision` parameter; an absent parameter is the empty text.
    ///
    /// Captured cases "precision" of both profiles: 1.8 refuses what it does not know (`us` and `µ` among it),
    /// 0.10 takes it for nanoseconds.
    ///
    /// # Errors
    /// [`InvalidPrecision`], in profile 1.8 only.
    pub fn parse(text: &str, profile: Profile) -> Result<Self, InvalidPrecision> {
        match (text, profile) {
            ("" | "n" | "ns", _) => Ok(Self::Nanosecond),
            ("u", _) => Ok(Self::Microsecond),
            ("ms", _) => Ok(Self::Millisecond),
            ("s", _) => Ok(Self::Second),
            ("m", _) => Ok(Self::Minute),
            ("h", _) => Ok(Self::Hour),
            (_, Profile::V0_10) => Ok(Self::Nanosecond),
            (unknown, Profile::V1_8) => Err(InvalidPrecision(unknown.to_owned())),
        }
    }

    /// How many nanoseconds one unit has.
    #[must_use]
    pub fn nanoseconds(self) -> i64 {
        match self {
            Self::Nanosecond => 1,
            Self::Microsecond => 1_000,
            Self::Millisecond => 1_000_000,
            Self::Second => 1_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Hour => 3_600_000_000_000,
        }
    }

    /// The last whole unit at or before a time in nanoseconds: the stamp given to a point that brought none.
    #[must_use]
    pub(super) fn floor(self, time: i64) -> i64 {
        // Saturation needs a clock within an hour of the year 1677.
        time.saturating_sub(time.rem_euclid(self.nanoseconds()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_1_8_refuses_what_it_does_not_know() {
        for unknown in ["us", "µ", "x", "N", "bogus", " s"] {
            let refused = Precision::parse(unknown, Profile::V1_8).unwrap_err();
            assert_eq!(refused.to_string(), format!("invalid precision \"{unknown}\" (use n, u, ms, s, m or h)"));
            assert_eq!(Precision::parse(unknown, Profile::V0_10), Ok(Precision::Nanosecond));
        }
    }

    #[test]
    fn both_know_the_units() {
        for profile in Profile::ALL {
            let units = ["", "n", "ns", "u", "ms", "s", "m", "h"]
                .map(|text| Precision::parse(text, profile).unwrap().nanoseconds());
            assert_eq!(units, [1, 1, 1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000]);
        }
    }

    #[test]
    fn the_stamp_of_a_point_without_time_is_cut_downwards() {
        assert_eq!(Precision::Second.floor(1_999_999_999), 1_000_000_000);
        assert_eq!(Precision::Second.floor(-1), -1_000_000_000);
        assert_eq!(Precision::Nanosecond.floor(-1), -1);
        assert_eq!(Precision::Hour.floor(i64::MIN), i64::MIN);
    }
}

//! The unit of a batch's timestamps.

use std::fmt;
use std::str::FromStr;

/// The unit in which a request gives its timestamps, sent as `precision=` on `/write`.
///
/// ```
/// use influx_client::Precision;
///
/// assert_eq!("us".parse(), Ok(Precision::Microseconds));
/// assert_eq!(Precision::Microseconds.as_str(), "u"); // the form every 1.x server takes
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Precision {
    /// `n`: nanoseconds, what the server stores.
    #[default]
    Nanoseconds,
    /// `u`: microseconds.
    Microseconds,
    /// `ms`: milliseconds.
    Milliseconds,
    /// `s`: seconds.
    Seconds,
    /// `m`: minutes.
    Minutes,
    /// `h`: hours.
    Hours,
}

impl Precision {
    /// Every precision, from the finest to the coarsest.
    pub const ALL: [Self; 6] =
        [Self::Nanoseconds, Self::Microseconds, Self::Milliseconds, Self::Seconds, Self::Minutes, Self::Hours];

    /// The value of `precision=` that every 1.x server takes.
    ///
    /// `us` and `µ` are refused by 1.8, and 0.10 takes an unknown value silently for nanoseconds
    /// (captured cases "precision values"), so only these six forms are ever sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nanoseconds => "n",
            Self::Microseconds => "u",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Minutes => "m",
            Self::Hours => "h",
        }
    }

    /// Nanoseconds in one unit.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        match self {
            Self::Nanoseconds => 1,
            Self::Microseconds => 1_000,
            Self::Milliseconds => 1_000_000,
            Self::Seconds => 1_000_000_000,
            Self::Minutes => 60 * 1_000_000_000,
            Self::Hours => 3_600 * 1_000_000_000,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown precision: use n (ns), u (us), ms, s, m or h")]
#[non_exhaustive]
pub struct UnknownPrecision;

impl FromStr for Precision {
    type Err = UnknownPrecision;

    /// Reads `n`, `ns`, `u`, `us`, `ms`, `s`, `m` or `h`; the case counts, as on the server.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "n" | "ns" => Ok(Self::Nanoseconds),
            "u" | "us" => Ok(Self::Microseconds),
            "ms" => Ok(Self::Milliseconds),
            "s" => Ok(Self::Seconds),
            "m" => Ok(Self::Minutes),
            "h" => Ok(Self::Hours),
            _ => Err(UnknownPrecision),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_precision_survives_display_and_parse() {
        for precision in Precision::ALL {
            assert_eq!(precision.to_string().parse(), Ok(precision));
        }
        assert_eq!("ns".parse(), Ok(Precision::Nanoseconds));
        assert_eq!("us".parse(), Ok(Precision::Microseconds));
    }

    #[test]
    fn what_is_no_precision_is_refused() {
        for text in ["", "µ", "x", "S", "sec", " s", "d"] {
            assert_eq!(text.parse::<Precision>(), Err(UnknownPrecision), "{text:?}");
        }
    }

    #[test]
    fn units_grow() {
        assert!(Precision::ALL.windows(2).all(|pair| pair[0].nanoseconds() < pair[1].nanoseconds()));
    }
}

//! The time of day as a node sees it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::go::{format_duration, parse_duration};

/// A node's clock: that of the machine, set wrong by as much as a fault says. Clones are the same clock.
///
/// Everything that a node stamps or judges by the time of day asks this one: default timestamps of points, `now()` in
/// queries, retention. Time-outs and pauses go by a clock that nothing sets wrong, as those of the real servers do.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    skew: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that is right.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The time of day in nanoseconds, Unix time.
    #[must_use]
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let right = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        right.saturating_add(self.skew.load(Ordering::Relaxed))
    }

    /// Sets it wrong, or right again by the default skew.
    pub fn set_skew(&self, skew: ClockSkew) {
        self.skew.store(skew.0, Ordering::Relaxed);
    }
}

/// How wrong a clock is.
///
/// ```
/// use influx_server_mock::ClockSkew;
///
/// assert_eq!("-90s".parse::<ClockSkew>().unwrap().to_string(), "-1m30s");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClockSkew(i64);

/// A text that is no skew of a clock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} does not say how wrong a clock is: write +2h or -30s")]
pub struct NotASkew(String);

impl ClockSkew {
    /// Ahead of the right time; 292 years at most.
    #[must_use]
    pub fn ahead(by: Duration) -> Self {
        Self(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX))
    }

    /// Behind the right time; 292 years at most.
    #[must_use]
    pub fn behind(by: Duration) -> Self {
        Self(-Self::ahead(by).0)
    }

    /// Whether the clock is right.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for ClockSkew {
    type Err = NotASkew;

    /// A sign, which may be left out where it is `+`, and a duration.
    fn from_str(text: &str) -> Result<Self, NotASkew> {
        let (behind, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let wrong = || NotASkew(text.to_owned());
        if rest.starts_with(['+', '-']) {
            return Err(wrong());
        }
        let by = parse_duration(rest).map_err(|_| wrong())?;
        Ok(if behind { Self::behind(by) } else { Self::ahead(by) })
    }
}

impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 > 0 { "+" } else { "" };
        write!(f, "{sign}{}", format_duration(self.0))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_clock_is_as_wrong_as_it_is_told() {
        let (right, wrong) = (Clock::new(), Clock::new());
        wrong.set_skew(ClockSkew::ahead(Duration::from_secs(7200)));
        let ahead = wrong.now() - right.now();
        assert!((7_199_000_000_000..7_201_000_000_000).contains(&ahead), "{ahead}");
        wrong.set_skew(ClockSkew::behind(Duration::MAX));
        assert!(wrong.now() < 0, "no overflow");
    }

    #[test]
    fn skews_are_read_with_their_sign() {
        assert_eq!("+2h".parse::<ClockSkew>().unwrap(), ClockSkew::ahead(Duration::from_secs(7200)));
        assert_eq!("2h".parse::<ClockSkew>().unwrap().to_string(), "+2h0m0s");
        assert_eq!("-30s".parse::<ClockSkew>().unwrap(), ClockSkew::behind(Duration::from_secs(30)));
        for wrong in ["", "+", "--2h", "soon", "2"] {
            assert!(wrong.parse::<ClockSkew>().is_err(), "{wrong}");
        }
    }
}

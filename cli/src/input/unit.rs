//! Whether timestamps are in another unit than the one that was named. Pure.
//!
//! Seconds sent as nanoseconds are acknowledged and lie in 1970, where nobody looks for them and where retention
//! removes them. The value itself tells: a time of our days in one unit is none in the next, sixty times as coarse or
//! more.

use influx_client::Precision;

use crate::times::{DAY, text_in};

/// A timestamp that reads better in another unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnitDoubt {
    /// The value.
    pub(crate) time: i64,
    /// The unit that was named.
    pub(crate) given: Precision,
    /// The unit in which the value is a time of our days.
    pub(crate) looks_like: Precision,
}

/// The first plausible time, in nanoseconds: the start of 1975.
const FROM: i64 = 5 * 365 * DAY + DAY;
/// How far ahead of the clock a time is still plausible.
const AHEAD: i64 = 10 * 365 * DAY;

impl UnitDoubt {
    /// Doubts a timestamp that is implausible in its unit and plausible in another.
    pub(crate) fn of(time: i64, given: Precision, now: i64) -> Option<Self> {
        let plausible = |precision: Precision| {
            let nanoseconds = i128::from(time) * i128::from(precision.nanoseconds());
            (i128::from(FROM)..i128::from(now) + i128::from(AHEAD)).contains(&nanoseconds)
        };
        if plausible(given) {
            return None;
        }
        let looks_like = Precision::ALL.into_iter().find(|other| plausible(*other))?;
        Some(Self { time, given, looks_like })
    }

    /// What the value is in the unit that was named.
    pub(crate) fn as_given(&self) -> String {
        text_in(self.time, self.given)
    }

    /// What it would be in the other one.
    pub(crate) fn as_guessed(&self) -> String {
        text_in(self.time, self.looks_like)
    }

    /// Both, in words.
    pub(crate) fn text(&self) -> String {
        let (given, other) = (unit(self.given), unit(self.looks_like));
        let (as_given, as_guessed) = (self.as_given(), self.as_guessed());
        format!(
            "the timestamp {} is {as_given} in {given}, and would be {as_guessed} in {other}: is --precision {other} \
             meant?",
            self.time
        )
    }
}

/// The name that the flag has for it.
pub(crate) fn unit(precision: Precision) -> &'static str {
    match precision {
        Precision::Nanoseconds => "ns",
        Precision::Microseconds => "u",
        Precision::Milliseconds => "ms",
        Precision::Seconds => "s",
        Precision::Minutes => "m",
        Precision::Hours => "h",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 November 2026.
    const NOW: i64 = 1_793_491_200_000_000_000;

    #[test]
    fn each_unit_is_told_from_each_other() {
        for year in [1976_i64, 1999, 2016, 2026, 2030] {
            let time = (year - 1970) * 365 * DAY;
            for meant in Precision::ALL {
                for given in Precision::ALL {
                    let doubt = UnitDoubt::of(time / meant.nanoseconds(), given, NOW);
                    let looks_like = doubt.map(|doubt| doubt.looks_like);
                    assert_eq!(looks_like, (meant != given).then_some(meant), "{year}: {meant} given as {given}");
                }
            }
        }
    }

    #[test]
    fn times_that_are_no_times_of_our_days_in_any_unit_raise_no_doubt() {
        for time in [0, 1, 1_000, -1, -1_600_000_000, i64::MIN, i64::MAX] {
            assert_eq!(UnitDoubt::of(time, Precision::Nanoseconds, NOW), None, "{time}");
        }
        // Observations of 1950, in seconds.
        assert_eq!(UnitDoubt::of(-631_152_000, Precision::Seconds, NOW), None);
    }

    #[test]
    fn the_words_show_both_readings() {
        let doubt = UnitDoubt::of(1_600_000_000, Precision::Nanoseconds, NOW).map(|doubt| doubt.text());
        assert_eq!(
            doubt.as_deref(),
            Some(
                "the timestamp 1600000000 is 1970-01-01T00:00:01.6Z in ns, and would be 2020-09-13T12:26:40Z in s: is \
                 --precision s meant?"
            )
        );
    }
}

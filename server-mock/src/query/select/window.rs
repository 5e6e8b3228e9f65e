//! Buckets of `GROUP BY time(…)`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::query::{MAX_TIME, MIN_TIME};

/// Width and shift of buckets, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    /// At least 1.
    pub(super) width: i64,
    /// Less than the width in size.
    pub(super) offset: i64,
}

/// Finds the bucket of a time.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    /// `None`: the whole range is one bucket.
    pub(super) interval: Option<Interval>,
    /// Buckets start at round times of this zone's clock.
    pub(super) zone: Option<TimeZone>,
    /// The range asked for: first and last nanosecond.
    pub(super) min: i64,
    pub(super) max: i64,
}

/// Nanoseconds that a zone's clock is ahead of UTC.
pub(super) fn zone_offset(zone: &TimeZone, time: i64) -> i64 {
    let timestamp = Timestamp::from_nanosecond(i128::from(time)).expect("every i64 of nanoseconds is a timestamp");
    i64::from(zone.to_offset(timestamp).seconds()) * 1_000_000_000
}

impl Windows {
    fn offset_at(&self, time: i64) -> i64 {
        self.zone.as_ref().map_or(0, |zone| zone_offset(zone, time))
    }

    /// First nanosecond of the bucket of `time`, and the first after it.
    pub(super) fn around(&self, time: i64) -> (i64, i64) {
        let Some(interval) = self.interval else { return (self.min, self.max.saturating_add(1)) };
        let width = interval.width;
        let time = time.saturating_sub(interval.offset);
        let zone = self.offset_at(time);
        let into = time.wrapping_add(zone).rem_euclid(width);
        let mut start = if MIN_TIME + into >= time { MIN_TIME } else { time - into };
        start = start.saturating_add(interval.offset);
        // The clock may have been changed within the bucket: its round start is then at the earlier offset.
        let change = zone - self.offset_at(start);
        if change != 0 && change.saturating_abs() < width {
            start += change;
        }
        let left = width - into;
        let mut end = if MAX_TIME - left <= time { MAX_TIME } else { time + left };
        let at_end = self.offset_at(end);
        let change = zone - at_end;
        // A clock set back makes the bucket longer; one set forward makes it shorter, but only if the change is
        // within this bucket and not at its very end.
        if change != 0
            && change.saturating_abs() < width
            && (change > 0 || self.offset_at(end.saturating_add(change)) == at_end)
        {
            end = end.saturating_add(change);
        }
        (start, end.saturating_add(interval.offset))
    }

    /// The time shown for the bucket of `time`: its start, but the epoch where that is unbounded.
    pub(super) fn shown(&self, time: i64) -> i64 {
        match self.around(time).0 {
            MIN_TIME => 0,
            start => start,
        }
    }

    /// The start of the bucket after (or before) the one that starts at `start`.
    pub(super) fn step(&self, start: i64, ascending: bool) -> i64 {
        let width = self.interval.map_or(i64::MAX, |interval| interval.width);
        let next = if ascending { start.saturating_add(width) } else { start.saturating_sub(width) };
        let Some(zone) = &self.zone else { return next };
        let change = zone_offset(zone, start.saturating_sub(1)) - zone_offset(zone, next.saturating_sub(1));
        if change.saturating_abs() < width { next.saturating_add(change) } else { next }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MINUTE: i64 = 60_000_000_000;
    const DAY: i64 = 1440 * MINUTE;

    fn windows(width: i64, offset: i64, zone: Option<&str>) -> Windows {
        let zone = zone.map(|name| TimeZone::get(name).unwrap());
        Windows { interval: Some(Interval { width, offset }), zone, min: MIN_TIME, max: MAX_TIME }
    }

    #[test]
    fn buckets_are_round_also_before_the_epoch() {
        let windows = windows(MINUTE, 0, None);
        assert_eq!(windows.around(0), (0, MINUTE));
        assert_eq!(windows.around(MINUTE - 1), (0, MINUTE));
        assert_eq!(windows.around(-1), (-MINUTE, 0));
        assert_eq!(windows.around(MIN_TIME).0, MIN_TIME);
        assert_eq!(windows.around(MAX_TIME).1, MAX_TIME);
    }

    #[test]
    fn an_offset_shifts_them() {
        assert_eq!(windows(10 * MINUTE, MINUTE, None).around(0), (-9 * MINUTE, MINUTE));
    }

    #[test]
    fn days_of_a_zone_follow_its_clock() {
        let windows = windows(DAY, 0, Some("America/Los_Angeles"));
        let hour = 60 * MINUTE;
        // 2017-03-12 had 23 hours there, 2017-11-05 had 25.
        let short = 1_489_305_600_000_000_000;
        assert_eq!(windows.around(short + 5 * hour), (short, short + 23 * hour));
        let long = 1_509_865_200_000_000_000;
        assert_eq!(windows.around(long + 5 * hour), (long, long + 25 * hour));
        assert_eq!(windows.step(short, true), short + 23 * hour);
        assert_eq!(windows.step(long, true), long + 25 * hour);
    }
}

//! Points in time as people read them, and the stretches of time that servers cut data into.

use std::time::{Duration, SystemTime};

use influx_client::Precision;
use jiff::Timestamp;

/// Nanoseconds of a day.
pub(crate) const DAY: i64 = 86_400 * 1_000_000_000;

/// The year 1, from which servers count the boundaries of shard groups: weeks begin on Mondays.
const YEAR_ONE: i128 = -62_135_596_800 * 1_000_000_000;

/// The clock of this machine, in nanoseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// A duration in nanoseconds, at most what a timestamp can span.
pub(crate) fn nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds of a timestamp in a unit; `None` where no server can store it.
pub(crate) fn in_nanoseconds(time: i64, precision: Precision) -> Option<i64> {
    // The first and the last nanoseconds of the range have meanings of their own on servers.
    time.checked_mul(precision.nanoseconds()).filter(|time| (i64::MIN + 2..i64::MAX).contains(time))
}

/// `2016-01-01T00:00:00Z`, with as many decimals as there are.
pub(crate) fn text(nanoseconds: i64) -> String {
    match Timestamp::from_nanosecond(i128::from(nanoseconds)) {
        Ok(timestamp) => timestamp.to_string(),
        // Years beyond 9999 do not fit into 64 bits of nanoseconds.
        Err(_) => format!("{nanoseconds} ns"),
    }
}

/// A timestamp of any size in its unit, as far as the calendar goes.
pub(crate) fn text_in(time: i64, precision: Precision) -> String {
    let nanoseconds = i128::from(time) * i128::from(precision.nanoseconds());
    match Timestamp::from_nanosecond(nanoseconds) {
        Ok(timestamp) => timestamp.to_string(),
        Err(_) if time < 0 => "before the calendar".to_owned(),
        Err(_) => "after the year 9999".to_owned(),
    }
}

/// The length of shard groups that servers choose for a retention policy of this duration (`None`: for ever).
pub(crate) fn shard_group_duration(retention: Option<Duration>) -> Duration {
    const HOUR: u64 = 3_600;
    let seconds = match retention.map(|retention| retention.as_secs() / HOUR) {
        Some(hours) if hours < 2 * 24 => HOUR,
        Some(hours) if hours < 180 * 24 => 24 * HOUR,
        _ => 7 * 24 * HOUR,
    };
    Duration::from_secs(seconds)
}

/// The stretch of this length that a time lies in: its first nanosecond, cut where times begin.
pub(crate) fn window_start(time: i64, width: i64) -> i64 {
    let width = i128::from(width.max(1));
    let start = i128::from(time) - (i128::from(time) - YEAR_ONE).rem_euclid(width);
    i64::try_from(start).unwrap_or(i64::MIN)
}

/// How far the boundaries of such stretches lie behind those that are counted from 1970: what `GROUP BY time` of a
/// server has to be told.
pub(crate) fn window_offset(width: i64) -> i64 {
    // Less than the width, which fits.
    YEAR_ONE.rem_euclid(i128::from(width.max(1))) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        // Wednesday, 30 December 2015.
        let time = 1_451_500_000_000_000_000;
        assert_eq!(text(window_start(time, 7 * DAY)), "2015-12-28T00:00:00Z");
        assert_eq!(text(window_start(time, DAY)), "2015-12-30T00:00:00Z");
        assert_eq!(text(window_start(-1, 7 * DAY)), "1969-12-29T00:00:00Z");
        assert_eq!(window_offset(7 * DAY), 4 * DAY);
        assert_eq!(window_offset(DAY), 0);
        assert_eq!(window_start(i64::MIN, 7 * DAY), i64::MIN);
    }

    #[test]
    fn windows_follow_from_their_offset() {
        for width in [1, 7, DAY / 24, DAY, 7 * DAY, 11 * DAY + 13] {
            for time in [-987_654_321_987_654_321, -1, 0, 1, 1_451_500_000_123_456_789] {
                let offset = window_offset(width);
                assert_eq!(window_start(time, width), (time - offset).div_euclid(width) * width + offset);
            }
        }
    }

    #[test]
    fn shard_groups_are_as_long_as_servers_make_them() {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        assert_eq!(shard_group_duration(Some(hours(47))), hours(1));
        assert_eq!(shard_group_duration(Some(hours(48))), hours(24));
        assert_eq!(shard_group_duration(Some(hours(180 * 24 - 1))), hours(24));
        assert_eq!(shard_group_duration(Some(hours(180 * 24))), hours(168));
        assert_eq!(shard_group_duration(None), hours(168));
    }

    #[test]
    fn dates_beyond_the_calendar_are_said_to_be() {
        assert_eq!(text_in(1_600_000_000, Precision::Nanoseconds), "1970-01-01T00:00:01.6Z");
        assert_eq!(text_in(1_600_000_000, Precision::Seconds), "2020-09-13T12:26:40Z");
        assert_eq!(text_in(1_600_000_000_000_000_000, Precision::Seconds), "after the year 9999");
        assert_eq!(in_nanoseconds(1_600_000_000_000, Precision::Seconds), None);
    }
}

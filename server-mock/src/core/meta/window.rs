//! Windows of time that shard groups cover.

/// Earliest time (nanoseconds, Unix time) that a point may have, in both profiles' storage.
pub const MIN_TIME: i64 = i64::MIN + 2;

/// Latest time (nanoseconds, Unix time) that a point may have.
pub const MAX_TIME: i64 = i64::MAX - 1;

/// Seconds from 0001-01-01T00:00:00Z, a Monday, to the Unix epoch.
const YEAR_ONE: i128 = 62_135_596_800;

/// The last multiple of `window` nanoseconds, counted from the year 1, that is not after `time`.
///
/// Windows of a week therefore start on Mondays, also before 1970 (captured case week-boundaries). The result is no
/// earlier than [`i64::MIN`], where the true start cannot be told in nanoseconds of Unix time. A window of 0 or
/// less leaves the time as it is.
#[must_use]
pub fn truncate(time: i64, window: i64) -> i64 {
    if window <= 0 {
        return time;
    }
    let since_year_one = i128::from(time) + YEAR_ONE * 1_000_000_000;
    let start = i128::from(time) - since_year_one.rem_euclid(i128::from(window));
    i64::try_from(start).unwrap_or(i64::MIN)
}

/// The window `[start, end)` of this length around `time`, cut where times end.
pub(super) fn around(time: i64, window: i64) -> (i64, i64) {
    let start = truncate(time, window);
    // Not from `start`: that one may have been cut.
    let whole = i128::from(time) - (i128::from(time) + YEAR_ONE * 1_000_000_000).rem_euclid(i128::from(window.max(1)))
        + i128::from(window.max(1));
    (start, i64::try_from(whole).unwrap_or(i64::MAX))
}

/// Shrinks `[start, end)` around `time` so that it overlaps none of `taken`; none of those holds `time`.
pub(super) fn shrink(
    (mut start, mut end): (i64, i64),
    time: i64,
    taken: impl Iterator<Item = (i64, i64)>,
) -> (i64, i64) {
    for (from, to) in taken {
        if to <= time {
            start = start.max(to);
        } else if time < from {
            end = end.min(from);
        }
    }
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const HOUR: i64 = 3_600 * SECOND;
    const WEEK: i64 = 168 * HOUR;

    #[test]
    fn weeks_start_on_mondays() {
        for (time, start) in [
            (1_455_494_400 * SECOND, 1_455_494_400),
            (1_455_494_400 * SECOND - 1, 1_454_889_600),
            (1_456_099_200 * SECOND - 1, 1_455_494_400),
            (0, -259_200),
            (-1, -259_200),
            // 1923-11-12T00:00:00Z
            (-1_456_000_000 * SECOND, -1_456_012_800),
        ] {
            assert_eq!(truncate(time, WEEK), start * SECOND, "{time}");
        }
    }

    #[test]
    fn hours_start_on_the_hour() {
        assert_eq!(truncate(1_600_000_000 * SECOND, HOUR), 1_599_998_400 * SECOND);
        assert_eq!(truncate(1_599_998_400 * SECOND - 1, HOUR), 1_599_994_800 * SECOND);
        assert_eq!(truncate(17, 0), 17);
    }

    #[test]
    fn windows_at_the_ends_of_time_are_cut() {
        let (start, end) = around(MIN_TIME, WEEK);
        assert_eq!(start, i64::MIN);
        assert!(MIN_TIME < end && end - 1 < MIN_TIME + WEEK);
        assert_eq!(truncate(end, WEEK), end, "the cut window ends where the next one starts");
        let (start, end) = around(MAX_TIME, WEEK);
        assert!(start <= MAX_TIME && MAX_TIME < start + (i64::MAX - start));
        assert_eq!(end, i64::MAX);
        assert_eq!(truncate(start, WEEK), start);
    }

    #[test]
    fn a_window_makes_room_for_its_neighbours() {
        let taken = [(0, 10), (30, 40), (90, 95)];
        assert_eq!(shrink((5, 35), 20, taken.into_iter()), (10, 30));
        assert_eq!(shrink((40, 90), 50, taken.into_iter()), (40, 90));
        assert_eq!(shrink((0, 100), 10, taken.into_iter()), (10, 30));
    }
}

//! Cutting a batch by the shard groups that its points fall into.

use std::ops::Range;
use std::time::Duration;

use super::piece::Lines;
use crate::Batch;

/// Seconds from the year 1, from which servers count shard groups, to 1970.
const FROM_YEAR_ONE: i128 = 62_135_596_800;
const SECOND: i128 = 1_000_000_000;

/// The lines of a batch, apart by the windows of `duration` that their times lie in, in order of first appearance.
///
/// Windows are counted from the beginning of the year 1 (a Monday), as shard groups are (cluster 1.8 facts § 3). Lines without a
/// time get the server's, so they lie in one window as good as always.
///
/// `None` where there are more than `most` of them.
pub(super) fn by_window(batch: &Batch, duration: Duration, most: usize) -> Option<Vec<Lines>> {
    let all = 0..batch.points();
    let width = i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
    if width == 0 {
        return Some(vec![Lines::Range(all)]);
    }
    let unit = i128::from(batch.precision().nanoseconds());
    let window = |line: usize| {
        let time = i128::from(batch.time(line)?);
        Some((time * unit + FROM_YEAR_ONE * SECOND).div_euclid(width))
    };
    let mut found: Vec<(Option<i128>, Vec<Range<usize>>)> = Vec::new();
    for line in all {
        let window = window(line);
        // Most batches have few windows, and their points lie together.
        let at = found.iter().rposition(|(known, _)| *known == window).unwrap_or_else(|| {
            found.push((window, Vec::new()));
            found.len() - 1
        });
        if found.len() > most {
            return None;
        }
        match found[at].1.last_mut() {
            Some(range) if range.end == line => range.end += 1,
            _ => found[at].1.push(line..line + 1),
        }
    }
    let lines = |(_, mut ranges): (_, Vec<Range<usize>>)| match ranges.len() {
        1 => Lines::Range(ranges.swap_remove(0)),
        _ => Lines::Some(ranges.into_iter().flatten().collect()),
    };
    Some(found.into_iter().map(lines).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Precision;
    use proptest::prelude::*;

    const WEEK: i64 = 7 * 24 * 3600;
    /// Monday, 5 January 1970.
    const MONDAY: i64 = 4 * 24 * 3600;

    fn batch(times: &[i64]) -> Batch {
        let mut batch = Batch::new(Precision::Seconds);
        for time in times {
            batch.point("m").field("s", "a b").at(*time).unwrap();
        }
        batch
    }

    fn weeks(times: &[i64]) -> Vec<Lines> {
        by_window(&batch(times), Duration::from_secs(7 * 24 * 3600), usize::MAX).unwrap()
    }

    #[test]
    fn weeks_begin_on_monday_before_and_after_1970() {
        assert_eq!(weeks(&[MONDAY, MONDAY + WEEK - 1]), [Lines::Range(0..2)]);
        assert_eq!(weeks(&[MONDAY - 1, MONDAY]), [Lines::Range(0..1), Lines::Range(1..2)]);
        assert_eq!(weeks(&[MONDAY - 300 * WEEK - 1, MONDAY - 300 * WEEK]).len(), 2);
        assert_eq!(weeks(&[MONDAY, 0, MONDAY]), [Lines::Some(vec![0, 2]), Lines::Range(1..2)]);
    }

    #[test]
    fn points_without_a_time_are_together() {
        let mut batch = batch(&[MONDAY]);
        batch.point("m").field("s", "x 5").server_time().unwrap();
        batch.point("m").field("f", 5_i64).server_time().unwrap();
        let lines = by_window(&batch, Duration::from_secs(3600), 2).unwrap();
        assert_eq!(lines, [Lines::Range(0..1), Lines::Range(1..3)]);
        assert_eq!(by_window(&batch, Duration::from_secs(3600), 1), None);
        assert_eq!(by_window(&batch, Duration::ZERO, 1).unwrap(), [Lines::Range(0..3)]);
    }

    proptest! {
        /// Every line is in one piece, and a piece never spans more than a window.
        #[test]
        fn nothing_is_lost_or_doubled(times in prop::collection::vec(-10 * WEEK..10 * WEEK, 1..60)) {
            let pieces = weeks(&times);
            let mut seen: Vec<usize> = pieces.iter().flat_map(Lines::iter).collect();
            for piece in &pieces {
                let weeks: Vec<i64> = piece.iter().map(|line| (times[line] - MONDAY).div_euclid(WEEK)).collect();
                prop_assert!(weeks.iter().all(|week| *week == weeks[0]));
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..times.len()).collect::<Vec<_>>());
        }
    }
}

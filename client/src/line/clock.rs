//! Stamps from the client's own clock.
//!
//! A point that carries its time can be sent again without harm: the server overwrites the same
//! cell. So the client stamps points itself, and no two stamps of a process are equal, or two
//! points of one series would merge by accident (write outcomes, rule 8).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use super::timestamp::system_units;
use crate::Precision;

/// How far stamps may run ahead of the clock, in nanoseconds: one unit at least, else an hour.
///
/// Stamps run ahead when more points are stamped than the precision has instants, or when the
/// clock is set back. Past an hour they would no longer say when anything happened.
const AHEAD: i64 = 3_600 * 1_000_000_000;

/// The process's stamps, one sequence for each precision: a sequence in hours must not push one in
/// nanoseconds into the future.
static STAMPS: [Stamps; 6] = [const { Stamps::new() }; 6];

/// The next stamp of this process in `precision`, or `None` when it would run too far ahead.
pub(crate) fn stamp(precision: Precision) -> Option<i64> {
    let now = system_units(SystemTime::now(), precision)?;
    STAMPS[precision as usize].next(now, AHEAD / precision.nanoseconds())
}

/// A sequence of stamps that strictly increases.
#[derive(Debug)]
struct Stamps {
    last: AtomicI64,
}

impl Stamps {
    const fn new() -> Self {
        Self { last: AtomicI64::new(i64::MIN) }
    }

    /// `now`, or the stamp after the last one where that is later; `None` when that is more than
    /// `ahead` units later than `now`.
    fn next(&self, now: i64, ahead: i64) -> Option<i64> {
        // Only uniqueness is at stake, no other memory hangs on it.
        self.last
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| {
                let next = now.max(last.saturating_add(1));
                (next.saturating_sub(now) <= ahead).then_some(next)
            })
            .ok()
            .map(|last| now.max(last.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_clock_that_moves_is_followed() {
        let stamps = Stamps::new();
        assert_eq!(stamps.next(10, 5), Some(10));
        assert_eq!(stamps.next(20, 5), Some(20));
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_still_gives_new_stamps() {
        let stamps = Stamps::new();
        assert_eq!(stamps.next(10, 5), Some(10));
        assert_eq!(stamps.next(10, 5), Some(11));
        assert_eq!(stamps.next(8, 5), Some(12));
    }

    #[test]
    fn stamps_do_not_run_away_from_the_clock() {
        let stamps = Stamps::new();
        for expected in 10..=12 {
            assert_eq!(stamps.next(10, 2), Some(expected));
        }
        assert_eq!(stamps.next(10, 2), None);
        // A refusal uses nothing up.
        assert_eq!(stamps.next(11, 2), Some(13));
    }

    #[test]
    fn threads_never_share_a_stamp() {
        let stamps = Stamps::new();
        let mut all: Vec<i64> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..1_000).map(|now| stamps.next(now, 1_000_000).unwrap()).collect::<Vec<_>>()))
                .collect();
            handles.into_iter().flat_map(|h| h.join().unwrap()).collect()
        });
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 4_000);
    }

    #[test]
    fn the_process_clock_increases_in_every_precision() {
        for precision in Precision::ALL {
            let first = stamp(precision).unwrap();
            let second = stamp(precision).unwrap();
            assert!(second > first, "{precision}");
        }
    }
}

//! How many requests may be under way: fewer when servers push back, slowly more when they do not.

use std::time::{Duration, Instant};

use influx_client::{Attempt, Class};

/// Good answers in a row before one more request may be under way.
const PROOF: u32 = 20;

/// Halves on push-back, adds one after [`PROOF`] good answers: additive increase, multiplicative decrease.
#[derive(Debug)]
pub(crate) struct Pace {
    most: usize,
    allowed: usize,
    good: u32,
    /// When it was last halved.
    cut: Option<Instant>,
}

impl Pace {
    /// At most this many, which must not be zero.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, allowed: most, good: 0, cut: None }
    }

    /// How many may be under way now.
    pub(crate) fn allowed(&self) -> usize {
        self.allowed
    }

    /// Takes in an answer, or its absence, that came `now`.
    pub(crate) fn learn(&mut self, attempt: &Attempt, now: Instant) {
        self.take(attempt.class, attempt.elapsed, now);
    }

    fn take(&mut self, class: Class, elapsed: Duration, now: Instant) {
        // Do not remove: a new class must be given its place here.
        #[deny(clippy::wildcard_enum_match_arm)]
        match class {
            Class::Timeout | Class::Overloaded => {
                self.good = 0;
                // Requests that were under way together report the same trouble: it counts once.
                let begun = now.checked_sub(elapsed);
                if self.cut.is_some_and(|cut| begun.is_none_or(|begun| begun < cut)) {
                    return;
                }
                self.cut = Some(now);
                self.allowed = (self.allowed / 2).max(1);
            }
            Class::Ok => {
                self.good += 1;
                if self.good >= PROOF {
                    self.good = 0;
                    self.allowed = (self.allowed + 1).min(self.most);
                }
            }
            // Neither a sign of too much nor of room for more.
            Class::Unreachable
            | Class::BelowLevel
            | Class::NoReplica
            | Class::MetaUnavailable
            | Class::Deferred
            | Class::Auth
            | Class::NotFound
            | Class::Refused
            | Class::LocalIo
            | Class::Journal
            | Class::Rejected
            | Class::Malformed
            | Class::TypeConflict
            | Class::OutsideRetention
            | Class::Limit
            | Class::TooManyRejected => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(10);

    #[test]
    fn push_back_halves_and_good_answers_restore() {
        let mut pace = Pace::new(8);
        let mut now = Instant::now();
        for expected in [4, 2, 1, 1] {
            now += Duration::from_secs(1);
            pace.take(Class::Overloaded, SHORT, now);
            assert_eq!(pace.allowed(), expected);
        }
        for expected in [2, 3, 4, 5, 6, 7, 8, 8] {
            for _ in 0..PROOF {
                pace.take(Class::Ok, SHORT, now);
            }
            assert_eq!(pace.allowed(), expected);
        }
    }

    #[test]
    fn what_was_under_way_together_counts_once() {
        let mut pace = Pace::new(8);
        let now = Instant::now() + Duration::from_secs(60);
        for later in 0..4 {
            pace.take(Class::Timeout, Duration::from_secs(15), now + SHORT * later);
        }
        assert_eq!(pace.allowed(), 4);
        pace.take(Class::Timeout, Duration::from_secs(15), now + Duration::from_secs(16));
        assert_eq!(pace.allowed(), 2, "a request begun after the cut");
    }

    #[test]
    fn good_answers_count_in_a_row_and_other_classes_change_nothing() {
        let mut pace = Pace::new(4);
        let now = Instant::now();
        pace.take(Class::Overloaded, SHORT, now);
        for _ in 0..PROOF - 1 {
            pace.take(Class::Ok, SHORT, now + SHORT);
        }
        pace.take(Class::BelowLevel, SHORT, now + SHORT);
        assert_eq!(pace.allowed(), 2);
        pace.take(Class::Ok, SHORT, now + SHORT);
        assert_eq!(pace.allowed(), 3);
    }
}

//! The default policy.

use std::time::Duration;

use super::{Failed, Retry, RetryPolicy};
use crate::{Advice, Class};

/// Waits longer after each failure, by a random part of a doubling time ("full jitter"), so that clients which failed
/// together do not come back together.
///
/// | class | decision, if a resend can do no harm |
/// |---|---|
/// | `unreachable` | every other endpoint at once, then back off |
/// | `timeout`, `no-replica` | another endpoint, back off |
/// | `overloaded` | another endpoint, back off for long |
/// | `meta-unavailable` | another endpoint, back off for long; not where the node has no meta servers |
/// | `below-level` | the same endpoint (its queue holds the hint), back off for long, at most [`Backoff::below_level_tries`] times |
/// | `not-found` | the same endpoint, for some tenths of a second, only if this client created the database a moment ago |
/// | all others | give up |
///
/// A `Retry-After` of the server replaces the computed time. Points without timestamps are sent again only if
/// nothing of them can be stored. A wait that would reach the deadline is not begun.
///
/// Why these numbers: 250 ms is well above a round trip and below the second after which servers retry their own
/// queues; 30 s is where waiting longer no longer relieves a server; eight tries reach the cap before the
/// default deadline of a minute. A queue of hints drains within 0.6 to 10 s of a replica's return (cluster 1.8 facts
/// § 5), hence two more tries with the long back-off for `below-level`; replicas that disagree on a type answer
/// so for ever, hence not more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    cap: Duration,
    tries: u32,
    below_level_tries: u32,
}

impl Backoff {
    /// How much longer the long back-off is.
    const LONG: u32 = 8;
    /// First wait for a database that was just created: caches were seen to lag for up to 30 ms (cluster 1.8 facts § 6).
    const LAG: Duration = Duration::from_millis(40);
    /// Tries while a new database becomes known.
    const LAG_TRIES: u32 = 5;

    /// The longest first wait. Default 250 ms.
    #[must_use]
    pub const fn base(mut self, base: Duration) -> Self {
        self.base = base;
        self
    }

    /// The longest wait. Default 30 s.
    #[must_use]
    pub const fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// How many attempts are made with the same points in all, the first included. Default 8.
    #[must_use]
    pub const fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// How many times points are sent again because the level was not met. Default 2.
    #[must_use]
    pub const fn below_level_tries(mut self, tries: u32) -> Self {
        self.below_level_tries = tries;
        self
    }

    /// A random part of `first`, doubled for every failure so far, up to the cap.
    fn jittered(&self, first: Duration, failures: u32, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let longest = first.saturating_mul(1 << doublings).min(self.cap);
        longest.mul_f64(random.clamp(0.0, 1.0))
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { base: Duration::from_millis(250), cap: Duration::from_secs(30), tries: 8, below_level_tries: 2 }
    }
}

impl RetryPolicy for Backoff {
    fn decide(&self, failed: &Failed<'_>, random: f64) -> Retry {
        if failed.attempts >= self.tries || !failed.may_resend() {
            return Retry::GiveUp;
        }
        let short = self.jittered(self.base, failed.attempts, random);
        let long = self.jittered(self.base.saturating_mul(Self::LONG), failed.attempts, random);
        // Do not remove: a new class must be given a decision here, not inherit one.
        #[deny(clippy::wildcard_enum_match_arm)]
        let decision = match failed.verdict.class() {
            // Nothing was sent, so another node costs nothing; wait only once all were asked.
            Class::Unreachable if (failed.attempts as usize) < failed.endpoints => Retry::Next(Duration::ZERO),
            Class::Unreachable => Retry::Next(short),
            // Another coordinator may reach the owners that this one could not.
            Class::Timeout | Class::NoReplica => Retry::Next(short),
            // A quick resend is what an overloaded server suffers from.
            Class::Overloaded => Retry::Next(long),
            // A node without meta servers gets none by waiting.
            Class::MetaUnavailable if failed.verdict.advice() == Advice::CallOperator => Retry::GiveUp,
            Class::MetaUnavailable => Retry::Next(long),
            Class::BelowLevel if failed.below_level > self.below_level_tries => Retry::GiveUp,
            Class::BelowLevel => Retry::Same(long),
            // In the queue already: sending again only lengthens it.
            Class::Deferred => Retry::GiveUp,
            // The node's copy of the metadata lags behind the creation.
            Class::NotFound if failed.just_created && failed.attempts < Self::LAG_TRIES => {
                Retry::Same(self.jittered(Self::LAG, failed.attempts, 0.5 + random / 2.0))
            }
            // Nothing changes by itself.
            Class::NotFound | Class::Auth | Class::Refused => Retry::GiveUp,
            // The points are at fault; the write loop sends the others without asking.
            Class::Rejected
            | Class::Malformed
            | Class::TypeConflict
            | Class::OutsideRetention
            | Class::Limit
            | Class::TooManyRejected => Retry::GiveUp,
            // Not failures of an attempt.
            Class::Ok | Class::LocalIo | Class::Journal => Retry::GiveUp,
        };
        let asked = |own: Duration| failed.verdict.retry_after().unwrap_or(own);
        let (wait, decision) = match decision {
            Retry::GiveUp => return Retry::GiveUp,
            Retry::Same(own) => (asked(own), Retry::Same(asked(own))),
            Retry::Next(own) => (asked(own), Retry::Next(asked(own))),
            Retry::Lower { level, wait } => (wait, Retry::Lower { level, wait }),
        };
        if wait >= failed.remaining { Retry::GiveUp } else { decision }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConsistencyLevel, Context, NoReply, Outcome, Reply, Verdict, classify, classify_no_reply};
    use proptest::prelude::*;

    const TABLE: &str = include_str!("../../tests/data/write-errors.tsv");

    fn context() -> Context {
        Context::new(ConsistencyLevel::Quorum, 10)
    }

    fn verdict(status: u16, text: &str) -> Verdict {
        classify(&Reply::new(status, text.as_bytes()), &context())
    }

    fn decide(status: u16, text: &str) -> Retry {
        Backoff::default().decide(&Failed::first(&verdict(status, text)), 0.5)
    }

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn each_class_has_its_decision() {
        let lost = |pulled| classify_no_reply(&NoReply::Lost { reason: "".into() }, pulled, &context());
        let backoff = Backoff::default();
        let unsent = lost(0);
        let three = Failed { endpoints: 3, ..Failed::first(&unsent) };
        assert_eq!(backoff.decide(&three, 0.5), Retry::Next(Duration::ZERO));
        assert_eq!(backoff.decide(&Failed::first(&lost(0)), 0.5), Retry::Next(millis(125)));
        assert_eq!(backoff.decide(&Failed::first(&lost(9)), 0.5), Retry::Next(millis(125)));
        assert_eq!(decide(500, "timeout"), Retry::Next(millis(125)));
        assert_eq!(decide(500, "write failed"), Retry::Next(millis(125)));
        assert_eq!(decide(503, "request throttled, queue full"), Retry::Next(millis(1000)));
        assert_eq!(decide(500, "meta service returned 503 Service Unavailable"), Retry::Next(millis(1000)));
        assert_eq!(decide(500, "meta service unavailable"), Retry::GiveUp);
        assert_eq!(decide(500, "partial write"), Retry::Same(millis(1000)));
    }

    fn assert_never_retried(status: u16, text: &str) {
        assert_eq!(decide(status, text), Retry::GiveUp, "{status} {text}");
    }

    #[test]
    fn what_cannot_succeed_is_not_tried_again() {
        assert_never_retried(500, "retention policy not found: x");
        assert_never_retried(404, "database not found: \"x\"");
        assert_never_retried(401, "authorization failed");
        assert_never_retried(400, "invalid consistency level");
        assert_never_retried(500, "write failed: hinted handoff queue not empty");
        assert_never_retried(500, "write failed: field type conflict");
        assert_never_retried(400, "partial write: unable to parse 'x': missing fields dropped=0");
        assert_never_retried(500, "anything at all");
    }

    /// Every captured reply to a batch without timestamps: sent again only if nothing of it is stored.
    #[test]
    fn unstamped_points_are_sent_again_only_if_nothing_is_stored() {
        for line in TABLE.lines().skip(1) {
            let columns: Vec<_> = line.split('\t').collect();
            let status = columns[1].parse().expect("the table has a status in each line");
            let verdict = verdict(status, columns[5]);
            let failed = Failed { idempotent: false, ..Failed::first(&verdict) };
            let decision = Backoff::default().decide(&failed, 0.5);
            assert!(decision == Retry::GiveUp || verdict.outcome() == Outcome::NotStored, "{line}");
        }
        let verdict = verdict(503, "request throttled, queue full");
        let doubtful = Failed { idempotent: false, known: Outcome::Unknown, ..Failed::first(&verdict) };
        assert_eq!(Backoff::default().decide(&doubtful, 0.5), Retry::GiveUp, "an earlier attempt counts");
    }

    #[test]
    fn below_level_is_capped() {
        let verdict = verdict(500, "partial write");
        let failed = |n| Failed { below_level: n, attempts: n, ..Failed::first(&verdict) };
        let backoff = Backoff::default();
        assert!(matches!(backoff.decide(&failed(2), 0.5), Retry::Same(_)));
        assert_eq!(backoff.decide(&failed(3), 0.5), Retry::GiveUp);
        assert_eq!(backoff.below_level_tries(0).decide(&failed(1), 0.5), Retry::GiveUp);
    }

    #[test]
    fn a_new_database_is_waited_for_briefly() {
        let verdict = verdict(404, "database not found: \"x\"");
        let mut waited = Duration::ZERO;
        let mut attempts = 1;
        while let Retry::Same(wait) =
            Backoff::default().decide(&Failed { just_created: true, attempts, ..Failed::first(&verdict) }, 0.0)
        {
            waited += wait;
            attempts += 1;
        }
        assert!(attempts > 2 && waited > millis(30) && waited < millis(1000), "{attempts} {waited:?}");
    }

    #[test]
    fn the_server_says_when() {
        let verdict = classify(&Reply::new(503, b"busy").retry_after("7", None), &context());
        let failed = Failed::first(&verdict);
        assert_eq!(Backoff::default().decide(&failed, 0.9), Retry::Next(Duration::from_secs(7)));
        let late = Failed { remaining: Duration::from_secs(6), ..failed };
        assert_eq!(Backoff::default().decide(&late, 0.0), Retry::GiveUp, "not before the deadline");
    }

    proptest! {
        /// The wait stays under the cap, the deadline and the number of tries.
        #[test]
        fn waits_are_bounded(attempts in 1_u32..200, random in 0.0..1.0_f64, remaining in 0_u64..100_000) {
            let verdict = verdict(500, "timeout");
            let failed = Failed { attempts, remaining: millis(remaining), ..Failed::first(&verdict) };
            match Backoff::default().decide(&failed, random) {
                Retry::GiveUp => {}
                Retry::Lower { .. } => prop_assert!(false, "the default never settles for less"),
                Retry::Same(wait) | Retry::Next(wait) => {
                    prop_assert!(attempts < 8);
                    prop_assert!(wait <= Duration::from_secs(30) && wait < failed.remaining);
                }
            }
        }
    }
}

//! When `write` sends a batch again.

use std::time::Duration;

use influx_client::{Backoff, Class, Failed, Outcome, Retry, RetryPolicy};

/// How long a database that was created a moment ago may be unknown to the node asked: its copy of the metadata lags
/// behind, by some 30 ms on real clusters and by more on busy ones.
const FRESH: Duration = Duration::from_secs(5);
/// Between two questions about it.
const FRESH_PAUSE: Duration = Duration::from_millis(50);

/// As many tries as the command line gives, and two exceptions that count as none.
///
/// An address that cannot be reached has taken no byte, so the next one is tried at once; and a node that has
/// not heard yet of the database which this run created is asked again.
#[derive(Clone, Debug)]
pub(crate) struct Tries {
    retries: u32,
    backoff: Backoff,
}

impl Tries {
    /// A first try and `retries` more.
    pub(crate) fn new(retries: u32) -> Self {
        Self { retries, backoff: Backoff::default().tries(retries.saturating_add(1)) }
    }
}

impl RetryPolicy for Tries {
    fn decide(&self, failed: &Failed<'_>, random: f64) -> Retry {
        let nothing_stored = failed.known == Outcome::NotStored;
        let by_the_rules = || if self.retries == 0 { Retry::GiveUp } else { self.backoff.decide(failed, random) };
        // Do not remove: a new class must be given its place here.
        #[deny(clippy::wildcard_enum_match_arm)]
        match failed.verdict.class() {
            Class::Unreachable if nothing_stored && (failed.attempts as usize) < failed.endpoints => {
                Retry::Next(Duration::ZERO)
            }
            Class::NotFound if nothing_stored && failed.just_created && failed.elapsed < FRESH => {
                Retry::Same(FRESH_PAUSE)
            }
            Class::Unreachable
            | Class::Timeout
            | Class::BelowLevel
            | Class::Overloaded
            | Class::NoReplica
            | Class::MetaUnavailable
            | Class::Deferred
            | Class::Auth
            | Class::NotFound
            | Class::Refused
            | Class::Rejected
            | Class::Malformed
            | Class::TypeConflict
            | Class::OutsideRetention
            | Class::Limit => by_the_rules(),
            // No attempt ends like this.
            Class::Ok | Class::LocalIo | Class::Journal | Class::TooManyRejected => Retry::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use influx_client::{ConsistencyLevel, Context, NoReply, Reply, Verdict, classify, classify_no_reply};

    use super::*;

    fn unreachable() -> Verdict {
        let lost = NoReply::Lost { reason: "refused".into() };
        classify_no_reply(&lost, 0, &Context::new(ConsistencyLevel::One, 1))
    }

    #[test]
    fn every_address_is_tried_once_and_none_twice() {
        let verdict = unreachable();
        let mut failed = Failed::first(&verdict);
        failed.endpoints = 2;
        assert_eq!(Tries::new(0).decide(&failed, 0.5), Retry::Next(Duration::ZERO));
        failed.attempts = 2;
        assert_eq!(Tries::new(0).decide(&failed, 0.5), Retry::GiveUp);
    }

    #[test]
    fn a_batch_that_may_be_stored_is_sent_once() {
        for body in [&br#"{"error":"timeout"}"#[..], br#"{"error":"partial write"}"#, br#"{"error":"write failed"}"#] {
            let verdict = classify(&Reply::new(500, body), &Context::new(ConsistencyLevel::All, 1));
            let mut failed = Failed::first(&verdict);
            failed.endpoints = 3;
            assert_eq!(Tries::new(0).decide(&failed, 0.5), Retry::GiveUp);
        }
    }

    #[test]
    fn an_unknown_database_is_asked_for_again_only_if_it_is_new() {
        let reply = Reply::new(404, br#"{"error":"database not found: \"x\""}"#);
        let verdict = classify(&reply, &Context::new(ConsistencyLevel::One, 1));
        let mut failed = Failed::first(&verdict);
        assert_eq!(Tries::new(0).decide(&failed, 0.5), Retry::GiveUp);
        failed.just_created = true;
        assert_eq!(Tries::new(0).decide(&failed, 0.5), Retry::Same(FRESH_PAUSE));
        failed.elapsed = FRESH;
        assert_eq!(Tries::new(0).decide(&failed, 0.5), Retry::GiveUp);
    }
}

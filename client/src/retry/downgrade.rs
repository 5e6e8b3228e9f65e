//! Settling for less than was asked, in the open.

use std::time::Duration;

use super::{Failed, Retry, RetryPolicy};
use crate::{Backoff, Class, ConsistencyLevel};

/// Lets another policy try, and asks for a weaker level once it gives up because the cluster could not meet the one asked.
///
/// What was reached is told: [`Ack::level`](crate::Ack::level) is the level that was acknowledged and
/// [`Ack::asked`](crate::Ack::asked) the one asked for. Nothing is lowered by default, because a service that was built on a
/// quorum is seldom right without one.
///
/// Only the classes `below-level`, `no-replica` and `timeout` lower the level: there the coordinator was reached and
/// its owners were not. Hinted handoff does not look at the level, so the missing owners get the points as
/// before; what changes is only how many of them are waited for.
///
/// ```
/// use influx_client::{Client, ConsistencyLevel, Downgrade};
///
/// let client = Client::builder()
///     .endpoint("http://localhost:8086")
///     .consistency(ConsistencyLevel::Quorum)
///     .retry(Downgrade::to(ConsistencyLevel::One))
///     .build()?;
/// # Ok::<(), influx_client::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Downgrade<P = Backoff> {
    level: ConsistencyLevel,
    before: P,
}

impl Downgrade {
    /// Asks for `level` once the default [`Backoff`] gives up.
    #[must_use]
    pub fn to(level: ConsistencyLevel) -> Self {
        Self { level, before: Backoff::default() }
    }
}

impl<P> Downgrade<P> {
    /// Asks for the level once `policy` gives up.
    #[must_use]
    pub fn after<Q>(self, policy: Q) -> Downgrade<Q> {
        Downgrade { level: self.level, before: policy }
    }
}

impl<P: RetryPolicy> RetryPolicy for Downgrade<P> {
    fn decide(&self, failed: &Failed<'_>, random: f64) -> Retry {
        let decision = self.before.decide(failed, random);
        if decision != Retry::GiveUp || self.level >= failed.level {
            return decision;
        }
        // Do not remove: a new class must be given a decision here, not inherit one.
        #[deny(clippy::wildcard_enum_match_arm)]
        match failed.verdict.class() {
            Class::BelowLevel | Class::NoReplica | Class::Timeout => {
                Retry::Lower { level: self.level, wait: Duration::ZERO }
            }
            Class::Ok
            | Class::Unreachable
            | Class::Overloaded
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
            | Class::TooManyRejected => Retry::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, NoRetry, Reply, Verdict, classify};

    fn verdict(text: &str) -> Verdict {
        classify(&Reply::new(500, text.as_bytes()), &Context::new(ConsistencyLevel::Quorum, 1))
    }

    #[test]
    fn the_level_falls_only_where_it_was_the_obstacle() {
        let policy = Downgrade::to(ConsistencyLevel::One).after(NoRetry);
        let decide = |text, level| policy.decide(&Failed { level, ..Failed::first(&verdict(text)) }, 0.5);
        let lowered = Retry::Lower { level: ConsistencyLevel::One, wait: Duration::ZERO };
        assert_eq!(decide("partial write", ConsistencyLevel::All), lowered);
        assert_eq!(decide("timeout", ConsistencyLevel::Quorum), lowered);
        assert_eq!(decide("write failed", ConsistencyLevel::Quorum), lowered);
        assert_eq!(decide("write failed", ConsistencyLevel::One), Retry::GiveUp, "never to the same level, or up");
        assert_eq!(decide("write failed: field type conflict", ConsistencyLevel::All), Retry::GiveUp);
        assert_eq!(decide("retention policy not found: x", ConsistencyLevel::All), Retry::GiveUp);
    }

    #[test]
    fn the_other_policy_goes_first() {
        let policy = Downgrade::to(ConsistencyLevel::Any);
        let verdict = verdict("timeout");
        assert!(matches!(policy.decide(&Failed::first(&verdict), 0.5), Retry::Next(_)));
        let last = Failed { attempts: 8, ..Failed::first(&verdict) };
        assert!(matches!(policy.decide(&last, 0.5), Retry::Lower { level: ConsistencyLevel::Any, .. }));
    }
}

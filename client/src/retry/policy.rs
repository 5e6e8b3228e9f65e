//! The question that a write asks after an attempt failed.

use std::fmt::Debug;
use std::time::Duration;

use crate::{ConsistencyLevel, Outcome, Verdict};

/// Decides what to do after a failed attempt.
///
/// The decision is pure: time and randomness come as arguments. Whatever a policy answers, a write never resends
/// points without timestamps that may be stored already, and never outlives its deadline.
///
/// ```
/// use std::time::Duration;
/// use influx_client::{Failed, Outcome, Retry, RetryPolicy};
///
/// /// Tries every other endpoint once, without waiting, if nothing was stored.
/// #[derive(Debug)]
/// struct OnceEach;
///
/// impl RetryPolicy for OnceEach {
///     fn decide(&self, failed: &Failed<'_>, _random: f64) -> Retry {
///         let more = (failed.attempts as usize) < failed.endpoints;
///         if more && failed.known == Outcome::NotStored { Retry::Next(Duration::ZERO) } else { Retry::GiveUp }
///     }
/// }
/// ```
pub trait RetryPolicy: Send + Sync + Debug {
    /// What to do after this failure. `random` is uniform in `[0, 1)`.
    fn decide(&self, failed: &Failed<'_>, random: f64) -> Retry;
}

/// A failed attempt, and what went before it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failed<'a> {
    /// What the last attempt came to.
    pub verdict: &'a Verdict,
    /// The level that it asked for.
    pub level: ConsistencyLevel,
    /// What is known after all attempts with these points.
    pub known: Outcome,
    /// How many attempts were made with these points, the last one included.
    pub attempts: u32,
    /// How many of them ended below the level asked for.
    pub below_level: u32,
    /// Whether every point carries a timestamp, so that a resend is harmless.
    pub idempotent: bool,
    /// How many endpoints the client has.
    pub endpoints: usize,
    /// Whether this client created the database or the retention policy a moment ago.
    pub just_created: bool,
    /// The time since the call began.
    pub elapsed: Duration,
    /// The time until its deadline.
    pub remaining: Duration,
}

impl<'a> Failed<'a> {
    /// The first attempt of a call at level `one` of a client with one endpoint, with stamped points and a minute to go.
    #[must_use]
    pub const fn first(verdict: &'a Verdict) -> Self {
        Self {
            verdict,
            level: ConsistencyLevel::One,
            known: verdict.outcome(),
            attempts: 1,
            below_level: 0,
            idempotent: true,
            endpoints: 1,
            just_created: false,
            elapsed: Duration::ZERO,
            remaining: Duration::from_secs(60),
        }
    }

    /// Whether sending the points again can do no harm: each has a timestamp, or none can be stored.
    #[must_use]
    pub const fn may_resend(&self) -> bool {
        self.idempotent || matches!(self.known, Outcome::NotStored)
    }
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Return the error.
    GiveUp,
    /// Send again to the same endpoint after this time.
    Same(Duration),
    /// Send again to another endpoint, where there is one, after this time.
    Next(Duration),
    /// Send again to the same endpoint and ask for a weaker level from now on. A level that is not weaker is
    /// not taken, and the call ends.
    Lower {
        /// The weaker level.
        level: ConsistencyLevel,
        /// How long to wait before.
        wait: Duration,
    },
}

/// Never sends again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoRetry;

impl RetryPolicy for NoRetry {
    fn decide(&self, _failed: &Failed<'_>, _random: f64) -> Retry {
        Retry::GiveUp
    }
}

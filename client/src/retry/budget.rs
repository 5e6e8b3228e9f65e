//! A limit on retries over all calls of a client, so that they cannot become a storm.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Class;

/// How many retries all calls of a client may spend before successes pay for more.
///
/// A back-off slows each call down; when hundreds of calls fail together, their retries still are a multiple of the load
/// that a struggling cluster cannot bear. So each retry takes tokens from one bucket that the clones of a
/// client share: [`RetryBudget::cost`] of them, or [`RetryBudget::cost_after_timeout`] after an attempt that may
/// still be working in the cluster. A call that ends in an acknowledgement gives its tokens back, and one that was
/// acknowledged at once adds [`RetryBudget::refund`]. Where too few are left, the call returns its error as it
/// stands; a first attempt is always made.
///
/// ```
/// use influx_client::{Client, RetryBudget};
///
/// let client = Client::builder()
///     .endpoint("http://localhost:8086")
///     .retry_budget(RetryBudget::default().tokens(100))
///     .build()?;
/// assert_eq!(client.retry_tokens(), Some(100));
/// # Ok::<(), influx_client::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    tokens: u32,
    cost: u32,
    cost_after_timeout: u32,
    refund: u32,
}

impl RetryBudget {
    /// How many tokens there are at first, and at most. Default 500.
    #[must_use]
    pub const fn tokens(mut self, tokens: u32) -> Self {
        self.tokens = tokens;
        self
    }

    /// What a retry takes. Default 5.
    #[must_use]
    pub const fn cost(mut self, tokens: u32) -> Self {
        self.cost = tokens;
        self
    }

    /// What a retry takes after a time-out. Default 10.
    #[must_use]
    pub const fn cost_after_timeout(mut self, tokens: u32) -> Self {
        self.cost_after_timeout = tokens;
        self
    }

    /// What a call that was acknowledged at once adds. Default 1.
    #[must_use]
    pub const fn refund(mut self, tokens: u32) -> Self {
        self.refund = tokens;
        self
    }

    /// What a retry takes after an attempt of this class.
    const fn price(&self, after: Class) -> u32 {
        // Do not remove: a new class must be given its price here.
        #[deny(clippy::wildcard_enum_match_arm)]
        match after {
            Class::Timeout => self.cost_after_timeout,
            Class::Ok
            | Class::Unreachable
            | Class::BelowLevel
            | Class::Overloaded
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
            | Class::TooManyRejected => self.cost,
        }
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { tokens: 500, cost: 5, cost_after_timeout: 10, refund: 1 }
    }
}

/// The bucket of a client.
#[derive(Debug)]
pub(crate) struct Bucket {
    budget: RetryBudget,
    left: Mutex<u32>,
}

impl Bucket {
    pub(crate) const fn new(budget: RetryBudget) -> Self {
        Self { left: Mutex::new(budget.tokens), budget }
    }

    /// Takes the tokens of a retry; `None` where too few are left.
    pub(crate) fn take(&self, after: Class) -> Option<u32> {
        let price = self.budget.price(after);
        let mut left = self.left();
        *left = left.checked_sub(price)?;
        Some(price)
    }

    /// Gives the tokens back that an acknowledged call took.
    pub(crate) fn acknowledged(&self, taken: u32) {
        let more = if taken == 0 { self.budget.refund } else { taken };
        let mut left = self.left();
        *left = left.saturating_add(more).min(self.budget.tokens);
    }

    pub(crate) fn tokens(&self) -> u32 {
        *self.left()
    }

    fn left(&self) -> MutexGuard<'_, u32> {
        // A number is never half changed.
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_storm_ends_and_successes_pay_for_more() {
        let bucket = Bucket::new(RetryBudget::default());
        let retries = std::iter::from_fn(|| bucket.take(Class::NoReplica)).count();
        assert_eq!(retries, 100);
        assert_eq!(bucket.take(Class::Timeout), None);
        for _ in 0..9 {
            bucket.acknowledged(0);
        }
        assert_eq!(bucket.take(Class::Timeout), None, "a time-out costs more");
        assert_eq!(bucket.take(Class::NoReplica), Some(5));
    }

    proptest! {
        /// Whatever happens, no more is spent than there was at first and was paid in since.
        #[test]
        fn nothing_is_spent_that_is_not_there(calls in prop::collection::vec((0_u32..6, any::<bool>()), 0..200)) {
            let bucket = Bucket::new(RetryBudget::default().tokens(40));
            let (mut lost, mut paid) = (0_u32, 0_u32);
            for (wanted, acknowledged) in calls {
                let taken: u32 = (0..wanted).map_while(|_| bucket.take(Class::Timeout)).sum();
                if acknowledged {
                    bucket.acknowledged(taken);
                    paid += u32::from(taken == 0);
                } else {
                    lost += taken;
                }
                prop_assert!(bucket.tokens() <= 40);
                prop_assert!(lost <= 40 + paid);
            }
        }
    }
}

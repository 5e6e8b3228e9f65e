//! Why a failed write was not sent again.

use std::fmt;

/// Why a failed write was not sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stop {
    /// The [`RetryPolicy`](crate::RetryPolicy) gave up: this class is not tried again, or was often enough.
    Policy,
    /// No time was left before the deadline of the call.
    Deadline,
    /// The client's [`RetryBudget`](crate::RetryBudget) was spent, by this call or others.
    Budget,
    /// Points without timestamps may be stored already, so that a resend could double them.
    Doubt,
}

impl Stop {
    /// The stable name used in machine-readable output.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
            Self::Doubt => "doubt",
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Policy => "the retry policy gave up",
            Self::Deadline => "no time was left for another attempt",
            Self::Budget => "the client's retry budget is spent",
            Self::Doubt => "points without timestamps may be stored already, so they were not sent again",
        })
    }
}

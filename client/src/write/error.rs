//! The error of a write.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

use super::attempt::Attempt;
use super::destination::Destination;
use super::stop::Stop;
use super::tally::Tally;
use crate::error::advice;
use crate::{Advice, Class, ConsistencyLevel, Endpoint, ErrorKind, Outcome, Refusal, ServerVersion, TransportError};

/// A write that was not acknowledged for every point.
///
/// It says what happened ([`WriteError::kind`], [`WriteError::class`]), what is known of the data
/// ([`WriteError::outcome`], [`WriteError::tally`], [`WriteError::refusals`]) and what to do
/// ([`WriteError::advice`]).
#[derive(Clone)]
pub struct WriteError(Box<Inner>);

#[derive(Clone)]
pub(super) struct Inner {
    pub(super) kind: ErrorKind,
    pub(super) outcome: Outcome,
    pub(super) advice: Advice,
    pub(super) level: ConsistencyLevel,
    pub(super) lowered: Option<ConsistencyLevel>,
    pub(super) stop: Option<Stop>,
    pub(super) message: Option<Box<str>>,
    pub(super) attempts: Vec<Attempt>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) tally: Tally,
    pub(super) server_version: Option<ServerVersion>,
    pub(super) source: Option<TransportError>,
    pub(super) destination: Destination,
}

/// What is told of points that an earlier writer left in the spool.
const LEFT_BEHIND: &str = "the writer that put the points into the spool may have sent them before it ended";

impl WriteError {
    pub(super) fn new(inner: Inner) -> Self {
        Self(Box::new(inner))
    }

    /// The same error of a call that followed others with the same points, of which `earlier` may have stored some (`None` where
    /// nobody noted what became of that one): those that this one refuses are not called refused but unknown, except for the
    /// lines that all of them `refused`, and where the line alone is the reason.
    pub(crate) fn after(self, earlier: Option<&Self>, refused: &BTreeSet<usize>, idempotent: bool) -> Self {
        let mut inner = self.0;
        let certain = |refusal: &Refusal| refusal.line.is_some_and(|line| refused.contains(&line));
        inner.refusals.retain(|refusal| refusal.reason.is_of_the_line() || certain(refusal));
        let doubtful = inner.tally.refused.saturating_sub(inner.refusals.len());
        if doubtful > 0 {
            inner.tally.refused -= doubtful;
            inner.tally.unknown += doubtful;
            (inner.kind, inner.message) = match earlier {
                Some(earlier) => (earlier.0.kind.clone(), earlier.0.message.clone()),
                None => (ErrorKind::Disconnected { reason: LEFT_BEHIND.into() }, inner.message),
            };
            inner.outcome = Outcome::Unknown;
            inner.advice = advice(&inner.kind, inner.outcome, idempotent);
        }
        Self(inner)
    }

    /// The database and retention policy that it was for, for reading it back.
    pub(crate) fn destination(&self) -> &Destination {
        &self.0.destination
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The class of what went wrong: what to decide by.
    #[must_use]
    pub fn class(&self) -> Class {
        self.0.kind.class()
    }

    /// What is known about the points after all attempts.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// What to do.
    #[must_use]
    pub fn advice(&self) -> Advice {
        self.0.advice
    }

    /// The level that was asked for.
    #[must_use]
    pub fn level(&self) -> ConsistencyLevel {
        self.0.level
    }

    /// The weaker level that a policy such as [`Downgrade`](crate::Downgrade) asked for in the end, if it did.
    ///
    /// Points that the tally counts as stored were acknowledged at this level or a stronger one.
    #[must_use]
    pub fn lowered_to(&self) -> Option<ConsistencyLevel> {
        self.0.lowered
    }

    /// Why the points were not sent again; `None` where a resend was out of the question, because the points were refused.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        self.0.stop
    }

    /// Every request of the call, in order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The endpoint of the last request.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.0.attempts.last().map(|attempt| &attempt.endpoint)
    }

    /// The status of the last reply.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.attempts.last().and_then(|attempt| attempt.status)
    }

    /// The id under which the server logged the last request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.attempts.last().and_then(|attempt| attempt.request_id.as_deref())
    }

    /// The server's message that the kind was read from. It may hold user data.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The version of the server that answered last.
    #[must_use]
    pub fn server_version(&self) -> Option<&ServerVersion> {
        self.0.server_version.as_ref()
    }

    /// The points that were refused for good, by line.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        &self.0.refusals
    }

    /// How many points ended how.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.0.tally
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        write!(f, "{}", inner.kind)?;
        if let Some(last) = inner.attempts.last() {
            write!(f, " [{}", last.endpoint)?;
            if inner.attempts.len() > 1 {
                write!(f, ", {} requests", inner.attempts.len())?;
            }
            f.write_str("]")?;
        }
        write!(f, "; {}", inner.outcome.text())?;
        if inner.tally.total() > 0 {
            write!(f, " ({})", inner.tally)?;
        }
        if let Some(Stop::Budget) = inner.stop {
            // The others follow from the class and the settings of the call; this one depends on other calls.
            write!(f, "; {}", Stop::Budget)?;
        }
        write!(f, "; {}", inner.advice)
    }
}

impl fmt::Debug for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("WriteError")
            .field("kind", &inner.kind)
            .field("class", &self.class())
            .field("outcome", &inner.outcome)
            .field("advice", &inner.advice)
            .field("level", &inner.level)
            .field("stop", &inner.stop)
            .field("tally", &inner.tally)
            .field("refusals", &inner.refusals)
            .field("attempts", &inner.attempts)
            .finish_non_exhaustive()
    }
}

impl Error for WriteError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An error travels through every call, so it is one pointer; and it may go to any thread.
    #[test]
    fn the_error_is_small_and_free() {
        fn free<T: Clone + Send + Sync + 'static>() {}
        free::<WriteError>();
        assert_eq!(size_of::<WriteError>(), size_of::<usize>());
    }
}

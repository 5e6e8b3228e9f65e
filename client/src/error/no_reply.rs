//! Attempts that brought no complete answer.

use std::time::Duration;

use super::classify::advice;
use super::verdict::Others;
use super::{Context, ErrorKind, Outcome, Verdict};

/// Why an attempt brought no complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoReply {
    /// The connection could not be made, or was lost.
    Lost {
        /// What happened, without credentials.
        reason: Box<str>,
    },
    /// The time of the attempt ran out.
    TimedOut {
        /// The time that was allowed.
        after: Duration,
    },
    /// The deadline of the whole call passed.
    Deadline {
        /// The time that was allowed.
        after: Duration,
    },
}

/// What an attempt without a complete answer means, by how far the request got (row 71 of the captured table).
///
/// `pulled` is how many bytes of the body the HTTP library took. None taken means that nothing was sent; anything
/// else leaves everything open, because what was taken may wait in a buffer or may long be stored.
#[must_use]
pub fn classify_no_reply(failure: &NoReply, pulled: u64, context: &Context) -> Verdict {
    let kind = match failure {
        NoReply::Lost { reason } if pulled == 0 => ErrorKind::Connect { reason: reason.clone() },
        NoReply::TimedOut { after } if pulled == 0 => {
            ErrorKind::Connect { reason: format!("no connection within {after:?}").into() }
        }
        NoReply::Deadline { after } if pulled == 0 => {
            ErrorKind::Connect { reason: format!("the deadline of {after:?} passed first").into() }
        }
        NoReply::Lost { reason } => ErrorKind::Disconnected { reason: reason.clone() },
        NoReply::TimedOut { after } => ErrorKind::AttemptTimeout { after: *after },
        NoReply::Deadline { after } => ErrorKind::DeadlineExceeded { after: *after },
    };
    let outcome = if pulled == 0 { Outcome::NotStored } else { Outcome::Unknown };
    Verdict {
        advice: advice(&kind, outcome, context.idempotent),
        kind: Some(kind),
        outcome,
        row: Some(71),
        message: None,
        others: Others::Unsettled,
        unparsable: Vec::new(),
        verbatim: false,
        retry_after: None,
        server_version: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Advice, Class, ConsistencyLevel};

    #[test]
    fn only_a_request_of_which_nothing_was_taken_stored_nothing() {
        let context = Context::new(ConsistencyLevel::One, 1);
        let after = Duration::from_secs(15);
        let failures =
            [NoReply::Lost { reason: "reset".into() }, NoReply::TimedOut { after }, NoReply::Deadline { after }];
        for failure in failures {
            let none = classify_no_reply(&failure, 0, &context);
            assert_eq!((none.class(), none.outcome()), (Class::Unreachable, Outcome::NotStored));
            let one = classify_no_reply(&failure, 1, &context);
            assert_eq!((one.class(), one.outcome(), one.advice()), (Class::Timeout, Outcome::Unknown, Advice::Resend));
            let unstamped = classify_no_reply(&failure, 1, &context.not_idempotent());
            assert_eq!(unstamped.advice(), Advice::StampFirst);
        }
    }
}

//! What is known of one batch, in the terms that are reported.

use influx_client::{Ack, Advice, Attempt, Caveat, Class, Outcome, Tally, WriteError};

/// What became of one batch.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    pub(crate) outcome: Outcome,
    pub(crate) advice: Advice,
    pub(crate) tally: Tally,
    pub(crate) attempts: usize,
    /// Bytes of line protocol taken by the transport.
    pub(crate) sent: u64,
    pub(crate) status: Option<u16>,
    pub(crate) endpoint: Option<String>,
    pub(crate) request_id: Option<String>,
    /// The server's words, or ours where it said none.
    pub(crate) error: Option<String>,
    /// What happened, for a person.
    pub(crate) message: Option<String>,
    /// Below the level, which this run puts up with: no failure of the run.
    pub(crate) excused: bool,
    /// The most points that one request took, where another one was too large for the server.
    pub(crate) fits: Option<usize>,
    /// Why an acknowledgement is worth less than it says, if that is known.
    pub(crate) caveat: Option<Caveat>,
}

fn sent(attempts: &[Attempt]) -> u64 {
    attempts.iter().map(|attempt| attempt.sent).sum()
}

/// The most points that a request took, if another one was too large (413).
fn fits(attempts: &[Attempt]) -> Option<usize> {
    let too_large = |attempt: &Attempt| attempt.class == Class::Limit && attempt.status == Some(413);
    let taken = attempts.iter().filter(|attempt| attempt.class == Class::Ok).map(|attempt| attempt.points);
    attempts.iter().any(too_large).then(|| taken.max()).flatten()
}

impl Verdict {
    /// Of a batch that was acknowledged.
    pub(crate) fn acknowledged(ack: &Ack) -> Self {
        Self {
            class: Class::Ok,
            outcome: Outcome::Stored,
            advice: Advice::Nothing,
            tally: ack.tally(),
            attempts: ack.attempts().len(),
            sent: sent(ack.attempts()),
            status: ack.status(),
            endpoint: ack.endpoint().map(ToString::to_string),
            request_id: ack.request_id().map(str::to_owned),
            error: None,
            message: None,
            excused: false,
            fits: fits(ack.attempts()),
            caveat: ack.caveat(),
        }
    }

    /// Of a batch that was not, or not wholly.
    pub(crate) fn failed(error: &WriteError) -> Self {
        Self {
            class: error.class(),
            outcome: error.outcome(),
            advice: error.advice(),
            tally: error.tally(),
            attempts: error.attempts().len(),
            sent: sent(error.attempts()),
            status: error.status(),
            endpoint: error.endpoint().map(ToString::to_string),
            request_id: error.request_id().map(str::to_owned),
            error: Some(error.server_message().map_or_else(|| error.kind().to_string(), str::to_owned)),
            message: Some(error.kind().to_string()),
            excused: false,
            fits: fits(error.attempts()),
            caveat: None,
        }
    }

    /// Whether a script has to attend to it.
    pub(crate) fn is_failure(&self) -> bool {
        self.class != Class::Ok && !self.excused
    }

    /// Of a batch whose answer was not waited for, since the process was told to end.
    pub(crate) fn abandoned(points: usize, idempotent: bool) -> Self {
        let message = "ended before the answer came".to_owned();
        Self {
            class: Class::Timeout,
            outcome: Outcome::Unknown,
            advice: if idempotent { Advice::Resend } else { Advice::StampFirst },
            tally: Tally { unknown: points, ..Tally::default() },
            attempts: 1,
            sent: 0,
            status: None,
            endpoint: None,
            request_id: None,
            error: Some(message.clone()),
            message: Some(message),
            excused: false,
            fits: None,
            caveat: None,
        }
    }
}

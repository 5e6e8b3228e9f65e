//! What a reply, or the lack of one, says.

use std::time::Duration;

use super::{Advice, Class, Dropped, ErrorKind, Outcome, Reason, ServerVersion};

/// What one attempt came to: the result of [`classify`](super::classify).
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) outcome: Outcome,
    pub(crate) advice: Advice,
    pub(crate) row: Option<u8>,
    pub(crate) message: Option<Box<str>>,
    pub(crate) others: Others,
    pub(crate) unparsable: Vec<Unparsable>,
    /// Whether the message is there as the server made it, with its end and its newlines.
    pub(crate) verbatim: bool,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) server_version: Option<ServerVersion>,
}

/// What a partial refusal says of the points that were not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// All of them were acknowledged at the level asked for.
    Acknowledged,
    /// All of them were acknowledged, except lines which could not be parsed: this answer hides those.
    AcknowledgedIfParsed,
    /// Nothing.
    Unsettled,
}

/// A line which the server could not parse, as quoted in its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unparsable {
    /// The line, as far as it can be told from the words around it.
    pub line: Box<str>,
    /// The server's explanation, for example `missing fields`.
    pub why: Box<str>,
}

impl Verdict {
    /// What went wrong; `None` for an acknowledgement.
    #[must_use]
    pub const fn kind(&self) -> Option<&ErrorKind> {
        self.kind.as_ref()
    }

    /// The class: [`Class::Ok`] for an acknowledgement.
    #[must_use]
    pub const fn class(&self) -> Class {
        match &self.kind {
            Some(kind) => kind.class(),
            None => Class::Ok,
        }
    }

    /// What is known about the points.
    #[must_use]
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// What to do.
    #[must_use]
    pub const fn advice(&self) -> Advice {
        self.advice
    }

    /// The row of the captured table (`tests/data/write-errors.tsv` of this crate) that the reply matched.
    #[must_use]
    pub const fn row(&self) -> Option<u8> {
        self.row
    }

    /// The server's message.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// How many points the reply says were refused; `None` where it refuses none in particular.
    #[must_use]
    pub const fn dropped(&self) -> Option<Dropped> {
        match &self.kind {
            Some(ErrorKind::Rejected { dropped, .. }) => Some(*dropped),
            Some(ErrorKind::Invalid { .. }) => Some(Dropped::All),
            _ => None,
        }
    }

    /// Why points were refused, if they were.
    #[must_use]
    pub const fn reason(&self) -> Option<&Reason> {
        match &self.kind {
            Some(ErrorKind::Rejected { reason, .. }) => Some(reason),
            _ => None,
        }
    }

    /// What the reply says of the points that were not refused.
    #[must_use]
    pub const fn others(&self) -> Others {
        self.others
    }

    /// The unparsable lines that the reply quotes.
    #[must_use]
    pub fn unparsable(&self) -> &[Unparsable] {
        &self.unparsable
    }

    /// How long the server asks to wait. No 1.x server asks; a proxy may.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The version in the reply.
    #[must_use]
    pub const fn server_version(&self) -> Option<&ServerVersion> {
        self.server_version.as_ref()
    }
}

/// What a family of messages makes of a text; [`Verdict`] without what belongs to the reply as a whole.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) row: Option<u8>,
    pub(crate) kind: ErrorKind,
    pub(crate) outcome: Outcome,
    pub(crate) others: Others,
    pub(crate) unparsable: Vec<Unparsable>,
}

impl Finding {
    pub(crate) const fn new(row: u8, kind: ErrorKind, outcome: Outcome) -> Self {
        Self { row: Some(row), kind, outcome, others: Others::Unsettled, unparsable: Vec::new() }
    }

    /// Nothing is stored.
    pub(crate) const fn absent(row: u8, kind: ErrorKind) -> Self {
        Self::new(row, kind, Outcome::NotStored)
    }

    /// Nothing is known.
    pub(crate) const fn unknown(row: u8, kind: ErrorKind) -> Self {
        Self::new(row, kind, Outcome::Unknown)
    }

    /// Points were refused; what became of the others is in `others`.
    pub(crate) const fn rejected(row: Option<u8>, reason: Reason, dropped: Dropped, others: Others) -> Self {
        Self {
            row,
            kind: ErrorKind::Rejected { reason, dropped },
            outcome: Outcome::PartlyStored,
            others,
            unparsable: Vec::new(),
        }
    }
}

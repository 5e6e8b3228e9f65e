//! The error of a query.

use std::error::Error;
use std::fmt;

use crate::error::Excerpt;
use crate::{Class, ConsistencyLevel, Context, Endpoint, Reply, TransportError, classify};

/// Why a query, or one statement of it, failed.
#[derive(Clone)]
pub struct QueryError(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: QueryErrorKind,
    endpoint: Option<Endpoint>,
    source: Option<TransportError>,
}

/// What went wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryErrorKind {
    /// No connection could be made: the server has not seen the query.
    Unreachable {
        /// What happened.
        reason: Box<str>,
    },
    /// No complete answer came back: a statement that changes something may have been carried out.
    NoAnswer {
        /// What happened.
        reason: Box<str>,
    },
    /// The server refused the whole query.
    Refused {
        /// The status.
        status: u16,
        /// The server's words.
        message: Box<str>,
    },
    /// One statement failed.
    Statement {
        /// Its place in the query, from 0.
        index: usize,
        /// The server's words.
        message: Box<str>,
    },
    /// The answer is not one that this client knows.
    Unexpected {
        /// The status.
        status: u16,
        /// What is wrong with it.
        reason: Box<str>,
    },
    /// The answer is larger than the client reads.
    AnswerTooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The server left rows of a statement out, because its own limit on rows was reached.
    Truncated {
        /// The statement's place in the query, from 0.
        index: usize,
    },
    /// A row does not fit the type it was to be read as.
    Row {
        /// The place of the row in the answer, from 0.
        index: usize,
        /// What does not fit.
        reason: Box<str>,
    },
}

impl QueryErrorKind {
    /// The class.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. } => Class::Unreachable,
            Self::NoAnswer { .. } => Class::Timeout,
            Self::Refused { status, message } => class_of(*status, message),
            Self::Statement { message, .. } => class_of(400, message),
            Self::Unexpected { .. } | Self::AnswerTooLarge { .. } | Self::Row { .. } => Class::Refused,
            Self::Truncated { .. } => Class::Limit,
        }
    }
}

/// Beginnings of messages that only queries bring.
const BEGINNINGS: &[(&str, Class)] = &[
    ("error authorizing query", Class::Auth),
    ("error parsing query", Class::Refused),
    ("missing required parameter", Class::Refused),
    ("dial tcp ", Class::NoReplica),
    ("factory is not able to fill the pool", Class::NoReplica),
    ("write message ", Class::NoReplica),
    ("read message ", Class::NoReplica),
    ("partial success, node ", Class::NoReplica),
    ("query-timeout limit exceeded", Class::Timeout),
    ("query interrupted", Class::Timeout),
    ("max-concurrent-queries limit exceeded", Class::Overloaded),
    ("max-select-", Class::Limit),
];

fn class_of(status: u16, message: &str) -> Class {
    if let Some((_, class)) = BEGINNINGS.iter().find(|(begin, _)| message.starts_with(begin)) {
        return *class;
    }
    let context = Context::new(ConsistencyLevel::One, 0);
    // Do not remove: a new class must be looked at here.
    #[deny(clippy::wildcard_enum_match_arm)]
    match classify(&Reply::new(status, message.as_bytes()), &context).class() {
        class @ (Class::Timeout
        | Class::Overloaded
        | Class::NoReplica
        | Class::MetaUnavailable
        | Class::Auth
        | Class::NotFound
        | Class::Limit
        | Class::Refused) => class,
        // What only a write can come to is, for a query, a text that is not listed.
        Class::Ok
        | Class::Unreachable
        | Class::BelowLevel
        | Class::Deferred
        | Class::LocalIo
        | Class::Journal
        | Class::Rejected
        | Class::Malformed
        | Class::TypeConflict
        | Class::OutsideRetention
        | Class::TooManyRejected => Class::Refused,
    }
}

impl QueryError {
    pub(super) fn new(kind: QueryErrorKind, endpoint: Option<Endpoint>, source: Option<TransportError>) -> Self {
        Self(Box::new(Inner { kind, endpoint, source }))
    }

    /// An error that is no single endpoint's.
    pub(crate) fn of(kind: QueryErrorKind) -> Self {
        Self::new(kind, None, None)
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &QueryErrorKind {
        &self.0.kind
    }

    /// The class: what to decide by.
    #[must_use]
    pub fn class(&self) -> Class {
        self.0.kind.class()
    }

    /// Who was asked last.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.0.endpoint.as_ref()
    }

    /// The server's words, if it said something.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        match &self.0.kind {
            QueryErrorKind::Refused { message, .. } | QueryErrorKind::Statement { message, .. } => Some(message),
            QueryErrorKind::Unreachable { .. }
            | QueryErrorKind::NoAnswer { .. }
            | QueryErrorKind::Unexpected { .. }
            | QueryErrorKind::AnswerTooLarge { .. }
            | QueryErrorKind::Truncated { .. }
            | QueryErrorKind::Row { .. } => None,
        }
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            QueryErrorKind::Unreachable { reason } => write!(f, "no connection: {reason}")?,
            QueryErrorKind::NoAnswer { reason } => write!(f, "no complete answer: {reason}")?,
            QueryErrorKind::Refused { status, message } => {
                write!(f, "query refused with status {status}: {}", Excerpt(message))?;
            }
            QueryErrorKind::Statement { index, message } => {
                write!(f, "statement {}: {}", index + 1, Excerpt(message))?;
            }
            QueryErrorKind::Unexpected { status, reason } => {
                write!(f, "unexpected answer with status {status}: {}", Excerpt(reason))?;
            }
            QueryErrorKind::AnswerTooLarge { limit } => {
                write!(f, "the answer has more than {limit} bytes: ask for less, or raise the limit")?;
            }
            QueryErrorKind::Truncated { index } => {
                write!(f, "statement {}: the server left rows out: ask in chunks", index + 1)?;
            }
            QueryErrorKind::Row { index, reason } => {
                write!(f, "row {} does not fit: {}", index + 1, Excerpt(reason))?;
            }
        }
        self.0.endpoint.as_ref().map_or(Ok(()), |endpoint| write!(f, " [{endpoint}]"))
    }
}

impl fmt::Debug for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryError")
            .field("kind", &self.0.kind)
            .field("class", &self.class())
            .field("endpoint", &self.0.endpoint)
            .finish()
    }
}

impl Error for QueryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_classes() {
        for (status, message, class) in [
            (400, "database not found: nope", Class::NotFound),
            (400, "retention policy not found: x", Class::NotFound),
            (400, "error parsing query: found X", Class::Refused),
            (403, "error authorizing query: bob not authorized", Class::Auth),
            (401, "authorization failed", Class::Auth),
            (400, "dial tcp 10.0.0.1:8088: connect: connection refused", Class::NoReplica),
            (400, "meta service returned 503 Service Unavailable", Class::MetaUnavailable),
            (400, "partial write", Class::Refused),
            (503, "anything", Class::Overloaded),
            (400, "not executed", Class::Refused),
        ] {
            let kind = QueryErrorKind::Refused { status, message: message.into() };
            assert_eq!(kind.class(), class, "{message}");
        }
    }
}

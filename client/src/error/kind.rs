//! What went wrong, with the details that the server told.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::{Advice, Class, Dropped, Reason};
use crate::ConsistencyLevel;

/// What went wrong with a write.
///
/// Each kind belongs to one [`Class`]; the class decides, the kind explains.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No byte of the points was sent: the connection was refused, the name not resolved, TLS failed, or the
    /// connection ended first. Also where the server says that it could not read the body.
    Connect {
        /// What happened.
        reason: Box<str>,
    },
    /// The server, or a gateway before it, says that time ran out; writes may go on in the background.
    ServerTimeout {
        /// The HTTP status: 500 from the server itself, 408, 502 or 504 from a gateway.
        status: u16,
    },
    /// No complete answer within the time of one attempt, after bytes went out.
    AttemptTimeout {
        /// The time that was allowed.
        after: Duration,
    },
    /// The connection was lost after bytes went out, before a complete answer.
    Disconnected {
        /// What happened.
        reason: Box<str>,
    },
    /// The deadline of the whole call passed while an attempt was under way.
    DeadlineExceeded {
        /// The time that was allowed.
        after: Duration,
    },
    /// Some replica acknowledged, but fewer than the level asks.
    ConsistencyNotMet {
        /// The level that was asked for.
        level: ConsistencyLevel,
    },
    /// A server, a queue or a disk had no room.
    Overloaded {
        /// Which.
        cause: Overload,
    },
    /// No replica of a shard acknowledged.
    NoReplica {
        /// Why, as far as the server says.
        reason: ReplicaFailure,
    },
    /// The meta nodes could not make a new shard group.
    MetaUnavailable {
        /// Why.
        reason: MetaFailure,
    },
    /// Accepted into a hinted handoff queue behind earlier points.
    Deferred,
    /// The credentials are missing or wrong.
    Unauthorized,
    /// The user may not write to the database.
    Forbidden {
        /// The user, if the server names one.
        user: Option<Box<str>>,
        /// The database, if the server names it.
        database: Option<Box<str>>,
    },
    /// The node asked does not know the database.
    DatabaseNotFound {
        /// The database, if the server names it.
        name: Option<Box<str>>,
    },
    /// The database has no such retention policy, or no default one (then the name is empty).
    RetentionPolicyNotFound {
        /// The retention policy, if the server names it.
        name: Option<Box<str>>,
    },
    /// The call itself is wrong.
    BadRequest {
        /// What is wrong with it.
        problem: RequestProblem,
    },
    /// An answer that is not one this client knows; nothing is guessed from it.
    UnexpectedResponse {
        /// The HTTP status.
        status: u16,
        /// The body, cut after 4,096 bytes.
        body: Box<str>,
    },
    /// Points were refused.
    Rejected {
        /// Why; [`Reason::Several`] where there is more than one reason.
        reason: Reason,
        /// How many, as far as known.
        dropped: Dropped,
    },
    /// No line of the request could be parsed.
    Invalid {
        /// How many unparsable lines the answer names.
        lines: usize,
    },
    /// The request, or one line of it, is larger than the server takes.
    TooLarge {
        /// The limit that was met.
        limit: SizeLimit,
    },
}

/// What had no room.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overload {
    /// The server's write throttler: too many writes wait. Nothing of the request was read.
    ThrottledQueueFull,
    /// The server's write throttler: the write waited too long. Nothing of the request was read.
    ThrottledTimeout,
    /// The hinted handoff queue of an unreachable replica is full.
    HandoffQueueFull,
    /// Hinted handoff is switched off, and no owner was reachable.
    HandoffDisabled,
    /// The write cache of a replica is full until it is snapshotted to disk.
    CacheFull {
        /// How large the cache is, in bytes, if told.
        bytes: Option<u64>,
        /// How large it may be, in bytes, if told.
        limit: Option<u64>,
    },
    /// No connection to a replica was free.
    NoFreeConnection,
    /// A disk is full.
    DiskFull,
    /// A relay could not reach any backend.
    Relay,
    /// A status of 429 or 503 with another text.
    Status {
        /// The status.
        status: u16,
    },
}

/// Why no replica acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplicaFailure {
    /// The server says only `write failed`: every owner's queue was not empty or blocked, or the node is closing.
    Unstated,
    /// A replica could not be dialled.
    Dial {
        /// The server's words.
        message: Box<str>,
    },
    /// The connection to a replica broke.
    Connection {
        /// The server's words.
        message: Box<str>,
    },
    /// An owner of the shard is not in the cluster any more.
    NodeGone,
    /// The shard is being deleted, disabled, closed or not there.
    ShardUnavailable {
        /// The server's words.
        message: Box<str>,
    },
    /// The storage of a replica, or the handoff queue on disk, failed.
    Storage {
        /// The server's words.
        message: Box<str>,
    },
    /// A remote replica answered an error which is not listed.
    Remote {
        /// The error code of the cluster protocol.
        code: u64,
        /// The shard, if told.
        shard: Option<u64>,
        /// The server's words.
        message: Box<str>,
    },
    /// There is no shard group for the points: no data nodes, or the retention policy was dropped meanwhile.
    NoShardGroup,
    /// The server's handler failed.
    HandlerFailed,
    /// A relay failed.
    Relay,
    /// Another reason.
    Other {
        /// The server's words.
        message: Box<str>,
    },
}

/// Why the meta nodes could not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetaFailure {
    /// The last meta node tried could not be reached.
    Unreachable {
        /// The server's words.
        message: Box<str>,
    },
    /// The last meta node tried answered an error: usually there is no leader.
    Answered {
        /// What it answered, for example `503 Service Unavailable`.
        status: Box<str>,
    },
    /// The node has no meta servers: it has not joined.
    NotJoined,
    /// The meta nodes lost their leader in the middle of the command.
    LeadershipLost {
        /// The server's words.
        message: Box<str>,
    },
}

/// What is wrong with a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestProblem {
    /// The method is not allowed there.
    Method,
    /// There is no such path: not an InfluxDB, or a wrong base path.
    Path,
    /// The precision is not one the server knows.
    Precision {
        /// The precision that was sent, if the server repeats it.
        given: Option<Box<str>>,
    },
    /// The consistency level is not one the server knows.
    ConsistencyLevel,
    /// No database was given.
    DatabaseMissing,
    /// The bucket is not of the form `database/retention-policy`.
    Bucket,
    /// The compressed body is damaged.
    Compression,
    /// A relay refused the points: it does not say which.
    RelayPoints,
}

/// A limit on size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeLimit {
    /// The size of a request's body.
    RequestBody,
    /// The size of a segment of the hinted handoff queue: one block of points did not fit.
    HandoffSegment,
}

impl ErrorKind {
    /// The class of this kind.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Connect { .. } => Class::Unreachable,
            Self::ServerTimeout { .. }
            | Self::AttemptTimeout { .. }
            | Self::Disconnected { .. }
            | Self::DeadlineExceeded { .. } => Class::Timeout,
            Self::ConsistencyNotMet { .. } => Class::BelowLevel,
            Self::Overloaded { .. } => Class::Overloaded,
            Self::NoReplica { .. } => Class::NoReplica,
            Self::MetaUnavailable { .. } => Class::MetaUnavailable,
            Self::Deferred => Class::Deferred,
            Self::Unauthorized | Self::Forbidden { .. } => Class::Auth,
            Self::DatabaseNotFound { .. } | Self::RetentionPolicyNotFound { .. } => Class::NotFound,
            Self::BadRequest { .. } | Self::UnexpectedResponse { .. } => Class::Refused,
            Self::Rejected { reason, .. } => reason.class(),
            Self::Invalid { .. } => Class::Malformed,
            Self::TooLarge { .. } => Class::Limit,
        }
    }

    /// The name of the variant, for example `ConsistencyNotMet`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "Connect",
            Self::ServerTimeout { .. } => "ServerTimeout",
            Self::AttemptTimeout { .. } => "AttemptTimeout",
            Self::Disconnected { .. } => "Disconnected",
            Self::DeadlineExceeded { .. } => "DeadlineExceeded",
            Self::ConsistencyNotMet { .. } => "ConsistencyNotMet",
            Self::Overloaded { .. } => "Overloaded",
            Self::NoReplica { .. } => "NoReplica",
            Self::MetaUnavailable { .. } => "MetaUnavailable",
            Self::Deferred => "Deferred",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden { .. } => "Forbidden",
            Self::DatabaseNotFound { .. } => "DatabaseNotFound",
            Self::RetentionPolicyNotFound { .. } => "RetentionPolicyNotFound",
            Self::BadRequest { .. } => "BadRequest",
            Self::UnexpectedResponse { .. } => "UnexpectedResponse",
            Self::Rejected { .. } => "Rejected",
            Self::Invalid { .. } => "Invalid",
            Self::TooLarge { .. } => "TooLarge",
        }
    }

    /// What to do about it: the advice of the class, or a more precise one.
    #[must_use]
    pub const fn advice(&self) -> Advice {
        match self {
            Self::MetaUnavailable { reason: MetaFailure::NotJoined } => Advice::CallOperator,
            _ => self.class().advice(),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { reason } => write!(f, "nothing was sent: {reason}"),
            Self::ServerTimeout { status: 500 } => f.write_str("the server ran out of time"),
            Self::ServerTimeout { status } => {
                write!(f, "no verdict from behind a gateway (status {status})")
            }
            Self::AttemptTimeout { after } => write!(f, "no answer within {after:?}"),
            Self::Disconnected { reason } => {
                write!(f, "connection lost before a complete answer: {reason}")
            }
            Self::DeadlineExceeded { after } => {
                write!(f, "the deadline of {after:?} passed without an answer")
            }
            Self::ConsistencyNotMet { level } => {
                write!(f, "consistency level {level} was not met: fewer replicas acknowledged")
            }
            Self::Overloaded { cause } => write!(f, "overloaded: {cause}"),
            Self::NoReplica { reason } => write!(f, "no replica acknowledged: {reason}"),
            Self::MetaUnavailable { reason } => {
                write!(f, "the meta nodes are not available: {reason}")
            }
            Self::Deferred => f.write_str("queued in hinted handoff behind earlier points"),
            Self::Unauthorized => f.write_str("not authorized"),
            Self::Forbidden { user, database } => {
                f.write_str("forbidden:")?;
                match user {
                    Some(user) => write!(f, " user {user:?} may not write")?,
                    None => f.write_str(" a user with the right to write is required")?,
                }
                database.as_ref().map_or(Ok(()), |name| write!(f, " to database {name:?}"))
            }
            Self::DatabaseNotFound { name: Some(name) } => write!(f, "database {name:?} not found"),
            Self::DatabaseNotFound { name: None } => f.write_str("database not found"),
            Self::RetentionPolicyNotFound { name: Some(name) } if name.is_empty() => {
                f.write_str("the database has no default retention policy")
            }
            Self::RetentionPolicyNotFound { name: Some(name) } => {
                write!(f, "retention policy {name:?} not found")
            }
            Self::RetentionPolicyNotFound { name: None } => f.write_str("retention policy not found"),
            Self::BadRequest { problem } => write!(f, "the call is wrong: {problem}"),
            Self::UnexpectedResponse { status, body } => {
                write!(f, "unexpected answer with status {status}")?;
                if body.is_empty() { Ok(()) } else { write!(f, ": {}", Excerpt(body)) }
            }
            Self::Rejected { reason, dropped } => write!(f, "points refused ({dropped}): {reason}"),
            Self::Invalid { lines } => write!(f, "no line could be parsed ({lines} named)"),
            Self::TooLarge { limit: SizeLimit::RequestBody } => {
                f.write_str("larger than the server takes in one request")
            }
            Self::TooLarge { limit: SizeLimit::HandoffSegment } => {
                f.write_str("larger than a segment of the hinted handoff queue")
            }
        }
    }
}

/// The beginning of a text, of at most so many bytes.
pub(crate) fn shortened(text: &str, bytes: usize) -> Box<str> {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text[..end.unwrap_or(0)].into()
}

/// The first words of a text on one line, for messages.
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LENGTH: usize = 200;
        let mut chars = self.0.chars();
        for c in chars.by_ref().take(LENGTH) {
            // A server's text must not steer the terminal or forge log lines.
            f.write_char(if c.is_control() { ' ' } else { c })?;
        }
        if chars.next().is_some() { f.write_str("…") } else { Ok(()) }
    }
}

impl fmt::Display for Overload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ThrottledQueueFull => f.write_str("request throttled, too many writes wait"),
            Self::ThrottledTimeout => f.write_str("request throttled, it waited too long"),
            Self::HandoffQueueFull => f.write_str("the hinted handoff queue is full"),
            Self::HandoffDisabled => f.write_str("hinted handoff is switched off and no owner was reachable"),
            Self::CacheFull { bytes: Some(bytes), limit: Some(limit) } => {
                write!(f, "the write cache is full ({bytes} of {limit} bytes)")
            }
            Self::CacheFull { .. } => f.write_str("the write cache is full"),
            Self::NoFreeConnection => f.write_str("no connection to a replica was free"),
            Self::DiskFull => f.write_str("no space left on a disk"),
            Self::Relay => f.write_str("a relay reached no backend"),
            Self::Status { status } => write!(f, "status {status}"),
        }
    }
}

impl fmt::Display for ReplicaFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unstated => f.write_str("the server gives no reason"),
            Self::Dial { message }
            | Self::Connection { message }
            | Self::ShardUnavailable { message }
            | Self::Storage { message }
            | Self::Other { message } => write!(f, "{}", Excerpt(message)),
            Self::NodeGone => f.write_str("an owner is not in the cluster any more"),
            Self::Remote { code, message, .. } => {
                write!(f, "error code {code} from a replica: {}", Excerpt(message))
            }
            Self::NoShardGroup => f.write_str("there is no shard group for the points"),
            Self::HandlerFailed => f.write_str("the server's handler failed"),
            Self::Relay => f.write_str("a relay failed"),
        }
    }
}

impl fmt::Display for MetaFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { message } | Self::LeadershipLost { message } => {
                write!(f, "{}", Excerpt(message))
            }
            Self::Answered { status } => write!(f, "a meta node answered {}", Excerpt(status)),
            Self::NotJoined => f.write_str("the node has not joined any"),
        }
    }
}

impl fmt::Display for RequestProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method => f.write_str("the method is not allowed there"),
            Self::Path => f.write_str("no such path; is this an InfluxDB 1.x address?"),
            Self::Precision { given: Some(given) } => write!(f, "unknown precision {given:?}"),
            Self::Precision { given: None } => f.write_str("unknown precision"),
            Self::ConsistencyLevel => f.write_str("unknown consistency level"),
            Self::DatabaseMissing => f.write_str("no database was given"),
            Self::Bucket => f.write_str("the bucket is not \"database/retention-policy\""),
            Self::Compression => f.write_str("the compressed body is damaged"),
            Self::RelayPoints => f.write_str("a relay could not parse the points"),
        }
    }
}

//! What a kind of error or a reason tells besides its name.

use std::fmt::Display;

use influx_client::{ErrorKind, MetaFailure, Overload, Reason, ReplicaFailure, RequestProblem, SizeLimit};

use crate::frame::Writer;

/// Names and values, of which absent ones are left out.
type Details = Vec<(&'static str, String)>;

fn note(details: &mut Details, name: &'static str, value: Option<impl Display>) {
    details.extend(value.map(|value| (name, value.to_string())));
}

fn put(frame: &mut Writer, details: Details) {
    frame.list(details, |frame, (name, value)| {
        frame.str(name).str(&value);
    });
}

/// Writes the details of an error's kind.
pub(super) fn put_kind(frame: &mut Writer, kind: Option<&ErrorKind>) {
    let mut details = Vec::new();
    if let Some(kind) = kind {
        of_kind(kind, &mut details);
    }
    put(frame, details);
}

/// Writes the details of a reason.
pub(super) fn put_reason(frame: &mut Writer, reason: &Reason) {
    let mut details = Vec::new();
    of_reason(reason, &mut details);
    put(frame, details);
}

fn of_kind(kind: &ErrorKind, details: &mut Details) {
    match kind {
        ErrorKind::Connect { reason } | ErrorKind::Disconnected { reason } => note(details, "reason", Some(reason)),
        ErrorKind::ServerTimeout { status } => note(details, "status", Some(status)),
        ErrorKind::AttemptTimeout { after } | ErrorKind::DeadlineExceeded { after } => {
            note(details, "after-nanos", Some(after.as_nanos()));
        }
        ErrorKind::ConsistencyNotMet { level } => note(details, "level", Some(level)),
        ErrorKind::Overloaded { cause } => of_overload(cause, details),
        ErrorKind::NoReplica { reason } => of_replica(reason, details),
        ErrorKind::MetaUnavailable { reason } => of_meta(reason, details),
        ErrorKind::Forbidden { user, database } => {
            note(details, "user", user.as_ref());
            note(details, "database", database.as_ref());
        }
        ErrorKind::DatabaseNotFound { name } | ErrorKind::RetentionPolicyNotFound { name } => {
            note(details, "name", name.as_ref());
        }
        ErrorKind::BadRequest { problem } => of_problem(problem, details),
        ErrorKind::UnexpectedResponse { status, body } => {
            note(details, "status", Some(status));
            note(details, "body", Some(body));
        }
        ErrorKind::Rejected { reason, .. } => {
            note(details, "reason", Some(reason.name()));
            of_reason(reason, details);
        }
        ErrorKind::Invalid { lines } => note(details, "lines", Some(lines)),
        ErrorKind::TooLarge { limit } => {
            let limit = match limit {
                SizeLimit::RequestBody => "request-body",
                SizeLimit::HandoffSegment => "handoff-segment",
            };
            note(details, "limit", Some(limit));
        }
        // The name says it all.
        _ => {}
    }
}

fn of_overload(cause: &Overload, details: &mut Details) {
    let name = match cause {
        Overload::ThrottledQueueFull => "throttled-queue-full",
        Overload::ThrottledTimeout => "throttled-timeout",
        Overload::HandoffQueueFull => "handoff-queue-full",
        Overload::HandoffDisabled => "handoff-disabled",
        Overload::CacheFull { bytes, limit } => {
            note(details, "bytes", *bytes);
            note(details, "limit", *limit);
            "cache-full"
        }
        Overload::NoFreeConnection => "no-free-connection",
        Overload::DiskFull => "disk-full",
        Overload::Relay => "relay",
        Overload::Status { status } => {
            note(details, "status", Some(status));
            "status"
        }
        _ => "other",
    };
    note(details, "cause", Some(name));
}

fn of_replica(reason: &ReplicaFailure, details: &mut Details) {
    let (name, message) = match reason {
        ReplicaFailure::Unstated => ("unstated", None),
        ReplicaFailure::Dial { message } => ("dial", Some(message)),
        ReplicaFailure::Connection { message } => ("connection", Some(message)),
        ReplicaFailure::NodeGone => ("node-gone", None),
        ReplicaFailure::ShardUnavailable { message } => ("shard-unavailable", Some(message)),
        ReplicaFailure::Storage { message } => ("storage", Some(message)),
        ReplicaFailure::Remote { code, shard, message } => {
            note(details, "code", Some(code));
            note(details, "shard", *shard);
            ("remote", Some(message))
        }
        ReplicaFailure::NoShardGroup => ("no-shard-group", None),
        ReplicaFailure::HandlerFailed => ("handler-failed", None),
        ReplicaFailure::Relay => ("relay", None),
        ReplicaFailure::Other { message } => ("other", Some(message)),
        _ => ("other", None),
    };
    note(details, "reason", Some(name));
    note(details, "message", message);
}

fn of_meta(reason: &MetaFailure, details: &mut Details) {
    let (name, message) = match reason {
        MetaFailure::Unreachable { message } => ("unreachable", Some(message)),
        MetaFailure::Answered { status } => ("answered", Some(status)),
        MetaFailure::NotJoined => ("not-joined", None),
        MetaFailure::LeadershipLost { message } => ("leadership-lost", Some(message)),
        _ => ("other", None),
    };
    note(details, "reason", Some(name));
    note(details, "message", message);
}

fn of_problem(problem: &RequestProblem, details: &mut Details) {
    let name = match problem {
        RequestProblem::Method => "method",
        RequestProblem::Path => "path",
        RequestProblem::Precision { given } => {
            note(details, "given", given.as_ref());
            "precision"
        }
        RequestProblem::ConsistencyLevel => "consistency-level",
        RequestProblem::DatabaseMissing => "database-missing",
        RequestProblem::Bucket => "bucket",
        RequestProblem::Compression => "compression",
        RequestProblem::RelayPoints => "relay-points",
        _ => "other",
    };
    note(details, "problem", Some(name));
}

fn of_reason(reason: &Reason, details: &mut Details) {
    match reason {
        Reason::Unparsable { why } => note(details, "why", Some(why)),
        Reason::FieldTypeConflict { measurement, field, input, existing } => {
            note(details, "measurement", measurement.as_ref());
            note(details, "field", field.as_ref());
            note(details, "input", *input);
            note(details, "existing", *existing);
        }
        Reason::MaxValuesPerTag { values, limit, measurement, tag, value } => {
            note(details, "values", *values);
            note(details, "limit", *limit);
            note(details, "measurement", measurement.as_ref());
            note(details, "tag", tag.as_ref());
            note(details, "value", value.as_ref());
        }
        Reason::MaxSeries { limit } => note(details, "limit", *limit),
        Reason::TimeTag { measurement } | Reason::TimeField { measurement } => {
            note(details, "measurement", measurement.as_ref());
        }
        Reason::ShardPendingDeletion { shard } => note(details, "shard", Some(shard)),
        Reason::Other { message } => note(details, "message", Some(message)),
        // The name says it all.
        _ => {}
    }
}

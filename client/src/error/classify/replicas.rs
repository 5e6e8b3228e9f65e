//! Replicas that did not acknowledge (rows 38 to 41, 44, 53 to 56, 58 to 62, 68 to 70, 74 of the captured table).

use crate::error::scan::Text;
use crate::error::verdict::Finding;
use crate::error::{Context, ErrorKind, Outcome, ReplicaFailure};

/// A shard in transition or a node shutting down.
const SHARD: &[&str] =
    &["shard is being deleted", "shard is disabled", "engine is closed", "store is closed", "shard not found"];

/// Beginnings of messages behind `write failed: `, and what they tell.
type Tell = fn(Box<str>) -> ReplicaFailure;
const BEGINNINGS: &[(u8, &str, Tell)] = &[
    (44, "mkdir all: ", |message| ReplicaFailure::Storage { message }),
    (53, "dial tcp ", |message| ReplicaFailure::Dial { message }),
    (54, "factory is not able to fill the pool: ", |message| ReplicaFailure::Dial { message }),
    (55, "write message type: ", |message| ReplicaFailure::Connection { message }),
    (55, "write message size: ", |message| ReplicaFailure::Connection { message }),
    (55, "write message value: ", |message| ReplicaFailure::Connection { message }),
    (56, "read message type: ", |message| ReplicaFailure::Connection { message }),
    (56, "read message size: ", |message| ReplicaFailure::Connection { message }),
    (56, "read message value: ", |message| ReplicaFailure::Connection { message }),
    (59, "opening shard previously failed with: ", |message| ReplicaFailure::ShardUnavailable { message }),
    (60, "engine: ", |message| ReplicaFailure::Storage { message }),
];

pub(super) fn find(text: &Text<'_>, context: &Context) -> Option<Finding> {
    if text.whole && text.remote.is_none() && !text.shard && text.inner == "hinted handoff queue not empty" {
        return Some(Finding::new(41, ErrorKind::Deferred, Outcome::Deferred));
    }
    if text.write_failed || text.remote.is_some() {
        return Some(wrapped(text));
    }
    alone(text, context)
}

fn no_replica(row: u8, reason: ReplicaFailure) -> Finding {
    Finding::unknown(row, ErrorKind::NoReplica { reason })
}

/// `write failed: …`: one shard had no acknowledgement at all; nothing is said of the others.
fn wrapped(text: &Text<'_>) -> Finding {
    let message = || -> Box<str> { text.inner.into() };
    if let Some((row, _, tell)) = BEGINNINGS.iter().find(|(_, begin, _)| text.inner.starts_with(begin)) {
        return no_replica(*row, tell(message()));
    }
    if text.inner_is("queue not open") || text.inner_is("node processor is closed") {
        return no_replica(44, ReplicaFailure::Storage { message: message() });
    }
    if text.inner_is("node not found") || is_node_gone(text) {
        return no_replica(58, ReplicaFailure::NodeGone);
    }
    if SHARD.iter().any(|words| text.inner_is(words)) {
        return no_replica(59, ReplicaFailure::ShardUnavailable { message: message() });
    }
    match text.remote {
        Some(remote) => {
            no_replica(61, ReplicaFailure::Remote { code: remote.code, shard: remote.shard, message: message() })
        }
        None => no_replica(62, ReplicaFailure::Other { message: message() }),
    }
}

/// `node N does not exist`.
fn is_node_gone(text: &Text<'_>) -> bool {
    let number = text.inner.strip_prefix("node ").and_then(|rest| rest.strip_suffix(" does not exist"));
    number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

fn alone(text: &Text<'_>, context: &Context) -> Option<Finding> {
    let message = || -> Box<str> { text.all.into() };
    if text.is("partial write") {
        let kind = ErrorKind::ConsistencyNotMet { level: context.level };
        return Some(Finding::new(38, kind, Outcome::BelowLevel));
    }
    if text.is("timeout") {
        return Some(Finding::unknown(39, ErrorKind::ServerTimeout { status: text.status }));
    }
    if text.is("write failed") {
        return Some(no_replica(40, ReplicaFailure::Unstated));
    }
    if text.is("nil shard group") || text.is("retention policy deleted after shard group created") {
        return Some(no_replica(68, ReplicaFailure::NoShardGroup));
    }
    if text.after("engine: ").is_some() {
        return Some(no_replica(69, ReplicaFailure::Storage { message: message() }));
    }
    if text.shard || SHARD.iter().any(|words| text.is(words)) {
        return Some(no_replica(69, ReplicaFailure::ShardUnavailable { message: message() }));
    }
    if text.is("Internal Server Error") {
        return Some(no_replica(70, ReplicaFailure::HandlerFailed));
    }
    if text.is("problem reading request body") || text.is("problem writing points") {
        return Some(no_replica(74, ReplicaFailure::Relay));
    }
    None
}

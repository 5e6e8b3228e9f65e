//! Meta nodes that could not make a new shard group (rows 64 to 67 of the captured table).
//!
//! Points are mapped to shard groups before any is written, so nothing is stored.

use crate::error::scan::Text;
use crate::error::verdict::Finding;
use crate::error::{ErrorKind, MetaFailure};

/// Errors of the consensus among the meta nodes, passed on as they are.
const LEADERSHIP: &[&str] = &[
    "node is not the leader",
    "leadership lost while committing log",
    "raft is already shutdown",
    "timed out enqueuing operation",
    "not leader",
];

pub(super) fn find(text: &Text<'_>) -> Option<Finding> {
    if text.is_wrapped() {
        return None;
    }
    let finding = |row, reason| Some(Finding::absent(row, ErrorKind::MetaUnavailable { reason }));
    if is_post_to_execute(text.all) {
        return finding(64, MetaFailure::Unreachable { message: text.all.into() });
    }
    if let Some(status) = text.after("meta service returned ") {
        return finding(65, MetaFailure::Answered { status: status.into() });
    }
    if text.is("meta service unavailable") {
        return finding(66, MetaFailure::NotJoined);
    }
    if LEADERSHIP.iter().any(|words| text.is(words)) {
        return finding(67, MetaFailure::LeadershipLost { message: text.all.into() });
    }
    None
}

/// `Post "http://meta1:8091/execute": …`; older Go runtimes leave the quotes out.
fn is_post_to_execute(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("Post ") else {
        return false;
    };
    let Some((url, _)) = rest.split_once(' ') else {
        return false;
    };
    let Some(url) = url.strip_suffix(':') else {
        return false;
    };
    let url = url.strip_prefix('"').and_then(|u| u.strip_suffix('"')).unwrap_or(url);
    (url.starts_with("http://") || url.starts_with("https://")) && url.ends_with("/execute")
}

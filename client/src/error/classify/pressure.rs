//! No room: throttled, a queue, a cache, connections or a disk full (rows 3, 4, 42 to 44, 50 to 52, 57, 75, 83 of
//! the captured table).

use crate::error::scan::{Text, cut_dropped, number};
use crate::error::verdict::Finding;
use crate::error::{ErrorKind, Overload, SizeLimit};

/// Messages of the pool of connections to replicas.
const CONNECTIONS: &[&str] =
    &["timed out waiting for free connection", "pool is closed", "client already closed", "invalid capacity settings"];

pub(super) fn find(text: &Text<'_>) -> Option<Finding> {
    let unknown = |row, cause| Some(Finding::unknown(row, ErrorKind::Overloaded { cause }));
    if !text.is_wrapped() {
        // The throttler stands before everything else: nothing of the request was read.
        for (row, words, cause) in [
            (3, "request throttled, queue full", Overload::ThrottledQueueFull),
            (4, "request throttled, exceeds timeout", Overload::ThrottledTimeout),
        ] {
            if text.is(words) {
                return Some(Finding::absent(row, ErrorKind::Overloaded { cause }));
            }
        }
        if text.is("unable to write points") {
            return unknown(75, Overload::Relay);
        }
    }
    if text.inner_is("hinted handoff disabled") {
        return unknown(42, Overload::HandoffDisabled);
    }
    if text.inner_is("queue is full") {
        return unknown(43, Overload::HandoffQueueFull);
    }
    if text.inner_is("segment is full") {
        return Some(Finding::unknown(44, ErrorKind::TooLarge { limit: SizeLimit::HandoffSegment }));
    }
    let partial = text.inner.strip_prefix("partial write: ");
    let (cause, _) = cut_dropped(partial.unwrap_or(text.inner));
    if let Some(counts) = cause.strip_prefix("engine: cache-max-memory-size exceeded") {
        let row = if text.is_wrapped() { 50 } else { 51 };
        return unknown(row, cache_full(counts));
    }
    let old = cause.strip_prefix("engine: ").unwrap_or(cause);
    if old.starts_with("cache maximum memory size exceeded") {
        return unknown(52, Overload::CacheFull { bytes: None, limit: None });
    }
    if text.write_failed && is_about_connections(text) {
        return unknown(57, Overload::NoFreeConnection);
    }
    if text.whole && is_disk_full(cause) && (text.is_wrapped() || partial.is_some() || is_path_error(cause)) {
        return unknown(if text.is_wrapped() { 44 } else { 83 }, Overload::DiskFull);
    }
    None
}

/// `: (BYTES/LIMIT)`.
fn cache_full(counts: &str) -> Overload {
    let counts = || {
        let (bytes, rest) = number(counts.strip_prefix(": (")?)?;
        let (limit, rest) = number(rest.strip_prefix('/')?)?;
        (rest == ")").then_some((bytes, limit))
    };
    let counts = counts();
    Overload::CacheFull { bytes: counts.map(|c| c.0), limit: counts.map(|c| c.1) }
}

fn is_about_connections(text: &Text<'_>) -> bool {
    let maximum = || {
        let rest = text.inner.strip_prefix("can not exceed max connections of ")?;
        number(rest).map(|(_, rest)| rest.is_empty())
    };
    CONNECTIONS.iter().any(|words| text.inner_is(words))
        || text.inner.starts_with("connection is nil")
        || maximum() == Some(true)
}

/// The operating system's words stand at the end, where no user data follows them.
fn is_disk_full(cause: &str) -> bool {
    cause.ends_with("no space left on device")
}

/// `write /path/to/file: no space left on device`: how Go words a failed call on a file.
fn is_path_error(cause: &str) -> bool {
    const CALLS: &[&str] = &["open /", "write /", "mkdir /", "sync /", "fsync /", "rename /", "truncate /"];
    CALLS.iter().any(|call| cause.starts_with(call))
}

//! What a node does that breaks a promise, as its log tells it: copies that will be missing, or that will be there
//! although they were refused.
//!
//! The real servers do each of these things, most of them without a word. A node here writes one line for each, with the
//! points it was done to, so that a test which reads every replica can tell what the servers lost from what a client
//! got wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::core::handoff::HandoffError;
use crate::{Point, Points};

/// One line of a node's log about points that will not be where they should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// What was done.
    pub kind: LossKind,
    /// The data node that goes without the points, or that may take in what was refused.
    pub replica: u64,
    /// Their shard.
    pub shard: u64,
    /// How many points there are.
    pub points: usize,
    /// The keys of their series, escaped as in line protocol; the first [`Loss::MOST`] of them.
    pub series: Vec<String>,
}

/// What a node does with points to break a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// The node acknowledges and drops a write to a shard that it has not heard of (profile 0.10).
    UnknownShard,
    /// It acknowledges and drops a write to a shard whose group was deleted.
    DeletedShard,
    /// A hint is refused: hinted handoff is off.
    QueueDisabled,
    /// A hint is refused: the queue is full.
    QueueFull,
    /// A hint is refused: too many are being written.
    QueueBlocked,
    /// A hint is refused: it is larger than a segment.
    HintTooLarge,
    /// A hint could not be written.
    HintNotWritten,
    /// The coordinator's own store failed, which is not hinted.
    LocalFailure,
    /// The replica itself refuses the points for what they are.
    Refused,
    /// The race over the batch kept refused points from a replica, which acknowledged the rest.
    ConflictDropped,
    /// The race over the batch lost good points on the way to a replica.
    GoodPointLost,
    /// A hint was refused for good and thrown away (profile 1.8).
    HintRefused,
    /// A hint was thrown away for its age.
    HintPurged,
    /// A hint is refused and stays at the head of its queue, with all that is behind it (profile 0.10).
    HintPoisons,
    /// The points are refused by every replica that answered, and in the queue for this one.
    RefusedYetQueued,
}

impl LossKind {
    /// Its name, as in the line of a log.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::UnknownShard => "unknown-shard",
            Self::DeletedShard => "deleted-shard",
            Self::QueueDisabled => "queue-disabled",
            Self::QueueFull => "queue-full",
            Self::QueueBlocked => "queue-blocked",
            Self::HintTooLarge => "hint-too-large",
            Self::HintNotWritten => "hint-not-written",
            Self::LocalFailure => "local-failure",
            Self::Refused => "refused",
            Self::ConflictDropped => "conflict-dropped",
            Self::GoodPointLost => "good-point-lost",
            Self::HintRefused => "hint-refused",
            Self::HintPurged => "hint-purged",
            Self::HintPoisons => "hint-poisons",
            Self::RefusedYetQueued => "refused-yet-queued",
        }
    }
}

impl Loss {
    /// How many series a line names at most.
    pub const MOST: usize = 64;

    /// Stands before the JSON in the line.
    const MARK: &str = "not as promised: ";

    /// Reads it out of a line of a log; `None` for any other line.
    #[must_use]
    pub fn in_line(line: &str) -> Option<Self> {
        let (_, json) = line.split_once(Self::MARK)?;
        serde_json::from_str(json).ok()
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(f, "{}{json}", Self::MARK)
    }
}

impl From<&HandoffError> for LossKind {
    fn from(error: &HandoffError) -> Self {
        match error {
            HandoffError::Disabled => Self::QueueDisabled,
            HandoffError::Full => Self::QueueFull,
            HandoffError::Blocked => Self::QueueBlocked,
            HandoffError::SegmentFull => Self::HintTooLarge,
            HandoffError::Storage(_) => Self::HintNotWritten,
        }
    }
}

/// Writes the line.
pub(crate) fn tell<'p>(kind: LossKind, replica: u64, shard: u64, points: impl IntoIterator<Item = Point<'p>>) {
    let mut loss = Loss { kind, replica, shard, points: 0, series: Vec::new() };
    for point in points {
        loss.points += 1;
        if loss.series.len() < Loss::MOST {
            loss.series.push(String::from_utf8_lossy(point.key).into_owned());
        }
    }
    if loss.points > 0 {
        tracing::warn!("{loss}");
    }
}

/// The points of a batch that are not among those that were kept.
pub(crate) fn without<'p>(batch: &'p Points, kept: &Points) -> Vec<Point<'p>> {
    let identity = |point: &Point<'_>| (point.key.to_vec(), point.time);
    let kept: std::collections::HashSet<_> = kept.iter().map(|point| identity(&point)).collect();
    batch.iter().filter(|point| !kept.contains(&identity(point))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_is_read_back() {
        let series = vec!["m,k=a\\ b\"c".to_owned()];
        let loss = Loss { kind: LossKind::QueueFull, replica: 5, shard: 2, points: 9, series };
        let line = format!("2026-01-01T00:00:00Z  WARN influx_server_mock::loss: {loss}");
        assert_eq!(Loss::in_line(&line), Some(loss));
        assert!(line.contains(LossKind::QueueFull.id()));
        assert_eq!(Loss::in_line("2026-01-01T00:00:00Z  INFO node is up"), None);
        assert_eq!(Loss::in_line("not as promised: {}"), None);
    }

    #[test]
    fn what_was_kept_is_told_by_series_and_time() {
        let point = |key, time| Point { key, fields: b"v=1", time };
        let batch: Points = [point(b"a", 1), point(b"a", 2), point(b"b", 1)].into_iter().collect();
        let kept: Points = [point(b"a", 2)].into_iter().collect();
        let gone: Vec<_> = without(&batch, &kept).into_iter().map(|point| (point.key, point.time)).collect();
        assert_eq!(gone, [(&b"a"[..], 1), (b"b", 1)]);
    }
}

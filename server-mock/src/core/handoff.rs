//! Which missed writes are queued, what a level makes of a queued write, and how often a queue is tried.

use std::time::Duration;

use super::consistency::{Level, OwnerAnswer};
use crate::Profile;

/// Why a write could not be queued. `Display` gives the wire text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandoffError {
    /// Queues are switched off.
    #[error("hinted handoff disabled")]
    Disabled,
    /// The queue holds as many bytes as it may.
    #[error("queue is full")]
    Full,
    /// Too many appends are under way.
    #[error("queue is blocked")]
    Blocked,
    /// The write is larger than a segment.
    #[error("segment is full")]
    SegmentFull,
    /// The queue's files could not be written.
    #[error("{0}")]
    Storage(String),
}

/// The text of a write that went into a queue because the queue already held something.
pub const QUEUE_NOT_EMPTY: &str = "hinted handoff queue not empty";

/// Whether an owner's failure is worth queueing the write, by its text as the real servers decide it.
///
/// A refusal of the data itself would be refused again. Profile 0.10 knows only the type conflict; 1.8 also every
/// `partial write`.
#[must_use]
pub fn is_retryable(profile: Profile, error: &str) -> bool {
    let conflict = error.contains("field type conflict");
    match profile {
        Profile::V1_8 => !conflict && !error.contains("partial write"),
        Profile::V0_10 => !conflict,
    }
}

/// Whether a write to an owner must go into its queue without an attempt, behind what is there already.
#[must_use]
pub fn must_queue(profile: Profile, queue_is_empty: bool, allow_out_of_order: bool) -> bool {
    match profile {
        Profile::V1_8 => !queue_is_empty && !allow_out_of_order,
        Profile::V0_10 => false,
    }
}

/// The owner's answer after a failed attempt was offered to its queue.
#[must_use]
pub fn after_failed_attempt(level: Level, error: String, queued: Result<(), HandoffError>) -> OwnerAnswer {
    match (queued, level) {
        (Ok(()), Level::Any) => OwnerAnswer::Acknowledged,
        (Ok(()), Level::One | Level::Quorum | Level::All) => OwnerAnswer::Failed(error),
        (Err(HandoffError::Blocked), _) => OwnerAnswer::Queued,
        (Err(refusal), _) => OwnerAnswer::Failed(refusal.to_string()),
    }
}

/// The owner's answer after a write went straight into its queue: an error even at `any` (cluster 1.8, § 4).
#[must_use]
pub fn after_queueing(queued: Result<(), HandoffError>) -> OwnerAnswer {
    match queued {
        Ok(()) | Err(HandoffError::Blocked) => OwnerAnswer::Queued,
        Err(refusal) => OwnerAnswer::Failed(refusal.to_string()),
    }
}

/// What to do with the block at the head of a queue after an attempt to deliver it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Take it off: it arrived, or it never can and the profile drops it in silence.
    Remove,
    /// Leave it where it is and try again after the pause.
    Keep,
}

/// Decides over the head of a queue. `error` is the owner's refusal, `None` an acknowledgement.
///
/// Profile 1.8 drops what is refused for good; 0.10 tries it for ever, and all behind it waits (poison hint).
#[must_use]
pub fn after_delivery(profile: Profile, error: Option<&str>) -> Delivery {
    match (error, profile) {
        (None, _) => Delivery::Remove,
        (Some(error), Profile::V1_8) if !is_retryable(profile, error) => Delivery::Remove,
        (Some(_), Profile::V1_8 | Profile::V0_10) => Delivery::Keep,
    }
}

/// The pause between attempts on one queue: doubled by each failure up to a limit, reset by a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    first: Duration,
    limit: Duration,
    current: Duration,
}

impl Pause {
    /// Starts at `first`.
    #[must_use]
    pub fn new(first: Duration, limit: Duration) -> Self {
        Self { first, limit: limit.max(first), current: first }
    }

    /// How long to wait now.
    #[must_use]
    pub fn current(self) -> Duration {
        self.current
    }

    /// After a block was delivered, or the queue was found empty.
    pub fn succeeded(&mut self) {
        self.current = self.first;
    }

    /// After a block could not be delivered.
    pub fn failed(&mut self) {
        self.current = (self.current * 2).min(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queued_write_counts_only_at_any() {
        let dead = || "dial tcp h: connect: connection refused".to_owned();
        assert_eq!(after_failed_attempt(Level::Any, dead(), Ok(())), OwnerAnswer::Acknowledged);
        for level in [Level::One, Level::Quorum, Level::All] {
            assert_eq!(after_failed_attempt(level, dead(), Ok(())), OwnerAnswer::Failed(dead()));
        }
    }

    #[test]
    fn a_refused_hint_replaces_the_reason() {
        let answer = after_failed_attempt(Level::One, "dial".to_owned(), Err(HandoffError::Disabled));
        assert_eq!(answer, OwnerAnswer::Failed("hinted handoff disabled".to_owned()));
        assert_eq!(after_queueing(Err(HandoffError::Full)), OwnerAnswer::Failed("queue is full".to_owned()));
    }

    #[test]
    fn behind_a_queue_even_any_is_not_acknowledged() {
        assert_eq!(after_queueing(Ok(())), OwnerAnswer::Queued);
        assert!(must_queue(Profile::V1_8, false, false));
        assert!(!must_queue(Profile::V1_8, false, true));
        assert!(!must_queue(Profile::V0_10, false, false));
    }

    #[test]
    fn refused_data_is_dropped_by_one_profile_and_kept_by_the_other() {
        let conflict = "error code 1: write shard 7: field type conflict: input field \"v\"";
        assert_eq!(after_delivery(Profile::V1_8, Some(conflict)), Delivery::Remove);
        assert_eq!(after_delivery(Profile::V0_10, Some(conflict)), Delivery::Keep);
        assert_eq!(after_delivery(Profile::V1_8, Some("EOF")), Delivery::Keep);
    }

    #[test]
    fn the_pause_doubles_up_to_its_limit() {
        let mut pause = Pause::new(Duration::from_secs(1), Duration::from_secs(3));
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(pause.current().as_secs());
            pause.failed();
        }
        pause.succeeded();
        assert_eq!((seen, pause.current().as_secs()), (vec![1, 2, 3], 1));
    }
}

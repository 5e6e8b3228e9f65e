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

/// What a write is told of a hint that could not be kept.
///
/// 0.10 passes on nothing but the limits: a queue whose files cannot be written reports success, and the hint is lost
/// (cluster 0.10 facts, § 4).
///
/// # Errors
/// The refusal, where the profile tells it.
pub fn told_of_append(profile: Profile, appended: Result<(), HandoffError>) -> Result<(), HandoffError> {
    match (appended, profile) {
        (Err(HandoffError::Storage(_)), Profile::V0_10) => Ok(()),
        (appended, Profile::V1_8 | Profile::V0_10) => appended,
    }
}

/// Whether a write too large for a segment is queued in pieces: 1.8 halves it until the pieces fit.
#[must_use]
pub fn splits_large_writes(profile: Profile) -> bool {
    match profile {
        Profile::V1_8 => true,
        Profile::V0_10 => false,
    }
}

/// Whether a queue drops what is too old before it tries to deliver again.
///
/// The timer of that purge is set anew at every attempt, so it only ends first when its interval is the shorter one. With
/// the defaults of both profiles it never does (cluster 0.10 facts, § 4; the code of 1.8 has the same loop).
#[must_use]
pub fn purge_comes_first(purge_interval: Duration, pause: Duration) -> bool {
    purge_interval < pause
}

/// What becomes of a whole queue when the node looks over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// It stays.
    Keep,
    /// Its files are removed, and whatever waits in it is lost without a word.
    Remove,
}

/// Decides over a queue. `member`: whether the metadata name its owner.
///
/// 1.8 forgets the queues of a removed data node and those with nothing in them. 0.10 asks the metadata for the removed
/// node, gets an error and leaves the queue for ever (cluster 0.10 facts, § 4).
#[must_use]
pub fn upkeep(profile: Profile, member: bool, empty: bool) -> Upkeep {
    match profile {
        Profile::V1_8 if !member || empty => Upkeep::Remove,
        Profile::V1_8 | Profile::V0_10 => Upkeep::Keep,
    }
}

/// How long a queue rests after it sent so many bytes, to stay below a rate in bytes a second; 0 is no limit.
#[must_use]
pub fn rest_after(bytes: u64, rate: u64) -> Duration {
    match u128::from(bytes).saturating_mul(1_000_000_000).checked_div(u128::from(rate)) {
        Some(nanoseconds) => Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX)),
        None => Duration::ZERO,
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
    fn the_purge_loses_to_shorter_pauses() {
        let (second, minute, hour) = (Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(3_600));
        // The defaults: 1 m against 10 s at most, 1 h against 1 m at most.
        assert!(!purge_comes_first(minute, 10 * second));
        assert!(!purge_comes_first(hour, minute));
        assert!(purge_comes_first(second, minute));
    }

    #[test]
    fn a_removed_node_is_forgotten_by_one_profile_alone() {
        assert_eq!(upkeep(Profile::V1_8, false, false), Upkeep::Remove);
        assert_eq!(upkeep(Profile::V1_8, true, true), Upkeep::Remove);
        assert_eq!(upkeep(Profile::V1_8, true, false), Upkeep::Keep);
        assert_eq!(upkeep(Profile::V0_10, false, true), Upkeep::Keep);
    }

    #[test]
    fn only_0_10_calls_a_lost_hint_success() {
        let lost = || Err(HandoffError::Storage("write x: no space left on device".to_owned()));
        assert_eq!(told_of_append(Profile::V0_10, lost()), Ok(()));
        assert_eq!(told_of_append(Profile::V1_8, lost()), lost());
        for profile in Profile::ALL {
            assert_eq!(told_of_append(profile, Err(HandoffError::Full)), Err(HandoffError::Full));
        }
    }

    #[test]
    fn the_rate_is_kept_by_resting() {
        assert_eq!(rest_after(500, 1_000), Duration::from_millis(500));
        assert_eq!(rest_after(500, 0), Duration::ZERO);
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

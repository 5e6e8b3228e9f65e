//! How a coordinator brings a part of a write to one owner of its shard.

use super::consistency::{Level, OwnerAnswer};
use super::handoff::{self, HandoffError};
use crate::Profile;

/// The way to an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Into the coordinator's own store. What fails there is never queued.
    Here,
    /// Into the owner's queue, behind what waits there.
    Queue,
    /// Over the network.
    Send,
}

/// Which way a write takes. `own`: whether the coordinator is the owner.
#[must_use]
pub fn way(profile: Profile, own: bool, queue_is_empty: impl FnOnce() -> bool, allow_out_of_order: bool) -> Way {
    if own {
        Way::Here
    } else if handoff::must_queue(profile, queue_is_empty(), allow_out_of_order) {
        Way::Queue
    } else {
        Way::Send
    }
}

/// What a coordinator does with what came of sending a write to an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterSend {
    /// Counts it.
    Answer(OwnerAnswer),
    /// Queues the write; then [`after_failed_attempt`](handoff::after_failed_attempt) decides, with this reason.
    Offer(String),
}

/// Decides over what came of sending a write; `failure` is the text of what went wrong.
#[must_use]
pub fn after_send(profile: Profile, failure: Option<String>) -> AfterSend {
    match failure {
        None => AfterSend::Answer(OwnerAnswer::Acknowledged),
        Some(text) if handoff::is_retryable(profile, &text) => AfterSend::Offer(text),
        Some(text) => AfterSend::Answer(OwnerAnswer::Failed(text)),
    }
}

/// The owner's answer after the write was offered to its queue, for whichever reason.
#[must_use]
pub fn after_offer(level: Level, failure: Option<String>, queued: Result<(), HandoffError>) -> OwnerAnswer {
    match failure {
        Some(text) => handoff::after_failed_attempt(level, text, queued),
        None => handoff::after_queueing(queued),
    }
}

/// What a node does with a write of another node to a shard that it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownShard {
    /// Makes the shard.
    Make,
    /// Acknowledges and drops the write.
    Drop,
}

/// Decides over a write to a shard that the receiver does not have. `named`: whether the sender said where the shard
/// belongs; `heard_of`: whether the receiver's own metadata show it, where it goes by them.
///
/// Without a name the group was deleted (cluster 1.8 facts, § 5). In 0.10 the sender says no name and the receiver looks in
/// its own metadata, which may be behind (cluster 0.10 facts, § 2.4).
#[must_use]
pub fn unknown_shard(named: bool, heard_of: Option<bool>) -> UnknownShard {
    if named && heard_of != Some(false) { UnknownShard::Make } else { UnknownShard::Drop }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_comes_first_where_the_profile_keeps_the_order() {
        assert_eq!(way(Profile::V1_8, true, || false, false), Way::Here);
        assert_eq!(way(Profile::V1_8, false, || false, false), Way::Queue);
        assert_eq!(way(Profile::V1_8, false, || true, false), Way::Send);
        assert_eq!(way(Profile::V0_10, false, || false, false), Way::Send);
    }

    #[test]
    fn a_conflict_is_told_and_all_else_is_queued() {
        let conflict = || Some("error code 1: write shard 1: field type conflict".to_owned());
        assert!(matches!(after_send(Profile::V1_8, conflict()), AfterSend::Answer(OwnerAnswer::Failed(_))));
        assert_eq!(after_send(Profile::V1_8, Some("EOF".to_owned())), AfterSend::Offer("EOF".to_owned()));
        assert_eq!(after_send(Profile::V1_8, None), AfterSend::Answer(OwnerAnswer::Acknowledged));
    }

    #[test]
    fn only_a_node_that_goes_by_its_own_metadata_drops_what_it_has_not_heard_of() {
        assert_eq!(unknown_shard(true, None), UnknownShard::Make);
        assert_eq!(unknown_shard(true, Some(true)), UnknownShard::Make);
        assert_eq!(unknown_shard(true, Some(false)), UnknownShard::Drop);
        assert_eq!(unknown_shard(false, None), UnknownShard::Drop);
    }
}

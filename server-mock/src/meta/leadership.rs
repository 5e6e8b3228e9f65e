//! Who leads, as far as a member may claim to know.

use std::time::Duration;

use openraft::{EmptyNode, RaftMetrics};

/// Whom a member takes for the leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leader {
    /// Itself, and a majority agreed recently.
    Me,
    /// Another member.
    Other(u64),
    /// Nobody.
    Unknown,
}

/// Whom the member with these metrics takes for the leader.
///
/// A leader cut off from the majority does not learn that it was replaced: it stops claiming to lead once no majority
/// has acknowledged it for the time of a lease. One that no majority has acknowledged yet does not claim it at all: it
/// may have led before a restart, and the others may still be down.
pub(super) fn leader(metrics: &RaftMetrics<u64, EmptyNode>, lease: Duration) -> Leader {
    if metrics.running_state.is_err() {
        return Leader::Unknown;
    }
    let acknowledged = metrics.millis_since_quorum_ack.is_some_and(|silence| Duration::from_millis(silence) <= lease);
    match metrics.current_leader {
        Some(id) if id != metrics.id => Leader::Other(id),
        Some(_) if acknowledged => Leader::Me,
        Some(_) | None => Leader::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use openraft::error::Fatal;

    use super::*;

    #[test]
    fn a_lease_runs_out() {
        let lease = Duration::from_millis(500);
        let metrics = |current_leader, millis_since_quorum_ack| RaftMetrics {
            current_leader,
            millis_since_quorum_ack,
            ..RaftMetrics::new_initial(1)
        };
        for (leader_id, silence, expected) in [
            (None, None, Leader::Unknown),
            (Some(2), None, Leader::Other(2)),
            (Some(1), None, Leader::Unknown),
            (Some(1), Some(500), Leader::Me),
            (Some(1), Some(501), Leader::Unknown),
        ] {
            assert_eq!(leader(&metrics(leader_id, silence), lease), expected, "{leader_id:?} {silence:?}");
        }
        let stopped = RaftMetrics { running_state: Err(Fatal::Stopped), ..metrics(Some(2), None) };
        assert_eq!(leader(&stopped, lease), Leader::Unknown);
    }
}

//! Series that are written again and again with another value: the last one acknowledged has to stay.

use influx_client::Outcome;
use influx_server_mock::sim::{CauseKind, SimCluster};

use super::evidence::Replicas;
use super::schedule::{LineKind, Schedule};
use crate::truth::Claim;

/// An owner that ends on another value than the claims allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongValue {
    pub(super) batch: u64,
    /// What the servers did that explains it; nothing else does.
    pub(super) cause: Option<CauseKind>,
    pub(super) found: String,
}

/// Compares the values in the end with what was said of each write.
///
/// A client's writes of its series do not overlap, so the value of the last write that was acknowledged stays, or one of a
/// write after it of which nothing is known. A value of which it was said that it is stored nowhere is nowhere.
pub(super) fn wrong_values(
    schedule: &Schedule,
    claims: &[Claim],
    cluster: &SimCluster,
    replicas: &Replicas,
) -> Vec<WrongValue> {
    let mut wrong = Vec::new();
    for client in 0..schedule.clients.len() {
        let writes: Vec<(String, &Claim)> = schedule
            .writes
            .iter()
            .zip(claims)
            .filter(|(plan, _)| plan.client == client && plan.lines.iter().any(|line| line.kind == LineKind::Rewrite))
            .map(|(plan, claim)| (plan.field(0), claim))
            .collect();
        if writes.is_empty() {
            continue;
        }
        let key = format!("r,c={client}");
        for node in cluster.owners(key.as_bytes(), super::schedule::EPOCH) {
            let held = replicas[node].get(key.as_bytes());
            let value = held.map(|series| String::from_utf8_lossy(&series.field).into_owned());
            let at = writes.iter().position(|(field, _)| Some(field) == value.as_ref());
            let last = writes.iter().rposition(|(_, claim)| claim.outcome == Outcome::Stored);
            if let Some((_, claim)) = at.map(|at| &writes[at]).filter(|(_, claim)| claim.outcome == Outcome::NotStored)
            {
                let found = format!("data{} ends on {value:?}, which is stored nowhere", node + 1);
                wrong.push(WrongValue { batch: claim.batch, cause: None, found });
            }
            if let Some(last) = last.filter(|last| at.is_none_or(|at| at < *last)) {
                let claim = writes[last].1;
                let mut causes = cluster.record().causes().iter().filter(|cause| {
                    cause.replica == node
                        && cause.time >= claim.began
                        && cause.keys.iter().any(|named| **named == *key.as_bytes())
                        && cause.kind != CauseKind::AnyRefusedBehindQueue
                });
                let found = format!("data{} ends on {value:?}, not on {}", node + 1, writes[last].0);
                // The last thing that was done to it.
                let cause = causes.next_back().map(|cause| cause.kind);
                wrong.push(WrongValue { batch: claim.batch, cause, found });
            }
        }
    }
    wrong
}

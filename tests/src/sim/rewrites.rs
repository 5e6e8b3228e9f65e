//! Series that are written again and again with another value: the last one acknowledged has to stay.

use influx_client::Outcome;
use influx_server_mock::sim::{CauseKind, SimCluster};

use super::evidence::Replicas;
use super::play::Said;
use super::schedule::{LineKind, Schedule};

/// An owner that had the last value acknowledged, and ends on another one than the claims allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongValue {
    pub(super) batch: u64,
    pub(super) why: Why,
    pub(super) found: String,
}

/// What put the wrong value there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// A hint of an earlier write: the server kept it back, and delivered it after later writes.
    StaleHint,
    /// A request of an earlier write, which its client sent again or gave up, or which was held up between two nodes, and
    /// was carried out after a later write. Nobody lied: neither server nor client says that requests are carried out in
    /// order.
    Reordered,
    /// Nothing that the record knows.
    Nothing,
}

/// Compares the values in the end with what was said of each write.
///
/// A client's writes of its series do not overlap, so the value of the last write that was acknowledged stays, or one of a
/// write after it of which nothing is known. Owners that never had the last value are the judge's business.
pub(super) fn wrong_values(
    schedule: &Schedule,
    said: &[Said],
    cluster: &SimCluster,
    replicas: &Replicas,
) -> Vec<WrongValue> {
    let mut wrong = Vec::new();
    for client in 0..schedule.clients.len() {
        let writes: Vec<(String, &Said)> = schedule
            .writes
            .iter()
            .zip(said)
            .filter(|(plan, _)| plan.client == client && plan.lines.iter().any(|line| line.kind == LineKind::Rewrite))
            .map(|(plan, said)| (plan.field(0), said))
            .collect();
        let last = writes.iter().rposition(|(_, said)| said.claim.outcome == Outcome::Stored);
        let Some(last) = last else { continue };
        let key = format!("r,c={client}");
        for node in cluster.carried_out(key.as_bytes(), &writes[last].1.requests) {
            let held = replicas[node].get(key.as_bytes());
            let value = held.map(|series| String::from_utf8_lossy(&series.field).into_owned());
            let at = writes.iter().position(|(field, _)| Some(field) == value.as_ref());
            if at.is_some_and(|at| at >= last) {
                continue;
            }
            let overwritten = |request: &u64| at.is_some_and(|at| writes[at].1.requests.contains(request));
            let causes = cluster.record().causes().iter().filter(|cause| {
                cause.replica == node
                    && overwritten(&cause.request)
                    && cause.keys.iter().any(|named| **named == *key.as_bytes())
            });
            // The last thing that was done to it.
            let why = causes.filter_map(|cause| overwrites(cause.kind)).next_back().unwrap_or(Why::Nothing);
            let found = format!("data{} ends on {value:?}, not on {}", node + 1, writes[last].0);
            wrong.push(WrongValue { batch: writes[last].1.claim.batch, why, found });
        }
    }
    wrong
}

/// How it puts an older value over a newer one, if it does.
fn overwrites(kind: CauseKind) -> Option<Why> {
    match kind {
        CauseKind::StaleHint => Some(Why::StaleHint),
        CauseKind::LateRequest => Some(Why::Reordered),
        CauseKind::Loss(_)
        | CauseKind::CoordinatorDied
        | CauseKind::RefusedYetTaken
        | CauseKind::AnyRefusedBehindQueue => None,
    }
}

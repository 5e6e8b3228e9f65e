//! Series that are written again and again with another value: the last one acknowledged has to stay.

use influx_client::Outcome;
use influx_server_mock::sim::{CauseKind, SimCluster};

use super::evidence::Replicas;
use super::play::Said;
use super::schedule::{LineKind, Schedule};

/// A batch whose value was the last one acknowledged, with owners that had it and end on another one than the claims allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongValue {
    pub(super) batch: u64,
    pub(super) why: Why,
    pub(super) found: String,
}

/// What put the wrong value there; what is worse comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// A request of an earlier write, which its client sent again or gave up, or which was held up between two nodes, and
    /// was carried out after a later write. Nobody lied: neither server nor client says that requests are carried out in
    /// order.
    Reordered,
    /// A hint of an earlier write: the server kept it back, and delivered it after later writes.
    StaleHint,
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
        let mut nodes = Vec::new();
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
            nodes.push((why, format!("data{} ends on {value:?}", node + 1)));
        }
        wrong.extend(joined(writes[last].1.claim.batch, &writes[last].0, nodes));
    }
    wrong
}

/// What is wrong on some nodes, as one thing, and as bad as the worst of it.
fn joined(batch: u64, value: &str, nodes: Vec<(Why, String)>) -> Option<WrongValue> {
    let why = nodes.iter().map(|(why, _)| *why).max()?;
    let found: Vec<String> = nodes.into_iter().map(|(_, found)| found).collect();
    Some(WrongValue { batch, why, found: format!("{}, not on {value}", found.join(", ")) })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_wrong_once_and_as_bad_as_its_worst_node() {
        let of = |nodes: &[Why]| {
            let nodes = nodes.iter().enumerate().map(|(node, why)| (*why, format!("data{node} ends on v=1i")));
            joined(7, "v=2i", nodes.collect())
        };
        assert_eq!(of(&[]), None);
        let two = of(&[Why::StaleHint, Why::Reordered]);
        let found = "data0 ends on v=1i, data1 ends on v=1i, not on v=2i".to_owned();
        assert_eq!(two, Some(WrongValue { batch: 7, why: Why::StaleHint, found }));
        let worst = of(&[Why::Reordered, Why::Nothing, Why::StaleHint]);
        assert_eq!(worst.map(|wrong| wrong.why), Some(Why::Nothing), "one that nothing explains is not hidden");
    }
}

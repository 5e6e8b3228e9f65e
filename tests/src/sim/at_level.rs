//! Whether a level was met at the moment at which it was told. In the end nobody can tell any more: by then hints have
//! brought what was missing.

use influx_client::ConsistencyLevel;
use influx_server_mock::LossKind;
use influx_server_mock::sim::{CauseKind, Shortfall, SimCause, SimCluster};

use super::play::{Said, id};
use super::schedule::WritePlan;
use crate::truth::{FalseClaim, Liar, PointEnd, Promise};

/// Acknowledgements that a server gave for fewer copies than the level asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shortfalls {
    /// Points acknowledged at `any` when nothing but a hint had them, as that level allows.
    pub(super) hinted: u64,
    /// Those that nothing in the record explains, in words.
    pub(super) unexplained: Vec<String>,
}

/// Whether a node's word for a copy was false: it counted for the level, and there was none.
fn counted_for_nothing(cause: &SimCause) -> bool {
    match cause.kind {
        CauseKind::Loss(
            LossKind::UnknownShard | LossKind::DeletedShard | LossKind::ConflictDropped | LossKind::GoodPointLost,
        ) => true,
        CauseKind::Loss(
            LossKind::QueueDisabled
            | LossKind::QueueFull
            | LossKind::QueueBlocked
            | LossKind::HintTooLarge
            | LossKind::HintNotWritten
            | LossKind::LocalFailure
            | LossKind::Refused
            | LossKind::HintRefused
            | LossKind::HintPoisons
            | LossKind::RefusedYetQueued,
        )
        | CauseKind::CoordinatorDied
        | CauseKind::RefusedYetTaken
        | CauseKind::StaleHint
        | CauseKind::LateRequest
        | CauseKind::AnyRefusedBehindQueue => false,
    }
}

/// Holds the servers' acknowledgements against what their owners had at that moment.
pub(super) fn shortfalls(cluster: &SimCluster) -> Shortfalls {
    let causes = cluster.record().causes();
    judged(cluster.record().shortfalls(), causes)
}

fn judged(shortfalls: &[Shortfall], causes: &[SimCause]) -> Shortfalls {
    let mut judged = Shortfalls::default();
    for short in shortfalls {
        if short.hint_counts && short.had + short.queued >= short.required {
            judged.hinted += 1;
            continue;
        }
        let explains = |cause: &SimCause| {
            // 0.10 calls a hint that it could not write a hint, and a hint counts at this level.
            let unwritten = short.hint_counts && cause.kind == LossKind::HintNotWritten.into();
            (counted_for_nothing(cause) || unwritten) && cause.request == short.request && cause.time <= short.time
        };
        let explained = short.missing.iter().filter(|node| done_to(causes, &short.key, **node, explains)).count();
        if short.had + explained < short.required {
            let key = String::from_utf8_lossy(&short.key);
            judged.unexplained.push(format!(
                "request #{} was acknowledged when {} of {} owners had {key}",
                short.request, short.had, short.required
            ));
        }
    }
    judged
}

/// Whether something like this was done to the copy of a point on a node.
fn done_to(causes: &[SimCause], key: &[u8], node: usize, wanted: impl Fn(&SimCause) -> bool) -> bool {
    causes.iter().any(|cause| cause.replica == node && wanted(cause) && cause.keys.iter().any(|named| **named == *key))
}

/// Points that a client called stored at a level when fewer owners had them, which no server had called stored either.
/// `ends` has the points of the write by line.
pub(super) fn told_too_early(plan: &WritePlan, said: &Said, ends: &[PointEnd], causes: &[SimCause]) -> Vec<FalseClaim> {
    let claim = &said.claim;
    // At `any` a hint may be all there is.
    if claim.level == ConsistencyLevel::Any || claim.tally.stored == 0 {
        return Vec::new();
    }
    let explains = |cause: &SimCause| {
        counted_for_nothing(cause) && said.requests.contains(&cause.request) && cause.time <= claim.ended
    };
    let open: Vec<usize> = (0..claim.points).filter(|line| !claim.refused.contains(line)).collect();
    let lacking: Vec<(usize, usize, usize)> = open
        .iter()
        .filter_map(|line| {
            let (key, owners) = (plan.key(*line), &ends[*line].owners);
            let nodes = said.had.get(*line).map(Vec::as_slice).unwrap_or_default();
            let has = |owner: &u64| nodes.iter().any(|node| id(*node) == *owner);
            let dropped = |owner: &u64| {
                // The judge's numbers of nodes are their positions and one.
                usize::try_from(*owner - 1).is_ok_and(|node| done_to(causes, key.as_bytes(), node, explains))
            };
            let (needed, had) = (claim.level.required(owners.len()).max(1), owners.iter().filter(|o| has(o)).count());
            let excused = owners.iter().filter(|owner| !has(owner) && dropped(owner)).count();
            (had + excused < needed).then_some((*line, had, needed))
        })
        .collect();
    // Which of them are stored is not said.
    let short = (claim.tally.stored.min(open.len()) + lacking.len()).saturating_sub(open.len());
    let lie = |(line, had, needed)| FalseClaim {
        batch: claim.batch,
        line: Some(line),
        promise: Promise::AtLevel,
        liar: Liar::Client,
        found: format!("{had} of {needed} owners had it when it was called stored at {}", claim.level),
    };
    lacking.into_iter().take(short).map(lie).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn short(hint_counts: bool, queued: usize) -> Shortfall {
        let key = Box::from(&b"m,k=x"[..]);
        Shortfall { request: 7, time: 50, key, required: 1, had: 0, queued, missing: vec![0, 2], hint_counts }
    }

    fn cause(kind: LossKind, replica: usize, time: u64, request: u64) -> SimCause {
        SimCause { kind: kind.into(), time, node: 0, replica, request, keys: vec![Box::from(&b"m,k=x"[..])] }
    }

    fn unexplained(short: Shortfall, cause: SimCause) -> usize {
        judged(&[short], &[cause]).unexplained.len()
    }

    /// Only an owner that acknowledged and dropped it, of this request and before, excuses an acknowledgement.
    #[test]
    fn an_acknowledgement_is_excused_only_by_what_could_have_caused_it() {
        for kind in [LossKind::UnknownShard, LossKind::DeletedShard, LossKind::ConflictDropped, LossKind::GoodPointLost]
        {
            assert_eq!(unexplained(short(false, 0), cause(kind, 2, 50, 7)), 0, "{kind:?}");
            assert_eq!(unexplained(short(false, 0), cause(kind, 2, 51, 7)), 1, "later");
            assert_eq!(unexplained(short(false, 0), cause(kind, 1, 50, 7)), 1, "on a node that has it");
            assert_eq!(unexplained(short(false, 0), cause(kind, 2, 50, 6)), 1, "of another request");
        }
        for kind in [LossKind::LocalFailure, LossKind::Refused, LossKind::QueueFull, LossKind::HintNotWritten] {
            assert_eq!(unexplained(short(false, 0), cause(kind, 2, 50, 7)), 1, "{kind:?}");
        }
    }

    #[test]
    fn at_any_a_hint_counts_and_is_counted() {
        assert_eq!(judged(&[short(true, 1)], &[]), Shortfalls { hinted: 1, unexplained: Vec::new() });
        assert_eq!(judged(&[short(true, 0)], &[]).unexplained.len(), 1);
        assert_eq!(unexplained(short(true, 0), cause(LossKind::HintNotWritten, 2, 50, 7)), 0);
    }
}

//! Whether a level was met at the moment at which it was told. In the end nobody can tell any more: by then hints have
//! brought what was missing.

use std::collections::BTreeSet;

use influx_client::ConsistencyLevel;
use influx_server_mock::sim::{CauseKind, Shortfall, SimCause, SimCluster};
use influx_server_mock::{LossKind, Profile};

use super::play::{Said, id};
use super::schedule::WritePlan;
use crate::truth::{FalseClaim, Liar, PointEnd, Promise, ServerLie};

/// Acknowledgements that a server gave for fewer copies than the level asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shortfalls {
    /// Requests acknowledged at `any` when nothing but a hint had one of their points, as that level allows.
    pub(super) hinted: BTreeSet<u64>,
    /// Those that nothing in the record explains, in words.
    pub(super) unexplained: Vec<String>,
}

/// Whether a node's word for a copy was false: it counted for the level, and there was none.
fn counted_for_nothing(cause: &SimCause) -> bool {
    match cause.kind {
        CauseKind::Loss(kind) => ServerLie::from(kind).drops_what_counted(),
        CauseKind::CoordinatorDied
        | CauseKind::RefusedYetTaken
        | CauseKind::StaleHint
        | CauseKind::LateRequest
        | CauseKind::AnyRefusedBehindQueue => false,
    }
}

/// Whether it is a hint that could not be written, and that its node called a hint all the same, as 0.10 does.
fn taken_for_a_hint(cause: &SimCause, profile: Profile) -> bool {
    match profile {
        Profile::V0_10 => cause.kind == LossKind::HintNotWritten.into(),
        Profile::V1_8 => false,
    }
}

/// Holds the servers' acknowledgements against what their owners had at that moment.
pub(super) fn shortfalls(cluster: &SimCluster, profile: Profile) -> Shortfalls {
    let causes = cluster.record().causes();
    judged(cluster.record().shortfalls(), causes, profile)
}

fn judged(shortfalls: &[Shortfall], causes: &[SimCause], profile: Profile) -> Shortfalls {
    let mut judged = Shortfalls::default();
    for short in shortfalls {
        if short.hint_counts && short.had + short.queued >= short.required {
            judged.hinted.insert(short.request);
            continue;
        }
        let explains = |cause: &SimCause| {
            let unwritten = short.hint_counts && taken_for_a_hint(cause, profile);
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
/// `ends` has the points of the write by line. At `any` a hint may be all there is.
pub(super) fn told_too_early(
    plan: &WritePlan,
    said: &Said,
    ends: &[PointEnd],
    causes: &[SimCause],
    profile: Profile,
) -> Vec<FalseClaim> {
    let claim = &said.claim;
    if claim.tally.stored == 0 {
        return Vec::new();
    }
    let hint_counts = claim.level == ConsistencyLevel::Any;
    let explains = |cause: &SimCause| {
        (counted_for_nothing(cause) || hint_counts && taken_for_a_hint(cause, profile))
            && said.requests.contains(&cause.request)
            && cause.time <= claim.ended
    };
    let open: Vec<usize> = (0..claim.points).filter(|line| !claim.refused.contains(line)).collect();
    let lacking: Vec<(usize, usize, usize)> = open
        .iter()
        .filter_map(|line| {
            let (key, owners) = (plan.key(*line), &ends[*line].owners);
            let among = |nodes: &[Vec<usize>], owner: u64| {
                nodes.get(*line).is_some_and(|nodes| nodes.iter().any(|node| id(*node) == owner))
            };
            let has = |owner: &u64| among(&said.had, *owner) || hint_counts && among(&said.queued, *owner);
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
        found: match hint_counts {
            true => "neither an owner nor a queue had it when it was called stored at any".to_owned(),
            false => format!("{had} of {needed} owners had it when it was called stored at {}", claim.level),
        },
    };
    lacking.into_iter().take(short).map(lie).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::slice::from_ref;

    use super::*;

    fn short(hint_counts: bool, queued: usize) -> Shortfall {
        let key = Box::from(&b"m,k=x"[..]);
        Shortfall { request: 7, time: 50, key, required: 1, had: 0, queued, missing: vec![0, 2], hint_counts }
    }

    fn cause(kind: LossKind, replica: usize, time: u64, request: u64) -> SimCause {
        SimCause { kind: kind.into(), time, node: 0, replica, request, keys: vec![Box::from(&b"m,k=x"[..])] }
    }

    fn unexplained(short: Shortfall, cause: SimCause) -> usize {
        let of = |profile| judged(from_ref(&short), from_ref(&cause), profile).unexplained.len();
        assert_eq!(of(Profile::V0_10), of(Profile::V1_8));
        of(Profile::V1_8)
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
        let profile = Profile::V1_8;
        let another = Shortfall { key: Box::from(&b"m,k=y"[..]), ..short(true, 1) };
        let hinted = judged(&[short(true, 1), another], &[], profile);
        assert_eq!(hinted, Shortfalls { hinted: [7].into(), unexplained: Vec::new() }, "two points of one request");
        assert_eq!(judged(&[short(true, 0)], &[], profile).unexplained.len(), 1);
    }

    /// 1.8 says that it could not write a hint.
    #[test]
    fn only_0_10_takes_a_hint_that_it_could_not_write_for_one() {
        let unwritten = cause(LossKind::HintNotWritten, 2, 50, 7);
        for (profile, unexplained) in [(Profile::V0_10, 0), (Profile::V1_8, 1)] {
            assert_eq!(judged(&[short(true, 0)], from_ref(&unwritten), profile).unexplained.len(), unexplained);
        }
    }

    #[test]
    fn at_any_an_owner_or_a_queue_has_it_by_then() {
        use super::super::schedule::{Line, LineKind};
        use crate::truth::{Claim, Copy, Sent};
        use std::time::Duration;

        let plan = WritePlan {
            batch: 9,
            client: 0,
            at: Duration::ZERO,
            level: ConsistencyLevel::Any,
            deadline: Duration::from_secs(1),
            dropped_after: None,
            precision: influx_client::Precision::Nanoseconds,
            per_shard_group: false,
            split_types: false,
            extra_requests: 0,
            lines: vec![Line { kind: LineKind::Plain, measurement: 0, week: 0 }],
        };
        let end = PointEnd { owners: vec![1, 3], copies: [(1, Copy::default()), (3, Copy::default())].into() };
        let told = |level, had: &[usize], queued: &[usize], causes: &[SimCause], profile| {
            let sent = Sent { batch: 9, points: 1, idempotent: true, level, began: 0, ended: 100 };
            let tally = influx_client::Tally { stored: 1, ..influx_client::Tally::default() };
            let claim = Claim { tally, ..Claim::silent(sent) };
            let said = Said { claim, requests: vec![7], had: vec![had.to_vec()], queued: vec![queued.to_vec()] };
            told_too_early(&plan, &said, from_ref(&end), causes, profile).len()
        };
        use ConsistencyLevel::{Any, One};
        for profile in Profile::ALL {
            assert_eq!(told(Any, &[], &[], &[], profile), 1, "nobody had it");
            assert_eq!(told(Any, &[1], &[1], &[], profile), 1, "no owner");
            assert_eq!(told(Any, &[2], &[], &[], profile), 0);
            assert_eq!(told(Any, &[], &[2], &[], profile), 0);
            assert_eq!(told(One, &[], &[2], &[], profile), 1, "a hint is no copy");
        }
        let key = plan.key(0).into_bytes().into_boxed_slice();
        let unwritten = SimCause { keys: vec![key], ..cause(LossKind::HintNotWritten, 2, 50, 7) };
        assert_eq!(told(Any, &[], &[], from_ref(&unwritten), Profile::V0_10), 0);
        assert_eq!(told(Any, &[], &[], from_ref(&unwritten), Profile::V1_8), 1);
        assert_eq!(told(One, &[], &[], &[unwritten], Profile::V0_10), 1);
    }
}

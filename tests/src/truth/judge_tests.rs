#![allow(clippy::unwrap_used)]
//! Every kind of lie is told to the judge once; and a client that tells the truth is never accused.

use std::time::Duration;

use influx_client::{Class, Tally};
use proptest::prelude::*;

use super::super::{Copy, PointId, Request, Sent};
use super::*;

const OWNERS: [u64; 3] = [1, 3, 5];

fn claim(points: usize, outcome: Outcome, tally: Tally) -> Claim {
    let sent = Sent { batch: 7, points, idempotent: true, level: ConsistencyLevel::Quorum, began: 0, ended: 100 };
    // Whatever is called stored was acknowledged by somebody.
    let acknowledged = Request { points, status: Some(204), ..request(1, Outcome::Stored) };
    let requests = if tally.stored > 0 { vec![acknowledged] } else { Vec::new() };
    Claim { outcome, tally, requests, ..Claim::silent(sent) }
}

fn stored(points: usize) -> Claim {
    claim(points, Outcome::Stored, Tally { stored: points, ..Tally::default() })
}

fn not_stored(points: usize) -> Claim {
    claim(points, Outcome::NotStored, Tally { not_stored: points, ..Tally::default() })
}

fn on(nodes: &[u64]) -> PointEnd {
    let copy = || Copy { times: vec![1], differs: None };
    PointEnd { owners: OWNERS.to_vec(), copies: nodes.iter().map(|node| (*node, copy())).collect() }
}

fn cause(lie: ServerLie, replica: Option<u64>, points: &[PointId]) -> ServerCause {
    ServerCause { lie, node: 1, replica, to: Affected::Points(points.to_vec()), record: String::new() }
}

fn request(sent: u64, outcome: Outcome) -> Request {
    Request {
        node: 1,
        started: Duration::from_nanos(10),
        elapsed: Duration::from_nanos(20),
        points: 2,
        sent,
        status: None,
        class: Class::Timeout,
        outcome,
        message: None,
    }
}

fn promises(claim: &Claim, ends: &[PointEnd]) -> Vec<(Promise, Liar)> {
    let found = judge(claim, ends, &Causes::default());
    found.into_iter().map(|lie| (lie.promise, lie.liar)).collect()
}

/// The only lie there is, told by the client.
#[track_caller]
fn client_lie(claim: &Claim, ends: &[PointEnd], promise: Promise) {
    assert_eq!(promises(claim, ends), [(promise, Liar::Client)]);
}

#[test]
fn true_claims_are_believed() {
    assert_eq!(promises(&stored(2), &[on(&OWNERS), on(&OWNERS)]), []);
    assert_eq!(promises(&not_stored(2), &[on(&[]), on(&[])]), []);
    let unknown = claim(3, Outcome::Unknown, Tally { unknown: 3, ..Tally::default() });
    assert_eq!(promises(&unknown, &[on(&[]), on(&[5]), on(&OWNERS)]), []);
}

#[test]
fn stored_is_at_its_level_and_everywhere() {
    client_lie(&stored(1), &[on(&[3])], Promise::AtLevel);
    client_lie(&stored(1), &[on(&[])], Promise::AtLevel);
    client_lie(&stored(1), &[PointEnd::default()], Promise::AtLevel);
    client_lie(&stored(1), &[on(&[1, 3])], Promise::OnEveryOwner);
    // Of two points one is called stored: whichever.
    let tally = Tally { stored: 1, unknown: 1, ..Tally::default() };
    let some = claim(2, Outcome::Unknown, tally);
    assert_eq!(promises(&some, &[on(&[]), on(&OWNERS)]), []);
    client_lie(&some, &[on(&[]), on(&[1, 5])], Promise::AtLevel);
}

/// Whatever is there in the end: nobody may call stored what no server took.
#[test]
fn stored_is_what_a_server_acknowledged() {
    let answered = |status, message: &str| {
        let answer = Request { status, message: Some(message.into()), ..request(9, Outcome::Stored) };
        Claim { requests: vec![answer], ..stored(2) }
    };
    let everywhere = [on(&OWNERS), on(&OWNERS)];
    for claim in [answered(Some(500), "timeout"), answered(None, ""), Claim { requests: Vec::new(), ..stored(2) }] {
        client_lie(&claim, &everywhere, Promise::Acknowledged);
    }
    let once =
        Claim { requests: vec![Request { points: 1, ..answered(Some(204), "").requests[0].clone() }], ..stored(2) };
    client_lie(&once, &everywhere, Promise::Acknowledged);
    for claim in [answered(Some(204), ""), answered(Some(400), "partial write: x dropped=1")] {
        assert_eq!(promises(&claim, &everywhere), []);
    }
    let push = Claim { requests: Vec::new(), shared: true, ..stored(2) };
    assert_eq!(promises(&push, &everywhere), [], "nobody kept its requests");
}

#[test]
fn not_stored_is_nowhere() {
    client_lie(&not_stored(2), &[on(&[]), on(&[3])], Promise::Nowhere);
    let tally = Tally { stored: 1, not_stored: 1, ..Tally::default() };
    let some = claim(2, Outcome::Unknown, tally);
    client_lie(&some, &[on(&OWNERS), on(&OWNERS)], Promise::Nowhere);
    // A node that ought not to have it counts as well.
    client_lie(&not_stored(1), &[PointEnd { owners: vec![], ..on(&[9]) }], Promise::Nowhere);
}

#[test]
fn refused_is_nowhere() {
    let tally = Tally { stored: 1, refused: 1, ..Tally::default() };
    let mut refused = Claim { refused: vec![1], ..claim(2, Outcome::PartlyStored, tally) };
    assert_eq!(promises(&refused, &[on(&OWNERS), on(&[])]), []);
    client_lie(&refused, &[on(&OWNERS), on(&[1])], Promise::RefusedForGood);
    // The other one is called stored by the same words.
    client_lie(&refused, &[on(&[]), on(&[])], Promise::AtLevel);
    // One of them is refused, nobody says which.
    refused.refused.clear();
    client_lie(&refused, &[on(&OWNERS), on(&OWNERS)], Promise::RefusedForGood);
    let server = judge(
        &refused,
        &[on(&OWNERS), on(&[5])],
        &[cause(ServerLie::RefusedYetQueued, Some(5), &[(7, 1)])].into_iter().collect(),
    );
    assert_eq!(server.len(), 1);
    assert_eq!(server[0].liar, Liar::Server([ServerLie::RefusedYetQueued].into()));
}

#[test]
fn counts_add_up() {
    let all = [on(&OWNERS), on(&OWNERS)];
    let less = Claim { tally: Tally { stored: 1, ..Tally::default() }, ..stored(2) };
    assert!(promises(&less, &all).iter().all(|lie| *lie == (Promise::CountsAddUp, Liar::Client)));
    assert!(!promises(&less, &all).is_empty());
    client_lie(&stored(3), &all, Promise::CountsAddUp);
    let tally = Tally { stored: 1, refused: 1, ..Tally::default() };
    let partly = |refused: &[usize]| Claim { refused: refused.to_vec(), ..claim(2, Outcome::PartlyStored, tally) };
    let ends = [on(&OWNERS), on(&[])];
    for refused in [&[1, 1][..], &[0, 1], &[2]] {
        assert!(promises(&partly(refused), &ends).contains(&(Promise::CountsAddUp, Liar::Client)), "{refused:?}");
    }
    let whole = Claim { outcome: Outcome::NotStored, ..stored(2) };
    assert!(promises(&whole, &all).contains(&(Promise::CountsAddUp, Liar::Client)));
}

#[test]
fn what_has_no_time_is_sent_once_and_stored_once() {
    let unknown = Tally { unknown: 2, ..Tally::default() };
    let mut once = Claim { idempotent: false, ..claim(2, Outcome::Unknown, unknown) };
    let ends = [on(&[]), on(&[])];
    once.requests = vec![request(0, Outcome::NotStored), request(9, Outcome::NotStored), request(9, Outcome::Unknown)];
    assert_eq!(promises(&once, &ends), []);
    once.requests.push(request(9, Outcome::Unknown));
    client_lie(&once, &ends, Promise::SentOnce);
    client_lie(&Claim { points: 2, ..once.clone() }, &ends, Promise::SentOnce);
    // With times there is no harm in it.
    once.idempotent = true;
    assert_eq!(promises(&once, &ends), []);
    let mut twice = [on(&[1, 3]), on(&[])];
    twice[0].copies.insert(5, Copy { times: vec![2], differs: None });
    client_lie(&once, &twice, Promise::StoredOnce);
}

#[test]
fn a_copy_is_as_written() {
    let mut other = on(&OWNERS);
    other.copies.insert(3, Copy { times: vec![1], differs: Some("v=8i, not 7i".into()) });
    client_lie(&stored(1), std::slice::from_ref(&other), Promise::AsWritten);
    let stale = judge(&stored(1), &[other], &[cause(ServerLie::StaleHint, None, &[(7, 0)])].into_iter().collect());
    assert_eq!(stale[0].liar, Liar::Server([ServerLie::StaleHint].into()));
}

#[test]
fn deferred_arrives_and_below_level_has_a_copy() {
    let deferred = claim(2, Outcome::Deferred, Tally { deferred: 2, ..Tally::default() });
    assert_eq!(promises(&deferred, &[on(&OWNERS), on(&[1])]), []);
    client_lie(&deferred, &[on(&OWNERS), on(&[])], Promise::Arrives);
    let below = claim(2, Outcome::BelowLevel, Tally { below_level: 2, ..Tally::default() });
    assert_eq!(promises(&below, &[on(&[]), on(&[1])]), []);
    client_lie(&below, &[on(&[]), on(&[])], Promise::SomeCopy);
    // The words alone claim it, whatever the counts say.
    let words = claim(1, Outcome::BelowLevel, Tally { unknown: 1, ..Tally::default() });
    client_lie(&words, &[on(&[])], Promise::SomeCopy);
}

/// Of two shard groups one is stored; that says nothing for the other.
#[test]
fn what_is_stored_keeps_no_promise_for_the_rest() {
    let below = |tally| claim(2, Outcome::BelowLevel, tally);
    let one = below(Tally { stored: 1, below_level: 1, ..Tally::default() });
    client_lie(&one, &[on(&OWNERS), on(&[])], Promise::SomeCopy);
    assert_eq!(promises(&one, &[on(&OWNERS), on(&[1])]), []);
    let queued = claim(2, Outcome::PartlyStored, Tally { stored: 1, deferred: 1, ..Tally::default() });
    client_lie(&queued, &[on(&OWNERS), on(&[])], Promise::Arrives);
    client_lie(&claim(2, Outcome::Deferred, queued.tally), &[on(&OWNERS), on(&[])], Promise::Arrives);
    assert_eq!(promises(&queued, &[on(&OWNERS), on(&[5])]), []);
    // What arrives is no copy of what is below its level, nor is what was refused.
    let both = below(Tally { deferred: 1, below_level: 1, ..Tally::default() });
    client_lie(&both, &[on(&[1]), on(&[])], Promise::SomeCopy);
    let tally = Tally { refused: 1, below_level: 1, ..Tally::default() };
    let refused = Claim { refused: vec![0], ..below(tally) };
    let found = promises(&refused, &[on(&[1]), on(&[])]);
    assert!(found.contains(&(Promise::SomeCopy, Liar::Client)), "{found:?}");
    // A server that lost what it called stored answers for that alone.
    let lost = OWNERS.map(|node| cause(ServerLie::DropRace, Some(node), &[(7, 0)]));
    let found = judge(&one, &[on(&[]), on(&[1])], &lost.clone().into_iter().collect());
    let told: Vec<_> = found.iter().map(|lie| (lie.promise, lie.liar.clone())).collect();
    assert_eq!(told, [(Promise::AtLevel, Liar::Server([ServerLie::DropRace].into()))]);
    // Where nothing is left, both are untrue, and the record explains one of them.
    let found = judge(&one, &[on(&[]), on(&[])], &lost.into_iter().collect());
    assert!(found.iter().any(|lie| lie.promise == Promise::SomeCopy && lie.liar == Liar::Client), "{found:?}");
}

/// What a push is a part of was called below its level by a server that proves nothing by it.
#[test]
fn a_push_below_its_level_is_worth_nothing_either() {
    let push =
        Claim { below: true, shared: true, ..claim(1, Outcome::Unknown, Tally { unknown: 1, ..Tally::default() }) };
    assert_eq!(promises(&push, &[on(&[])]), []);
    client_lie(&Claim { old_server: true, ..push }, &[on(&[1])], Promise::WorthOfVersion);
}

#[test]
fn an_old_server_is_worth_less() {
    let old = Claim { old_server: true, ..stored(1) };
    client_lie(&old, &[on(&OWNERS)], Promise::WorthOfVersion);
    let warned = Claim { caveats: vec![Caveat::NewShardGroup], ..old };
    assert_eq!(promises(&warned, &[on(&OWNERS)]), []);
    let below = claim(1, Outcome::BelowLevel, Tally { below_level: 1, ..Tally::default() });
    client_lie(&Claim { old_server: true, ..below }, &[on(&[1])], Promise::WorthOfVersion);
}

#[test]
fn a_server_answers_only_for_what_its_record_names() {
    let judged = |cause: ServerCause| judge(&stored(1), &[on(&[1])], &[cause].into_iter().collect());
    let both = |lie| {
        let causes = [cause(lie, Some(3), &[(7, 0)]), cause(ServerLie::QueueFull, Some(5), &[(7, 0)])];
        judge(&stored(1), &[on(&[1])], &causes.into_iter().collect())
    };
    let full = ServerLie::QueueFull;
    // The wrong point, the wrong replica, one replica of two, the wrong kind.
    assert_eq!(judged(cause(full, None, &[(7, 1)]))[0].liar, Liar::Client);
    assert_eq!(judged(cause(full, Some(1), &[(7, 0)]))[0].liar, Liar::Client);
    assert_eq!(judged(cause(full, Some(3), &[(7, 0)]))[0].liar, Liar::Client);
    assert_eq!(both(ServerLie::RefusedYetQueued)[0].liar, Liar::Client);
    assert_eq!(both(ServerLie::DropRace)[0].liar, Liar::Server([full, ServerLie::DropRace].into()));
    assert_eq!(both(ServerLie::DropRace)[0].promise, Promise::AtLevel);
    // What was never taken has never counted: it explains why not everybody has it, not why too few have.
    let missing = judge(&stored(1), &[on(&[1, 3])], &[cause(full, None, &[(7, 0)])].into_iter().collect());
    assert_eq!((missing[0].promise, &missing[0].liar), (Promise::OnEveryOwner, &Liar::Server([full].into())));
    let below = judged(cause(full, None, &[(7, 0)]));
    assert_eq!((below[0].promise, &below[0].liar), (Promise::AtLevel, &Liar::Client));
}

/// Every lie of a server, as the only record of all owners without the point, at every level and number of copies.
#[test]
fn only_what_counted_and_is_gone_excuses_a_level() {
    use ServerLie::{ConflictDropped, DropRace, GoodPointLost, ShardDeleted};
    let hints = [ServerLie::HintRefused, ServerLie::PoisonHint, ServerLie::HintPurged];
    for lie in ServerLie::ALL {
        for level in ConsistencyLevel::ALL {
            for copies in 0..3 {
                let warned = Claim { level, caveats: vec![Caveat::NewShardGroup], ..stored(1) };
                let lone =
                    [cause(lie, Some(5), &[(7, 0)]), cause(lie, Some(3), &[(7, 0)]), cause(lie, Some(1), &[(7, 0)])];
                let end = on(&OWNERS[..copies]);
                let found = judge(&warned, &[end], &lone.clone().into_iter().collect());
                let below = copies < level.required(3).max(1);
                let excused = match below {
                    true if level == ConsistencyLevel::Any && hints.contains(&lie) => true,
                    true => [DropRace, ShardDeleted, ConflictDropped, GoodPointLost].contains(&lie),
                    false => !matches!(lie, ServerLie::RefusedYetQueued | ServerLie::StaleHint),
                };
                let liar = if excused { Liar::Server([lie].into()) } else { Liar::Client };
                assert_eq!(found.len(), 1);
                let promise = if below { Promise::AtLevel } else { Promise::OnEveryOwner };
                assert_eq!((found[0].promise, &found[0].liar), (promise, &liar), "{lie} at {level} with {copies}");
            }
        }
    }
    // 0.10 takes a hint that it cannot write for one that it has.
    let unwritten = || [1, 3, 5].map(|node| cause(ServerLie::HintNotWritten, Some(node), &[(7, 0)])).into_iter();
    let any = Claim { level: ConsistencyLevel::Any, caveats: vec![Caveat::NewShardGroup], ..stored(1) };
    assert_eq!(judge(&any, &[on(&[])], &unwritten().collect())[0].liar, Liar::Client);
    let old = Claim { old_server: true, ..any };
    assert_eq!(
        judge(&old, &[on(&[])], &unwritten().collect())[0].liar,
        Liar::Server([ServerLie::HintNotWritten].into())
    );
}

/// Owners that have it and owners that dropped it count together; strangers do not.
#[test]
fn as_many_owners_as_the_level_asks_have_it_or_dropped_it() {
    let dropped = |nodes: &[u64]| {
        let all = nodes.iter().map(|node| cause(ServerLie::DropRace, Some(*node), &[(7, 0)]));
        all.chain([cause(ServerLie::QueueFull, None, &[(7, 0)])]).collect::<Causes>()
    };
    let at = |level, nodes: &[u64], gone: &[u64]| {
        judge(&Claim { level, ..stored(1) }, &[on(nodes)], &dropped(gone))[0].liar == Liar::Client
    };
    use ConsistencyLevel::{All, One, Quorum};
    assert!(at(One, &[], &[]) && !at(One, &[], &[3]));
    assert!(at(Quorum, &[1], &[]) && !at(Quorum, &[1], &[3]) && at(Quorum, &[], &[3]) && !at(Quorum, &[], &[3, 5]));
    assert!(at(All, &[1, 3], &[]) && !at(All, &[1, 3], &[5]) && at(All, &[1], &[5]));
    // A stranger's copy is nobody's acknowledgement.
    assert!(at(One, &[9], &[]));
    let deferred = claim(1, Outcome::Deferred, Tally { deferred: 1, ..Tally::default() });
    client_lie(&deferred, &[on(&[9])], Promise::Arrives);
}

#[test]
fn what_is_below_its_level_or_deferred_was_taken_by_somebody() {
    let liar = |claim: &Claim, lie| {
        judge(claim, &[on(&[])], &[cause(lie, None, &[(7, 0)])].into_iter().collect())[0].liar.clone()
    };
    let below = claim(1, Outcome::BelowLevel, Tally { below_level: 1, ..Tally::default() });
    let deferred = claim(1, Outcome::Deferred, Tally { deferred: 1, ..Tally::default() });
    for (lie, of_below, of_deferred) in [
        (ServerLie::QueueFull, false, false),
        (ServerLie::LocalFailure, false, false),
        (ServerLie::CoordinatorDied, false, false),
        (ServerLie::HintRefused, false, true),
        (ServerLie::DropRace, true, true),
    ] {
        assert_eq!(liar(&below, lie) != Liar::Client, of_below, "{lie}");
        assert_eq!(liar(&deferred, lie) != Liar::Client, of_deferred, "{lie}");
    }
}

#[test]
fn a_dead_coordinator_answers_for_what_it_was_asked_before() {
    let died = |from, to| ServerCause {
        lie: ServerLie::CoordinatorDied,
        node: 1,
        replica: None,
        to: Affected::Asked { from, to },
        record: String::new(),
    };
    let mut claim = stored(1);
    claim.requests = vec![Request { status: Some(204), ..request(9, Outcome::Stored) }];
    let judged = |cause| judge(&claim, &[on(&[1, 3])], &[cause].into_iter().collect())[0].liar.clone();
    assert_eq!(judged(died(20, 50)), Liar::Server([ServerLie::CoordinatorDied].into()));
    assert_eq!(judged(died(31, 50)), Liar::Client);
    assert_eq!(judged(died(0, 9)), Liar::Client);
    assert_eq!(judged(ServerCause { node: 3, ..died(0, 99) }), Liar::Client);
    assert_eq!(judged(ServerCause { node: 3, ..died(20, 50) }), Liar::Client);
    // One that gave no answer to build on has promised nothing.
    let unheard = Claim { requests: vec![request(9, Outcome::Unknown)], ..claim.clone() };
    assert_eq!(judge(&unheard, &[on(&[1, 3])], &[died(20, 50)].into_iter().collect())[0].liar, Liar::Client);
    // Nor does a death explain why too few have it.
    assert_eq!(judge(&claim, &[on(&[1])], &[died(20, 50)].into_iter().collect())[0].liar, Liar::Client);
    // The requests that may have held points of a push are told by node as well.
    let shared = Claim { shared: true, ..claim.clone() };
    let judged = |cause| judge(&shared, &[on(&[1, 3])], &[cause].into_iter().collect())[0].liar.clone();
    assert_eq!(judged(died(20, 50)), Liar::Server([ServerLie::CoordinatorDied].into()));
    assert_eq!(judged(ServerCause { node: 3, ..died(20, 50) }), Liar::Client);
}

/// What is true of a batch of four: where each point is, and what a client that knows it may say.
fn truth() -> impl Strategy<Value = (Claim, Vec<PointEnd>)> {
    let fate = prop::sample::select(vec!["stored", "refused", "unnamed", "gone", "below", "deferred", "unknown"]);
    let nodes = prop::sample::subsequence(OWNERS.to_vec(), 0..=3);
    prop::collection::vec((fate, nodes), 1..8).prop_map(|points| {
        let mut tally = Tally::default();
        let (mut refused, mut ends) = (Vec::new(), Vec::new());
        for (line, (fate, nodes)) in points.iter().enumerate() {
            let nodes = match *fate {
                "stored" => &OWNERS[..],
                "refused" | "unnamed" | "gone" => &[],
                "below" | "deferred" if nodes.is_empty() => &OWNERS[..1],
                _ => nodes,
            };
            ends.push(on(nodes));
            match *fate {
                "stored" => tally.stored += 1,
                "refused" => {
                    refused.push(line);
                    tally.refused += 1;
                }
                "unnamed" => tally.refused += 1,
                "gone" => tally.not_stored += 1,
                "below" => tally.below_level += 1,
                "deferred" => tally.deferred += 1,
                _ => tally.unknown += 1,
            }
        }
        let all = points.len();
        let outcome = if tally.stored == all {
            Outcome::Stored
        } else if tally.not_stored + tally.refused == all {
            Outcome::NotStored
        } else if tally.below_level > 0 {
            Outcome::BelowLevel
        } else {
            Outcome::Unknown
        };
        (Claim { refused, ..claim(all, outcome, tally) }, ends)
    })
}

proptest! {
    /// A client that says what is the case is not accused.
    #[test]
    fn nobody_is_accused_of_the_truth((claim, ends) in truth()) {
        prop_assert_eq!(judge(&claim, &ends, &Causes::default()), []);
    }

    /// One that counts a point as stored that some owner lacks is, and so is one that counts a point as absent that is
    /// somewhere.
    #[test]
    fn one_point_too_many_is_found((truth, ends) in truth()) {
        let lacking = ends.iter().filter(|end| !end.everywhere()).count();
        let there = ends.iter().filter(|end| !end.nowhere()).count();
        if lacking > 0 {
            let all = claim(ends.len(), Outcome::Stored, Tally { stored: ends.len(), ..Tally::default() });
            let found = judge(&all, &ends, &Causes::default());
            prop_assert_eq!(found.len(), lacking);
            prop_assert!(found.iter().all(|lie| lie.liar == Liar::Client));
        }
        if there > 0 {
            let none = claim(ends.len(), Outcome::NotStored, Tally { not_stored: ends.len(), ..Tally::default() });
            prop_assert_eq!(judge(&none, &ends, &Causes::default()).len(), there);
        }
        let tally = Tally { unknown: truth.tally.unknown + 1, ..truth.tally };
        let miscounted = judge(&Claim { tally, ..truth }, &ends, &Causes::default());
        prop_assert!(!miscounted.is_empty());
    }

    /// Causes excuse, and never accuse.
    #[test]
    fn records_accuse_nobody((claim, ends) in truth(), lie in prop::sample::select(ServerLie::ALL.to_vec())) {
        let causes = (0..ends.len()).map(|line| cause(lie, None, &[(7, line)])).collect();
        prop_assert_eq!(judge(&claim, &ends, &causes), []);
    }
}

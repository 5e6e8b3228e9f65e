//! What a run comes to.

use std::collections::BTreeMap;

use super::nemesis::Evil;
use super::summary::Summary;
use crate::experiment::{Ending, TargetKind};

/// Kinds of faults that never took effect although they were planned more than once: one order may meet a node that is too
/// busy to take it.
fn missing(summary: &Summary) -> Vec<&'static str> {
    let planned = |kind: &str| summary.planned.get(kind).is_some_and(|times| *times > 1);
    let all = Evil::ALL.into_iter().map(Evil::id);
    all.filter(|kind| planned(kind) && !summary.injected.contains_key(*kind)).collect()
}

/// What has to hold, and what is told besides.
pub(super) fn ending(summary: &Summary, target: TargetKind) -> Ending {
    let mut ending = Ending::default();
    let found = match summary.client_lies.first() {
        None => format!("none in {} batches", summary.batches()),
        Some(story) => format!(
            "{} (seed {}), the first in round {}: batch {}, {}: {}. {}",
            summary.client_lies.len(),
            summary.seed,
            story.round,
            story.claim.batch,
            story.claim.promise,
            story.claim.found,
            story.said
        ),
    };
    ending.expect("no claim of the client is false", summary.client_lies.is_empty(), found);
    let faults: u64 = summary.injected.values().sum();
    ending.summary.extend(summary.notes.iter().cloned());
    let missing = missing(summary);
    let counts = |all: &BTreeMap<String, u64>| {
        all.iter().map(|(kind, count)| format!("{kind} {count}")).collect::<Vec<_>>().join(", ")
    };
    let judged: u64 = summary.rounds.iter().map(|round| round.judged).sum();
    let judged_points: u64 = summary.rounds.iter().map(|round| round.judged_points).sum();
    if target == TargetKind::Hosts {
        ending.expect(
            "the replicas told of half of the batches at least, and of points in them",
            judged_points > 0 && 2 * judged >= summary.batches(),
            format!("{judged} of {} batches, {judged_points} points", summary.batches()),
        );
    } else {
        let never = if missing.is_empty() { String::new() } else { format!("; never {}", missing.join(", ")) };
        ending.expect(
            "faults of every kind were injected, where there was time for them",
            missing.is_empty() && faults > 0,
            counts(&summary.injected) + &never,
        );
        if !summary.not_taken.is_empty() {
            ending.summary.push(format!(
                "faults that took effect on nobody, as nodes were down or busy: {}",
                counts(&summary.not_taken)
            ));
        }
    }
    let acknowledged: u64 = summary.rounds.iter().map(|round| round.acknowledged).sum();
    let ends = format!("{acknowledged} of {} batches", summary.batches());
    // Of one who claims nothing nothing can be false. On somebody else's cluster the faults may be such that nothing is stored.
    let (what, enough) = match target {
        TargetKind::Hosts => ("batches were acknowledged", acknowledged > 0),
        _ => ("a tenth of the batches at least was acknowledged", 10 * acknowledged >= summary.batches()),
    };
    ending.expect(what, enough && acknowledged > 0, ends);
    let points: u64 = summary.rounds.iter().map(|round| round.points).sum();
    let requests: u64 = summary.rounds.iter().map(|round| round.requests).sum();
    let time: u64 = summary.rounds.iter().map(|round| round.workload).sum();
    ending.summary.push(format!(
        "{} batches with {points} points in {requests} requests, {} s of workload on {} clusters, {faults} faults",
        summary.batches(),
        time / 1_000,
        summary.rounds.len()
    ));
    let lies: Vec<String> = summary.server_lie_counts().iter().map(|(name, count)| format!("{name} {count}")).collect();
    ending.summary.push(format!(
        "false claims that are the servers', by the record of the run: {} (named: {})",
        summary.server_claims,
        or_none(&lies.join(", "))
    ));
    ending.summary.push(format!(
        "false claims of the client: {}, among {judged} batches with {judged_points} points that were judged",
        summary.client_lies.len()
    ));
    if summary.exempt > 0 {
        ending.summary.push(format!(
            "not judged: {} pushes of background writers, of whose batches some points were refused without being named",
            summary.exempt
        ));
    }
    if summary.below > 0 {
        ending.summary.push(format!(
            "not judged: {} pushes of background writers, of whose batches some points are below their level without being \
             named",
            summary.below
        ));
    }
    ending
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::RoundSummary;
    use super::*;

    fn summary(batches: u64, judged: u64, judged_points: u64) -> Summary {
        let round = RoundSummary { batches, judged, judged_points, acknowledged: 1, ..RoundSummary::default() };
        Summary { rounds: vec![round], ..Summary::default() }
    }

    #[test]
    fn what_could_not_be_judged_is_no_proof() {
        let holds = |summary: &Summary| ending(summary, TargetKind::Hosts).holds();
        assert!(holds(&summary(10, 10, 90)) && holds(&summary(10, 5, 1)));
        assert!(!holds(&summary(10, 4, 40)) && !holds(&summary(10, 10, 0)) && !holds(&summary(10, 0, 0)));
    }

    #[test]
    fn what_was_planned_more_than_once_took_effect() {
        let holds = |planned: &[(Evil, u64)], injected: &[(Evil, u64)]| {
            let named = |all: &[(Evil, u64)]| all.iter().map(|(evil, times)| (evil.id().to_owned(), *times)).collect();
            let summary = Summary { planned: named(planned), injected: named(injected), ..summary(1, 1, 1) };
            ending(&summary, TargetKind::Processes).holds()
        };
        assert!(holds(&[(Evil::Kill, 2), (Evil::Pause, 1)], &[(Evil::Kill, 1)]));
        assert!(!holds(&[(Evil::Kill, 2), (Evil::Pause, 2)], &[(Evil::Kill, 2)]));
        assert!(!holds(&[(Evil::Kill, 1)], &[]), "no fault at all");
    }
}

#![allow(clippy::unwrap_used)]

use super::verdict::play_and_judge;
use super::*;
use crate::truth::Promise;

fn settings() -> SimSettings {
    SimSettings::default()
}

/// Whether a false claim of this kind is found in some hundreds of schedules at most.
fn finds(tamper: Tamper, promise: Promise) -> bool {
    let settings = SimSettings { tamper, ..settings() };
    (0..500).any(|seed| run_seed(seed, &settings, false).client_lies().any(|lie| lie.promise == promise))
}

/// The same seed gives the same events, in another thread too.
#[test]
fn a_seed_is_repeated_exactly() {
    for seed in 0..40 {
        let here = run_seed(seed, &settings(), true);
        let there = std::thread::spawn(move || run_seed(seed, &settings(), true)).join().unwrap();
        assert_eq!(here.trace, there.trace, "seed {seed}");
        assert_eq!(here.fingerprint, there.fingerprint);
        let said = |played: &Played| format!("{:?}", played.claims);
        assert_eq!(said(&here), said(&there), "seed {seed}");
        // Telling changes nothing.
        assert_eq!(run_seed(seed, &settings(), false).fingerprint, here.fingerprint);
    }
}

/// How many schedules are played unless `INFLUX_LAB_SIM_SEEDS` says otherwise: what a debug build plays in some seconds.
const SEEDS: u64 = 600;

#[test]
fn the_client_does_not_lie_and_the_servers_do_by_name() {
    let asked = std::env::var("INFLUX_LAB_SIM_SEEDS").ok();
    let seeds = asked.map_or(SEEDS, |text| text.parse().unwrap());
    let summary = run_many(0..seeds, 2, &settings(), |_| true);
    println!("{summary}");
    assert!(summary.holds(), "{summary}");
    assert_eq!(summary.schedules, seeds);
    for name in ["drop-race", "stale-hint", "replica-refused", "conflict-dropped", "poison-hint", "hint-refused"] {
        assert!(summary.server_lies.contains_key(name), "{name} was not seen\n{summary}");
    }
    for name in [
        "any-refused-behind-queue",
        "queue-full",
        "queue-blocked",
        "hint-not-written",
        "local-failure",
        "coordinator-died",
        "request cut",
    ] {
        assert!(summary.events.contains_key(name), "{name} was not met\n{summary}");
    }
    assert!(summary.unjudged.len() >= 2 && summary.reordered > 0, "{summary}");
}

#[test]
fn a_transport_that_denies_what_it_sent_is_found() {
    assert!(finds(Tamper::NeverSent, Promise::Nowhere));
}

#[test]
fn a_wrong_class_is_found() {
    assert!(finds(Tamper::TimeoutIsThrottled, Promise::Nowhere));
}

#[test]
fn acknowledgements_that_no_server_gave_are_found() {
    assert!(finds(Tamper::AllAcknowledged, Promise::AtLevel));
}

#[test]
fn what_is_sent_twice_is_found() {
    assert!(finds(Tamper::SentTwice, Promise::StoredOnce));
}

#[test]
fn a_loss_that_no_record_names_is_found() {
    assert!(finds(Tamper::LosesInSilence, Promise::OnEveryOwner));
}

fn is_rewrite(played: &Played, batch: u64) -> bool {
    let plan = played.schedule.writes.iter().find(|plan| plan.batch == batch);
    plan.unwrap().lines.iter().any(|line| line.kind == LineKind::Rewrite)
}

/// What is written again and again is judged too: a value that is stored nowhere was never anywhere.
#[test]
fn false_claims_of_rewritten_series_are_found() {
    let settings = SimSettings { tamper: Tamper::NeverSent, ..settings() };
    let found = (0..500).any(|seed| {
        let played = run_seed(seed, &settings, false);
        played.client_lies().any(|lie| lie.promise == Promise::Nowhere && is_rewrite(&played, lie.batch))
    });
    assert!(found);
}

/// Hints make up for it in the end, so it is only seen at the moment at which it is told.
#[test]
fn what_is_below_its_level_and_told_as_stored_is_found() {
    assert!(finds(Tamper::BelowLevelIsStored, Promise::AtLevel));
}

/// Likewise at `any`, where a queue is enough: a moment later one has it, or an owner.
#[test]
fn what_nobody_has_yet_and_is_told_as_stored_at_any_is_found() {
    let settings = SimSettings { tamper: Tamper::AcknowledgedAtOnce, ..settings() };
    let found = (0..500).any(|seed| {
        let played = run_seed(seed, &settings, false);
        played.client_lies().any(|lie| {
            let claim = played.claims.iter().find(|claim| claim.batch == lie.batch).unwrap();
            let at_any = claim.level == influx_client::ConsistencyLevel::Any;
            at_any && lie.promise == Promise::AtLevel && lie.found.contains("when it was called stored at any")
        })
    });
    assert!(found);
}

/// A failing schedule is cut down to a few events, and still fails.
#[test]
fn a_failing_schedule_is_made_short() {
    let settings = SimSettings { tamper: Tamper::NeverSent, ..settings() };
    let played = (0..).map(|seed| run_seed(seed, &settings, false)).find(Played::fails).unwrap();
    let shortest = super::shrink::shrink(played, &settings).schedule;
    assert!(shortest.writes.len() <= 2 && shortest.faults.len() <= 2, "{shortest}");
    assert!(play_and_judge(shortest, &settings, false).fails());
}

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::verdict::play_and_judge;
use super::*;
use crate::truth::Promise;

fn settings() -> SimSettings {
    SimSettings::default()
}

/// What is found in some hundreds of schedules.
fn found_with(tamper: Tamper) -> BTreeSet<Promise> {
    let settings = SimSettings { tamper, ..settings() };
    (0..400)
        .flat_map(|seed| run_seed(seed, &settings, false).client_lies().map(|lie| lie.promise).collect::<Vec<_>>())
        .collect()
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

#[test]
fn the_client_does_not_lie_and_the_servers_do_by_name() {
    let summary = run_many(0..3_000, 2, &settings(), |_| true);
    assert!(summary.holds(), "{summary}");
    for name in ["drop-race", "stale-hint", "replica-refused", "conflict-dropped", "poison-hint", "hint-refused"] {
        assert!(summary.server_lies.contains_key(name), "{name} was not seen\n{summary}");
    }
    assert!(summary.events.contains_key("any-refused-behind-queue"), "{summary}");
}

#[test]
fn a_transport_that_denies_what_it_sent_is_found() {
    assert!(found_with(Tamper::NeverSent).contains(&Promise::Nowhere));
}

#[test]
fn a_wrong_class_is_found() {
    assert!(found_with(Tamper::TimeoutIsThrottled).contains(&Promise::Nowhere));
}

#[test]
fn acknowledgements_that_no_server_gave_are_found() {
    let found = found_with(Tamper::AllAcknowledged);
    assert!(found.contains(&Promise::AtLevel) || found.contains(&Promise::OnEveryOwner), "{found:?}");
}

#[test]
fn what_is_sent_twice_is_found() {
    assert!(found_with(Tamper::SentTwice).contains(&Promise::StoredOnce));
}

#[test]
fn a_loss_that_no_record_names_is_found() {
    let found = found_with(Tamper::LosesInSilence);
    assert!(found.contains(&Promise::OnEveryOwner), "{found:?}");
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

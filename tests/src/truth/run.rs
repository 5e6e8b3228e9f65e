//! A whole run: rounds on either profile, side by side, and what they come to.

use std::collections::BTreeMap;
use std::time::Duration;

use influx_server_mock::{OptionError, Options, Profile, Topology};

use super::hosts::on_hosts;
use super::load::Mix;
use super::nemesis::Evil;
use super::round::{Judged, Round, play};
use super::summary::Summary;
use super::writers::Written;
use crate::experiment::{Ending, LabError, Order, Progress, RunDir, Target, TargetKind};
use crate::history::{Event, FaultEvent, Function, Kind};

/// The time of a run that was given none.
const TIME: Duration = Duration::from_secs(60);
/// The time of a round: long enough for every kind of fault, short enough for a hint that poisons its queue not to be all
/// that the run is about.
const ROUND: Duration = Duration::from_secs(40);
/// The file with all that was found.
const TRUTH: &str = "truth.json";

/// The options of the nodes: waits that suit seconds of faults.
const OPTIONS: [(&str, &str); 5] = [
    ("write-timeout", "1s"),
    ("shard-writer-timeout", "1s"),
    ("dial-timeout", "500ms"),
    ("hh-retry-interval", "200ms"),
    ("hh-retry-max-interval", "1s"),
];
/// In one round of two besides: the race over the batch.
const ODD: [(&str, &str); 1] = [("shared-slice-race", "random")];
/// And in the others: few writes at a time, so that some are turned away.
const EVEN: [(&str, &str); 3] =
    [("max-concurrent-write-limit", "6"), ("max-enqueued-write-limit", "2"), ("enqueued-write-timeout", "100ms")];

/// Makes a run: rounds of some 40 s, those of both profiles side by side unless the order names one, each on a fresh
/// cluster. It leaves `truth.json` (a [`Summary`]), `history.jsonl` with an operation for each batch, `nemesis.jsonl` and
/// `shards.txt`.
///
/// What must hold: no false claim of a client, and that every kind of fault was injected where there was time for it.
///
/// # Errors
/// [`LabError`]: a cluster does not start, does not do as told, or does not come to rest.
///
/// # Cancellation
/// The nodes end with the future.
pub async fn run(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    match &order.target {
        Target::Processes { executable, arguments } => {
            let lanes = match order.profile {
                Some(profile) => vec![profile],
                None => Profile::ALL.to_vec(),
            };
            let mut plans = Vec::new();
            for profile in lanes {
                plans.push(rounds(order, profile, executable, arguments)?);
            }
            on_processes(order, progress, plans).await
        }
        Target::Namespaces { .. } => {
            Err(LabError::Order("truth makes its faults inside the nodes: run it on processes".to_owned()))
        }
        Target::Simulation => crate::sim::run(order, progress).await,
        Target::Hosts(hosts) => {
            order.dir.make()?;
            let judged = on_hosts(hosts, order.time.unwrap_or(TIME), order.seed, progress).await?;
            leave(order, vec![("hosts".to_owned(), judged)])
        }
    }
}

/// Finds what is wrong with an order, before anything is started.
pub(crate) fn check(order: &Order) -> Result<(), LabError> {
    match &order.target {
        Target::Processes { executable, arguments } | Target::Namespaces { executable, arguments } => {
            let lanes = order.profile.map_or(Profile::ALL.to_vec(), |profile| vec![profile]);
            lanes.into_iter().try_for_each(|profile| rounds(order, profile, executable, arguments).map(drop))
        }
        Target::Simulation => crate::sim::check(order),
        Target::Hosts(_) => Ok(()),
    }
}

/// The rounds of one profile, one after the other.
fn rounds(
    order: &Order,
    profile: Profile,
    executable: &std::path::Path,
    arguments: &[String],
) -> Result<Vec<Round>, LabError> {
    let time = order.time.unwrap_or(TIME);
    let count = (time.as_secs_f64() / ROUND.as_secs_f64()).round().clamp(1.0, 10_000.0) as u32;
    let mut all = Vec::new();
    for number in 0..count {
        let nodes = order.nodes.unwrap_or(3);
        let topology = match number % 2 {
            0 => Topology::Apart { meta: 3, data: nodes },
            _ => Topology::Both { nodes },
        };
        // Few conflicts in one round of 0.10 of two: a hint with one stays in its queue for ever, and all behind it.
        let odd = (u64::from(number) + order.seed) % 2 == 1;
        let mut options = Options::new(profile);
        let also: &[(&str, &str)] = if odd { &ODD } else { &EVEN };
        for (name, value) in OPTIONS.iter().chain(also) {
            set(&mut options, name, value)?;
        }
        for (name, value) in &order.set {
            set(&mut options, name, value)?;
        }
        let conflicts = if profile == Profile::V0_10 && odd { 0.005 } else { 0.1 };
        let name = format!("{profile}-{}", number + 1);
        all.push(Round {
            profile,
            topology,
            options,
            mix: Mix { new_groups: 0.15, conflicts, malformed: 0.04, untimed: 0.08 },
            time: time / count,
            seed: order
                .seed
                .wrapping_mul(0x9E37_79B9)
                .wrapping_add(u64::from(number) * 2 + u64::from(profile == Profile::V0_10)),
            dir: order.dir.file(&format!("cluster-{name}")),
            name,
            executable: executable.to_owned(),
            arguments: arguments.to_vec(),
        });
    }
    Ok(all)
}

/// Sets an option, unless it is the other profile's.
fn set(options: &mut Options, name: &str, value: &str) -> Result<(), LabError> {
    match options.set(name, value) {
        Ok(()) | Err(OptionError::OtherProfile { .. }) => Ok(()),
        Err(error) => Err(LabError::Order(error.to_string())),
    }
}

async fn on_processes(order: &Order, progress: &dyn Progress, plans: Vec<Vec<Round>>) -> Result<Ending, LabError> {
    order.dir.make()?;
    let lanes = plans.len();
    progress.phase(if lanes > 1 { "rounds of both profiles, side by side" } else { "rounds" });
    let total = plans.iter().map(Vec::len).sum::<usize>().max(1);
    let over = std::sync::atomic::AtomicUsize::new(0);
    let playing = plans.iter().map(|plan| {
        let over = &over;
        async move {
            let mut all = Vec::new();
            for round in plan {
                let judged = play(round, order.seed).await?;
                tell(progress, round, &judged);
                let over = 1 + over.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                progress.done(over as f64 / total as f64);
                all.push((round.name.clone(), judged));
            }
            Ok::<_, LabError>(all)
        }
    });
    leave(order, futures::future::try_join_all(playing).await?.into_iter().flatten().collect())
}

/// Writes the files of a run, and says what it comes to.
fn leave(order: &Order, judged: Vec<(String, Judged)>) -> Result<Ending, LabError> {
    let mut summary = Summary { seed: order.seed, ..Summary::default() };
    let mut lines = Lines::default();
    let mut shards = String::new();
    for (name, judged) in judged {
        summary.add(judged.summary);
        lines.add(&name, &judged.written, judged.events);
        shards.push_str(&format!("{name}\n{}\n", judged.shards));
    }
    summary.sort();
    order.dir.write_json(TRUTH, &summary)?;
    order.dir.write_lines(RunDir::HISTORY, &lines.history())?;
    order.dir.write_lines(RunDir::NEMESIS, &lines.faults)?;
    order.dir.write(RunDir::SHARDS, shards)?;
    Ok(ending(&summary, order.target.kind()))
}

fn tell(progress: &dyn Progress, round: &Round, judged: &Judged) {
    let Some(summary) = judged.summary.rounds.first() else { return };
    progress.note(&format!(
        "{} ({}): {} batches, {} acknowledged, {} faults, settled in {} ms; false claims: {} of the client, {} of the server",
        round.name,
        summary.topology,
        summary.batches,
        summary.acknowledged,
        judged.summary.injected.values().sum::<u64>(),
        summary.settling,
        judged.summary.client_lies.len(),
        judged.summary.server_claims,
    ));
}

/// The files of a run, round after round: each begins where the one before it ended.
#[derive(Debug, Default)]
struct Lines {
    events: Vec<Event>,
    faults: Vec<FaultEvent>,
    processes: u32,
    offset: u64,
}

impl Lines {
    fn add(&mut self, round: &str, written: &[Written], faults: Vec<FaultEvent>) {
        let last_claim = written.iter().map(|one| one.claim.ended).max().unwrap_or_default();
        let end = faults.iter().map(|fault| fault.time).max().unwrap_or_default().max(last_claim);
        let offset = self.offset;
        let mut next = self.processes;
        // Calls of a background writer overlap, so each call of a writer that is open when another begins is a process
        // of its own; and one that nobody knows the end of never comes back.
        let mut free: BTreeMap<u32, Vec<(u64, u32)>> = BTreeMap::new();
        let mut sorted: Vec<&Written> = written.iter().filter(|one| one.claim.ended > 0).collect();
        sorted.sort_by_key(|one| one.claim.began);
        for one in sorted {
            let claim = &one.claim;
            let known = free.entry(one.writer).or_default();
            let place = known.iter().position(|(until, _)| *until < claim.began);
            let process = match place {
                Some(place) => known.swap_remove(place).1,
                None => {
                    next += 1;
                    next - 1
                }
            };
            let event = |kind, time| Event {
                process,
                kind,
                f: Function::TimedWrite,
                value: i64::try_from(claim.batch).ok(),
                time: offset + time,
                node: claim.requests.last().map(|request| format!("{round} node {}", request.node)),
                id: Some(claim.batch),
                write_time: one.planned.lines.iter().find_map(|line| line.time),
                error: None,
                class: None,
                outcome: None,
            };
            self.events.push(event(Kind::Invoke, claim.began));
            let kind = match claim.outcome {
                influx_client::Outcome::Stored => Kind::Ok,
                influx_client::Outcome::NotStored => Kind::Fail,
                influx_client::Outcome::PartlyStored
                | influx_client::Outcome::Unknown
                | influx_client::Outcome::Deferred
                | influx_client::Outcome::BelowLevel => Kind::Info,
            };
            let told = |text: &str| (kind != Kind::Ok).then(|| text.to_owned());
            self.events.push(Event {
                error: told(&claim.words),
                class: told(claim.class.id()),
                outcome: told(claim.outcome.id()),
                ..event(kind, claim.ended.max(claim.began + 1))
            });
            if kind != Kind::Info {
                known.push((claim.ended.max(claim.began + 1), process));
            }
        }
        let moved = |fault: FaultEvent| FaultEvent {
            time: offset + fault.time,
            whom: format!("{round} {}", fault.whom),
            ..fault
        };
        self.faults.extend(faults.into_iter().map(moved));
        self.processes = next;
        self.offset += end + 1;
    }

    fn history(&mut self) -> Vec<Event> {
        self.events.sort_by_key(|event| event.time);
        std::mem::take(&mut self.events)
    }
}

/// Kinds of faults that never took effect although they were planned more than once: one order may meet a node that is too
/// busy to take it.
fn missing(summary: &Summary) -> Vec<&'static str> {
    let planned = |kind: &str| summary.planned.get(kind).is_some_and(|times| *times > 1);
    let all = Evil::ALL.into_iter().map(Evil::id);
    all.filter(|kind| planned(kind) && !summary.injected.contains_key(*kind)).collect()
}

fn ending(summary: &Summary, target: TargetKind) -> Ending {
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
    let counts = |all: &std::collections::BTreeMap<String, u64>| {
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
    ending.expect("batches were acknowledged", acknowledged > 0, ends);
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
        "false claims that are the servers', by their own logs: {} (named: {})",
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

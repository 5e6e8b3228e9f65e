//! A whole run: rounds on either profile, side by side, and what they come to.

use std::time::Duration;

use influx_server_mock::{OptionError, Options, Profile, Topology};

use super::ending::ending;
use super::hosts::on_hosts;
use super::lines::Lines;
use super::load::Mix;
use super::round::{Judged, Round, play};
use super::summary::Summary;
use crate::experiment::{Ending, LabError, Order, Progress, RunDir, Target};

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
            if order.nodes == Some(1) {
                return Err(LabError::Order("faults between nodes take two nodes at least".to_owned()));
            }
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

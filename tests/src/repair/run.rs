//! The run over all causes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use influx_server_mock::Profile;
use serde::Serialize;

use super::cause::{MEASUREMENT, STALE, newest, stale_time};
use super::row::REPAIR_TABLE;
use super::{Cause, REPAIR, Row, Side, table};
use crate::experiment::{Ending, LabError, Order, Progress, RunDir};
use crate::history::FaultEvent;
use crate::stage::{Replica, Setting, Stage, TICK, WEEK, differing, only, unused};

/// How long replicas without repair are watched: several times what the others take.
const WATCH: Duration = Duration::from_secs(3);
/// How long a repair may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
/// From Thursday, 1970-01-01, back to a Monday, on which weeks of shard groups begin.
const THURSDAY: i64 = 3 * 86_400 * 1_000_000_000;

/// Whether the option is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AntiEntropy {
    Off,
    On,
}

fn setting(profile: Profile, repair: AntiEntropy) -> Setting {
    let mut set = vec![("write-timeout", "1s"), ("hh-retry-interval", "500ms"), ("hh-retry-max-interval", "1s")];
    if profile == Profile::V0_10 {
        set.push(("shard-writer-timeout", "1s"));
    }
    let (word, value) = match repair {
        AntiEntropy::Off => ("off", "false"),
        AntiEntropy::On => ("on", "true"),
    };
    set.extend([("anti-entropy", value), ("anti-entropy-check-interval", "1s"), ("anti-entropy-max-sync", "4")]);
    Setting::new(&format!("{profile}-{word}"), profile, &set)
}

/// What `run.json` says.
#[derive(Debug, Serialize)]
struct About {
    experiment: &'static str,
    seed: u64,
    clusters: Vec<(String, Vec<(String, String)>)>,
}

/// Finds what is wrong with an order, before anything is started.
pub(crate) fn check(order: &Order) -> Result<(), LabError> {
    unused("repair", &[("a number of nodes", order.nodes.is_some()), ("a time", order.time.is_some())])?;
    let chosen = only(order, &Cause::ALL, Cause::id)?;
    match order.profile {
        Some(profile) if !Cause::of(profile).iter().any(|cause| chosen.contains(cause)) => {
            Err(LabError::Order(format!("none of these causes is one of profile {profile}")))
        }
        Some(_) | None => Ok(()),
    }
}

/// Brings every cause about on a cluster without repair and on one with it. Leaves [`REPAIR`], `run.json` and
/// `nemesis.jsonl`. A profile in the order restricts it to the causes of that one, and the setting `only` to those that it
/// names.
///
/// # Errors
/// [`LabError`]: a cluster did not come up or did not answer, or the order has another setting.
///
/// # Cancellation
/// Dropping the future ends the clusters.
pub async fn run(order: &Order, progress: &dyn Progress) -> Result<Ending, LabError> {
    let chosen = only(order, &Cause::ALL, Cause::id)?;
    let of = |profile: Profile| -> Vec<Cause> {
        Cause::of(profile).iter().copied().filter(|cause| chosen.contains(cause)).collect()
    };
    let mut profiles: Vec<Profile> = order.profile.map_or_else(|| vec![Profile::V0_10, Profile::V1_8], |one| vec![one]);
    profiles.retain(|profile| !of(*profile).is_empty());
    let sides = [AntiEntropy::Off, AntiEntropy::On];
    let lanes: Vec<(Profile, AntiEntropy)> =
        profiles.iter().flat_map(|profile| sides.map(|side| (*profile, side))).collect();
    order.dir.make()?;
    let settings = lanes.iter().map(|(profile, repair)| setting(*profile, *repair));
    let clusters = settings.map(|setting| (setting.name, setting.set)).collect();
    order.dir.write_json(RunDir::RUN, &About { experiment: "repair", seed: order.seed, clusters })?;
    progress.phase("making replicas differ, without repair and with it");
    let began = Instant::now();
    let of = &of;
    let played = lanes.iter().map(|&(profile, repair)| async move {
        let mut stage = Stage::start(order, &setting(profile, repair), began).await?;
        let mut sides = Vec::new();
        for cause in of(profile) {
            let side = play(&mut stage, cause, repair).await?;
            progress.note(&format!("{cause} on {profile}, repair {repair:?}: {side:?}"));
            sides.push(side);
        }
        Ok::<_, LabError>((sides, stage.end().await?))
    });
    let played: Vec<(Vec<Side>, Vec<FaultEvent>)> = futures::future::try_join_all(played).await?;
    let mut nemesis: Vec<FaultEvent> = played.iter().flat_map(|(_, events)| events.clone()).collect();
    nemesis.sort_by_key(|event| event.time);
    order.dir.write_lines(RunDir::NEMESIS, &nemesis)?;

    let mut rows = Vec::new();
    for (pair, profile) in played.chunks(2).zip(&profiles) {
        if let [(off, _), (on, _)] = pair {
            let sides = of(*profile).into_iter().zip(off.iter().zip(on));
            rows.extend(sides.map(|(cause, (off, on))| Row::new(cause, *profile, off.clone(), on.clone())));
        }
    }
    order.dir.write_json(REPAIR, &rows)?;
    let mut ending = Ending::default();
    for row in &rows {
        row.judge(&mut ending);
    }
    let table = table(&rows);
    order.dir.write(REPAIR_TABLE, table.markdown())?;
    ending.summary = table.lines();
    Ok(ending)
}

async fn play(stage: &mut Stage, cause: Cause, repair: AntiEntropy) -> Result<Side, LabError> {
    /// A hint that is delivered before the newer value is not stale: another try then, elsewhere.
    const TRIES: usize = 4;
    for attempt in 1..=TRIES {
        let database = format!("{}_{attempt}", cause.id().replace('-', "_"));
        let before = moved(stage).await?;
        cause.bring_about(stage, &database).await?;
        let side = watch(stage, cause, repair, &database, &before).await?;
        let differed = side.differing > 0 || side.moved > 0;
        if differed || attempt == TRIES {
            return Ok(side);
        }
    }
    Ok(Side::default())
}

/// From the end of all faults until the replicas are equal, or have been unequal long enough. Points that were taken over
/// `before` are not counted.
async fn watch(
    stage: &Stage,
    cause: Cause,
    repair: AntiEntropy,
    database: &str,
    before: &[(String, u64)],
) -> Result<Side, LabError> {
    let began = Instant::now();
    let replicas = stage.replicas(database, MEASUREMENT).await?;
    let mut side = Side {
        differing: differing(&replicas),
        shards: shards(&replicas),
        left: differing(&replicas),
        ..Side::default()
    };
    loop {
        let replicas = stage.replicas(database, MEASUREMENT).await?;
        side.left = differing(&replicas);
        side.seconds = began.elapsed().as_secs_f64();
        side.moved = since(before, &moved(stage).await?, cause.restarts());
        side.reported = reported(stage).await?;
        if cause == Cause::StaleHints {
            side.newest = Some((with_newest(&replicas), usize::try_from(STALE).unwrap_or_default()));
        }
        let done = match repair {
            AntiEntropy::Off => began.elapsed() >= WATCH,
            // Points are stored a moment before they are counted.
            AntiEntropy::On if cause.can_be_repaired() => side.left == 0 && (side.moved > 0 || side.differing == 0),
            // What can be told and moved has been, by all of them.
            AntiEntropy::On => !side.reported.is_empty() && only_types_differ(&replicas),
        };
        if done || began.elapsed() > LIMIT {
            return Ok(side);
        }
        tokio::time::sleep(TICK * 2).await;
    }
}

fn only_types_differ(replicas: &[Replica]) -> bool {
    let others: Vec<Replica> = replicas
        .iter()
        .map(|replica| {
            replica.iter().filter(|((_, _, field), _)| field != "f").map(|(k, v)| (k.clone(), v.clone())).collect()
        })
        .collect();
    differing(&others) == 0
}

/// Points whose newest value is on every replica.
fn with_newest(replicas: &[Replica]) -> usize {
    let kept = |number: &i64| {
        let place = (MEASUREMENT.to_owned(), stale_time(*number), "v".to_owned());
        replicas.iter().all(|replica| replica.get(&place) == Some(&newest(*number).to_string()))
    };
    (0..STALE).filter(kept).count()
}

/// Shards with places that differ: with an owner on every node, a shard group has one shard.
fn shards(replicas: &[Replica]) -> usize {
    let groups: BTreeSet<i64> = replicas.iter().flat_map(|replica| replica.keys()).map(group).collect();
    let of = |wanted: i64| -> Vec<Replica> {
        let within = |replica: &Replica| {
            replica.iter().filter(|(place, _)| group(place) == wanted).map(|(k, v)| (k.clone(), v.clone())).collect()
        };
        replicas.iter().map(within).collect()
    };
    groups.into_iter().filter(|wanted| differing(&of(*wanted)) > 0).count()
}

fn group((_, time, _): &(String, i64, String)) -> i64 {
    (time + THURSDAY).div_euclid(WEEK)
}

/// Points that each node has taken over since it was started.
async fn moved(stage: &Stage) -> Result<Vec<(String, u64)>, LabError> {
    let mut points = Vec::new();
    for node in stage.names() {
        let status = stage.nodes().anti_entropy_on(node).await?;
        points.push((node.to_owned(), status.map_or(0, |status| status.points)));
    }
    Ok(points)
}

/// Points taken over since `before`; a node that was started again meanwhile counts from nothing.
fn since(before: &[(String, u64)], now: &[(String, u64)], restarted: Option<&str>) -> u64 {
    let of = |((node, before), (_, now)): (&(String, u64), &(String, u64))| {
        if restarted == Some(node) { *now } else { now.saturating_sub(*before) }
    };
    before.iter().zip(now).map(of).sum()
}

async fn reported(stage: &Stage) -> Result<Vec<String>, LabError> {
    let mut all = BTreeSet::new();
    for node in stage.names() {
        for divergent in stage.nodes().anti_entropy_on(node).await?.map(|status| status.divergent).unwrap_or_default() {
            let field = divergent.field;
            let mut types = [format!("{:?}", field.ours).to_lowercase(), format!("{:?}", field.theirs).to_lowercase()];
            types.sort();
            all.insert(format!("{}.{}: {}", field.measurement, field.field, types.join(" and ")));
        }
    }
    Ok(all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica(values: &[(i64, &str, &str)]) -> Replica {
        let place = |time: i64, field: &str| (MEASUREMENT.to_owned(), time, field.to_owned());
        values.iter().map(|(time, field, value)| (place(*time, field), (*value).to_owned())).collect()
    }

    #[test]
    fn shards_that_differ_are_counted_by_weeks() {
        // Monday 1970-01-05 00:00 begins a week.
        let monday = 4 * 86_400 * 1_000_000_000_i64;
        let full = replica(&[(monday - 1, "v", "1"), (monday, "v", "1"), (monday + 1, "v", "1")]);
        assert_eq!(shards(&[full.clone(), full.clone()]), 0);
        assert_eq!(shards(&[full.clone(), replica(&[(monday - 1, "v", "1")])]), 1);
        assert_eq!(shards(&[full, Replica::new()]), 2);
    }

    #[test]
    fn what_a_node_took_over_before_it_was_started_again_is_forgotten() {
        let of = |counts: [u64; 2]| -> Vec<(String, u64)> {
            ["data1", "data2"].into_iter().zip(counts).map(|(node, count)| (node.to_owned(), count)).collect()
        };
        assert_eq!(since(&of([5, 7]), &of([6, 9]), None), 3);
        assert_eq!(since(&of([5, 7]), &of([6, 9]), Some("data2")), 10);
    }

    #[test]
    fn what_keeps_its_two_types_is_left_out() {
        let ours = replica(&[(1, "f", "1"), (3, "g", "1")]);
        assert!(only_types_differ(&[ours.clone(), replica(&[(2, "f", "\"x\""), (3, "g", "1")])]));
        assert!(!only_types_differ(&[ours, replica(&[(2, "f", "\"x\"")])]));
    }
}

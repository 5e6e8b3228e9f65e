//! Bugs of 0.10.

use std::time::Duration;

use influx_client::{Caveat, ConsistencyLevel};
use influx_server_mock::{Disk, DiskState, Fault};

use super::trial::{Prevention, Trial, Watch, resolved};
use crate::experiment::LabError;
use crate::stage::{Replica, Stage, TIME, WEEK};

/// Writes at `all`, each into a shard group of its own. With `race`, the write is what makes the group; else the group was
/// made before and every node has heard of it.
pub(super) async fn drop_race(stage: &mut Stage, database: String, race: bool) -> Result<Trial, LabError> {
    const GROUPS: i64 = 6;
    let mut watch = Watch::begin(stage, database, 3).await?;
    let line = |group: i64, value: i64| format!("race v={value}i {}", TIME + group * WEEK + value);
    if !race {
        let lines: Vec<String> = (0..GROUPS).map(|group| line(group, 0)).collect();
        watch.settle("race", &lines.join("\n"), lines.len()).await?;
    }
    let mut acked = Vec::new();
    let mut caveats = 0;
    for group in 0..GROUPS {
        let written = line(group, 1);
        if let Ok(ack) = watch.write("data1", ConsistencyLevel::All, &written).await? {
            caveats += usize::from(ack.caveats().any(|caveat| caveat == Caveat::NewShardGroup));
            acked.push((group, written));
        }
    }
    watch.stage.drained().await?;
    let replicas = watch.replicas("race").await?;
    let has = |replica: &Replica, group: i64| {
        replica.contains_key(&("race".to_owned(), TIME + group * WEEK + 1, "v".to_owned()))
    };
    let missing: usize =
        acked.iter().map(|(group, _)| replicas.iter().filter(|replica| !has(replica, *group)).count()).sum();
    let mut logged = 0;
    for node in ["data1", "data2", "data3"] {
        logged += watch.stage.logged(node, "drop write request")?;
    }
    let short = acked.iter().find(|(group, _)| replicas.iter().any(|replica| !has(replica, *group)));
    let prevention = match short {
        Some((_, line)) => {
            let resolution = watch.resolve(line).await?;
            let copies = resolution.points().first().map_or(0, influx_client::PointResolution::copies);
            let held = caveats == acked.len() && copies < 3;
            Some(Prevention::new(
                format!(
                    "{caveats} of {} acknowledgements warn (new-shard-group); reading one back finds {copies} of 3 copies",
                    acked.len()
                ),
                held,
            ))
        }
        None => None,
    };
    let evidence = format!(
        "{} of {GROUPS} writes acknowledged at all, {missing} of {} copies missing, {logged} drops in the nodes' logs",
        acked.len(),
        3 * acked.len()
    );
    Ok(watch.end(missing > 0, evidence, prevention))
}

/// `v=1` through `data1` while `data2` is dead, `v=2` at `all` through `coordinator` when it is back and the hint of `v=1`
/// still waits.
pub(super) async fn stale_hint(
    stage: &mut Stage,
    database: String,
    fault: bool,
    coordinator: &str,
) -> Result<Trial, LabError> {
    /// The hint may be delivered before the second write is sent.
    const TRIES: i64 = 4;
    let mut watch = Watch::begin(stage, database, 3).await?;
    watch.settle("warm", &format!("warm v=0i {TIME}"), 1).await?;
    let mut evidence = String::new();
    for attempt in 1..=TRIES {
        let measurement = format!("stale{attempt}");
        let time = TIME + attempt;
        if fault {
            watch.stage.kill("data2").await?;
        }
        watch.write("data1", ConsistencyLevel::Quorum, &format!("{measurement} v=1i {time}")).await?.ok();
        if fault {
            watch.stage.restart("data2").await?;
        }
        watch.acknowledged(coordinator, ConsistencyLevel::All, &format!("{measurement} v=2i {time}")).await?;
        watch.trial.said.push(format!("{coordinator}, all, \"{measurement} v=2i {time}\": 204"));
        watch.stage.drained().await?;
        let replicas = watch.replicas(&measurement).await?;
        let old = replicas.iter().filter(|replica| replica.values().any(|value| value == "1")).count();
        evidence = format!(
            "v=1 through data1, then v=2 acknowledged at all through {coordinator}; queues empty, {old} of 3 replicas have v=1"
        );
        if old > 0 {
            let resolution = watch.resolve(&format!("{measurement} v=2i {time}")).await?;
            let held =
                resolution.bears_out() != Some(true) && resolution.count(influx_client::Whereabouts::Overwritten) == 1;
            let prevention = Prevention::new(format!("reading back finds it: {}", resolved(&resolution)), held);
            return Ok(watch.end(true, evidence, Some(prevention)));
        }
        if !fault {
            break;
        }
    }
    Ok(watch.end(false, evidence, None))
}

/// A conflicting batch, then good ones, all of them hinted for a dead owner. What it gets when it is back.
pub(super) async fn poison_hint(stage: &mut Stage, database: String, fault: bool) -> Result<Trial, LabError> {
    /// Several times what queues without poison take.
    const PATIENCE: Duration = Duration::from_secs(4);
    let mut watch = Watch::begin(stage, database, 3).await?;
    watch.settle("m", &format!("m v=0i {TIME}"), 1).await?;
    watch.stage.kill("data3").await?;
    let bad = format!("m v=\"bad\" {}", TIME + 1);
    let mut lied = false;
    if fault {
        lied = watch.write("data1", ConsistencyLevel::Any, &bad).await?.is_ok();
    }
    for number in 2..5 {
        watch.write("data1", ConsistencyLevel::Quorum, &format!("m v={number}i {}", TIME + number)).await?.ok();
    }
    watch.stage.restart("data3").await?;
    let (stage, database) = (&*watch.stage, watch.database.as_str());
    let arrived = stage
        .within(PATIENCE, async || {
            Ok(stage.replica("data3", database, "m").await?.len() == 4 && stage.hints_on("data1").await == Some(0))
        })
        .await?;
    let waiting = watch.stage.hints_on("data1").await.unwrap_or_default();
    watch.replicas("m").await?;
    let evidence = if arrived {
        "the good points arrived behind it and the queue is empty".to_owned()
    } else {
        format!("{PATIENCE:?} after its return {waiting} hints still wait and the good points are not on data3")
    };
    let mut prevention = None;
    if !arrived {
        let resolution = watch.resolve(&format!("m v=3i {}\n{bad}", TIME + 3)).await?;
        let told = resolution.points().first().is_some_and(|point| point.copies() == 2)
            && resolution.count(influx_client::Whereabouts::Everywhere) == 0;
        let how = if lied { "acknowledged at any" } else { "refused" };
        prevention = Some(Prevention::new(
            format!("the bad line was {how}; reading back a good one and the bad one: {}", resolved(&resolution)),
            told,
        ));
    }
    Ok(watch.end(!arrived, evidence, prevention))
}

/// A write at `any` to a dead owner, while the disk of the coordinator's queues is full.
pub(super) async fn full_disk(stage: &mut Stage, database: String, fault: bool) -> Result<Trial, LabError> {
    let mut watch = Watch::begin(stage, database, 1).await?;
    let measurement = owned_by(&watch, "data3").await?;
    watch.stage.kill("data3").await?;
    if fault {
        let state = DiskState::full();
        watch.stage.inject(Fault::Disk { node: "data1".into(), disk: Disk::Handoff, state }).await?;
    }
    let line = format!("{measurement} v=2i {}", TIME + 2);
    let said = watch.write("data1", ConsistencyLevel::Any, &line).await?;
    watch.stage.heal().await?;
    watch.stage.restart("data3").await?;
    watch.stage.drained().await?;
    let count = watch.stage.nodes().count_on("data3", &watch.database, &measurement).await?;
    watch.trial.held = vec![format!("data3, the only owner: {count} of 2 points")];
    let found = said.is_ok() && count < 2;
    let evidence = match (&said, count) {
        (Ok(_), 2) => "acknowledged, queued and delivered".to_owned(),
        (Ok(_), _) => "acknowledged at any, the queues are empty and the only owner does not have it".to_owned(),
        (Err(error), _) => format!("told: {error}"),
    };
    let warned = said.as_ref().is_ok_and(|ack| ack.caveats().any(|caveat| caveat == Caveat::MaybeQueued));
    let resolution = watch.resolve(&line).await?;
    let held = warned && resolution.bears_out() != Some(true);
    let prevention = Prevention::new(
        format!("the acknowledgement warns (maybe-queued); reading back: {}", resolved(&resolution)),
        held,
    );
    Ok(watch.end(found, evidence, Some(prevention)))
}

/// A measurement whose only replica is on this node, with one point.
pub(super) async fn owned_by(watch: &Watch<'_>, node: &str) -> Result<String, LabError> {
    const SERIES: usize = 24;
    let names: Vec<String> = (0..SERIES).map(|number| format!("w{number}")).collect();
    let lines: Vec<String> = names.iter().map(|name| format!("{name} v=1i {TIME}")).collect();
    let (stage, database) = (&*watch.stage, watch.database.as_str());
    let owned = async || {
        // In 0.10 the write that makes the group may be dropped by its owners.
        let _ = stage.write("data1", database, ConsistencyLevel::All, &lines.join("\n")).await?;
        let counts = names.iter().map(|name| stage.nodes().count_on(node, database, name));
        let counts = futures::future::try_join_all(counts).await?;
        Ok::<_, LabError>(names.iter().zip(counts).find(|(_, count)| *count == 1).map(|(name, _)| name.clone()))
    };
    stage.until("an owner to have its points", async || Ok(owned().await?.is_some())).await?;
    owned().await?.ok_or_else(|| LabError::Target(format!("no series of {SERIES} is on {node}")))
}

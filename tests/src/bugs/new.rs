//! Bugs of 1.8 that need a conflict of types or a queue.

use std::time::Duration;

use influx_client::{Class, ConsistencyLevel, HandoffState, Whereabouts};
use influx_server_mock::Fault;

use super::old::owned_by;
use super::trial::{Prevention, Trial, Watch, leaves_open, resolved};
use crate::experiment::LabError;
use crate::stage::{Stage, TIME, WEEK, batch, differing};

/// Two writes at `any` to the dead only owner: the first finds an empty queue, the second does not.
pub(super) async fn any_refused(stage: &mut Stage, database: String, fault: bool) -> Result<Trial, LabError> {
    let mut watch = Watch::begin(stage, database, 1).await?;
    let measurement = owned_by(&watch, "data3").await?;
    if fault {
        watch.stage.kill("data3").await?;
    }
    let first = watch.write("data1", ConsistencyLevel::Any, &format!("{measurement} v=2i {}", TIME + 2)).await?;
    let line = format!("{measurement} v=3i {}", TIME + 3);
    let second = watch.write("data1", ConsistencyLevel::Any, &line).await?;
    let pending = if fault {
        let resolution = watch.resolve(&line).await?;
        watch.stage.restart("data3").await?;
        resolution.handoff() == HandoffState::Pending
    } else {
        false
    };
    watch.stage.drained().await?;
    let count = watch.stage.nodes().count_on("data3", &watch.database, &measurement).await?;
    watch.trial.held = vec![format!("data3, the only owner: {count} of 3 points")];
    let found = first.is_ok() && second.is_err() && count == 3;
    let evidence = match (&first, &second) {
        (Ok(_), Ok(_)) => format!("both acknowledged, {count} of 3 points on the owner"),
        (Ok(_), Err(_)) => format!("the first acknowledged, the second refused; {count} of 3 points on the owner"),
        (Err(error), _) => format!("the first was not acknowledged: {error}"),
    };
    let prevention = Prevention::new(
        "the client does not say that it is stored nowhere, and reading back tells of hints that wait",
        leaves_open(&second) && pending,
    );
    Ok(watch.end(found, evidence, Some(prevention)))
}

/// Either side of a cut gives one field another type. Then the cut heals.
pub(super) async fn type_divergence(stage: &mut Stage, database: String, fault: bool) -> Result<Trial, LabError> {
    const HINTED: Duration = Duration::from_secs(10);
    let mut watch = Watch::begin(stage, database, 3).await?;
    watch.settle("warm", &format!("warm v=0i {TIME}"), 1).await?;
    if fault {
        let sides = [&["data1", "data2"][..], &["data3"]].map(|side| side.iter().map(ToString::to_string).collect());
        watch.stage.inject(Fault::Partition { sides: sides.to_vec() }).await?;
    }
    let one = watch.write("data1", ConsistencyLevel::One, &format!("m f=1i {}", TIME + 1)).await?;
    let other = watch.write("data3", ConsistencyLevel::One, &format!("m f=\"x\" {}", TIME + 2)).await?;
    if fault {
        // What was not given up on before the heal would be delivered as if nothing had been.
        let stage = &*watch.stage;
        let hinted = stage
            .within(HINTED, async || {
                Ok(stage.hints_on("data1").await > Some(0) && stage.hints_on("data3").await > Some(0))
            })
            .await?;
        if !hinted {
            return Err(LabError::Target("the cut did not lead to hints".into()));
        }
        watch.stage.heal().await?;
    }
    watch.stage.drained().await?;
    let replicas = watch.replicas("m").await?;
    let differ = differing(&replicas);
    if differ == 0 || one.is_err() || other.is_err() {
        let told = other.as_ref().is_err_and(|error| error.class() == Class::TypeConflict);
        let told = if told { "the second type was refused and told" } else { "no conflict was told" };
        return Ok(watch.end(false, format!("{told}, {differ} places differ"), None));
    }
    // Whichever type it has: at all some owner refuses it for ever, at one somebody takes it.
    let mut never = 0;
    let mut always = 0;
    for (number, (node, value)) in [("data1", "2i"), ("data3", "\"y\"")].into_iter().enumerate() {
        let line = |n: i64| format!("m f={value} {}", TIME + 10 * n + i64::try_from(number).unwrap_or_default());
        let all = watch.write(node, ConsistencyLevel::All, &line(1)).await?;
        never += usize::from(all.is_err_and(|error| error.class() == Class::BelowLevel));
        always += usize::from(watch.write(node, ConsistencyLevel::One, &line(2)).await?.is_ok());
    }
    let found = watch.stage.drained().await.is_ok() && never == 2 && always == 2;
    let evidence = format!(
        "queues empty, {differ} places differ; afterwards {never} of 2 types are below level at all, {always} of 2 \
         acknowledged at one"
    );
    let resolution = watch.resolve(&format!("m f=1i {}", TIME + 1)).await?;
    let held = resolution.overall() == Some(Whereabouts::Somewhere) && resolution.handoff() == HandoffState::Empty;
    let prevention = Prevention::new(
        format!("below-level is tried again twice, not for ever; reading back: {}", resolved(&resolution)),
        held,
    );
    Ok(watch.end(found, evidence, Some(prevention)))
}

/// A batch with two types for a new field, at `any`, into a new shard group, while an owner is dead.
pub(super) async fn two_types(stage: &mut Stage, database: String, fault: bool) -> Result<Trial, LabError> {
    let mut watch = Watch::begin(stage, database, 3).await?;
    watch.settle("warm", &format!("warm v=0i {TIME}"), 1).await?;
    if fault {
        watch.stage.kill("data3").await?;
    }
    let lines = format!("n f=1i {}\nn f=\"x\" {}", TIME + WEEK, TIME + WEEK + 1);
    let said = watch.write("data1", ConsistencyLevel::Any, &lines).await?;
    if fault {
        watch.stage.restart("data3").await?;
    }
    watch.stage.drained().await?;
    let replicas = watch.replicas("n").await?;
    let stored: usize = replicas.iter().map(std::collections::BTreeMap::len).sum();
    let found = said.is_ok() && stored == 0;
    let evidence = match &said {
        Ok(_) => format!("acknowledged at any; queues empty, {stored} values on three replicas"),
        Err(error) => format!("told: {}; {stored} values on three replicas", error.class()),
    };
    let refused = batch(&lines, true).is_err();
    let prevention = Prevention::new("the client refuses the second type before anything is sent", refused);
    Ok(watch.end(found, evidence, Some(prevention)))
}

/// A batch at `one` whose first line is of a conflicting type. Which outcome of the race is played is the cluster's option.
pub(super) async fn slice_race(stage: &mut Stage, database: String) -> Result<Trial, LabError> {
    const GOOD: i64 = 5;
    let mut watch = Watch::begin(stage, database, 3).await?;
    watch.settle("m", &format!("m v=0i {TIME}"), 1).await?;
    let bad = format!("m v=\"bad\" {}", TIME + 1);
    let mut lines = vec![bad.clone()];
    lines.extend((2..2 + GOOD).map(|number| format!("m v={number}i {}", TIME + number)));
    let said = watch.write("data1", ConsistencyLevel::One, &lines.join("\n")).await?;
    let wanted = usize::try_from(1 + GOOD).unwrap_or_default();
    let (stage, database) = (&*watch.stage, watch.database.as_str());
    stage
        .until("the good points on all replicas", async || {
            Ok(stage.replicas(database, "m").await?.iter().all(|replica| replica.len() == wanted))
        })
        .await?;
    watch.replicas("m").await?;
    let found = said.is_ok();
    let evidence = match &said {
        Ok(_) => format!("acknowledged at one; {GOOD} of {} points are there, the conflicting one nowhere", GOOD + 1),
        Err(error) => format!("told: {}; the {GOOD} good points are there", error.class()),
    };
    let resolution = watch.resolve(&bad).await?;
    let held = resolution.overall() == Some(Whereabouts::Nowhere);
    let prevention =
        Prevention::new(format!("reading the acknowledged batch back finds the line: {}", resolved(&resolution)), held);
    Ok(watch.end(found, evidence, Some(prevention)))
}

//! Queues of 1.8 that keep nothing while the level is met.

use influx_client::{ConsistencyLevel, HandoffState, Whereabouts};
use influx_server_mock::Fault;

use super::trial::{Prevention, Trial, Watch, resolved};
use crate::experiment::LabError;
use crate::stage::{Stage, TIME};

/// What is wrong with the queues of the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Queues {
    /// Nothing.
    Work,
    /// They hold all they may.
    Full,
    /// Too much is being added to them.
    Blocked,
    /// There are none: an option of the cluster.
    Disabled,
}

/// Writes at `quorum` while an owner is dead; whether it has the points when it is back.
pub(super) async fn lost_in_silence(stage: &mut Stage, database: String, queues: Queues) -> Result<Trial, LabError> {
    const POINTS: i64 = 3;
    let mut watch = Watch::begin(stage, database, 3).await?;
    watch.settle("m", &format!("m v=0i {TIME}"), 1).await?;
    watch.stage.kill("data3").await?;
    let node = "data1".to_owned();
    match queues {
        Queues::Full => watch.stage.inject(Fault::HandoffFull { node }).await?,
        Queues::Blocked => watch.stage.inject(Fault::HandoffBlocked { node }).await?,
        Queues::Work | Queues::Disabled => {}
    }
    let mut acked = 0;
    let lines: Vec<String> = (1..=POINTS).map(|number| format!("m v={number}i {}", TIME + number)).collect();
    for line in &lines {
        acked += i64::from(watch.write("data1", ConsistencyLevel::Quorum, line).await?.is_ok());
    }
    watch.stage.heal().await?;
    watch.stage.restart("data3").await?;
    watch.stage.drained().await?;
    let replicas = watch.replicas("m").await?;
    let missing = replicas[0].len() - replicas[2].len();
    let found = acked == POINTS && missing > 0;
    let evidence = format!("{acked} of {POINTS} acknowledged at quorum; queues empty, {missing} missing on data3");
    let resolution = watch.resolve(&lines.join("\n")).await?;
    let held = resolution.overall() == Some(Whereabouts::Somewhere)
        && resolution.handoff() == HandoffState::Empty
        && resolution.points().iter().all(|point| point.copies() == 2);
    let prevention = Prevention::new(
        format!("the claim (quorum: two copies) is true; reading back: {}", resolved(&resolution)),
        held,
    );
    Ok(watch.end(found, evidence, Some(prevention)))
}

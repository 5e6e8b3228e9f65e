//! What makes replicas differ for ever.

use std::fmt;
use std::time::Duration;

use influx_client::ConsistencyLevel;
use influx_server_mock::{Fault, Profile};

use crate::experiment::LabError;
use crate::stage::{Stage, TICK, TIME, WEEK};

/// A cause of lasting differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Hints of older values are delivered after newer ones were written.
    StaleHints,
    /// The coordinator's queues were full while an owner was away.
    LostHints,
    /// Owners acknowledged writes into shard groups that they had not heard of, and dropped them.
    DropRace,
    /// Two sides of a cut gave one field two types.
    Types,
}

/// The one measurement of each cause's database.
pub(super) const MEASUREMENT: &str = "m";
const MINUTE: i64 = 60 * 1_000_000_000;
/// Points whose hints become stale: every other one has the greater value first.
pub(super) const STALE: i64 = 10;
/// Points that the queue did not keep.
const LOST: i64 = 40;
/// Shard groups.
const GROUPS: i64 = 6;
/// How long a write may take to be acknowledged by a node that has just come back.
const PATIENCE: Duration = Duration::from_secs(20);

impl Cause {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::StaleHints, Self::LostHints, Self::DropRace, Self::Types];

    /// Those of a profile.
    #[must_use]
    pub const fn of(profile: Profile) -> &'static [Self] {
        match profile {
            Profile::V0_10 => &[Self::StaleHints, Self::LostHints, Self::DropRace],
            Profile::V1_8 => &[Self::LostHints, Self::Types],
        }
    }

    /// Its name in files and tables.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::StaleHints => "stale-hints",
            Self::LostHints => "lost-hints",
            Self::DropRace => "drop-race",
            Self::Types => "types",
        }
    }

    /// What is done, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::StaleHints => "hints of old values come after newer ones that were acknowledged at all",
            Self::LostHints => "an owner is dead while the coordinator's queues are full",
            Self::DropRace => "owners drop writes into new shard groups",
            Self::Types => "two sides of a cut give one field two types",
        }
    }

    /// Whether owners can become equal again.
    #[must_use]
    pub const fn can_be_repaired(self) -> bool {
        match self {
            Self::StaleHints | Self::LostHints | Self::DropRace => true,
            // Whatever is done, one of the values has the wrong type.
            Self::Types => false,
        }
    }

    /// The node that is killed and started again.
    pub(super) const fn restarts(self) -> Option<&'static str> {
        match self {
            Self::StaleHints => Some("data2"),
            Self::LostHints => Some("data3"),
            Self::DropRace | Self::Types => None,
        }
    }

    /// Brings it about in a database of its own, which is as it stays without repair when this returns.
    pub(super) async fn bring_about(self, stage: &mut Stage, database: &str) -> Result<(), LabError> {
        stage.create(database, 3).await?;
        match self {
            Self::StaleHints => stale_hints(stage, database).await?,
            Self::LostHints => lost_hints(stage, database).await?,
            Self::DropRace => drop_race(stage, database).await?,
            Self::Types => types(stage, database).await?,
        }
        stage.drained().await.map(drop)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// The value that was acknowledged last of a point whose hint is stale.
pub(super) fn newest(number: i64) -> i64 {
    if number % 2 == 0 { 2 } else { 1 }
}

fn older(number: i64) -> i64 {
    3 - newest(number)
}

/// The time of a point whose hint is stale.
pub(super) fn stale_time(number: i64) -> i64 {
    TIME + number * MINUTE
}

async fn everywhere(stage: &Stage, database: &str, line: &str, level: ConsistencyLevel) -> Result<(), LabError> {
    let written = async || {
        for node in stage.names() {
            if stage.write(node, database, level, line).await?.is_err() {
                return Ok(false);
            }
        }
        Ok(stage.replicas(database, "warm").await?.iter().all(|replica| !replica.is_empty()))
    };
    stage.until("the shard group to be known", written).await.map(drop)
}

async fn warm(stage: &Stage, database: &str) -> Result<(), LabError> {
    everywhere(stage, database, &format!("warm v=0i {TIME}"), ConsistencyLevel::All).await
}

async fn told(stage: &Stage, node: &str, database: &str, level: ConsistencyLevel, lines: &str) -> Result<(), LabError> {
    let began = std::time::Instant::now();
    loop {
        match stage.write(node, database, level, lines).await? {
            Ok(_) => return Ok(()),
            Err(error) if began.elapsed() > PATIENCE => {
                return Err(LabError::Target(format!("{node} does not acknowledge at {level}: {error}")));
            }
            Err(_) => tokio::time::sleep(TICK).await,
        }
    }
}

fn numbered(value: impl Fn(i64) -> i64) -> String {
    let lines = (0..STALE).map(|number| format!("{MEASUREMENT} v={}i {}", value(number), stale_time(number)));
    lines.collect::<Vec<_>>().join("\n")
}

async fn stale_hints(stage: &mut Stage, database: &str) -> Result<(), LabError> {
    warm(stage, database).await?;
    stage.kill("data2").await?;
    told(stage, "data1", database, ConsistencyLevel::Quorum, &numbered(older)).await?;
    stage.restart("data2").await?;
    // Through the one that came back: nobody's connections are stale, so nothing of it is hinted.
    told(stage, "data2", database, ConsistencyLevel::All, &numbered(newest)).await
}

async fn lost_hints(stage: &mut Stage, database: &str) -> Result<(), LabError> {
    warm(stage, database).await?;
    stage.kill("data3").await?;
    stage.inject(Fault::HandoffFull { node: "data1".into() }).await?;
    let lines: Vec<String> =
        (0..LOST).map(|number| format!("{MEASUREMENT} v={number}i {}", TIME + number * MINUTE)).collect();
    for batch in lines.chunks(8) {
        told(stage, "data1", database, ConsistencyLevel::Quorum, &batch.join("\n")).await?;
    }
    stage.heal().await?;
    stage.restart("data3").await
}

async fn drop_race(stage: &Stage, database: &str) -> Result<(), LabError> {
    for group in 0..GROUPS {
        let line = format!("{MEASUREMENT} v={group}i {}", TIME + group * WEEK);
        told(stage, "data1", database, ConsistencyLevel::All, &line).await?;
    }
    Ok(())
}

async fn types(stage: &mut Stage, database: &str) -> Result<(), LabError> {
    warm(stage, database).await?;
    let sides = [&["data1", "data2"][..], &["data3"]].map(|side| side.iter().map(ToString::to_string).collect());
    stage.inject(Fault::Partition { sides: sides.to_vec() }).await?;
    let one = ConsistencyLevel::One;
    told(stage, "data1", database, one, &format!("{MEASUREMENT} f=1i {}", TIME + 1)).await?;
    told(stage, "data3", database, one, &format!("{MEASUREMENT} f=\"x\" {}\n{MEASUREMENT} g=1 {}", TIME + 2, TIME + 3))
        .await?;
    let waiting = &*stage;
    waiting
        .until("hints of both sides", async || {
            Ok(waiting.hints_on("data1").await > Some(0) && waiting.hints_on("data3").await > Some(0))
        })
        .await?;
    stage.heal().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_value_is_the_greater_one_every_other_time() {
        let greater = (0..STALE).filter(|number| newest(*number) > older(*number)).count();
        assert_eq!(i64::try_from(greater).ok(), Some(STALE / 2));
        assert!((0..STALE).all(|number| newest(number) != older(number)));
    }
}

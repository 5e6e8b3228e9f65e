//! One run after one bug.

use influx_client::{Ack, ConsistencyLevel, HandoffState, Outcome, Resolution, Whereabouts, WriteError};
use serde::{Deserialize, Serialize};

use crate::experiment::LabError;
use crate::stage::{Replica, Said, Stage, render};

/// What a run after a bug saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// What the run was: profile, and whether there was a fault.
    pub what: String,
    /// Whether the bug showed.
    pub found: bool,
    /// What decided that, in a sentence with figures.
    pub evidence: String,
    /// What the client was told, write by write.
    pub said: Vec<String>,
    /// What the replicas held in the end.
    pub held: Vec<String>,
    /// What the client offers against it, where the bug showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevention: Option<Prevention>,
    /// How long the run took, in seconds.
    pub seconds: f64,
}

/// What the client does so that nobody is deceived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prevention {
    /// What, in a sentence.
    pub what: String,
    /// Whether it was seen to work.
    pub held: bool,
}

impl Prevention {
    pub(super) fn new(what: impl Into<String>, held: bool) -> Self {
        Self { what: what.into(), held }
    }
}

/// Before its verdict.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    pub(super) stage: &'a mut Stage,
    pub(super) database: String,
    pub(super) trial: Trial,
}

impl<'a> Watch<'a> {
    pub(super) async fn begin(stage: &'a mut Stage, database: String, replicas: usize) -> Result<Self, LabError> {
        stage.create(&database, replicas).await?;
        Ok(Self { stage, database, trial: Trial::default() })
    }

    /// Writes and notes what was told.
    pub(super) async fn write(
        &mut self,
        node: &str,
        level: ConsistencyLevel,
        lines: &str,
    ) -> Result<Result<Ack, WriteError>, LabError> {
        let result = self.stage.write(node, &self.database, level, lines).await?;
        let shown = lines.lines().next().unwrap_or_default();
        let more = lines.lines().count().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        self.trial.said.push(format!("{node}, {level}, \"{shown}\"{more}: {}", Said::of(&result).brief()));
        Ok(result)
    }

    /// A write that has to be acknowledged for the run to mean anything; tried again for a while, as a shard group or a
    /// connection may be new.
    pub(super) async fn acknowledged(&self, node: &str, level: ConsistencyLevel, lines: &str) -> Result<Ack, LabError> {
        let mut last = String::new();
        for _ in 0..TRIES {
            match self.stage.write(node, &self.database, level, lines).await? {
                Ok(ack) => return Ok(ack),
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(crate::stage::TICK * 2).await;
        }
        Err(LabError::Target(format!("{node} does not acknowledge at {level}: {last}")))
    }

    /// Writes lines of a measurement until every replica has them: so many values. In 0.10 owners drop what makes a shard
    /// group.
    pub(super) async fn settle(&self, measurement: &str, lines: &str, values: usize) -> Result<(), LabError> {
        let (stage, database) = (&*self.stage, self.database.as_str());
        let settled = async || {
            for node in stage.names() {
                if stage.write(node, database, ConsistencyLevel::All, lines).await?.is_err() {
                    return Ok(false);
                }
            }
            let replicas = stage.replicas(database, measurement).await?;
            Ok(replicas.iter().all(|replica| replica.len() == values))
        };
        stage.until("the first points everywhere", settled).await.map(drop)
    }

    /// Reads the replicas of a measurement, which every node has to own, and notes what they hold.
    pub(super) async fn replicas(&mut self, measurement: &str) -> Result<Vec<Replica>, LabError> {
        let replicas = self.stage.replicas(&self.database, measurement).await?;
        self.trial.held =
            self.stage.names().zip(&replicas).map(|(name, replica)| format!("{name}: {}", render(replica))).collect();
        Ok(replicas)
    }

    /// Reads lines back through the client.
    pub(super) async fn resolve(&self, lines: &str) -> Result<Resolution, LabError> {
        self.stage.resolve("data1", &self.database, lines).await
    }

    pub(super) fn end(mut self, found: bool, evidence: impl Into<String>, prevention: Option<Prevention>) -> Trial {
        self.trial.found = found;
        self.trial.evidence = evidence.into();
        self.trial.prevention = prevention.filter(|_| found);
        self.trial
    }
}

/// Twenty milliseconds or so apart each, and the request's own time.
const TRIES: usize = 200;

/// What reading back said, in a few words.
pub(super) fn resolved(resolution: &Resolution) -> String {
    let points = resolution.points();
    let counts = Whereabouts::ALL.into_iter().filter_map(|place| match resolution.count(place) {
        0 => None,
        count => Some(format!("{count} of {} {place}", points.len())),
    });
    let hints = match resolution.handoff() {
        HandoffState::Empty => "no hints wait",
        HandoffState::Pending => "hints wait",
        _ => "hints unknown",
    };
    format!("{}, {hints}", counts.collect::<Vec<_>>().join(", "))
}

/// Whether the client claimed less than that the points are stored nowhere.
pub(super) fn leaves_open(result: &Result<Ack, WriteError>) -> bool {
    result.as_ref().is_err_and(|error| match error.outcome() {
        Outcome::Unknown | Outcome::BelowLevel | Outcome::Deferred => true,
        Outcome::Stored | Outcome::NotStored | Outcome::PartlyStored => false,
    })
}

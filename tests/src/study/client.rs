//! One client of a run: it talks to its own node, does one thing after the other and never tries again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use influx_client::{
    Batch, BuildError, Client, ConsistencyLevel, ErrorKind, NoRetry, Outcome, Precision, QueryError, QueryErrorKind,
    Timestamp, WriteError,
};
use serde::Deserialize;

use super::recorder::Recorder;
use super::settings::{Settings, Workload};
use crate::experiment::LabError;
use crate::history::{Event, Function, Kind};
use crate::target::{Cluster, Node};

/// Its measurement.
pub(super) const MEASUREMENT: &str = "answers";
/// The time of the register's point.
pub(super) const REGISTER_TIME: i64 = 1;
/// What is written to the register before the run.
pub(super) const FIRST_VALUE: i64 = 42;
/// Where values of the register are taken from.
const VALUES: std::ops::Range<i64> = 0..5;
/// The times of writes that make shard groups, in this many nanoseconds.
const TIME_UNIT: i64 = 1_000_000_000_000_000;
const TIMES: std::ops::Range<i64> = 100..1_100;

/// What the clients of a run share.
#[derive(Debug)]
pub(super) struct Shared {
    /// Number of the next write.
    next: AtomicU64,
    /// Times that no write has taken yet.
    times: Mutex<Vec<i64>>,
    pub(super) recorder: Recorder,
}

impl Shared {
    /// Numbers from 1 on; 0 is the write before the run. The seed decides on the order of the times.
    pub(super) fn new(seed: u64, recorder: Recorder) -> Self {
        let mut times: Vec<i64> = TIMES.map(|times| times * TIME_UNIT).collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut times);
        Self { next: AtomicU64::new(1), times: Mutex::new(times), recorder }
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn time(&self) -> Option<i64> {
        self.times.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A client of one node of a cluster, in the database of the run. It waits so long for an answer.
pub(super) fn client_of(cluster: &Cluster, node: &Node, timeout: Duration) -> Result<Client, LabError> {
    let built = cluster
        .client(node)
        .database(cluster.database())
        .retry(NoRetry)
        .attempt_timeout(timeout)
        .deadline(timeout)
        .build();
    built.map_err(|error: BuildError| LabError::Target(format!("{}: {error}", node.url)))
}

/// The point of a write.
pub(super) fn point(value: i64, number: u64, time: i64) -> Result<Batch, LabError> {
    let mut batch = Batch::new(Precision::Nanoseconds);
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let line = batch.point(MEASUREMENT).field("answer", value as f64).field("w", number);
    line.at(Timestamp::Nanoseconds(time)).map_err(|error| LabError::Target(error.to_string()))?;
    Ok(batch)
}

/// The register as a node shows it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub(super) struct Shown {
    pub(super) answer: Option<f64>,
    pub(super) w: Option<u64>,
}

/// Asks a node for the register.
pub(super) async fn read_register(client: &Client) -> Result<Option<Shown>, QueryError> {
    let statement = format!("SELECT answer, w FROM {MEASUREMENT} WHERE time = {REGISTER_TIME}");
    Ok(client.query(&statement).rows::<Shown>().await?.into_iter().next())
}

/// A client before its run.
pub(super) struct Worker<'a> {
    pub(super) position: usize,
    pub(super) node: &'a Node,
    pub(super) client: Client,
    pub(super) settings: &'a Settings,
    pub(super) shared: &'a Shared,
    pub(super) seed: u64,
}

impl Worker<'_> {
    /// Does operations until the time of the run is over, and ends the last one.
    pub(super) async fn run(self) -> Result<(), LabError> {
        let Self { position, settings, shared, .. } = self;
        // Far from the seeds of the other clients and of the cuts.
        let mut rng = fastrand::Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(position as u64 + 1));
        let mut process = u32::try_from(position).unwrap_or(u32::MAX);
        while shared.recorder.began().elapsed() < settings.time {
            let beginning = match settings.workload {
                Workload::Register if rng.bool() => self.event(process, Function::Read, None),
                Workload::Register => {
                    let id = Some(shared.number());
                    Event { id, ..self.event(process, Function::Write, Some(rng.i64(VALUES))) }
                }
                Workload::Shards => {
                    // Each write needs a time of its own; when all are taken there is nothing left to do.
                    let Some(time) = shared.time() else { break };
                    let event = self.event(process, Function::TimedWrite, Some(rng.i64(VALUES)));
                    Event { id: Some(shared.number()), write_time: Some(time), ..event }
                }
            };
            shared.recorder.event(beginning.clone());
            let end = match beginning.f {
                Function::Read => self.read(beginning).await,
                Function::Write | Function::TimedWrite => self.write(beginning).await?,
            };
            if end.kind == Kind::Info {
                process = process.saturating_add(u32::try_from(settings.nodes).unwrap_or(u32::MAX));
            }
            shared.recorder.event(end);
            tokio::time::sleep(settings.pause.mul_f64(rng.f64())).await;
        }
        Ok(())
    }

    fn event(&self, process: u32, f: Function, value: Option<i64>) -> Event {
        Event {
            process,
            kind: Kind::Invoke,
            f,
            value,
            time: 0,
            node: Some(self.node.name.clone()),
            id: None,
            write_time: None,
            error: None,
            class: None,
            outcome: None,
        }
    }

    async fn write(&self, beginning: Event) -> Result<Event, LabError> {
        let time = beginning.write_time.unwrap_or(REGISTER_TIME);
        let batch = point(beginning.value.unwrap_or_default(), beginning.id.unwrap_or_default(), time)?;
        Ok(match self.client.write(&batch).consistency(self.settings.level).await {
            Ok(_) => Event { kind: Kind::Ok, ..beginning },
            Err(error) => {
                let kind = match error.outcome() {
                    Outcome::NotStored => Kind::Fail,
                    Outcome::PartlyStored | Outcome::Unknown | Outcome::Deferred | Outcome::BelowLevel => Kind::Info,
                    Outcome::Stored => Kind::Ok,
                };
                let said = error.server_message().map_or_else(|| unanswered(&error), str::to_owned);
                Event {
                    kind,
                    error: Some(said),
                    class: Some(error.class().id().to_owned()),
                    outcome: Some(error.outcome().id().to_owned()),
                    ..beginning
                }
            }
        })
    }

    async fn read(&self, beginning: Event) -> Event {
        match read_register(&self.client).await {
            Ok(shown) => Event {
                kind: Kind::Ok,
                value: shown.and_then(|shown| shown.answer).map(|answer| answer as i64),
                id: shown.and_then(|shown| shown.w),
                ..beginning
            },
            Err(error) => {
                // Neither changes anything. A read without an answer is one that nobody knows the end of.
                let kind = match error.kind() {
                    QueryErrorKind::NoAnswer { .. } => Kind::Info,
                    _ => Kind::Fail,
                };
                let said = error.server_message().map_or_else(|| error.to_string(), str::to_owned);
                Event { kind, error: Some(said), class: Some(error.class().id().to_owned()), ..beginning }
            }
        }
    }
}

/// What is said of a write without a reply: the study's rule looks for the word.
fn unanswered(error: &WriteError) -> String {
    let word = match error.kind() {
        ErrorKind::AttemptTimeout { .. } | ErrorKind::DeadlineExceeded { .. } => "timeout: ",
        _ => "",
    };
    format!("{word}{}", error.kind())
}

/// The level by which the first value is written.
pub(super) const FIRST_LEVEL: ConsistencyLevel = ConsistencyLevel::All;

//! The clients of a run: each writes batch after batch in its own way and keeps what it was told.

use std::future::IntoFuture;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use influx_client::{
    Ack, Backoff, Balance, Batch, BatchWriter, BuildError, Client, ClientBuilder, ConsistencyLevel, Delivered,
    Downgrade, Fate, NoRetry, Outcome, PushError, RetryBudget, Tally, WriteError, WriteWatch,
};

use influx_server_mock::Loss;
use tokio::task::JoinHandle;

use super::load::{Load, Planned};
use super::seen::{Seen, Sees};
use super::{Claim, Sent, nanoseconds};
use crate::experiment::LabError;

/// The database of a run.
pub(super) const DATABASE: &str = "truth";
/// A weekly shard group, as both profiles make them for a policy without end.
const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// The time that a call gets, unless its client is an impatient one.
const DEADLINE: Duration = Duration::from_secs(8);
/// The time that an attempt gets.
const ATTEMPT: Duration = Duration::from_secs(3);
/// The time that an attempt of a patient client gets: more than the 10 s for which nodes try to reach the meta nodes.
const PATIENCE: Duration = Duration::from_secs(12);
/// Longest and shortest pause of a writer between two batches, in milliseconds.
const PAUSE: std::ops::Range<u64> = 20..120;

/// The ways of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// One coordinator, the default policy.
    OneNode(usize),
    /// All coordinators, the default policy.
    AllNodes,
    /// All coordinators, each series with its own.
    Sticky,
    /// One coordinator, no second try.
    NoRetry(usize),
    /// All coordinators, settles for less than was asked.
    Downgrade,
    /// All coordinators, few retries for all calls together.
    Budget,
    /// All coordinators, and a call has hardly any time.
    Impatient,
    /// One coordinator, and time enough to hear that the meta nodes do not answer.
    Patient(usize),
    /// All coordinators, and the caller drops some calls.
    Dropper,
    /// A background writer.
    Background(ConsistencyLevel),
}

/// A batch that was written, and what was said of it.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// What was to be written.
    pub planned: Planned,
    /// What the client said.
    pub claim: Claim,
    /// Who wrote it, from 0; [`Written::NOBODY`] for the first batch of a round.
    pub writer: u32,
    /// Whose times lie before the horizon of a background writer that was closed in order.
    pub settled: bool,
}

impl Written {
    /// The writer of what was written to get the cluster ready.
    pub(super) const NOBODY: u32 = u32::MAX;

    /// Whether something was said of it: not of the first batch, which was written until it was there.
    pub(super) fn has_a_claim(&self) -> bool {
        self.writer != Self::NOBODY
    }
}

/// How many batches, and points in them, are held against the replicas.
pub(super) fn judged<'a>(written: impl IntoIterator<Item = &'a Written>) -> (u64, u64) {
    let judged = written.into_iter().filter(|one| one.has_a_claim() && one.claim.can_be_judged());
    judged.fold((0, 0), |(batches, points), one| (batches + 1, points + one.planned.lines.len() as u64))
}

/// A run as its writers see it.
#[derive(Debug)]
pub(super) struct Field {
    /// The public APIs of the data nodes.
    pub urls: Vec<String>,
    /// As whom to ask them.
    pub connection: ClientBuilder,
    /// Their ids.
    pub ids: Vec<u64>,
    /// The database of the run.
    pub database: String,
    /// When the run began.
    pub since: Instant,
    /// When writers stop to begin calls, since then.
    pub until: Duration,
    /// What is written.
    pub load: Mutex<Load>,
    /// Requests that the clients told their observer of.
    pub requests: AtomicU64,
}

impl Field {
    fn load(&self) -> MutexGuard<'_, Load> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> u64 {
        nanoseconds(self.since.elapsed())
    }

    fn is_over(&self) -> bool {
        self.since.elapsed() >= self.until
    }

    /// The id of the data node at an address; 0 where it is none of them.
    pub(super) fn node(&self, address: &str) -> u64 {
        let same = |url: &&String| url.trim_end_matches('/') == address.trim_end_matches('/');
        let place = self.urls.iter().position(|url| same(&url));
        place.and_then(|place| self.ids.get(place)).copied().unwrap_or_default()
    }

    fn sent(&self, planned: &Planned, batch: &Batch, began: u64) -> Sent {
        Sent {
            batch: planned.batch,
            points: planned.lines.len(),
            idempotent: batch.is_idempotent(),
            level: planned.level,
            began,
            ended: self.now(),
        }
    }
}

/// Writes until the time is over; the batches are in the order of their numbers.
///
/// # Errors
/// A client or a background writer cannot be made, or the plan has a line that a batch does not take.
///
/// # Cancellation
/// Writers end with the future.
pub(super) async fn write(field: &Arc<Field>, seed: u64) -> Result<Vec<Written>, LabError> {
    let nodes = field.urls.len();
    let mut ways: Vec<Way> = (0..nodes).map(Way::OneNode).collect();
    ways.extend([Way::AllNodes, Way::Sticky, Way::NoRetry(0), Way::NoRetry(nodes - 1), Way::Downgrade, Way::Budget]);
    ways.extend([Way::Impatient, Way::Dropper]);
    ways.extend((0..nodes).map(Way::Patient));
    ways.extend([ConsistencyLevel::One, ConsistencyLevel::Quorum].map(Way::Background));
    let writers = ways.into_iter().enumerate().map(|(number, way)| {
        let field = field.clone();
        async move {
            let kept = matches!(way, Way::Background(_)).then(Mutex::default);
            let seen = Arc::new(Seen::new(field.clone(), kept));
            let client = client(&seen, way).map_err(|error| LabError::Order(error.to_string()))?;
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let random = Rng::with_seed(seed.wrapping_add(u64::from(number)));
            let writer = Writer { field, seen, number, way, random };
            match way {
                Way::Background(level) => writer.in_background(&client, level).await,
                _ => writer.one_by_one(&client).await,
            }
        }
    });
    let mut all: Vec<Written> = futures::future::try_join_all(writers).await?.into_iter().flatten().collect();
    all.sort_by_key(|written| written.planned.batch);
    Ok(all)
}

fn client(seen: &Arc<Seen>, way: Way) -> Result<Client, BuildError> {
    let field = &seen.field;
    let builder = field
        .connection
        .clone()
        .database(field.database.clone())
        .retry_budget(RetryBudget::default())
        .deadline(DEADLINE)
        .attempt_timeout(ATTEMPT)
        .connect_timeout(Duration::from_secs(1))
        .observer(Sees(seen.clone()));
    let all = |builder: ClientBuilder| builder.endpoints(field.urls.iter().cloned());
    // Waits that suit seconds of faults.
    let backoff = Backoff::default().base(Duration::from_millis(100)).cap(Duration::from_secs(2));
    match way {
        Way::OneNode(node) => builder.endpoint(field.urls[node].clone()).retry(Backoff::default()),
        Way::AllNodes => all(builder).retry(Backoff::default()),
        Way::Sticky => all(builder).retry(backoff).balance(Balance::Sticky),
        Way::NoRetry(node) => builder.endpoint(field.urls[node].clone()).retry(NoRetry),
        Way::Downgrade => all(builder).retry(Downgrade::to(ConsistencyLevel::One).after(backoff.tries(3))),
        Way::Budget => all(builder).retry(backoff).retry_budget(RetryBudget::default().tokens(20)),
        Way::Impatient => {
            all(builder).retry(backoff).attempt_timeout(Duration::from_millis(250)).deadline(Duration::from_millis(600))
        }
        Way::Patient(node) => {
            let builder = builder.endpoint(field.urls[node].clone()).retry(backoff);
            builder.attempt_timeout(PATIENCE).deadline(PATIENCE + DEADLINE)
        }
        Way::Dropper => all(builder).retry(backoff),
        Way::Background(_) => all(builder).retry(backoff),
    }
    .build()
}

struct Writer {
    field: Arc<Field>,
    seen: Arc<Seen>,
    number: u32,
    way: Way,
    random: Rng,
}

impl Writer {
    async fn pause(&mut self) {
        tokio::time::sleep(Duration::from_millis(self.random.u64(PAUSE))).await;
    }

    fn written(&self, planned: Planned, claim: Claim) -> Written {
        Written { planned, claim, writer: self.number, settled: false }
    }

    async fn one_by_one(mut self, client: &Client) -> Result<Vec<Written>, LabError> {
        let mut all = Vec::new();
        while !self.field.is_over() {
            let planned = self.field.load().next_batch();
            let batch = to_batch(&planned)?;
            let claim = self.call(client, &planned, &batch).await;
            all.push(self.written(planned, claim));
            self.pause().await;
        }
        Ok(all)
    }

    async fn call(&mut self, client: &Client, planned: &Planned, batch: &Batch) -> Claim {
        let began = self.field.now();
        let watch = WriteWatch::default();
        let mut write = client.write(batch).consistency(planned.level).watch(&watch);
        if planned.split_types {
            write = write.split_types();
        }
        if planned.per_shard_group {
            write = write.per_shard_group(WEEK);
        }
        let patience = match self.way {
            Way::Dropper => Duration::from_millis(self.random.u64(1..400)),
            _ => 2 * (PATIENCE + DEADLINE),
        };
        let said: Option<Result<Ack, WriteError>> = tokio::time::timeout(patience, write.into_future()).await.ok();
        let sent = self.field.sent(planned, batch, began);
        match said {
            Some(said) => Claim::of(sent, said.as_ref(), |address| self.field.node(address)),
            // What the watch says is a claim too.
            None => Claim::dropped(sent, watch.abandon()),
        }
    }

    async fn in_background(mut self, client: &Client, level: ConsistencyLevel) -> Result<Vec<Written>, LabError> {
        let builder = client.batch_writer().consistency(level).linger(Duration::from_millis(40));
        // No more points at once than a node names in its log when it loses them.
        let writer = builder.max_points(Loss::MOST).check_field_types(false).start();
        let writer = writer.map_err(|error| LabError::Order(format!("no background writer: {error}")))?;
        let mut pushed: Vec<Pushed> = Vec::new();
        while !self.field.is_over() {
            let planned = self.field.load().next_push(level);
            let began = self.field.now();
            let batch = to_batch(&planned)?;
            let delivered = writer.push_tracked_with(|batch| planned.write(batch)).await;
            let delivered = delivered.map(|delivered| self.heard(delivered));
            pushed.push(Pushed { planned, began, batch, delivered });
            self.pause().await;
        }
        self.close(&writer, pushed).await
    }

    /// What becomes of a push, and when that is told.
    fn heard(&self, delivered: Delivered) -> JoinHandle<(Fate, u64)> {
        let field = self.field.clone();
        tokio::spawn(async move {
            let fate = delivered.await;
            (fate, field.now())
        })
    }

    async fn close(&self, writer: &BatchWriter, pushed: Vec<Pushed>) -> Result<Vec<Written>, LabError> {
        let closed = writer.close(DEADLINE).await;
        let before = writer.settled_horizon().before;
        drop(closed);
        let mut all = Vec::new();
        for Pushed { planned, began, batch, delivered } in pushed {
            let claim = match delivered {
                Ok(delivered) => {
                    let sent = self.field.sent(&planned, &batch, began);
                    let heard = delivered.await;
                    let (fate, ended) =
                        heard.map_err(|error| LabError::Target(format!("what became of a push is lost: {error}")))?;
                    let requests = self.seen.between(began, ended);
                    Claim::of_fate(Sent { ended, ..sent }, &fate, requests, |address| self.field.node(address))
                }
                // Nothing of the call is sent: a claim like any other.
                Err(error) => {
                    Claim { words: error.to_string(), ..not_stored(self.field.sent(&planned, &batch, began)) }
                }
            };
            let last = planned.lines.iter().filter_map(|line| line.time).max();
            let settled = last.is_some_and(|last| before.is_some_and(|before| last < before));
            all.push(Written { settled, ..self.written(planned, claim) });
        }
        Ok(all)
    }
}

/// Points that a background writer was given.
struct Pushed {
    planned: Planned,
    began: u64,
    batch: Batch,
    delivered: Result<JoinHandle<(Fate, u64)>, PushError>,
}

/// The plan makes no line that a batch refuses, as its points would be missing from the claims.
fn to_batch(planned: &Planned) -> Result<Batch, LabError> {
    let unfit = |error| LabError::Order(format!("a batch does not take its plan: {error}"));
    planned.to_batch().map_err(unfit)
}

fn not_stored(sent: Sent) -> Claim {
    let tally = Tally { not_stored: sent.points, ..Tally::default() };
    Claim { outcome: Outcome::NotStored, tally, ..Claim::silent(sent) }
}

#[cfg(test)]
mod tests {
    use super::super::load::Mix;
    use super::*;

    #[test]
    fn what_nothing_is_claimed_of_is_not_judged() {
        let mut load = Load::new(Mix { new_groups: 0.0, conflicts: 0.0, malformed: 0.0, untimed: 0.0 }, 1);
        let mut written = |writer, exempt, below| {
            let planned = load.next_push(ConsistencyLevel::One);
            let points = planned.lines.len();
            let sent = Sent { batch: 0, points, idempotent: true, level: planned.level, began: 0, ended: 1 };
            let claim = Claim { exempt, below, ..Claim::silent(sent) };
            Written { planned, claim, writer, settled: false }
        };
        let counted = written(0, false, false);
        let points = counted.planned.lines.len() as u64;
        let all = [written(Written::NOBODY, false, false), written(1, true, false), written(1, false, true), counted];
        assert_eq!(judged(&all), (1, points));
        assert_eq!(judged(&all[..3]), (0, 0));
        assert!(!all[0].has_a_claim() && all[1..].iter().all(Written::has_a_claim));
    }
}

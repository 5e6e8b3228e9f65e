//! The loop that sends a batch until it is settled.

use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::ack::Ack;
use super::attempt::Attempt;
use super::destination::Destination;
use super::error::{Inner, WriteError};
use super::job::{Job, Settled};
use super::piece::{Lines, Piece};
use super::request::{Exchange, Limit, Payload, Target, send};
use super::stop::Stop;
use super::tally::Tally;
use super::trace;
use super::types::by_type;
use super::watch::WriteWatch;
use super::window::by_window;
use crate::client::Shared;
use crate::endpoint::{Sign, series_of};
use crate::error::{advice, shortened};
use crate::transport::Sent;
use crate::{
    Balance, Batch, Class, Client, ConsistencyLevel, Context, Dropped, ErrorKind, Failed, Gzip, NoReply, Outcome,
    Reason, RequestProblem, Retry, RetryPolicy, ServerVersion, TransportError, Verdict, classify_no_reply,
};

/// How much of a server's message is kept of each attempt, in bytes: enough for hundreds of quoted lines.
const KEPT: usize = 64 * 1024;

/// A write that is about to be made: choose what differs from the client's settings, then `.await` it.
///
/// # Errors
/// [`WriteError`] unless every point was acknowledged at the level asked for. Its outcome joins all attempts.
///
/// # Cancellation
/// Dropping the future gives up waiting, not the write: a request under way may still be carried out, and nothing is known
/// of its points, except by a [`WriteWatch`]. Nothing is sent after the drop.
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct Write<'a> {
    client: &'a Client,
    batch: &'a Batch,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    level: Option<ConsistencyLevel>,
    deadline: Option<Duration>,
    shard_group: Option<Duration>,
    most_groups: usize,
    split_types: bool,
    extra_requests: u32,
    gzip: Option<Gzip>,
    retry: Option<Arc<dyn RetryPolicy>>,
    watch: WriteWatch,
}

impl<'a> Write<'a> {
    /// Requests that may be spent on finding refused points and on splitting what is too large.
    const EXTRA_REQUESTS: u32 = 64;

    pub(crate) fn new(client: &'a Client, batch: &'a Batch) -> Self {
        Self {
            client,
            batch,
            database: None,
            retention_policy: None,
            level: None,
            deadline: None,
            shard_group: None,
            most_groups: usize::MAX,
            split_types: false,
            extra_requests: Self::EXTRA_REQUESTS,
            gzip: None,
            retry: None,
            watch: WriteWatch::default(),
        }
    }

    /// The database to write to.
    pub fn database(mut self, name: impl Into<Box<str>>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// The retention policy to write to.
    pub fn retention_policy(mut self, name: impl Into<Box<str>>) -> Self {
        self.retention_policy = Some(name.into());
        self
    }

    /// The consistency level to ask for.
    pub const fn consistency(mut self, level: ConsistencyLevel) -> Self {
        self.level = Some(level);
        self
    }

    /// Sends the points of each shard group in a request of their own, one after the other; `duration` is the shard
    /// duration of the retention policy (`SHOW RETENTION POLICIES` tells it: 168 h unless set).
    ///
    /// A server answers for the first shard that failed and says nothing of the others (cluster 1.8 facts § 4). Cut like this,
    /// a failure is about one shard group: those before it were acknowledged, those behind it were not sent, and
    /// [`WriteError::tally`] counts both.
    pub const fn per_shard_group(mut self, duration: Duration) -> Self {
        self.shard_group = Some(duration);
        self
    }

    /// Cuts by [`Write::per_shard_group`] only where that makes at most so many requests, and sends the points of more
    /// groups together: a year of daily values in weekly groups would else take 52 requests of 7 points. No limit
    /// unless set.
    pub const fn at_most_shard_groups(mut self, groups: usize) -> Self {
        self.most_groups = groups;
        self
    }

    /// How many requests may be spent on finding refused points that the server does not name, and on halving what is too
    /// large for it; 64 unless set. With none, what cannot be told apart is reported as unknown.
    pub const fn extra_requests(mut self, requests: u32) -> Self {
        self.extra_requests = requests;
        self
    }

    /// Sends points that give a field another type than points before them in a request of their own.
    ///
    /// For batches whose check is off ([`Batch::check_field_types`]): real clusters acknowledge some requests with two types
    /// for one field and store nothing of them (cluster 1.8 facts § 4). Apart, the server takes or refuses each by the type that
    /// the field has, and the refused points are told in [`WriteError::refusals`].
    pub const fn split_types(mut self) -> Self {
        self.split_types = true;
        self
    }

    /// Whether the request is compressed.
    pub const fn gzip(mut self, gzip: Gzip) -> Self {
        self.gzip = Some(gzip);
        self
    }

    /// What to do after a failed attempt of this write.
    pub fn retry(mut self, policy: impl RetryPolicy + 'static) -> Self {
        self.retry = Some(Arc::new(policy));
        self
    }

    /// Lets `watch` tell whether points may be stored, should the future be dropped.
    pub fn watch(mut self, watch: &WriteWatch) -> Self {
        self.watch = watch.clone();
        self
    }

    /// The time for the whole call, with all attempts and waits.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

impl<'a> IntoFuture for Write<'a> {
    type Output = Result<Ack, WriteError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let handle = self.client;
        let client = handle.shared();
        let level = self.level.unwrap_or(client.level);
        let database = self.database.or_else(|| client.database.clone());
        let retention_policy = self.retention_policy.or_else(|| client.retention_policy.clone());
        let deadline = self.deadline.unwrap_or(client.deadline);
        let batch = self.batch;
        let (shard_group, split_types) = (self.shard_group, self.split_types);
        let (most_groups, extra_requests) = (self.most_groups, self.extra_requests);
        let gzip = self.gzip.unwrap_or(client.gzip);
        let retry = self.retry.unwrap_or_else(|| Arc::clone(&client.retry));
        let watch = self.watch;
        let write = async move {
            if batch.is_empty() {
                let destination = Destination { database, retention_policy };
                let (attempts, versions) = (Vec::new(), Vec::new());
                return Ok(Ack { asked: level, level, points: 0, attempts, versions, destination });
            }
            let Some(database) = database.filter(|name| !name.is_empty()) else {
                return Err(no_database(batch, level));
            };
            handle.probe_what_failed();
            let precision = batch.precision();
            let target = Target { database, retention_policy, level, precision };
            let windows = shard_group.and_then(|duration| by_window(batch, duration, most_groups));
            let windows = windows.unwrap_or_else(|| vec![Lines::Range(0..batch.points())]);
            let pieces = windows.into_iter().flat_map(|lines| match split_types {
                true => by_type(batch, lines),
                false => vec![lines],
            });
            let job = Job::cut(batch, pieces, extra_requests);
            let call = Call { gzip, retry, watch, ..Call::new(client, batch, target.clone(), deadline) };
            trace::call(&target, batch, call.run(job)).await
        };
        async move {
            let end = write.await;
            for observer in &client.observers {
                match &end {
                    Ok(ack) => observer.acknowledged(ack),
                    Err(error) => observer.failed(error),
                }
            }
            end
        }
        .boxed()
    }
}

fn no_database(batch: &Batch, level: ConsistencyLevel) -> WriteError {
    let kind = ErrorKind::BadRequest { problem: RequestProblem::DatabaseMissing };
    WriteError::new(Inner {
        advice: kind.advice(),
        kind,
        outcome: Outcome::NotStored,
        level,
        lowered: None,
        stop: None,
        message: None,
        attempts: Vec::new(),
        refusals: Vec::new(),
        tally: Tally { not_stored: batch.points(), ..Tally::default() },
        server_version: None,
        source: None,
        destination: Destination::none(),
    })
}

/// A write under way.
struct Call<'a> {
    client: &'a Shared,
    asked: ConsistencyLevel,
    target: Target,
    batch: &'a Batch,
    begun: Instant,
    deadline: Duration,
    gzip: Gzip,
    retry: Arc<dyn RetryPolicy>,
    watch: WriteWatch,
    attempts: Vec<Attempt>,
    /// Versions of the servers that acknowledged, each once.
    versions: Vec<ServerVersion>,
    /// The endpoint asked last, if it may be asked again.
    endpoint: Option<usize>,
    /// The endpoint to be passed over.
    avoid: Option<usize>,
    source: Option<TransportError>,
    server_version: Option<ServerVersion>,
    /// What the retries of this call took from the client's budget.
    spent: u32,
}

impl<'a> Call<'a> {
    fn new(client: &'a Shared, batch: &'a Batch, target: Target, deadline: Duration) -> Self {
        Self {
            client,
            asked: target.level,
            target,
            batch,
            begun: Instant::now(),
            deadline,
            gzip: client.gzip,
            retry: Arc::clone(&client.retry),
            watch: WriteWatch::default(),
            attempts: Vec::new(),
            versions: Vec::new(),
            endpoint: None,
            avoid: None,
            source: None,
            server_version: None,
            spent: 0,
        }
    }

    async fn run(mut self, mut job: Job<'_>) -> Result<Ack, WriteError> {
        // A piece that replicas have in part or that is queued; what is behind it is another matter.
        let mut parked: Option<(Piece, Verdict, Stop)> = None;
        while let Some(mut piece) = job.next() {
            let compression = self.gzip.level_for(self.batch.bytes());
            let write_lines = |body: &mut Vec<u8>| piece.write_body(self.batch, body);
            let payload = Payload::new(&self.client.bodies, compression, write_lines);
            loop {
                let verdict = match self.expired(piece.len()) {
                    Some(verdict) => verdict,
                    None => self.attempt(&payload, piece.len()).await,
                };
                match job.settle(piece, &verdict) {
                    Settled::Done => break,
                    Settled::Stuck(stuck) => return Err(self.stuck(job, &stuck, &verdict)),
                    Settled::Failed(failed) => match self.decide(&failed, &verdict) {
                        Ok(wait) => {
                            self.told_of_retry(wait);
                            tokio::time::sleep(wait).await;
                            piece = failed;
                        }
                        Err(stop) if stop != Stop::Deadline && job.can_go_on(&verdict) => {
                            job.park(&failed);
                            let weaker = parked.as_ref().is_none_or(|(_, before, _)| before.class() == Class::Deferred);
                            if weaker {
                                parked = Some((failed, verdict, stop));
                            }
                            break;
                        }
                        Err(stop) => {
                            job.park(&failed);
                            // Of a queued piece and one that is not, the one that is not is told.
                            let (failed, verdict, stop) = match parked {
                                Some(before) if verdict.class() == Class::Deferred => before,
                                Some(_) | None => (failed, verdict, stop),
                            };
                            return Err(self.failed(job, &failed, verdict, stop));
                        }
                    },
                }
            }
        }
        if let Some((piece, verdict, stop)) = parked {
            return Err(self.failed(job, &piece, verdict, stop));
        }
        if let Some(doubt) = job.doubt().cloned() {
            return Err(self.told(job, doubt, Outcome::Unknown, None));
        }
        self.client.budget.iter().for_each(|bucket| bucket.acknowledged(self.spent));
        match job.refused_kind() {
            None => Ok(Ack {
                asked: self.asked,
                level: self.target.level,
                points: self.batch.points(),
                attempts: self.attempts,
                versions: self.versions,
                destination: self.target.into_destination(),
            }),
            Some(kind) => {
                let outcome = job.refused_outcome();
                let message = self.last_message(kind.class());
                Err(self.error(job, kind, outcome, message, None))
            }
        }
    }

    fn context(&self, points: usize) -> Context {
        let mut context = Context::new(self.target.level, points);
        context.idempotent = self.batch.is_idempotent();
        context
    }

    /// The verdict on a request for which no time is left: it is not begun.
    fn expired(&self, points: usize) -> Option<Verdict> {
        let after = self.deadline;
        let late = self.begun.elapsed() >= after;
        late.then(|| classify_no_reply(&NoReply::Deadline { after }, 0, &self.context(points)))
    }

    async fn attempt(&mut self, payload: &Payload, points: usize) -> Verdict {
        let client = self.client;
        let pick = match self.endpoint {
            Some(index) => client.endpoints.begin(index),
            None => match client.balance {
                Balance::LeastBusy => client.endpoints.pick(self.avoid, fastrand::u64(..)),
                Balance::Sticky => client.endpoints.pick_sticky(series_of(self.batch.line(0)), self.avoid),
            },
        };
        let context = self.context(points);
        let started = self.begun.elapsed();
        let remaining = self.deadline.saturating_sub(started);
        let own = client.attempt_time(payload.len());
        let limit = Limit { time: own.min(remaining), deadline: (remaining < own).then_some(self.deadline) };
        let sent = Sent::default();
        self.watch.begins(&sent);
        let request = send(client, &pick, &self.target, payload, limit, &context, sent);
        let exchange = trace::attempt(self.attempts.len() + 1, &pick, payload.len(), request).await;
        let Exchange { verdict, status, request_id, sent, source } = exchange;
        self.watch.ended(verdict.outcome());
        client.endpoints.learn(pick.index, Sign::of(verdict.kind()), Instant::now().into_std());
        let attempt = Attempt {
            endpoint: pick.endpoint.clone(),
            started,
            elapsed: self.begun.elapsed().saturating_sub(started),
            points,
            sent,
            status,
            class: verdict.class(),
            outcome: verdict.outcome(),
            message: verdict.message().map(|message| shortened(message, KEPT)),
            request_id,
        };
        trace::answered(&attempt);
        client.observers.iter().for_each(|observer| observer.attempt(&attempt));
        self.attempts.push(attempt);
        self.source = source;
        if let Some(version) = verdict.server_version() {
            self.server_version = Some(version.clone());
            let acknowledged = verdict.class() == Class::Ok;
            if acknowledged && !self.versions.contains(version) {
                self.versions.push(version.clone());
            }
        }
        self.endpoint = Some(pick.index);
        verdict
    }

    fn told_of_retry(&self, wait: Duration) {
        if let Some(failed) = self.attempts.last() {
            trace::retry(failed, wait);
            self.client.observers.iter().for_each(|observer| observer.retry(failed, wait));
        }
    }

    /// How long to wait before the next attempt, or why there is none. The policy is asked, but a resend that could do
    /// harm, a wait that reaches the deadline, and what the budget does not cover are not its to allow.
    fn decide(&mut self, piece: &Piece, verdict: &Verdict) -> Result<Duration, Stop> {
        let elapsed = self.begun.elapsed();
        let failed = Failed {
            verdict,
            level: self.target.level,
            known: piece.known.unwrap_or(verdict.outcome()),
            attempts: piece.attempts,
            below_level: piece.below_level,
            idempotent: self.batch.is_idempotent(),
            endpoints: self.client.endpoints.len(),
            just_created: self.client.has_just_created(),
            elapsed,
            remaining: self.deadline.saturating_sub(elapsed),
        };
        if !failed.may_resend() {
            return Err(Stop::Doubt);
        }
        let decision = self.retry.decide(&failed, fastrand::f64());
        let wait = match decision {
            Retry::GiveUp => return Err(if failed.remaining.is_zero() { Stop::Deadline } else { Stop::Policy }),
            Retry::Lower { level, .. } if level >= self.target.level => return Err(Stop::Policy),
            Retry::Same(wait) | Retry::Next(wait) | Retry::Lower { wait, .. } => wait,
        };
        if wait >= failed.remaining {
            return Err(Stop::Deadline);
        }
        if let Some(bucket) = &self.client.budget {
            self.spent += bucket.take(verdict.class()).ok_or(Stop::Budget)?;
        }
        match decision {
            Retry::GiveUp | Retry::Same(_) => {}
            Retry::Next(_) => self.avoid = self.endpoint.take(),
            Retry::Lower { level, .. } => self.target.level = level,
        }
        Ok(wait)
    }

    /// The error of a call that ends with a failed attempt.
    fn failed(self, mut job: Job<'_>, piece: &Piece, last: Verdict, stop: Stop) -> WriteError {
        let outcome = job.give_up(piece);
        // The last attempt gives the class, unless its claim is stronger than what all attempts support. (The resend
        // after a partial refusal is not measured by the refusal: 3x would promise that the others are stored.)
        let told = match &piece.set_by {
            Some(setter) if last.outcome().overclaims(outcome) && setter.class() != last.class() => setter.clone(),
            _ => last,
        };
        self.told(job, told, outcome, Some(stop))
    }

    /// The error of a call of which this attempt is told.
    fn told(self, job: Job<'_>, attempt: Verdict, outcome: Outcome, stop: Option<Stop>) -> WriteError {
        let Verdict { kind, message, .. } = attempt;
        // An acknowledgement never comes here.
        let kind = kind.unwrap_or(ErrorKind::UnexpectedResponse { status: 0, body: "".into() });
        self.error(job, kind, outcome, message, stop)
    }

    /// The error of a call whose points were refused, and whose other points cannot be sent again.
    fn stuck(self, mut job: Job<'_>, piece: &Piece, verdict: &Verdict) -> WriteError {
        let outcome = job.give_up(piece);
        if let Some(doubt) = piece.doubt().or(job.doubt()).cloned() {
            // 3x would say that the named points are stored nowhere.
            return self.told(job, doubt, outcome, None);
        }
        let reason = verdict.reason().cloned().unwrap_or(Reason::Several);
        let before = job.refused_kind();
        let several = before.is_some_and(|kind| kind.class() != verdict.class());
        let refused = job.tally().refused as u64;
        let kind = ErrorKind::Rejected {
            reason: if several { Reason::Several } else { reason },
            dropped: Dropped::AtLeast(refused),
        };
        let message = verdict.message().map(Into::into);
        self.error(job, kind, outcome, message, None)
    }

    /// The last message of this class, or of the last attempt that had one.
    fn last_message(&self, class: Class) -> Option<Box<str>> {
        let of_class = self.attempts.iter().rev().find(|a| a.class == class && a.message.is_some());
        let any = || self.attempts.iter().rev().find(|a| a.message.is_some());
        of_class.or_else(any).and_then(|attempt| attempt.message.clone())
    }

    fn error(
        self,
        job: Job<'_>,
        kind: ErrorKind,
        outcome: Outcome,
        message: Option<Box<str>>,
        stop: Option<Stop>,
    ) -> WriteError {
        WriteError::new(Inner {
            advice: advice(&kind, outcome, self.batch.is_idempotent()),
            kind,
            outcome,
            level: self.asked,
            lowered: (self.target.level != self.asked).then_some(self.target.level),
            stop,
            message,
            attempts: self.attempts,
            tally: job.tally(),
            refusals: job.into_refusals(),
            server_version: self.server_version,
            source: self.source,
            destination: self.target.into_destination(),
        })
    }
}

//! The loop that sends a batch until it is settled.

use std::future::IntoFuture;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::time::Instant;

use super::ack::Ack;
use super::attempt::Attempt;
use super::error::{Inner, WriteError};
use super::job::{Job, Settled};
use super::piece::Piece;
use super::request::{Exchange, Limit, Payload, Target, send};
use super::tally::Tally;
use crate::client::Shared;
use crate::endpoint::Sign;
use crate::error::{advice, shortened};
use crate::{
    Batch, Class, Client, ConsistencyLevel, Context, Dropped, ErrorKind, Failed, NoReply, Outcome, Reason,
    RequestProblem, Retry, ServerVersion, TransportError, Verdict, classify_no_reply,
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
/// of its points. Nothing is sent after the drop.
#[derive(Debug)]
#[must_use = "a write does nothing until it is awaited"]
pub struct Write<'a> {
    client: &'a Client,
    batch: &'a Batch,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    level: Option<ConsistencyLevel>,
    deadline: Option<Duration>,
}

impl<'a> Write<'a> {
    pub(crate) const fn new(client: &'a Client, batch: &'a Batch) -> Self {
        Self { client, batch, database: None, retention_policy: None, level: None, deadline: None }
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
        async move {
            if batch.is_empty() {
                return Ok(Ack { level, points: 0, attempts: Vec::new(), versions: Vec::new() });
            }
            let Some(database) = database.filter(|name| !name.is_empty()) else {
                return Err(no_database(batch, level));
            };
            handle.probe_what_failed();
            let precision = batch.precision();
            let target = Target { database, retention_policy, level, precision };
            Call::new(client, batch, target, deadline).run().await
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
        message: None,
        attempts: Vec::new(),
        refusals: Vec::new(),
        tally: Tally { not_stored: batch.points(), ..Tally::default() },
        server_version: None,
        source: None,
    })
}

/// A write under way.
struct Call<'a> {
    client: &'a Shared,
    target: Target,
    batch: &'a Batch,
    begun: Instant,
    deadline: Duration,
    attempts: Vec<Attempt>,
    /// Versions of the servers that acknowledged, each once.
    versions: Vec<ServerVersion>,
    /// The endpoint asked last, if it may be asked again.
    endpoint: Option<usize>,
    /// The endpoint to be passed over.
    avoid: Option<usize>,
    source: Option<TransportError>,
    server_version: Option<ServerVersion>,
}

impl<'a> Call<'a> {
    fn new(client: &'a Shared, batch: &'a Batch, target: Target, deadline: Duration) -> Self {
        Self {
            client,
            target,
            batch,
            begun: Instant::now(),
            deadline,
            attempts: Vec::new(),
            versions: Vec::new(),
            endpoint: None,
            avoid: None,
            source: None,
            server_version: None,
        }
    }

    async fn run(mut self) -> Result<Ack, WriteError> {
        let mut job = Job::new(self.batch);
        while let Some(mut piece) = job.next() {
            let payload = Payload::new(piece.body(self.batch), self.client.gzip.level_for(self.batch.bytes()));
            loop {
                let verdict = match self.expired(piece.len()) {
                    Some(verdict) => verdict,
                    None => self.attempt(&payload, piece.len()).await,
                };
                match job.settle(piece, &verdict) {
                    Settled::Done => break,
                    Settled::Stuck(stuck) => return Err(self.stuck(job, &stuck, &verdict)),
                    Settled::Failed(failed) => match self.decide(&failed, &verdict) {
                        Some(wait) => {
                            tracing::debug!(class = %verdict.class(), ?wait, "sending again");
                            tokio::time::sleep(wait).await;
                            piece = failed;
                        }
                        None => return Err(self.failed(job, &failed, verdict)),
                    },
                }
            }
        }
        match job.refused_kind() {
            None => Ok(Ack {
                level: self.target.level,
                points: self.batch.points(),
                attempts: self.attempts,
                versions: self.versions,
            }),
            Some(kind) => {
                let outcome = job.refused_outcome();
                let message = self.last_message(kind.class());
                Err(self.error(job, kind, outcome, message))
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
            None => client.endpoints.pick(self.avoid, fastrand::u64(..)),
        };
        let context = self.context(points);
        let started = self.begun.elapsed();
        let remaining = self.deadline.saturating_sub(started);
        let own = client.attempt_timeout;
        let limit = Limit { time: own.min(remaining), deadline: (remaining < own).then_some(self.deadline) };
        let exchange = send(client, &pick, &self.target, payload, limit, &context).await;
        let Exchange { verdict, status, request_id, sent, source } = exchange;
        client.endpoints.learn(pick.index, Sign::of(verdict.kind()), std::time::Instant::now());
        self.attempts.push(Attempt {
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
        });
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

    /// How long to wait before the next attempt; `None` to give up. The policy is asked, but a resend that could do
    /// harm, and a wait that reaches the deadline, are not its to allow.
    fn decide(&mut self, piece: &Piece, verdict: &Verdict) -> Option<Duration> {
        let elapsed = self.begun.elapsed();
        let failed = Failed {
            verdict,
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
            return None;
        }
        let wait = match self.client.retry.decide(&failed, fastrand::f64()) {
            Retry::GiveUp => return None,
            Retry::Same(wait) => wait,
            Retry::Next(wait) => {
                self.avoid = self.endpoint.take();
                wait
            }
        };
        (wait < failed.remaining).then_some(wait)
    }

    /// The error of a call that ends with a failed attempt.
    fn failed(self, mut job: Job<'_>, piece: &Piece, last: Verdict) -> WriteError {
        let outcome = job.give_up(piece);
        // The last attempt gives the class, unless its claim is stronger than what all attempts support. (The resend
        // after a partial refusal is not measured by the refusal: 3x would promise that the others are stored.)
        let told = match &piece.set_by {
            Some(setter) if last.outcome().overclaims(outcome) && setter.class() != last.class() => setter.clone(),
            _ => last,
        };
        let Verdict { kind, message, .. } = told;
        // An acknowledgement never comes here.
        let kind = kind.unwrap_or(ErrorKind::UnexpectedResponse { status: 0, body: "".into() });
        self.error(job, kind, outcome, message)
    }

    /// The error of a call whose points were refused, and whose other points cannot be sent again.
    fn stuck(self, mut job: Job<'_>, piece: &Piece, verdict: &Verdict) -> WriteError {
        let outcome = job.give_up(piece);
        let reason = verdict.reason().cloned().unwrap_or(Reason::Several);
        let before = job.refused_kind();
        let several = before.is_some_and(|kind| kind.class() != verdict.class());
        let refused = job.tally().refused as u64;
        let kind = ErrorKind::Rejected {
            reason: if several { Reason::Several } else { reason },
            dropped: Dropped::AtLeast(refused),
        };
        let message = verdict.message().map(Into::into);
        self.error(job, kind, outcome, message)
    }

    /// The last message of this class, or of the last attempt that had one.
    fn last_message(&self, class: Class) -> Option<Box<str>> {
        let of_class = self.attempts.iter().rev().find(|a| a.class == class && a.message.is_some());
        let any = || self.attempts.iter().rev().find(|a| a.message.is_some());
        of_class.or_else(any).and_then(|attempt| attempt.message.clone())
    }

    fn error(self, job: Job<'_>, kind: ErrorKind, outcome: Outcome, message: Option<Box<str>>) -> WriteError {
        WriteError::new(Inner {
            advice: advice(&kind, outcome, self.batch.is_idempotent()),
            kind,
            outcome,
            level: self.target.level,
            message,
            attempts: self.attempts,
            tally: job.tally(),
            refusals: job.into_refusals(),
            server_version: self.server_version,
            source: self.source,
        })
    }
}

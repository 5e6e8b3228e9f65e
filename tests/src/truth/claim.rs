//! What a client said of a batch.

use std::time::Duration;

use influx_client::{
    Ack, Attempt, Caveat, Class, ConsistencyLevel, DeliveryError, Fate, Outcome, ServerVersion, Tally, WriteError,
};

use super::nanoseconds;

/// Everything that a client said of one batch, and the requests that it made for it.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The number of the batch in its run.
    pub batch: u64,
    /// How many points it has.
    pub points: usize,
    /// Whether each of them carries a time, so that sending again does no harm.
    pub idempotent: bool,
    /// The level that what is called stored was acknowledged at: the one asked for, unless a policy settled for less.
    pub level: ConsistencyLevel,
    /// [`Class::Ok`] for an acknowledgement.
    pub class: Class,
    /// [`Outcome::Stored`] for an acknowledgement.
    pub outcome: Outcome,
    /// How many points ended how.
    pub tally: Tally,
    /// The lines that it named as refused, from 0, as it named them.
    pub refused: Vec<usize>,
    /// Why it says that the acknowledgement is worth less.
    pub caveats: Vec<Caveat>,
    /// Whether the server that answered last is of a version that acknowledges what its replicas drop.
    pub old_server: bool,
    /// Every request, in order; if they are [`shared`](Self::shared), all those that may have held points of it.
    pub requests: Vec<Request>,
    /// Whether the requests held points of other batches too, as those of a background writer do, or of others alone.
    pub shared: bool,
    /// Points that the client refuses, of a larger batch, and which of this one are among them cannot be told: nothing is
    /// claimed of any then.
    pub exempt: bool,
    /// When the call began, in nanoseconds since the run began.
    pub began: u64,
    /// When the call ended, likewise.
    pub ended: u64,
    /// The error in words; nothing for an acknowledgement.
    pub words: String,
}

/// One request of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The data node that was asked, by its id; 0 where it is not known.
    pub node: u64,
    /// Since the call began.
    pub started: Duration,
    /// How long it took.
    pub elapsed: Duration,
    /// How many points it held.
    pub points: usize,
    /// Bytes of its body that were taken to be sent.
    pub sent: u64,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// The class of what came back.
    pub class: Class,
    /// What it told of its points.
    pub outcome: Outcome,
    /// The server's message.
    pub message: Option<Box<str>>,
}

impl Request {
    /// What the client tells of a request that it made. `node` finds the data node that has an address.
    pub fn of(attempt: &Attempt, node: impl Fn(&str) -> u64) -> Self {
        Self {
            node: node(attempt.endpoint.as_str()),
            started: attempt.started,
            elapsed: attempt.elapsed,
            points: attempt.points,
            sent: attempt.sent,
            status: attempt.status,
            class: attempt.class,
            outcome: attempt.outcome,
            message: attempt.message.clone(),
        }
    }
}

/// What is known of a batch before anything is said of it.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// See [`Claim::batch`].
    pub batch: u64,
    /// See [`Claim::points`].
    pub points: usize,
    /// See [`Claim::idempotent`].
    pub idempotent: bool,
    /// The level asked for.
    pub level: ConsistencyLevel,
    /// See [`Claim::began`].
    pub began: u64,
    /// See [`Claim::ended`].
    pub ended: u64,
}

impl Claim {
    /// What a call of [`Client::write`](influx_client::Client::write) returned. `node` finds the data node that has an
    /// address.
    pub fn of(sent: Sent, said: Result<&Ack, &WriteError>, node: impl Fn(&str) -> u64) -> Self {
        match said {
            Ok(ack) => Self {
                level: ack.level(),
                class: Class::Ok,
                outcome: Outcome::Stored,
                tally: ack.tally(),
                caveats: ack.caveats().collect(),
                old_server: ack.server_version().is_some_and(ServerVersion::acknowledges_dropped_writes),
                requests: ack.attempts().iter().map(|attempt| Request::of(attempt, &node)).collect(),
                ..Self::silent(sent)
            },
            Err(error) => Self {
                level: error.lowered_to().unwrap_or(error.level()),
                class: error.class(),
                outcome: error.outcome(),
                tally: error.tally(),
                refused: error.refusals().iter().filter_map(|refusal| refusal.line).collect(),
                old_server: error.server_version().is_some_and(ServerVersion::acknowledges_dropped_writes),
                requests: error.attempts().iter().map(|attempt| Request::of(attempt, &node)).collect(),
                words: error.to_string(),
                ..Self::silent(sent)
            },
        }
    }

    /// What a [`BatchWriter`](influx_client::BatchWriter) said of the points of a push; `requests` are all that its client
    /// made from the beginning of the push to its end.
    ///
    /// A fate tells of the batches that the writer made, of which the push may be a part: what it says of single points is
    /// taken from it only where it says the same of all.
    pub fn of_fate(sent: Sent, fate: &Fate, requests: Vec<Request>, node: impl Fn(&str) -> u64) -> Self {
        let all = |tally: fn(&mut Tally) -> &mut usize| {
            let mut all = Tally::default();
            *tally(&mut all) = sent.points;
            all
        };
        let said = match fate {
            Ok(ack) => Self { tally: all(|tally| &mut tally.stored), ..Self::of(sent, Ok(ack), node) },
            Err(error) => {
                let (told, points) = match error {
                    DeliveryError::Write(error) => (Self::of(sent, Err(error), node), error.tally()),
                    DeliveryError::Several(all) => (Self::silent(sent), all.points),
                    _ => (Self::silent(sent), Tally::default()),
                };
                let exempt = points.refused > 0;
                let (outcome, tally) = match error.outcome() {
                    Outcome::NotStored => (Outcome::NotStored, all(|tally| &mut tally.not_stored)),
                    Outcome::Deferred if !exempt => (Outcome::Deferred, all(|tally| &mut tally.deferred)),
                    Outcome::Stored
                    | Outcome::PartlyStored
                    | Outcome::Unknown
                    | Outcome::Deferred
                    | Outcome::BelowLevel => (Outcome::Unknown, all(|tally| &mut tally.unknown)),
                };
                let class = match error {
                    DeliveryError::Write(_) => told.class,
                    _ if outcome == Outcome::NotStored => Class::Refused,
                    _ => told.class,
                };
                let exempt = exempt && outcome == Outcome::Unknown;
                Self { class, outcome, tally, exempt, refused: Vec::new(), words: error.to_string(), ..told }
            }
        };
        Self { requests, shared: true, ..said }
    }

    /// A call of which nothing was heard: its future was dropped.
    #[must_use]
    pub fn silent(sent: Sent) -> Self {
        let Sent { batch, points, idempotent, level, began, ended } = sent;
        Self {
            batch,
            points,
            idempotent,
            level,
            class: Class::Timeout,
            outcome: Outcome::Unknown,
            tally: Tally { unknown: points, ..Tally::default() },
            refused: Vec::new(),
            caveats: Vec::new(),
            old_server: false,
            requests: Vec::new(),
            shared: false,
            exempt: false,
            began,
            ended,
            words: String::new(),
        }
    }

    /// Whether this node answered for points of it in this time (nanoseconds since the run began, both included): a
    /// request was sent to it, and what came back is what the claim rests on.
    #[must_use]
    pub fn asked(&self, node: u64, from: u64, to: u64) -> bool {
        let begins = |request: &Request| self.began.saturating_add(nanoseconds(request.started));
        let ends = |request: &Request| begins(request).saturating_add(nanoseconds(request.elapsed));
        let promises = |request: &Request| match request.outcome {
            Outcome::Stored | Outcome::PartlyStored => true,
            Outcome::NotStored | Outcome::Unknown | Outcome::Deferred | Outcome::BelowLevel => false,
        };
        let then = |request: &Request| begins(request) <= to && ends(request) >= from;
        self.requests.iter().any(|request| request.node == node && promises(request) && then(request))
    }
}

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
    /// Whether the servers are of a version that acknowledges what its replicas drop. Of clusters of our own that is known, and
    /// not the client's word.
    pub old_server: bool,
    /// Every request, in order; if they are [`shared`](Self::shared), all those that may have held points of it.
    pub requests: Vec<Request>,
    /// Whether the requests held points of other batches too, as those of a background writer do, or of others alone.
    pub shared: bool,
    /// Points that the client refuses, of a larger batch, and which of this one are among them cannot be told: nothing is
    /// claimed of any then.
    pub exempt: bool,
    /// Points are called below their level, of a larger batch: some have a copy somewhere, and which cannot be told. Nothing
    /// else is claimed of any then.
    pub below: bool,
    /// Whether all of it is stored, or refused for good, or was thrown away on purpose: nobody will ever send it again.
    pub for_good: bool,
    /// Whether the caller dropped the call, which then said no more than whether something may be stored.
    pub dropped: bool,
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
    /// Whether the server took points of it, by its status and its words alone.
    #[must_use]
    pub fn accepted(&self) -> bool {
        let partly = || self.message.as_ref().is_some_and(|message| message.contains("partial write"));
        self.status.is_some_and(|status| (200..300).contains(&status)) || partly()
    }

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
                for_good: true,
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
                for_good: is_for_good(error.class()),
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
                    DeliveryError::Several(all) => {
                        let old_server = all.errors.iter().any(is_of_old_server_below);
                        (Self { old_server, ..Self::silent(sent) }, all.points)
                    }
                    _ => (Self::silent(sent), Tally::default()),
                };
                let (below, for_good) = (is_below(error), was_settled(error));
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
                let (refused, words) = (Vec::new(), error.to_string());
                Self { class, outcome, tally, exempt, below, for_good, refused, words, ..told }
            }
        };
        Self { requests, shared: true, ..said }
    }

    /// A call whose future was dropped, and which may have stored something, or has not.
    #[must_use]
    pub fn dropped(sent: Sent, maybe_stored: bool) -> Self {
        let silent = Self { dropped: true, ..Self::silent(sent) };
        match maybe_stored {
            true => silent,
            false => {
                let tally = Tally { not_stored: sent.points, ..Tally::default() };
                Self { outcome: Outcome::NotStored, tally, ..silent }
            }
        }
    }

    /// A call of which nothing was heard.
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
            below: false,
            for_good: false,
            dropped: false,
            began,
            ended,
            words: String::new(),
        }
    }

    /// The id of the class, or what to say in its place.
    #[must_use]
    pub fn class_text(&self) -> &'static str {
        if self.dropped { "dropped by its caller" } else { self.class.id() }
    }

    /// Whether what it says of its points can be held against the replicas.
    #[must_use]
    pub fn can_be_judged(&self) -> bool {
        !self.exempt && !self.below
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

/// Whether what ended like this is stored, or refused whenever it is sent.
fn is_for_good(class: Class) -> bool {
    match class {
        Class::Ok
        | Class::Rejected
        | Class::Malformed
        | Class::TypeConflict
        | Class::OutsideRetention
        | Class::Limit => true,
        Class::Unreachable
        | Class::Timeout
        | Class::BelowLevel
        | Class::Overloaded
        | Class::NoReplica
        | Class::MetaUnavailable
        | Class::Deferred
        | Class::Auth
        | Class::NotFound
        | Class::Refused
        | Class::LocalIo
        | Class::Journal
        | Class::TooManyRejected => false,
    }
}

/// Whether a background writer may count a batch that ended like this as settled: of several, every one.
fn was_settled(error: &DeliveryError) -> bool {
    match error {
        DeliveryError::Write(error) => is_for_good(error.class()),
        DeliveryError::Several(all) => all_settled(&all.errors),
        // Thrown away on purpose, as was asked for.
        DeliveryError::Dropped => true,
        _ => false,
    }
}

fn all_settled(errors: &[DeliveryError]) -> bool {
    errors.iter().all(was_settled)
}

/// Whether it calls points below their level.
fn is_below(error: &DeliveryError) -> bool {
    match error {
        DeliveryError::Write(error) => error.outcome() == Outcome::BelowLevel || error.tally().below_level > 0,
        DeliveryError::Several(all) => all.errors.iter().any(is_below),
        _ => false,
    }
}

/// Whether it does so by the word of a server that proves nothing by it.
fn is_of_old_server_below(error: &DeliveryError) -> bool {
    let version = error.write_error().and_then(WriteError::server_version);
    is_below(error) && version.is_some_and(ServerVersion::acknowledges_dropped_writes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use futures::FutureExt;
    use futures::future::BoxFuture;
    use influx_client::{Answer, Batch, Client, NoRetry, TransportError};

    use super::*;

    const SENT: Sent =
        Sent { batch: 7, points: 2, idempotent: true, level: ConsistencyLevel::Quorum, began: 0, ended: 100 };

    fn of(error: DeliveryError) -> Claim {
        Claim::of_fate(SENT, &Err(error), Vec::new(), |_| 0)
    }

    /// A cluster that stores everything below its level.
    #[derive(Debug)]
    struct Below;

    impl influx_client::Transport for Below {
        fn send(&self, request: influx_client::Request) -> BoxFuture<'_, Result<Answer, TransportError>> {
            request.sent.add(1);
            let headers = [("x-influxdb-version", "1.8.11-c1.2.0")].into_iter();
            let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            let body = bytes::Bytes::from_static(b"{\"error\":\"partial write\"}\n");
            async move { Ok(Answer { status: 500, headers, body, cut: None }) }.boxed()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_push_below_its_level_is_counted_and_not_judged() {
        let client = Client::builder().endpoint("http://data1:8086").database("lab").transport(Below).retry(NoRetry);
        let client = client.build().unwrap();
        let mut batch = Batch::default();
        batch.point("m").field("f", 1.0).at(1).unwrap();
        batch.point("m").field("f", 2.0).at(2).unwrap();
        let error = client.write(&batch).consistency(ConsistencyLevel::Quorum).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::BelowLevel, "{error}");
        let claim = of(DeliveryError::Write(Arc::new(error)));
        assert_eq!((claim.below, claim.old_server, claim.for_good), (true, false, false));
        assert_eq!((claim.class, claim.outcome, claim.tally.unknown), (Class::BelowLevel, Outcome::Unknown, 2));
        assert!(!claim.can_be_judged() && of(DeliveryError::Lost).can_be_judged());
    }

    #[test]
    fn what_was_thrown_away_is_settled() {
        use DeliveryError::{Dropped, Interrupted, Lost, Spooled, Unsent};
        assert!(of(Dropped).for_good && all_settled(&[Dropped, Dropped]));
        for open in [Unsent, Interrupted, Spooled, Lost] {
            assert!(!of(open.clone()).for_good, "{open}");
            assert!(!all_settled(&[Dropped, open]));
        }
    }

    #[test]
    fn a_dropped_call_has_no_class() {
        let (maybe, never) = (Claim::dropped(SENT, true), Claim::dropped(SENT, false));
        assert_eq!((maybe.outcome, maybe.tally.unknown), (Outcome::Unknown, 2));
        assert_eq!((never.outcome, never.tally.not_stored), (Outcome::NotStored, 2));
        assert_eq!([maybe.class_text(), never.class_text()], ["dropped by its caller"; 2]);
        assert_eq!(Claim::silent(SENT).class_text(), "timeout");
    }
}

//! The client and its settings in use.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::builder::Gzip;
use crate::endpoint::{Endpoints, Sign};
use crate::ping::{self, PingError, Pong};
use crate::query::Query;
use crate::retry::Bucket;
use crate::write::{Bodies, Destination};
use crate::{
    Ack, Balance, Batch, BatchWriterBuilder, ClientBuilder, ConsistencyLevel, Credentials, EndpointStatus, Observer,
    RawRequest, Resolve, RetryPolicy, Settled, Show, Transport, Write, WriteError,
};

/// A client of one InfluxDB 1.x server, or of the coordinators of one cluster.
///
/// Cloning is cheap and shares connections and what is known of the endpoints. Building one does no input or output.
///
/// ```no_run
/// use influx_client::{Batch, Client, ConsistencyLevel};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder()
///     .endpoints(["http://data1:8086", "http://data2:8086"])
///     .database("metrics")
///     .consistency(ConsistencyLevel::Quorum)
///     .build()?;
/// let mut batch = Batch::default();
/// batch.point("cpu").tag("host", "a").field("usage", 1.5).now()?;
/// match client.write(&batch).await {
///     Ok(ack) => println!("{} points stored at {}", ack.points(), ack.level()),
///     Err(error) => println!("{error}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Shared>);

/// What clones of a client share.
pub(crate) struct Shared {
    pub(crate) endpoints: Endpoints,
    /// Whom the client is to each endpoint.
    pub(crate) credentials: Vec<Option<Credentials>>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) database: Option<Box<str>>,
    pub(crate) retention_policy: Option<Box<str>>,
    pub(crate) level: ConsistencyLevel,
    pub(crate) attempt_timeout: Duration,
    /// Bytes a second; 0 for any.
    pub(crate) min_throughput: u64,
    pub(crate) connect_timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) budget: Option<Bucket>,
    pub(crate) balance: Balance,
    pub(crate) gzip: Gzip,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
    pub(crate) answer_limit: usize,
    /// Buffers for the bodies of writes.
    pub(crate) bodies: Bodies,
    /// When this client last created a database or a retention policy.
    pub(crate) created: Mutex<Option<Instant>>,
}

impl Client {
    /// How long the cached metadata of a node may lag behind a `CREATE` (30 ms were seen, cluster 1.8 facts § 6).
    const LAG: Duration = Duration::from_secs(2);

    /// Settings of a new client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Writes a batch: `.await` what this returns.
    ///
    /// Points that the server refuses are told apart from the others, and the others are sent again until they are
    /// acknowledged or fail otherwise, if every point carries a timestamp. An empty batch is acknowledged without a
    /// request.
    ///
    /// Sending points again is safe as long as nobody else writes another value to the same series, field and time
    /// meanwhile: of two values for one of them, the one that arrives last stays.
    pub fn write<'a>(&'a self, batch: &'a Batch) -> Write<'a> {
        Write::new(self, batch)
    }

    /// Settings of a [`BatchWriter`](crate::BatchWriter), which gathers points and sends them in the background.
    pub fn batch_writer(&self) -> BatchWriterBuilder {
        BatchWriterBuilder::new(self)
    }

    /// Asks one InfluxQL statement, or several: `.await` what this returns.
    pub fn query<'a>(&'a self, statement: &'a str) -> Query<'a> {
        Query::new(self, statement)
    }

    /// A request to one of the endpoints as it is, with a path below theirs such as `query`.
    pub fn request<'a>(&'a self, method: http::Method, path: &'a str) -> RawRequest<'a> {
        RawRequest::new(self, method, path)
    }

    /// What the servers tell of themselves, their cluster and their databases, as types.
    #[must_use]
    pub const fn show(&self) -> Show<'_> {
        Show::new(self)
    }

    /// Reads a batch back whose write failed, to know what became of each of its points: `.await` what this returns.
    ///
    /// Needed where the outcome is open ([`Outcome::Unknown`](crate::Outcome::Unknown)), or where the points that are still
    /// missing should be known. It looks where the write went.
    pub fn resolve<'a>(&'a self, batch: &'a Batch, error: &WriteError) -> Resolve<'a> {
        let refused = error.refusals().iter().filter_map(|refusal| refusal.line).collect();
        Resolve::new(self, batch, refused, None, error.destination())
    }

    /// Reads an acknowledged batch back: `.await` what this returns.
    ///
    /// Needed where the acknowledgement is not to be trusted ([`Ack::caveat`]): versions 0.9 and 0.10 acknowledge points of
    /// a new shard group that their replicas drop. [`Resolution::bears_out`](crate::Resolution::bears_out) compares what the
    /// replicas have with [`Ack::level`]. It looks where the write went.
    pub fn confirm<'a>(&'a self, batch: &'a Batch, ack: &Ack) -> Resolve<'a> {
        Resolve::new(self, batch, Vec::new(), Some(ack.level()), ack.destination())
    }

    /// Reads a batch back of whose write nothing is known, such as one that another program wrote: `.await` what this returns.
    pub fn look_for<'a>(&'a self, batch: &'a Batch) -> Resolve<'a> {
        Resolve::new(self, batch, Vec::new(), None, &Destination::none())
    }

    /// Asks every data node whether anything waits in its queues of hinted handoff: `.await` what this returns.
    pub fn cluster_settled(&self) -> Settled<'_> {
        Settled::new(self)
    }

    /// Asks every endpoint whether it is there, all at once.
    ///
    /// A server answers this without its meta nodes and its peers, so that an answer proves no more than that it
    /// listens.
    pub async fn ping(&self) -> Vec<Pong> {
        ping::all(&self.0).await
    }

    /// How each endpoint stands at this moment.
    #[must_use]
    pub fn endpoints(&self) -> Vec<EndpointStatus> {
        self.0.endpoints.status()
    }

    /// How many tokens the [`RetryBudget`](crate::RetryBudget) has left; `None` where the client has none.
    #[must_use]
    pub fn retry_tokens(&self) -> Option<u32> {
        self.0.budget.as_ref().map(Bucket::tokens)
    }

    /// Starts a probe of each endpoint that failed and is due for one. Probes run beside the call, so that a hung
    /// endpoint costs nobody time.
    pub(crate) fn probe_what_failed(&self) {
        // The clock of the runtime, as the deadlines of calls go by: a program that simulates it has its probes too.
        let now = || tokio::time::Instant::now().into_std();
        for index in self.0.endpoints.take_probes(now()) {
            let client = Arc::clone(&self.0);
            tokio::spawn(async move {
                let sign = match ping::one(&client, index).await.result {
                    // A server that asks for credentials first is there as well; a gateway's complaint is not it.
                    Err(PingError::Status { status: 502..=504 } | PingError::Transport(_)) => Sign::Failed,
                    Ok(_) | Err(PingError::Status { .. }) => Sign::Answered,
                };
                client.endpoints.learn(index, sign, now());
            });
        }
    }
}

impl Shared {
    /// The time of an attempt that sends so many bytes.
    pub(crate) fn attempt_time(&self, bytes: usize) -> Duration {
        let for_body = (bytes as u64).saturating_mul(1000).checked_div(self.min_throughput).unwrap_or(0);
        self.attempt_timeout.saturating_add(Duration::from_millis(for_body))
    }

    pub(crate) fn credentials(&self, endpoint: usize) -> Option<&Credentials> {
        self.credentials[endpoint].as_ref()
    }

    pub(crate) fn has_just_created(&self) -> bool {
        let created = *self.created.lock().unwrap_or_else(PoisonError::into_inner);
        created.is_some_and(|at| at.elapsed() < Client::LAG)
    }

    pub(crate) fn note_creation(&self) {
        *self.created.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoints", &self.endpoints())
            .field("database", &self.0.database)
            .field("retention_policy", &self.0.retention_policy)
            .field("level", &self.0.level)
            .field("attempt_timeout", &self.0.attempt_timeout)
            .field("deadline", &self.0.deadline)
            .field("retry", &self.0.retry)
            .field("retry_tokens", &self.retry_tokens())
            .field("balance", &self.0.balance)
            .finish_non_exhaustive()
    }
}

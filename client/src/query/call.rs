//! A query before it is sent.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::form_urlencoded::Serializer;

use super::answer::QueryResponse;
use super::error::QueryError;
use super::exchange::Call;
use super::quote::without_texts;
use super::statement::{Effect, effect};
use super::stream::{ChunkStream, RowStream};
use crate::client::Shared;
use crate::{Client, Precision};

/// Longer queries are sent in the body of a POST, because servers and proxies limit the length of an address.
const LONGEST_IN_ADDRESS: usize = 4096;

/// A query that is about to be made: choose what differs from the client's settings, then `.await` it.
///
/// What only reads goes out as GET, on any endpoint and, if that one cannot be reached, on the others. What changes
/// something goes out as POST, once. (Version 0.10 takes only GET; its refusal of a POST is answered with a GET.)
///
/// # Errors
/// [`QueryError`] if the query as a whole failed. The error of a single statement stands in its result: see
/// [`QueryResponse::checked`].
///
/// # Cancellation
/// Dropping the future gives up waiting; a statement that changes something may still be carried out.
#[must_use = "a query does nothing until it is awaited"]
pub struct Query<'a> {
    client: &'a Client,
    statement: &'a str,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    post: Option<bool>,
    epoch: Option<Precision>,
    chunked: Option<usize>,
    params: Map<String, Value>,
    deadline: Option<Duration>,
    hedge: Option<Duration>,
}

/// A statement may set a password, and a bound value may be one.
impl fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("statement", &without_texts(self.statement))
            .field("database", &self.database)
            .field("retention_policy", &self.retention_policy)
            .field("bound", &self.params.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<'a> Query<'a> {
    pub(crate) fn new(client: &'a Client, statement: &'a str) -> Self {
        Self {
            client,
            statement,
            database: None,
            retention_policy: None,
            post: None,
            epoch: None,
            chunked: None,
            params: Map::new(),
            deadline: None,
            hedge: None,
        }
    }

    /// The database that the statement is about.
    pub fn database(mut self, name: impl Into<Box<str>>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// The retention policy that unqualified measurements are looked for in.
    pub fn retention_policy(mut self, name: impl Into<Box<str>>) -> Self {
        self.retention_policy = Some(name.into());
        self
    }

    /// Sends the query as POST, whatever it does.
    pub const fn post(mut self) -> Self {
        self.post = Some(true);
        self
    }

    /// Sends the query as GET, whatever it does.
    pub const fn get(mut self) -> Self {
        self.post = Some(false);
        self
    }

    /// Times come as integers in this precision; without it, as RFC 3339 text.
    pub const fn epoch(mut self, precision: Precision) -> Self {
        self.epoch = Some(precision);
        self
    }

    /// Asks for the rows in chunks of this many. Awaiting the query joins them again; what is gained is that a server tells
    /// errors which come after the first rows, and that its limit on rows does not count. [`Query::stream`] gives them
    /// as they arrive.
    pub const fn chunked(mut self, rows: usize) -> Self {
        self.chunked = Some(rows);
        self
    }

    /// A value for `$name` in the statement. Servers since 1.0 know this.
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// Asks a second endpoint as well if the first has not answered after this time, and takes the first complete answer;
    /// the other request is cancelled.
    ///
    /// Only what merely reads is asked twice, at most once a query, and only while the client's
    /// [`RetryBudget`](crate::RetryBudget) lasts. It has no effect on streams, and with a single endpoint.
    pub const fn hedge(mut self, after: Duration) -> Self {
        self.hedge = Some(after);
        self
    }

    /// The time for the whole call; for a stream, the longest wait for its next piece. Default: that of the client.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Asks, and reads every row as `T`, with times in nanoseconds: see [`QueryResponse::rows`].
    ///
    /// ```no_run
    /// use influx_client::{Client, Timestamp};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Cpu {
    ///     time: Timestamp,
    ///     host: String,
    ///     usage: Option<f64>,
    /// }
    ///
    /// # async fn example(client: Client) -> Result<(), influx_client::QueryError> {
    /// let statement = "SELECT usage FROM cpu WHERE dc = $dc GROUP BY host";
    /// for row in client.query(statement).bind("dc", "east").rows::<Cpu>().await? {
    ///     println!("{:?} {}: {:?}", row.time, row.host, row.usage);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`QueryError`] if the query or one of its statements failed, if the server left rows out, or if a row does not fit.
    ///
    /// # Cancellation
    /// As [`Query`].
    pub async fn rows<T: DeserializeOwned>(self) -> Result<Vec<T>, QueryError> {
        self.epoch(Precision::Nanoseconds).await?.rows()
    }

    /// Asks, and gives the answer chunk by chunk while it arrives; without [`Query::chunked`], in chunks of 10,000 rows.
    ///
    /// No more than one chunk is kept in memory, and [`ClientBuilder::answer_limit`](crate::ClientBuilder::answer_limit)
    /// is the limit for one. A server tells the error of a statement after its first rows as well: it is an item of the
    /// stream, and chunks of later statements may follow it. An answer that is cut ends with an error, never silently.
    ///
    /// # Errors
    /// Items are [`QueryError`] where a statement or the whole query failed; after the latter the stream ends.
    ///
    /// # Cancellation
    /// Nothing is sent before the first poll. Dropping the stream ends the request.
    pub fn stream(self) -> ChunkStream<'a> {
        let this = if self.chunked.is_some() { self } else { self.chunked(10_000) };
        let (call, post) = this.call();
        ChunkStream::new(call, post)
    }

    /// Asks, and gives each row as `T` while the answer arrives, with times in nanoseconds.
    ///
    /// ```no_run
    /// use futures::TryStreamExt as _;
    /// use influx_client::{Client, QueryError, Timestamp};
    ///
    /// # async fn example(client: Client) -> Result<(), QueryError> {
    /// let mut rows = client.query("SELECT usage FROM cpu").rows_stream::<(Timestamp, f64)>();
    /// while let Some((time, usage)) = rows.try_next().await? {
    ///     println!("{time:?} {usage}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Query::stream`]; and an item where a row does not fit, after which others follow.
    ///
    /// # Cancellation
    /// As [`Query::stream`].
    pub fn rows_stream<T: DeserializeOwned + Send + 'a>(self) -> RowStream<'a, T> {
        let this = self.epoch(Precision::Nanoseconds);
        let this = if this.chunked.is_some() { this } else { this.chunked(10_000) };
        let (call, post) = this.call();
        RowStream::new(call, post)
    }

    /// The call, and whether it goes out as POST.
    fn call(self) -> (Call<'a>, bool) {
        let client = self.client.shared();
        let effect: Effect = effect(self.statement);
        let parameters = self.parameters(client);
        let post = self.post.unwrap_or(!effect.reads || parameters.len() > LONGEST_IN_ADDRESS);
        let deadline = self.deadline.unwrap_or(client.deadline);
        let hedge = self.hedge.filter(|_| effect.reads);
        self.client.probe_what_failed();
        (Call::new(client, parameters, deadline, effect, self.chunked.is_some(), hedge), post)
    }

    fn parameters(&self, client: &Shared) -> String {
        let mut pairs = Serializer::new(String::new());
        pairs.append_pair("q", self.statement);
        if let Some(database) = self.database.as_ref().or(client.database.as_ref()) {
            pairs.append_pair("db", database);
        }
        if let Some(policy) = &self.retention_policy {
            pairs.append_pair("rp", policy);
        }
        if let Some(precision) = self.epoch {
            pairs.append_pair("epoch", precision.as_str());
        }
        if let Some(rows) = self.chunked {
            pairs.append_pair("chunked", "true").append_pair("chunk_size", &rows.to_string());
        }
        if !self.params.is_empty() {
            pairs.append_pair("params", &Value::Object(self.params.clone()).to_string());
        }
        pairs.finish()
    }
}

impl<'a> IntoFuture for Query<'a> {
    type Output = Result<QueryResponse, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let (call, post) = self.call();
            call.run(post).await
        }
        .boxed()
    }
}

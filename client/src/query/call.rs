//! Sending a query and reading its answer.

use std::future::IntoFuture;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::{Map, Value};
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

use super::answer::{Body, QueryResponse, read};
use super::error::{QueryError, QueryErrorKind};
use super::statement::effect;
use crate::client::Shared;
use crate::endpoint::{Pick, Sign};
use crate::transport::{Answer, Cut, Request};
use crate::{Client, Precision, Reply, ServerVersion, TransportError};

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
#[derive(Debug)]
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

    /// Asks for the rows in chunks of this many. They are joined again; what is gained is that a server tells errors
    /// which come after the first rows.
    pub const fn chunked(mut self, rows: usize) -> Self {
        self.chunked = Some(rows);
        self
    }

    /// A value for `$name` in the statement. Servers since 1.0 know this.
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// The time for the whole call. Default: that of the client.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
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
            let client = self.client.shared();
            let effect = effect(self.statement);
            let parameters = self.parameters(client);
            let long = parameters.len() > LONGEST_IN_ADDRESS;
            let call = Call {
                client,
                parameters,
                begun: Instant::now(),
                deadline: self.deadline.unwrap_or(client.deadline),
                reads: effect.reads,
            };
            self.client.probe_what_failed();
            let response = call.run(self.post.unwrap_or(!effect.reads || long)).await?;
            if effect.creates && response.first_error().is_none() {
                client.note_creation();
            }
            Ok(response)
        }
        .boxed()
    }
}

struct Call<'a> {
    client: &'a Shared,
    parameters: String,
    begun: Instant,
    deadline: Duration,
    reads: bool,
}

impl Call<'_> {
    async fn run(&self, mut post: bool) -> Result<QueryResponse, QueryError> {
        let endpoints = &self.client.endpoints;
        let mut avoid = None;
        let mut left = endpoints.len();
        loop {
            let pick = endpoints.pick(avoid, fastrand::u64(..));
            let sent = self.client.transport.send(self.request(&pick, post)).await;
            let failed = matches!(&sent, Err(_) | Ok(Answer { cut: Some(Cut::Lost(_)), .. }));
            let sign = if failed { Sign::Failed } else { Sign::Answered };
            endpoints.learn(pick.index, sign, std::time::Instant::now());
            match sent {
                Err(error) => {
                    left -= 1;
                    let harmless = self.reads && !error.is_time_out() || error.is_unconnected();
                    if left == 0 || !harmless || self.begun.elapsed() >= self.deadline {
                        return Err(no_answer(error, &pick));
                    }
                    avoid = Some(pick.index);
                }
                // The handler of 0.10 never ran for a POST.
                Ok(answer) if answer.status == 405 && post => post = false,
                Ok(answer) => return self.read(answer, &pick),
            }
        }
    }

    fn request(&self, pick: &Pick, post: bool) -> Request {
        let mut url = pick.endpoint.join("query");
        let time = self.deadline.saturating_sub(self.begun.elapsed());
        let mut request = if post {
            let mut request = Request::new(Method::POST, url, time);
            request.body = self.parameters.clone().into();
            let form = HeaderValue::from_static("application/x-www-form-urlencoded");
            request.headers.insert(CONTENT_TYPE, form);
            request
        } else {
            url.set_query(Some(&self.parameters));
            Request::new(Method::GET, url, time)
        };
        if let Some(credentials) = self.client.credentials(pick.index) {
            request.headers.insert(AUTHORIZATION, credentials.value().clone());
        }
        request.answer_limit = self.client.answer_limit;
        request
    }

    fn read(&self, answer: Answer, pick: &Pick) -> Result<QueryResponse, QueryError> {
        let status = answer.status;
        let fail = |kind| Err(QueryError::new(kind, Some(pick.endpoint.clone()), None));
        let unexpected = |reason: &str| fail(QueryErrorKind::Unexpected { status, reason: reason.into() });
        if answer.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
            return unexpected("the answer is encoded, which was not asked for");
        }
        match &answer.cut {
            Some(Cut::Lost(error)) => return Err(no_answer(error.clone(), pick)),
            Some(Cut::TooLarge) => {
                return fail(QueryErrorKind::AnswerTooLarge { limit: self.client.answer_limit });
            }
            None => {}
        }
        let results = match (status, read(&answer.body)) {
            (200, Ok(Body::Results(results))) => results,
            (200, Ok(Body::Error(message))) => {
                return fail(QueryErrorKind::Refused { status, message: message.into() });
            }
            (200, Err(fault)) if fault.is_eof() => {
                let reason = "the answer ends in the middle".into();
                return fail(QueryErrorKind::NoAnswer { reason });
            }
            (200, Err(fault)) => return unexpected(&fault.to_string()),
            _ => {
                let message = crate::error::message(&Reply::new(status, &answer.body));
                return fail(QueryErrorKind::Refused { status, message });
            }
        };
        Ok(QueryResponse {
            results,
            endpoint: pick.endpoint.clone(),
            server_version: answer
                .header("x-influxdb-version")
                .and_then(|version| ServerVersion::read(version, answer.header("x-influxdb-build"))),
            request_id: answer.request_id(),
        })
    }
}

fn no_answer(error: TransportError, pick: &Pick) -> QueryError {
    let reason = error.reason().into();
    let kind = if error.is_unconnected() {
        QueryErrorKind::Unreachable { reason }
    } else {
        QueryErrorKind::NoAnswer { reason }
    };
    QueryError::new(kind, Some(pick.endpoint.clone()), Some(error))
}

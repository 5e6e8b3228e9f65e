//! One HTTP request as its caller made it.

use std::fmt;
use std::io::Write as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue, Method};

use crate::client::Shared;
use crate::endpoint::{Pick, Sign};
use crate::transport::{Answer, Cut, OpenAnswer, Request};
use crate::{Client, Endpoint, Gzip, TransportError};

/// A request that goes out as it is, to one of the client's endpoints and with its credentials: for what this crate has no
/// call of its own for, such as answers in another format. What comes back is not looked into.
#[must_use = "nothing is sent before `send` or `open`"]
pub struct RawRequest<'a> {
    client: &'a Client,
    method: Method,
    path: &'a str,
    query: Option<&'a str>,
    headers: HeaderMap,
    body: Bytes,
    gzip: Gzip,
    endpoint: Option<usize>,
    repeats: bool,
    time: Option<Duration>,
    answer_limit: Option<usize>,
}

/// Queries and bodies may hold passwords.
impl fmt::Debug for RawRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

/// What became of a [`RawRequest`].
#[derive(Debug)]
#[non_exhaustive]
pub struct RawExchange<A> {
    /// Who was asked last.
    pub endpoint: Endpoint,
    /// Its place among the client's endpoints.
    pub index: usize,
    /// How many bytes of the body were taken to be sent.
    pub sent: u64,
    /// The answer, or why there is none.
    pub result: Result<A, TransportError>,
}

impl<'a> RawRequest<'a> {
    pub(crate) fn new(client: &'a Client, method: Method, path: &'a str) -> Self {
        Self {
            client,
            method,
            path,
            query: None,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            gzip: Gzip::Off,
            endpoint: None,
            repeats: false,
            time: None,
            answer_limit: None,
        }
    }

    /// What stands behind the question mark of the address, ready encoded.
    pub const fn query(mut self, query: &'a str) -> Self {
        self.query = Some(query);
        self
    }

    /// The headers. `Authorization` among them takes the place of the client's credentials.
    pub fn headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// The body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Whether the body is compressed, with the header that says so. Off unless set.
    pub const fn gzip(mut self, gzip: Gzip) -> Self {
        self.gzip = gzip;
        self
    }

    /// The endpoint to ask, by its place among the client's; the least busy one that works unless set.
    pub const fn endpoint(mut self, index: usize) -> Self {
        self.endpoint = Some(index);
        self
    }

    /// Asks the other endpoints too where one could not be connected; and, for GET and HEAD, where it gave no answer other than
    /// for lack of time. Off unless set, and with a single endpoint to ask.
    pub const fn repeat(mut self, repeats: bool) -> Self {
        self.repeats = repeats;
        self
    }

    /// The time of the exchange; for [`RawRequest::open`] that of each wait. The client's deadline unless set.
    pub const fn time(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    /// How much is read of an answer, in bytes. The client's limit unless set.
    pub const fn answer_limit(mut self, bytes: usize) -> Self {
        self.answer_limit = Some(bytes);
        self
    }

    /// Sends the request and reads the whole answer.
    ///
    /// # Cancellation
    /// Dropping the future gives up waiting; the server may still carry the request out.
    pub async fn send(self) -> RawExchange<Answer> {
        let transport = &self.client.shared().transport;
        let lost = |answer: &Answer| matches!(answer.cut, Some(Cut::Lost(_)));
        self.exchange(|request| transport.send(request), lost).await
    }

    /// Sends the request and returns with the head of the answer; its body is read as it arrives.
    ///
    /// # Cancellation
    /// As [`RawRequest::send`]; dropping the body ends the exchange.
    pub async fn open(self) -> RawExchange<OpenAnswer> {
        let transport = &self.client.shared().transport;
        self.exchange(|request| transport.open(request), |_| false).await
    }

    async fn exchange<A, F>(&self, send: impl Fn(Request) -> F, is_lost: impl Fn(&A) -> bool) -> RawExchange<A>
    where
        F: Future<Output = Result<A, TransportError>>,
    {
        let client = self.client.shared();
        self.client.probe_what_failed();
        let begun = Instant::now();
        let time = self.time.unwrap_or(client.deadline);
        let (body, compressed) = self.encoded();
        let mut left = if self.repeats && self.endpoint.is_none() { client.endpoints.len() } else { 1 };
        let mut avoid = None;
        loop {
            left -= 1;
            let pick = match self.endpoint.filter(|index| *index < client.endpoints.len()) {
                Some(index) => client.endpoints.begin(index),
                None => client.endpoints.pick(avoid, fastrand::u64(..)),
            };
            let request = self.request(client, &pick, body.clone(), compressed, time.saturating_sub(begun.elapsed()));
            let sent = request.sent.clone();
            let result = send(request).await;
            let failed = result.as_ref().map_or(true, &is_lost);
            let sign = if failed { Sign::Failed } else { Sign::Answered };
            client.endpoints.learn(pick.index, sign, Instant::now());
            match &result {
                Err(error) if left > 0 && self.may_repeat(error) && begun.elapsed() < time => avoid = Some(pick.index),
                Ok(_) | Err(_) => {
                    let (endpoint, index) = (pick.endpoint.clone(), pick.index);
                    let sent = if result.is_err() { sent.seal() } else { sent.bytes() };
                    return RawExchange { endpoint, index, sent, result };
                }
            }
        }
    }

    fn may_repeat(&self, error: &TransportError) -> bool {
        let reads = self.method == Method::GET || self.method == Method::HEAD;
        error.is_unconnected() || (reads && !error.is_time_out())
    }

    /// The body as it is sent, and whether that is compressed.
    fn encoded(&self) -> (Bytes, bool) {
        let level = self.gzip.level_for(self.body.len());
        if level == 0 || self.body.is_empty() {
            return (self.body.clone(), false);
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
        // A vector takes any number of bytes; if it did not, the plain body would say the same.
        match encoder.write_all(&self.body).and_then(|()| encoder.finish()) {
            Ok(bytes) => (bytes.into(), true),
            Err(_) => (self.body.clone(), false),
        }
    }

    fn request(&self, client: &Shared, pick: &Pick, body: Bytes, compressed: bool, time: Duration) -> Request {
        let mut url = pick.endpoint.join(self.path);
        url.set_query(self.query);
        let mut request = Request::new(self.method.clone(), url, time);
        request.headers = self.headers.clone();
        if compressed {
            request.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if !request.headers.contains_key(AUTHORIZATION)
            && let Some(credentials) = client.credentials(pick.index)
        {
            request.headers.insert(AUTHORIZATION, credentials.value().clone());
        }
        request.body = body;
        request.answer_limit = self.answer_limit.unwrap_or(client.answer_limit);
        request
    }
}

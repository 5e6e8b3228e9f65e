//! One request of a write: from bytes to a verdict.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method};

use super::bodies::Bodies;
use super::destination::Destination;
use crate::client::Shared;
use crate::endpoint::Pick;
use crate::transport::{Answer, Cut, Request, Sent};
use crate::{
    ConsistencyLevel, Context, ErrorKind, NoReply, Precision, Reply, TransportError, Verdict, classify,
    classify_no_reply,
};

/// Where the points go.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) database: Box<str>,
    pub(super) retention_policy: Option<Box<str>>,
    pub(super) level: ConsistencyLevel,
    pub(super) precision: Precision,
}

impl Target {
    /// Where that was, for reading the points back.
    pub(super) fn into_destination(self) -> Destination {
        Destination { database: Some(self.database), retention_policy: self.retention_policy }
    }
}

/// What is sent.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    bytes: Bytes,
    compressed: bool,
}

impl Payload {
    /// Compresses with level 1 to 9; 0 leaves the bytes as they are.
    pub(super) fn new(bodies: &Bodies, compression: u32, write_lines: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut lines = bodies.take();
        write_lines(&mut lines);
        if compression == 0 {
            return Self { bytes: bodies.lend(lines), compressed: false };
        }
        let mut encoder = flate2::write::GzEncoder::new(bodies.take(), flate2::Compression::new(compression));
        let done = encoder.write_all(&lines).and_then(|()| encoder.finish());
        // A vector takes any number of bytes; if it did not, the plain lines would say the same.
        match done {
            Ok(bytes) => {
                bodies.put(lines);
                Self { bytes: bodies.lend(bytes), compressed: true }
            }
            Err(_) => Self { bytes: bodies.lend(lines), compressed: false },
        }
    }

    /// How many bytes go over the wire.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) verdict: Verdict,
    pub(super) status: Option<u16>,
    pub(super) request_id: Option<Box<str>>,
    pub(super) sent: u64,
    pub(super) source: Option<TransportError>,
}

/// The time that a request may take, and whose limit it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) time: Duration,
    /// The deadline of the whole call, where it ends before the time of one attempt.
    pub(super) deadline: Option<Duration>,
}

impl Limit {
    fn no_reply(&self, error: &TransportError) -> NoReply {
        match (error.is_time_out(), self.deadline) {
            (true, Some(after)) => NoReply::Deadline { after },
            (true, None) => NoReply::TimedOut { after: self.time },
            (false, _) => NoReply::Lost { reason: error.reason().into() },
        }
    }
}

/// Sends a payload once.
pub(super) async fn send(
    client: &Shared,
    pick: &Pick,
    target: &Target,
    payload: &Payload,
    limit: Limit,
    context: &Context,
    sent: Sent,
) -> Exchange {
    let mut url = pick.endpoint.join("write");
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("db", &target.database);
        if let Some(policy) = &target.retention_policy {
            query.append_pair("rp", policy);
        }
        query.append_pair("precision", target.precision.as_str());
        query.append_pair("consistency", target.level.as_str());
    }
    let mut request = Request::new(Method::POST, url, limit.time);
    request.body = payload.bytes.clone();
    let headers = &mut request.headers;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if payload.compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Some(credentials) = client.credentials(pick.index) {
        headers.insert(AUTHORIZATION, credentials.value().clone());
    }
    request.sent = sent.clone();
    match client.transport.send(request).await {
        Ok(answer) => read(answer, sent.bytes(), limit, context),
        Err(error) => {
            let sent = sent.seal();
            let verdict = classify_no_reply(&limit.no_reply(&error), sent, context);
            Exchange { verdict, status: None, request_id: None, sent, source: Some(error) }
        }
    }
}

fn read(answer: Answer, sent: u64, limit: Limit, context: &Context) -> Exchange {
    // No encoding was asked for. What cannot be read may be anything, so it is taken for an answer that was cut.
    let encoded = answer.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
    let mut reply =
        if encoded { Reply::new(answer.status, b"").cut() } else { Reply::new(answer.status, &answer.body) };
    if let Some(error) = answer.headers.get("x-influxdb-error") {
        reply = reply.error_header(error.as_bytes());
    }
    if let Some(version) = answer.header("x-influxdb-version") {
        reply = reply.version(version, answer.header("x-influxdb-build"));
    }
    if let Some(after) = answer.header("retry-after") {
        reply = reply.retry_after(after, answer.header("date"));
    }
    if answer.cut.is_some() {
        reply = reply.cut();
    }
    let mut verdict = classify(&reply, context);
    let source = match &answer.cut {
        Some(Cut::Lost(error)) => Some(error.clone()),
        Some(Cut::TooLarge) | None => None,
    };
    // What there is of the answer says nothing, so it is as good as none.
    if let (Some(error), Some(ErrorKind::UnexpectedResponse { .. })) = (&source, verdict.kind()) {
        let lost = classify_no_reply(&limit.no_reply(error), sent, context);
        verdict = Verdict { message: verdict.message, server_version: verdict.server_version, ..lost };
    }
    Exchange { verdict, status: Some(answer.status), request_id: answer.request_id(), sent, source }
}

//! One HTTP request over a connection of its own.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;

use crate::go::{dial_error, io_error};
use crate::net::{Network, Stream};

/// Longest answer accepted.
const LONGEST_ANSWER: usize = 256 << 20;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    /// Whether it is the leader that answered, as far as it says so.
    pub(super) from_leader: bool,
    pub(super) body: Bytes,
}

/// The header by which the leader says that it is one.
pub(super) const FROM_LEADER: header::HeaderName = header::HeaderName::from_static("x-mock-from-leader");

/// Sends one request to `host:port` and reads the whole answer.
///
/// There is a limit on connecting and none on the answer, as on the real servers: a frozen node is waited for. A
/// connection serves one request, so that what a test does to a connection meets one request only.
///
/// # Errors
/// The text that Go's client gives for what went wrong.
pub(super) async fn request(
    network: &Network,
    address: &str,
    method: Method,
    path: &str,
    body: Vec<u8>,
    dial_limit: Duration,
) -> Result<Answer, String> {
    let stream = network.connect(address, dial_limit).await.map_err(|error| dial_error(address, &error))?;
    let local = stream.local_addr().map_or_else(|_| "?".to_owned(), |local| local.to_string());
    exchange(stream, address, method, path, body).await.map_err(|failure| match failure {
        Failure::Io(error) => io_error("read", &local, address, &error),
        Failure::Http(text) => text,
    })
}

#[derive(Debug)]
enum Failure {
    Io(io::Error),
    Http(String),
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return Self::Io(io::ErrorKind::UnexpectedEof.into());
        }
        let cause = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
        match cause {
            Some(cause) => Self::Io(cause.kind().into()),
            None => Self::Http(error.to_string()),
        }
    }
}

async fn exchange(stream: Stream, address: &str, method: Method, path: &str, body: Vec<u8>) -> Result<Answer, Failure> {
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .title_case_headers(true)
        .handshake::<_, Full<Bytes>>(TokioIo::new(stream))
        .await?;
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, address)
        .header(header::CONNECTION, "close")
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| Failure::Http(error.to_string()))?;
    let talk = async {
        let response: Response<_> = sender.send_request(request).await?;
        let status = response.status();
        let location = response.headers().get(header::LOCATION);
        let location = location.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let from_leader = response.headers().contains_key(FROM_LEADER);
        let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
        let body = body.map_err(|error| match error.downcast::<hyper::Error>() {
            Ok(error) => Failure::from(*error),
            Err(error) => Failure::Http(error.to_string()),
        })?;
        Ok(Answer { status, location, from_leader, body: body.to_bytes() })
    };
    // Both on this task, so that dropping the future closes the connection.
    tokio::pin!(talk, connection);
    tokio::select! {
        biased;
        answer = &mut talk => answer,
        ended = &mut connection => match ended {
            // The answer may already be here in full.
            Ok(()) => talk.await,
            Err(error) => talk.await.map_err(|_| Failure::from(error)),
        },
    }
}

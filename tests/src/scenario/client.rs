//! One request, sent exactly as written, and what came of it.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::stream;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request with everything filled in.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the node it goes to.
    pub node: String,
    /// The method.
    pub method: Method,
    /// Path and query, as they stand in the request line.
    pub target: Uri,
    /// Headers besides `Host` and what the body needs.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Bytes,
    /// Send the body in chunks, without saying how long it is.
    pub chunked: bool,
    /// How long the whole exchange may take.
    pub limit: Duration,
}

/// An answer, complete.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, without the framing of chunks.
    pub body: Bytes,
}

/// Why there was no complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientError {
    /// What a scenario calls it.
    pub kind: ClientErrorKind,
    /// What the library or the system said.
    pub why: String,
}

/// Ways of getting no complete answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientErrorKind {
    /// Nobody listens.
    Refused,
    /// The limit passed.
    Timeout,
    /// The connection ended first, or what came was no HTTP.
    Disconnect,
}

impl ClientErrorKind {
    /// As the files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Disconnect => "disconnect",
        }
    }
}

/// What came of a request.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// From before connecting to the last byte of the answer.
    pub took: Duration,
    /// The answer, or why there is none.
    pub result: Result<Answer, ClientError>,
}

/// Sends requests, each on a connection of its own: what a node keeps for a connection cannot leak into the next step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client;

/// A chunk of a chunked body.
const CHUNK: usize = 4096;

impl Client {
    /// Sends a request to `host:port`.
    ///
    /// # Cancellation
    /// Dropping the future closes the connection.
    pub async fn send(self, address: &str, request: &Request) -> Exchange {
        let start = Instant::now();
        let result = match tokio::time::timeout(request.limit, exchange(address, request)).await {
            Ok(result) => result,
            Err(_) => Err(ClientError {
                kind: ClientErrorKind::Timeout,
                why: format!("no complete answer in {:?}", request.limit),
            }),
        };
        Exchange { took: start.elapsed(), result }
    }
}

async fn exchange(address: &str, request: &Request) -> Result<Answer, ClientError> {
    let tcp = TcpStream::connect(address).await.map_err(|error| {
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        let kind = if refused { ClientErrorKind::Refused } else { ClientErrorKind::Disconnect };
        ClientError { kind, why: error.to_string() }
    })?;
    // The last small piece of a body would wait for an acknowledgement otherwise, and the latency be wrong.
    tcp.set_nodelay(true).map_err(disconnected)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await.map_err(disconnected)?;
    let mut outgoing = http::Request::builder().method(request.method.clone()).uri(request.target.clone());
    outgoing = outgoing.header(HOST, address);
    for (name, value) in &request.headers {
        outgoing = outgoing.header(name, value);
    }
    let outgoing = outgoing.body(body(request)).map_err(disconnected)?;
    let answer = async {
        let (head, body) = sender.send_request(outgoing).await.map_err(disconnected)?.into_parts();
        let body = body.collect().await.map_err(disconnected)?.to_bytes();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    };
    tokio::pin!(answer, connection);
    // Both in this task, so that giving up on the answer closes the connection.
    tokio::select! {
        answer = &mut answer => answer,
        // All that will come has been read; the answer may still be on its way through the library, even where sending
        // the rest of the request failed: a server may answer early and close.
        ended = &mut connection => answer.await.map_err(|vague| ended.err().map_or(vague, disconnected)),
    }
}

fn body(request: &Request) -> BoxBody<Bytes, std::convert::Infallible> {
    if !request.chunked {
        return Full::new(request.body.clone()).boxed();
    }
    let mut rest = request.body.clone();
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        chunks.push(Ok(Frame::data(rest.split_to(rest.len().min(CHUNK)))));
    }
    BodyExt::boxed(StreamBody::new(stream::iter(chunks)))
}

fn disconnected(error: impl std::error::Error) -> ClientError {
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        why = format!("{why}: {error}");
        cause = error.source();
    }
    ClientError { kind: ClientErrorKind::Disconnect, why }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn request(limit: Duration) -> Request {
        Request {
            node: String::new(),
            method: Method::POST,
            target: "/write?db=d".parse().unwrap(),
            headers: vec![("x-request-id".parse().unwrap(), "a b".parse().unwrap())],
            body: "m v=1".into(),
            chunked: false,
            limit,
        }
    }

    /// Takes one request, says what it was, answers with the given bytes; then closes, or holds the connection.
    async fn server(reply: &'static str, hold: bool) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let task = tokio::spawn(async move {
            let (mut tcp, _) = listener.accept().await.unwrap();
            let mut taken = Vec::new();
            while !taken.ends_with(b"m v=1") && !taken.ends_with(b"0\r\n\r\n") {
                assert!(tcp.read_buf(&mut taken).await.unwrap() > 0);
            }
            tcp.write_all(reply.as_bytes()).await.unwrap();
            if hold {
                let _ = tcp.read_buf(&mut taken).await;
            }
            String::from_utf8(taken).unwrap()
        });
        (address, task)
    }

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn the_request_stands_on_the_wire_as_it_was_given() {
        let (address, task) = server("HTTP/1.1 204 No Content\r\nX-A:  b c \r\n\r\n", false).await;
        let exchange = Client.send(&address, &request(LIMIT)).await;
        let answer = exchange.result.unwrap();
        assert_eq!((answer.status, &answer.headers["x-a"]), (204, &HeaderValue::from_static("b c")));
        let sent = task.await.unwrap();
        assert!(sent.starts_with("POST /write?db=d HTTP/1.1\r\n"), "{sent}");
        assert!(sent.contains("x-request-id: a b\r\n") && sent.contains("content-length: 5\r\n"), "{sent}");
    }

    #[tokio::test]
    async fn a_chunked_body_has_no_length() {
        let (address, task) = server("HTTP/1.1 204 No Content\r\n\r\n", false).await;
        let exchange = Client.send(&address, &Request { chunked: true, ..request(LIMIT) }).await;
        assert_eq!(exchange.result.unwrap().status, 204);
        let sent = task.await.unwrap();
        assert!(sent.contains("transfer-encoding: chunked") && !sent.contains("content-length"), "{sent}");
        assert!(sent.ends_with("5\r\nm v=1\r\n0\r\n\r\n"), "{sent}");
    }

    #[tokio::test]
    async fn the_ways_of_getting_no_answer_are_told_apart() {
        async fn kind(reply: &'static str, hold: bool, limit: Duration) -> ClientErrorKind {
            let (address, _task) = server(reply, hold).await;
            Client.send(&address, &request(limit)).await.result.unwrap_err().kind
        }
        let short = Duration::from_millis(200);
        assert_eq!(kind("", false, LIMIT).await, ClientErrorKind::Disconnect);
        assert_eq!(
            kind("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", false, LIMIT).await,
            ClientErrorKind::Disconnect
        );
        assert_eq!(kind("no HTTP at all\r\n\r\n", false, LIMIT).await, ClientErrorKind::Disconnect);
        assert_eq!(
            kind("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", true, short).await,
            ClientErrorKind::Timeout
        );
        // No system gives that port to a program that asks for a free one.
        let refused = Client.send("127.0.0.1:1", &request(LIMIT)).await.result.unwrap_err();
        assert_eq!(refused.kind, ClientErrorKind::Refused);
    }

    #[tokio::test]
    async fn the_time_is_that_of_the_whole_exchange() {
        let (address, _task) = server("", true).await;
        let exchange = Client.send(&address, &request(Duration::from_millis(150))).await;
        assert!(exchange.took >= Duration::from_millis(150) && exchange.took < LIMIT, "{:?}", exchange.took);
    }
}

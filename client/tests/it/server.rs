//! A server of raw sockets: it reads requests as they are and answers bytes as they stand in the test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use influx_client::{Batch, Client, ClientBuilder, NoRetry};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Reads the request, answers these bytes and closes.
    Answer(Vec<u8>),
    /// Reads the request, answers these bytes and keeps the connection for the next request.
    AnswerAndKeep(Vec<u8>),
    /// Reads the request, answers these bytes and then leaves the connection open without a word.
    AnswerAndHang(Vec<u8>),
    /// Reads the request and answers one byte at a time, with this pause.
    Trickle(Vec<u8>, Duration),
    /// Reads the request and repeats these bytes for ever.
    Flood(Vec<u8>),
    /// Reads the request and closes without an answer.
    Close,
    /// Reads the request and resets the connection.
    Reset,
    /// Closes without reading anything.
    CloseAtOnce,
    /// Reads the headers, and resets the connection before the body.
    ResetAfterHeaders,
    /// Answers these bytes after the headers, without reading the body, and closes.
    AnswerEarly(Vec<u8>),
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn body(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Plays the acts in order, one a request; the last one is repeated.
    pub(crate) async fn start(acts: impl IntoIterator<Item = Act>) -> Self {
        Self::listen(TcpListener::bind("127.0.0.1:0").await.unwrap(), acts)
    }

    pub(crate) fn listen(listener: TcpListener, acts: impl IntoIterator<Item = Act>) -> Self {
        let mut acts: Vec<Act> = acts.into_iter().collect();
        acts.reverse();
        let acts = Arc::new(Mutex::new(acts));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let address = listener.local_addr().unwrap();
        let log = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acts, log) = (Arc::clone(&acts), Arc::clone(&log));
                tokio::spawn(async move { serve(stream, &acts, &log).await });
            }
        });
        Self { address, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// A client of this server that makes one attempt.
    pub(crate) fn client(&self) -> Client {
        builder(&self.url()).build().unwrap()
    }
}

pub(crate) fn builder(url: &str) -> ClientBuilder {
    Client::builder().endpoint(url).database("db").attempt_timeout(Duration::from_secs(10)).retry(NoRetry)
}

/// An address where nobody listens, now or later: no system gives that port to a test.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

pub(crate) fn batch(points: i64) -> Batch {
    let mut batch = Batch::default();
    for time in 0..points {
        batch.point("m").tag("t", "a").field("f", time).at(time).unwrap();
    }
    batch
}

/// A reply with this status and a JSON error.
pub(crate) fn error(status: u16, text: &str) -> Act {
    let body = serde_json::json!({ "error": text }).to_string();
    Act::Answer(reply(status, "X-Influxdb-Version: 1.8.11-c1.2.0\r\nX-Influxdb-Build: OSS\r\n", &body))
}

pub(crate) fn stored() -> Act {
    Act::Answer(
        b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.11-c1.2.0\r\nX-Influxdb-Build: OSS\r\nX-Request-Id: abc\r\nConnection: close\r\n\r\n"
            .to_vec(),
    )
}

pub(crate) fn reply(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

async fn serve(mut stream: TcpStream, acts: &Mutex<Vec<Act>>, log: &Mutex<Vec<Seen>>) {
    loop {
        let act = {
            let mut acts = acts.lock().unwrap();
            if acts.len() > 1 { acts.pop() } else { acts.last().cloned() }
        };
        let Some(act) = act else { return };
        if matches!(act, Act::CloseAtOnce) {
            return;
        }
        let early = matches!(act, Act::ResetAfterHeaders | Act::AnswerEarly(_));
        let Some(request) = read_request(&mut stream, !early).await else {
            return;
        };
        log.lock().unwrap().push(request);
        match act {
            Act::Answer(bytes) | Act::AnswerEarly(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Act::AnswerAndKeep(bytes) => {
                let _ = stream.write_all(&bytes).await;
            }
            Act::AnswerAndHang(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest).await;
                return;
            }
            Act::Trickle(bytes, pause) => {
                for byte in bytes {
                    if stream.write_all(&[byte]).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
                return;
            }
            Act::Flood(bytes) => while stream.write_all(&bytes).await.is_ok() {},
            Act::Reset | Act::ResetAfterHeaders => {
                let _ = stream.set_zero_linger();
                return;
            }
            Act::Close | Act::CloseAtOnce => return,
        }
    }
}

async fn read_request(stream: &mut TcpStream, with_body: bool) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut seen = Seen { head, body: bytes[end..].to_vec() };
    let length = seen.header("content-length").map_or(0, |n| n.parse().unwrap());
    while with_body && seen.body.len() < length {
        if stream.read_buf(&mut seen.body).await.ok()? == 0 {
            return None;
        }
    }
    Some(seen)
}

//! A server of a few lines that keeps what it is sent, for tests that must know each request and each answer.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request to /write.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Which it was, from 0.
    pub(crate) number: usize,
    pub(crate) database: String,
    pub(crate) retention_policy: Option<String>,
    pub(crate) lines: Vec<String>,
}

/// What to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// 204.
    Stored,
    /// This status, with this error.
    Error(u16, &'static str),
    /// None, ever.
    Silence,
}

/// A server that stores nothing and forgets nothing.
pub(crate) struct Sink {
    pub(crate) url: String,
    acknowledged: Arc<Mutex<Vec<Request>>>,
    seen: Arc<Mutex<usize>>,
}

impl Sink {
    /// A server that acknowledges everything.
    pub(crate) fn new() -> Self {
        Self::answering(|_| Answer::Stored)
    }

    /// A server that answers each request as it is told to.
    pub(crate) fn answering(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (acknowledged, seen) = (Arc::default(), Arc::default());
        let sink = Self { url, acknowledged: Arc::clone(&acknowledged), seen: Arc::clone(&seen) };
        let answer = Arc::new(answer);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, acknowledged, seen) = (Arc::clone(&answer), Arc::clone(&acknowledged), Arc::clone(&seen));
                std::thread::spawn(move || {
                    let _ = serve(&stream, &*answer, &acknowledged, &seen);
                });
            }
        });
        sink
    }

    /// The requests that were acknowledged.
    pub(crate) fn acknowledged(&self) -> Vec<Request> {
        self.acknowledged.lock().unwrap().clone()
    }

    /// How many requests there were, whatever became of them.
    pub(crate) fn seen(&self) -> usize {
        *self.seen.lock().unwrap()
    }

    /// How often each line was acknowledged.
    pub(crate) fn lines(&self) -> BTreeMap<String, usize> {
        let mut lines = BTreeMap::new();
        for line in self.acknowledged().into_iter().flat_map(|request| request.lines) {
            *lines.entry(line).or_default() += 1;
        }
        lines
    }
}

fn serve(
    stream: &TcpStream,
    answer: &dyn Fn(&Request) -> Answer,
    acknowledged: &Mutex<Vec<Request>>,
    seen: &Mutex<usize>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            (reader.read_line(&mut head).ok()? > 0).then_some(())?;
        }
        let lower = head.to_ascii_lowercase();
        let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or("0");
        let mut body = vec![0; length.trim().parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        let target = head.split(' ').nth(1)?;
        if !target.starts_with("/write") {
            // A statement, which is fine with this server.
            reply(stream, 200, "OK", r#"{"results":[{"statement_id":0}]}"#)?;
            continue;
        }
        let url = url::Url::parse(&format!("http://sink{target}")).ok()?;
        let parameter =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        let number = {
            let mut seen = seen.lock().unwrap();
            *seen += 1;
            *seen - 1
        };
        let request = Request {
            number,
            database: parameter("db")?,
            retention_policy: parameter("rp"),
            lines: String::from_utf8(body).ok()?.lines().map(str::to_owned).collect(),
        };
        match answer(&request) {
            Answer::Stored => {
                // What is on its way counts: the client may read it, or die before.
                acknowledged.lock().unwrap().push(request);
                reply(stream, 204, "No Content", "")?;
            }
            Answer::Error(status, error) => reply(stream, status, "Error", &format!("{{\"error\":\"{error}\"}}"))?,
            Answer::Silence => {
                // Until the client has gone away.
                let _ = reader.read(&mut [0]);
                return None;
            }
        }
    }
}

fn reply(mut stream: &TcpStream, status: u16, reason: &str, body: &str) -> Option<()> {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} {reason}\r\nX-Influxdb-Version: 1.8.10\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).ok()
}

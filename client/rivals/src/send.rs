//! Megabytes a second of line protocol to a sink on the same machine that answers 204, beside bare hyper with the same
//! body.
//!
//! All that a client does runs on one thread, whose processor time is what can be compared on a machine that has other
//! things to do; the wall clock also counts those, and the sink.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use influx_client::{Batch, Client};
use tokio::runtime;

use crate::clock::thread_seconds;
use crate::sample::{Digits, Sample};

const POINTS: usize = 5_000;
const REQUESTS: usize = 240;
const ROUNDS: usize = 9;
const CASES: usize = 4;

/// Prints the table.
pub fn print() {
    let samples: Arc<[Sample]> = Sample::many(POINTS, Digits::Short).into();
    let mut batch = Batch::default();
    let pushed = batch.push_all(&*samples);
    assert!(pushed.refused().is_empty());
    let batch = Arc::new(batch);
    let sink = sink();
    let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    println!(
        "## Sending: {REQUESTS} requests of {POINTS} points, {} bytes; median of {ROUNDS} rounds\n",
        batch.bytes()
    );
    println!("| MB a second | 1 in flight: CPU | of hyper | wall | 4 in flight: CPU | of hyper | wall |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let mut rates = [[Rate::default(); 2]; CASES];
    for (column, in_flight) in [1, 4].into_iter().enumerate() {
        let mut rounds = [const { Vec::new() }; CASES];
        for _ in 0..ROUNDS {
            rounds[0].push(runtime.block_on(bare_hyper::<false>(sink, &batch, in_flight)));
            rounds[1].push(runtime.block_on(bare_hyper::<true>(sink, &batch, in_flight)));
            rounds[2].push(runtime.block_on(ready_batch(sink, &batch, in_flight)));
            rounds[3].push(runtime.block_on(encoded(sink, &samples, in_flight)));
        }
        for (rate, rounds) in rates.iter_mut().zip(rounds) {
            let median = |of: fn(&Rate) -> f64| {
                let mut all: Vec<_> = rounds.iter().map(of).collect();
                all.sort_by(f64::total_cmp);
                all[ROUNDS / 2]
            };
            rate[column] = Rate { cpu: median(|rate| rate.cpu), wall: median(|rate| rate.wall) };
        }
    }
    let names = [
        "bare hyper, one body for all",
        "bare hyper, a copy of the body for each",
        "**`client.write`, the batch ready**",
        "**derive and `client.write`**",
    ];
    for (name, each) in names.iter().zip(rates) {
        print!("| {name} |");
        for (rate, hyper) in each.iter().zip(rates[0]) {
            print!(" {:.0} | {:.2} | {:.0} |", rate.cpu, rate.cpu / hyper.cpu, rate.wall);
        }
        println!();
    }
    println!();
}

/// Megabytes a second.
#[derive(Clone, Copy, Default)]
struct Rate {
    /// Of the client's thread.
    cpu: f64,
    wall: f64,
}

/// When requests began to be sent.
struct Start {
    wall: Instant,
    cpu: f64,
}

impl Start {
    fn now() -> Self {
        Self { wall: Instant::now(), cpu: thread_seconds() }
    }

    /// The rate of `REQUESTS` bodies of `bytes`.
    fn rate(&self, bytes: usize) -> Rate {
        let megabytes = (REQUESTS * bytes) as f64 / 1e6;
        Rate { cpu: megabytes / (thread_seconds() - self.cpu), wall: megabytes / self.wall.elapsed().as_secs_f64() }
    }
}

/// `COPIED`: with a copy of the body for each request, as a client has to make that only borrows its points.
async fn bare_hyper<const COPIED: bool>(sink: SocketAddr, batch: &Batch, in_flight: usize) -> Rate {
    let body = Bytes::copy_from_slice(batch.as_bytes());
    let mut connections = Vec::new();
    for _ in 0..in_flight {
        let stream = tokio::net::TcpStream::connect(sink).await.expect("the sink listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("the sink speaks HTTP");
        tokio::spawn(connection);
        connections.push(sender);
    }
    let start = Start::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut sender: SendRequest<Full<Bytes>>| {
            let body = body.clone();
            tokio::spawn(async move {
                for _ in 0..REQUESTS / in_flight {
                    let body = if COPIED { Bytes::copy_from_slice(&body) } else { body.clone() };
                    let request = Request::post("/write?db=bench&precision=n&consistency=one")
                        .header("host", "sink")
                        .body(Full::new(body))
                        .expect("a sound request");
                    sender.ready().await.expect("the connection stays");
                    let answer = sender.send_request(request).await.expect("the sink answers");
                    assert_eq!(answer.status(), 204);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no request fails");
    }
    start.rate(body.len())
}

fn client(sink: SocketAddr) -> Client {
    Client::builder().endpoint(format!("http://{sink}")).database("bench").build().expect("a sound address")
}

async fn ready_batch(sink: SocketAddr, batch: &Arc<Batch>, in_flight: usize) -> Rate {
    let client = client(sink);
    let start = Start::now();
    let tasks: Vec<_> = (0..in_flight)
        .map(|_| {
            let (client, batch) = (client.clone(), Arc::clone(batch));
            tokio::spawn(async move {
                for _ in 0..REQUESTS / in_flight {
                    client.write(&batch).await.expect("the sink takes everything");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no request fails");
    }
    start.rate(batch.bytes())
}

async fn encoded(sink: SocketAddr, samples: &Arc<[Sample]>, in_flight: usize) -> Rate {
    let client = client(sink);
    let start = Start::now();
    let tasks: Vec<_> = (0..in_flight)
        .map(|_| {
            let (client, samples) = (client.clone(), Arc::clone(samples));
            tokio::spawn(async move {
                let mut batch = Batch::default();
                for _ in 0..REQUESTS / in_flight {
                    batch.clear();
                    batch.push_all(&*samples);
                    client.write(&batch).await.expect("the sink takes everything");
                }
                batch.bytes()
            })
        })
        .collect();
    let mut bytes = 0;
    for task in tasks {
        bytes = task.await.expect("no request fails");
    }
    start.rate(bytes)
}

/// Answers 204 to every request, each connection on a thread of its own.
fn sink() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || swallow(&stream));
        }
    });
    address
}

/// Reads requests until the other side has enough.
fn swallow(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(256 * 1024, stream);
    let mut line = String::new();
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let header = line.trim_end().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(digits) = header.strip_prefix("content-length:") {
                length = digits.trim().parse().unwrap_or(0);
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        let mut writer = stream;
        writer.write_all(b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\n\r\n")?;
    }
}

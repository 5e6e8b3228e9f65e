//! Megabytes a second of line protocol to a sink on the same machine that answers 204, beside bare hyper with the same
//! body.

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
use tokio::runtime::Runtime;

use crate::sample::{Digits, Sample};

const POINTS: usize = 5_000;
const REQUESTS: usize = 240;
const ROUNDS: usize = 7;

/// Prints the table.
pub fn print() {
    let samples: Arc<[Sample]> = Sample::many(POINTS, Digits::Short).into();
    let mut batch = Batch::default();
    let pushed = batch.push_all(&*samples);
    assert!(pushed.refused().is_empty());
    let batch = Arc::new(batch);
    let sink = sink();
    let runtime = Runtime::new().expect("a runtime starts");
    println!(
        "## Sending: wall clock, median of {ROUNDS} rounds of {REQUESTS} requests of {POINTS} points, {} bytes\n",
        batch.bytes()
    );
    println!("| MB/s | 1 in flight | of hyper | 4 in flight | of hyper |");
    println!("|---|--:|--:|--:|--:|");
    let mut rates = [[0.0; 2]; 3];
    for (column, in_flight) in [1, 4].into_iter().enumerate() {
        let mut rounds = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            rounds[0].push(runtime.block_on(bare_hyper(sink, &batch, in_flight)));
            rounds[1].push(runtime.block_on(ready_batch(sink, &batch, in_flight)));
            rounds[2].push(runtime.block_on(encoded(sink, &samples, in_flight)));
        }
        for (rate, mut rounds) in rates.iter_mut().zip(rounds) {
            rounds.sort_by(f64::total_cmp);
            rate[column] = rounds[ROUNDS / 2];
        }
    }
    let names = ["bare hyper, the body ready", "**`client.write`, the batch ready**", "**derive and `client.write`**"];
    for (name, [one, four]) in names.iter().zip(rates) {
        let (of_one, of_four) = (one / rates[0][0], four / rates[0][1]);
        println!("| {name} | {one:.0} | {of_one:.2} | {four:.0} | {of_four:.2} |");
    }
    println!();
}

/// Megabytes a second of `REQUESTS` bodies of `bytes`.
fn rate(start: Instant, bytes: usize) -> f64 {
    (REQUESTS * bytes) as f64 / 1e6 / start.elapsed().as_secs_f64()
}

async fn bare_hyper(sink: SocketAddr, batch: &Batch, in_flight: usize) -> f64 {
    let body = Bytes::copy_from_slice(batch.as_bytes());
    let mut connections = Vec::new();
    for _ in 0..in_flight {
        let stream = tokio::net::TcpStream::connect(sink).await.expect("the sink listens");
        stream.set_nodelay(true).expect("a TCP socket");
        let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("the sink speaks HTTP");
        tokio::spawn(connection);
        connections.push(sender);
    }
    let start = Instant::now();
    let tasks: Vec<_> = connections
        .into_iter()
        .map(|mut sender: SendRequest<Full<Bytes>>| {
            let body = body.clone();
            tokio::spawn(async move {
                for _ in 0..REQUESTS / in_flight {
                    let request = Request::post("/write?db=bench&precision=n&consistency=one")
                        .header("host", "sink")
                        .body(Full::new(body.clone()))
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
    rate(start, body.len())
}

fn client(sink: SocketAddr) -> Client {
    Client::builder().endpoint(format!("http://{sink}")).database("bench").build().expect("a sound address")
}

async fn ready_batch(sink: SocketAddr, batch: &Arc<Batch>, in_flight: usize) -> f64 {
    let client = client(sink);
    let start = Instant::now();
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
    rate(start, batch.bytes())
}

async fn encoded(sink: SocketAddr, samples: &Arc<[Sample]>, in_flight: usize) -> f64 {
    let client = client(sink);
    let start = Instant::now();
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
    rate(start, bytes)
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

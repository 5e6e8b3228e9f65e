//! What a million points cost in processor time, in batches of 5,000.
//!
//! `cargo bench -p influx-server-mock --bench ingest` prints processor seconds per million points: parsed and stored in one
//! engine on disk; over HTTP into one node; and over HTTP at quorum into three nodes that all keep a copy. The sender is
//! in the same process and counted too.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use influx_server_mock::line::{Precision, parse};
use influx_server_mock::store::{Engine, Options, Storage};
use influx_server_mock::{Profile, TestCluster};

const BATCH: usize = 5_000;
const BATCHES: usize = 100;
const SERIES: usize = 1_000;

/// 131 bytes a point: three tags, four fields, nanoseconds.
fn body(batch: usize) -> String {
    let mut body = String::new();
    for line in 0..BATCH {
        let n = batch * BATCH + line;
        let time = 1_600_000_000_000_000_000 + n as u64 * 1_000_003;
        let (host, load) = (n % SERIES, n % 97);
        writeln!(
            body,
            "cpu,cpu=cpu-total,datacenter=eu-west-1,host=server{host:04} usage_user={load}.25,usage_system=3.54,\
             usage_idle=96.21,free={}i {time}",
            n * 4_096
        )
        .expect("a string takes all that is written to it");
    }
    body
}

/// Processor time of this process so far, in seconds.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    // User and system time are the 14th and 15th field, in hundredths of a second on every Linux in use.
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn measure(what: &str, work: impl FnOnce()) {
    let (begin, before) = (Instant::now(), processor_seconds());
    work();
    let millions = (BATCH * BATCHES) as f64 / 1e6;
    let (took, processor) = (begin.elapsed().as_secs_f64(), processor_seconds() - before);
    println!(
        "{what:<24} {:>6.2} CPU-s per million points {:>9.0} points/s",
        processor / millions,
        (BATCH * BATCHES) as f64 / took
    );
}

/// One request on an open connection; the status and the body of the answer.
fn post(stream: &mut TcpStream, path: &str, body: &str) -> (u16, String) {
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).expect("the node takes requests");
    stream.write_all(body.as_bytes()).expect("the node takes requests");
    let (mut answer, mut chunk) = (Vec::new(), [0; 4_096]);
    loop {
        let read = stream.read(&mut chunk).expect("the node answers");
        answer.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let status = head.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
        let length = head.lines().filter_map(|line| line.split_once(": "));
        let mut length =
            length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, length)| length);
        let length: usize = length.next_back().and_then(|length| length.parse().ok()).unwrap_or_default();
        if status == 204 || (read > 0 && body.len() >= length) || read == 0 {
            return (status, body.to_owned());
        }
    }
}

/// On a connection of its own: the answer to a query has no length, only an end.
fn create_database(url: &str) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("the node listens");
    let request =
        "POST /query?q=CREATE+DATABASE+d HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("the node takes requests");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the node answers in text");
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("error"), "{answer}");
}

fn cluster(runtime: &tokio::runtime::Runtime, data: usize, level: &str, bodies: &[String]) {
    let cluster = runtime.block_on(TestCluster::builder().nodes(1, data).start()).expect("a cluster on free ports");
    let url = cluster.urls().into_iter().next().expect("a cluster has a data node");
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("the node listens");
    stream.set_nodelay(true).expect("a socket option");
    create_database(&url);
    let path = format!("/write?db=d&consistency={level}");
    assert_eq!(post(&mut stream, &path, "cpu usage_user=1 1600000000000000000").0, 204);
    measure(&format!("{data} node(s), {level}"), || {
        for body in bodies {
            let (status, text) = post(&mut stream, &path, body);
            assert_eq!(status, 204, "{text}");
        }
    });
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let bodies: Vec<String> = (0..BATCHES).map(body).collect();
    let dir = tempfile::tempdir().expect("a directory for the shards");
    let options = Options { wal_fsync: false, ..Options::default() };
    let engine = Engine::open(Storage::Disk(dir.path().to_owned()), options).expect("an empty directory");
    engine.ensure_shard(1, "d", "autogen");
    measure("parse and engine on disk", || {
        for body in &bodies {
            let points = parse(body.as_bytes(), Precision::Nanosecond, 0, Profile::V1_8).points;
            runtime.block_on(engine.write(1, &points)).expect("the engine takes points");
        }
    });
    engine.close();
    let begin = Instant::now();
    let options = Options { wal_fsync: false, ..Options::default() };
    let again = Engine::open(Storage::Disk(dir.path().to_owned()), options).expect("what was written is read back");
    println!("opening it again         {:>6.2} s", begin.elapsed().as_secs_f64());
    drop(again);
    cluster(&runtime, 1, "one", &bodies);
    cluster(&runtime, 3, "quorum", &bodies);
}

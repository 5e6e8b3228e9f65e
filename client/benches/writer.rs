//! The background writer against a sink on the loopback that answers 204: points a second, the time from a push to its
//! acknowledgement, and the memory under a dead server.
//!
//! `cargo bench -p influx-client --bench writer`. Times depend on the machine; the sink and the writer share its cores.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use influx_client::{Backoff, Batch, BatchWriter, Client, Overflow, PointError, PushError, Series, Spool};

const POINTS: usize = 2_000_000;

fn main() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // First, while the process is small.
        dead().await;
        push_alone().await;
        let sink = sink(Duration::ZERO);
        for in_flight in [1, 4] {
            throughput(sink, in_flight, "sink").await;
        }
        let slow = self::sink(Duration::from_millis(10));
        for in_flight in [1, 4] {
            throughput(slow, in_flight, "sink + 10 ms").await;
        }
        latency(sink).await;
        spooled(sink).await;
    });
}

/// A server that reads requests whole, waits, and answers 204. Connections are kept.
fn sink(pause: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream, pause));
        }
    });
    address
}

fn serve(mut stream: TcpStream, pause: Duration) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = vec![0; 256 << 10];
    let mut filled = 0;
    loop {
        let head = loop {
            if let Some(end) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            filled += some(stream.read(&mut buffer[filled..]))?;
        };
        let text = std::str::from_utf8(&buffer[..head]).ok()?.to_ascii_lowercase();
        let length: usize = text.split("content-length: ").nth(1)?.lines().next()?.parse().ok()?;
        let mut left = (head + length).saturating_sub(filled);
        while left > 0 {
            left = left.saturating_sub(some(stream.read(&mut buffer))?);
        }
        filled = 0;
        std::thread::sleep(pause);
        stream.write_all(b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.11-c1.2.0\r\n\r\n").ok()?;
    }
}

fn some(read: std::io::Result<usize>) -> Option<usize> {
    read.ok().filter(|bytes| *bytes > 0)
}

fn client(address: SocketAddr) -> Client {
    let backoff = Backoff::default().tries(u32::MAX);
    let builder = Client::builder().endpoint(format!("http://{address}")).database("db");
    builder.retry(backoff).retry_budget(None).deadline(Duration::from_secs(600)).build().expect("sound settings")
}

fn series() -> Vec<Series> {
    let series = |host: i32| Series::new("cpu", [("dc", "eu-west-1"), ("host", &format!("server-{host:04}"))]);
    (0..100).map(|host| series(host).expect("plain names")).collect()
}

fn write(batch: &mut Batch, series: &Series, n: usize) -> Result<(), PointError> {
    let point = batch.series(series).field("usage_user", n as f64 / 100.0).field("forks", n as i64);
    point.at(1_700_000_000_000_000_000 + n as i64)
}

/// What a push costs the caller, without a server: the oldest points make room, so that memory is used again and again.
async fn push_alone() {
    const EACH: usize = 1_000_000;
    let series = series();
    let nobody = client(([127, 0, 0, 1], 1).into());
    let builder = nobody.batch_writer().memory(8 << 20).overflow(Overflow::DropOldest);
    let writer = builder.start().expect("it starts");
    let cost = |mut push: Box<dyn FnMut(usize)>| {
        (0..EACH / 4).for_each(&mut push);
        let started = cpu_time();
        (0..EACH).for_each(&mut push);
        (cpu_time() - started).as_nanos() as usize / EACH
    };
    let (pushed, of_push) = (writer.clone(), series.clone());
    let push = cost(Box::new(move |n| {
        pushed.try_push_with(|batch| write(batch, &of_push[n % 100], n)).expect("there is room");
    }));
    let _ = writer.close(Duration::ZERO).await;
    let mut batch = Batch::default();
    let bare = cost(Box::new(move |n| {
        if batch.points() == 5_000 {
            batch.clear();
        }
        write(&mut batch, &series[n % 100], n).expect("the point is sound");
    }));
    println!("try_push, dropped again later: {push} ns of processor a point ({bare} of them to encode it)");
}

async fn throughput(sink: SocketAddr, in_flight: usize, what: &str) {
    let writer = client(sink).batch_writer().in_flight(in_flight).start().expect("it starts");
    let cpu = cpu_time();
    let started = Instant::now();
    let tasks: Vec<_> = (0..2)
        .map(|task| {
            let (writer, series) = (writer.clone(), series());
            tokio::spawn(async move {
                for n in 0..POINTS / 2 {
                    writer.push_with(|batch| write(batch, &series[(2 * n + task) % 100], n)).await.expect("it is open");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    writer.flush().await.expect("the sink takes all");
    let elapsed = started.elapsed();
    let totals = writer.totals();
    assert_eq!(totals.settled.stored, POINTS);
    println!(
        "{what}, in flight {in_flight}: {:.2} M points/s, {} points a request, {} ns of processor a point (sink included), RSS {} MiB",
        POINTS as f64 / elapsed.as_secs_f64() / 1e6,
        POINTS as u64 / totals.batches,
        (cpu_time() - cpu).as_nanos() as usize / POINTS,
        resident() >> 20,
    );
}

/// From the push of a single point to its acknowledgement.
async fn latency(sink: SocketAddr) {
    for (linger, what) in [(Duration::ZERO, "0"), (Duration::from_millis(5), "5 ms")] {
        let writer = client(sink).batch_writer().linger(linger).start().expect("it starts");
        let series = series();
        let mut times = Vec::new();
        for n in 0..300 {
            let started = Instant::now();
            let delivered =
                writer.push_tracked_with(|batch| write(batch, &series[n % 100], n)).await.expect("it is open");
            delivered.await.expect("the sink takes it");
            times.push(started.elapsed());
        }
        times.sort_unstable();
        println!("push to acknowledgement, linger {what}: median {:?}, p99 {:?}", times[150], times[297]);
    }
}

/// With a spool in the temporary directory: each push waits for the disk, alone or with others.
async fn spooled(sink: SocketAddr) {
    const EACH: usize = 300;
    for pushers in [1, 64] {
        let place = tempfile::tempdir().expect("a temporary directory");
        let spool = Spool::open(place.path().join("spool"), 64 << 20).expect("a new spool");
        let writer = client(sink).batch_writer().spool(spool).start().expect("it starts");
        let started = Instant::now();
        let tasks: Vec<_> = (0..pushers)
            .map(|_| {
                let (writer, series) = (writer.clone(), series());
                tokio::spawn(async move {
                    for n in 0..EACH {
                        writer.push_with(|batch| write(batch, &series[n % 100], n)).await.expect("it is open");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("no panic");
        }
        let pushed = started.elapsed();
        writer.flush().await.expect("the sink takes all");
        println!(
            "spool, {pushers} pushing at once: {:.0} pushes/s, each waits {:?}",
            (pushers * EACH) as f64 / pushed.as_secs_f64(),
            pushed / EACH as u32,
        );
        let _ = writer.close(Duration::from_secs(10)).await;
    }
}

/// Pushes for some seconds while nobody listens.
async fn dead() {
    for memory in [8 << 20, 64 << 20] {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let writer: BatchWriter = client(nobody).batch_writer().memory(memory).start().expect("it starts");
        let series = series();
        let before = resident();
        let started = Instant::now();
        let (mut refused, mut n, mut at) = (0_u64, 0, Duration::ZERO);
        print!("dead server, memory {} MiB: RSS over the start, each half second:", memory >> 20);
        while started.elapsed() < Duration::from_secs(4) {
            match writer.try_push_with(|batch| write(batch, &series[n % 100], n)) {
                Ok(()) => n += 1,
                Err(PushError::Full) => {
                    refused += 1;
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err(error) => panic!("{error}"),
            }
            if n % 1_000 == 0 {
                tokio::task::yield_now().await;
            }
            if started.elapsed() > at {
                print!(" {}", resident().saturating_sub(before) >> 20);
                at += Duration::from_millis(500);
            }
        }
        let totals = writer.totals();
        assert!(totals.memory <= memory && refused > 0);
        println!(
            " MiB; {} points accepted, {refused} pushes refused, {} MiB counted",
            totals.pending,
            totals.memory >> 20
        );
        let _ = writer.close(Duration::ZERO).await;
    }
}

/// The memory of the process, in bytes; 0 where the system does not tell.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

/// The processor time of the process; 0 where the system does not tell.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

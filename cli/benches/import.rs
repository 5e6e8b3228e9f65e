//! A file of a million points, written by `influx-cli` and by the shell of InfluxDB 1.x (`influx -import`), to a sink on
//! the loopback that reads request bodies and answers 204: seconds, processor time and the most memory.
//!
//! `cargo bench -p influx-cli --bench import [-- [RUNS] [WORD…]]`; only rows that have each WORD are measured. The
//! other shell is the one named by `INFLUX_IMPORT`, what `cli/benches/get-influx-shell` got, or `influx` on the path;
//! without one its rows are left out. `INFLUX_CLI` names another build of our program.
//!
//! The programs take turns, so that each is measured in the same minutes. The sink is a process of its own and shares the
//! processors with them.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

const POINTS: u64 = 1_000_000;

/// How often each row is measured unless asked otherwise.
const RUNS: usize = 7;

/// What the first argument of a child of this program is.
const SINK: &str = "--sink";
const MEASURE: &str = "--measure";

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.first().map(String::as_str) {
        Some(SINK) => serve(Duration::from_millis(args[1].parse().expect("milliseconds"))),
        Some(MEASURE) => measure(&args[1..]),
        _ => compare(args),
    }
}

fn compare(mut words: Vec<String>) -> io::Result<()> {
    let runs = match words.first().and_then(|word| word.parse().ok()) {
        Some(runs) => {
            words.remove(0);
            runs
        }
        None => RUNS,
    };
    let files = Files::make()?;
    let at_once = Sink::start(Duration::ZERO)?;
    let slow = Sink::start(Duration::from_millis(10))?;
    let mut rows = rows(&files, [at_once.address, slow.address]);
    rows.retain(|row| words.iter().all(|word| row.name.contains(word.as_str())));
    for round in 0..runs {
        for row in &mut rows {
            let sink = if row.slow { &slow } else { &at_once };
            eprint!("\rround {}: {:<60}", round + 1, row.name);
            row.taken.push(row.run(sink, files.dir.path(), files.bytes)?);
        }
    }
    eprint!("\r{:<80}\r", "");
    println!("{POINTS} points, {} bytes, {} compressed; median of {runs} runs", files.bytes, files.compressed_bytes);
    println!("{:<52} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "s", "fastest", "CPU s", "RSS MiB", "k pts/s");
    for row in &rows {
        row.tell();
    }
    Ok(())
}

/// One line of the table.
struct Row {
    name: String,
    command: Vec<OsString>,
    slow: bool,
    /// The bytes of the points are on the wire as they are in the file.
    plain_wire: bool,
    taken: Vec<Taken>,
}

/// What one run took.
#[derive(Clone, Copy)]
struct Taken {
    wall: f64,
    cpu: f64,
    resident_kib: f64,
}

impl Row {
    fn run(&self, sink: &Sink, state: &Path, bytes: u64) -> io::Result<Taken> {
        sink.ask("DELETE")?;
        // A process of its own: the most memory of a child counts from its parent's at the start, which must be small, and
        // the usage of children is the sum of all of them.
        let mut command = Command::new(std::env::current_exe()?);
        // Journals of imports go with the files.
        command.env("XDG_STATE_HOME", state);
        let out = command.arg(MEASURE).args(&self.command).stderr(Stdio::inherit()).output()?;
        assert!(out.status.success(), "{}: {}", self.name, String::from_utf8_lossy(&out.stdout));
        let text = String::from_utf8_lossy(&out.stdout);
        let figures: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [wall, cpu, resident_kib] = figures[..] else { panic!("three figures, not {text:?}") };
        let received = sink.ask("GET")?;
        // The other shell sends no line feed behind the last line of a request.
        let enough = if self.plain_wire { bytes - bytes / 1_000 } else { 1 };
        assert!(received >= enough, "{}: {received} of {bytes} bytes arrived", self.name);
        Ok(Taken { wall, cpu, resident_kib })
    }

    fn tell(&self) {
        let sorted = |figure: fn(&Taken) -> f64| {
            let mut all: Vec<f64> = self.taken.iter().map(figure).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let median = |all: Vec<f64>| all[all.len() / 2];
        let walls = sorted(|taken| taken.wall);
        let (fastest, wall) = (walls[0], median(walls));
        let (cpu, resident) = (median(sorted(|taken| taken.cpu)), median(sorted(|taken| taken.resident_kib)) / 1024.0);
        let rate = POINTS as f64 / wall / 1e3;
        println!("{:<52} {wall:>8.3} {fastest:>8.3} {cpu:>8.3} {resident:>8.1} {rate:>8.0}", self.name);
    }
}

fn rows(files: &Files, sinks: [SocketAddr; 2]) -> Vec<Row> {
    let mut rows = Vec::new();
    let ours = std::env::var_os("INFLUX_CLI").unwrap_or_else(|| env!("CARGO_BIN_EXE_influx-cli").into());
    for slow in [false, true] {
        let sink = sinks[usize::from(slow)];
        let answer = if slow { ", answer after 10 ms" } else { "" };
        for (file, form) in [(&files.plain, "plain"), (&files.compressed, "gz")] {
            for words in ["write --in-flight 1", "write --in-flight 4", "write --gzip", "import"] {
                if words.contains("gzip") && (slow || form == "gz") {
                    continue;
                }
                let mut command = vec![ours.clone(), "-q".into()];
                command.extend(words.split(' ').map(OsString::from));
                command.extend(["-d".into(), "db".into(), "-H".into(), format!("http://{sink}").into(), file.into()]);
                let name = format!("influx-cli {words}, {form}{answer}");
                rows.push(Row { name, command, slow, plain_wire: !words.contains("gzip"), taken: Vec::new() });
            }
        }
        for (file, form, flags) in [(&files.plain, "plain", &[][..]), (&files.compressed, "gz", &["-compressed"])] {
            let Some(shell) = other_shell() else { continue };
            let mut command = vec![shell.into(), "-import".into(), "-precision=ns".into()];
            command.extend([
                "-host".into(),
                sink.ip().to_string().into(),
                "-port".into(),
                sink.port().to_string().into(),
            ]);
            command.extend(flags.iter().map(OsString::from));
            command.push({
                let mut path = OsString::from("-path=");
                path.push(file);
                path
            });
            let name = format!("influx -import, {form}{answer}");
            rows.push(Row { name, command, slow, plain_wire: true, taken: Vec::new() });
        }
    }
    rows
}

/// `influx` of InfluxDB 1.x, if there is one.
fn other_shell() -> Option<PathBuf> {
    let got = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/influx-shell/usr/bin/influx");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|dir| dir.join("influx"));
    let named = std::env::var_os("INFLUX_IMPORT").map(PathBuf::from);
    named.into_iter().chain([got]).chain(on_path).find(|path| path.is_file())
}

/// The points, plain and compressed, with the header that the other shell asks for; for `influx-cli` it is a comment.
struct Files {
    dir: tempfile::TempDir,
    plain: PathBuf,
    compressed: PathBuf,
    /// Of the points, without the header.
    bytes: u64,
    compressed_bytes: u64,
}

impl Files {
    fn make() -> io::Result<Self> {
        const HEADER: &str = "# DML\n# CONTEXT-DATABASE: db\n";
        let dir = tempfile::tempdir()?;
        let (plain, compressed) = (dir.path().join("points.lp"), dir.path().join("points.lp.gz"));
        let mut out = BufWriter::new(File::create(&plain)?);
        let packed = BufWriter::new(File::create(&compressed)?);
        let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::new(6));
        let mut bytes = 0;
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        for n in 0..=POINTS {
            // A generator of Marsaglia's: the same file each time.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let (user, system, forks) = (random % 10_000, (random >> 20) % 10_000, (random >> 40) % 90_000 + 10_000);
            let line = match n.checked_sub(1) {
                None => HEADER.to_owned(),
                Some(n) => format!(
                    "cpu,dc=eu-west-1,host=server-{:04},service=api usage_user={}.{:02},usage_system={}.{:02},\
                     forks={forks}i,throttled={} {}\n",
                    n % 1_000,
                    user / 100,
                    user % 100,
                    system / 100,
                    system % 100,
                    random & 4 == 0,
                    1_700_000_000_000_000_000 + n * 1_000_003,
                ),
            };
            out.write_all(line.as_bytes())?;
            packed.write_all(line.as_bytes())?;
            bytes += if n == 0 { 0 } else { line.len() as u64 };
        }
        out.flush()?;
        packed.finish()?.flush()?;
        let compressed_bytes = compressed.metadata()?.len();
        Ok(Self { dir, plain, compressed, bytes, compressed_bytes })
    }
}

/// Runs the command and prints its seconds, its processor seconds and its most memory in KiB.
fn measure(command: &[String]) -> io::Result<()> {
    let (program, args) = command.split_first().expect("a command");
    let start = Instant::now();
    let out = Command::new(program).args(args).stdin(Stdio::null()).output()?;
    let wall = start.elapsed().as_secs_f64();
    if !out.status.success() {
        print!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        std::process::exit(1);
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let [user, system] =
        [usage.user_time(), usage.system_time()].map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
    println!("{wall} {} {}", user + system, usage.max_rss());
    Ok(())
}

/// A process that takes requests; dropping it ends it.
struct Sink {
    process: Child,
    address: SocketAddr,
}

impl Sink {
    fn start(pause: Duration) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.args([SINK, &pause.as_millis().to_string()]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let out = process.stdout.as_mut().expect("a pipe was asked for");
        io::BufRead::read_line(&mut io::BufReader::new(out), &mut line)?;
        let address = line.trim().parse().expect("the sink tells its address");
        Ok(Self { process, address })
    }

    /// `GET` the bytes of the bodies so far, or `DELETE` the count.
    fn ask(&self, method: &str) -> io::Result<u64> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(format!("{method} /received HTTP/1.1\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split("\r\n\r\n").nth(1).expect("an answer has a body");
        Ok(body.parse().expect("a number of bytes"))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Answers requests, writes with 204 after `pause`, until it is killed.
fn serve(pause: Duration) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let received = Arc::new(AtomicU64::new(0));
    for stream in listener.incoming() {
        let (stream, received) = (stream?, Arc::clone(&received));
        std::thread::spawn(move || answer_all(stream, pause, &received));
    }
    Ok(())
}

/// Answers the requests of a connection; the end of it, orderly or not, is no concern of the sink.
fn answer_all(mut stream: TcpStream, pause: Duration, received: &AtomicU64) -> Option<()> {
    const NAMES: &str = "X-Influxdb-Version: 1.8.10\r\nX-Influxdb-Build: OSS\r\n";
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
        let length: usize = text
            .split("content-length: ")
            .nth(1)
            .map_or(Some(0), |rest| rest.lines().next().and_then(|length| length.parse().ok()))?;
        let mut left = (head + length).saturating_sub(filled);
        while left > 0 {
            left = left.saturating_sub(some(stream.read(&mut buffer))?);
        }
        filled = 0;
        let path = text.split(' ').nth(1)?;
        let answer = if path.starts_with("/write") {
            received.fetch_add(length as u64, Ordering::Relaxed);
            std::thread::sleep(pause);
            format!("HTTP/1.1 204 No Content\r\n{NAMES}\r\n")
        } else if path.starts_with("/ping") {
            format!("HTTP/1.1 204 No Content\r\n{NAMES}\r\n")
        } else {
            let body = match path {
                "/received" if text.starts_with("delete") => received.swap(0, Ordering::Relaxed).to_string(),
                "/received" => received.load(Ordering::Relaxed).to_string(),
                _ => "{\"results\":[{\"statement_id\":0}]}\n".to_owned(),
            };
            let head = format!("HTTP/1.1 200 OK\r\n{NAMES}Content-Type: application/json\r\n");
            format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
        };
        stream.write_all(answer.as_bytes()).ok()?;
        if text.contains("connection: close") {
            return None;
        }
    }
}

fn some(read: io::Result<usize>) -> Option<usize> {
    read.ok().filter(|bytes| *bytes > 0)
}

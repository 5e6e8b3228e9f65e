//! Running the program, and a cluster of its own for each test that needs one.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::schemas::assert_valid;

/// The program, without the settings of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = undeafened(env!("CARGO_BIN_EXE_influx-cli"));
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy().into_owned();
        if shown.starts_with("INFLUX_") || shown.starts_with("CLICOLOR") {
            command.env_remove(&name);
        }
    }
    // No configuration file either.
    command.env("XDG_CONFIG_HOME", "/dev/null");
    command
}

/// A command that takes SIGINT and SIGHUP also where the tests themselves were started without: by `nohup`, or in the
/// background of a script. What is ignored stays so in all that is started.
fn undeafened(program: &str) -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
    let of = |signal: rustix::process::Signal| 1 << (signal.as_raw() - 1);
    if ignored & (of(rustix::process::Signal::INT) | of(rustix::process::Signal::HUP)) == 0 {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,HUP", program]);
    command
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or_else(|| panic!("ended by a signal: {output:?}")),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The JSON Lines of standard output, which are as their schemas say.
    pub(crate) fn events(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        // What a command run by `retry` prints is its own.
        let check = |event: &Value| {
            if !event["v"].is_null() {
                assert_valid(event);
            }
        };
        self.out.lines().map(parse).inspect(check).collect()
    }

    /// The last event, whose counts must add up.
    pub(crate) fn summary(&self) -> Value {
        let events = self.events();
        let summary = events.last().unwrap_or_else(|| panic!("no summary: {self:?}")).clone();
        assert_eq!(summary["type"], "summary", "{self:?}");
        assert_eq!(summary["exit"], self.code, "{self:?}");
        let points = summary["points"].as_object().unwrap();
        let read = points["read"].as_u64().unwrap();
        let others: u64 =
            points.iter().filter(|(name, _)| *name != "read").map(|(_, count)| count.as_u64().unwrap()).sum();
        assert_eq!(read, others, "the counts do not add up: {summary}");
        summary
    }

    /// The events of one type.
    pub(crate) fn events_of(&self, kind: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["type"] == kind).collect()
    }
}

/// Runs the program with these arguments and this standard input.
pub(crate) fn run(arguments: &[&str], stdin: impl AsRef<[u8]>) -> Ran {
    let mut command = program();
    command.args(arguments);
    run_command(command, stdin.as_ref())
}

/// Runs a command with this standard input.
pub(crate) fn run_command(mut command: Command, stdin: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A program that ends early closes its end of the pipe, and that is its right.
        scope.spawn(move || drop(pipe.write_all(stdin)));
        Ran::of(&child.wait_with_output().unwrap())
    })
}

/// A cluster of processes in a directory of its own; ended with the value.
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
    pub(crate) nodes: Vec<Value>,
}

impl Cluster {
    /// Three meta and three data nodes, where hints are tried again soon.
    pub(crate) fn up() -> Self {
        // Long enough for a replica that a busy machine holds up.
        Self::waiting("5s")
    }

    /// As [`up`](Self::up), with this write-timeout: for what is about a replica that does not answer.
    pub(crate) fn waiting(write_timeout: &str) -> Self {
        Self::with(&[
            "--set",
            &format!("write-timeout={write_timeout}"),
            "--set",
            "hh-retry-interval=200ms",
            "--set",
            "hh-retry-max-interval=400ms",
        ])
    }

    /// A cluster of these options.
    pub(crate) fn with(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut arguments = vec!["cluster", "up", "--json", "--dir", dir.path().to_str().unwrap()];
        arguments.extend(options);
        let ran = run(&arguments, "");
        assert_eq!(ran.code, 0, "{ran:?}");
        let up: Value = serde_json::from_str(&ran.out).unwrap();
        let nodes = up["nodes"].as_array().unwrap().clone();
        Self { dir, nodes }
    }

    pub(crate) fn dir(&self) -> &str {
        self.dir.path().to_str().unwrap()
    }

    /// The address of a node.
    pub(crate) fn url(&self, name: &str) -> String {
        let node = self.nodes.iter().find(|node| node["name"] == name).unwrap();
        node["http"].as_str().unwrap().to_owned()
    }

    /// A command on this cluster's directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--dir", self.dir()]);
        run(&arguments, "")
    }

    /// A fault that must succeed.
    pub(crate) fn fault(&self, arguments: &[&str]) {
        let mut all = vec!["fault"];
        all.extend(arguments);
        let ran = self.run(&all);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    /// Writes through the first data node, with JSON.
    pub(crate) fn write(&self, arguments: &[&str], lines: impl AsRef<[u8]>) -> Ran {
        let host = self.url("data1");
        let mut all = vec!["write", "--json", "-H", &host, "-d", "db"];
        all.extend(arguments);
        run(&all, lines)
    }

    /// Runs a statement on a node; its first series' rows.
    pub(crate) fn query(&self, node: &str, statement: &str) -> Vec<Value> {
        let url = self.url(node);
        let ran = run(&["query", "-H", &url, "-d", "db", "--format", "json", statement], "");
        assert_eq!(ran.code, 0, "{statement}: {ran:?}");
        let response: Value = serde_json::from_str(&ran.out).unwrap();
        let values = &response["results"][0]["series"][0]["values"];
        values.as_array().cloned().unwrap_or_default()
    }

    /// Makes the database that the tests write to.
    pub(crate) fn database(self, replication: u32) -> Self {
        let (url, statement) = (self.url("data1"), format!("CREATE DATABASE db WITH REPLICATION {replication}"));
        until("the database is made", || {
            let ran = run(&["query", "-H", &url, &statement], "");
            // On a busy machine the meta nodes may choose another leader in the middle of it. To make the same database
            // twice is no error.
            assert!(ran.code == 0 || ran.err.contains("leadership lost while committing log"), "{ran:?}");
            ran.code == 0
        });
        // Every node has a copy of the metadata of its own.
        let known = |node: &str| run(&["query", "-H", &self.url(node), "-d", "db", "SELECT v FROM m"], "").code == 0;
        until("every data node knows the database", || self.data_nodes().iter().all(|node| known(node)));
        self
    }

    /// Writes what a test begins with to every replica, and makes the shard groups for what it writes later.
    pub(crate) fn begin_with(&self, lines: impl AsRef<[u8]>) {
        until("every replica has what the test begins with", || {
            let ran = self.write(&["-c", "all"], lines.as_ref());
            // The leader of the meta nodes may be lost while the groups are made, and a replica may be held up.
            assert!(ran.code == 0 || ran.code / 10 == 1, "{ran:?}");
            ran.code == 0
        });
    }

    /// How many points wait in a node's hinted handoff; nothing if it does not tell.
    pub(crate) fn hints(&self, node: &str) -> Option<u64> {
        let status = self.run(&["cluster", "status", "--json"]).events().remove(0);
        let node = status["nodes"].as_array().unwrap().iter().find(|it| it["name"] == node).unwrap();
        node["hints"].as_u64()
    }

    /// Waits until nothing waits in hinted handoff or is on its way: what is written meanwhile to an owner for which hints wait does not
    /// count for the level.
    pub(crate) fn drained(&self) {
        let ran = self.run(&["cluster", "wait", "--drained", "60s"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    pub(crate) fn data_nodes(&self) -> Vec<String> {
        let data = self.nodes.iter().filter(|node| node["role"] != "meta");
        data.map(|node| node["name"].as_str().unwrap().to_owned()).collect()
    }

    /// How many points of a measurement a node counts.
    pub(crate) fn count(&self, node: &str, measurement: &str) -> u64 {
        let rows = self.query(node, &format!("SELECT count(v) FROM {measurement}"));
        rows.first().map_or(0, |row| row[1].as_u64().unwrap())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let ran = self.run(&["cluster", "down"]);
        if !std::thread::panicking() && Path::new(self.dir()).join("cluster.json").exists() {
            panic!("the cluster is still up: {ran:?}");
        }
    }
}

/// An address that takes any write and answers 204, at once: for what is about the program alone. Lives with the tests.
pub(crate) fn sink() -> String {
    use std::io::{BufRead, BufReader};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = |tcp: std::net::TcpStream| -> std::io::Result<()> {
        let mut input = BufReader::with_capacity(1 << 18, tcp.try_clone()?);
        loop {
            let (mut length, mut line) = (0, String::new());
            while input.read_line({
                line.clear();
                &mut line
            })? > 2
            {
                if let Some((name, value)) = line.split_once(':')
                    && name.eq_ignore_ascii_case("content-length")
                {
                    length = value.trim().parse().unwrap();
                }
            }
            if line.is_empty() {
                return Ok(());
            }
            std::io::copy(&mut std::io::Read::take(&mut input, length), &mut std::io::sink())?;
            (&tcp).write_all(b"HTTP/1.1 204 No Content\r\nX-Influxdb-Version: 1.8.10\r\n\r\n")?;
        }
    };
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            std::thread::spawn(move || serve(tcp));
        }
    });
    url
}

/// The most memory that a process has held so far, in KiB.
#[cfg(target_os = "linux")]
pub(crate) fn peak_rss(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits for a condition, for as long as the slowest of them, a cluster's start, may take on a busy machine.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    const LIMIT: Duration = Duration::from_secs(90);
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < LIMIT, "not in {LIMIT:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `count` points of a measurement, a second apart.
pub(crate) fn points(measurement: &str, count: u64) -> String {
    (0..count)
        .map(|n| format!("{measurement},host=a v={n}.5 {}\n", 1_451_520_000_000_000_000 + n * 1_000_000_000))
        .collect()
}

/// The observations that the repository carries.
pub(crate) fn weather() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/weather.lp.gz")
}

/// Whether a process runs (a dead one whose parent has not asked for it yet does not).
#[cfg(target_os = "linux")]
pub(crate) fn is_alive(pid: u64) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}

/// Whether a process runs.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_alive(pid: u64) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

/// An address on which nobody listens, now or later: no system gives that port to a test.
pub(crate) const NOBODY: &str = "http://127.0.0.1:1";

//! How long a cluster of processes takes until every node answers, and how much memory each of them takes while nobody
//! asks anything of it.
//!
//! `cargo bench -p influx-cli --bench processes`

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How often each cluster is started.
const RUNS: usize = 10;

/// The most memory that is seen within this time counts.
const IDLE: Duration = Duration::from_secs(3);

fn main() {
    println!("{:<32} {:>10} {:>10}", "until every node answers", "median ms", "slowest");
    for (name, topology) in [
        ("3 meta + 5 data nodes", ["--meta", "3", "--data", "5"].as_slice()),
        ("3 meta + 3 data nodes", &["--meta", "3", "--data", "3"]),
        ("one node that is both", &["--nodes", "1"]),
    ] {
        let mut times: Vec<Duration> = (0..RUNS).map(|_| Cluster::start(topology).took).collect();
        times.sort();
        println!("{name:<32} {:>10.0} {:>10.0}", millis(times[RUNS / 2]), millis(times[RUNS - 1]));
    }

    let cluster = Cluster::start(&["--meta", "3", "--data", "5"]);
    let end = Instant::now() + IDLE;
    let mut most: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    while Instant::now() < end {
        for (name, pid) in &cluster.nodes {
            let Some((resident, proportional)) = memory(*pid) else {
                println!("memory: not measured, this system has no /proc");
                return;
            };
            let seen = most.entry(name.clone()).or_default();
            *seen = (seen.0.max(resident), seen.1.max(proportional));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("\n{:<32} {:>10} {:>10}", "idle, MiB", "resident", "its share");
    for (name, (resident, proportional)) in &most {
        println!("{name:<32} {:>10.1} {:>10.1}", mib(*resident), mib(*proportional));
    }
    let total: u64 = most.values().map(|(_, proportional)| proportional).sum();
    println!("{:<32} {:>10} {:>10.1}", "all", "", mib(total));
}

/// A cluster of processes; dropping it ends them.
struct Cluster {
    dir: tempfile::TempDir,
    nodes: Vec<(String, u64)>,
    took: Duration,
}

impl Cluster {
    fn start(topology: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a directory for the cluster");
        let start = Instant::now();
        let up = program("up", dir.path()).arg("--json").args(topology).output().expect("the program runs");
        let took = start.elapsed();
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        let state: Value = serde_json::from_slice(&up.stdout).expect("the nodes as JSON");
        let nodes = state["nodes"].as_array().expect("a list of nodes").iter().map(|node| {
            let name = node["name"].as_str().expect("a node has a name");
            (name.to_owned(), node["pid"].as_u64().expect("a running node has a process"))
        });
        Self { nodes: nodes.collect(), dir, took }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let down = program("down", self.dir.path()).output().expect("the program runs");
        assert!(down.status.success(), "{}", String::from_utf8_lossy(&down.stderr));
    }
}

fn program(action: &str, dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_influx-cli"));
    command.args(["-q", "cluster", action, "--dir"]).arg(dir);
    command
}

/// Resident memory, and the part of it that is left when pages shared with others are divided among them; in KiB.
fn memory(pid: u64) -> Option<(u64, u64)> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let row = |name: &str| -> Option<u64> {
        rollup.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok())
    };
    Some((row("Rss:")?, row("Pss:")?))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a figure to be read")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

//! `demo`: every row as claimed, and nothing left running on any way out.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{is_alive, program, run, until};

/// The process ids of a cluster's nodes, once its file is there.
fn pids(dir: &Path) -> Vec<u64> {
    let text = std::fs::read(dir.join("cluster.json")).unwrap_or_default();
    let state: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let nodes = state["nodes"].as_array().cloned().unwrap_or_default();
    nodes.iter().filter_map(|node| node["pid"].as_u64()).collect()
}

fn start(dir: &Path, arguments: &[&str]) -> (Child, Vec<u64>) {
    let mut command = program();
    command.args(["demo", "--dir", dir.to_str().unwrap()]).args(arguments);
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("six nodes run", || pids(dir).len() == 6);
    let pids = pids(dir);
    (child, pids)
}

#[test]
fn every_row_comes_out_as_claimed() {
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let ran = run(&["demo", "--keep", "--dir", dir.path().to_str().unwrap()], "");
    let took = started.elapsed();
    let nodes = pids(dir.path());
    let kept = nodes.len() == 6 && nodes.iter().all(|pid| is_alive(*pid));
    let down = run(&["cluster", "down", "--dir", dir.path().to_str().unwrap()], "");
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert!(kept && down.code == 0, "--keep leaves it up and `cluster down` ends it: {down:?}");
    assert!(!nodes.iter().any(|pid| is_alive(*pid)));
    assert!(took < Duration::from_secs(90), "{took:?}");
    assert!(ran.out.lines().any(|line| line.ends_with("rows came out as claimed")), "{}", ran.out);
    for part in [
        "11,681 points",
        "below-level",
        "no-replica",
        "meta-unavailable",
        "type-conflict",
        "malformed",
        "timeout",
        "unreachable",
        "cluster env",
    ] {
        assert!(ran.out.contains(part), "{part} is missing:\n{}", ran.out);
    }
}

#[test]
fn a_signal_leaves_nothing_running() {
    use rustix::process::{Pid, Signal, kill_process};
    for (signal, code) in [(Signal::INT, Some(130)), (Signal::TERM, Some(143)), (Signal::KILL, None)] {
        let dir = tempfile::tempdir().unwrap();
        let (mut child, pids) = start(dir.path(), &[]);
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(child.wait().unwrap().code(), code);
        until("no node is left", || !pids.iter().any(|pid| is_alive(*pid)));
    }
}

#[test]
fn the_directory_of_a_plain_run_is_gone_afterwards() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = program();
    command.arg("demo").env("TMPDIR", temporary.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The ports that test clusters agree on are noted beside it.
    let inside = || -> Option<PathBuf> {
        let paths = std::fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path());
        paths.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("influx-cli-demo"))
    };
    until("it has a directory", || inside().is_some_and(|dir| pids(&dir).len() == 6));
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::INT).unwrap();
    child.wait().unwrap();
    assert_eq!(inside(), None);
}

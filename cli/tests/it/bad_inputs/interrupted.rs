//! Signals other than the plain ones of `signals.rs`.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::PROGRAM;
use crate::harness::{Cluster, Ran, points, program, until};

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A run that has sent its first batch and whose input stays open.
fn waiting(cluster: &Cluster, wrapper: &[&str]) -> Child {
    let mut command = match wrapper {
        [] => program(),
        [first, rest @ ..] => {
            let mut command = std::process::Command::new(first);
            command.args(rest).arg(PROGRAM);
            command
        }
    };
    command.args(["write", "--json", "-d", "db", "-H", &cluster.url("data1"), "--flush-interval", "20ms"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(points("m", 5).as_bytes()).unwrap();
    until("the first batch is there", || cluster.count("data1", "m") == 5);
    child
}

fn ended(mut child: Child) -> Ran {
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    Ran { code: child.wait().unwrap().code().unwrap(), out, err }
}

fn single() -> Cluster {
    Cluster::with(&["--meta", "1", "--data", "1"]).database(1)
}

/// The terminal is closed: what was read is sent, and the counts are told to whoever still listens.
#[test]
fn a_hangup_is_an_orderly_end() {
    let cluster = single();
    let child = waiting(&cluster, &[]);
    signal(&child, Signal::HUP);
    let ran = ended(child);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (129, Some(5)), "{ran:?}");
}

/// Whoever starts it with `nohup` wants it to go on.
#[test]
fn a_hangup_that_was_ignored_before_stays_ignored() {
    let cluster = single();
    let mut child = waiting(&cluster, &["sh", "-c", "trap '' HUP INT; exec \"$0\" \"$@\""]);
    signal(&child, Signal::HUP);
    signal(&child, Signal::INT);
    child.stdin.as_mut().unwrap().write_all(points("after", 3).as_bytes()).unwrap();
    until("it goes on", || cluster.count("data1", "after") == 3);
    drop(child.stdin.take());
    let ran = ended(child);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(8)), "{ran:?}");
}

#[test]
fn stopped_and_continued() {
    let cluster = single();
    let mut child = waiting(&cluster, &[]);
    signal(&child, Signal::STOP);
    let stopped = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
    };
    if cfg!(target_os = "linux") {
        until("it is stopped", stopped);
    }
    child.stdin.as_mut().unwrap().write_all(points("n", 5).as_bytes()).unwrap();
    signal(&child, Signal::CONT);
    until("the rest is there", || cluster.count("data1", "n") == 5);
    drop(child.stdin.take());
    let ran = ended(child);
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (0, Some(10)), "{ran:?}");
}

/// Killed in the middle and run again: everything is there, and nothing twice, since every point has its time.
#[test]
fn killed_and_run_again() {
    let cluster = single();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("p.lp");
    std::fs::write(&file, points("k", 2_000)).unwrap();
    let host = cluster.url("data1");
    let arguments = ["write", "-qq", "-d", "db", "-H", &host, "--batch-lines", "10", file.to_str().unwrap()];
    let mut child = program().args(arguments).spawn().unwrap();
    until("some are there", || cluster.count("data1", "k") >= 20);
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    assert!(program().args(arguments).status().unwrap().success());
    assert_eq!(cluster.count("data1", "k"), 2_000);
}

/// Each signal ends a run that waits for a server which will never answer, within the limit for draining.
#[test]
fn a_server_that_hangs_does_not_keep_it() {
    let cluster = single();
    cluster.fault(&["hang", "data1", "--route", "/write"]);
    for (number, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut command = program();
        command.args(["write", "--json", "-d", "db", "-H", &cluster.url("data1"), "--timeout", "700ms"]);
        command.args(["--flush-interval", "20ms"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The input stays open: at its end the run would end by itself, perhaps before the signal.
        child.stdin.as_mut().unwrap().write_all(points("m", 5).as_bytes()).unwrap();
        let asleep = || {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            // Its handlers are in place once it catches the signal.
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
            u64::from_str_radix(&caught, 16).is_ok_and(|mask| mask >> (number.as_raw() - 1) & 1 == 1)
        };
        if cfg!(target_os = "linux") {
            until("it listens to signals", asleep);
        }
        let started = Instant::now();
        signal(&child, number);
        let ran = ended(child);
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
        ran.summary();
    }
}

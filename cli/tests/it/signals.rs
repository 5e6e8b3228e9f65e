//! Ctrl-C and SIGTERM.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Cluster, Ran, points, program, until};

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// A run whose input stays open, once it has sent its first batch.
fn waiting(cluster: &Cluster, flush: &str, arguments: &[&str]) -> Child {
    let mut command = program();
    command.args(["write", "--json", "-v", "-d", "db", "-H", &cluster.url("data1"), "--flush-interval", flush]);
    command.args(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pipe = child.stdin.as_mut().unwrap();
    pipe.write_all(points("m", 5).as_bytes()).unwrap();
    until("the first batch is there", || cluster.count("data1", "m") == 5);
    child
}

/// What a run said that ended while its input was open.
fn ended(mut child: Child) -> Ran {
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    Ran { code: child.wait().unwrap().code().unwrap(), out, err }
}

#[test]
fn the_first_signal_sends_what_was_read_and_tells_the_counts() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    for (number, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = waiting(&cluster, "1h", &["--batch-lines", "5"]);
        // Fewer than a batch, so that they wait in memory; and half a line, which is no point. When that is read, the
        // lines before it have been taken.
        let measurement = format!("rest{code}");
        for rest in [points(&measurement, 3), "half v=1".to_owned()] {
            child.stdin.as_mut().unwrap().write_all(rest.as_bytes()).unwrap();
            until("the pipe is empty", || rustix::io::ioctl_fionread(child.stdin.as_ref().unwrap()).unwrap() == 0);
        }
        signal(&child, number);
        let ran = ended(child);
        assert_eq!(ran.code, code, "{ran:?}");
        let summary = ran.summary();
        assert_eq!(summary["points"]["accepted"], 8, "{summary}");
        assert_eq!(summary["input_complete"], false);
        assert_eq!(cluster.count("data1", &measurement), 3);
    }
}

#[test]
fn the_second_signal_ends_it_at_once() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let mut child = waiting(&cluster, "100ms", &["--timeout", "60s"]);
    cluster.fault(&["pause", "data1"]);
    child.stdin.as_mut().unwrap().write_all(points("n", 5).as_bytes()).unwrap();
    signal(&child, Signal::INT);
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("ending:") {
        line.clear();
        assert_ne!(errors.read_line(&mut line).unwrap(), 0, "it ended at the first signal");
    }
    let started = Instant::now();
    signal(&child, Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // The request would be waited for for a minute.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    cluster.fault(&["resume", "data1"]);
}

#[test]
fn draining_has_a_limit_and_what_it_cut_off_is_unknown() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let mut child = waiting(&cluster, "100ms", &["--timeout", "1s"]);
    cluster.fault(&["pause", "data1"]);
    child.stdin.as_mut().unwrap().write_all(points("n", 5).as_bytes()).unwrap();
    signal(&child, Signal::INT);
    let ran = ended(child);
    assert_eq!(ran.code, 130, "{ran:?}");
    let points = ran.summary()["points"].clone();
    let open = points["unknown"].as_u64().unwrap() + points["unsent"].as_u64().unwrap();
    assert_eq!((points["accepted"].as_u64(), open), (Some(5), points["read"].as_u64().unwrap() - 5), "{points}");
    cluster.fault(&["resume", "data1"]);
}

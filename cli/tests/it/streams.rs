//! Standard streams that are closed, broken, slow or strange.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::harness::{Cluster, points, program, run, run_command, until, weather};

const PROGRAM: &str = env!("CARGO_BIN_EXE_influx-cli");

fn shell(script: &str) -> crate::harness::Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", script]);
    run_command(shell, b"")
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let ran = shell(&format!("({PROGRAM} explain; echo $? >&2) | head -c 1"));
    assert_eq!(ran.err.trim(), "0", "{ran:?}");
    let ran = shell(&format!("({PROGRAM} explain --json; echo $? >&2) | true"));
    assert_eq!(ran.err.trim(), "0", "{ran:?}");
}

#[test]
fn the_data_matters_more_than_the_report() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let url = cluster.url("data1");
    let file = weather();
    let file = file.to_str().unwrap();
    let ran = shell(&format!(
        "({PROGRAM} write -v --json -d db -H {url} --batch-lines 1000 {file} 2>/dev/null; echo $? >&2) | head -n 1"
    ));
    assert_eq!(ran.err.trim(), "0", "{ran:?}");
    assert_eq!(cluster.query("data1", "SELECT count(temp_max) FROM weather")[0][1], 2_922);
    // Closed from the start.
    let ran = shell(&format!("{PROGRAM} write --json -d db -H {url} {file} >&- 2>&-; echo $?"));
    assert_eq!(ran.out.trim(), "0", "{ran:?}");
    if std::path::Path::new("/dev/full").exists() {
        let ran = shell(&format!("{PROGRAM} write --json -d db -H {url} {file} > /dev/full"));
        assert_eq!(ran.code, 23, "a report that cannot be written is no success: {ran:?}");
    }
}

#[test]
fn a_closed_standard_input_is_an_empty_one() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let ran = shell(&format!("{PROGRAM} write -d db -H {} <&-", cluster.url("data1")));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("0 read"), "{}", ran.err);
}

#[test]
fn the_summary_is_two_lines_for_people() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let ran = run(&["write", "-d", "db", "-H", &cluster.url("data1")], points("m", 3));
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.err);
    assert!(lines[0].starts_with("ok: 3 points at one to db in "), "{}", lines[0]);
    assert_eq!(lines[1], "3 read = 3 accepted");
}

#[test]
fn what_waits_in_a_silent_pipe_is_sent() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let mut command = program();
    command.args(["write", "-d", "db", "-H", &cluster.url("data1"), "--flush-interval", "100ms", "--json", "-v"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(b"m v=1 1\nm v=2 2\nm v=").unwrap();
    until("the whole lines are there", || cluster.count("data1", "m") == 2);
    pipe.write_all(b"3 3").unwrap();
    drop(pipe);
    let out = BufReader::new(child.stdout.take().unwrap()).lines().last().unwrap().unwrap();
    assert!(child.wait().unwrap().success());
    assert!(out.contains("\"accepted\":3"), "{out}");
    assert_eq!(cluster.count("data1", "m"), 3);
}

#[test]
fn anything_at_all_is_counted_and_judged() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    // Bytes of every value, in lines of odd lengths; nothing of it is a point but the last line.
    let mut junk: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    junk.retain(|byte| *byte != b'"' && *byte != b'\\');
    junk.insert(0, b'x');
    junk.extend(b"\nm v=1 1\n");
    let ran = cluster.write(&[], junk);
    let summary = ran.summary();
    assert!((30..=31).contains(&ran.code), "{ran:?}");
    assert!(summary["points"]["rejected"].as_u64().unwrap() > 10, "{summary}");
    assert_eq!(cluster.count("data1", "m"), 1);
    // A quote that is never closed costs its own line.
    let open = cluster.write(&[], format!("open v=1,s=\"never 1\n{}", points("after", 5)));
    assert_eq!((open.code, open.summary()["points"]["accepted"].as_u64()), (31, Some(5)), "{open:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_input() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let mut command = program();
    command.args(["write", "-qq", "-d", "db", "-H", &cluster.url("data1"), "--batch-bytes", "1MiB"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let line = format!("{}\n", "x".repeat(1 << 20));
    let comment = format!("# {line}");
    for _ in 0..60 {
        // Sixty megabytes of comments without a point, then as much of one line.
        pipe.write_all(comment.as_bytes()).unwrap();
    }
    for _ in 0..60 {
        pipe.write_all(line.trim_end().as_bytes()).unwrap();
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(pipe);
    assert_eq!(child.wait().unwrap().code(), Some(34));
    assert!(peak < 40 * 1_024, "{peak} KiB at the peak");
}

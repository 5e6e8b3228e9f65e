//! Defects of other tools that write to InfluxDB 1.x, each with a test that this one has not got it. Other files test most of
//! it in depth; here each is short, and all of them are together.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Cluster, Ran, points, program, run, until};

fn single() -> Cluster {
    Cluster::with(&["--meta", "1", "--data", "1"]).database(1)
}

fn counted(ran: &Ran, name: &str) -> u64 {
    ran.summary()["points"][name].as_u64().unwrap()
}

/// Writes a file in both ways there are.
fn both_ways(cluster: &Cluster, arguments: &[&str], text: &str) -> Vec<Ran> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("points.lp");
    fs::write(&file, text).unwrap();
    let url = cluster.url("data1");
    let of = |command: &[&str]| {
        let all = [command, &["--json", "-H", &url, "-d", "db"], arguments, &[file.to_str().unwrap()]].concat();
        run(&all, "")
    };
    vec![of(&["write"]), of(&["import", "--journal", "off"])]
}

fn databases(cluster: &Cluster) -> Vec<Value> {
    cluster.query("data1", "SHOW DATABASES").into_iter().map(|row| row[0].clone()).collect()
}

/// A last line without a line end was dropped in silence.
#[test]
fn d01_the_last_line_needs_no_line_end() {
    let cluster = single();
    for ran in both_ways(&cluster, &[], "m v=1 1\nm v=2 2") {
        assert_eq!((ran.code, counted(&ran, "accepted")), (0, 2), "{ran:?}");
    }
    assert_eq!(cluster.count("data1", "m"), 2);
}

/// A file without `# DML` was run as queries, and that ended with 0.
#[test]
fn d02_a_file_without_headers_holds_points() {
    let cluster = single();
    for ran in both_ways(&cluster, &[], "CREATE DATABASE evil\nm v=1 1\n") {
        assert_eq!((ran.code, counted(&ran, "accepted"), counted(&ran, "rejected")), (31, 1, 1), "{ran:?}");
    }
    assert_eq!(cluster.count("data1", "m"), 1);
    assert!(!databases(&cluster).contains(&Value::from("evil")));
}

/// One bad line made the whole batch count as failed, though the server had kept the others.
#[test]
fn d03_one_bad_line_is_one_bad_line() {
    let cluster = single();
    assert_eq!(cluster.write(&[], "typed v=1 1\n").code, 0);
    let text = points("m", 2_500) + "typed v=\"x\" 2\n" + &points("n", 2_499);
    for ran in both_ways(&cluster, &[], &text) {
        assert_eq!((ran.code, counted(&ran, "accepted"), counted(&ran, "rejected")), (32, 4_999, 1), "{ran:?}");
        assert_eq!(ran.events_of("reject")[0]["line"], 2_501);
    }
    assert_eq!((cluster.count("data1", "m"), cluster.count("data1", "n")), (2_500, 2_499));
}

/// A statement that failed changed nothing, neither the course nor the exit code.
#[test]
fn d04_a_statement_that_fails_stops_the_import() {
    let cluster = single();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("dump.lp");
    let url = cluster.url("data1");
    let import = |ddl: &str| {
        fs::write(&file, format!("# DDL\n{ddl}\n# DML\n# CONTEXT-DATABASE: db\nm v=1 1\n")).unwrap();
        run(&["import", "-H", &url, "--journal", "off", file.to_str().unwrap()], "")
    };
    let ran = import("CREATE DATABASE");
    assert_eq!(ran.code / 10, 2, "{ran:?}");
    assert_eq!(cluster.count("data1", "m"), 0, "nothing was written after it");
    assert_eq!(import("CREATE DATABASE other").code, 0);
    assert_eq!(cluster.count("data1", "m"), 1);
    assert!(databases(&cluster).contains(&Value::from("other")));
}

/// With the server gone, the whole rest of the file was read and poured out on standard error.
#[test]
fn d05_a_server_that_is_gone_ends_it() {
    let cluster = single();
    let mut command = program();
    command.args(["write", "--json", "-d", "db", "-H", &cluster.url("data1"), "--batch-lines", "10"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(points("m", 50).as_bytes()).unwrap();
    until("it is under way", || cluster.count("data1", "m") == 50);
    cluster.fault(&["kill", "data1"]);
    let rest = std::thread::spawn(move || drop(pipe.write_all(points("rest", 100_000).as_bytes())));
    let ran = Ran::of(&child.wait_with_output().unwrap());
    rest.join().unwrap();
    assert!(ran.code == 10 || ran.code == 11, "{ran:?}");
    assert!(ran.err.len() < 2_000 && ran.err.matches("rest,host=a").count() <= 1, "{}", ran.err);
    assert!(counted(&ran, "read") < 50_000 && ran.summary()["input_complete"] == false, "{ran:?}");
}

/// The level was `all` unless another was given, so that one dead node failed every batch.
#[test]
fn d06_one_dead_node_does_not_fail_a_plain_write() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1));
    cluster.fault(&["kill", "data3"]);
    for ran in both_ways(&cluster, &[], &points("m", 5)) {
        assert_eq!((ran.code, counted(&ran, "accepted")), (0, 5), "{ran:?}");
    }
}

/// There was no time-out at all: a server that hung hung it for ever.
#[test]
fn d07_a_server_that_hangs_is_waited_for_within_limits() {
    let cluster = single();
    cluster.fault(&["hang", "data1"]);
    let ran = cluster.write(&["--timeout", "500ms"], points("m", 5));
    assert_eq!((ran.code, counted(&ran, "unknown")), (11, 5), "{ran:?}");
    let waited = ran.events_of("batch")[0]["ms"].as_u64().unwrap();
    // Where nothing is given, 15 s hold.
    assert!(waited < 12_000, "{waited} ms");
    for command in ["write", "import", "query", "ping"] {
        let help = run(&[command, "--help"], "").out;
        let limit = help.split("--timeout <TIME>").nth(1).unwrap_or_else(|| panic!("{command} has no limit: {help}"));
        assert!(limit.split("--").next().unwrap().contains("[default: "), "{command}: {limit}");
    }
}

/// Batches were cut inside a string with line ends.
#[test]
fn d08_a_string_with_line_ends_stays_whole() {
    let cluster = single();
    let text: String = (0..9).map(|n| format!("log v=1,text=\"a\nb,c=d 1\n\\\"e\" {n}\n")).collect();
    for ran in both_ways(&cluster, &["--batch-lines", "1"], &text) {
        assert_eq!((ran.code, counted(&ran, "accepted")), (0, 9), "{ran:?}");
    }
    assert_eq!(cluster.query("data1", "SELECT text FROM log LIMIT 1")[0][1], "a\nb,c=d 1\n\"e");
}

/// A file for errors that was there already was opened for reading, and the second run's errors were lost, with exit 0.
#[test]
fn d09_refused_lines_are_added_to_those_of_the_run_before() {
    let cluster = single();
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.lp");
    for n in 1..=2 {
        let ran = cluster.write(&["--rejects", bad.to_str().unwrap()], format!("m v=1 1\nm v= {n}\n"));
        assert_eq!(ran.code, 31, "{ran:?}");
        let kept = fs::read_to_string(&bad).unwrap();
        assert_eq!(kept.lines().filter(|line| line.starts_with("m v= ")).count(), n, "{kept}");
    }
}

/// The first batch that failed ended the run, and nothing told how far it had got.
#[test]
fn d10_a_run_goes_on_after_a_failed_batch_and_tells_its_place() {
    let cluster = single();
    assert_eq!(cluster.write(&[], points("before", 1)).code, 0);
    cluster.fault(&["reply", "data1", "--class", "no-replica", "--times", "1", "--route", "/write"]);
    let lines = points("m", 30);
    let ran = cluster.write(&["--batch-lines", "10"], &lines);
    assert_eq!((ran.code, counted(&ran, "accepted"), counted(&ran, "unknown")), (14, 20, 10), "{ran:?}");
    let failed = &ran.events_of("batch")[0];
    let ended = lines.lines().take(10).map(|line| line.len() + 1).sum::<usize>();
    assert_eq!((failed["first_line"].as_u64(), failed["last_line"].as_u64()), (Some(1), Some(10)), "{failed}");
    assert_eq!(failed["byte_end"], ended, "{failed}");
}

/// `500 partial write`, a level that was not met, was logged as dropped points and counted as delivered.
#[test]
fn d11_a_level_that_was_not_met_is_not_delivered() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1) + "before v=1 1\n");
    cluster.fault(&["kill", "data2", "data3"]);
    let ran = cluster.write(&["-c", "quorum"], points("m", 5));
    assert_eq!((ran.code, counted(&ran, "accepted"), counted(&ran, "below_level")), (12, 0, 5), "{ran:?}");
    let ran = cluster.write(&["-c", "one"], "m v=\nm v=1 1\n");
    assert_eq!(
        (ran.code, counted(&ran, "accepted"), counted(&ran, "rejected")),
        (31, 1, 1),
        "and dropped points are: {ran:?}"
    );
}

/// Every 4xx was dropped, whatever it meant: a wrong password, a body too large, push-back.
#[test]
fn d12_no_refusal_drops_points_in_silence() {
    let cluster = single();
    let reply = |status: &str, times: &str| {
        cluster.fault(&["heal"]);
        cluster.fault(&["reply", "data1", "--status", status, "--error", "no", "--times", times, "--route", "/write"]);
    };
    for (status, code, count) in [("401", 20, "not_stored"), ("403", 20, "not_stored"), ("429", 13, "unknown")] {
        reply(status, "9");
        let ran = cluster.write(&[], points("refused", 5));
        assert_eq!((ran.code, counted(&ran, "accepted"), counted(&ran, count)), (code, 0, 5), "{status}: {ran:?}");
    }
    reply("429", "1");
    assert_eq!(cluster.write(&["--retries", "2", "--backoff", "1ms..5ms"], points("pushed", 5)).code, 0);
    reply("413", "1");
    let ran = cluster.write(&[], points("large", 6));
    assert_eq!((ran.code, counted(&ran, "accepted")), (0, 6), "a body too large is sent in pieces: {ran:?}");
    assert_eq!((cluster.count("data1", "pushed"), cluster.count("data1", "large")), (5, 6));
}

/// Only one of two texts for points beyond the retention policy was known; the other was sent again and again.
#[test]
fn d13_points_beyond_the_retention_policy_are_known_by_both_texts() {
    let cluster = single();
    cluster.query("data1", "CREATE RETENTION POLICY short ON db DURATION 1h REPLICATION 1");
    let ran = cluster.write(&["--rp", "short", "--retries", "5", "--backoff", "1ms..2ms"], "old v=1 1\n");
    assert_eq!((ran.code, counted(&ran, "rejected")), (33, 1), "{ran:?}");
    let since_1_12 = "dropped 1 points outside retention policy of duration 1h0m0s - dropped=1 for database: db for \
                      retention policy: short";
    for text in ["points beyond retention policy dropped=1", since_1_12] {
        cluster.fault(&["heal"]);
        let text = format!("partial write: {text}");
        cluster.fault(&[
            "reply",
            "data1",
            "--status",
            "400",
            "--error",
            &text,
            "--route",
            "/write",
            "--after-handling",
        ]);
        let ran = cluster.write(&["--retries", "5", "--backoff", "1ms..2ms"], "old v=1 1\n");
        assert_eq!(
            (ran.code, ran.summary()["attempts"].as_u64()),
            (33, Some(1)),
            "it is not tried again: {text}: {ran:?}"
        );
    }
}

/// What no retry mends was tried ten times, without jitter or a cap, and with a pause behind the last attempt.
#[test]
fn d14_what_no_retry_mends_is_tried_once_and_no_pause_comes_last() {
    let cluster = single();
    for (status, code) in [("401", 20), ("403", 20), ("404", 21), ("413", 34)] {
        cluster.fault(&["heal"]);
        let text = if status == "404" { "database not found: \"db\"" } else { "no" };
        cluster.fault(&["reply", "data1", "--status", status, "--error", text, "--route", "/write"]);
        let ran = cluster.write(&["--retries", "9", "--backoff", "5s..5s"], "m v=1 1\n");
        assert_eq!((ran.code, ran.summary()["attempts"].as_u64()), (code, Some(1)), "{status}: {ran:?}");
    }
    cluster.fault(&["heal"]);
    cluster.fault(&["reply", "data1", "--class", "overloaded", "--route", "/write"]);
    let started = Instant::now();
    let ran = cluster.write(&["--retries", "0", "--backoff", "5m..5m"], "m v=1 1\n");
    assert_eq!(ran.code, 13, "{ran:?}");
    assert!(started.elapsed() < Duration::from_secs(30), "a pause came last: {:?}", started.elapsed());
    let ran = cluster.write(&["--retries", "3", "--backoff", "10ms..50ms"], "m v=1 1\n");
    assert_eq!((ran.code, ran.summary()["attempts"].as_u64()), (13, Some(4)), "{ran:?}");
}

/// A full disk comes as `400 partial write: … no space left on device dropped=1`, and is no fault of the data.
#[test]
fn d15_a_full_disk_is_no_fault_of_the_data() {
    let cluster = single();
    let text = "partial write: [shard 7] write /wal/_00001.wal: no space left on device dropped=1";
    cluster.fault(&["reply", "data1", "--status", "400", "--error", text, "--times", "1", "--route", "/write"]);
    let ran = cluster.write(&[], points("m", 3));
    assert_eq!((ran.code, counted(&ran, "unknown"), counted(&ran, "rejected")), (13, 3, 0), "{ran:?}");
    cluster.fault(&["disk-full", "data1"]);
    let ran = cluster.write(&[], points("n", 3));
    assert!(ran.code == 13 || ran.code == 14, "{ran:?}");
    let arguments = ["--retries", "unlimited", "--backoff", "100ms..200ms"];
    let ran = std::thread::scope(|scope| {
        let writing = scope.spawn(|| cluster.write(&arguments, points("n", 3)));
        cluster.fault(&["heal"]);
        writing.join().unwrap()
    });
    assert_eq!((ran.code, cluster.count("data1", "n")), (0, 3), "with room again it is stored: {ran:?}");
}

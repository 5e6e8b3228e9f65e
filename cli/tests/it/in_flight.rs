//! Requests side by side: what limits them, what a run puts up with, and that the counts still add up.

use std::collections::HashSet;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Cluster, Ran, points, run};

fn single() -> Cluster {
    Cluster::with(&["--meta", "1", "--data", "1"]).database(1)
}

fn counted(ran: &Ran, name: &str) -> u64 {
    ran.summary()["points"][name].as_u64().unwrap()
}

#[test]
fn slow_answers_overlap_and_every_line_is_sent_once() {
    let cluster = single();
    cluster.fault(&["reply", "data1", "--delay", "1s", "--route", "/write"]);
    let started = Instant::now();
    let arguments = ["-v", "--batch-lines", "10", "--in-flight", "8"];
    let ran = cluster.write(&arguments, points("m", 160));
    let side_by_side = started.elapsed();
    assert_eq!((ran.code, counted(&ran, "accepted")), (0, 160), "{ran:?}");
    let peak = ran.summary()["peak_in_flight"].as_u64().unwrap();
    assert!((2..=8).contains(&peak), "{peak}");
    // One after the other they would take 16 s by their delays alone.
    assert!(side_by_side < Duration::from_secs(15), "{side_by_side:?}");
    let batches = ran.events_of("batch");
    let first_lines: HashSet<u64> = batches.iter().map(|batch| batch["first_line"].as_u64().unwrap()).collect();
    assert_eq!((batches.len(), first_lines.len()), (16, 16));
    cluster.fault(&["heal"]);
    assert_eq!(cluster.count("data1", "m"), 160);
}

#[test]
fn lines_that_overwrite_each_other_do_so_in_their_order() {
    let cluster = single();
    // The first request for each time is the slowest.
    cluster.fault(&["reply", "data1", "--delay", "150ms", "--route", "/write", "--times", "4"]);
    let rounds: String = (0..12).map(|round| format!("m,a=x v={round} 7\nother v={round} {round}\n")).collect();
    let ran = cluster.write(&["--batch-lines", "2", "--in-flight", "8"], rounds);
    assert_eq!((ran.code, counted(&ran, "accepted")), (0, 24), "{ran:?}");
    assert_eq!(ran.summary()["peak_in_flight"], 1, "each holds a value for the same place: {ran:?}");
    assert_eq!(cluster.query("data1", "SELECT v FROM m")[0][1], 11);
}

#[test]
fn push_back_leaves_fewer_requests_under_way() {
    let cluster = single();
    cluster.fault(&["reply", "data1", "--class", "overloaded", "--times", "8", "--route", "/write"]);
    let arguments = ["--batch-lines", "5", "--in-flight", "8", "--retries", "unlimited", "--backoff", "20ms..40ms"];
    let arguments = [&arguments[..], &["--progress", "json"]].concat();
    let ran = cluster.write(&arguments, points("m", 400));
    assert_eq!((ran.code, counted(&ran, "accepted")), (0, 400), "{ran:?}");
    assert_eq!(ran.summary()["attempts"], 88, "each refused request is sent once more");
    assert_eq!(cluster.count("data1", "m"), 400);
}

#[test]
fn the_heartbeat_tells_what_goes_on_while_nothing_is_answered() {
    let cluster = single();
    cluster.fault(&["reply", "data1", "--class", "overloaded", "--route", "/write"]);
    let arguments = ["--in-flight", "4", "--retry-budget", "2500ms", "--backoff", "100ms..300ms", "--progress", "json"];
    let ran = cluster.write(&arguments, points("m", 10));
    assert_eq!((ran.code, counted(&ran, "unknown") + counted(&ran, "not_stored")), (13, 10), "{ran:?}");
    let beats: Vec<Value> = ran.err.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let last = beats.last().unwrap_or_else(|| panic!("no heartbeat: {ran:?}"));
    assert_eq!((last["type"].as_str(), last["trouble"].as_str()), (Some("progress"), Some("overloaded")), "{last}");
    assert_eq!(last["in_flight"], 1);
    assert!(last["in_flight_allowed"].as_u64().unwrap() < 4, "{last}");
    assert!(last["retries"].as_u64().unwrap() >= 1, "{last}");
}

#[test]
fn rates_space_the_requests() {
    let cluster = single();
    for rate in [["--rate-points", "200/s"], ["--rate-bytes", "8KiB/s"]] {
        let started = Instant::now();
        let ran = cluster.write(&rate, points("m", 400));
        assert_eq!((ran.code, counted(&ran, "accepted")), (0, 400), "{ran:?}");
        // Two seconds' worth, of which the last one need not be waited for.
        assert!(started.elapsed() >= Duration::from_millis(900), "{rate:?}: {:?}", started.elapsed());
    }
}

#[test]
fn below_the_level_is_a_failure_is_retried_or_is_accepted() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 1));
    cluster.fault(&["kill", "data3"]);
    let ran = cluster.write(&["-c", "all", "--retries", "5"], points("fails", 2));
    assert_eq!((ran.code, ran.summary()["attempts"].as_u64()), (12, Some(1)), "not in the list: {ran:?}");
    let ran = cluster.write(&["-c", "all", "--on-below-level", "accept"], points("accepted", 2));
    assert_eq!((ran.code, counted(&ran, "below_level")), (0, 2), "{ran:?}");
    assert_eq!(ran.summary()["batches"]["below-level"], 1, "{ran:?}");
    assert!(ran.err.contains("warning:"), "{ran:?}");
    let arguments = ["-c", "all", "--on-below-level", "retry", "--retries", "2", "--backoff", "1ms..2ms"];
    let ran = cluster.write(&arguments, points("retried", 2));
    assert_eq!((ran.code, ran.summary()["attempts"].as_u64()), (12, Some(3)), "{ran:?}");
    cluster.fault(&["restart", "data3"]);
    let arguments = ["-c", "all", "--on-below-level", "retry", "--retry-budget", "60s", "--backoff", "50ms..200ms"];
    let ran = cluster.write(&arguments, points("met", 2));
    assert_eq!((ran.code, counted(&ran, "accepted")), (0, 2), "{ran:?}");
}

#[test]
fn what_may_be_refused_is_counted_and_limited() {
    let cluster = single();
    let bad = |lines: u64| points("m", 10) + &"m v=\n".repeat(lines as usize);
    assert_eq!(cluster.write(&["--allow-rejected"], bad(2)).code, 0);
    assert_eq!(cluster.write(&["--max-rejected", "2"], bad(2)).code, 31, "within the limit, but told");
    assert_eq!(cluster.write(&["--max-rejected", "2", "--allow-rejected"], bad(2)).code, 0);
    let ran = cluster.write(&["--max-rejected", "10%", "--allow-rejected"], bad(2));
    assert_eq!((ran.code, ran.summary()["class"].as_str()), (35, Some("too-many-rejected")), "{ran:?}");
    // The run ends where the limit is passed; what is left is told.
    let many = "m v=\n".repeat(10) + &points("rest", 50);
    let ran = cluster.write(&["--max-rejected", "5", "--batch-lines", "10"], many);
    assert_eq!((ran.code, counted(&ran, "rejected"), counted(&ran, "accepted")), (35, 10, 0), "{ran:?}");
    assert_eq!(ran.summary()["input_complete"], false);
}

#[test]
fn the_summary_goes_to_a_file_as_well() {
    let cluster = single();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.json");
    let host = cluster.url("data1");
    let ran = run(&["write", "-H", &host, "-d", "db", "--summary-file", path.to_str().unwrap()], points("m", 3));
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    let summary: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((summary["type"].as_str(), summary["points"]["accepted"].as_u64()), (Some("summary"), Some(3)));
    let ran = run(&["write", "-H", &host, "-d", "db", "--summary-file", "/absent/s.json"], points("n", 3));
    assert_eq!((ran.code, cluster.count("data1", "n")), (23, 0), "{ran:?}");
}

#[test]
fn a_window_makes_each_verdict_one_about_one_shard_group() {
    let cluster = Cluster::up().database(3);
    let week = 604_800_000_000_000_u64;
    let monday = 1_451_865_600_000_000_000_u64;
    let lines = |measurement: &str, weeks: u64| -> String {
        (0..weeks).map(|n| format!("{measurement} v={n} {}\n", monday + n * week)).collect()
    };
    cluster.begin_with(lines("before", 1));
    // Only the first week has a shard group, and no other can be made: the coordinator tries for ten seconds.
    cluster.fault(&["meta-down"]);
    let whole = cluster.write(&["--timeout", "60s"], lines("whole", 3));
    assert_eq!((whole.code, counted(&whole, "accepted")), (15, 0), "{whole:?}");
    let cut = cluster.write(&["--timeout", "60s", "--window", "7d"], lines("cut", 3));
    assert_eq!((cut.code, counted(&cut, "accepted"), counted(&cut, "not_stored")), (15, 1, 2), "{cut:?}");
    assert_eq!(cut.summary()["attempts"], 2);
    cluster.fault(&["heal"]);
    cluster.begin_with(lines("before", 9));
    // The server tells the duration, and a request that would fall into too many parts stays whole.
    let auto = cluster.write(&["--window", "auto"], lines("auto", 4));
    assert_eq!((auto.code, auto.summary()["attempts"].as_u64()), (0, Some(4)), "{auto:?}");
    let many = cluster.write(&["--window", "auto"], lines("many", 9));
    assert_eq!((many.code, many.summary()["attempts"].as_u64()), (0, Some(1)), "{many:?}");
}

#[test]
fn what_was_too_large_once_is_not_tried_again() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1", "--set", "max-body-size=4096"]).database(1);
    let ran = cluster.write(&["-v", "--batch-lines", "200"], points("m", 1_000));
    assert_eq!((ran.code, counted(&ran, "accepted")), (0, 1_000), "{ran:?}");
    let too_large = |batch: &Value| batch["attempts"].as_u64().unwrap() > 1;
    let split = ran.events_of("batch").iter().filter(|batch| too_large(batch)).count();
    assert!(split <= 3, "{split} batches were found to be too large: {ran:?}");
    assert_eq!(cluster.count("data1", "m"), 1_000);
}

#[test]
fn a_class_that_must_not_be_sent_again_is_refused_as_a_setting() {
    for list in ["16", "11,21", "malformed", "7"] {
        let ran = run(&["write", "-d", "db", "--retry-on", list], "");
        assert_eq!(ran.code, 2, "{list}: {ran:?}");
    }
}

/// What was never sent must not be taken for stored or queued, whatever became of the rest.
#[test]
fn no_class_promises_more_than_was_acknowledged() {
    let cluster = Cluster::up().database(3);
    let day = 86_400_000_000_000_u64;
    let days = |measurement: &str| -> String {
        (0..3).map(|n| format!("{measurement} v={n} {}\n", 1_451_865_600_000_000_000 + n * day)).collect()
    };
    cluster.begin_with("typed f=1 1\n".to_owned() + &days("before"));
    let lines = "typed f=\"x\" 2\nrest f=1 1\nrest f=1 2\n";
    for flags in
        [&["--fail-fast", "--batch-lines", "1"][..], &["--fail-fast", "--batch-lines", "1", "--allow-rejected"]]
    {
        let ran = cluster.write(flags, lines);
        assert_eq!((ran.code, counted(&ran, "rejected"), counted(&ran, "accepted")), (11, 1, 0), "{ran:?}");
    }
    cluster.fault(&["kill", "data3"]);
    // Each shard group is sent, although the first one misses its level.
    let ran = cluster.write(&["-c", "all", "--window", "1d", "--on-below-level", "accept"], days("m"));
    assert_eq!((ran.code, counted(&ran, "below_level")), (0, 3), "{ran:?}");
    assert_eq!(ran.summary()["attempts"], 3);
    cluster.fault(&["reply", "data1", "--class", "deferred", "--route", "/write", "--times", "1"]);
    let ran = cluster.write(&["-c", "quorum", "--window", "1d"], days("n"));
    assert_eq!((ran.code, counted(&ran, "deferred"), counted(&ran, "accepted")), (16, 1, 2), "{ran:?}");
    cluster.fault(&["reply", "data1", "--class", "deferred", "--route", "/write", "--times", "1"]);
    let ran = cluster.write(&["-c", "quorum", "--fail-fast", "--batch-lines", "1"], days("o"));
    assert_eq!((ran.code, counted(&ran, "deferred")), (11, 1), "the rest is to be sent: {ran:?}");
}

#[test]
fn what_may_be_read_twice_is_not_sent_without_a_time() {
    let cluster = single();
    let ran = cluster.write(&["--precision", "s", "--stamp-from", "1451865600000000000"], "m v=1\nm v=2 7\n");
    assert_eq!((ran.code, counted(&ran, "accepted"), counted(&ran, "rejected")), (31, 1, 1), "{ran:?}");
    assert!(ran.events_of("reject")[0]["error"].as_str().unwrap().contains("stamp"), "{ran:?}");
    let ran = cluster.write(&["-q"], "m v=\n");
    assert!(ran.code == 31 && ran.err.contains("error[31]: 1 of 1 point refused"), "{ran:?}");
}

//! Each class on a real cluster: the exit code, the counts, and what the replicas hold.

use std::fs;

use crate::harness::{Cluster, NOBODY, points, run, until};

#[test]
fn a_dead_replica_is_fine_at_quorum_and_below_the_level_at_all() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("before", 5));
    cluster.fault(&["kill", "data3"]);
    let quorum = cluster.write(&["-c", "quorum"], points("quorum", 5));
    assert_eq!((quorum.code, quorum.summary()["outcome"].as_str()), (0, Some("stored")), "{quorum:?}");
    let all = cluster.write(&["-c", "ALL"], points("both", 5));
    assert_eq!(all.code, 12, "{all:?}");
    let summary = all.summary();
    assert_eq!(summary["class"], "below-level");
    assert_eq!(summary["outcome"], "below-level");
    assert_eq!(summary["points"]["below_level"], 5);
    assert_eq!(summary["attempts"], 1, "one attempt by default");
    let batch = &all.events_of("batch")[0];
    assert_eq!((batch["status"].as_u64(), batch["error"].as_str()), (Some(500), Some("partial write")));
    assert!(batch["request_id"].is_string() && batch["host"].is_string(), "{batch}");
    for measurement in ["quorum", "both"] {
        assert_eq!((cluster.count("data1", measurement), cluster.count("data2", measurement)), (5, 5));
    }
    cluster.fault(&["restart", "data3"]);
    until("hinted handoff brings the rest", || ["quorum", "both"].iter().all(|m| cluster.count("data3", m) == 5));
}

#[test]
fn an_address_that_cannot_be_reached_is_passed_over() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let dead = NOBODY;
    let both = format!("{dead},{}", cluster.url("data1"));
    for _ in 0..4 {
        let ran = run(&["write", "--json", "-H", &both, "-d", "db"], points("m", 5));
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let none = run(&["write", "--json", "-H", dead, "-d", "db", "--batch-lines", "2"], points("m", 10));
    assert_eq!(none.code, 10, "{none:?}");
    let summary = none.summary();
    assert_eq!((summary["class"].as_str(), summary["outcome"].as_str()), (Some("unreachable"), Some("not-stored")));
    assert_eq!(summary["points"]["not_stored"], 2, "the run ends at the first batch: {summary}");
    assert!(summary["points"]["unsent"].as_u64().unwrap() <= 8);
}

#[test]
fn a_paused_replica_leaves_no_verdict_and_the_points_come_later() {
    let cluster = Cluster::waiting("1s").database(3);
    cluster.begin_with(points("before", 1));
    cluster.fault(&["pause", "data2"]);
    let ran = cluster.write(&["-c", "all"], points("m", 5));
    assert_eq!(ran.code, 11, "{ran:?}");
    let summary = ran.summary();
    assert_eq!((summary["outcome"].as_str(), summary["points"]["unknown"].as_u64()), (Some("unknown"), Some(5)));
    cluster.fault(&["resume", "data2"]);
    until("the points came", || cluster.count("data2", "m") == 5);

    // The coordinator itself paused: the client's own time-out.
    cluster.fault(&["pause", "data1"]);
    let ran = cluster.write(&["--timeout", "500ms"], points("n", 5));
    assert_eq!(ran.code, 11, "{ran:?}");
    assert_eq!(ran.summary()["points"]["unknown"], 5);
    cluster.fault(&["resume", "data1"]);
}

#[test]
fn refused_points_are_named_and_the_others_stored() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with("typed f=1 1\n".to_owned() + &points("before", 1));
    let dir = tempfile::tempdir().unwrap();
    let rejects = dir.path().join("bad.lp");
    let rejects_file = rejects.to_str().unwrap();

    let conflict = format!("{}typed f=\"x\" 2\n{}", points("m", 3), points("n", 3));
    let ran = cluster.write(&["-c", "quorum", "--rejects", rejects_file], conflict);
    assert_eq!(ran.code, 32, "{ran:?}");
    let summary = ran.summary();
    assert_eq!((summary["points"]["accepted"].as_u64(), summary["points"]["rejected"].as_u64()), (Some(6), Some(1)));
    assert_eq!(summary["rejects"], rejects_file);
    let reject = &ran.events_of("reject")[0];
    assert_eq!((reject["line"].as_u64(), reject["text"].as_str()), (Some(4), Some("typed f=\"x\" 2")));

    let unparsable = format!("{}typed f= 3\n{}", points("o", 3), points("p", 3));
    let ran = cluster.write(&["-c", "quorum", "--rejects", rejects_file, "--no-validate"], &unparsable);
    assert_eq!(ran.code, 31, "{ran:?}");
    assert_eq!(ran.events_of("batch")[0]["status"], 400, "the server judges: {ran:?}");
    assert_eq!(ran.events_of("reject")[0]["line"], 4);
    assert_eq!(ran.summary()["points"]["accepted"], 6);

    let kept = fs::read_to_string(&rejects).unwrap();
    let lines: Vec<&str> = kept.lines().collect();
    assert_eq!(lines.len(), 4, "{kept}");
    assert!(lines[0].starts_with("# stdin:4: ") && lines[2].starts_with("# stdin:4: "), "{kept}");
    assert_eq!((lines[1], lines[3]), ("typed f=\"x\" 2", "typed f= 3"));
    for measurement in ["m", "n", "o", "p"] {
        for node in cluster.data_nodes() {
            until("the good points are everywhere", || cluster.count(&node, measurement) == 3);
        }
    }

    // Checked here instead of there: no request for the bad line, the same exit code.
    let ran = cluster.write(&[], &unparsable);
    assert_eq!((ran.code, ran.summary()["attempts"].as_u64()), (31, Some(1)), "{ran:?}");
    // Nothing but bad lines: nothing is stored.
    let ran = cluster.write(&[], "m v=\nm v=\n");
    assert_eq!((ran.code, ran.summary()["outcome"].as_str()), (31, Some("not-stored")), "{ran:?}");
    // Two kinds of fault at once have their own class.
    let ran = cluster.write(&[], "typed f=\"x\" 2\nm v=\nm v=7 7\n");
    assert_eq!((ran.code, ran.summary()["points"]["accepted"].as_u64()), (30, Some(1)), "{ran:?}");
}

#[test]
fn two_types_for_one_field_are_never_sent_in_one_request() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with("before v=1 1\n");
    let both_numbers = |measurement: &str| {
        for node in cluster.data_nodes() {
            let statement = format!("SELECT count(f) FROM {measurement}");
            let two = || cluster.query(&node, &statement).first().is_some_and(|row| row[1] == 2);
            until("both numbers are on every replica", two);
        }
    };
    // At the lowest level, where a slow replica might see the second type first.
    let ran = cluster.write(&["-v", "-c", "any"], "flip f=1 1\nflip f=\"x\" 2\nflip f=2 3\n");
    assert_eq!(ran.code, 32, "{ran:?}");
    assert_eq!(ran.summary()["points"]["accepted"], 2);
    assert_eq!(ran.summary()["attempts"], 1, "the refused line is not sent: {ran:?}");
    assert_eq!(ran.events_of("reject")[0]["line"], 2);
    both_numbers("flip");
    // On request the server judges, one type a request.
    let ran = cluster.write(&["-v", "-c", "all", "--split-types"], "split f=1 1\nsplit f=\"x\" 2\nsplit f=2 3\n");
    assert_eq!(ran.code, 32, "{ran:?}");
    assert_eq!(ran.summary()["points"]["accepted"], 2);
    assert_eq!(ran.events_of("batch").len(), 3);
    assert_eq!(ran.events_of("batch")[1]["status"], 500);
    both_numbers("split");
}

#[test]
fn a_wrong_set_up_ends_the_run_at_once() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let host = cluster.url("data1");
    let ran = run(&["write", "--json", "-H", &host, "-d", "absent", "--batch-lines", "1"], points("m", 5));
    assert_eq!(ran.code, 21, "{ran:?}");
    let summary = ran.summary();
    assert_eq!((summary["outcome"].as_str(), summary["points"]["not_stored"].as_u64()), (Some("not-stored"), Some(1)));
    let ran = cluster.write(&["--rp", "absent"], points("m", 5));
    assert_eq!(ran.code, 21, "{ran:?}");
    assert!(ran.err.contains("error[21]:") && ran.err.contains("influx-cli explain 21"), "{}", ran.err);
    assert_eq!(cluster.count("data1", "m"), 0);
    let created = run(&["write", "--json", "-H", &host, "-d", "fresh", "--create-database"], points("m", 5));
    assert_eq!(created.code, 0, "{created:?}");
}

#[test]
fn without_a_meta_quorum_old_weeks_go_on_and_new_ones_do_not() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("m", 5));
    cluster.fault(&["kill", "meta1", "meta3"]);
    assert_eq!(cluster.write(&["-c", "quorum"], points("n", 5)).code, 0);
    // The coordinator asks for a leader for ten seconds.
    let ran = cluster.write(&["-c", "quorum", "--timeout", "60s"], "new v=1 631152000000000000\n");
    assert_eq!(ran.code, 15, "{ran:?}");
    let summary = ran.summary();
    assert_eq!((summary["outcome"].as_str(), summary["points"]["not_stored"].as_u64()), (Some("not-stored"), Some(1)));
    cluster.fault(&["restart", "meta1", "meta3"]);
    for node in cluster.data_nodes() {
        assert_eq!(cluster.count(&node, "new"), 0, "{node}");
    }
    let retried = cluster.write(&["-c", "quorum", "--retries", "3"], "new v=1 631152000000000000\n");
    assert_eq!(retried.code, 0, "{retried:?}");
}

#[test]
fn retries_are_made_when_asked_for() {
    let cluster = Cluster::waiting("1s").database(3);
    // Also the shard group of the line that gets its time here.
    cluster.begin_with(points("before", 1) + "before v=1\n");
    cluster.fault(&["pause", "data3"]);
    let ran = cluster.write(&["-c", "all", "--retries", "1"], points("m", 2));
    let summary = ran.summary();
    assert_eq!(summary["attempts"], 2, "{summary}");
    // Without stamps nothing that may be stored is sent again, whatever the command line says.
    let ran = cluster.write(&["-c", "all", "--retries", "3", "--stamp", "never"], "unstamped v=1\n");
    assert_eq!(ran.summary()["attempts"], 1, "{ran:?}");
    assert_eq!(ran.summary()["retry"], "after-stamp");
    cluster.fault(&["resume", "data3"]);
}

#[test]
fn the_deadline_bounds_the_run_and_what_was_not_sent_is_told() {
    // Nothing but the deadline ends a request soon.
    let cluster = Cluster::waiting("60s").database(3);
    cluster.begin_with(points("before", 1));
    cluster.fault(&["pause", "data3"]);
    let started = std::time::Instant::now();
    let arguments = ["-c", "all", "--deadline", "1500ms", "--timeout", "60s", "--batch-lines", "5"];
    let ran = cluster.write(&arguments, points("m", 1_000));
    assert_eq!(ran.code, 11, "{ran:?}");
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
    let summary = ran.summary();
    assert_eq!((summary["points"]["accepted"].as_u64(), summary["input_complete"].as_bool()), (Some(0), Some(false)));
    assert!(summary["points"]["unsent"].as_u64().unwrap() > 0, "{summary}");
    cluster.fault(&["resume", "data3"]);
}

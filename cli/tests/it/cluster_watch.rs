//! `cluster logs`, `cluster wait`, `cluster restart` and ports in a row.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::harness::{Cluster, is_alive, points, program, run, until};

#[test]
fn logs_are_shown_cut_merged_and_followed() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    let all = cluster.run(&["cluster", "logs", "data1"]);
    assert!(all.code == 0 && all.out.contains("node is up"), "{all:?}");
    let last = cluster.run(&["cluster", "logs", "data1", "-n", "1"]);
    assert_eq!(last.out.lines().count(), 1, "{last:?}");
    assert!(all.out.ends_with(&last.out));
    let both = cluster.run(&["cluster", "logs"]);
    for name in ["meta1 |", "data1 |"] {
        assert!(both.out.lines().any(|line| line.starts_with(name)), "{both:?}");
    }
    assert_eq!(cluster.run(&["cluster", "logs", "data7"]).code, 2);

    let mut follow = program();
    follow.args(["cluster", "logs", "-f", "-n", "0", "data1", "--dir", cluster.dir()]);
    let mut follow = follow.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(follow.stdout.take().unwrap()).lines();
    let (sender, shown) = mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    // Only what comes after it has begun is shown, so more than one may have to come.
    until("what comes is shown", || {
        cluster.fault(&["clock", "+1h", "data1"]);
        shown.try_iter().any(|line| line.contains("faults changed"))
    });
    assert_eq!(cluster.run(&["cluster", "down"]).code, 0);
    until("it ends with the cluster", || follow.try_wait().unwrap().is_some());
    assert!(follow.wait().unwrap().success());
}

#[test]
fn waiting_ends_with_health_or_names_who_is_ill() {
    let cluster = Cluster::up().database(3);
    assert_eq!(cluster.run(&["cluster", "wait"]).code, 0);
    cluster.begin_with(points("m", 1));
    cluster.fault(&["kill", "data3"]);
    cluster.fault(&["pause", "meta2"]);
    let ran = cluster.run(&["cluster", "wait", "--healthy", "200ms"]);
    assert_eq!(ran.code, 42, "{ran:?}");
    assert!(ran.err.contains("data3 is dead") && ran.err.contains("meta2 is paused"), "{}", ran.err);
    // The paused node may have been the leader: then the other meta nodes elect one first.
    let ran = cluster.run(&["cluster", "wait", "data1", "meta1", "--healthy", "60s"]);
    assert_eq!(ran.code, 0, "the others are well: {ran:?}");
    let ran = cluster.write(&["-c", "quorum"], points("m", 5));
    assert_eq!(ran.code, 0, "{ran:?}");
    // The two owners that live are enough for an answer: it may come before the hint is on disk.
    until("the hint is queued", || cluster.hints("data1") == Some(5));
    let ran = cluster.run(&["cluster", "wait", "--drained", "200ms"]);
    assert_eq!(ran.code, 42);
    assert!(ran.err.contains("data1 has 5 points for node "), "{}", ran.err);
    cluster.fault(&["restart", "data3", "--limit", "0"]);
    cluster.fault(&["resume", "meta2"]);
    let ran = cluster.run(&["cluster", "wait", "--healthy", "60s", "--drained", "60s"]);
    assert_eq!((ran.code, cluster.count("data3", "m")), (0, 5), "{ran:?}");
}

#[test]
fn nodes_are_restarted_one_after_the_other() {
    let cluster = Cluster::with(&["--nodes", "3"]);
    let pids = || -> Vec<u64> {
        let status = cluster.run(&["cluster", "status", "--json"]).events().remove(0);
        status["nodes"].as_array().unwrap().iter().map(|node| node["pid"].as_u64().unwrap()).collect()
    };
    let before = pids();
    let ran = cluster.run(&["cluster", "restart"]);
    assert_eq!((ran.code, ran.err.lines().count(), ran.out.as_str()), (0, 3, ""), "{ran:?}");
    let after = pids();
    assert!(before.iter().all(|pid| !after.contains(pid)) && after.iter().all(|pid| is_alive(*pid)));
    assert_eq!(cluster.run(&["cluster", "restart", "node9"]).code, 2);
}

#[test]
fn ports_in_a_row_are_taken_as_asked_or_not_at_all() {
    // Somewhere in the range that clusters share, so that other tests cannot take the row meanwhile.
    let started = Instant::now();
    let base = (0..).map(|n| 13_000 + (std::process::id() as u16 % 300) * 50 + n * 50);
    for base in base {
        assert!(started.elapsed() < Duration::from_secs(20));
        let dir = tempfile::tempdir().unwrap();
        let (dir_text, port) = (dir.path().to_str().unwrap(), base.to_string());
        let up = ["cluster", "up", "--json", "--meta", "1", "--data", "2", "--base-port", &port, "--dir", dir_text];
        let ran = run(&up, "");
        if ran.code == 42 && ran.err.contains("port ") {
            continue;
        }
        assert_eq!(ran.code, 0, "{ran:?}");
        let nodes = ran.events()[0]["nodes"].clone();
        assert_eq!(nodes[1]["http"], format!("http://127.0.0.1:{base}"), "data nodes first");
        assert_eq!(nodes[2]["http"], format!("http://127.0.0.1:{}", base + 1));
        let other = tempfile::tempdir().unwrap();
        let again = run(&["cluster", "up", "--base-port", &port, "--dir", other.path().to_str().unwrap()], "");
        assert_eq!(run(&["cluster", "down", "--dir", dir_text], "").code, 0);
        assert_eq!(again.code, 42, "{again:?}");
        assert!(again.err.contains(&format!("port {base} is reserved for ")), "{}", again.err);
        assert!(!other.path().join("cluster.json").exists());
        return;
    }
    unreachable!("ports without end");
}

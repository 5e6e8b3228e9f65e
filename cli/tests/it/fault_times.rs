//! `--for`: faults that end by themselves, whoever is still there; and the account of all of it in `events.jsonl`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Cluster, is_alive, points, program, run_command, until};

fn listed(cluster: &Cluster) -> Vec<Value> {
    let ran = cluster.run(&["fault", "list", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.events()[0]["faults"].as_array().unwrap().clone()
}

fn events(cluster: &Cluster) -> Vec<Value> {
    let text = fs::read_to_string(Path::new(cluster.dir()).join("events.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn state(cluster: &Cluster) -> Value {
    serde_json::from_slice(&fs::read(Path::new(cluster.dir()).join("cluster.json")).unwrap()).unwrap()
}

/// Has the time of these orders come, as if it had passed. No command may run meanwhile: it would write the file, too.
fn come_due(cluster: &Cluster, order: impl Fn(&Value) -> bool) {
    let mut state = state(cluster);
    for timer in state["timers"].as_array_mut().unwrap().iter_mut().filter(|timer| order(timer)) {
        timer["until"] = 1.into();
    }
    // Whole or not at all, for whoever reads it.
    let path = Path::new(cluster.dir()).join("cluster.json");
    let draft = path.with_extension("draft");
    fs::write(&draft, state.to_string()).unwrap();
    fs::rename(&draft, &path).unwrap();
}

/// A fault of each kind that ends in a way of its own, for so long.
fn faults_for(cluster: &Cluster, time: &str) {
    for fault in [&["isolate", "data3"][..], &["clock", "-30s", "data1"], &["kill", "meta3"], &["pause", "data2"]] {
        cluster.fault(&[fault, &["--for", time]].concat());
    }
}

#[test]
fn faults_that_end_by_themselves_are_listed_with_what_is_left_of_them() {
    let cluster = Cluster::waiting("1s").database(3);
    cluster.begin_with(points("m", 1));
    cluster.fault(&["clock", "+2h", "data1"]);
    faults_for(&cluster, "1h");
    let faults = listed(&cluster);
    let find = |node: &str, text: &str| faults.iter().find(|it| it["node"] == node && it["text"] == text).cloned();
    for (node, text) in [("data3", "cut off from all other nodes"), ("data1", "clock -30s"), ("meta3", "dead")] {
        let left = find(node, text).unwrap_or_else(|| panic!("{node} {text}: {faults:?}"))["left_ms"].as_u64().unwrap();
        assert!((1..=3_600_000).contains(&left), "{left} ms");
    }
    assert!(find("data1", "clock +2h0m0s").unwrap().get("left_ms").is_none(), "it stays: {faults:?}");
    let table = cluster.run(&["fault", "list"]);
    assert!(table.out.contains("  in "), "{}", table.out);
    assert_ne!(cluster.write(&["-c", "all"], points("m", 2)).code, 0, "two of three replicas are away");
}

#[test]
fn faults_end_when_their_time_has_come_and_the_rest_stays() {
    let cluster = Cluster::up().database(3);
    cluster.begin_with(points("m", 1));
    cluster.fault(&["clock", "+2h", "data1"]);
    let started = Instant::now();
    faults_for(&cluster, "4s");
    until("all but the first is over", || listed(&cluster).len() == 1);
    assert!(started.elapsed() >= Duration::from_secs(4), "too early: {:?}", started.elapsed());
    assert_eq!(listed(&cluster)[0]["text"], "clock +2h0m0s");
    assert_eq!(cluster.run(&["cluster", "wait", "--healthy", "60s"]).code, 0);
    until("the write comes through again", || cluster.write(&["-c", "all"], points("n", 2)).code == 0);

    let events = events(&cluster);
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).collect::<Vec<_>>();
    assert_eq!(events[0]["type"], "up");
    assert_eq!(of("fault").len(), 5, "{events:?}");
    let ended: Vec<&str> =
        of("heal").iter().flat_map(|event| event["ended"].as_array().unwrap()).map(|it| it.as_str().unwrap()).collect();
    for text in ["data3: cut off from all other nodes", "data1: clock -30s", "meta3: killed", "data2: paused"] {
        assert!(ended.contains(&text), "{text} is not in {ended:?}");
    }
    let times: Vec<&str> = events.iter().map(|event| event["time"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times[0].ends_with('Z'), "{times:?}");
}

/// The command that ordered it is killed at once; the fault ends all the same.
#[test]
fn the_end_does_not_need_whoever_ordered_it() {
    use std::os::unix::process::CommandExt;
    let cluster = Cluster::with(&["--meta", "1", "--data", "2"]);
    let mut command = program();
    command.args(["fault", "refuse-http", "data1", "--for", "4s", "--dir", cluster.dir()]);
    // A group of its own, which is killed as a terminal that closes kills its own.
    let mut child = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let standing = || state(&cluster)["timers"].as_array().is_some_and(|timers| !timers.is_empty());
    until("the order is on disk", standing);
    let group = rustix::process::Pid::from_child(&child);
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    child.wait().unwrap();
    // No command looks meanwhile: it would end what is due.
    until("the order is over", || !standing());
    until("the port is open", || {
        std::net::TcpStream::connect(cluster.url("data1").trim_start_matches("http://")).is_ok()
    });
}

/// The process behind the order is killed: the next command ends what is due.
#[test]
fn an_order_whose_process_died_is_ended_by_the_next_command() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]);
    cluster.fault(&["hh-block", "data1", "--for", "1h"]);
    let pid = state(&cluster)["timers"][0]["pid"].as_u64().unwrap();
    let process = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    until("it is dead", || !is_alive(pid));
    assert_eq!(listed(&cluster).len(), 1, "its time has not come");
    come_due(&cluster, |_| true);
    assert_eq!(state(&cluster)["timers"].as_array().unwrap().len(), 1, "nobody was there to end it");
    assert!(listed(&cluster).is_empty());
}

#[test]
fn what_is_done_by_hand_is_not_undone_later() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "2"]);
    cluster.fault(&["kill", "data1", "data2", "--for", "1h"]);
    cluster.fault(&["kill", "data1"]);
    cluster.fault(&["delay", "data1", "all", "1ms", "--for", "1h"]);
    let timers = state(&cluster)["timers"].as_array().unwrap().clone();
    let pids: Vec<u64> = timers.iter().map(|timer| timer["pid"].as_u64().unwrap()).collect();
    assert_eq!(pids.len(), 2, "{timers:?}");
    come_due(&cluster, |timer| timer["pid"] == pids[0]);
    let dead = || -> Vec<Value> { listed(&cluster).into_iter().filter(|it| it["kind"] == "dead").collect() };
    until("data2 is back", || dead().len() == 1);
    assert_eq!(dead()[0]["node"], "data1");
    cluster.fault(&["heal", "data2"]);
    assert_eq!(listed(&cluster).iter().filter(|it| it["kind"] == "link").count(), 1, "the link to meta1 is left");
    cluster.fault(&["heal"]);
    until("the processes behind the orders are gone", || !pids.iter().any(|pid| is_alive(*pid)));
}

#[test]
fn nothing_waits_for_a_cluster_that_is_gone() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]);
    cluster.fault(&["hang", "data1", "--for", "1h"]);
    let pid = state(&cluster)["timers"][0]["pid"].as_u64().unwrap();
    assert!(is_alive(pid));
    let kept = fs::read_to_string(Path::new(cluster.dir()).join("events.jsonl")).unwrap();
    assert_eq!(cluster.run(&["cluster", "down"]).code, 0);
    until("the process behind the order is gone", || !is_alive(pid));
    let text = fs::read_to_string(Path::new(cluster.dir()).join("events.jsonl")).unwrap();
    assert!(text.starts_with(&kept) && text.lines().last().unwrap().contains("\"down\""), "{text}");
}

/// Many commands at once change one cluster, and none of them is lost.
#[test]
fn commands_at_the_same_time_do_not_undo_each_other() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "2"]);
    let paths: Vec<String> = (0..12).map(|n| format!("/path{n}")).collect();
    let children: Vec<_> = paths
        .iter()
        .map(|path| {
            let mut command: Command = program();
            command.args(["fault", "hang", "data1", "--route", path, "--for", "1h", "--dir", cluster.dir()]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let texts: Vec<String> = listed(&cluster).iter().map(|it| it["text"].as_str().unwrap().to_owned()).collect();
    for path in &paths {
        assert!(texts.iter().any(|text| text.ends_with(&format!("to {path}"))), "{path}: {texts:?}");
    }
    cluster.fault(&["heal"]);
}

#[test]
fn new_faults_have_their_effects() {
    // No longer, since there are writes below that last for as long as that.
    let cluster = Cluster::waiting("2s").database(3);
    cluster.begin_with(points("m", 1));
    // Cut off from the others, and still open to clients.
    cluster.fault(&["isolate", "data3"]);
    until("two of three take it", || cluster.write(&["-c", "quorum"], points("m", 2)).code == 0);
    assert_ne!(cluster.write(&["-c", "all"], points("m", 2)).code, 0);
    assert_eq!(cluster.count("data3", "m"), 1);
    cluster.fault(&["heal", "data3"]);
    until("the hints came", || cluster.count("data3", "m") == 2);
    cluster.drained();

    // One way: data2 hears data1, which does not hear the answers.
    cluster.fault(&["partition", "--one-way", "data2/data1"]);
    assert_eq!(cluster.write(&["-c", "all"], points("o", 1)).code, 11);
    until("data2 has heard it", || cluster.count("data2", "o") == 1);
    assert_eq!(cluster.run(&["fault", "partition", "--one-way", "data1/data2/data3"]).code, 2);
    cluster.fault(&["heal"]);

    cluster.drained();

    // Blocked queues keep nothing: the answer claims a hint, so nothing is said of the data but that.
    cluster.fault(&["hh-block", "data1"]);
    cluster.fault(&["kill", "data3"]);
    let ran = cluster.write(&["-c", "all"], points("p", 1));
    assert!(ran.code / 10 == 1, "{ran:?}");
    // For a dead node: what is queued stays.
    until("nothing is queued", || cluster.hints("data1") == Some(0));
    cluster.fault(&["heal"]);
    cluster.fault(&["restart", "data3"]);

    // Requests that nobody answers or handles.
    cluster.fault(&["hang", "data1", "--route", "/write", "--times", "1"]);
    let ran = cluster.write(&["--timeout", "2s"], points("q", 1));
    assert_eq!((ran.code, cluster.count("data1", "q")), (11, 0), "{ran:?}");
    cluster.fault(&["heal"]);
    let half = ["reply", "data1", "--class", "overloaded", "--probability", "50%", "--seed", "3", "--route", "/write"];
    cluster.fault(&half);
    let codes: Vec<i32> = (0..8).map(|_| cluster.write(&[], points("r", 1)).code).collect();
    assert!(codes.contains(&0) && codes.contains(&13) && codes.iter().all(|code| [0, 13].contains(code)), "{codes:?}");
    cluster.fault(&["heal"]);
    cluster.fault(&half);
    let again: Vec<i32> = (0..8).map(|_| cluster.write(&[], points("r", 1)).code).collect();
    assert_eq!(codes, again, "the same seed, the same requests");
}

#[test]
fn times_that_are_none_are_refused() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]);
    for time in ["0", "0s", "10", "-1s", "soon"] {
        let mut command = program();
        command.args(["fault", "kill", "data1", "--dir", cluster.dir(), &format!("--for={time}")]);
        assert_eq!(run_command(command, b"").code, 2, "{time}");
    }
    assert!(listed(&cluster).is_empty());
}

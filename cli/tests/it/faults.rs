//! `fault`: what scripts see of each fault, that it has its effect, and that one heal ends all of them.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::harness::{Cluster, until};

fn listed(cluster: &Cluster) -> Vec<Value> {
    let ran = cluster.run(&["fault", "list", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.events()[0]["faults"].as_array().unwrap().clone()
}

/// The whole reply to a write.
fn post(url: &str, line: &str) -> String {
    let mut tcp = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let length = line.len();
    let head = format!("POST /write?db=db HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n");
    tcp.write_all(format!("{head}\r\n{line}").as_bytes()).unwrap();
    let mut reply = String::new();
    tcp.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn faults_add_up_are_listed_and_end_with_one_heal() {
    let cluster = Cluster::up().database(3);
    assert!(listed(&cluster).is_empty());
    cluster.fault(&["delay", "data1", "data2", "20ms", "--jitter", "5ms", "--seed", "7"]);
    cluster.fault(&["drop", "data1", "data2", "10%", "--one-way"]);
    cluster.fault(&["cut", "data2", "data3"]);
    cluster.fault(&["bandwidth", "meta1", "data1", "1MiB"]);
    cluster.fault(&["slow-disk", "data1", "--delay", "1ms", "--disk", "shards"]);
    cluster.fault(&["disk-full", "data3", "meta3"]);
    cluster.fault(&["handoff-full", "data2"]);
    cluster.fault(&["clock", "+2h", "data1"]);
    cluster.fault(&["clock", "-30s", "data2"]);
    cluster.fault(&["reply", "data3", "--class", "timeout", "--route", "/write", "--times", "3"]);
    cluster.fault(&["refuse-http", "data2"]);
    cluster.fault(&["meta-down"]);
    cluster.fault(&["partition", "data1/meta3"]);
    cluster.fault(&["pause", "meta2"]);
    let faults = listed(&cluster);
    let texts: Vec<String> = faults
        .iter()
        .map(|fault| format!("{}: {}", fault["node"].as_str().unwrap_or("all"), fault["text"].as_str().unwrap()))
        .collect();
    for expected in [
        "all: cut between data1 | meta3",
        "data1: to data2: delay 20ms ± 5ms, drop 10%",
        "data2: to data1: delay 20ms ± 5ms",
        "data2: to and from data3: cut",
        "data1: to and from meta1: bandwidth 1048576 B/s",
        "data1: disk of shards slow by 1ms",
        "data3: disk of shards full",
        "data3: disk of handoff full",
        "meta3: disk of raft full",
        "data2: hinted handoff queues full",
        "data1: clock +2h0m0s",
        "data2: clock -30s",
        "data3: reply: 500, to /write, 3 left",
        "data2: public port refuses connections",
        "meta2: meta part refuses connections",
        "meta2: paused",
    ] {
        assert!(texts.iter().any(|text| text == expected), "{expected} is not in {texts:#?}");
    }
    let shown = cluster.run(&["fault", "list"]);
    assert!(shown.out.contains("disk of raft full") && shown.out.contains("fault resume"), "{}", shown.out);
    cluster.fault(&["resume", "meta2"]);
    cluster.fault(&["heal"]);
    assert!(listed(&cluster).is_empty());
    // The meta nodes may have to elect a leader first.
    cluster.begin_with("m v=1 1\n");
}

#[test]
fn a_reply_is_given_as_often_as_ordered() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]).database(1);
    cluster.fault(&[
        "reply",
        "data1",
        "--status",
        "503",
        "--body",
        "busy",
        "--header",
        "Retry-After: 1",
        "--times",
        "2",
        "--route",
        "/write",
    ]);
    let post = || post(&cluster.url("data1"), "m v=1 1");
    for left in ["1 left", "none"] {
        let reply = post();
        assert!(
            reply.starts_with("HTTP/1.1 503 ") && reply.contains("Retry-After: 1") && reply.ends_with("busy"),
            "{reply}"
        );
        let faults = listed(&cluster);
        assert_eq!(
            faults.iter().any(|fault| fault["text"].as_str().unwrap().contains(left)),
            left != "none",
            "{faults:?}"
        );
    }
    assert!(post().starts_with("HTTP/1.1 204 "));
    cluster.fault(&["reply", "data1", "--class", "meta-unavailable", "--times", "1"]);
    cluster.fault(&["reply", "data1", "--class", "auth", "--times", "1", "--route", "/write", "--for", "1h"]);
    assert_eq!(cluster.write(&[], "m v=1 1\n").code, 15);
    cluster.fault(&["kill", "data1"]);
    cluster.fault(&["restart", "data1"]);
    assert_eq!(cluster.write(&[], "m v=1 1\n").code, 20, "a node that is started again goes on with its count");
    cluster.fault(&["restart", "data1"]);
    assert!(listed(&cluster).is_empty());
    cluster.fault(&["reply", "data1", "--class", "meta-unavailable", "--times", "1"]);
    assert_eq!(cluster.write(&[], "m v=1 2\n").code, 15);
    cluster.fault(&["reply", "data1", "--cut", "before", "--times", "1"]);
    assert_eq!(cluster.write(&[], "m v=1 3\n").code, 11, "handled, but not answered");
    assert_eq!(cluster.count("data1", "m"), 2);
}

/// A node that is started again has the faults that it had.
#[test]
fn a_restarted_node_keeps_its_faults() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "2"]).database(2);
    cluster.fault(&["clock", "+2h", "data2"]);
    cluster.fault(&["restart", "data2"]);
    let reply = post(&cluster.url("data2"), "m v=1");
    assert!(reply.starts_with("HTTP/1.1 204 "), "{reply}");
    let late = |range: &str| cluster.query("data1", &format!("SELECT v FROM m WHERE time > now() + {range}")).len();
    until("the point", || late("110m") == 1);
    assert_eq!(late("130m"), 0);
    assert_eq!(listed(&cluster).len(), 1);
}

#[test]
fn mistakes_change_nothing_and_are_named() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "2"]);
    for (arguments, text) in [
        (&["delay", "dta1", "data2", "1s"][..], "did you mean data1?"),
        (&["delay", "data1", "data1", "1s"], "no link to itself"),
        (&["delay", "data1", "data2", "0s"], "more than zero"),
        (&["drop", "data1", "data2", "110%"], "no probability"),
        (&["drop", "data1", "data2", "0"], "nothing to do"),
        (&["disk-full", "meta1", "--disk", "shards"], "meta1 has no shards"),
        (&["clock", "soon", "data1"], "+2h or -30s"),
        (&["clock", "+0s", "data1"], "nothing to do"),
        (&["reply", "meta1", "--status", "500"], "no public API"),
        (&["reply", "data1"], "nothing to do"),
        (&["reply", "data1", "--status", "99"], "no final status"),
        (&["reply", "data1", "--class", "time-out"], "did you mean timeout?"),
        (&["reply", "data1", "--body", "x"], "--status"),
        (&["reply", "data1", "--status", "500", "--route", "write"], "no path"),
        (&["refuse-http", "data1", "data9"], "no node is called data9"),
        (&["slow-disk", "data1", "--delay", "0"], "more than zero"),
    ] {
        let all: Vec<&str> = ["fault"].iter().chain(arguments).copied().collect();
        let ran = cluster.run(&all);
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(text), "{arguments:?}: {}", ran.err);
    }
    assert!(listed(&cluster).is_empty(), "the first of two names must not be changed where the second is wrong");
}

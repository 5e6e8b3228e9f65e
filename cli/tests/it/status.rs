//! `status`: what each endpoint tells, and that nothing is made up about those that do not.

use serde_json::Value;

use crate::harness::{Cluster, NOBODY, Ran, points, run, until};

fn status(hosts: &[&str]) -> Ran {
    run(&["status", "--json", "-H", &hosts.join(",")], "")
}

fn one(ran: &Ran) -> Value {
    let events = ran.events();
    assert_eq!((events.len(), &events[0]["exit"]), (1, &ran.code.into()), "{ran:?}");
    events[0].clone()
}

#[test]
fn endpoints_tell_their_counts_and_queues() {
    let cluster = Cluster::up().database(3);
    let hosts = [cluster.url("data1"), cluster.url("data2"), NOBODY.to_owned()];
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    // The shard group is made through a node whose counts are not looked at: it may take more than one try.
    let third = cluster.url("data3");
    let before = || run(&["write", "-H", &third, "-d", "db", "-c", "all"], points("before", 1)).code == 0;
    until("there is a shard group", before);
    let ran = cluster.write(&["-c", "all"], points("m", 7));
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = status(&hosts);
    assert_eq!(ran.code, 10, "{ran:?}");
    let told = one(&ran);
    assert_eq!((&told["up"], &told["down"]), (&2.into(), &1.into()));
    let [first, second, third] = [0, 1, 2].map(|at| &told["endpoints"][at]);
    assert_eq!((&first["writes"]["points"], &first["writes"]["error"]), (&7.into(), &0.into()), "{first}");
    assert_eq!(second["writes"]["points"], 0, "counts are a node's own: {second}");
    assert_eq!(first["handoff"]["state"], "empty");
    assert_eq!((&third["up"], &third["writes"], &third["handoff"]), (&false.into(), &Value::Null, &Value::Null));
    assert_eq!((&told["handoff"], told["other_nodes"].as_array().unwrap().len()), (&"empty".into(), 1), "{told}");

    cluster.fault(&["kill", "data3"]);
    assert_eq!(cluster.write(&["-c", "quorum"], points("m", 5)).code, 0);
    until("the hints are told", || one(&status(&hosts[..1]))["endpoints"][0]["handoff"]["state"] == "pending");
    let ran = status(&hosts[..2]);
    assert_eq!(ran.code, 0, "both endpoints are up: {ran:?}");
    let told = one(&ran);
    let queues = &told["endpoints"][0]["handoff"]["queues"];
    let waiting: u64 = queues.as_array().unwrap().iter().map(|queue| queue["points"].as_u64().unwrap()).sum();
    assert_eq!(waiting, 5, "{told}");
    assert_eq!(told["handoff"], "pending");
    let dead = &told["other_nodes"][0];
    assert_eq!((&dead["state"], dead["unknown"].is_string()), (&"unknown".into(), true), "{dead}");
    let text = run(&["status", "-H", &hosts.join(",")], "");
    assert_eq!(text.code, 10);
    for part in ["5 points in 1 queue", "down", "queue on", "hinted handoff unknown"] {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
    assert!(text.err.starts_with("error[10]: 1 of 3 endpoints down  (hint: "), "{}", text.err);
}

#[test]
fn a_watch_asks_again_and_again() {
    use std::io::{BufRead, BufReader};
    let mut command = crate::harness::program();
    command.args(["status", "--json", "--watch", "10ms", "-H", NOBODY]).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().take(3);
    let rounds: Vec<Value> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    assert!(rounds.iter().all(|round| round["down"] == 1), "{rounds:?}");
    // Nobody reads any more: the end of a pipe is an end.
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_the_old_version_does_not_count_is_zero_only_where_it_means_that() {
    let cluster = Cluster::with(&["--profile", "0.10", "--nodes", "2"]);
    let host = cluster.url("node1");
    let before = one(&status(&[&host]));
    assert_eq!(before["endpoints"][0]["writes"]["points"], Value::Null, "it has no word for it yet: {before}");
    let ran = run(&["write", "--create-database", "-d", "db", "-H", &host], points("m", 3));
    assert_eq!(ran.code, 0, "{ran:?}");
    let told = one(&status(&[&host]));
    let writes = &told["endpoints"][0]["writes"];
    assert_eq!((&writes["points"], &writes["partial"]), (&3.into(), &0.into()), "shown once it was counted: {told}");
    assert!(told["endpoints"][0]["version"].as_str().unwrap().contains("0.10"), "{told}");
}

#[test]
fn who_may_not_see_is_told_that_it_is_unknown() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1", "--set", "auth-enabled=true"]);
    let host = cluster.url("data1");
    let created = run(&["query", "-H", &host, "CREATE USER root WITH PASSWORD 'pw' WITH ALL PRIVILEGES"], "");
    assert_eq!(created.code, 0, "{created:?}");
    let ran = status(&[&host]);
    assert_eq!(ran.code, 20, "{ran:?}");
    let told = one(&ran);
    let endpoint = &told["endpoints"][0];
    assert_eq!((&endpoint["up"], &endpoint["writes"]), (&true.into(), &Value::Null), "{told}");
    assert!(endpoint["writes_unknown"].is_string());
    assert_eq!(told["handoff"], "unknown");
    let text = run(&["status", "-H", &host], "");
    assert!(text.out.contains("unknown") && !text.out.contains(" 0 "), "{}", text.out);
}

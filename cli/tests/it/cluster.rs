//! `cluster` and `fault`: the forms that scripts rely on, and that nothing is left running.

use std::process::Command;

use crate::harness::{Cluster, is_alive, program, run, run_command, until};

fn state(cluster: &Cluster, name: &str) -> String {
    let ran = cluster.run(&["cluster", "status", "--json"]);
    let nodes = &ran.events()[0]["nodes"];
    let node = nodes.as_array().unwrap().iter().find(|node| node["name"] == name).unwrap();
    node["state"].as_str().unwrap().to_owned()
}

#[test]
fn nodes_apart_are_named_and_numbered_meta_first() {
    let cluster = Cluster::up();
    let names: Vec<&str> = cluster.nodes.iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["meta1", "meta2", "meta3", "data1", "data2", "data3"]);
    for (at, node) in cluster.nodes.iter().enumerate() {
        assert_eq!(node["id"], at as u64 + 1);
        assert_eq!(node["role"], if at < 3 { "meta" } else { "data" });
        assert!(node["http"].as_str().unwrap().starts_with("http://127.0.0.1:"));
        assert!(is_alive(node["pid"].as_u64().unwrap()));
        assert!(node.get("meta_id").is_none() && node.get("data_id").is_none());
    }
    let again = run(&["cluster", "up", "--dir", cluster.dir()], "");
    assert_eq!(again.code, 42, "a second cluster in one directory: {again:?}");
}

#[test]
fn nodes_that_are_both_have_two_numbers() {
    let cluster = Cluster::with(&["--nodes", "3"]);
    for (at, node) in cluster.nodes.iter().enumerate() {
        assert_eq!(node["name"], format!("node{}", at + 1));
        assert_eq!(node["role"], "both");
        assert!(node["meta_id"].is_u64() && node["data_id"].is_u64(), "{node}");
    }
}

#[test]
fn the_environment_points_a_shell_at_the_cluster() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "2"]);
    let script = format!(
        "eval \"$({0} cluster env --dir '{1}')\" && {0} query 'CREATE DATABASE db' && echo 'm v=1 1' | {0} write -q -d db && {0} ping",
        env!("CARGO_BIN_EXE_influx-cli"),
        cluster.dir()
    );
    let mut shell = Command::new("sh");
    shell.args(["-eu", "-c", &script]);
    let ran = run_command(shell, b"");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains(&cluster.url("data2")), "{}", ran.out);
    let fish = cluster.run(&["cluster", "env", "--shell", "fish"]);
    assert!(fish.out.starts_with("set -gx INFLUX_HOST 'http://127.0.0.1:"), "{}", fish.out);
}

#[test]
fn faults_show_in_the_status_and_heal() {
    let cluster = Cluster::up();
    cluster.fault(&["kill", "data3"]);
    cluster.fault(&["pause", "data2", "meta2"]);
    assert_eq!(state(&cluster, "data3"), "dead");
    assert_eq!(state(&cluster, "data2"), "paused");
    assert_eq!(state(&cluster, "meta2"), "paused");
    let table = cluster.run(&["cluster", "status"]);
    assert!(table.out.lines().any(|line| line.contains("data3") && line.contains("dead")), "{}", table.out);

    cluster.fault(&["resume", "data2", "meta2"]);
    cluster.fault(&["restart", "data3"]);
    for name in ["data2", "data3", "meta2"] {
        assert_eq!(state(&cluster, name), "running");
    }
    cluster.fault(&["partition", "data1,meta1/data2,data3,meta2,meta3"]);
    cluster.fault(&["heal"]);
    let mistaken = cluster.run(&["fault", "kill", "data1", "data9"]);
    assert_eq!(mistaken.code, 2);
    assert_eq!(state(&cluster, "data1"), "running", "a mistake in one name must not cost the other node");
}

#[test]
fn down_ends_exactly_what_was_started() {
    let other = Cluster::with(&["--meta", "1", "--data", "1"]);
    let cluster = Cluster::with(&["--meta", "1", "--data", "2"]);
    cluster.fault(&["pause", "data2"]);
    cluster.fault(&["restart", "data1"]);
    let status = cluster.run(&["cluster", "status", "--json"]).events().remove(0);
    let pids: Vec<u64> = status["nodes"].as_array().unwrap().iter().map(|node| node["pid"].as_u64().unwrap()).collect();
    assert!(pids.iter().all(|pid| is_alive(*pid)));
    let ran = cluster.run(&["cluster", "down"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!pids.iter().any(|pid| is_alive(*pid)), "left running: {pids:?}");
    assert!(other.nodes.iter().all(|node| is_alive(node["pid"].as_u64().unwrap())));
    assert_eq!(cluster.run(&["cluster", "down"]).code, 42, "there is none any more");
}

#[test]
fn options_reach_the_nodes_and_mistakes_start_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let up = |set: &str| run(&["cluster", "up", "--dir", dir.path().to_str().unwrap(), "--set", set], "");
    for wrong in ["no-such-option=1", "write_timeout=soon", "write_timeout"] {
        assert_eq!(up(wrong).code, 2, "{wrong}");
    }
    assert!(!dir.path().join("cluster.json").exists());
    let listed = run(&["cluster", "options"], "");
    assert!(listed.out.contains("write-timeout") && listed.out.contains("10s"), "{}", listed.out);
}

#[test]
fn the_directory_may_come_from_the_environment() {
    let cluster = Cluster::with(&["--meta", "1", "--data", "1"]);
    let mut command = program();
    command.args(["cluster", "status"]).env("INFLUX_CLUSTER_DIR", cluster.dir());
    assert_eq!(run_command(command, b"").code, 0);
    until("the state is seen by name", || state(&cluster, "data1") == "running");
}

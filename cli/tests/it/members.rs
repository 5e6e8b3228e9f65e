//! `cluster add` and `cluster remove`: nodes join and leave a cluster of processes.

use serde_json::Value;

use crate::harness::{Cluster, is_alive, run, until};

fn nodes(cluster: &Cluster) -> Vec<Value> {
    cluster.run(&["cluster", "status", "--json"]).events()[0]["nodes"].as_array().unwrap().clone()
}

fn node(cluster: &Cluster, name: &str) -> Option<Value> {
    nodes(cluster).into_iter().find(|node| node["name"] == name)
}

fn add(cluster: &mut Cluster, kind: &str) -> String {
    let ran = cluster.run(&["cluster", "add", kind]);
    assert_eq!(ran.code, 0, "{ran:?}");
    cluster.nodes = nodes(cluster);
    ran.out.trim_end().to_owned()
}

#[test]
fn a_data_node_joins_and_leaves() {
    let mut cluster = Cluster::with(&["--meta", "1", "--data", "2", "--set", "write-timeout=5s"]);
    // One that sleeps while another joins must be told when it wakes up.
    cluster.fault(&["pause", "data2"]);
    assert_eq!(add(&mut cluster, "data"), "data3");
    cluster.fault(&["resume", "data2"]);
    let joined = node(&cluster, "data3").unwrap();
    assert_eq!((&joined["state"], &joined["id"]), (&Value::from("running"), &Value::from(4)));
    let mut cluster = cluster.database(3);
    assert_eq!(cluster.write(&["-c", "all"], "m v=1 1\n").code, 0);
    assert_eq!(cluster.count("data3", "m"), 1);
    // As the node that slept coordinates, the cut of a link to the newcomer is its to apply.
    cluster.fault(&["cut", "data2", "data3"]);
    let second = cluster.url("data2");
    let from_second =
        |level: &str, line: &str| run(&["write", "-q", "-H", &second, "-d", "db", "-c", level], line).code;
    assert_ne!(from_second("all", "m v=2 2\n"), 0);
    assert_eq!(from_second("quorum", "m v=3 3\n"), 0);
    // So do the nodes know it that were started again since.
    cluster.fault(&["restart", "data2", "data3"]);
    assert_ne!(from_second("all", "m v=4 4\n"), 0);

    cluster.fault(&["refuse-http", "data3"]);
    let ran = cluster.run(&["cluster", "remove", "data3"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(node(&cluster, "data3").is_none());
    let pid = cluster.nodes.iter().find(|node| node["name"] == "data3").unwrap()["pid"].as_u64().unwrap();
    assert!(!is_alive(pid), "the process of a node that left");
    assert_eq!(cluster.run(&["fault", "list", "--json"]).events()[0]["faults"], Value::Array(Vec::new()));
    until("the news", || cluster.query("data1", "SHOW SERVERS").len() == 2);
    assert_eq!(cluster.write(&["-c", "all"], "m v=5 5\n").code, 0, "two owners are all owners now");
    let again = cluster.run(&["cluster", "remove", "data3"]);
    assert_eq!((again.code, again.err.contains("no node is called data3")), (2, true), "{again:?}");

    // The next one has its name, and nothing else of it.
    assert_eq!(add(&mut cluster, "data"), "data3");
    assert_eq!(node(&cluster, "data3").unwrap()["id"], 5);
    assert_eq!(cluster.count("data3", "m"), cluster.count("data1", "m"));
}

#[test]
fn meta_nodes_join_and_the_first_one_leaves() {
    let mut cluster = Cluster::with(&["--profile", "0.10", "--meta", "1", "--data", "1"]).database(1);
    let lost = cluster.run(&["cluster", "add", "meta", "--through", "meta7"]);
    assert_eq!(lost.code, 2, "{lost:?}");
    assert_eq!(add(&mut cluster, "meta"), "meta2");
    assert_eq!(add(&mut cluster, "meta"), "meta3");
    let ran = cluster.run(&["cluster", "remove", "meta1"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // What it is to ask for metadata now is in its file.
    cluster.fault(&["restart", "data1"]);
    cluster.query("data1", "CREATE DATABASE other");
    cluster.fault(&["restart", "meta2", "meta3", "data1"]);
    let databases = cluster.query("data1", "SHOW DATABASES");
    for name in ["db", "other"] {
        assert!(databases.iter().any(|row| row[0] == name), "{databases:?}");
    }
}

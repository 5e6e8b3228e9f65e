//! Nodes join and leave while the cluster runs.

use influx_server_mock::{Profile, Role, TestCluster, Topology};
use serde_json::Value;

use crate::fixture::{Reply, query, until, write};

/// Ids of `SHOW SERVERS`: data nodes, meta nodes.
async fn servers(url: &str) -> (Vec<u64>, Vec<u64>) {
    let shown = query(url, "", "SHOW SERVERS").await.json();
    let ids = |at: usize| -> Vec<u64> {
        let rows = shown["results"][0]["series"][at]["values"].as_array().cloned().unwrap_or_default();
        rows.iter().filter_map(|row| row[0].as_u64()).collect()
    };
    (ids(0), ids(1))
}

fn error(reply: &Reply) -> Value {
    reply.json()["results"][0]["error"].clone()
}

/// Ids go on counting, new groups reach the newcomer, and it answers for the others.
#[tokio::test]
async fn a_data_node_joins() {
    for profile in Profile::ALL {
        let mut cluster = TestCluster::builder().profile(profile).nodes(1, 2).start().await.unwrap();
        let name = cluster.add(Role::Data).await.unwrap();
        assert_eq!(name, "data3");
        let new = cluster.node("data3").url();
        assert_eq!(servers(&new).await, (vec![2, 3, 4], vec![1]));
        query(&new, "", "CREATE DATABASE d WITH DURATION INF REPLICATION 3 NAME r").await;
        assert_eq!(write(&new, "db=d", "warm v=1 1456000000000000000").await.status, 204);
        let all = ["data1", "data2", "data3"].map(|name| cluster.node(name).url());
        for url in &all {
            until("the group", || async { query(url, "", "SHOW SHARDS").await.text().contains("\"r\"") }).await;
        }
        assert_eq!(write(&all[0], "db=d&consistency=all", "m v=1 1456000000000000000").await.status, 204);
        // Cuts by name reach the newcomer, from nodes that did not know it at their start.
        cluster.partition(&[&["data1", "data2"], &["data3"]]);
        let cut = write(&all[0], "db=d&consistency=quorum", "m v=2 1456000000000000001").await;
        assert_eq!(cut.status, 204);
        assert!(!query(&new, "db=d", "SELECT v FROM m").await.text().contains(",2]"), "in {profile}");
        cluster.heal();
        cluster.node_mut("data3").restart().await.unwrap();
        assert_eq!(servers(&new).await.0, [2, 3, 4]);
    }
}

/// A data node that leaves takes its copies with it. In 1.8 shards that it owned alone go, empty, to another owner of the
/// group; what is queued for it is dropped.
#[tokio::test]
async fn a_data_node_leaves_1_8() {
    let mut cluster = TestCluster::builder().nodes(1, 3).set("hh-retry-interval", "50ms").start().await.unwrap();
    let first = cluster.node("data1").url();
    cluster.create_database("d", 1).await.unwrap();
    assert_eq!(write(&first, "db=d", "m v=1 1456000000000000000").await.status, 204);
    let leaver = cluster.node("data3").id().to_string();
    assert!(query(&first, "", "SHOW SHARDS").await.text().contains(&format!("\"{leaver}\"]")));
    // Something waits in its queues.
    cluster.cut_one_way("data3", "data2");
    let third = cluster.node("data3").url();
    let lines: String = (0..20).map(|k| format!("m,k={k} v=1 1456000000000000000\n")).collect();
    assert_eq!(write(&third, "db=d&consistency=any", &lines).await.status, 204);
    until("a queue", || async { !cluster.node("data3").handoff_depths().await.is_empty() }).await;
    cluster.node("data3").refuse_http();
    cluster.node_mut("data3").kill();
    cluster.remove("data3").await.unwrap();
    until("the news", || async { servers(&first).await.0 == [2, 3] }).await;
    let owners = query(&first, "", "SHOW SHARDS").await;
    assert!(!owners.text().contains(&format!("\"{leaver}\"]")) && !owners.text().contains("\"\"]"), "{owners:?}");
    let lines: String = (0..20).map(|k| format!("m,k={k} v=1 1456000000000000000\n")).collect();
    assert_eq!(write(&first, "db=d&consistency=all", &lines).await.status, 204);
    // The next one of its name begins anew: with another id, without the faults and without the queues of the first.
    assert_eq!(cluster.faults(), []);
    assert_eq!(cluster.add(Role::Data).await.unwrap(), "data3");
    assert_ne!(cluster.node("data3").id().to_string(), leaver);
    let new = cluster.node("data3").url();
    assert_eq!(query(&new, "", "SHOW DATABASES").await.status, 200, "its public port takes connections");
    assert!(cluster.node("data3").handoff_depths().await.is_empty());
}

/// Captured case drop-data-server, and what the real one does not survive: a read of a shard that nobody owns.
#[tokio::test]
async fn a_data_node_is_dropped_0_10() {
    let mut cluster = TestCluster::builder().profile(Profile::V0_10).nodes(1, 3).start().await.unwrap();
    let first = cluster.node("data1").url();
    query(&first, "", "CREATE DATABASE d WITH DURATION INF REPLICATION 1 NAME r").await;
    let lines: String = (0..20).map(|k| format!("m,k={k} v=1 1456000000000000000\n")).collect();
    write(&first, "db=d", &lines).await;
    cluster.node_mut("data3").kill();
    let dropped = query(&first, "", "DROP DATA SERVER 4").await;
    assert_eq!(dropped.text(), "{\"results\":[{}]}");
    until("the news", || async { servers(&first).await.0 == [2, 3] }).await;
    assert!(query(&first, "", "SHOW SHARDS").await.text().contains(",\"\"]"), "a shard without an owner");
    let orphaned = write(&first, "db=d&consistency=any", &lines).await;
    assert_eq!((orphaned.status.as_u16(), orphaned.text()), (500, "{\"error\":\"write failed\"}\n"));
    let read = query(&first, "db=d", "SELECT v FROM m").await;
    assert!(error(&read).as_str().unwrap().ends_with("has no owner: its data node was dropped"), "{read:?}");
    assert_eq!(query(&first, "", "SHOW DATABASES").await.status, 200, "the coordinator lives on");
}

/// A meta node joins with a vote: with it, the two others of four may not die, but one may. Then one leaves, leader or
/// not, and what was agreed stays.
#[tokio::test]
async fn meta_nodes_join_and_leave() {
    let mut cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    let url = cluster.node("data1").url();
    query(&url, "", "CREATE DATABASE before").await;
    assert_eq!(cluster.add(Role::Meta).await.unwrap(), "meta2");
    assert_eq!(cluster.add(Role::Meta).await.unwrap(), "meta3");
    until("three meta nodes", || async { servers(&url).await.1.len() == 3 }).await;
    // It led alone until now.
    cluster.node_mut("meta1").kill();
    assert_eq!(error(&query(&url, "", "CREATE DATABASE during").await), Value::Null);
    cluster.remove("meta1").await.unwrap();
    assert_eq!(error(&query(&url, "", "CREATE DATABASE after").await), Value::Null);
    until("two meta nodes", || async { servers(&url).await.1.len() == 2 }).await;
    cluster.node_mut("data1").restart().await.unwrap();
    // Of two that live, the one that leaves must agree to it.
    cluster.remove("meta3").await.unwrap();
    assert_eq!(error(&query(&url, "", "CREATE DATABASE alone").await), Value::Null);
    let databases = query(&url, "", "SHOW DATABASES").await;
    for name in ["before", "during", "after", "alone"] {
        assert!(databases.text().contains(&format!("\"{name}\"")), "{databases:?}");
    }
}

/// Nodes that are both are numbered as they come. One that joined through a single meta node knows only that one until
/// it is restarted (0.10).
#[tokio::test]
async fn a_joined_node_knows_its_join_list() {
    let topology = Topology::Both { nodes: 1 };
    let mut cluster = TestCluster::builder().profile(Profile::V0_10).topology(topology).start().await.unwrap();
    assert_eq!(cluster.add_through(Role::Both, &["node1"]).await.unwrap(), "node2");
    assert_eq!(cluster.add_through(Role::Both, &["node1"]).await.unwrap(), "node3");
    let [first, third] = ["node1", "node3"].map(|name| cluster.node(name).url());
    until("the news", || async { servers(&first).await == (vec![1, 3, 5], vec![1, 2, 4]) }).await;
    let leader_away = query(&third, "", "CREATE DATABASE d").await;
    assert_eq!(error(&leader_away), Value::Null);
    cluster.node_mut("node1").kill();
    let refused = query(&third, "", "CREATE DATABASE e").await;
    assert!(error(&refused).as_str().unwrap().contains("connection refused"), "{refused:?}");
    cluster.node_mut("node3").restart().await.unwrap();
    assert_eq!(error(&query(&third, "", "CREATE DATABASE f").await), Value::Null);
}

//! Replicas that differ and become equal.

use influx_server_mock::TestCluster;

use crate::fixture::{create_database, query, until, values, write};

/// With hinted handoff off, a replica that was dead fetches what it missed, and where it has another value for the same
/// time, the one that most owners hold is kept everywhere: here the greater one, which was written to two of three.
#[tokio::test]
async fn a_replica_that_was_dead_catches_up() {
    let builder = TestCluster::builder().nodes(1, 3).set("hh-enabled", "false").set("anti-entropy", "true");
    let mut cluster = builder.set("anti-entropy-check-interval", "200ms").start().await.unwrap();
    create_database(&cluster, "d").await;
    let urls: Vec<String> = ["data1", "data2", "data3"].map(|name| cluster.node(name).url()).to_vec();
    assert_eq!(write(&urls[0], "db=d&consistency=all", "m v=1 0\nm v=1 1").await.status, 204);
    cluster.node_mut("data3").kill();
    let lines: String = (1..60).map(|n| format!("m v={n} {}\n", n * 1_000_000_000_000_i64)).collect();
    assert_eq!(write(&urls[0], "db=d&consistency=quorum", &format!("{lines}m v=7 1")).await.status, 204);
    cluster.node_mut("data3").restart().await.unwrap();
    for url in &urls {
        until("every point on every replica", || async {
            values(url, "d", "SELECT v FROM m").await.len() == 61
                && values(url, "d", "SELECT v FROM m WHERE time = 1").await[0][1] == 7
        })
        .await;
    }
}

/// A field with two types is nobody's to repair: each replica keeps its own, and the other field still gets through.
#[tokio::test]
async fn two_types_stay_two_types() {
    let builder = TestCluster::builder().nodes(1, 2).set("hh-enabled", "false").set("anti-entropy", "true");
    let mut cluster = builder.set("anti-entropy-check-interval", "200ms").start().await.unwrap();
    create_database(&cluster, "d").await;
    let urls: Vec<String> = ["data1", "data2"].map(|name| cluster.node(name).url()).to_vec();
    // Makes the shard group while both live.
    assert_eq!(write(&urls[0], "db=d&consistency=all", "other x=1 0").await.status, 204);
    cluster.node_mut("data2").kill();
    assert_eq!(write(&urls[0], "db=d", "m f=1i 1").await.status, 204);
    cluster.node_mut("data2").restart().await.unwrap();
    cluster.node_mut("data1").kill();
    assert_eq!(write(&urls[1], "db=d", "m f=\"x\",g=2 2").await.status, 204);
    cluster.node_mut("data1").restart().await.unwrap();
    until("the other field", || async { values(&urls[0], "d", "SELECT g FROM m").await.len() == 1 }).await;
    let field = |url: &str| {
        let url = url.to_owned();
        async move { query(&url, "db=d&epoch=ns", "SELECT f FROM m").await.text().to_owned() }
    };
    assert!(field(&urls[0]).await.contains("[[1,1]]"));
    assert!(field(&urls[1]).await.contains("[[2,\"x\"]]"));
}

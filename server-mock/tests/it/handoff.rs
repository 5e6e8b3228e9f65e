//! Hints that change nothing, or too much.

use influx_server_mock::{Profile, TestCluster};

use crate::fixture::{LIMIT, create_database, query, until, values, write};

/// A batch that gives a new field two types: refused by every live owner, and a hint for the dead one.
const TWO_TYPES: &str = "m v=1i 1\nm v=\"x\" 2";

async fn with_one_dead(profile: Profile) -> (TestCluster, Vec<String>) {
    let builder = TestCluster::builder().profile(profile).nodes(1, 3).set("hh-retry-interval", "50ms");
    let mut cluster = builder.set("hh-retry-max-interval", "100ms").start().await.unwrap();
    create_database(&cluster, "d").await;
    let urls: Vec<String> = ["data1", "data2", "data3"].map(|name| cluster.node(name).url()).to_vec();
    // In 0.10 the owners must have heard of the shard group: writes to it say so.
    until("the shard group on every node", || async {
        write(&urls[0], "db=d&consistency=all", "known x=1 0").await;
        let mut there = 0;
        for url in &urls {
            there += values(url, "d", "SELECT x FROM known").await.len();
        }
        there == 3
    })
    .await;
    cluster.node_mut("data3").kill();
    (cluster, urls)
}

/// The first of the false acknowledgements of cluster 1.8 facts § 4: success at `any`, and nothing is stored anywhere.
#[tokio::test]
async fn a_hint_that_is_refused_for_good_was_an_acknowledgement() {
    let (mut cluster, urls) = with_one_dead(Profile::V1_8).await;
    assert_eq!(write(&urls[0], "db=d&consistency=any", TWO_TYPES).await.status, 204);
    // Behind it a good one, which shows when the first one is done with.
    write(&urls[0], "db=d&consistency=one", "good g=1 1").await;
    cluster.node_mut("data3").restart().await.unwrap();
    assert!(cluster.drained(LIMIT).await);
    assert_eq!(values(&urls[2], "d", "SELECT g FROM good").await.len(), 1);
    for url in &urls {
        assert!(values(url, "d", "SELECT v FROM m").await.is_empty(), "nothing is stored at {url}");
    }
}

/// Profile 0.10 tries a refused hint for ever, and what is queued behind it never arrives.
#[tokio::test]
async fn a_poison_hint_holds_up_all_behind_it() {
    let (mut cluster, urls) = with_one_dead(Profile::V0_10).await;
    assert_eq!(write(&urls[0], "db=d&consistency=any", TWO_TYPES).await.status, 204);
    assert_eq!(write(&urls[0], "db=d&consistency=one", "good g=1 1").await.status, 204);
    cluster.node_mut("data3").restart().await.unwrap();
    // A refused batch leaves the types of its first fields behind: that is how an attempt shows.
    until("an attempt", || async { query(&urls[2], "db=d", "SHOW FIELD KEYS FROM m").await.text().contains("\"v\"") })
        .await;
    let depths = cluster.node("data1").handoff_depths().await;
    assert_eq!(depths.iter().map(|depth| (depth.shard, depth.blocks)).collect::<Vec<_>>(), [(0, 2)]);
    assert!(values(&urls[2], "d", "SELECT g FROM good").await.is_empty());
}

/// A hint that the queue has no room for is lost in silence when a live owner acknowledges (cluster 1.8 facts, § 5).
#[tokio::test]
async fn a_full_queue_shows_only_where_nobody_acknowledges() {
    let builder = TestCluster::builder().nodes(1, 2).set("hh-max-size", "10");
    let mut cluster = builder.start().await.unwrap();
    create_database(&cluster, "d").await;
    let url = cluster.node("data1").url();
    assert_eq!(write(&url, "db=d&consistency=all", "m v=1 1").await.status, 204);
    cluster.node_mut("data2").kill();
    for level in ["any", "one"] {
        assert_eq!(write(&url, &format!("db=d&consistency={level}"), "m v=2 2").await.status, 204);
    }
    let all = write(&url, "db=d&consistency=all", "m v=3 3").await;
    assert_eq!((all.status.as_u16(), all.text()), (500, "{\"error\":\"partial write\"}\n"));
    assert!(cluster.node("data1").handoff_depths().await.is_empty());
}

//! What data nodes do on their own: old shard groups go, new ones come before they are needed.

use influx_server_mock::{Profile, TestCluster, TestClusterBuilder};
use serde_json::Value;

use crate::fixture::{query, until, write};

fn builder(profile: Profile) -> TestClusterBuilder {
    TestCluster::builder().profile(profile).nodes(1, 3)
}

/// The rows of `SHOW SHARDS` of one database: id, database, retention policy, group, start, end, expiry, owners.
async fn shards(url: &str, database: &str) -> Vec<Value> {
    let shown = query(url, "", "SHOW SHARDS").await.json();
    let series = shown["results"][0]["series"].as_array().cloned().unwrap_or_default();
    let found = series.into_iter().find(|series| series["name"] == database);
    found.and_then(|series| series["values"].as_array().cloned()).unwrap_or_default()
}

/// What is wrong with the query, if anything; else how many points it counts.
async fn count(url: &str, database: &str) -> u64 {
    let counted = query(url, &format!("db={database}"), "SELECT count(v) FROM m").await.json();
    counted["results"][0]["series"][0]["values"][0][1].as_u64().unwrap_or_default()
}

async fn known(url: &str, text: &str, statement: &str) {
    until(text, || async { query(url, "", statement).await.text().contains(text) }).await;
}

/// Points of the year 2016 under a policy that keeps all and then only the last hour: the group goes, on every node,
/// also on one that was dead when it went.
#[tokio::test]
async fn expired_groups_go_everywhere() {
    for profile in Profile::ALL {
        let mut cluster = builder(profile).set("retention-check-interval", "50ms").start().await.unwrap();
        let [first, second, third] = ["data1", "data2", "data3"].map(|name| cluster.node(name).url());
        query(&first, "", "CREATE DATABASE d").await;
        query(&first, "", "CREATE RETENTION POLICY r ON d DURATION INF REPLICATION 3 DEFAULT").await;
        for url in [&second, &third] {
            known(url, "\"r\"", "SHOW RETENTION POLICIES ON d").await;
        }
        // In 0.10 an acknowledged write to a new group may be dropped by nodes that have not heard of it.
        for url in [&first, &second, &third] {
            until("a point on every node", || async {
                write(&first, "db=d&consistency=all", "m v=1 1456000000000000000").await;
                count(url, "d").await == 1
            })
            .await;
        }
        cluster.node_mut("data3").kill();
        query(&first, "", "ALTER RETENTION POLICY r ON d DURATION 1h").await;
        query(&first, "", "ALTER RETENTION POLICY r ON d DURATION 1h SHARD DURATION 1h").await;
        for url in [&first, &second] {
            until("no shards", || async { shards(url, "d").await.is_empty() }).await;
        }
        cluster.node_mut("data3").restart().await.unwrap();
        until("no shards", || async { shards(&third, "d").await.is_empty() }).await;
        // What is gone does not come back when the policy keeps all again.
        query(&first, "", "ALTER RETENTION POLICY r ON d DURATION INF").await;
        for url in [&first, &second, &third] {
            known(url, "\"r\",\"0", "SHOW RETENTION POLICIES ON d").await;
            assert_eq!(count(url, "d").await, 0, "in {profile}");
        }
    }
}

#[tokio::test]
async fn switched_off_nothing_goes() {
    let cluster = builder(Profile::V0_10)
        .set("retention-check-interval", "10ms")
        .set("retention-enabled", "false")
        .start()
        .await
        .unwrap();
    let control = builder(Profile::V0_10).set("retention-check-interval", "10ms").start().await.unwrap();
    for cluster in [&cluster, &control] {
        let url = cluster.node("data1").url();
        query(&url, "", "CREATE DATABASE d").await;
        query(&url, "", "CREATE RETENTION POLICY r ON d DURATION 1h REPLICATION 3 DEFAULT").await;
        assert_eq!(write(&url, "db=d", "m v=1 1456000000000000000").await.status, 204, "0.10 takes old points");
    }
    let enforced = control.node("data1").url();
    until("the group of the control to go", || async { shards(&enforced, "d").await.is_empty() }).await;
    assert_eq!(shards(&cluster.node("data1").url(), "d").await.len(), 1);
}

/// The group after the current one is there before anybody writes to it; in 0.10 for the first database only.
#[tokio::test]
async fn groups_are_made_ahead() {
    for profile in Profile::ALL {
        let cluster = builder(profile)
            .set("shard-precreation-check-interval", "50ms")
            .set("shard-precreation-advance-period", "169h")
            .start()
            .await
            .unwrap();
        let url = cluster.node("data2").url();
        // Written first, so that it has waited longer when the other has its second group.
        query(&url, "", "CREATE DATABASE one").await;
        query(&url, "", "CREATE DATABASE two").await;
        for database in ["two", "one"] {
            assert_eq!(write(&url, &format!("db={database}"), "m v=1").await.status, 204);
        }
        until("a group ahead", || async { shards(&url, "one").await.len() >= 2 }).await;
        let rows = shards(&url, "one").await;
        assert_eq!(rows[0][5], rows[1][4], "the second starts where the first ends: {rows:?}");
        match profile {
            Profile::V1_8 => {
                until("a group ahead for the other", || async { shards(&url, "two").await.len() >= 2 }).await;
            }
            Profile::V0_10 => assert_eq!(shards(&url, "two").await.len(), 1),
        }
    }
}

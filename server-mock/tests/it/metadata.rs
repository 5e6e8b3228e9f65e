//! The metadata as clients see it: groups of wide requests, stale copies, meta nodes that are away.

use std::fmt::Write as _;
use std::time::Duration;

use http::Method;
use influx_server_mock::{Profile, TestCluster};

use crate::fixture::{query, send, until, within, write};

const WEEK: i64 = 168 * 3600;

/// One point a week, in `weeks` weeks.
fn weekly(weeks: i64) -> String {
    (0..weeks).fold(String::new(), |mut lines, week| {
        let _ = writeln!(lines, "m v=1 {}", week * WEEK * 1_000_000_000);
        lines
    })
}

async fn groups(url: &str) -> usize {
    let shown = query(url, "", "SHOW SHARD GROUPS").await.json();
    let values = shown["results"][0]["series"][0]["values"].as_array().cloned().unwrap_or_default();
    values.iter().filter(|row| row[1] == "d").count()
}

/// All groups of a request are there after it, each with its own window; a request that needs too many makes none and
/// writes nothing.
#[tokio::test]
async fn a_wide_request_makes_its_groups_or_none() {
    for profile in Profile::ALL {
        let cluster = TestCluster::builder()
            .profile(profile)
            .nodes(1, 3)
            .set("max-shard-groups-per-request", "300")
            .start()
            .await
            .unwrap();
        let url = cluster.node("data1").url();
        query(&url, "", "CREATE DATABASE d").await;
        let refused = write(&url, "db=d", &weekly(301)).await;
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.json()["error"],
            "the points need more than 300 new shard groups (max-shard-groups-per-request): send them in several \
             requests"
        );
        assert_eq!(groups(&url).await, 0);
        assert_eq!(write(&url, "db=d", &weekly(300)).await.status, 204, "in {profile}");
        assert_eq!(groups(&url).await, 300);
        // Those that are there do not count.
        assert_eq!(write(&url, "db=d", &weekly(400)).await.status, 204);
        assert_eq!(groups(&url).await, 400);
        let owners = query(&url, "", "SHOW SHARDS").await;
        for order in ["4,2,3", "2,3,4", "3,4,2"] {
            assert!(owners.text().contains(&format!("\"{order}\"")), "owners rotate from group to group");
        }
    }
}

/// A database that another node made is unknown for as long as the news has not come, and no longer.
#[tokio::test]
async fn a_fresh_database_is_unknown_for_a_moment() {
    let cluster = TestCluster::builder().nodes(1, 2).start().await.unwrap();
    let [first, second] = ["data1", "data2"].map(|name| cluster.node(name).url());
    cluster.partition(&[&["data2"], &["meta1"]]);
    query(&first, "", "CREATE DATABASE d").await;
    let early = write(&second, "db=d", "m v=1").await;
    assert_eq!((early.status.as_u16(), early.text()), (404, "{\"error\":\"database not found: \\\"d\\\"\"}\n"));
    cluster.heal();
    until("the news", || async { write(&second, "db=d", "m v=1").await.status == 204 }).await;
}

/// A data node that starts while no meta node lives opens its port when one is back, and not before.
#[tokio::test]
async fn a_data_node_waits_for_the_meta_nodes() {
    let mut cluster = TestCluster::builder().nodes(1, 2).start().await.unwrap();
    let address = cluster.node("data2").url().strip_prefix("http://").unwrap().to_owned();
    cluster.node_mut("meta1").kill();
    cluster.node_mut("data2").kill();
    cluster.node_mut("data2").start_again();
    let connect = || async { tokio::net::TcpStream::connect(&address).await.is_ok() };
    let early = tokio::time::timeout(Duration::from_millis(300), async {
        while !connect().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(early.await.is_err(), "the port opened without a meta node");
    cluster.node_mut("meta1").restart().await.unwrap();
    until("the port", connect).await;
}

/// The meta nodes' own interface for people and for services that only one data node should run.
#[tokio::test]
async fn the_meta_api_tells_and_leases() {
    for profile in Profile::ALL {
        let mut cluster = TestCluster::builder().profile(profile).nodes(3, 1).start().await.unwrap();
        let meta = ["meta1", "meta2", "meta3"].map(|name| cluster.node(name).url());
        let get = |url: &str, path: &str| {
            let (url, path) = (url.to_owned(), path.to_owned());
            async move { send(&url, Method::GET, &path, &[], "").await }
        };
        // The leader that all of them name.
        let agreed = || async {
            let mut named = Vec::new();
            for url in &meta {
                named.push(format!("http://{}", get(url, "/ping").await.text()));
            }
            let leader = named.pop().filter(|leader| meta.contains(leader));
            leader.filter(|leader| named.iter().all(|other| other == leader))
        };
        // Anew where another was elected in the middle of it, or the leader was not sure for a moment that it is one.
        let looking = async {
            loop {
                if let Some(leader) = agreed().await {
                    let taken = get(&leader, "/lease?name=cq&nodeid=4").await;
                    let held = get(&leader, "/lease?name=cq&nodeid=5").await;
                    let follower = meta.iter().find(|url| **url != leader).unwrap();
                    let moved = get(follower, "/lease?nodeid=4&name=cq").await;
                    let sure = [&taken, &held, &moved].iter().all(|answer| answer.status != 503);
                    if sure && agreed().await.as_ref() == Some(&leader) {
                        return (leader, taken, held, moved);
                    }
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let (leader, taken, held, moved) = within("agreement on a leader", looking).await;
        for url in &meta {
            until("agreement on a leader", || async { get(url, "/ping?all=true").await.status == 200 }).await;
        }
        assert_eq!((taken.status.as_u16(), &taken.json()["owner"]), (200, &4.into()));
        assert_eq!(held.status, 409);
        assert_eq!(moved.status, 307);
        assert_eq!(moved.headers["location"], format!("{leader}/lease?name=cq&nodeid=4"));
        for (path, text) in [
            ("/lease?nodeid=4", "lease name required\n"),
            ("/lease?name=cq", "node ID required\n"),
            ("/?index=x", "error parsing index\n"),
        ] {
            let refused = get(&leader, path).await;
            assert_eq!((refused.status.as_u16(), refused.text()), (400, text));
        }
        assert_eq!(send(&leader, Method::PUT, "/execute", &[], "").await.status, 400);
        let nowhere = get(&leader, "/nowhere?index=0").await;
        match profile {
            Profile::V1_8 => assert_eq!((nowhere.status.as_u16(), nowhere.text()), (404, "404 page not found\n")),
            Profile::V0_10 => assert_eq!(nowhere.headers["content-type"], "application/octet-stream"),
        }
        let left = meta.iter().position(|url| *url != leader).unwrap();
        for (at, name) in ["meta1", "meta2", "meta3"].into_iter().enumerate() {
            if at != left {
                cluster.node_mut(name).kill();
            }
        }
        // The last one may have been told who leads; it forgets with the election that it cannot win.
        let url = &meta[left];
        until("no leader", || async { get(url, "/lease?name=cq&nodeid=4").await.status == 503 }).await;
        let refused = get(url, "/lease?name=cq&nodeid=4").await;
        match profile {
            Profile::V1_8 => assert_eq!(refused.text(), "{\"error\":\"no leader\"}"),
            Profile::V0_10 => assert_eq!(refused.text(), ""),
        }
        assert_eq!(get(url, "/ping").await.text(), "");
        assert_eq!(get(url, "/ping?all=true").await.status, 500);
    }
}

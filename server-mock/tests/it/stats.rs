//! What a node tells of itself.

use http::Method;
use influx_server_mock::{Profile, TestCluster};
use serde_json::{Value, json};

use crate::fixture::{query, send, until, write};

/// The series of a module in an answer to `SHOW STATS`, as an object of columns and values.
fn module(reply: &Value, name: &str) -> Option<Value> {
    let series = reply["results"][0]["series"].as_array()?.iter().find(|series| series["name"] == name)?;
    let columns = series["columns"].as_array()?.iter().map(|column| column.as_str().unwrap().to_owned());
    Some(columns.zip(series["values"][0].as_array()?.iter().cloned()).collect::<serde_json::Map<_, _>>().into())
}

async fn stats(url: &str) -> Value {
    query(url, "", "SHOW STATS").await.json()
}

async fn written(profile: Profile) -> (TestCluster, String) {
    let cluster = TestCluster::builder().profile(profile).nodes(1, 3).start().await.unwrap();
    let url = cluster.node("data1").url();
    query(&url, "", "CREATE DATABASE d WITH REPLICATION 3").await;
    // The other nodes may hear of the database a moment later.
    until("a write to all", || async { write(&url, "db=d&consistency=all", "m v=1 1\nm v=2 2").await.status == 204 })
        .await;
    (cluster, url)
}

/// Points, shard writes and requests are counted where they happen, and all values of 1.8 are there from the start.
#[tokio::test]
async fn a_write_is_counted() {
    let (cluster, url) = written(Profile::V1_8).await;
    let all = stats(&url).await;
    let write = module(&all, "write").unwrap();
    let requests = write["req"].as_i64().unwrap();
    assert!(requests >= 1);
    assert_eq!(write["pointReq"], requests * 2);
    assert_eq!(write["pointReqLocal"], requests * 2);
    assert_eq!(write["pointReqRemote"], requests * 4);
    assert_eq!((&write["pointReqHH"], &write["writeTimeout"]), (&json!(0), &json!(0)));
    assert_eq!(module(&all, "httpd").unwrap()["pointsWrittenOK"], requests * 2);
    assert_eq!(module(&all, "database").unwrap(), json!({"numMeasurements": 1, "numSeries": 1}));
    assert!(module(&all, "shard").unwrap()["writePointsOk"].as_i64().unwrap() >= 2);
    let there = stats(&cluster.node("data2").url()).await;
    assert_eq!(module(&there, "coordinator").unwrap()["writeShardPointsReq"], requests * 2);
    let one = query(&url, "", "SHOW STATS FOR 'write'").await.json();
    assert_eq!(one["results"][0]["series"].as_array().unwrap().len(), 1);
}

/// Values of 0.10 appear with their first count.
#[tokio::test]
async fn the_old_profile_shows_what_was_counted() {
    let (_cluster, url) = written(Profile::V0_10).await;
    let write = module(&stats(&url).await, "write").unwrap();
    let names: Vec<&String> = write.as_object().unwrap().keys().collect();
    assert!(names.iter().any(|name| *name == "pointReq"), "{names:?}");
    assert!(!names.iter().any(|name| *name == "writeTimeout" || *name == "writeDrop"), "{names:?}");
    assert!(module(&stats(&url).await, "coordinator").is_none());
}

/// What waits in a queue can be asked for in both profiles, and is gone after its delivery.
#[tokio::test]
async fn hints_that_wait_are_told() {
    for profile in Profile::ALL {
        let (mut cluster, url) = written(profile).await;
        cluster.node_mut("data3").kill();
        assert_eq!(write(&url, "db=d&consistency=one", "m v=3 3").await.status, 204);
        until("the hint", || async { module(&stats(&url).await, "hh_queue").is_some() }).await;
        let waiting = module(&stats(&url).await, "hh_queue").unwrap();
        assert_eq!((&waiting["blocks"], &waiting["points"]), (&json!(1), &json!(1)));
        assert!(waiting["bytes"].as_i64().unwrap() > 0);
        let queues = query(&url, "", "SHOW DIAGNOSTICS FOR 'hh'").await.json();
        let series = &queues["results"][0]["series"][0];
        assert_eq!(series["columns"], json!(["node", "active", "last modified", "head", "tail"]));
        let [node, active, modified, head, tail] = &series["values"][0].as_array().unwrap()[..] else { panic!() };
        let yes = match profile {
            Profile::V1_8 => json!(true),
            Profile::V0_10 => json!("yes"),
        };
        assert_eq!((node, active), (&json!(4), &yes));
        assert!(modified.as_str().unwrap() > "2020", "{modified}");
        // Nothing was delivered and something was queued, in one file.
        let place = |place: &Value| {
            let (path, offset) = place.as_str().unwrap().rsplit_once(':').unwrap();
            (path.to_owned(), offset.parse::<u64>().unwrap())
        };
        let (head, tail) = (place(head), place(tail));
        assert!(std::path::Path::new(&head.0).is_file(), "{head:?}");
        assert_eq!(head.0, tail.0);
        assert!(head.1 < tail.1, "{head:?} {tail:?}");
        let all = stats(&url).await;
        let processor = module(&all, "hh_processor").unwrap();
        let tags = all["results"][0]["series"].as_array().unwrap().iter().find(|of| of["name"] == "hh_processor");
        let tags = tags.unwrap()["tags"].as_object().unwrap();
        assert_eq!(tags["node"], "4");
        match profile {
            Profile::V1_8 => {
                assert_eq!((&processor["queueDepth"], &processor["queueBytes"]), (&json!(1), &json!(tail.1)));
                assert!(tags["shardID"].as_str().unwrap().parse::<u64>().is_ok(), "{tags:?}");
            }
            Profile::V0_10 => {
                let file = std::path::Path::new(&tail.0);
                assert_eq!(file.parent(), Some(std::path::Path::new(tags["path"].as_str().unwrap())));
                assert_eq!(
                    file.parent().unwrap().file_name(),
                    Some("4".as_ref()),
                    "a queue of the node, not of a shard"
                );
            }
        }
        assert_eq!(tags.len(), 2, "{tags:?}");
        cluster.node_mut("data3").restart().await.unwrap();
        until("the delivery", || async { module(&stats(&url).await, "hh_queue").is_none() }).await;
    }
}

/// Two queues are two members of the document, whose keys must differ: most readers keep one of equal ones.
#[tokio::test]
async fn each_queue_has_a_key_of_its_own() {
    let (mut cluster, url) = written(Profile::V1_8).await;
    cluster.node_mut("data3").kill();
    // One a week: two shards.
    let lines = "m v=3 0\nm v=3 1209600000000000";
    assert_eq!(write(&url, "db=d&consistency=one", lines).await.status, 204);
    until("both hints", || async {
        let vars = send(&url, Method::GET, "/debug/vars", &[], "").await;
        vars.json().as_object().unwrap().keys().filter(|key| key.starts_with("hh_queue:4:")).count() == 2
    })
    .await;
    let vars = send(&url, Method::GET, "/debug/vars", &[], "").await.json();
    let shard = |key: &str| vars[key]["tags"]["shardID"].as_str().unwrap().to_owned();
    assert_ne!(shard("hh_processor"), shard("hh_processor:1"));
}

/// `/debug/vars` is one JSON document of the same numbers.
#[tokio::test]
async fn variables_are_served() {
    for profile in Profile::ALL {
        let (_cluster, url) = written(profile).await;
        let reply = send(&url, Method::GET, "/debug/vars", &[], "").await;
        assert_eq!(reply.headers["content-type"], "application/json; charset=utf-8");
        let vars = reply.json();
        assert_eq!(vars["write"]["name"], "write");
        assert!(vars["write"]["values"]["pointReq"].as_i64().unwrap() >= 2);
        let bind = url.strip_prefix("http://").unwrap();
        assert_eq!(vars[format!("httpd:{bind}")]["tags"]["bind"], bind);
        assert_eq!(vars["system"].is_object(), profile == Profile::V1_8);
        assert!(vars["memstats"]["Alloc"].is_u64() && vars["cmdline"].is_array());
    }
}

/// `/metrics` is text of one line a value.
#[tokio::test]
async fn metrics_are_served() {
    let (_cluster, url) = written(Profile::V1_8).await;
    let reply = send(&url, Method::GET, "/metrics", &[], "").await;
    assert!(reply.text().contains("\ninfluxdb_write_pointReqLocal 2\n"), "{}", reply.text());
    let lines = reply.text().lines().filter(|line| !line.starts_with('#'));
    for line in lines {
        let (_, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

/// Diagnostics have the modules and columns of the real servers.
#[tokio::test]
async fn diagnostics_are_told() {
    let (_cluster, url) = written(Profile::V1_8).await;
    let all = query(&url, "", "SHOW DIAGNOSTICS").await.json();
    let names: Vec<_> = all["results"][0]["series"].as_array().unwrap().iter().map(|series| &series["name"]).collect();
    assert_eq!(
        names,
        ["build", "hh", "network", "runtime", "system"]
            .map(|name| json!(name))
            .iter()
            .filter(|name| *name != "hh")
            .collect::<Vec<_>>()
    );
    let build = module(&all, "build").unwrap();
    assert_eq!(build["Version"], Profile::V1_8.version());
    assert_eq!(module(&all, "system").unwrap()["PID"], std::process::id());
}

/// The old profile has no `/metrics`.
#[tokio::test]
async fn the_old_profile_has_no_metrics() {
    let cluster = TestCluster::builder().profile(Profile::V0_10).nodes(1, 1).start().await.unwrap();
    assert_eq!(send(&cluster.node("data1").url(), Method::GET, "/metrics", &[], "").await.status, 404);
}

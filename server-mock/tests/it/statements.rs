//! What statements change and tell, on one node and on all of them.

use http::Method;
use influx_server_mock::{Profile, TestCluster};
use serde_json::Value;

use crate::fixture::{Reply, query, send, until, within, write};

/// A cluster of three data nodes with a database `d` of three copies that every node knows, and the nodes' addresses.
async fn cluster(profile: Profile) -> (TestCluster, [String; 3]) {
    let builder = TestCluster::builder().profile(profile).nodes(1, 3);
    let builder = match profile {
        Profile::V1_8 => builder,
        // An acknowledged write is on all nodes then.
        Profile::V0_10 => builder.set("ack-dropped-shard", "false"),
    };
    let cluster = builder.start().await.unwrap();
    let urls = ["data1", "data2", "data3"].map(|name| cluster.node(name).url());
    query(&urls[0], "", "CREATE DATABASE d WITH REPLICATION 3").await;
    for url in &urls {
        until("the database on every node", || async {
            query(url, "", "SHOW DATABASES").await.text().contains("\"d\"")
        })
        .await;
    }
    (cluster, urls)
}

fn error(reply: &Reply) -> String {
    reply.json()["results"][0]["error"].as_str().unwrap_or_default().to_owned()
}

/// The values of the first series.
fn values(reply: &Reply) -> Value {
    reply.json()["results"][0]["series"][0]["values"].clone()
}

async fn count(url: &str, measurement: &str) -> Value {
    values(&query(url, "db=d&epoch=ns", &format!("SELECT count(v) FROM {measurement}")).await)[0][1].clone()
}

/// `DELETE` and `DROP SERIES` act on every node in 1.8, on times and tags, and refuse fields.
#[tokio::test]
async fn points_are_deleted_everywhere() {
    let (cluster, urls) = cluster(Profile::V1_8).await;
    write(&urls[0], "db=d&consistency=all", "m,k=a v=1 1\nm,k=a v=2 2\nm,k=b v=3 3\nn v=1 1").await;
    // A node that has the points may hear of their shard group later.
    cluster.wait_until_in_sync().await.unwrap();
    let deleted = query(&urls[1], "db=d", "DELETE FROM m WHERE k = 'a' AND time <= 1").await;
    assert_eq!(error(&deleted), "");
    for url in &urls {
        assert_eq!(count(url, "m").await, 2);
    }
    assert_eq!(error(&query(&urls[2], "db=d", "DROP SERIES FROM m WHERE k = 'b'").await), "");
    for url in &urls {
        assert_eq!(count(url, "m").await, 1);
        assert_eq!(count(url, "n").await, 1);
        let series = query(url, "db=d", "SHOW SERIES").await;
        assert_eq!(values(&series), serde_json::json!([["m,k=a"], ["n"]]));
    }
    for (statement, text) in [
        ("DELETE FROM m WHERE v > 1", "fields not supported in WHERE clause during deletion"),
        ("DROP SERIES FROM m WHERE time > 1", "DROP SERIES doesn't support time in WHERE clause"),
    ] {
        assert_eq!(error(&query(&urls[0], "db=d", statement).await), text);
    }
    assert_eq!(error(&query(&urls[0], "db=nope", "DELETE FROM m").await), "database not found: nope");
    assert_eq!(count(&urls[0], "m").await, 1);
}

/// A dead node is named, and the others have deleted all the same.
#[tokio::test]
async fn a_deletion_past_a_dead_node_is_a_partial_success() {
    let (mut cluster, urls) = cluster(Profile::V1_8).await;
    write(&urls[0], "db=d&consistency=all", "m v=1 1").await;
    cluster.wait_until_in_sync().await.unwrap();
    cluster.node_mut("data3").kill();
    let refused = error(&query(&urls[0], "db=d", "DROP SERIES FROM m").await);
    assert!(refused.starts_with("partial success, node 4 may be down ("), "{refused}");
    assert_eq!(count(&urls[1], "m").await, Value::Null);
}

/// The name goes last: what is dropped past a dead node is still there, without the data that the others had, until the
/// statement is repeated.
#[tokio::test]
async fn a_drop_past_a_dead_node_can_be_repeated() {
    let (mut cluster, urls) = cluster(Profile::V1_8).await;
    query(&urls[0], "", "CREATE RETENTION POLICY p ON d DURATION INF REPLICATION 3").await;
    let all = "db=d&consistency=all";
    until("the policy", || async { write(&urls[0], &format!("{all}&rp=p"), "m v=1 1").await.status == 204 }).await;
    assert_eq!(write(&urls[0], all, "m v=1 1").await.status, 204);
    cluster.wait_until_in_sync().await.unwrap();
    cluster.node_mut("data3").kill();
    let of_policy = || async { values(&query(&urls[1], "db=d", "SELECT v FROM p.m").await) };
    let refused = error(&query(&urls[0], "", "DROP RETENTION POLICY p ON d").await);
    assert!(refused.starts_with("partial success, node 4 may be down ("), "{refused}");
    assert_eq!((of_policy().await, count(&urls[1], "m").await), (Value::Null, 1.into()), "only of that policy");
    let refused = error(&query(&urls[0], "", "DROP DATABASE d").await);
    assert!(refused.starts_with("partial success, node 4 may be down ("), "{refused}");
    assert_eq!(count(&urls[1], "m").await, Value::Null);
    for (statement, name) in [("SHOW DATABASES", "\"d\""), ("SHOW RETENTION POLICIES ON d", "\"p\"")] {
        assert!(query(&urls[0], "", statement).await.text().contains(name), "{statement}");
    }
    // Both can be written to again.
    assert_eq!(write(&urls[0], "db=d&rp=p&consistency=quorum", "m v=2 2").await.status, 204);
    cluster.node_mut("data3").restart().await.unwrap();
    for statement in ["DROP RETENTION POLICY p ON d", "DROP DATABASE d"] {
        assert_eq!(error(&query(&urls[0], "", statement).await), "", "{statement}");
    }
    for url in &urls {
        until("the end of the database", || async { !query(url, "", "SHOW DATABASES").await.text().contains("\"d\"") })
            .await;
    }
}

/// Nobody is asked to drop what is not there.
#[tokio::test]
async fn a_drop_of_what_is_unknown_needs_nobody() {
    let (mut cluster, urls) = cluster(Profile::V1_8).await;
    cluster.node_mut("data3").kill();
    cluster.node_mut("meta1").kill();
    let statements = ["DROP DATABASE nope", "DROP RETENTION POLICY nope ON d", "DROP RETENTION POLICY p ON nope"];
    for statement in statements {
        let begun = std::time::Instant::now();
        assert_eq!(error(&query(&urls[0], "", statement).await), "", "{statement}");
        assert!(begun.elapsed().as_secs() < 5, "{statement} waited for the meta nodes");
    }
}

/// In 0.10 a measurement goes from the node that was asked, and stays on the others.
#[tokio::test]
async fn the_old_profile_drops_on_the_asked_node_alone() {
    let (_cluster, urls) = cluster(Profile::V0_10).await;
    write(&urls[0], "db=d&consistency=all", "m v=1 1\nn v=1 1").await;
    query(&urls[0], "db=d", "DROP MEASUREMENT m").await;
    query(&urls[0], "db=d", "DROP SERIES FROM n").await;
    for measurement in ["m", "n"] {
        assert_eq!(count(&urls[0], measurement).await, Value::Null, "{measurement}");
        until("the others' copy", || async { count(&urls[1], measurement).await == 1 }).await;
    }
}

/// A cluster of which the first and the third node cannot reach each other, and neither gives up. The second one still
/// tells what they are running. `one` is a database with points on all of them.
async fn parted() -> (TestCluster, Vec<String>) {
    let cluster = TestCluster::builder().nodes(1, 3).set("dial-timeout", "1h").start().await.unwrap();
    let urls = cluster.urls();
    query(&urls[0], "", "CREATE DATABASE one WITH REPLICATION 1").await;
    let lines: Vec<String> = (0..30).map(|n| format!("m,k={n} v=1 1")).collect();
    until("the points", || async { write(&urls[0], "db=one&consistency=one", &lines.join("\n")).await.status == 204 })
        .await;
    cluster.cut("data1", "data3");
    (cluster, urls)
}

/// A query is listed by every node with what it is and where it runs, and ends when it is killed from any of them.
#[tokio::test]
async fn a_query_is_listed_and_killed() {
    let (cluster, urls) = parted().await;
    let slow = tokio::spawn({
        let url = urls[0].clone();
        async move { query(&url, "db=one", "SELECT count(v) FROM m").await }
    });
    let listed = || async { query(&urls[1], "", "SHOW QUERIES").await };
    until("the query in the list", || async { listed().await.text().contains("SELECT count(v) FROM m") }).await;
    let reply = listed().await;
    let series = &reply.json()["results"][0]["series"][0];
    let columns = serde_json::json!(["qid", "node_id", "tcp_host", "query", "database", "duration", "status"]);
    assert_eq!(series["columns"], columns);
    let rows = series["values"].as_array().unwrap();
    let row = rows.iter().find(|row| row[4] == "one").unwrap().clone();
    assert_eq!(row[1], cluster.node("data1").id());
    assert_eq!((row[3].as_str(), row[6].as_str()), (Some("SELECT count(v) FROM m"), Some("running")));
    let own = rows.iter().find(|row| row[3] == "SHOW QUERIES").unwrap();
    assert_eq!(own[1], cluster.node("data2").id(), "the others are listed too");
    let (id, host) = (row[0].as_u64().unwrap(), row[2].as_str().unwrap());
    let kill = async |statement: String| error(&query(&urls[1], "", &statement).await);
    assert_eq!(kill(format!("KILL QUERY {id}")).await, "tcp host required");
    assert_eq!(kill(format!("KILL QUERY {id} ON \"nowhere:1\"")).await, "node not found");
    assert_eq!(kill(format!("KILL QUERY 999999 ON \"{host}\"")).await, "no such query id: 999999");
    assert_eq!(kill(format!("KILL QUERY {id} ON \"{host}\"")).await, "");
    assert_eq!(error(&within("the killed query", slow).await.unwrap()), "query interrupted");
}

/// Nobody waits for a query any more: it leaves the list.
#[tokio::test]
async fn a_client_that_goes_away_ends_its_query() {
    let (_cluster, urls) = parted().await;
    let running = || async { query(&urls[1], "", "SHOW QUERIES").await.text().contains("SELECT") };
    let slow = tokio::spawn({
        let url = urls[0].clone();
        async move { query(&url, "db=one&chunked=true", "SELECT v FROM m").await }
    });
    until("the query in the list", running).await;
    slow.abort();
    until("the query gone", || async { !running().await }).await;
}

/// Replicas that differ: the measurement `m` is on the first two nodes, and the third one has only `warm`.
async fn divergent() -> (TestCluster, Vec<String>) {
    let mut cluster = TestCluster::builder().nodes(1, 3).set("hh-enabled", "false").start().await.unwrap();
    cluster.create_database("d", 3).await.unwrap();
    let urls = cluster.urls();
    assert_eq!(write(&urls[0], "db=d&consistency=all", "warm v=1 1").await.status, 204);
    cluster.node_mut("data3").kill();
    assert_eq!(write(&urls[0], "db=d&consistency=quorum", "m,k=a v=1 1").await.status, 204);
    cluster.node_mut("data3").restart().await.unwrap();
    (cluster, urls)
}

/// In 1.8 measurements, tag keys and tag values are what any node has, whatever the replica that a `SELECT` reads.
#[tokio::test]
async fn listings_are_collected_from_every_node() {
    let (mut cluster, urls) = divergent().await;
    let third = |statement: &'static str| query(&urls[2], "db=d", statement);
    assert_eq!(count(&urls[2], "m").await, Value::Null);
    for (statement, listed) in [
        ("SHOW MEASUREMENTS", serde_json::json!([["m"], ["warm"]])),
        ("SHOW TAG KEYS", serde_json::json!([["k"]])),
        ("SHOW TAG VALUES WITH KEY = k", serde_json::json!([["k", "a"]])),
        ("SHOW SERIES CARDINALITY", serde_json::json!([[2]])),
        ("SHOW SERIES", serde_json::json!([["warm"]])),
    ] {
        assert_eq!(values(&third(statement).await), listed, "{statement}");
    }
    cluster.node_mut("data1").kill();
    assert_eq!(values(&third("SHOW MEASUREMENTS").await), serde_json::json!([["m"], ["warm"]]));
    cluster.node_mut("data2").kill();
    assert_eq!(values(&third("SHOW MEASUREMENTS").await), serde_json::json!([["warm"]]), "dead nodes tell nothing");
}

/// A `SELECT` may be bound to the shards of one node, and is not read elsewhere when that one is away.
#[tokio::test]
async fn a_query_is_bound_to_a_node() {
    let (mut cluster, urls) = divergent().await;
    let bound = async |url: &str, node: u64, statement: &str| {
        query(url, &format!("db=d&epoch=ns&node_id={node}"), statement).await
    };
    let [first, third] = ["data1", "data3"].map(|name| cluster.node(name).id());
    let select = "SELECT v FROM m";
    assert_eq!(values(&bound(&urls[0], third, select).await), Value::Null);
    for (url, node) in [(&urls[2], first), (&urls[0], first), (&urls[0], 0)] {
        assert_eq!(values(&bound(url, node, select).await), serde_json::json!([[1, 1]]), "{node}");
    }
    assert_eq!(values(&bound(&urls[0], third, "SHOW SERIES").await), serde_json::json!([["warm"]]));
    for statement in [select, "SHOW SERIES", "EXPLAIN SELECT v FROM m"] {
        assert_eq!(error(&bound(&urls[0], 999, statement).await), "node not found", "{statement}");
    }
    cluster.node_mut("data3").kill();
    assert_ne!(error(&bound(&urls[0], third, select).await), "");
    assert_eq!(error(&bound(&urls[0], first, select).await), "");
}

/// What needs a shard of which no owner answers fails, but for the listings of 1.8 that pass over dead nodes; in 0.10 a
/// node asks the others for measurements and tag keys only.
#[tokio::test]
async fn a_listing_without_an_owner_fails() {
    for (profile, refused, answered) in [
        (Profile::V1_8, ["SHOW SERIES", "SHOW FIELD KEYS"], ["SHOW MEASUREMENTS", "SHOW TAG KEYS"]),
        (Profile::V0_10, ["SHOW MEASUREMENTS", "SHOW TAG KEYS"], ["SHOW SERIES", "SHOW FIELD KEYS"]),
    ] {
        let mut cluster = TestCluster::builder().profile(profile).nodes(1, 3).start().await.unwrap();
        cluster.create_database("d", 1).await.unwrap();
        let urls = cluster.urls();
        let lines: Vec<String> = (0..30).map(|n| format!("m,k={n} v=1 1")).collect();
        assert_eq!(write(&urls[0], "db=d&consistency=one", &lines.join("\n")).await.status, 204);
        cluster.node_mut("data3").kill();
        for statement in refused {
            let why = error(&query(&urls[0], "db=d", statement).await);
            assert!(why.contains("tcp") || why.ends_with("EOF"), "{profile}: {statement}: {why:?}");
        }
        for statement in answered {
            assert_eq!(error(&query(&urls[0], "db=d", statement).await), "", "{profile}: {statement}");
        }
    }
}

/// A chunked answer says in each piece whether another follows, and has an error after what came before it.
#[tokio::test]
async fn a_chunked_answer_comes_in_pieces() {
    let (_cluster, urls) = cluster(Profile::V1_8).await;
    write(&urls[0], "db=d&consistency=all", "m v=1 1\nm v=2 2\nm v=3 3").await;
    let reply = query(&urls[0], "db=d&epoch=ns&chunked=true&chunk_size=2", "SELECT v FROM m; SELECT v FROM x..y").await;
    let pieces: Vec<Value> =
        serde_json::Deserializer::from_slice(&reply.body).into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(
        pieces,
        [
            serde_json::json!({"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v"],
                "values":[[1,1],[2,2]],"partial":true}],"partial":true}]}),
            serde_json::json!({"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v"],
                "values":[[3,3]]}]}]}),
            serde_json::json!({"results":[{"statement_id":1,"error":"database not found: x"}]}),
        ]
    );
    assert_eq!(reply.headers["transfer-encoding"], "chunked");
}

/// The head of an answer comes at once, its body when the node that is waited for can be reached again.
#[tokio::test]
async fn a_node_out_of_reach_delays_the_body_alone() {
    let (cluster, urls) = parted().await;
    let slow = tokio::spawn({
        let url = urls[0].clone();
        async move { query(&url, "db=one", "DROP MEASUREMENT m").await }
    });
    until("the statement in the list", || async {
        query(&urls[1], "", "SHOW QUERIES").await.text().contains("DROP MEASUREMENT")
    })
    .await;
    assert!(!slow.is_finished());
    cluster.heal();
    assert_eq!(error(&within("the statement after the heal", slow).await.unwrap()), "");
}

/// Continuous queries and subscriptions are part of the metadata: made on one node, known to all.
#[tokio::test]
async fn continuous_queries_and_subscriptions_are_known_everywhere() {
    let (_cluster, urls) = cluster(Profile::V1_8).await;
    let create = "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO t FROM m GROUP BY time(1h) END";
    assert_eq!(error(&query(&urls[0], "", create).await), "");
    let shown = "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT mean(v) INTO d.autogen.t FROM d.autogen.m \
                 GROUP BY time(1h) END";
    until("the continuous query on another node", || async {
        let reply = query(&urls[1], "", "SHOW CONTINUOUS QUERIES").await;
        values(&reply) == serde_json::json!([["q", shown]])
    })
    .await;
    let other = create.replace("mean", "max");
    assert_eq!(error(&query(&urls[0], "", &other).await), "continuous query already exists");
    let subscribe = "CREATE SUBSCRIPTION s ON d.autogen DESTINATIONS ANY 'udp://h:9', 'http://h:10'";
    assert_eq!(error(&query(&urls[0], "", subscribe).await), "");
    assert_eq!(error(&query(&urls[0], "", subscribe).await), "subscription already exists");
    let reply = query(&urls[0], "", "SHOW SUBSCRIPTIONS").await;
    assert_eq!(values(&reply), serde_json::json!([["autogen", "s", "ANY", ["udp://h:9", "http://h:10"]]]));
    for drop in ["DROP CONTINUOUS QUERY q ON d", "DROP SUBSCRIPTION s ON d.autogen"] {
        assert_eq!(error(&query(&urls[0], "", drop).await), "");
    }
    assert_eq!(query(&urls[0], "", "SHOW SUBSCRIPTIONS").await.text(), "{\"results\":[{\"statement_id\":0}]}\n");
}

/// Rows are copied as they are, with their tags if the query groups by them.
#[tokio::test]
async fn points_are_copied() {
    let (_cluster, urls) = cluster(Profile::V1_8).await;
    write(&urls[0], "db=d&consistency=all", "m,k=a v=1 1\nm,k=b v=2 2").await;
    for (statement, columns, copy) in [
        ("SELECT v INTO plain FROM m", "v", serde_json::json!([[1, 1], [2, 2]])),
        ("SELECT * INTO tagged FROM m GROUP BY *", "k, v", serde_json::json!([[1, "a", 1], [2, "b", 2]])),
    ] {
        let made = query(&urls[0], "db=d", statement).await;
        assert_eq!(values(&made), serde_json::json!([["1970-01-01T00:00:00Z", 2]]), "{statement}");
        let target = statement.split(' ').nth(3).unwrap();
        let reply = query(&urls[0], "db=d&epoch=ns", &format!("SELECT {columns} FROM {target}")).await;
        assert_eq!(values(&reply), copy, "{statement}");
    }
}

/// A continuous query runs at the end of each of its intervals; its points are on every replica.
#[tokio::test]
async fn a_continuous_query_runs() {
    for profile in Profile::ALL {
        let builder = TestCluster::builder().profile(profile).nodes(1, 2);
        let cluster = builder.set("continuous-queries-run-interval", "20ms").start().await.unwrap();
        let urls = ["data1", "data2"].map(|name| cluster.node(name).url());
        query(&urls[0], "", "CREATE DATABASE d").await;
        let create =
            "CREATE CONTINUOUS QUERY q ON d BEGIN SELECT max(v) INTO o FROM m WHERE k = 'a' GROUP BY time(1s) END";
        assert_eq!(error(&query(&urls[0], "", create).await), "");
        until("a run", || async {
            write(&urls[0], "db=d", "m,k=a v=1\nm,k=b v=2").await;
            let reply = query(&urls[1], "db=d", "SELECT max FROM o").await;
            values(&reply).as_array().is_some_and(|rows| rows.iter().all(|row| row[1] == 1))
        })
        .await;
    }
}

/// The limits on what a `SELECT` may cost are those of the real configuration, with its texts.
#[tokio::test]
async fn a_select_has_limits() {
    let builder = TestCluster::builder().nodes(1, 1);
    let builder = builder.set("max-select-buckets", "10").set("max-select-point", "5").set("max-select-series", "2");
    let cluster = builder.start().await.unwrap();
    let url = cluster.node("data1").url();
    query(&url, "", "CREATE DATABASE d").await;
    write(&url, "db=d", "m,k=a v=1 1\nm,k=b v=1 1\nm,k=c v=1 1\nn v=1 1\nn v=2 2\nn v=3 3\nn v=4 4\nn v=5 5\nn v=6 6")
        .await;
    for (statement, text) in [
        (
            "SELECT mean(v) FROM n WHERE time >= 0 AND time < 12 GROUP BY time(1ns)",
            "max-select-buckets limit exceeded: (11/10)",
        ),
        ("SELECT v FROM m", "max-select-series limit exceeded: (3/2)"),
        ("SELECT v FROM n", "max-select-point limit exceeed: (6/5)"),
    ] {
        assert_eq!(error(&query(&url, "db=d", statement).await), text, "{statement}");
    }
}

/// What would take for ever, or all memory, is refused; the node goes on.
#[tokio::test]
async fn hostile_queries_end() {
    let cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    let url = cluster.node("data1").url();
    query(&url, "", "CREATE DATABASE d").await;
    write(&url, "db=d", &format!("m,k={} v=1 1", "a".repeat(30_000))).await;
    let century = "SELECT mean(v) FROM m WHERE time >= '1970-01-01' AND time < '2070-01-01' GROUP BY time(1ns)";
    assert!(error(&query(&url, "db=d", century).await).starts_with("max-select-buckets limit exceeded"));
    // Would take exponential time in an engine that goes back.
    let regex = query(&url, "db=d", "SELECT v FROM m WHERE k =~ /^(a+)+$/").await;
    assert_eq!(values(&regex)[0][1], 1);
    for statement in ["SELECT v FROM m LIMIT 9223372036854775808", "SELECT v FROM m WHERE time > now() + 15250284452w"]
    {
        let reply = query(&url, "db=d", statement).await;
        assert!([200, 400].contains(&reply.status.as_u16()), "{statement}: {reply:?}");
    }
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let long = format!("db=d&q=SELECT v FROM m WHERE k = '{}'", "x".repeat(1 << 20));
    let refused = send(&url, Method::POST, "/query", &form, long).await;
    assert_eq!(refused.status, 400);
    let many = format!("q={}", "SHOW DATABASES;".repeat(10_001));
    assert_eq!(send(&url, Method::POST, "/query", &form, many).await.status, 400);
    assert_eq!(query(&url, "", "SHOW DATABASES").await.status, 200);
}

/// `EXPLAIN` tells what would be read, `EXPLAIN ANALYZE` also how long it took.
#[tokio::test]
async fn a_select_is_explained() {
    let cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    let url = cluster.node("data1").url();
    query(&url, "", "CREATE DATABASE d").await;
    write(&url, "db=d", "m,k=a v=1 1\nm,k=b v=1 1\nm,k=b v=2 2").await;
    let lines = |reply: &Reply| -> Vec<String> {
        let values = values(reply);
        values.as_array().unwrap().iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
    };
    let plan = lines(&query(&url, "db=d", "EXPLAIN SELECT v FROM m").await);
    assert_eq!(
        plan[..5],
        [
            "EXPRESSION: <nil>",
            "AUXILIARY FIELDS: v::float",
            "NUMBER OF SHARDS: 1",
            "NUMBER OF SERIES: 2",
            "CACHED VALUES: 3"
        ]
    );
    let plan = lines(&query(&url, "db=d", "EXPLAIN SELECT mean(v), max(v) FROM m").await);
    assert_eq!((plan[0].as_str(), plan[8].as_str()), ("EXPRESSION: mean(v)", "EXPRESSION: max(v)"));
    let tree = lines(&query(&url, "db=d", "EXPLAIN ANALYZE SELECT v FROM m").await);
    assert!(tree[4].starts_with("    ├── total_time: "), "{tree:?}");
}

//! Batches read back from every replica, and queues of hinted handoff, while nodes die, hang and are cut off.
//!
//! Each verdict is held against what the nodes themselves hold ([`TestCluster::count_on`]), which no coordinator answers.

use std::time::Duration;

use influx_client::{
    Batch, Client, ConsistencyLevel, Doubt, HandoffState, NoRetry, QueueState, ReplicaAnswer, Resolution, Whereabouts,
};
use influx_server_mock::{NodeState, Profile, TestCluster};

use crate::fixture::{create, eventually, points, store};
use crate::server::{Act, Server, builder, reply};

/// A client that waits longer for a node than the nodes do for each other.
fn patient(urls: &[String]) -> Client {
    waiting(urls, Duration::from_secs(10))
}

/// A client that waits little for a node that hangs.
fn impatient(urls: &[String]) -> Client {
    waiting(urls, Duration::from_secs(2))
}

/// A client that waits so long for one node, and for all that it asks of them a few times as long.
fn waiting(urls: &[String], attempt: Duration) -> Client {
    let builder = Client::builder().endpoints(urls).database("db").retry(NoRetry);
    builder.attempt_timeout(attempt).deadline(4 * attempt).build().unwrap()
}

async fn cluster_of(profile: Profile, copies: u32) -> TestCluster {
    cluster_that_waits(profile, copies, "5s").await
}

/// A cluster whose nodes wait so long for each other in a write.
async fn cluster_that_waits(profile: Profile, copies: u32, time: &str) -> TestCluster {
    let builder = TestCluster::builder().profile(profile).nodes(3, 3).set("write-timeout", time);
    let cluster = builder.set("hh-retry-interval", "50ms").set("hh-retry-max-interval", "100ms").start().await.unwrap();
    create(&cluster, "db", copies).await;
    cluster
}

/// Writes one point of each of some series, so that all shards of a group get some, until every owner knows them: version
/// 0.10 drops writes to a shard that an owner has not heard of.
async fn make_shards(cluster: &TestCluster, client: &Client, series: i64) {
    let seed = many("seed", series);
    eventually("the shards are known", async || {
        let Ok(ack) = client.write(&seed).consistency(ConsistencyLevel::All).await else { return false };
        cluster.wait_until_settled().await.unwrap();
        client.confirm(&seed, &ack).await.unwrap().bears_out() == Some(true)
    })
    .await;
}

fn many(measurement: &str, series: i64) -> Batch {
    let mut batch = Batch::default();
    for n in 0..series {
        batch.point(measurement).tag("host", &format!("h{n}")).field("v", n as f64 + 0.5).at(n + 1).unwrap();
    }
    batch
}

/// Every claim about a replica is true of the node itself.
async fn assert_true(cluster: &TestCluster, resolution: &Resolution, measurement: &str, batch_points: usize) {
    assert_eq!(resolution.points().len(), batch_points);
    for (at, node) in resolution.nodes().iter().enumerate() {
        let claimed = |wanted: ReplicaAnswer| {
            let here = resolution.points().iter().flat_map(|point| &point.replicas);
            here.filter(|(place, answer)| *place == at && *answer == wanted).count() as u64
        };
        if node.trouble.as_ref().is_some_and(|trouble| trouble.contains("Connection refused")) {
            assert_eq!(claimed(ReplicaAnswer::Stored) + claimed(ReplicaAnswer::Absent), 0, "{node:?}");
        }
        let name = cluster.nodes().iter().find(|n| Some(n.id()) == node.id && n.name().starts_with("data")).unwrap();
        if name.state() != NodeState::Running {
            assert!(node.trouble.is_some(), "{node:?}");
            assert_eq!(claimed(ReplicaAnswer::Stored) + claimed(ReplicaAnswer::Absent), 0, "{node:?}");
            continue;
        }
        let there = cluster.count_on(name.name(), "db", measurement).await;
        let (stored, unknown) = (claimed(ReplicaAnswer::Stored), claimed(ReplicaAnswer::Unknown));
        assert!(stored <= there && there <= stored + unknown, "{}: {there} but {resolution:?}", name.name());
    }
}

#[tokio::test]
async fn what_is_everywhere_is_said_to_be() {
    for profile in Profile::ALL {
        for copies in 1..=3 {
            let cluster = cluster_of(profile, copies).await;
            // One endpoint is enough: the others are found by the cluster's own word.
            let client = patient(&cluster.urls()[..1]);
            make_shards(&cluster, &client, 12).await;
            let batch = many("m", 12);
            let ack = store(&client, "db", &batch).await;
            let resolution = client.confirm(&batch, &ack).await.unwrap();
            assert_eq!(resolution.overall(), Some(Whereabouts::Everywhere), "{profile} {copies}: {resolution:?}");
            assert_eq!((resolution.level(), resolution.bears_out()), (Some(ConsistencyLevel::All), Some(true)));
            assert!(resolution.points().iter().all(|point| point.copies() == copies as usize));
            assert_true(&cluster, &resolution, "m", 12).await;
            assert_eq!(resolution.missing().count(), 0);
        }
    }
}

/// Hints wait while a replica is dead, and are gone when it has them.
#[tokio::test]
async fn what_waits_in_a_queue_is_pending_and_then_there() {
    for profile in Profile::ALL {
        let mut cluster = cluster_of(profile, 3).await;
        let client = patient(&cluster.urls());
        make_shards(&cluster, &client, 1).await;
        cluster.node_mut("data3").kill();
        let batch = points("m", 1, 5);
        let error = patient(&cluster.urls()[..1]).write(&batch).consistency(ConsistencyLevel::All).await.unwrap_err();
        let resolution = client.resolve(&batch, &error).await.unwrap();
        assert_eq!(resolution.overall(), Some(Whereabouts::Somewhere), "{profile}: {resolution:?}");
        assert_eq!(resolution.handoff(), HandoffState::Pending, "{profile}: {resolution:?}");
        assert_eq!(resolution.level(), Some(ConsistencyLevel::Quorum));
        assert_eq!(resolution.missing().count(), 5);
        assert_true(&cluster, &resolution, "m", 5).await;

        let handoff = client.cluster_settled().await.unwrap();
        assert!(!handoff.is_settled() && handoff.state() == HandoffState::Pending, "{handoff}");
        let queues: Vec<_> = handoff.nodes.iter().flat_map(|node| &node.queues).collect();
        let waiting = |queue: &&&influx_client::HandoffQueue| {
            matches!(queue.state, QueueState::Waiting { points: Some(5), .. })
                && queue.node == cluster.node("data3").id()
        };
        assert_eq!(queues.iter().filter(waiting).count(), 1, "{handoff}");
        let dead = handoff.nodes.iter().find(|node| node.id == Some(cluster.node("data3").id())).unwrap();
        assert!(dead.state == HandoffState::Unknown && dead.trouble.is_some());

        cluster.node_mut("data3").restart().await.unwrap();
        cluster.wait_until_settled().await.unwrap();
        let resolution = client.resolve(&batch, &error).await.unwrap();
        assert_eq!(resolution.overall(), Some(Whereabouts::Everywhere), "{profile}: {resolution:?}");
        assert_true(&cluster, &resolution, "m", 5).await;
        assert_eq!(resolution.handoff(), HandoffState::Empty, "{profile}: {resolution:?}");
        let handoff = client.cluster_settled().await.unwrap();
        let told = |node: &influx_client::NodeHandoff| node.queues.iter().all(|q| q.state == QueueState::Empty);
        assert!(handoff.nodes.iter().all(told), "{profile}: {handoff}");
        match profile {
            Profile::V1_8 => assert!(handoff.is_settled(), "{handoff}"),
            // A node that has had no hint yet does not tell that it has no queue.
            Profile::V0_10 => assert_ne!(handoff.state(), HandoffState::Pending, "{handoff}"),
        }
    }
}

/// A write that reached no replica, and one that some never will.
#[tokio::test]
async fn what_is_nowhere_is_not_promised() {
    for profile in Profile::ALL {
        let cluster = cluster_of(profile, 3).await;
        let client = patient(&cluster.urls());
        let batch = points("m", 1, 3);
        let error = patient(&["http://127.0.0.1:1".to_owned()]).write(&batch).await.unwrap_err();
        let resolution = client.resolve(&batch, &error).await.unwrap();
        assert_eq!(resolution.overall(), Some(Whereabouts::Nowhere), "no shard group yet: {resolution:?}");
        for (database, policy) in [("nope", "x"), ("db", "nope")] {
            let resolution = client.resolve(&batch, &error).database(database).retention_policy(policy).await.unwrap();
            assert_eq!(resolution.overall(), Some(Whereabouts::Nowhere), "{database} {policy}: {resolution:?}");
        }
        make_shards(&cluster, &client, 1).await;
        let resolution = client.resolve(&batch, &error).await.unwrap();
        assert_eq!(resolution.overall(), Some(Whereabouts::Nowhere), "{profile}: {resolution:?}");
        assert!(resolution.points().iter().all(|point| point.replicas.len() == 3));
        assert_eq!(resolution.level(), None);
        // Somebody else writes another value, and half of a point.
        let mut other = Batch::default();
        other.point("m").field("v", 77.5).at(2).unwrap();
        store(&client, "db", &other).await;
        let mut half = Batch::default();
        half.point("m").field("v", 77.5).field("w", 1i64).at(2).unwrap();
        half.point("m").field("v", 2.0).at(3).unwrap();
        let resolution = client.resolve(&half, &error).await.unwrap();
        assert_eq!(resolution.points()[0].whereabouts, Whereabouts::Overwritten);
        assert_eq!(resolution.points()[1].whereabouts, Whereabouts::Nowhere);
        let resolution = client.resolve(&batch, &error).await.unwrap();
        assert_eq!(resolution.count(Whereabouts::Overwritten), 1, "{resolution:?}");
        assert_eq!(resolution.count(Whereabouts::Nowhere), 2);
        // A server cuts the fraction off where it is asked for an integer.
        let mut integer = Batch::default();
        integer.point("m").field("v", 77i64).at(2).unwrap();
        let resolution = client.resolve(&integer, &error).await.unwrap();
        assert_eq!(resolution.overall(), Some(Whereabouts::Overwritten), "{profile}: {resolution:?}");
    }
}

/// A node that is dead, hangs, or is reachable only by the others is not guessed about.
#[tokio::test]
async fn who_does_not_answer_is_not_guessed_about() {
    for profile in Profile::ALL {
        let mut cluster = cluster_of(profile, 2).await;
        let client = patient(&cluster.urls()[..1]);
        make_shards(&cluster, &client, 8).await;
        let batch = many("m", 8);
        let ack = store(&client, "db", &batch).await;

        cluster.node("data2").refuse_http();
        let refused = client.confirm(&batch, &ack).await.unwrap();
        assert_true_but_for(&refused, cluster.node("data2").id());
        cluster.heal();

        cluster.node_mut("data3").pause().await;
        let hung = impatient(&cluster.urls()[..1]).confirm(&batch, &ack).await.unwrap();
        assert_true(&cluster, &hung, "m", 8).await;
        assert!(hung.count(Whereabouts::Nowhere) == 0 && hung.count(Whereabouts::Overwritten) == 0, "{hung:?}");
        if profile == Profile::V1_8 {
            // Each data node owns two of the three shards there.
            assert_eq!(hung.bears_out(), None, "it is not known: {hung:?}");
        }
        cluster.node_mut("data3").resume();

        cluster.node_mut("data2").kill();
        let dead = client.confirm(&batch, &ack).await.unwrap();
        assert_true(&cluster, &dead, "m", 8).await;
        assert!(dead.count(Whereabouts::Nowhere) == 0 && dead.count(Whereabouts::Overwritten) == 0, "{dead:?}");
    }
}

/// The node runs, so its copies are there; but nothing is said of them.
fn assert_true_but_for(resolution: &Resolution, id: u64) {
    let at = resolution.nodes().iter().position(|node| node.id == Some(id)).unwrap();
    assert!(resolution.nodes()[at].trouble.is_some());
    for point in resolution.points() {
        for (place, answer) in &point.replicas {
            assert_eq!(*answer == ReplicaAnswer::Unknown, *place == at, "{resolution:?}");
        }
        assert!(matches!(point.whereabouts, Whereabouts::Everywhere | Whereabouts::Somewhere));
    }
}

/// A replica that only the other nodes reach: what they read of it is there, and what they do not read is not judged.
#[tokio::test]
async fn another_node_is_a_witness_of_what_is_there() {
    let cluster = cluster_of(Profile::V1_8, 1).await;
    let client = patient(&cluster.urls()[..1]);
    make_shards(&cluster, &client, 12).await;
    let batch = many("m", 12);
    let ack = store(&client, "db", &batch).await;
    let there = cluster.count_on("data2", "db", "m").await;
    assert!(there > 0, "some series belong to it");
    cluster.node("data2").refuse_http();
    let resolution = client.confirm(&batch, &ack).await.unwrap();
    assert_eq!(resolution.overall(), Some(Whereabouts::Everywhere), "{resolution:?}");
    assert_eq!(resolution.points().iter().filter(|point| point.witnessed).count() as u64, there);
    let other = many("other", 12);
    let resolution = client.confirm(&other, &ack).await.unwrap();
    let at = resolution.nodes().iter().position(|node| node.id == Some(cluster.node("data2").id())).unwrap();
    for point in resolution.points() {
        let expected = if point.replicas[0].0 == at { Whereabouts::Unknown } else { Whereabouts::Nowhere };
        assert_eq!(point.whereabouts, expected, "{resolution:?}");
    }
    assert!(resolution.count(Whereabouts::Nowhere) > 0, "{resolution:?}");
}

/// A cut between nodes: the coordinator's side has the points, the other side not yet.
#[tokio::test]
async fn a_partition_is_seen_as_it_is() {
    let cluster = cluster_of(Profile::V1_8, 3).await;
    let client = patient(&cluster.urls()[..1]);
    make_shards(&cluster, &client, 1).await;
    cluster.partition(&[&["data1"], &["data2", "data3"]]);
    let batch = points("m", 1, 4);
    let ack = client.write(&batch).consistency(ConsistencyLevel::One).await.unwrap();
    let one = client.confirm(&batch, &ack).await.unwrap();
    assert_eq!((one.overall(), one.bears_out()), (Some(Whereabouts::Somewhere), Some(true)), "{one:?}");
    assert_true(&cluster, &one, "m", 4).await;
    cluster.heal();
    eventually("the points are everywhere", async || {
        client.confirm(&batch, &ack).await.unwrap().overall() == Some(Whereabouts::Everywhere)
    })
    .await;
}

/// Version 0.10 acknowledges points of a new shard group that replicas drop: the acknowledgement is not borne out.
#[tokio::test]
async fn an_acknowledgement_that_is_not_true_is_found_out() {
    let mut unmasked = 0;
    let cluster = cluster_of(Profile::V0_10, 3).await;
    let client = patient(&cluster.urls());
    const WEEK: i64 = 7 * 86_400 * 1_000_000_000;
    for week in 1..20 {
        let mut batch = Batch::default();
        batch.point("m").field("v", 1.5).at(week * WEEK).unwrap();
        let ack = store(&client, "db", &batch).await;
        assert!(ack.caveat().is_some());
        cluster.wait_until_settled().await.unwrap();
        let resolution = client.confirm(&batch, &ack).await.unwrap();
        if resolution.bears_out() == Some(false) {
            assert_ne!(resolution.overall(), Some(Whereabouts::Everywhere));
            unmasked += 1;
        }
    }
    let mut whole = 0;
    for node in ["data1", "data2", "data3"] {
        whole += cluster.count_on(node, "db", "m").await;
    }
    assert!((unmasked > 0) == (whole < 3 * 19), "{unmasked} unmasked, {whole} copies");
}

/// Names and values that need quoting, of every type, are found again.
#[tokio::test]
async fn hostile_names_and_values_are_found_again() {
    for profile in Profile::ALL {
        let cluster = cluster_of(profile, 1).await;
        let client = patient(&cluster.urls());
        make_shards(&cluster, &client, 6).await;
        let mut batch = Batch::default();
        for (n, name) in ["a b", "a,b", "a=b", "a\"b", "a'b", "é🦀", "x;y--", "select", "a.b"].into_iter().enumerate()
        {
            let point = batch.point(name).tag(&format!("t{name}"), &format!("v{name}"));
            let point = point.field(name, name).field("f", -1.25e-7).field("i", i64::MIN + 1).field("b", true);
            point.at(n as i64 + 1).unwrap();
        }
        batch.point("q").field("s", "line\nbreak \"quoted\" back\\slash 'x'").at(5).unwrap();
        batch.point("q").field("f", f64::MAX).field("g", 5e-324).field("h", 0.1 + 0.2).at(6).unwrap();
        let ack = store(&client, "db", &batch).await;
        let resolution = client.confirm(&batch, &ack).await.unwrap();
        for (at, point) in resolution.points().iter().enumerate() {
            assert_eq!(point.whereabouts, Whereabouts::Everywhere, "{profile} {at} {resolution:?}");
        }
    }
}

/// Faults of every kind while batches of all levels are written: whatever a verdict claims of a running node, the node holds.
#[tokio::test]
async fn verdicts_are_true_under_faults() {
    let mut cluster = cluster_that_waits(Profile::V1_8, 2, "1s").await;
    make_shards(&cluster, &patient(&cluster.urls()), 12).await;
    let client = impatient(&cluster.urls());
    let mut random = fastrand::Rng::with_seed(7);
    let mut seen = std::collections::BTreeSet::new();
    for round in 0..5 {
        let names = ["data1", "data2", "data3"];
        let (one, other) = (names[random.usize(..3)], names[random.usize(..3)]);
        match round % 4 {
            0 => cluster.node_mut(one).kill(),
            1 => cluster.node_mut(one).pause().await,
            2 => cluster.partition(&[&[one], &names.iter().copied().filter(|name| *name != one).collect::<Vec<_>>()]),
            _ => cluster.node(other).refuse_http(),
        }
        let measurement = format!("m{round}");
        let batch = many(&measurement, 12);
        let level = crate::fixture::LEVELS[random.usize(..4)];
        let resolution = match client.write(&batch).consistency(level).await {
            Ok(ack) => client.confirm(&batch, &ack).await,
            Err(error) => client.resolve(&batch, &error).await,
        };
        // With no node answering there is no verdict, which is true of all.
        if let Ok(resolution) = resolution {
            assert_true(&cluster, &resolution, &measurement, 12).await;
            seen.extend(resolution.points().iter().map(|point| point.whereabouts.id()));
        }
        cluster.heal();
        for name in names {
            match cluster.node(name).state() {
                NodeState::Paused => cluster.node_mut(name).resume(),
                NodeState::Running => {}
                _ => cluster.node_mut(name).restart().await.unwrap(),
            }
        }
        cluster.wait_until_settled().await.unwrap();
    }
    assert!(seen.len() > 1, "{seen:?}");
}

#[tokio::test]
async fn points_without_a_time_cannot_be_looked_for() {
    let cluster = cluster_of(Profile::V1_8, 3).await;
    let client = patient(&cluster.urls());
    let mut batch = Batch::default();
    batch.point("m").field("v", 1.0).server_time().unwrap();
    let ack = store(&client, "db", &batch).await;
    let resolution = client.confirm(&batch, &ack).await.unwrap();
    assert_eq!(resolution.points()[0].doubt, Some(Doubt::NoTime));
    assert_eq!((resolution.overall(), resolution.bears_out()), (Some(Whereabouts::Unknown), None));
}

const NO_SERVERS: &str = r#"{"error":"error parsing query: found SERVERS, expected CONTINUOUS"}"#;
const POLICIES: &str = r#"{"results":[{"statement_id":0,"series":[{"columns":["name","duration","shardGroupDuration","replicaN","default"],"values":[["autogen","0s","168h0m0s",1,true]]}]}]}"#;

/// A server's answer in JSON.
fn of_version(version: &str, status: u16, body: &str) -> Act {
    Act::Answer(reply(status, &format!("X-Influxdb-Version: {version}\r\n"), body))
}

/// The first point of [`crate::server::batch`] as a server shows it.
fn row(value: &str) -> String {
    format!(
        r#"{{"results":[{{"statement_id":0,"series":[{{"name":"m","tags":{{"t":"a"}},"columns":["time","f"],"values":[[0,{value}]]}}]}}]}}"#
    )
}

fn shards(owners: &str) -> String {
    let columns =
        r#"["id","database","retention_policy","shard_group","start_time","end_time","expiry_time","owners"]"#;
    let times = r#""1970-01-01T00:00:00Z","1970-01-08T00:00:00Z","""#;
    format!(
        r#"{{"results":[{{"statement_id":0,"series":[{{"name":"db","columns":{columns},"values":[[1,"db","autogen",1,{times},"{owners}"]]}}]}}]}}"#
    )
}

/// A field may have another type in each shard: no shard hides what is in another.
#[tokio::test]
async fn values_of_every_type_are_found_again() {
    const WEEK: i64 = 7 * 86_400 * 1_000_000_000;
    for profile in Profile::ALL {
        let cluster = cluster_of(profile, 3).await;
        let client = patient(&cluster.urls());
        let mut batch = Batch::default();
        batch.check_field_types(false);
        for (week, value) in ["1i", "\"text\"", "2i", "true", "0.5"].into_iter().enumerate() {
            batch.push_line(format!("m,w={week} v={value} {}", week as i64 * WEEK + 1).as_bytes()).unwrap();
        }
        eventually("every replica has all of them", async || {
            let Ok(ack) = client.write(&batch).consistency(ConsistencyLevel::All).await else { return false };
            let resolution = client.confirm(&batch, &ack).await.unwrap();
            resolution.overall() == Some(Whereabouts::Everywhere)
        })
        .await;
    }
}

/// Versions 0.11 to 0.13 leave out values of other types than most: what they do not show proves nothing.
#[tokio::test]
async fn what_a_version_may_hide_is_not_called_absent() {
    let nothing = r#"{"results":[{}]}"#.to_owned();
    for (version, answer, whereabouts) in [
        ("0.13.0", row("0"), Whereabouts::Everywhere),
        ("0.13.0", nothing.clone(), Whereabouts::Unknown),
        ("0.10.3", nothing.clone(), Whereabouts::Nowhere),
        ("1.0.0", nothing, Whereabouts::Nowhere),
    ] {
        let json = |status: u16, body: &str| of_version(version, status, body);
        let acts = [json(400, NO_SERVERS), json(200, &shards("")), json(200, POLICIES), json(200, &answer)];
        let server = Server::start(acts).await;
        let client = builder(&server.url()).build().unwrap();
        let resolution = client.look_for(&crate::server::batch(1)).await.unwrap();
        assert_eq!(resolution.overall(), Some(whereabouts), "{version} {answer}: {resolution:?}");
        let told = resolution.nodes()[0].trouble.is_some();
        assert_eq!(told, whereabouts == Whereabouts::Unknown, "{version} {answer}: {resolution:?}");
    }
}

/// A server without clustering is asked as it is, and a proxy's answers are no proof.
#[tokio::test]
async fn a_single_server_is_its_own_replica() {
    let json = |status: u16, body: &str| of_version("1.8.10", status, body);
    let stored = Act::Answer(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".to_vec());
    let unknown = json(400, NO_SERVERS);
    for (answer, whereabouts) in [
        (row("0"), Whereabouts::Everywhere),
        (row("1"), Whereabouts::Overwritten),
        (row("0").replace("[[0,", "[[1,"), Whereabouts::Nowhere),
        (row("0").replace("\"a\"", "\"b\""), Whereabouts::Nowhere),
        ("{\"results\":[{\"statement_id\":0}]}".to_owned(), Whereabouts::Nowhere),
        ("{\"results\":[{\"statement_id\":0,\"error\":\"timeout\"}]}".to_owned(), Whereabouts::Unknown),
        ("{\"results\":[{\"statement_id\":0,\"partial\":true}]}".to_owned(), Whereabouts::Unknown),
        (row("0")[..60].to_owned(), Whereabouts::Unknown),
        ("<html>".to_owned(), Whereabouts::Unknown),
    ] {
        let acts = [stored.clone(), unknown.clone(), json(200, &shards("")), json(200, POLICIES), json(200, &answer)];
        let server = Server::start(acts).await;
        let client = builder(&server.url()).build().unwrap();
        let batch = crate::server::batch(1);
        let ack = client.write(&batch).await.unwrap();
        let resolution = client.confirm(&batch, &ack).await.unwrap();
        assert_eq!(resolution.overall(), Some(whereabouts), "{answer}: {resolution:?}");
        assert_eq!((resolution.handoff(), resolution.nodes()[0].id), (HandoffState::Empty, None));
        let asked = server.seen()[4].line().to_owned();
        assert!(asked.contains("%22f%22%3A%3Ainteger") && asked.contains("chunked=true"), "{asked}");
        if whereabouts == Whereabouts::Everywhere {
            let again = server.seen()[5].line().to_owned();
            assert!(again.contains("%22f%22%3A%3Afloat"), "{again}");
        }
    }
    // Shards with owners are a cluster's: one that does not tell its nodes is not taken for a single server.
    let server = Server::start([stored, unknown, json(200, &shards("2,1"))]).await;
    let client = builder(&server.url()).build().unwrap();
    let ack = client.write(&crate::server::batch(1)).await.unwrap();
    let error = client.confirm(&crate::server::batch(1), &ack).await.unwrap_err();
    assert!(error.to_string().contains("does not tell its data nodes"), "{error}");
    let nobody = builder(crate::server::NOBODY).build().unwrap();
    assert!(nobody.cluster_settled().await.is_err());
}

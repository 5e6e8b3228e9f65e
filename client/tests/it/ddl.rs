//! Databases, retention policies and users, and what servers tell of themselves, against the bundled cluster.

use std::time::Duration;

use influx_client::{Applied, Batch, Class, Privilege, ident};
use influx_server_mock::{Profile, TestCluster};

use crate::fixture::{client, eventually, points, store};
use crate::server::{Act, Server, reply};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn policies_are_made_changed_and_dropped() {
    for profile in Profile::ALL {
        let cluster = TestCluster::builder().profile(profile).nodes(1, 2).start().await.unwrap();
        let client = client(&cluster.urls()[0]);
        let made = client.create_database("db").keep_for(30 * DAY).replication(2).policy("month").await.unwrap();
        assert_eq!(made, Applied::Everywhere);
        assert!(client.create_database("db").await.is_ok(), "it exists");
        client.create_retention_policy("db", "week").keep_for(7 * DAY).default_policy().await.unwrap();
        client.create_retention_policy("db", "ever").replication(2).await.unwrap();
        client.alter_retention_policy("db", "month").keep_for(60 * DAY).replication(1).await.unwrap();
        let mut policies = client.show().retention_policies("db").await.unwrap();
        policies.sort_by(|a, b| a.name.cmp(&b.name));
        let shown: Vec<_> =
            policies.iter().map(|p| (p.name.as_str(), p.duration, p.replication, p.is_default)).collect();
        let expected =
            [("ever", None, 2, false), ("month", Some(60 * DAY), 1, false), ("week", Some(7 * DAY), 1, true)];
        assert_eq!(shown, expected, "{profile}");
        assert_eq!(policies[2].shard_duration, (profile == Profile::V1_8).then_some(DAY), "{profile}");
        client.drop_retention_policy("db", "ever").await.unwrap();
        assert_eq!(client.show().retention_policies("db").await.unwrap().len(), 2);
        client.drop_database("db").await.unwrap();
        assert!(!client.show().databases().await.unwrap().contains(&"db".to_owned()));
        let missing = client.show().retention_policies("db").await.unwrap_err();
        assert_eq!(missing.class(), Class::NotFound, "{missing}");
    }
}

/// Names that try to end their quotes make databases of exactly these names, and nothing else.
#[tokio::test]
async fn names_are_only_names() {
    let cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    let client = client(&cluster.urls()[0]);
    client.create_database("victim").await.unwrap();
    let names = [
        "x\"; DROP DATABASE victim; --",
        "x\\\"; DROP DATABASE victim; --",
        "x\\",
        "x'; DROP DATABASE victim",
        "x\nDROP DATABASE victim",
        "SELECT",
        "é🦀",
    ];
    for name in names {
        // A name that the server does not take is refused as a name.
        let made = client.create_database(name).await;
        let databases = client.show().databases().await.unwrap();
        assert_eq!(made.is_ok(), databases.contains(&name.to_owned()), "{name}: {made:?}");
        assert!(databases.contains(&"victim".to_owned()), "{name}");
        if made.is_ok() {
            client.create_retention_policy(name, name).await.unwrap();
            let policies = client.show().retention_policies(name).await.unwrap();
            assert!(policies.iter().any(|policy| policy.name == name), "{name}");
            client.drop_database(name).await.unwrap();
        }
    }
    assert_eq!(client.show().databases().await.unwrap().iter().filter(|name| *name != "_internal").count(), 1);
}

#[tokio::test]
async fn users_are_made_and_may_what_was_granted() {
    let cluster = TestCluster::builder().nodes(1, 1).set("auth-enabled", "true").start().await.unwrap();
    let url = &cluster.urls()[0];
    let nobody = client(url);
    nobody.create_user("root", "it's \"secret\"\\").admin().await.unwrap();
    let builder = || influx_client::Client::builder().endpoint(url).retry(influx_client::NoRetry).database("db");
    let root = builder().basic_auth("root", "it's \"secret\"\\").build().unwrap();
    root.create_database("db").await.unwrap();
    root.create_user("bob", "pw").await.unwrap();
    let bob = builder().basic_auth("bob", "pw").build().unwrap();
    let mut batch = Batch::default();
    batch.point("m").field("f", 1.0).at(1).unwrap();
    assert_eq!(bob.write(&batch).await.unwrap_err().class(), Class::Auth);
    root.grant(Privilege::Write, "db", "bob").await.unwrap();
    bob.write(&batch).await.unwrap();
    assert!(root.grant(Privilege::Read, "db", "no such user").await.is_err());
    assert!(!format!("{:?}", root.create_user("x", "S3cr3t")).contains("S3cr3t"));
}

/// A dead data node cannot delete its files: the database stays until it did, and the answer says so.
#[tokio::test]
async fn success_in_part_is_told_with_its_node() {
    let mut cluster = TestCluster::builder().nodes(1, 3).start().await.unwrap();
    cluster.create_database("db", 3).await.unwrap();
    let client = client(&cluster.urls()[0]);
    store(&client, "db", &points("m", 1, 1)).await;
    let dead = cluster.node("data3").id();
    cluster.node_mut("data3").kill();
    let dropped = client.drop_database("db").await.unwrap();
    assert!(matches!(&dropped, Applied::InPart { node: Some(node), .. } if *node == dead), "{dropped:?}");
    assert!(client.show().databases().await.unwrap().contains(&"db".to_owned()));
    cluster.node_mut("data3").restart().await.unwrap();
    assert_eq!(client.drop_database("db").await.unwrap(), Applied::Everywhere);
    assert!(!client.show().databases().await.unwrap().contains(&"db".to_owned()));
}

#[tokio::test]
async fn what_servers_tell_is_read_in_both_profiles() {
    for profile in Profile::ALL {
        let cluster = TestCluster::builder().profile(profile).nodes(2, 3).start().await.unwrap();
        cluster.create_database("db", 2).await.unwrap();
        let client = client(&cluster.urls()[0]);
        let mut batch = Batch::default();
        batch.point("m").tag("host", "a").tag("dc", "b").field("f", 1.5).field("s", "x").at(-1).unwrap();
        batch.point("n").field("i", 1i64).at(1).unwrap();
        // Version 0.10 may drop the first write of a shard group.
        eventually("the points are there", async || {
            store(&client, "db", &batch).await;
            client.show().measurements("db").await.unwrap().len() == 2
        })
        .await;
        let servers = client.show().servers().await.unwrap();
        assert_eq!((servers.data.len(), servers.meta.len()), (3, 2), "{profile}");
        let known: Vec<String> = servers.data.iter().map(|node| format!("http://{}", node.http_addr)).collect();
        assert_eq!(known, cluster.urls());
        let shards: Vec<_> = client.show().shards().await.unwrap().into_iter().filter(|s| s.database == "db").collect();
        assert_eq!(shards.len(), if profile == Profile::V1_8 { 3 } else { 1 }, "{profile}");
        for shard in &shards {
            assert_eq!(shard.owners.len(), 2);
            assert_eq!(shard.end.duration_since(shard.start).unwrap(), 7 * DAY);
            assert!(shard.start < std::time::UNIX_EPOCH && shard.end > std::time::UNIX_EPOCH);
            assert!(shard.owners.iter().all(|owner| servers.data.iter().any(|node| node.id == *owner)));
        }
        let groups = client.show().shard_groups().await.unwrap();
        assert!(groups.iter().any(|group| group.id == shards[0].shard_group && group.start == shards[0].start));
        let stats = client.show().stats().await.unwrap();
        let written = stats.iter().find(|s| s.name == "write").unwrap();
        assert!(written.integer("pointReq").unwrap() >= 2);
        assert!(client.show().diagnostics().await.unwrap().iter().any(|table| table.name == "build"));
        let fields = client.show().field_keys("db").await.unwrap();
        let of_m = fields.iter().find(|keys| keys.measurement == "m").unwrap();
        let types: Vec<_> = of_m.keys.iter().map(|key| (key.key.as_str(), key.field_type.as_deref())).collect();
        let expected = |of| (profile == Profile::V1_8).then_some(of);
        assert_eq!(types, [("f", expected("float")), ("s", expected("string"))], "{profile}");
        if profile == Profile::V1_8 {
            let tags = client.show().tag_keys("db").await.unwrap();
            assert!(tags.iter().any(|keys| keys.measurement == "m" && keys.keys == ["dc", "host"]), "{tags:?}");
        }
    }
}

/// Columns that are not known, and columns that are not there, as other versions have them.
#[tokio::test]
async fn other_columns_are_tolerated() {
    let json = |body: &str| Act::Answer(reply(200, "", body));
    let servers = r#"{"results":[{"series":[{"columns":["id","cluster_addr","raft"],"values":[[1,"a:8088",true]]}]}]}"#;
    let policies = r#"{"results":[{"series":[{"columns":["name","duration","replicaN","default","new"],"values":[["default","0",3,true,7]]}]}]}"#;
    let shards = r#"{"results":[{"series":[{"name":"db","columns":["id","database","retention_policy","shard_group","start_time","end_time","expiry_time","owners"],"values":[[1,"db","rp",1,"2020-01-06T00:00:00Z","2020-01-13T00:00:00Z","","5, 3"],[2,"db","rp",1,"nonsense","","",""]]}]}]}"#;
    let server = Server::start([json(servers), json(policies), json(shards)]).await;
    let client = server.client();
    assert_eq!(client.show().servers().await.unwrap().data[0].id, 1);
    assert_eq!(client.show().retention_policies("a\"b").await.unwrap()[0].duration, None);
    assert!(client.show().shards().await.unwrap_err().to_string().contains("row 2"));
    let asked = server.seen()[1].line().to_owned();
    assert!(asked.contains("SHOW+RETENTION+POLICIES+ON+%22a%5C%22b%22"), "{asked} {}", ident("a\"b"));
}

use std::time::{Duration, Instant};

use http::{Method, StatusCode};

use super::super::exchange::{Answer, request};
use super::super::format::encode;
use super::super::{MemoryStorage, MetaClient, MetaClientConfig, MetaError, MetaStorage, MetaTimings};
use super::cluster::{SOON, cached, create, create_database, is_of_an_election};
use super::{Cluster, within};
use crate::Profile;
use crate::core::meta::{Applied, Command, CommandError};
use crate::net::Network;

#[tokio::test]
async fn a_database_is_visible_on_all_caches() {
    let cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let clients = [cluster.client(0), cluster.client(1), cluster.client(2)];
    create(&clients[0], "db").await;
    let first = clients[0].snapshot();
    assert!(first.database("db").is_some(), "the cache of the client that asked shows it at once");
    assert_eq!(first.retention_policy("db", "").unwrap().name, "autogen");
    assert_eq!(first.meta_nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(first.data_nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(first.cluster_id, 0xc1);
    for client in &clients {
        cached(client, "the database", |data| data.database("db").is_some()).await;
    }
    for (at, client) in clients.iter().enumerate() {
        create(client, &format!("by{at}")).await;
    }
}

/// The first election does not wait for a timeout.
#[tokio::test]
async fn a_cluster_is_ready_at_once() {
    let mut cluster = Cluster::prepare(3, Profile::V1_8, |_| MetaStorage::Memory(MemoryStorage::new())).await;
    for at in 0..3 {
        cluster.config(at).timings =
            MetaTimings { election_min: 3 * SOON, election_max: 4 * SOON, ..MetaTimings::default() };
    }
    for at in 0..3 {
        cluster.restart(at).await;
    }
    within(SOON, "ready", cluster.ready()).await;
    let client = cluster.client(0);
    within(SOON, "a leader for the client", client.wait_ready()).await;
    create(&client, "db").await;
}

/// Redirects cost neither an attempt nor a pause, whichever node is asked first.
#[tokio::test]
async fn followers_point_to_the_leader() {
    let cluster = Cluster::in_memory(3, Profile::V1_8).await;
    for first in 0..3 {
        let client = cluster.client_with(first, |config| config.attempts = 1);
        create(&client, &format!("db{first}")).await;
    }
}

#[tokio::test]
async fn refusals_come_back_in_the_real_words() {
    let cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let client = cluster.client_with(1, |config| config.retry_pause = Duration::from_secs(3600));
    let group = Command::CreateShardGroup { database: "nope".to_owned(), policy: String::new(), time: 0 };
    let refusal = async {
        loop {
            // Without a leader, as a busy machine may be for a moment, the client pauses; then it is asked anew.
            match tokio::time::timeout(SOON / 10, client.execute(group.clone())).await {
                Ok(Err(error)) if is_of_an_election(&error) => {}
                Ok(answer) => return answer.unwrap_err(),
                Err(_) => {}
            }
        }
    };
    let refused = within(SOON, "a refusal", refusal).await;
    assert_eq!(refused, MetaError::Refused(CommandError::DatabaseNotFound("nope".to_owned())));
    assert_eq!(refused.to_string(), "database not found: nope");
}

/// Captured case ddl-logical-error-retried: eleven attempts, so ten pauses.
#[tokio::test]
async fn profile_0_10_retries_refusals() {
    let cluster = Cluster::steady(3, Profile::V0_10).await;
    let pause = Duration::from_millis(20);
    let client = cluster.client_with(0, |config| config.retry_pause = pause);
    within(SOON, "ready", client.wait_ready()).await;
    let index = client.snapshot().index;
    let group = Command::CreateShardGroup { database: "nope".to_owned(), policy: String::new(), time: 0 };
    let start = Instant::now();
    let refused = within(SOON, "a refusal", client.execute(group)).await.unwrap_err();
    assert_eq!(refused.to_string(), "database not found: nope");
    assert!(start.elapsed() >= 10 * pause, "{:?}", start.elapsed());
    cached(&client, "all attempts in the log", |data| data.index == index + 11).await;
    assert_eq!(client.execute(create_database("db")).await, Ok(Applied::Changed));
    assert_eq!(client.snapshot().retention_policy("db", "").unwrap().name, "default");
}

#[tokio::test]
async fn what_the_cache_answers_needs_no_meta_node() {
    let mut cluster = Cluster::in_memory(1, Profile::V1_8).await;
    let client = cluster.client(0);
    create(&client, "db").await;
    let group = Command::CreateShardGroup { database: "db".to_owned(), policy: String::new(), time: 0 };
    let made = client.execute(group.clone()).await;
    assert_eq!(made, Ok(Applied::ShardGroup(1)));
    cluster.kill(0).await;
    assert_eq!(client.execute(create_database("db")).await, Ok(Applied::Unchanged));
    assert_eq!(client.execute(group).await, made);
}

#[tokio::test]
async fn without_meta_nodes_there_is_no_service() {
    let config = MetaClientConfig::new(Vec::new(), Profile::V1_8);
    let client = MetaClient::start(config, Network::new());
    let error = client.execute(create_database("db")).await.unwrap_err();
    assert_eq!(error.to_string(), "meta service unavailable");
}

/// The answers that people and mistaken clients get.
#[tokio::test]
async fn the_http_api_besides_commands() {
    let cluster = Cluster::steady(3, Profile::V1_8).await;
    let network = Network::new();
    let ask = async |at: usize, method: Method, path: &str, body: &[u8]| -> Answer {
        let answer = request(&network, cluster.http_addr(at), method, path, body.to_vec(), SOON).await;
        answer.unwrap()
    };
    let leader = cluster.leader().await;
    for at in 0..3 {
        let ping = ask(at, Method::GET, "/ping", b"").await;
        assert_eq!((ping.status, ping.body.as_ref()), (StatusCode::OK, cluster.http_addr(leader).as_bytes()));
        let status: serde_json::Value =
            serde_json::from_slice(&ask(at, Method::GET, "/status", b"").await.body).unwrap();
        assert_eq!(status["leader_id"], leader as u64 + 1);
        assert_eq!(status["id"], at as u64 + 1);
        assert_eq!(status["members"][2]["id"], 3);
    }
    let moved = ask((leader + 1) % 3, Method::POST, "/execute", &encode(&create_database("x"))).await;
    assert_eq!(moved.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(moved.location, Some(format!("http://{}/execute", cluster.http_addr(leader))));
    for (method, path, body, status) in [
        (Method::GET, "/nowhere", &b""[..], StatusCode::NOT_FOUND),
        (Method::GET, "/execute", b"", StatusCode::NOT_FOUND),
        (Method::POST, "/ping", b"", StatusCode::NOT_FOUND),
        (Method::PUT, "/execute", b"", StatusCode::BAD_REQUEST),
        (Method::GET, "/", b"", StatusCode::BAD_REQUEST),
        (Method::GET, "/?index=x", b"", StatusCode::BAD_REQUEST),
        (Method::POST, "/execute", b"", StatusCode::BAD_REQUEST),
        (Method::POST, "/execute", b"\x01\xff", StatusCode::BAD_REQUEST),
        (Method::POST, "/execute", &[1; 300 << 10], StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(ask(leader, method, path, body).await.status, status, "{path}");
    }
}

use std::time::Duration;

use super::super::{MetaNode, MetaStartError, MetaStorage, StoreError};
use super::cluster::{SOON, cached, create, is_of_an_election};
use super::{Cluster, within};
use crate::Profile;
use crate::core::meta::{Applied, Command};

#[tokio::test]
async fn state_in_memory_outlives_the_nodes() {
    for count in [1, 3] {
        let mut cluster = Cluster::in_memory(count, Profile::V1_8).await;
        create(&cluster.client(0), "db").await;
        for at in 0..cluster.nodes.len() {
            cluster.kill(at).await;
        }
        for at in 0..cluster.nodes.len() {
            cluster.restart(at).await;
        }
        let client = cluster.client(0);
        within(SOON, "ready", client.wait_ready()).await;
        assert!(client.snapshot().database("db").is_some());
        create(&client, "again").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn state_on_disk_outlives_the_nodes() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::on_disk(3, directory.path().to_owned()).await;
    let client = cluster.client(0);
    for round in 0..2 {
        create(&client, &format!("db{round}")).await;
        let vote = cluster.nodes[0].as_ref().unwrap().metadata().term;
        for at in 0..3 {
            // Killed and shut down alike: everything acknowledged is on disk.
            if round == 0 {
                cluster.kill(at).await;
            } else {
                cluster.nodes[at].take().unwrap().shutdown().await;
            }
        }
        for at in 0..3 {
            cluster.restart(at).await;
        }
        let fresh = cluster.client(round);
        within(SOON, "ready", fresh.wait_ready()).await;
        assert!(fresh.snapshot().database(&format!("db{round}")).is_some());
        assert!(fresh.snapshot().term >= vote);
    }
}

/// More commands than the log keeps: a member that was away is sent a snapshot, and a restart starts from one.
#[tokio::test]
async fn snapshots_keep_the_log_short() {
    let mut cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let client = cluster.client(0);
    create(&client, "db").await;
    let leader = cluster.leader().await;
    let away = (leader + 1) % 3;
    cluster.kill(away).await;
    let week = 168 * 3_600_000_000_000;
    for time in 0..600 {
        let group = Command::CreateShardGroup { database: "db".to_owned(), policy: String::new(), time: time * week };
        let making = async {
            loop {
                match client.execute(group.clone()).await {
                    Ok(Applied::ShardGroup(_)) => return,
                    // To ask again for a group that was made makes no other.
                    Err(error) if is_of_an_election(&error) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        within(SOON, "a shard group", making).await;
    }
    cluster.restart(away).await;
    let back = cluster.nodes[away].as_ref().unwrap();
    let groups =
        |node: &MetaNode| node.metadata().retention_policy("db", "").map_or(0, |policy| policy.shard_groups.len());
    within(SOON, "the snapshot", async {
        while groups(back) < 600 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(back.log_len() < 550, "{}", back.log_len());
    for at in 0..3 {
        cluster.kill(at).await;
    }
    for at in 0..3 {
        cluster.restart(at).await;
    }
    let fresh = cluster.client(away);
    cached(&fresh, "all of it", |data| data.max_shard_group_id == 600).await;
    create(&fresh, "after").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_storage_of_another_node_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::on_disk(1, directory.path().to_owned()).await;
    cluster.kill(0).await;
    cluster.config(0).cluster_id = 0xc2;
    let error = cluster.try_restart(0).await.unwrap_err();
    assert!(matches!(error, MetaStartError::Store(StoreError::Foreign { .. })), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_format_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::on_disk(1, directory.path().to_owned()).await;
    cluster.kill(0).await;
    {
        let database = fjall::Database::builder(directory.path().join("meta1")).worker_threads(1).open().unwrap();
        let state = database.keyspace("state", fjall::KeyspaceCreateOptions::default).unwrap();
        let mut identity = state.get("identity").unwrap().unwrap().to_vec();
        identity[0] += 1;
        state.insert("identity", identity).unwrap();
    }
    let error = cluster.try_restart(0).await.unwrap_err();
    assert!(error.to_string().contains("format 3, this build reads format 2"), "{error}");
}

#[tokio::test]
async fn a_node_must_be_a_member() {
    let mut cluster = Cluster::in_memory(1, Profile::V1_8).await;
    cluster.kill(0).await;
    cluster.config(0).id = 9;
    assert!(matches!(cluster.try_restart(0).await, Err(MetaStartError::Members(9))));
}

/// Two nodes on one storage: the first one started can no longer write.
#[tokio::test]
async fn only_the_last_node_on_a_storage_writes() {
    let mut cluster = Cluster::in_memory(1, Profile::V1_8).await;
    let client = cluster.client(0);
    create(&client, "db").await;
    let MetaStorage::Memory(storage) = cluster.config(0).storage.clone() else {
        panic!("this cluster is in memory");
    };
    let second = storage.open_for_test(0xc1, 1);
    let error = within(SOON, "an error", client.execute(super::cluster::create_database("late"))).await;
    assert_eq!(error.unwrap_err().to_string(), "meta service returned 503 Service Unavailable");
    drop(second);
}

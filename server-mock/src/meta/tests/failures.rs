use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::super::{MetaClient, MetaClientConfig, MetaError};
use super::cluster::{PAUSE, SOON, cached, create, create_database};
use super::{Cluster, within};
use crate::Profile;
use crate::core::meta::Applied;
use crate::net::Network;

#[tokio::test]
async fn the_others_go_on_without_their_leader() {
    let mut cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let client = cluster.client(0);
    create(&client, "before").await;
    let leader = cluster.leader().await;
    cluster.kill(leader).await;
    create(&client, "after").await;
    cluster.restart(leader).await;
    create(&client, "later").await;
    let back = cluster.nodes[leader].as_ref().unwrap();
    within(SOON, "the old leader catches up", async {
        while back.metadata().database("later").is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(back.metadata().database("before").is_some());
}

/// Captured case meta-quorum-lost: the last of eleven attempts is at the second node of the list.
#[tokio::test]
async fn without_a_majority_commands_fail_and_heal() {
    let mut cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let client = cluster.client(0);
    create(&client, "before").await;
    cluster.kill(1).await;
    cluster.kill(2).await;
    let start = Instant::now();
    let error = within(SOON, "an error", client.execute(create_database("lost"))).await.unwrap_err();
    // The attempt that the leader was still busy with when it lost its lease ends the loop, as on the real servers.
    let lost = "leadership lost while committing log".to_owned();
    if error != MetaError::Failed(lost) {
        assert_eq!(error.to_string(), refused(cluster.http_addr(1)));
        assert!(start.elapsed() >= 10 * PAUSE);
    }
    let error = within(SOON, "an error", client.execute(create_database("lost"))).await.unwrap_err();
    assert_eq!(error.to_string(), refused(cluster.http_addr(1)));
    let on_the_living = cluster.client(2);
    let error = within(SOON, "an error", on_the_living.execute(create_database("lost"))).await.unwrap_err();
    assert_eq!(error.to_string(), "meta service returned 503 Service Unavailable");
    assert!(client.snapshot().database("before").is_some(), "the cache is served on");

    cluster.restart(1).await;
    create(&client, "after").await;
    cached(&on_the_living, "the news", |data| data.database("after").is_some()).await;
}

fn refused(address: &str) -> String {
    format!("Post \"http://{address}/execute\": dial tcp {address}: connect: connection refused")
}

/// Captured case all-metas-dead.
#[tokio::test]
async fn with_all_dead_the_connection_is_refused() {
    let mut cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let client = cluster.client(0);
    create(&client, "before").await;
    for at in 0..3 {
        cluster.kill(at).await;
    }
    let error = within(SOON, "an error", client.execute(create_database("db"))).await.unwrap_err();
    assert_eq!(error.to_string(), refused(cluster.http_addr(1)));
    for at in 0..3 {
        cluster.restart(at).await;
    }
    create(&client, "db").await;
    assert!(client.snapshot().database("before").is_some());
}

/// A leader that is cut off stops answering as one, the others elect another, and after the heal they agree.
#[tokio::test]
async fn a_leader_behind_a_partition_steps_aside() {
    let cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let old = cluster.leader().await;
    let others: Vec<_> = (0..3).filter(|at| *at != old).collect();
    cut(&cluster, old, &others);

    // Its own lease runs out: whoever asks it is turned away rather than kept waiting.
    let asking_the_old = cluster.client_with(old, |config| config.attempts = 1);
    let give_up = async {
        loop {
            match asking_the_old.execute(create_database("minority")).await {
                Err(MetaError::Status(status)) if status == http::StatusCode::SERVICE_UNAVAILABLE => return,
                Err(MetaError::Failed(text)) => assert_eq!(text, "leadership lost while committing log"),
                other => panic!("{other:?}"),
            }
        }
    };
    within(SOON, "the old leader gives up", give_up).await;

    let client = cluster.client(others[0]);
    create(&client, "majority").await;
    for network in &cluster.networks {
        network.change_faults(|faults| faults.cut.clear());
    }
    let healed = cluster.nodes[old].as_ref().unwrap();
    within(SOON, "the old leader catches up", async {
        while healed.metadata().database("majority").is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    // Proposed by a leader without a majority, so never committed; what was only refused was not even proposed.
    assert!(healed.metadata().database("minority").is_none());
    create(&client, "healed").await;
}

fn cut(cluster: &Cluster, one: usize, others: &[usize]) {
    let name = |at: usize| format!("meta{}", at + 1);
    cluster.networks[one].change_faults(|faults| faults.cut = others.iter().map(|at| name(*at)).collect());
    for other in others {
        cluster.networks[*other].change_faults(|faults| faults.cut = [name(one)].into());
    }
}

/// Captured case meta-hung: a command waits for a frozen node, and goes through after the thaw.
#[tokio::test]
async fn a_frozen_node_is_waited_for() {
    let cluster = Cluster::in_memory(3, Profile::V1_8).await;
    let leader = cluster.leader().await;
    let follower = (leader + 1) % 3;
    let client = cluster.client(follower);
    create(&client, "before").await;
    cluster.networks[follower].change_faults(|faults| faults.frozen = true);
    let command = client.execute(create_database("slow"));
    tokio::pin!(command);
    // Longer than all the pauses between attempts would take.
    let hangs = tokio::time::timeout(12 * PAUSE, &mut command).await;
    assert!(hangs.is_err(), "{hangs:?}");
    cluster.networks[follower].change_faults(|faults| faults.frozen = false);
    let done = within(SOON, "the command after the thaw", command).await;
    assert_eq!(done, Ok(Applied::Changed));
}

/// Captured case restart-without-meta: a data node does not open its port before a leader answered.
#[tokio::test]
async fn a_data_node_waits_for_a_leader() {
    let mut cluster = Cluster::in_memory(3, Profile::V1_8).await;
    create(&cluster.client(0), "db").await;
    let leader = cluster.leader().await;
    for at in 0..3 {
        cluster.kill(at).await;
    }
    // Raft lets it take up its leadership again, without knowing whether anybody is there.
    cluster.restart(leader).await;
    let client = cluster.client(leader);
    let early = tokio::time::timeout(Duration::from_millis(300), client.wait_ready()).await;
    assert!(early.is_err(), "one node of three must not be enough");
    cluster.restart((leader + 1) % 3).await;
    within(SOON, "ready", client.wait_ready()).await;
    assert!(client.snapshot().database("db").is_some());
}

/// A connection that ends without an answer is an EOF, as in Go.
#[tokio::test]
async fn a_closed_connection_is_eof() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = listener.accept().await.unwrap();
            // The request has to be read first: closing on unread bytes would be a reset.
            let mut request = [0; 4096];
            let _ = tcp.read(&mut request).await;
        }
    });
    let mut config = MetaClientConfig::new(vec![address.clone()], Profile::V1_8);
    config.attempts = 1;
    let client = MetaClient::start(config, Network::new());
    let error = within(SOON, "an error", client.execute(create_database("db"))).await.unwrap_err();
    assert_eq!(error.to_string(), format!("Post \"http://{address}/execute\": EOF"));
}

/// Whatever else connects to the Raft port is hung up on, and the node goes on.
#[tokio::test]
async fn strangers_on_the_raft_port_do_no_harm() {
    let cluster = Cluster::in_memory(1, Profile::V1_8).await;
    let raft = cluster.nodes[0].as_ref().unwrap().raft_addr();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"\x02\x00\x00\x00\x01\x00", b"\x00\x00\x00\x00"] {
        let mut tcp = TcpStream::connect(raft).await.unwrap();
        tcp.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // The end may come as a reset, when the node has not read all that was sent.
        let _ = within(SOON, "the end of the connection", tcp.read_to_end(&mut answer)).await;
        assert_eq!(answer, b"", "{bytes:?}");
    }
    create(&cluster.client(0), "db").await;
}

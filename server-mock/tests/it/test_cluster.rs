//! What a test suite gets from a cluster besides its faults.

use std::time::Duration;

use influx_server_mock::{Fault, FaultError, TestCluster, TestClusterError};

use crate::fixture::{until, write};

#[tokio::test]
async fn unknown_names_get_a_suggestion_and_impossible_faults_an_error() {
    let cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    let error = cluster.inject(&Fault::RefuseHttp { node: "dat1".into() }).unwrap_err();
    let FaultError::UnknownNode { suggested, .. } = error else { panic!("{error}") };
    assert_eq!(suggested.as_deref(), Some("data1"));
    let error = cluster.inject(&Fault::RefuseHttp { node: "meta1".into() }).unwrap_err();
    assert!(matches!(error, FaultError::Lacks { .. }), "{error}");
    assert!(cluster.faults().is_empty());
    let named = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cluster.node("data9").url()));
    let text = *named.unwrap_err().downcast::<String>().unwrap();
    assert!(text.contains("did you mean data1?"), "{text}");
}

/// What is wrong with the others stays.
#[tokio::test]
async fn nodes_are_healed_one_by_one_and_faults_come_together_or_not_at_all() {
    let cluster = TestCluster::builder().nodes(1, 3).start().await.unwrap();
    let refuse = |node: &str| Fault::RefuseHttp { node: node.to_owned() };
    let error = cluster.inject_all(&[refuse("data1"), refuse("meta1")]).unwrap_err();
    assert!(matches!(error, FaultError::Lacks { .. }), "{error}");
    assert!(cluster.faults().is_empty());
    cluster.inject_all(&[refuse("data1"), refuse("data2")]).unwrap();
    cluster.cut("data1", "data3");
    assert!(cluster.heal_nodes(&["data1", "data9"]).is_err());
    assert_eq!(cluster.faults().len(), 3);
    cluster.heal_nodes(&["data1"]).unwrap();
    assert_eq!(cluster.faults(), [refuse("data2")]);
}

/// A wait that fails says what is missing.
#[tokio::test]
async fn waits_say_what_is_missing() {
    // Tried again at once when the owner is back, however long it was away.
    let builder =
        TestCluster::builder().nodes(1, 2).set("hh-retry-interval", "50ms").set("hh-retry-max-interval", "50ms");
    let mut cluster = builder.limit(Duration::from_secs(5)).start().await.unwrap();
    cluster.create_database("d", 2).await.unwrap();
    cluster.node_mut("data2").kill();
    assert_eq!(write(&cluster.node("data1").url(), "db=d&consistency=one", "m v=1 1").await.status, 204);
    // At level one the answer does not wait for the other owner.
    until("a hint", || async { !cluster.node("data1").handoff_depths().await.is_empty() }).await;
    let error = cluster.wait_until_settled().await.unwrap_err();
    let TestClusterError::NotYet { missing, .. } = &error else { panic!("{error}") };
    assert!(missing.starts_with("data1 has 1 points for node"), "{missing}");
    cluster.wait_until_in_sync().await.unwrap();
    cluster.node_mut("data2").restart().await.unwrap();
    cluster.wait_until_settled().await.unwrap();
    cluster.wait_until_in_sync().await.unwrap();
    assert_eq!(cluster.count_on("data2", "d", "m").await, 1);
    let refused = cluster.create_database("", 1).await.unwrap_err();
    assert!(matches!(refused, TestClusterError::Refused { .. }), "{refused}");
}

#[tokio::test]
async fn each_node_has_a_log_of_its_own() {
    let cluster = TestCluster::builder().nodes(1, 2).start().await.unwrap();
    cluster.node("data1").refuse_http();
    cluster.cut("data1", "data2");
    cluster.node("data2").reply(influx_server_mock::ReplyFault::canned(influx_server_mock::CannedReply::new(500)));
    write(&cluster.node("data2").url(), "db=d", "m v=1 1").await;
    let answered = |node: &str| cluster.logs(node).iter().any(|line| line.contains("answered as ordered"));
    assert!(answered("data2"));
    assert!(!answered("data1"));
}

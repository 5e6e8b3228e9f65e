use influx_server_mock::TestCluster;

use crate::fixture::{query, until, write};

/// A field's type is fixed for all replicas of a shard, whichever node took the first point.
#[tokio::test]
async fn a_type_is_known_to_every_replica() {
    let cluster = TestCluster::builder().nodes(1, 3).start().await.unwrap();
    let [first, second] = ["data1", "data2"].map(|name| cluster.node(name).url());
    query(&first, "", "CREATE DATABASE d").await;
    until("the database on the other node", || async {
        query(&second, "", "SHOW DATABASES").await.text().contains("\"d\"")
    })
    .await;
    assert_eq!(write(&first, "db=d&consistency=all", "m v=1i 1").await.status, 204);
    let refused = write(&second, "db=d&consistency=all", "m v=\"x\" 2").await;
    assert_eq!(refused.status, 500);
    assert_eq!(refused.headers["content-type"], "application/json");
    assert!(refused.json()["error"].as_str().unwrap().contains("already exists as type integer"), "{refused:?}");
}

//! Writes without a quorum of the meta nodes.

use influx_client::{Class, ConsistencyLevel, Outcome};

use crate::fixture::{client, cluster, count, create, everywhere, points, store};

const WEEK: i64 = 7 * 86_400 * 1_000_000_000;

/// Shard groups that exist go on; a batch that needs a new one fails as a whole and leaves nothing behind.
#[tokio::test]
async fn new_shard_groups_need_the_quorum() {
    let mut cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    let write = async |batch, level| coordinator.write(&batch).database("db").consistency(level).await;
    store(&coordinator, "db", &points("m", 0, 1)).await;
    cluster.node_mut("meta2").kill();
    cluster.node_mut("meta3").kill();

    write(points("m", 1, 1), ConsistencyLevel::All).await.unwrap();
    let mut mixed = points("mixed", 2, 1);
    mixed.point("mixed").field("v", 1.0).at(10 * WEEK).unwrap();
    let error = write(mixed, ConsistencyLevel::One).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::MetaUnavailable, Outcome::NotStored), "{error:?}");
    assert_eq!(error.tally().not_stored, 2);
    for url in cluster.urls() {
        assert_eq!(count(&url, "db", "mixed").await, 0, "claimed to be stored nowhere");
    }

    cluster.node_mut("meta2").restart().await.unwrap();
    store(&coordinator, "db", &points("m", 10 * WEEK, 1)).await;
    everywhere(&cluster, "db", "m", 3).await;
}

//! Points refused for good: which they are, and that the others are stored.

use std::time::Duration;

use influx_client::{Batch, Class, Client, ConsistencyLevel, NoRetry, Outcome};

use crate::fixture::{client, cluster, create, everywhere, points, store};

/// One point of another type among good ones: it is named, the good ones are on every replica.
#[tokio::test]
async fn a_type_conflict_names_the_point_and_stores_the_rest() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    store(&coordinator, "db", &points("m", 0, 1)).await;
    let mut batch = Batch::default();
    batch.point("other").field("v", 1.0).at(1).unwrap();
    batch.point("m").tag("k", "bad").field("v", "text").at(2).unwrap();
    batch.point("other").field("v", 2.0).at(3).unwrap();
    let error = coordinator.write(&batch).database("db").consistency(ConsistencyLevel::All).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::TypeConflict, Outcome::PartlyStored), "{error:?}");
    assert_eq!(error.refusals().iter().map(|refusal| refusal.line).collect::<Vec<_>>(), [Some(1)]);
    assert_eq!((error.tally().stored, error.tally().refused), (2, 1));
    everywhere(&cluster, "db", "other", 2).await;
    everywhere(&cluster, "db", "m", 1).await;
}

/// A line that is no line protocol is named; the others are stored.
#[tokio::test]
async fn an_unparsable_line_is_named() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    store(&coordinator, "db", &points("seed", 0, 1)).await;
    let mut batch = points("m", 0, 2);
    batch.push_unchecked_line(b"no fields here").unwrap();
    let error = coordinator.write(&batch).database("db").consistency(ConsistencyLevel::All).await.unwrap_err();
    assert_eq!(error.class(), Class::Malformed, "{error:?}");
    assert_eq!(error.refusals().iter().map(|refusal| refusal.line).collect::<Vec<_>>(), [Some(2)]);
    assert_eq!((error.tally().stored, error.tally().refused), (2, 1));
    everywhere(&cluster, "db", "m", 2).await;
}

/// A missing database or retention policy is no reason to try again, and nothing is stored.
#[tokio::test]
async fn what_does_not_exist_is_named() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    let database = coordinator.write(&points("m", 0, 1)).database("nope").await.unwrap_err();
    let policy = coordinator.write(&points("m", 0, 1)).database("db").retention_policy("nope").await.unwrap_err();
    for error in [database, policy] {
        assert_eq!((error.class(), error.outcome()), (Class::NotFound, Outcome::NotStored), "{error:?}");
        assert!(error.to_string().contains("nope"), "{error}");
        assert_eq!(error.attempts().len(), 1);
    }
    everywhere(&cluster, "db", "m", 0).await;
}

/// Nobody listens at the first address: nothing went out, so the second one is tried even for points without times.
#[tokio::test]
async fn an_unreachable_endpoint_is_passed_over() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let alone = Client::builder().endpoint(crate::server::NOBODY).retry(NoRetry).build().unwrap();
    let error = alone.write(&points("m", 0, 1)).database("db").await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Unreachable, Outcome::NotStored), "{error:?}");
    let both = Client::builder()
        .endpoint(crate::server::NOBODY)
        .endpoint(cluster.node("data1").url())
        .deadline(Duration::from_secs(30))
        .build()
        .unwrap();
    let mut batch = Batch::default();
    batch.point("m").field("v", 1.0).server_time().unwrap();
    both.write(&batch).database("db").consistency(ConsistencyLevel::All).await.unwrap();
    everywhere(&cluster, "db", "m", 1).await;
}

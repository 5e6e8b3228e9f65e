//! Hinted handoff: what was queued arrives, in order, whoever dies meanwhile.

use influx_client::{Class, ConsistencyLevel};

use crate::fixture::{client, cluster, count, create, eventually, everywhere, points, store};

/// The coordinator dies with hints in its queue; they are delivered when it is back.
#[tokio::test]
async fn hints_survive_the_death_of_their_coordinator() {
    let mut cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    store(&coordinator, "db", &points("m", 0, 1)).await;
    cluster.node_mut("data3").kill();
    for n in 1..=20 {
        let level = ConsistencyLevel::Quorum;
        coordinator.write(&points("m", n, 1)).database("db").consistency(level).await.unwrap();
    }
    // The level is met before the third owner is given up on.
    eventually("a hint for every write", async || {
        cluster.node("data1").handoff_depths().await.first().is_some_and(|depth| depth.points == 20)
    })
    .await;
    cluster.node_mut("data1").kill();
    cluster.node_mut("data3").restart().await.unwrap();
    assert_eq!(count(&cluster.node("data3").url(), "db", "m").await, 1, "nobody else has hints for it");
    cluster.node_mut("data1").restart().await.unwrap();
    everywhere(&cluster, "db", "m", 21).await;
}

/// Later writes queue behind earlier ones, so that the last value written is the one that stays.
#[tokio::test]
async fn the_last_value_written_is_the_last_delivered() {
    let mut cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    let batch = |value: f64| {
        let mut batch = influx_client::Batch::default();
        batch.point("m").field("v", value).at(7).unwrap();
        batch
    };
    let write = async |value, level| coordinator.write(&batch(value)).database("db").consistency(level).await;
    store(&coordinator, "db", &batch(0.0)).await;
    cluster.node_mut("data2").kill();
    for n in 1..=10 {
        write(f64::from(n), ConsistencyLevel::One).await.unwrap();
    }
    cluster.node_mut("data2").restart().await.unwrap();
    let behind = write(11.0, ConsistencyLevel::All).await;
    if let Err(error) = &behind {
        assert_eq!(error.class(), Class::BelowLevel, "the queue was not empty yet");
    }
    let url = cluster.node("data2").url();
    eventually("the last value is on the node that was dead", async || {
        let answer = client(&url).query("SELECT v FROM m").database("db").await.unwrap();
        answer.series().any(|series| series.values[0][1].as_f64() == Some(11.0))
    })
    .await;
}

/// A cut link is not a dead node: nothing is refused, writes time out, and after the heal everything is everywhere.
#[tokio::test]
async fn a_partition_heals_without_loss() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let coordinator = client(&cluster.node("data1").url());
    store(&coordinator, "db", &points("m", 0, 1)).await;
    cluster.partition(&[&["data1"], &["data2", "data3"]]);
    coordinator.write(&points("m", 1, 1)).database("db").consistency(ConsistencyLevel::One).await.unwrap();
    let late = coordinator.write(&points("m", 2, 1)).database("db").consistency(ConsistencyLevel::Quorum).await;
    let class = late.unwrap_err().class();
    assert!(matches!(class, Class::Timeout | Class::BelowLevel), "{class}");
    cluster.heal();
    everywhere(&cluster, "db", "m", 3).await;
}

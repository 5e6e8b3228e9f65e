//! What a policy may do with a whole cluster behind it: settle for less, stop a storm, keep to one coordinator, cut.

use std::time::{Duration, Instant};

use influx_client::{
    Backoff, Balance, Batch, Class, Client, ConsistencyLevel, Downgrade, NoRetry, Outcome, RetryBudget, Stop,
};

use crate::fixture::{LEVELS, client, cluster, count, create, everywhere, points, store};
use crate::server::{Act, NOBODY, Server, reply, stored};

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// A dead owner: `all` cannot be met, the weaker level can, and the answer says which it was.
#[tokio::test]
async fn a_lowered_level_is_told() {
    let mut cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let url = cluster.node("data1").url();
    store(&client(&url), "db", &points("seed", 0, 1)).await;
    cluster.node_mut("data3").kill();
    let with = |policy| Client::builder().endpoint(&url).database("db").retry(policy).build().unwrap();
    let lowering = with(Downgrade::to(ConsistencyLevel::Quorum).after(NoRetry));
    let ack = lowering.write(&points("m", 0, 3)).consistency(ConsistencyLevel::All).await.unwrap();
    assert_eq!((ack.asked(), ack.level()), (ConsistencyLevel::All, ConsistencyLevel::Quorum));
    assert_eq!(ack.attempts().len(), 2);
    for level in &LEVELS[..3] {
        let ack = lowering.write(&points("m", 0, 3)).consistency(*level).await.unwrap();
        assert_eq!((ack.asked(), ack.level()), (*level, *level), "what can be met is not lowered");
    }
    cluster.node_mut("data2").kill();
    let error = lowering.write(&points("m", 9, 3)).consistency(ConsistencyLevel::All).await.unwrap_err();
    assert_eq!((error.level(), error.lowered_to()), (ConsistencyLevel::All, Some(ConsistencyLevel::Quorum)));
    assert_eq!((error.class(), error.stop()), (Class::BelowLevel, Some(Stop::Policy)));
    for name in ["data2", "data3"] {
        cluster.node_mut(name).restart().await.unwrap();
    }
    everywhere(&cluster, "db", "m", 6).await;
}

/// Many calls that fail together cost a known number of retries, and no more.
#[tokio::test]
async fn a_storm_of_retries_ends() {
    let client = Client::builder()
        .endpoint(NOBODY)
        .database("db")
        .retry(Backoff::default().base(Duration::from_millis(1)))
        .retry_budget(RetryBudget::default().tokens(50))
        .build()
        .unwrap();
    let batch = points("m", 0, 1);
    let calls = (0..20).map(|_| async { client.write(&batch).await.unwrap_err() });
    let errors = futures::future::join_all(calls).await;
    let retries: usize = errors.iter().map(|error| error.attempts().len() - 1).sum();
    assert_eq!((retries, client.retry_tokens()), (10, Some(0)));
    assert!(errors.iter().all(|error| error.outcome() == Outcome::NotStored));
    let stopped: Vec<_> = errors.iter().filter(|error| error.stop() == Some(Stop::Budget)).collect();
    assert!(stopped.len() >= 18, "{stopped:?}");
    assert!(stopped[0].to_string().contains("retry budget"), "{}", stopped[0]);
}

/// One series, one coordinator, until that is gone.
#[tokio::test]
async fn a_series_keeps_its_coordinator() {
    let mut cluster = cluster().await;
    create(&cluster, "db", 3).await;
    store(&client(&cluster.urls()[0]), "db", &points("seed", 0, 1)).await;
    let client = Client::builder().endpoints(cluster.urls()).database("db").balance(Balance::Sticky).build().unwrap();
    let mut homes = Vec::new();
    for n in 0..12 {
        let mut batch = Batch::default();
        batch.point("m").tag("host", &n.to_string()).field("v", 1.0).at(n).unwrap();
        let first = client.write(&batch).await.unwrap().endpoint().unwrap().clone();
        for _ in 0..3 {
            assert_eq!(client.write(&batch).await.unwrap().endpoint(), Some(&first));
        }
        homes.push((batch, first));
    }
    let gone = homes[0].1.clone();
    let name = (1..=3).map(|n| format!("data{n}")).find(|name| gone.as_str().starts_with(&cluster.node(name).url()));
    cluster.node_mut(&name.unwrap()).kill();
    for (batch, home) in &homes {
        let ack = client.write(batch).await.unwrap();
        let moved = ack.endpoint() != Some(home);
        assert_eq!(moved, *home == gone, "only the series of the dead one move");
    }
}

/// Cut by shard group, a failure of one is not told of the others.
#[tokio::test]
async fn a_verdict_is_about_one_shard_group() {
    let mut cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let url = cluster.node("data1").url();
    let client = client(&url);
    store(&client, "db", &points("m", 0, 1)).await;
    for name in ["meta1", "meta2", "meta3"] {
        cluster.node_mut(name).kill();
    }
    let mut batch = points("m", 1, 4);
    batch.point("m").field("v", 1.0).at(10 * 7 * 86_400 * 1_000_000_000).unwrap();
    let error = client.write(&batch).database("db").per_shard_group(WEEK).await.unwrap_err();
    assert_eq!(error.class(), Class::MetaUnavailable, "{error:?}");
    assert_eq!((error.tally().stored, error.tally().not_stored), (4, 1));
    assert_eq!(count(&url, "db", "m").await, 5);
    let whole = client.write(&points("m", 5, 1)).database("db").per_shard_group(WEEK).await.unwrap();
    assert_eq!((whole.points(), whole.attempts().len()), (1, 1));
}

/// Two types for one field: acknowledged or not as a whole by a real cluster, told point by point when cut.
#[tokio::test]
async fn two_types_for_a_field_are_told_apart_on_request() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let client = Client::builder().endpoint(cluster.node("data1").url()).database("db").build().unwrap();
    let mut batch = Batch::default();
    batch.check_field_types(false);
    for (time, line) in ["v=1", "v=1i", "v=2", "v=2i", "w=\"s\""].into_iter().enumerate() {
        batch.push_line(format!("m {line} {time}").as_bytes()).unwrap();
    }
    let error = client.write(&batch).consistency(ConsistencyLevel::All).split_types().await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::TypeConflict, Outcome::PartlyStored), "{error:?}");
    let refused: Vec<_> = error.refusals().iter().map(|refusal| refusal.line).collect();
    assert_eq!(refused, [Some(1), Some(3)], "{error}");
    assert_eq!(error.tally().stored, 3);
    for url in cluster.urls() {
        assert_eq!(count(&url, "db", "m").await, 2, "the values of v that are floats");
    }
}

/// A server that names a time is given it; one that names a time after the deadline is not waited for.
#[tokio::test]
async fn a_server_that_names_a_time_is_given_it() {
    let busy = |after: &str| Act::Answer(reply(503, &format!("Retry-After: {after}\r\n"), "request throttled"));
    let server = Server::start([busy("1"), stored()]).await;
    let client = Client::builder().endpoint(server.url()).database("db").build().unwrap();
    let ack = client.write(&points("m", 0, 1)).await.unwrap();
    assert!(ack.attempts()[1].started >= Duration::from_secs(1), "{:?}", ack.attempts());
    let server = Server::start([busy("3600"), stored()]).await;
    let client = Client::builder().endpoint(server.url()).database("db").build().unwrap();
    let begun = Instant::now();
    let error = client.write(&points("m", 0, 1)).await.unwrap_err();
    assert_eq!((error.class(), error.attempts().len()), (Class::Overloaded, 1));
    assert!(begun.elapsed() < Duration::from_secs(10), "no wait that ends in nothing");
}

/// A large body gets the time that a slow network needs for it; a small one does not.
#[tokio::test]
async fn the_time_of_an_attempt_grows_with_its_body() {
    let slow = Act::Trickle(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), Duration::from_millis(120));
    let server = Server::start([slow]).await;
    let client = Client::builder().endpoint(server.url()).database("db").retry(NoRetry);
    let client = client.attempt_timeout(Duration::from_secs(2)).min_throughput(10_000).build().unwrap();
    let small = client.write(&points("m", 0, 1)).await.unwrap_err();
    assert_eq!(small.class(), Class::Timeout, "the answer takes 3 s");
    let large = client.write(&points("m", 0, 10_000)).await.unwrap();
    assert!(large.attempts()[0].elapsed > Duration::from_secs(3));
}

//! Rows as types, bound values and hedged reads.

use std::time::{Duration, Instant};

use influx_client::{Batch, Class, Client, NoRetry, QueryErrorKind, RetryBudget, Timestamp, ident, literal};
use influx_server_mock::{Profile, TestCluster};
use serde::Deserialize;

use crate::fixture::{eventually, store};
use crate::server::{Act, Server, builder, reply};

#[derive(Debug, Deserialize, PartialEq)]
struct Cpu {
    time: Timestamp,
    host: String,
    dc: Option<String>,
    usage: Option<f64>,
    count: Option<i64>,
    ok: Option<bool>,
}

#[tokio::test]
async fn rows_are_what_was_written() {
    for profile in Profile::ALL {
        let cluster = TestCluster::builder().profile(profile).nodes(1, 1).start().await.unwrap();
        cluster.create_database("db", 1).await.unwrap();
        let client = Client::builder().endpoints(cluster.urls()).database("db").build().unwrap();
        let (early, late) = (-700_000_000_000_000_001, 1_600_000_000_000_000_001);
        let mut batch = Batch::default();
        batch
            .point("cpu")
            .tag("host", "it's")
            .tag("dc", "x")
            .field("usage", 0.1 + 0.2)
            .field("ok", true)
            .at(early)
            .unwrap();
        batch.point("cpu").tag("host", "b").field("count", -9_007_199_254_740_993_i64).at(late).unwrap();
        eventually("the points are stored", async || {
            client.write(&batch).await.unwrap();
            let query = client.query("SELECT * FROM cpu WHERE time > '1900-01-01' AND time < '2100-01-01'");
            query.await.unwrap().checked().unwrap().series().map(|series| series.values.len()).sum::<usize>() == 2
        })
        .await;
        let statement = format!(
            "SELECT usage, count, ok FROM {} WHERE time > '1900-01-01' AND time < '2100-01-01' GROUP BY host, dc",
            ident("cpu")
        );
        let mut rows = client.query(&statement).rows::<Cpu>().await.unwrap();
        rows.sort_by(|a, b| a.host.cmp(&b.host));
        let count = Some(-9_007_199_254_740_993);
        let time = Timestamp::Nanoseconds(late);
        assert_eq!(rows[0], Cpu { time, host: "b".into(), dc: None, usage: None, count, ok: None }, "{profile}");
        let (time, usage) = (Timestamp::Nanoseconds(early), Some(0.1 + 0.2));
        let dc = Some("x".into());
        assert_eq!(rows[1], Cpu { time, host: "it's".into(), dc, usage, count: None, ok: Some(true) }, "{profile}");

        if profile == Profile::V1_8 {
            let statement = "SELECT ok FROM cpu WHERE host = $host AND time > '1900-01-01'";
            let bound = client.query(statement).bind("host", "it's");
            assert_eq!(bound.rows::<(i64, bool)>().await.unwrap(), [(early, true)]);
        }
        let quoted = format!("SELECT ok FROM cpu WHERE host = {} AND time > '1900-01-01'", literal("it's"));
        assert_eq!(client.query(&quoted).rows::<(i64, bool)>().await.unwrap(), [(early, true)], "{profile}");
        let wrong = client.query(&quoted).rows::<(i64, String)>().await.unwrap_err();
        assert!(matches!(wrong.kind(), QueryErrorKind::Row { index: 0, .. }), "{wrong}");
    }
}

/// The server's limit on rows never looks like the end of the answer.
#[tokio::test]
async fn rows_that_were_left_out_are_an_error() {
    let body = |partial: &str| {
        let series = format!(r#"{{"name":"m","columns":["time","v"],"values":[[1,2]]{partial}}}"#);
        Act::Answer(reply(200, "", &format!(r#"{{"results":[{{"statement_id":0,"series":[{series}]}}]}}"#)))
    };
    let server = Server::start([body(",\"partial\":true"), body(",\"partial\":true"), body("")]).await;
    let client = server.client();
    let truncated = client.query("SELECT v FROM m").rows::<(i64, i64)>().await.unwrap_err();
    assert!(matches!(truncated.kind(), QueryErrorKind::Truncated { index: 0 }), "{truncated}");
    assert_eq!(truncated.class(), Class::Limit);
    let raw = client.query("SELECT v FROM m").await.unwrap();
    assert!(raw.results[0].is_truncated() && raw.checked().is_err());
    assert_eq!(client.query("SELECT v FROM m").rows::<(i64, i64)>().await.unwrap(), [(1, 2)]);
}

fn one() -> Act {
    Act::Answer(reply(200, "", "{\"results\":[{\"statement_id\":0}]}"))
}

fn hanging() -> Act {
    Act::AnswerAndHang(Vec::new())
}

#[tokio::test]
async fn a_slow_endpoint_is_not_waited_for() {
    let (slow, fast) = (Server::start([hanging()]).await, Server::start([one()]).await);
    for _ in 0..20 {
        let client = builder(&slow.url()).endpoint(fast.url()).build().unwrap();
        let begun = Instant::now();
        let query = client.query("SELECT v FROM m").hedge(Duration::from_millis(100)).deadline(Duration::from_secs(30));
        let answer = query.await.unwrap();
        assert_eq!(answer.endpoint.as_str(), fast.url());
        assert!(begun.elapsed() < Duration::from_secs(15));
        assert_eq!(client.retry_tokens(), Some(500), "what an answer was got for is given back");
        assert!(client.endpoints().iter().all(|endpoint| endpoint.in_flight == 0), "the other request is cancelled");
    }
    let asked = slow.seen().len();
    assert!(asked > 0 && asked < 20, "{asked}");
}

/// An error is no answer: the other request may still bring one.
#[tokio::test]
async fn the_first_complete_answer_counts() {
    let late = Act::Trickle(reply(200, "", "{\"results\":[{}]}"), Duration::from_millis(2));
    for bad in [
        Act::Close,
        Act::Answer(reply(503, "", "busy")),
        Act::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec()),
    ] {
        let (good, bad) = (Server::start([late.clone()]).await, Server::start([bad]).await);
        let client = builder(&good.url()).endpoint(bad.url()).build().unwrap();
        for _ in 0..4 {
            let before = good.seen().len();
            let answer = client.query("SELECT v FROM m").hedge(Duration::from_millis(20)).await;
            // Whoever is asked first and answers at once is not hedged; a slow one is waited for when the other fails.
            assert_eq!(answer.is_ok(), good.seen().len() > before, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn changes_and_spent_budgets_are_not_hedged() {
    let slow = [Server::start([hanging()]).await, Server::start([hanging()]).await];
    let asked = || slow[0].seen().len() + slow[1].seen().len();
    let two = || builder(&slow[0].url()).endpoint(slow[1].url());
    let ask = async |client: &Client, statement: &str| {
        let query = client.query(statement).hedge(Duration::from_millis(10)).deadline(Duration::from_secs(1));
        assert_eq!(query.await.unwrap_err().class(), Class::Timeout);
    };
    let assert_asked = async |wanted: usize, why: &str| {
        // A server notes a request a moment after it was sent.
        eventually(why, async || asked() >= wanted).await;
        assert_eq!(asked(), wanted, "{why}");
    };
    ask(&two().build().unwrap(), "DROP DATABASE x").await;
    assert_asked(1, "a change is sent once").await;
    ask(&two().build().unwrap(), "SELECT v INTO w FROM m").await;
    assert_asked(2, "this is a change, too").await;
    ask(&two().retry_budget(RetryBudget::default().tokens(1)).build().unwrap(), "SELECT v FROM m").await;
    assert_asked(3, "the budget is spent").await;
    ask(&two().build().unwrap(), "SELECT v FROM m").await;
    assert_asked(5, "two at most").await;
}

#[tokio::test]
async fn a_paused_node_is_hedged_against() {
    let mut cluster = TestCluster::builder().nodes(1, 3).start().await.unwrap();
    cluster.create_database("db", 3).await.unwrap();
    let client = Client::builder().endpoints(cluster.urls()).database("db").retry(NoRetry).build().unwrap();
    let mut batch = Batch::default();
    batch.point("m").field("v", 1.5).at(1).unwrap();
    store(&client, "db", &batch).await;
    cluster.node_mut("data2").pause().await;
    for _ in 0..4 {
        let query = client.query("SELECT v FROM m").hedge(Duration::from_millis(100));
        assert_eq!(query.rows::<(i64, f64)>().await.unwrap(), [(1, 1.5)]);
    }
}

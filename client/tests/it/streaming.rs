//! Answers that are read as they arrive: in bounded memory, with late errors, and never complete when they were cut.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _};
use influx_client::{Batch, Class, Client, ConsistencyLevel, QueryError, QueryErrorKind};
use influx_server_mock::{Profile, TestCluster};

use crate::fixture::eventually;
use crate::server::{Act, NOBODY, Server, builder, reply};

fn chunk(id: usize, value: i64, more: bool) -> String {
    format!(
        "{{\"results\":[{{\"statement_id\":{id},\"series\":[{{\"name\":\"m\",\"columns\":[\"time\",\"v\"],\"values\":[[{value},{value}]],\"partial\":{more}}}],\"partial\":{more}}}]}}\n"
    )
}

/// Without a length: the end of the connection is the end of the answer.
fn head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec()
}

async fn rows(client: &Client, statement: &str) -> Vec<Result<(i64, i64), QueryError>> {
    client.query(statement).deadline(Duration::from_secs(5)).rows_stream::<(i64, i64)>().collect().await
}

#[tokio::test]
async fn rows_come_before_the_answer_ends() {
    let body = [head(), chunk(0, 1, true).into(), chunk(0, 2, true).into()].concat();
    let server = Server::start([Act::AnswerAndHang(body)]).await;
    let client = server.client();
    let mut rows = client.query("SELECT v FROM m").deadline(Duration::from_secs(2)).rows_stream::<(i64, i64)>();
    assert_eq!(rows.try_next().await.unwrap(), Some((1, 1)));
    assert_eq!(rows.try_next().await.unwrap(), Some((2, 2)));
    let begun = Instant::now();
    let error = rows.try_next().await.unwrap_err();
    assert!(matches!(error.kind(), QueryErrorKind::NoAnswer { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert!(rows.next().await.is_none(), "nothing follows");
    assert!(server.seen()[0].line().contains("epoch=n&chunked=true&chunk_size=10000"), "{}", server.seen()[0].line());
}

#[tokio::test]
async fn a_cut_answer_never_looks_complete() {
    let body: String = (0..3).map(|n| chunk(0, n, n < 2)).collect();
    let mut cuts: Vec<usize> = (0..body.len() - 2).step_by(17).collect();
    cuts.push(chunk(0, 0, true).len());
    for cut in cuts {
        let server = Server::start([Act::Answer([head(), body.as_bytes()[..cut].to_vec()].concat())]).await;
        let read = rows(&server.client(), "SELECT v FROM m").await;
        assert!(read.last().unwrap().is_err(), "cut at {cut}: {read:?}");
        assert!(read[..read.len() - 1].iter().all(Result::is_ok));
        let whole = server.client().query("SELECT v FROM m").chunked(1).await;
        assert!(whole.is_err(), "cut at {cut}: {whole:?}");
    }
    let server = Server::start([Act::Answer([head(), body.into()].concat())]).await;
    assert_eq!(rows(&server.client(), "SELECT v FROM m").await.len(), 3);
}

#[tokio::test]
async fn late_errors_are_items() {
    let late = "{\"results\":[{\"statement_id\":0,\"error\":\"dial tcp 10.0.0.1:8088: connection refused\"}]}";
    let body = [chunk(0, 1, true), late.into(), chunk(1, 2, false)].concat();
    let server = Server::start([Act::Answer([head(), body.into()].concat())]).await;
    let read = rows(&server.client(), "SELECT v FROM m; SELECT v FROM n").await;
    assert_eq!(read.len(), 3);
    let error = read[1].as_ref().unwrap_err();
    assert!(matches!(error.kind(), QueryErrorKind::Statement { index: 0, .. }), "{error}");
    assert_eq!(error.class(), Class::NoReplica);
    assert!(read[0].is_ok() && read[2].is_ok());
}

/// An answer without end is read as long as somebody reads it, one chunk at a time.
#[tokio::test]
async fn an_endless_answer_takes_no_memory() {
    let flood = [head(), chunk(0, 1, true).repeat(500).into()].concat();
    // The head is sent again with each round; the reader takes the first round only.
    let server = Server::start([Act::Flood(flood)]).await;
    let client = builder(&server.url()).answer_limit(1000).build().unwrap();
    let mut rows = client.query("SELECT v FROM m").rows_stream::<(i64, i64)>();
    for _ in 0..500 {
        assert_eq!(rows.try_next().await.unwrap(), Some((1, 1)));
    }
    drop(rows);
    assert!(client.endpoints().iter().all(|endpoint| endpoint.in_flight == 0));
    let large = Server::start([Act::Flood([head(), b"{\"results\":[ ".to_vec()].concat())]).await;
    let client = builder(&large.url()).answer_limit(1000).build().unwrap();
    let read: Vec<_> = client.query("SELECT v FROM m").stream().collect().await;
    let error = read[0].as_ref().unwrap_err();
    assert!(matches!(error.kind(), QueryErrorKind::AnswerTooLarge { limit: 1000 }), "{error}");
    assert_eq!(read.len(), 1);
}

#[tokio::test]
async fn refusals_are_typed_and_another_endpoint_is_asked() {
    let refused = Server::start([Act::Answer(reply(400, "", "{\"error\":\"error parsing query: x\"}"))]).await;
    let read = rows(&refused.client(), "SELECT").await;
    assert!(matches!(read[0].as_ref().unwrap_err().kind(), QueryErrorKind::Refused { status: 400, .. }));
    let good = Server::start([Act::Answer([head(), chunk(0, 1, false).into()].concat())]).await;
    for _ in 0..4 {
        let client = builder(NOBODY).endpoint(good.url()).build().unwrap();
        assert_eq!(rows(&client, "SELECT v FROM m").await.len(), 1);
    }
    let nobody = rows(&builder(NOBODY).build().unwrap(), "SELECT v FROM m").await;
    assert_eq!(nobody[0].as_ref().unwrap_err().class(), Class::Unreachable);
}

#[tokio::test]
async fn streams_of_the_cluster_are_whole() {
    for profile in Profile::ALL {
        let mut cluster = TestCluster::builder().profile(profile).nodes(1, 2).start().await.unwrap();
        cluster.create_database("db", 1).await.unwrap();
        let client = Client::builder().endpoint(&cluster.urls()[0]).database("db").build().unwrap();
        let mut batch = Batch::default();
        for n in 1..=3000_i64 {
            batch.point("m").tag("host", if n % 2 == 0 { "a" } else { "b" }).field("v", n).at(n).unwrap();
        }
        let count = async || {
            let rows = client.query("SELECT v FROM m").chunked(100).rows_stream::<(i64, i64)>();
            let rows: Result<Vec<_>, _> = rows.try_collect().await;
            rows.map(|rows| {
                assert!(rows.iter().all(|(time, v)| time == v));
                rows.len()
            })
        };
        eventually("all points are read", async || {
            client.write(&batch).consistency(ConsistencyLevel::All).await.unwrap();
            count().await.unwrap() == 3000
        })
        .await;
        let joined = client.query("SELECT v FROM m GROUP BY host").chunked(100).await.unwrap();
        assert_eq!((joined.results.len(), joined.series().count()), (1, 2), "{profile}");
        assert!(joined.series().all(|series| series.values.len() == 1500));
        // Half of the series belong to the node that dies.
        cluster.node_mut("data2").kill();
        if profile == Profile::V1_8 {
            assert_eq!(count().await.unwrap_err().class(), Class::NoReplica);
        }
    }
}

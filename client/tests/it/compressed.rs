//! Compressed answers: asked for on request only, and inflated with care.

use std::io::Write as _;

use influx_client::{Client, QueryErrorKind};

use crate::fixture::{cluster, create, points};
use crate::server::{Act, Server, builder};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn answer(encoding: &str, body: &[u8]) -> Act {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n", body.len());
    Act::Answer([head.as_bytes(), body].concat())
}

#[tokio::test]
async fn a_cluster_answers_the_same_either_way() {
    let cluster = cluster().await;
    create(&cluster, "db", 3).await;
    let url = cluster.node("data1").url();
    let with = |compressed| Client::builder().endpoint(&url).database("db").gzip_answers(compressed).build().unwrap();
    with(true).write(&points("m", 0, 2000)).await.unwrap();
    let (plain, compressed) = (with(false), with(true));
    let text = "SELECT v FROM m";
    let plain = plain.query(text).await.unwrap().checked().unwrap();
    let inflated = compressed.query(text).await.unwrap().checked().unwrap();
    assert_eq!(plain.results, inflated.results);
    assert_eq!(plain.series().next().unwrap().values.len(), 2000);
    assert!(compressed.query("nonsense").await.is_err());
}

#[tokio::test]
async fn compressed_answers_are_asked_for_on_request() {
    let body = gzip(r#"{"results":[{"series":[{"name":"m","columns":["v"],"values":[[1]]}]}]}"#);
    let server = Server::start([answer("gzip", &body)]).await;
    let client = builder(&server.url()).gzip_answers(true).build().unwrap();
    let response = client.query("SELECT v FROM m").await.unwrap();
    assert_eq!(response.series().next().unwrap().values[0][0], 1);
    assert_eq!(server.seen()[0].header("accept-encoding"), Some("gzip"));
    let server = Server::start([answer("gzip", &body)]).await;
    let error = server.client().query("SELECT v FROM m").await.unwrap_err();
    assert!(matches!(error.kind(), QueryErrorKind::Unexpected { .. }), "{error}");
    assert_eq!(server.seen()[0].header("accept-encoding"), None);
}

#[tokio::test]
async fn hostile_answers_are_errors() {
    let whole = gzip(r#"{"results":[]}"#);
    let bomb = gzip(&" ".repeat(4 << 20));
    let query = async |act: Act| {
        let server = Server::start([act]).await;
        let client = builder(&server.url()).gzip_answers(true).answer_limit(1 << 20).build().unwrap();
        client.query("SELECT 1").await.map(|_| ()).map_err(|error| error.kind().clone())
    };
    assert!(bomb.len() < 1 << 20);
    assert_eq!(query(answer("gzip", &bomb)).await, Err(QueryErrorKind::AnswerTooLarge { limit: 1 << 20 }));
    for damaged in [&whole[..whole.len() - 3], b"{\"results\":[]}", &[&whole[..], b"junk"].concat()] {
        let end = query(answer("gzip", damaged)).await;
        assert!(matches!(end, Err(QueryErrorKind::NoAnswer { .. })), "{end:?}");
    }
    for encoding in ["gzip, gzip", "br", "zstd"] {
        let end = query(answer(encoding, &whole)).await;
        assert!(matches!(end, Err(QueryErrorKind::Unexpected { .. })), "{encoding}: {end:?}");
    }
    let end = query(answer("gzip", b"")).await;
    assert!(matches!(end, Err(QueryErrorKind::Unexpected { .. } | QueryErrorKind::NoAnswer { .. })), "{end:?}");
}

//! Requests that go out as their caller made them, and what one write has of its own.

use std::time::Duration;

use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method};
use influx_client::{Class, Client, Failed, Gzip, NoRetry, Retry, RetryPolicy};

use crate::server::{Act, NOBODY, Server, batch, builder};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nX-Custom: a\r\nContent-Length: 5\r\n\r\nhello";

#[tokio::test]
async fn what_is_given_is_what_is_sent() {
    let server = Server::start([Act::Answer(OK.into())]).await;
    let client = builder(&server.url()).basic_auth("user", "word").build().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("application/x-msgpack"));
    let request = client.request(Method::POST, "query").query("q=a%20b").headers(headers).body("x=1");
    let exchange = request.send().await;
    assert_eq!((exchange.index, exchange.sent), (0, 3));
    let answer = exchange.result.unwrap();
    assert_eq!((answer.status, &answer.body[..], answer.cut.is_none()), (200, &b"hello"[..], true));
    assert_eq!(answer.headers["x-custom"], "a");
    let seen = &server.seen()[0];
    assert_eq!((seen.line(), seen.body()), ("POST /query?q=a%20b HTTP/1.1", "x=1"));
    assert_eq!(seen.header("accept"), Some("application/x-msgpack"));
    assert_eq!(seen.header("authorization"), Some("Basic dXNlcjp3b3Jk"));
}

#[tokio::test]
async fn own_credentials_compression_and_limits() {
    let server = Server::start([Act::Answer(OK.into())]).await;
    let client = builder(&server.url()).basic_auth("user", "word").build().unwrap();
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_static("Token t"));
    let request = client.request(Method::POST, "write").headers(headers).body("x".repeat(1000));
    let answer = request.gzip(Gzip::Level(1)).answer_limit(2).send().await.result.unwrap();
    assert_eq!((&answer.body[..], answer.cut.is_some()), (&b"he"[..], true));
    let seen = &server.seen()[0];
    assert_eq!(seen.header("authorization"), Some("Token t"));
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    assert!(seen.body.len() < 100);
}

#[tokio::test]
async fn it_is_repeated_only_where_that_was_asked_for_and_does_no_harm() {
    let server = Server::start([Act::Answer(OK.into())]).await;
    let closing = Server::start([Act::Close]).await;
    let client = |first: &str| builder(first).endpoint(server.url()).build().unwrap();
    for (first, method, repeats, reaches) in [
        (NOBODY, Method::POST, true, true),
        (NOBODY, Method::GET, false, false),
        (&closing.url(), Method::GET, true, true),
        (&closing.url(), Method::POST, true, false),
    ] {
        // Which endpoint comes first is left to chance, so it is asked until the bad one was.
        let mut asked_bad = false;
        for _ in 0..100 {
            let client = client(first);
            let exchange = client.request(method.clone(), "ping").repeat(repeats).send().await;
            let bad = client.endpoints()[0].failures > 0;
            assert_eq!(exchange.result.is_ok(), !bad || reaches, "{first} {method}");
            asked_bad |= bad;
            if asked_bad {
                break;
            }
        }
        assert!(asked_bad);
    }
    let exchange = client(NOBODY).request(Method::GET, "ping").endpoint(1).send().await;
    assert_eq!((exchange.index, exchange.result.is_ok()), (1, true));
}

#[tokio::test]
async fn an_open_answer_is_read_as_it_arrives() {
    let server = Server::start([Act::AnswerAndHang(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello".into())]).await;
    let client = server.client();
    let request = client.request(Method::GET, "query").time(Duration::from_secs(2));
    let mut answer = request.open().await.result.unwrap();
    assert_eq!(answer.body.next().await.unwrap().unwrap(), "hello");
    let error = answer.body.next().await.unwrap().unwrap_err();
    assert!(error.is_time_out() && answer.body.next().await.is_none());
}

/// Tries twice.
#[derive(Debug)]
struct Twice;

impl RetryPolicy for Twice {
    fn decide(&self, failed: &Failed<'_>, _random: f64) -> Retry {
        if failed.attempts < 2 { Retry::Next(Duration::ZERO) } else { Retry::GiveUp }
    }
}

#[tokio::test]
async fn a_write_may_have_a_policy_and_a_compression_of_its_own() {
    let client = Client::builder().endpoint(NOBODY).database("db").retry(NoRetry).build().unwrap();
    let batch = batch(100);
    let error = client.write(&batch).retry(Twice).await.unwrap_err();
    assert_eq!((error.class(), error.attempts().len()), (Class::Unreachable, 2));
    assert_eq!(client.write(&batch).await.unwrap_err().attempts().len(), 1);
    let server = Server::start([Act::Answer(b"HTTP/1.1 204 No Content\r\n\r\n".into())]).await;
    server.client().write(&batch).gzip(Gzip::Level(1)).await.unwrap();
    server.client().write(&batch).await.unwrap();
    let encodings: Vec<_> = server.seen().iter().map(|seen| seen.header("content-encoding").is_some()).collect();
    assert_eq!(encodings, [true, false]);
}

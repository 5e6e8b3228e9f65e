//! Queries over real sockets.

use std::time::Duration;

use influx_client::{Class, Precision, QueryErrorKind};

use crate::server::{Act, NOBODY, Server, builder, error, reply};

fn answer(body: &str) -> Act {
    Act::Answer(reply(200, "Content-Type: application/json\r\n", body))
}

const EMPTY: &str = "{\"results\":[{\"statement_id\":0}]}\n";

#[tokio::test]
async fn reading_is_a_get_and_changing_is_a_post() {
    let server = Server::start([answer(EMPTY)]).await;
    let client = server.client();
    client.query("SELECT \"a b\" FROM m").epoch(Precision::Nanoseconds).await.unwrap();
    client.query("CREATE DATABASE x").database("other").await.unwrap();
    client.query("SELECT * FROM m WHERE h = $h").bind("h", "it's").get().await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].line(), "GET /query?q=SELECT+%22a+b%22+FROM+m&db=db&epoch=n HTTP/1.1");
    assert_eq!(seen[1].line(), "POST /query HTTP/1.1");
    assert_eq!(seen[1].body(), "q=CREATE+DATABASE+x&db=other");
    assert!(seen[2].line().contains("params=%7B%22h%22%3A%22it%27s%22%7D"), "{}", seen[2].line());
}

/// Version 0.10 takes no POST: its refusal means that nothing happened.
#[tokio::test]
async fn an_old_server_gets_its_get() {
    let server =
        Server::start([Act::Answer(reply(405, "", "Method Not Allowed\n")), answer("{\"results\":[{}]}")]).await;
    server.client().query("CREATE DATABASE x").await.unwrap();
    assert!(server.seen()[1].line().starts_with("GET /query?q=CREATE+DATABASE+x"));
}

#[tokio::test]
async fn the_error_of_a_statement_stands_in_its_result() {
    let body = "{\"results\":[{\"statement_id\":0},{\"statement_id\":1,\"error\":\"database not found: nope\"}]}";
    let server = Server::start([answer(body)]).await;
    let response = server.client().query("SHOW DATABASES; SELECT * FROM nope..m").await.unwrap();
    assert_eq!(response.results.len(), 2);
    let failed = response.checked().unwrap_err();
    assert!(matches!(failed.kind(), QueryErrorKind::Statement { index: 1, .. }));
    assert_eq!(failed.class(), Class::NotFound);
}

#[tokio::test]
async fn large_integers_arrive_exactly() {
    let body = "{\"results\":[{\"series\":[{\"name\":\"m\",\"columns\":[\"time\",\"v\"],\"values\":[[9223372036854775806,-9007199254740993]]}]}]}";
    let server = Server::start([answer(body)]).await;
    let response = server.client().query("SELECT v FROM m").epoch(Precision::Nanoseconds).await.unwrap();
    let row = &response.series().next().unwrap().values[0];
    assert_eq!((row[0].as_i64(), row[1].as_i64()), (Some(i64::MAX - 1), Some(-9_007_199_254_740_993)));
}

#[tokio::test]
async fn whole_queries_are_refused_with_their_class() {
    for (status, text, class) in [
        (400, "error parsing query: found FOO", Class::Refused),
        (401, "authorization failed", Class::Auth),
        (403, "error authorizing query: bob not authorized", Class::Auth),
        (503, "busy", Class::Overloaded),
    ] {
        let server = Server::start([error(status, text)]).await;
        let failed = server.client().query("SELECT 1").await.unwrap_err();
        assert_eq!((failed.class(), failed.server_message()), (class, Some(text)));
    }
}

#[tokio::test]
async fn answers_that_are_cut_or_none_are_errors() {
    let cases: [(Act, Class); 7] = [
        (answer("{\"results\":[{\"series\":[{\"na"), Class::Timeout),
        (answer(""), Class::Refused),
        (answer("<html>"), Class::Refused),
        (answer("{\"results\":[1]}"), Class::Refused),
        (Act::Answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"res\r\n".to_vec()), Class::Timeout),
        (Act::AnswerAndHang(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Class::Timeout),
        (Act::Answer(reply(200, "Content-Encoding: gzip\r\n", "xx")), Class::Refused),
    ];
    for (act, class) in cases {
        let server = Server::start([act.clone()]).await;
        let query = server.client();
        let failed = query.query("SELECT 1").deadline(Duration::from_secs(3)).await.unwrap_err();
        assert_eq!(failed.class(), class, "{act:?}: {failed}");
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_limit() {
    let server = Server::start([Act::Flood(b"HTTP/1.1 200 OK\r\n\r\n{\"results\":[".to_vec())]).await;
    let client = builder(&server.url()).answer_limit(10_000).build().unwrap();
    let failed = client.query("SELECT 1").await.unwrap_err();
    assert!(matches!(failed.kind(), QueryErrorKind::AnswerTooLarge { limit: 10_000 }));
}

#[tokio::test]
async fn reading_goes_on_at_another_endpoint() {
    let server = Server::start([answer(EMPTY)]).await;
    let closing = Server::start([Act::Close]).await;
    let client = builder(NOBODY).endpoint(closing.url()).endpoint(server.url()).build().unwrap();
    for _ in 0..5 {
        client.query("SHOW DATABASES").await.unwrap();
    }
    let alone = builder(NOBODY).build().unwrap();
    assert_eq!(alone.query("SHOW DATABASES").await.unwrap_err().class(), Class::Unreachable);
}

/// What changes something is sent once, unless no connection was made.
#[tokio::test]
async fn a_change_is_not_repeated() {
    let closing = [Server::start([Act::Close]).await, Server::start([Act::Close]).await];
    let client = builder(&closing[0].url()).endpoint(closing[1].url()).build().unwrap();
    let failed = client.query("DROP DATABASE x").await.unwrap_err();
    assert_eq!(failed.class(), Class::Timeout);
    assert_eq!(closing[0].seen().len() + closing[1].seen().len(), 1);
}

//! Answers to queries that are cut, slow, endless, encoded, or no HTTP at all: the call ends in time, in an error, and a
//! part of an answer is never taken for all of it.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use influx_client::{Class, QueryError, QueryResponse};

use crate::server::{Act, Server, builder, reply};

const GOOD: &str =
    "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"m\",\"columns\":[\"v\"],\"values\":[[1]]}]}]}\n";

/// Of a query whose answer, or the end of it, must come.
const LONG: Duration = Duration::from_secs(5);
/// Of one that its deadline may end.
const SHORT: Duration = Duration::from_secs(1);

/// The error of a query to a server that does this, asked for at once and as a stream.
async fn errors_of(what: &str, act: Act, deadline: Duration) -> [QueryError; 2] {
    let server = Server::start([act]).await;
    let client = builder(&server.url()).answer_limit(100_000).build().unwrap();
    let begun = Instant::now();
    let query = || client.query("SELECT v FROM m").deadline(deadline);
    let whole = match query().await.and_then(QueryResponse::checked) {
        Err(error) => error,
        Ok(response) => panic!("{what}: {response:?}"),
    };
    // A server that trickles is waited for as long as each piece comes in time.
    let items = query().stream().take_until(tokio::time::sleep(2 * deadline)).collect::<Vec<_>>();
    let streamed = items.await.into_iter().find_map(Result::err);
    assert!(begun.elapsed() < Duration::from_secs(20), "the call must end: {what}");
    assert!(!format!("{whole} {whole:?}").is_empty());
    [streamed.unwrap_or_else(|| whole.clone()), whole]
}

async fn assert_errors(what: &str, act: Act, classes: &[Class]) {
    assert_errors_within(LONG, what, act, classes).await;
}

async fn assert_errors_within(deadline: Duration, what: &str, act: Act, classes: &[Class]) {
    for error in errors_of(what, act, deadline).await {
        assert!(classes.contains(&error.class()), "{what}: {error:?}");
    }
}

fn json(body: &str) -> Act {
    Act::Answer(reply(200, "Content-Type: application/json\r\n", body))
}

fn raw(bytes: &str) -> Act {
    Act::Answer(bytes.as_bytes().to_vec())
}

#[tokio::test]
async fn what_is_no_answer_in_json_is_refused() {
    let values = |inner: &str| format!("{{\"results\":[{{\"series\":[{{\"columns\":[\"v\"],\"values\":{inner}}}]}}]}}");
    let deep = values(&format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)));
    let utf16: String = GOOD.chars().flat_map(|c| [c, '\0']).collect();
    for body in [
        &deep,
        &values("[[NaN]]"),
        &values("[[1e999]]"),
        &values("[[1,2]]"),
        &values("[[]]"),
        &values("[1]"),
        &values("{}"),
        &values("[[1]],\"values\":[[2]]"),
        &values("[[\"\\ud800\"]]"),
        "{\"results\":[],\"results\":[]}",
        "{\"results\":5}",
        "{\"error\":5}",
        "[]",
        "null",
        "<html>Bad Gateway</html>",
        "",
        " \n",
        &utf16,
        "\u{FEFF}",
        &format!("{GOOD}junk"),
        &format!("{GOOD}]"),
    ] {
        let what: String = body.chars().take(60).collect();
        assert_errors(&what, json(body), &[Class::Refused]).await;
    }
    // A byte order mark before a good answer does no harm, and neither does a missing number of the statement.
    for good in [format!("\u{FEFF}{GOOD}"), GOOD.replace("\"statement_id\":0,", "")] {
        let server = Server::start([json(&good)]).await;
        assert_eq!(server.client().query("SELECT v FROM m").rows::<(i64,)>().await.unwrap(), [(1,)], "{good}");
        let rows: Vec<_> = server.client().query("SELECT v FROM m").rows_stream::<(i64,)>().collect().await;
        assert!(matches!(rows.as_slice(), [Ok((1,))]), "{rows:?}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for bytes in [
        "<html>hello</html>",
        "HTTP/0.9 200 OK\r\n\r\n{}",
        "HTTP/1.1 000 X\r\n\r\n",
        "HTTP/1.1 20 X\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA\0B: c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nX-Half",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"results\":[{}]}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"results\":[{}]}\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        "\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
    ] {
        assert_errors(bytes, raw(bytes), &[Class::Timeout]).await;
    }
    for act in [Act::Close, Act::Reset] {
        assert_errors(&format!("{act:?}"), act, &[Class::Timeout]).await;
    }
    assert_errors_within(SHORT, "hang", Act::AnswerAndHang(Vec::new()), &[Class::Timeout]).await;
    assert_errors("closed at once", Act::CloseAtOnce, &[Class::Timeout, Class::Unreachable]).await;
    // With both, the chunks count; they are not complete here.
    let both = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"res\r\n";
    assert_errors("length and chunks", raw(both), &[Class::Timeout]).await;
}

#[tokio::test]
async fn statuses_that_are_no_answer_are_refusals() {
    for (bytes, classes) in [
        (reply(502, "Content-Type: text/html\r\n", "<html>Bad Gateway</html>"), &[Class::Timeout][..]),
        (reply(503, "", "busy"), &[Class::Overloaded]),
        (reply(400, "", "{\"no\":\"error\"}"), &[Class::Refused]),
        (reply(400, "X-Influxdb-Error: error parsing query: x\r\n", ""), &[Class::Refused]),
        (reply(204, "", ""), &[Class::Refused, Class::Timeout]),
        (reply(302, "Location: http://127.0.0.1:1/query\r\n", ""), &[Class::Refused]),
        (reply(999, "", GOOD), &[Class::Refused]),
        (reply(206, "", GOOD), &[Class::Refused]),
    ] {
        assert_errors(&String::from_utf8_lossy(&bytes), Act::Answer(bytes.clone()), classes).await;
    }
}

#[tokio::test]
async fn endless_answers_end_in_time() {
    let ends = [Class::Timeout, Class::Refused];
    assert_errors_within(SHORT, "1xx", Act::Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), &ends).await;
    let mut headers = b"HTTP/1.1 200 OK\r\n".to_vec();
    headers.extend(b"X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(20_000));
    assert_errors_within(SHORT, "headers", Act::Flood(headers), &ends).await;
    let mut trailer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n".to_vec();
    trailer.extend(b"X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(20_000));
    assert_errors_within(SHORT, "a trailer", Act::Flood(trailer), &ends).await;
    let slow = reply(200, "", GOOD);
    let slow = Act::Trickle(slow, Duration::from_millis(150));
    assert_errors_within(SHORT, "one byte at a time", slow, &[Class::Timeout]).await;
    let body = [b"HTTP/1.1 200 OK\r\n\r\n{\"results\":[".to_vec(), vec![b' '; 1 << 16]].concat();
    assert_errors("a body", Act::Flood(body), &[Class::Refused]).await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The client asks for no encoding, so it takes none: nothing is ever inflated, and there is nothing to blow up.
#[tokio::test]
async fn encoded_answers_are_refused_unread() {
    let good = gzip(GOOD.as_bytes());
    let mut bad_sum = good.clone();
    let sum = bad_sum.len() - 6;
    bad_sum[sum] ^= 1;
    let bomb = gzip(&vec![b' '; 2 << 20]);
    let cases: [(&str, &str, Vec<u8>); 8] = [
        ("good", "gzip", good.clone()),
        ("a bomb", "gzip", bomb.clone()),
        ("a bomb in a bomb", "gzip, gzip", gzip(&bomb)),
        ("many members", "gzip", good.repeat(1000)),
        ("truncated", "gzip", good[..good.len() / 2].to_vec()),
        ("a wrong sum", "gzip", bad_sum),
        ("junk behind", "gzip", [good.clone(), b"junk".to_vec()].concat()),
        ("unknown", "zstd-of-tomorrow", b"???".to_vec()),
    ];
    for (what, encoding, body) in cases {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {}\r\n\r\n", body.len());
        assert_errors(what, Act::Answer([head.into_bytes(), body].concat()), &[Class::Refused]).await;
    }
    let server = Server::start([json(GOOD)]).await;
    server.client().query("SELECT v FROM m").await.unwrap();
    assert_eq!(server.seen()[0].header("accept-encoding"), None);
}

/// A connection that the server closes as the next request arrives: reading is repeated where there is another endpoint, a
/// change is not.
#[tokio::test]
async fn a_kept_connection_that_dies_is_noticed() {
    let keep = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{GOOD}", GOOD.len()).into_bytes();
    let server = Server::start([Act::AnswerAndKeep(keep), Act::Close]).await;
    let client = server.client();
    client.query("SELECT v FROM m").await.unwrap();
    let error = client.query("DROP DATABASE x").await.unwrap_err();
    assert_eq!(error.class(), Class::Timeout);
    assert_eq!(server.seen().len(), 2, "nothing is sent behind the client's back");
}

//! Replies that are cut, slow, endless or no HTTP at all: the call ends in time, and claims only what is known.

use std::time::{Duration, Instant};

use influx_client::{Class, ErrorKind, Outcome, WriteError};

use crate::server::{Act, NOBODY, Server, batch, builder, reply};

/// The error of a write to a server that does this, and whose answer must come.
async fn error_of(act: Act) -> WriteError {
    error_within(Duration::from_secs(5), act).await
}

async fn error_within(attempt: Duration, act: Act) -> WriteError {
    let server = Server::start([act]).await;
    let begun = Instant::now();
    let client = builder(&server.url()).attempt_timeout(attempt).build().unwrap();
    let error = client.write(&batch(3)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(15), "the call must end: {error}");
    let tally = error.tally();
    assert_eq!(tally.total(), 3);
    // Rule 13, whatever happened.
    let attempt = &error.attempts()[0];
    if error.outcome() == Outcome::NotStored && error.class() == Class::Unreachable {
        assert_eq!(attempt.sent, 0);
    }
    error
}

async fn assert_in_doubt(what: &str, act: Act) {
    // Some servers never end their answer.
    let error = error_within(Duration::from_secs(2), act).await;
    assert_eq!((error.class(), error.outcome()), (Class::Timeout, Outcome::Unknown), "{what}: {error}");
    assert_eq!(error.tally().unknown, 3, "{what}");
    assert!(error.attempts()[0].sent > 0, "{what}");
}

#[tokio::test]
async fn no_answer_after_the_request_leaves_it_open() {
    assert_in_doubt("close", Act::Close).await;
    assert_in_doubt("reset", Act::Reset).await;
    assert_in_doubt("hang", Act::AnswerAndHang(Vec::new())).await;
}

#[tokio::test]
async fn what_is_no_http_leaves_it_open() {
    for bytes in [
        "<html>hello</html>",
        "HTTP/0.9 200 OK\r\n\r\n",
        "HTTP/1.1 000 X\r\n\r\n",
        "HTTP/1.1 20 X\r\n\r\n",
        "HTTP/1.1 204\r\nA\0B: c\r\n\r\n",
        "HTTP/1.1 500 X\r\nContent-Length: -5\r\n\r\nhello",
        "HTTP/1.1 500 X\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 204 No Content\r\nX-Half",
        "HTTP/1.1 204 No Con",
        "\r\n\r\n",
        "\u{FEFF}HTTP/1.1 204 No Content\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n",
    ] {
        assert_in_doubt(bytes, Act::Answer(bytes.as_bytes().to_vec())).await;
    }
}

#[tokio::test]
async fn endless_answers_end_with_the_attempt() {
    assert_in_doubt("1xx", Act::Flood(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())).await;
    let mut headers = b"HTTP/1.1 500 X\r\n".to_vec();
    headers.extend(b"X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(20_000));
    assert_in_doubt("headers", Act::Flood(headers)).await;
    let slow = reply(500, "", "{\"error\":\"timeout\"}");
    assert_in_doubt("one byte at a time", Act::Trickle(slow, Duration::from_millis(200))).await;
    let header = b"HTTP/1.1 500 X\r\nX-A: ".to_vec();
    assert_in_doubt(
        "a header without end",
        Act::Trickle([header, vec![b'a'; 1000]].concat(), Duration::from_millis(20)),
    )
    .await;
}

#[tokio::test]
async fn a_body_without_end_is_read_up_to_the_limit() {
    let begin = b"HTTP/1.1 500 X\r\n\r\n".to_vec();
    let error = error_of(Act::Flood([begin, vec![b'x'; 1 << 16]].concat())).await;
    assert_eq!((error.class(), error.outcome()), (Class::Refused, Outcome::Unknown), "{error}");
    assert!(error.server_message().unwrap().len() <= 1 << 20);
}

/// A status that arrived is known even where the body is not complete, but claims about the points need its text.
#[tokio::test]
async fn a_cut_body_is_worth_what_is_there() {
    let cut = |status: &str, headers: &str, body: &str| {
        Act::Answer(format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: 500\r\n\r\n{body}").into_bytes())
    };
    assert_in_doubt("400 without a text", cut("400", "", "")).await;
    assert_in_doubt("a text that could go on", cut("500", "", "{\"error\":\"partial write")).await;
    let header = error_of(cut("500", "X-Influxdb-Error: partial write\r\n", "")).await;
    assert_eq!(header.class(), Class::BelowLevel, "the header is whole");
    let begun = error_of(cut("400", "", "{\"error\":\"unable to parse 'm,t=a f=0i 0': mis")).await;
    assert_eq!((begun.class(), begun.outcome()), (Class::Malformed, Outcome::NotStored));
    let auth = error_of(cut("401", "", "")).await;
    assert_eq!((auth.class(), auth.outcome()), (Class::Auth, Outcome::NotStored));
    assert!(std::error::Error::source(&auth).is_some());
}

#[tokio::test]
async fn nobody_there_stored_nothing() {
    let error = builder(NOBODY).build().unwrap().write(&batch(3)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Unreachable, Outcome::NotStored));
    assert!(matches!(error.kind(), ErrorKind::Connect { .. }));
    assert_eq!((error.attempts()[0].sent, error.tally().not_stored), (0, 3));
    let error = builder("http://no-such-host.invalid:8086").build().unwrap().write(&batch(1)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Unreachable, Outcome::NotStored));
}

/// The class follows the bytes taken, whichever side of the race wins.
#[tokio::test]
async fn connections_that_end_early_are_judged_by_the_bytes_taken() {
    for act in [Act::CloseAtOnce, Act::ResetAfterHeaders] {
        for _ in 0..20 {
            let error = error_of(act.clone()).await;
            let expected = match error.attempts()[0].sent {
                0 => (Class::Unreachable, Outcome::NotStored),
                _ => (Class::Timeout, Outcome::Unknown),
            };
            assert_eq!((error.class(), error.outcome()), expected, "{error}");
        }
    }
}

/// A connection that the server closes as the next request arrives: that request is in doubt, and sent once.
#[tokio::test]
async fn a_kept_connection_that_dies_leaves_the_next_request_open() {
    let keep = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let server = Server::start([Act::AnswerAndKeep(keep), Act::Close]).await;
    let client = server.client();
    let _ = client.write(&batch(1)).await.unwrap();
    let error = client.write(&batch(2)).await.unwrap_err();
    assert_eq!((error.class(), error.outcome()), (Class::Timeout, Outcome::Unknown));
    assert_eq!(server.seen().len(), 2, "nothing is sent behind the client's back");
}

#[tokio::test]
async fn an_early_answer_to_a_large_body_is_heard_or_in_doubt() {
    let mut large = batch(1);
    for time in 1..200_000 {
        large.point("m").tag("t", "a").field("f", time).at(time).unwrap();
    }
    let server = Server::start([Act::AnswerEarly(reply(413, "", "{\"error\":\"Request Entity Too Large\"}"))]).await;
    let mut tried = 0;
    while tried < 5 {
        tried += 1;
        let error = server.client().write(&large).await.unwrap_err();
        let expected = [(Class::Limit, Outcome::NotStored), (Class::Timeout, Outcome::Unknown)];
        assert!(expected.contains(&(error.class(), error.outcome())), "{error}");
        assert_eq!(error.tally().total(), 200_000);
    }
}

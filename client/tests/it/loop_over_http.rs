//! Retries, endpoints and deadlines over real sockets.

use std::time::{Duration, Instant};

use influx_client::{Backoff, Batch, Class, ClientBuilder, EndpointState, Failed, Outcome, Retry, RetryPolicy};
use tokio::net::TcpSocket;

use crate::fixture::eventually;
use crate::server::{Act, NOBODY, Server, batch, builder, error, stored};

fn patient(url: &str) -> ClientBuilder {
    builder(url).retry(Backoff::default().base(Duration::from_millis(1)))
}

#[tokio::test]
async fn a_throttled_write_is_sent_again() {
    let throttled = || Act::Answer(crate::server::reply(503, "", "request throttled, queue full\n"));
    let server = Server::start([throttled(), throttled(), stored()]).await;
    let ack = patient(&server.url()).build().unwrap().write(&batch(2)).await.unwrap();
    let classes: Vec<Class> = ack.attempts().iter().map(|a| a.class).collect();
    assert_eq!(classes, [Class::Overloaded, Class::Overloaded, Class::Ok]);
}

#[tokio::test]
async fn unstamped_points_are_sent_again_only_if_nothing_was_stored() {
    let mut unstamped = Batch::default();
    unstamped.point("m").field("f", 1.0).server_time().unwrap();

    let throttled = Act::Answer(crate::server::reply(503, "", "request throttled, queue full\n"));
    let server = Server::start([throttled, stored()]).await;
    let ack = patient(&server.url()).build().unwrap().write(&unstamped).await.unwrap();
    assert_eq!(ack.attempts().len(), 2);

    for act in [error(500, "timeout"), error(500, "partial write"), error(500, "write failed"), Act::Close] {
        let server = Server::start([act, stored()]).await;
        let failure = patient(&server.url()).build().unwrap().write(&unstamped).await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{failure}");
        assert_eq!(failure.advice(), influx_client::Advice::StampFirst);
    }
}

/// A policy that knows no measure does not make the client send what could be stored twice.
#[tokio::test]
async fn the_client_keeps_its_promise_under_any_policy() {
    #[derive(Debug)]
    struct Always;
    impl RetryPolicy for Always {
        fn decide(&self, _: &Failed<'_>, _: f64) -> Retry {
            Retry::Same(Duration::ZERO)
        }
    }
    let mut unstamped = Batch::default();
    unstamped.point("m").field("f", 1.0).server_time().unwrap();
    let server = Server::start([Act::Close]).await;
    let client = builder(&server.url()).retry(Always).build().unwrap();
    let _ = client.write(&unstamped).await.unwrap_err();
    assert_eq!(server.seen().len(), 1);
    let begun = Instant::now();
    let failure = client.write(&batch(1)).deadline(Duration::from_secs(2)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(8), "the deadline ends it");
    assert!(failure.attempts().len() > 1);
    assert_eq!(failure.outcome(), Outcome::Unknown);
}

#[tokio::test]
async fn another_endpoint_is_tried_when_one_is_away() {
    let server = Server::start([stored()]).await;
    let client = patient(NOBODY).endpoint(server.url()).build().unwrap();
    let mut attempts_on_the_dead_one = 0;
    for _ in 0..10 {
        let ack = client.write(&batch(1)).await.unwrap();
        assert_eq!(ack.endpoint().unwrap().as_str(), server.url());
        attempts_on_the_dead_one += ack.attempts().iter().filter(|a| a.endpoint.as_str() != server.url()).count();
    }
    assert!(attempts_on_the_dead_one <= 1, "once it failed, the other one is preferred");
}

#[tokio::test]
async fn an_endpoint_that_comes_back_is_found_by_a_probe() {
    // It refuses connections until it listens, and keeps the port from all others.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let other = Server::start([stored()]).await;
    let client = patient(&format!("http://{address}")).endpoint(other.url()).build().unwrap();
    let state = || client.endpoints()[0].state;
    while state() == EndpointState::Up {
        let _ = client.write(&batch(1)).await.unwrap();
    }
    let back = Server::listen(socket.listen(128).unwrap(), [stored()]);
    eventually("a probe brings it back", async || {
        let _ = client.write(&batch(1)).await.unwrap();
        state() == EndpointState::Up
    })
    .await;
    assert!(back.seen()[0].line().starts_with("GET /ping "), "a probe is no write");
}

/// Rule 11: a later "nothing was sent" takes nothing back.
#[tokio::test]
async fn doubt_outlives_a_later_failure() {
    let server = Server::start([error(500, "timeout"), error(401, "authorization failed")]).await;
    let failure = patient(&server.url()).build().unwrap().write(&batch(2)).await.unwrap_err();
    assert_eq!(failure.outcome(), Outcome::Unknown);
    assert_eq!(failure.class(), Class::Timeout, "not auth, which would claim that nothing is stored");
    assert_eq!(failure.attempts()[1].class, Class::Auth);
    assert_eq!(failure.tally().unknown, 2);

    let server =
        Server::start([error(500, "partial write"), error(500, "timeout"), error(404, "database not found: \"x\"")])
            .await;
    let failure = patient(&server.url()).build().unwrap().write(&batch(2)).await.unwrap_err();
    assert_eq!((failure.outcome(), failure.class()), (Outcome::BelowLevel, Class::BelowLevel));
}

const TOO_OLD: &str = "partial write: points beyond retention policy dropped=1";

/// The first attempt may have stored the point before it was too old.
#[tokio::test]
async fn what_is_refused_after_a_doubt_is_not_called_refused() {
    let server = Server::start([error(500, "timeout"), error(400, TOO_OLD)]).await;
    let failure = patient(&server.url()).build().unwrap().write(&batch(1)).await.unwrap_err();
    assert_eq!((failure.class(), failure.outcome()), (Class::Timeout, Outcome::Unknown));
    assert_eq!((failure.tally().unknown, failure.tally().refused, failure.refusals().len()), (1, 0, 0));
    assert_eq!(failure.server_message(), Some("timeout"));
}

/// The same where the search for the refused points is not allowed.
#[tokio::test]
async fn what_is_refused_unnamed_after_a_doubt_is_not_called_refused() {
    let pending = error(400, "partial write: shard 7 is pending deletion dropped=1");
    let server = Server::start([error(500, "timeout"), pending]).await;
    let failure = patient(&server.url()).build().unwrap().write(&batch(3)).extra_requests(0).await.unwrap_err();
    assert_eq!((failure.class(), failure.outcome()), (Class::Timeout, Outcome::Unknown));
    assert_eq!((failure.tally().unknown, failure.tally().refused), (3, 0));
}

/// Of points in two weeks, sent apart.
fn two_weeks(stamped: bool) -> Batch {
    let mut batch = Batch::default();
    for time in [0, 8 * 86_400_000_000_000] {
        let point = batch.point("m").field("f", 1.0);
        if stamped { point.at(time) } else { point.server_time() }.unwrap();
    }
    batch
}

/// The last request is queued: its points are not among those that are stored nowhere.
#[tokio::test]
async fn a_queued_part_behind_one_below_the_level_is_counted_as_queued() {
    let queued = error(500, "write failed: hinted handoff queue not empty");
    let server = Server::start([error(500, "partial write"), queued]).await;
    let client = builder(&server.url()).build().unwrap();
    let failure = client.write(&two_weeks(true)).per_shard_group(Duration::from_secs(7 * 86_400)).await.unwrap_err();
    assert_eq!(failure.class(), Class::BelowLevel);
    let tally = failure.tally();
    assert_eq!((tally.below_level, tally.deferred, tally.not_stored), (1, 1, 0), "{failure}");
}

/// One half is stored: whatever befell the other one, both would be sent again.
#[tokio::test]
async fn a_batch_without_times_that_is_half_stored_is_not_to_be_sent_again() {
    let too_large = Act::Answer(crate::server::reply(413, "", "Request Entity Too Large"));
    let no_leader = error(500, "meta service returned 503 Service Unavailable");
    let server = Server::start([too_large, stored(), no_leader]).await;
    let failure = builder(&server.url()).build().unwrap().write(&two_weeks(false)).await.unwrap_err();
    assert_eq!((failure.tally().stored, failure.tally().not_stored), (1, 1), "{failure}");
    assert_eq!((failure.outcome(), failure.advice()), (Outcome::Unknown, influx_client::Advice::StampFirst));
}

#[tokio::test]
async fn an_acknowledgement_settles_all() {
    let server = Server::start([error(500, "timeout"), error(500, "partial write"), stored()]).await;
    let ack = patient(&server.url()).build().unwrap().write(&batch(2)).await.unwrap();
    assert_eq!((ack.attempts().len(), ack.tally().stored), (3, 2));
}

#[tokio::test]
async fn what_cannot_succeed_is_sent_once() {
    for (status, text) in [
        (500, "retention policy not found: x"),
        (404, "database not found: \"x\""),
        (401, "authorization failed"),
        (400, "invalid consistency level"),
        (500, "write failed: hinted handoff queue not empty"),
    ] {
        let server = Server::start([error(status, text), stored()]).await;
        let _ = patient(&server.url()).build().unwrap().write(&batch(1)).await.unwrap_err();
        assert_eq!(server.seen().len(), 1, "{text}");
    }
}

/// The client made the database itself a moment ago, so it waits for the node to know of it.
#[tokio::test]
async fn a_database_of_ones_own_making_is_waited_for() {
    let created = Act::Answer(crate::server::reply(200, "", "{\"results\":[{\"statement_id\":0}]}"));
    let server = Server::start([created, error(404, "database not found: \"db\""), stored()]).await;
    let client = patient(&server.url()).build().unwrap();
    client.query("CREATE DATABASE db").await.unwrap().checked().unwrap();
    let ack = client.write(&batch(1)).await.unwrap();
    assert_eq!(ack.attempts().len(), 2);
}

#[tokio::test]
async fn refused_points_are_named_and_the_others_are_stored() {
    let conflict = "write failed: partial write: field type conflict: input field \"f\" on measurement \"bad\" is type string, already exists as type float dropped=1";
    let server = Server::start([error(500, conflict), stored()]).await;
    let mut mixed = batch(2);
    mixed.point("bad").field("f", "text").at(9).unwrap();
    let failure = server.client().write(&mixed).await.unwrap_err();
    assert_eq!((failure.class(), failure.outcome()), (Class::TypeConflict, Outcome::PartlyStored));
    assert_eq!((failure.tally().stored, failure.tally().refused), (2, 1));
    assert_eq!(failure.refusals()[0].line, Some(2));
    assert_eq!(server.seen()[1].body(), "m,t=a f=0i 0\nm,t=a f=1i 1\n");
    assert!(failure.server_message().unwrap().contains("field type conflict"));
}

#[tokio::test]
async fn a_failed_resend_gives_its_class() {
    let conflict =
        "field type conflict: input field \"f\" on measurement \"bad\" is type string, already exists as type float";
    let server = Server::start([error(500, conflict), error(500, "timeout")]).await;
    let mut mixed = batch(2);
    mixed.point("bad").field("f", "text").at(9).unwrap();
    let failure = server.client().write(&mixed).await.unwrap_err();
    assert_eq!((failure.class(), failure.outcome()), (Class::Timeout, Outcome::Unknown));
    assert_eq!((failure.tally().unknown, failure.tally().refused), (2, 1));
}

#[tokio::test]
async fn a_request_that_is_too_large_is_split() {
    let server = Server::start([error(413, "Request Entity Too Large"), stored()]).await;
    let ack = server.client().write(&batch(10)).await.unwrap();
    assert_eq!(ack.attempts().iter().map(|a| a.points).collect::<Vec<_>>(), [10, 5, 5]);
}

#[tokio::test]
async fn the_deadline_ends_a_hung_attempt() {
    let server = Server::start([Act::AnswerAndHang(Vec::new())]).await;
    let client = patient(&server.url()).attempt_timeout(Duration::from_secs(30)).build().unwrap();
    let begun = Instant::now();
    let failure = client.write(&batch(1)).deadline(Duration::from_secs(2)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(8));
    assert!(matches!(failure.kind(), influx_client::ErrorKind::DeadlineExceeded { .. }), "{failure:?}");
    assert_eq!(failure.outcome(), Outcome::Unknown);
    let none = client.write(&batch(1)).deadline(Duration::ZERO).await.unwrap_err();
    assert_eq!((none.class(), none.outcome()), (Class::Unreachable, Outcome::NotStored));
}

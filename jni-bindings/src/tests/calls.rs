use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use super::*;
use crate::completion::Kind;
use crate::frame::Reader;
use crate::inbox::NotBegun;
use crate::policy::read_decision;
use crate::testing::Given;

/// An address that takes connections and never answers.
async fn silent() -> (tokio::net::TcpListener, Vec<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, vec![url])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_tells_whether_it_had_begun() {
    let (listener, urls) = silent().await;
    let session = Given::to(&urls).open();
    start_write(&session, 5, point(TIME), &plain_options());
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut seen = Vec::new();
    while !seen.windows(5).any(|bytes| bytes == b"usage") {
        connection.read_buf(&mut seen).await.unwrap();
    }
    session.inbox.cancel(5);
    assert_eq!(fetch(&session).await, (Kind::Cancelled as u8, 5, vec![1]));
    // Behind requests that reached nobody, nothing can be stored.
    let nowhere = vec!["http://127.0.0.1:1".to_owned()];
    let asked = Given { policy: vec![4], ..Given::to(&nowhere) }.open();
    start_write(&asked, 5, point(TIME), &plain_options());
    let (kind, _, body) = fetch(&asked).await;
    assert_eq!(kind, Kind::Question as u8);
    let wait = influx_client::Retry::Next(Duration::from_secs(30));
    asked.inbox.answer(Reader::new(&body).i64().unwrap(), wait);
    asked.inbox.cancel(5);
    assert_eq!(fetch(&asked).await, (Kind::Cancelled as u8, 5, vec![0]));
    close(asked).await;
    session.start(6, None, |_, _| std::future::pending()).unwrap();
    session.inbox.cancel(6);
    assert_eq!(fetch(&session).await, (Kind::Cancelled as u8, 6, vec![0]));
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_what_is_under_way() {
    let (_listener, urls) = silent().await;
    let session = Given::to(&urls).open();
    for call in 1..=20 {
        start_write(&session, call, point(TIME), &plain_options());
    }
    session.inbox.close();
    let refused = session.start(99, None, |_, _| std::future::pending()).unwrap_err();
    assert_eq!(refused.0, NotBegun::Closed);
    let reader = Arc::clone(&session);
    let ends = tokio::task::spawn_blocking(move || std::iter::from_fn(|| reader.inbox.next()).count());
    assert_eq!(ends.await.unwrap(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_ends_its_call_and_poisons_its_client_only() {
    let urls = vec!["http://127.0.0.1:1".to_owned()];
    let (session, other) = (Given::to(&urls).open(), Given::to(&urls).open());
    session.start(1, None, |_, _| async { panic!("of all {}", "things") }).unwrap();
    let (kind, call, body) = fetch(&session).await;
    assert_eq!((kind, call), (Kind::Internal as u8, 1));
    assert!(Reader::new(&body).str().unwrap().ends_with("of all things"));
    let refused = session.start(2, None, |_, _| std::future::pending()).unwrap_err();
    assert_eq!(refused.0, NotBegun::Poisoned);
    start_write(&other, 1, kept(Vec::new()), &plain_options());
    assert_eq!(fetch(&other).await.0, Kind::Ack as u8);
    close(session).await;
    close(other).await;
}

/// A policy in Java is asked with everything that a policy in Rust is given, and its answer is obeyed.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_java_decides() {
    let urls = vec!["http://127.0.0.1:1".to_owned()];
    let session = Given { policy: vec![4], ..Given::to(&urls) }.open();
    start_write(&session, 8, point(TIME), &plain_options());
    for round in 1..=3 {
        let (kind, call, body) = fetch(&session).await;
        assert_eq!((kind, call), (Kind::Question as u8, 8));
        let mut reader = Reader::new(&body);
        let question = reader.i64().unwrap();
        let words: Vec<String> = (0..6).map(|_| reader.str().unwrap().to_owned()).collect();
        assert_eq!(words, ["unreachable", "Connect", "not-stored", "other-endpoint", "not-stored", "one"]);
        assert_eq!((reader.i32(), reader.i32()), (Ok(round), Ok(0)));
        assert_eq!((reader.bool(), reader.i32(), reader.bool()), (Ok(true), Ok(1), Ok(false)));
        assert!(reader.duration().unwrap() < reader.duration().unwrap());
        assert!((0.0..1.0).contains(&reader.f64().unwrap()));
        assert_eq!(reader.duration(), Ok(None));
        let _ = (reader.str_or_none().unwrap(), reader.str_or_none().unwrap());
        reader.end().unwrap();
        let mut decision = Writer::new();
        if round < 3 {
            decision.u8(2).i64(0)
        } else {
            decision.u8(0)
        };
        session.inbox.answer(question, read_decision(&decision.into_bytes().unwrap()).unwrap());
    }
    assert_eq!(fetch(&session).await.0, Kind::WriteError as u8);
    close(session).await;
}

/// Many questions that nobody answers neither hang the client nor its close.
#[tokio::test(flavor = "multi_thread")]
async fn unanswered_questions_do_not_hang() {
    let urls = vec!["http://127.0.0.1:1".to_owned()];
    let session = Given { policy: vec![4], ..Given::to(&urls) }.open();
    for call in 1..=30 {
        start_write(&session, call, point(TIME), &plain_options());
    }
    assert_eq!(fetch(&session).await.0, Kind::Question as u8);
    tokio::time::timeout(Duration::from_secs(5), close(session)).await.unwrap();
}

#[test]
fn secrets_are_not_shown() {
    let urls = vec!["http://user:hunter2@127.0.0.1:1".to_owned()];
    let given = Given { password: Some("hunter2"), ..Given::to(&urls) };
    let settings = crate::settings::Settings::read(&given.frame()).unwrap();
    assert!(!format!("{settings:?}{:?}", given.open()).contains("hunter2"));
    let mut cut = given.frame();
    for len in (0..cut.len()).rev() {
        cut.truncate(len);
        let fault = crate::settings::Settings::read(&cut).unwrap_err();
        assert!(!fault.to_string().contains("hunter2"));
    }
}

/// Whatever the order of start, cancel and close: every call that was started has one last completion, and no other.
#[test]
fn every_started_call_ends_once() {
    let urls = vec!["http://127.0.0.1:1".to_owned()];
    for round in 0..200_i64 {
        let session = Given::to(&urls).open();
        let (started, ended) = std::thread::scope(|scope| {
            let starters: Vec<_> = (0..2_i64)
                .map(|thread| {
                    let session = &session;
                    scope.spawn(move || {
                        let ids = (1..50_i64).map(|n| n * 2 + thread);
                        let work = |call: i64| {
                            session.start(call, None, move |call, _| async move {
                                if call.id % 3 == 0 {
                                    std::future::pending::<()>().await;
                                }
                                call.frame(Kind::End)
                            })
                        };
                        ids.take_while(|call| {
                            let began = work(*call).is_ok();
                            session.inbox.cancel(call - 2);
                            began
                        })
                        .collect::<Vec<_>>()
                    })
                })
                .collect();
            let closer = scope.spawn(|| {
                std::thread::yield_now();
                for _ in 0..round * 50 {
                    std::hint::spin_loop();
                }
                session.inbox.close();
            });
            let reader = scope.spawn(|| {
                let frames = std::iter::from_fn(|| session.inbox.next());
                let mut ended: Vec<i64> =
                    frames.map(|last| i64::from_be_bytes(*last.frame[1..].first_chunk().unwrap())).collect();
                ended.sort_unstable();
                ended
            });
            let mut started: Vec<i64> = starters.into_iter().flat_map(|starter| starter.join().unwrap()).collect();
            started.sort_unstable();
            closer.join().unwrap();
            (started, reader.join().unwrap())
        });
        assert_eq!(started, ended, "round {round}");
    }
}

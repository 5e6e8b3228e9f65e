use std::time::Duration;

use super::*;
use crate::completion::Kind;
use crate::frame::Reader;
use crate::testing::Given;
use crate::writer::{NotStarted, WriterSession, WriterSettings};

/// Settings of a writer that makes batches of up to two points.
fn settings(reports: bool, memory: i64, overflow: u8) -> WriterSettings {
    let mut frame = Writer::new();
    frame.str_or_none(None).str_or_none(None).str_or_none(None).str_or_none(None).i64(-1).i64(-1).i32(2).i64(-1);
    frame.i64(1_000_000).i32(1).i64(memory).u8(overflow).bool(true).bool(false).u8(0).str_or_none(None).i64(-1);
    frame.bool(reports);
    WriterSettings::read(&frame.into_bytes().unwrap()).unwrap()
}

fn start(session: &Arc<Session>, settings: WriterSettings) -> Arc<WriterSession> {
    Arc::new(WriterSession::start(session, 100, settings).unwrap())
}

/// Fetches completions until those of `calls` are all there, of which each is given by its last one; and how many reports.
async fn lasts(session: &Arc<Session>, mut calls: Vec<i64>) -> (Vec<(i64, u8, Vec<u8>)>, usize) {
    let (mut lasts, mut reports) = (Vec::new(), 0);
    while !calls.is_empty() {
        let (kind, call, body) = fetch(session).await;
        if kind == Kind::Report as u8 {
            reports += 1;
        } else {
            calls.retain(|awaited| *awaited != call);
            lasts.push((call, kind, body));
        }
    }
    (lasts, reports)
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_gathered_told_of_and_accounted_for() {
    let (cluster, urls) = cluster(1).await;
    let session = Given::to(&urls).open();
    let writer = start(&session, settings(true, -1, 0));
    for n in 0..5 {
        assert!(writer.try_push(Input::Rows(point(TIME + n))).is_ok());
    }
    writer.push(6, None, Input::Rows(point(TIME + 6)), false).unwrap();
    let (ends, _) = lasts(&session, vec![6]).await;
    assert_eq!(ends[0].1, Kind::Pushed as u8);
    writer.flush(7).unwrap();
    let (ends, _) = lasts(&session, vec![7]).await;
    assert_eq!((ends[0].1, ends[0].2.as_slice()), (Kind::Flushed as u8, &[1][..]));
    writer.close(8, Duration::from_secs(5)).unwrap();
    let (ends, _) = lasts(&session, vec![8, 100]).await;
    let (_, kind, body) = ends.iter().find(|(call, ..)| *call == 8).unwrap();
    let mut reader = Reader::new(body);
    assert_eq!((*kind, reader.i64()), (Kind::WriterClosed as u8, Ok(6)));
    assert_eq!(ends.iter().find(|(call, ..)| *call == 100).unwrap().1, Kind::End as u8);
    assert_eq!(cluster.count_on("data1", "metrics", "cpu").await, 6);
    let mut reply = writer.try_push(Input::Rows(point(TIME))).unwrap_err().into_bytes().unwrap();
    reply.truncate(1);
    assert_eq!(reply, [5]);
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_told_where_they_are_made() {
    let urls = vec!["http://127.0.0.1:1".to_owned()];
    let session = Given { policy: vec![1], ..Given::to(&urls) }.open();
    let writer = start(&session, settings(true, 4_096, 1));
    let code = |rows: Rows| writer.try_push(Input::Rows(rows)).unwrap_err().into_bytes().unwrap()[0];
    let mut packer = Packer::default();
    packer.point("m").field("f", influx_client::Value::Float(f64::NAN)).at(1);
    assert_eq!(code(kept(packer.rows)), 0);
    assert_eq!(code(kept(vec![0; 3])), 1);
    let mut packer = Packer::default();
    for n in 0..1_000 {
        packer.point("m").field("f", influx_client::Value::Integer(n)).at(n);
    }
    assert_eq!(code(kept(packer.rows)), 3);
    // A tracked push tells what became of its points: here that nothing is listening.
    writer.push(9, None, Input::Rows(point(TIME)), true).unwrap();
    let (kind, call, _) = fetch(&session).await;
    assert_eq!((kind, call), (Kind::Pushed as u8, 9));
    let (ends, _) = lasts(&session, vec![9]).await;
    let mut reader = Reader::new(&ends[0].2);
    assert_eq!((ends[0].1, reader.u8(), reader.str()), (Kind::Delivered as u8, Ok(1), Ok("unreachable")));
    writer.flush(10).unwrap();
    let (ends, _) = lasts(&session, vec![10]).await;
    let mut reader = Reader::new(&ends[0].2);
    assert_eq!((reader.bool(), reader.i64()), (Ok(false), Ok(1)));
    writer.close(11, Duration::from_secs(5)).unwrap();
    lasts(&session, vec![11, 100]).await;
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_cannot_start_says_why() {
    let urls = vec!["http://127.0.0.1:1".to_owned()];
    let session = Given { database: None, ..Given::to(&urls) }.open();
    let refused = WriterSession::start(&session, 1, settings(false, -1, 0)).unwrap_err();
    assert!(matches!(refused, NotStarted::Settings(influx_client::StartError::NoDatabase)));
    session.inbox.close();
    let refused = WriterSession::start(&session, 1, settings(false, -1, 0)).unwrap_err();
    assert!(matches!(refused, NotStarted::Call(crate::inbox::NotBegun::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_points_are_followed_whatever_is_cancelled() {
    // Takes connections and never answers.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let urls = vec![format!("http://{}", listener.local_addr().unwrap())];
    let session = Given::to(&urls).open();
    let writer = start(&session, settings(false, -1, 0));
    writer.push(9, None, Input::Rows(point(TIME)), true).unwrap();
    assert_eq!(fetch(&session).await, (Kind::Pushed as u8, 9, vec![]));
    session.inbox.cancel(9);
    writer.close(10, Duration::ZERO).unwrap();
    let (ends, _) = lasts(&session, vec![9, 10]).await;
    let (_, kind, body) = ends.iter().find(|(call, ..)| *call == 9).unwrap();
    assert_eq!(
        (*kind, body[0]),
        (Kind::Delivered as u8, 2),
        "the fate of points that the end of the writer left behind"
    );
    // The end of the client ends it: nobody would tell the fate.
    let writer = Arc::new(WriterSession::start(&session, 101, settings(false, -1, 0)).unwrap());
    writer.push(11, None, Input::Rows(point(TIME)), true).unwrap();
    assert_eq!(fetch(&session).await, (Kind::Pushed as u8, 11, vec![]));
    session.inbox.cancel(11);
    session.inbox.close();
    assert_eq!(fetch(&session).await, (Kind::Cancelled as u8, 11, vec![1]));
    close(session).await;
}

//! Calls from their frames to their completions, against the bundled cluster.

#![allow(clippy::unwrap_used)]

mod calls;
mod frames;
mod queries;
mod requests;
mod writers;
mod writes;

use std::sync::Arc;

use influx_server_mock::TestCluster;

use crate::frame::Writer;
use crate::input::{Input, Rows};
use crate::query::{Question, ask, ask_in_chunks};
use crate::session::Session;
use crate::testing::{Packer, next, plain_options};
use crate::write::{WriteOptions, write};

/// A moment in a shard group that is made with the first write.
const TIME: i64 = 1_600_000_000_000_000_000;

/// A cluster with a database, and its addresses.
async fn cluster(data: usize) -> (TestCluster, Vec<String>) {
    let builder = TestCluster::builder().nodes(1, data).set("write-timeout", "1s");
    let cluster = builder.start().await.unwrap();
    cluster.create_database("metrics", u32::try_from(data).unwrap()).await.unwrap();
    let urls = cluster.urls();
    (cluster, urls)
}

/// Rows that outlive every call: tests leak them.
fn kept(rows: Vec<u8>) -> Rows {
    let rows = rows.leak();
    // SAFETY: what is leaked stays for as long as the process.
    unsafe { Rows::new(rows.as_ptr(), rows.len()) }
}

/// One point as rows.
fn point(time: i64) -> Rows {
    let mut packer = Packer::default();
    packer.point("cpu").tag("host", "a").field("usage", influx_client::Value::Float(1.5)).at(time);
    kept(packer.rows)
}

/// Starts a write with these options.
fn start_write(session: &Session, call: i64, rows: Rows, options: &Writer) {
    let options = options.clone().into_bytes().unwrap();
    let options = WriteOptions::read(&options, &session.asking).unwrap();
    session.start(call, None, move |call, client| write(call, client, Input::Rows(rows), options)).unwrap();
}

/// Starts a query of one statement; with `rows`, as a stream of chunks of so many.
fn start_query(session: &Session, call: i64, statement: &str, rows: i32) {
    let mut frame = Writer::new();
    frame.str(statement).str_or_none(None).str_or_none(None).u8(0).str_or_none(Some("ns")).i32(rows).i32(0);
    frame.i64(-1).i64(-1);
    let question = Question::read(&frame.into_bytes().unwrap()).unwrap();
    if rows > 0 {
        session.start(call, None, |call, client| ask_in_chunks(call, client, question)).unwrap();
    } else {
        session.start(call, None, |call, client| ask(call, client, question)).unwrap();
    }
}

/// The next completion, waited for beside the runtime.
async fn fetch(session: &Arc<Session>) -> (u8, i64, Vec<u8>) {
    let session = Arc::clone(session);
    tokio::task::spawn_blocking(move || next(&session)).await.unwrap()
}

/// Closes a session and reads it to its end.
async fn close(session: Arc<Session>) {
    session.inbox.close();
    let left = tokio::task::spawn_blocking(move || std::iter::from_fn(|| session.inbox.next()).count());
    left.await.unwrap();
}

/// Writes one point and waits for its acknowledgement.
async fn written(session: &Arc<Session>, rows: Rows) {
    start_write(session, 1, rows, &plain_options());
    let (kind, call, _) = fetch(session).await;
    assert_eq!((kind, call), (1, 1));
}

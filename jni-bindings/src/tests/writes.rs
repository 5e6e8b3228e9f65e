use influx_client::Value;
use influx_server_mock::TestCluster;

use crate::frame::Reader;
use crate::input::{Input, Rows};
use crate::session::Session;
use crate::testing::{Given, Packer, next, plain_options};
use crate::write::{WriteOptions, write};

/// Starts a write of these rows, which have to outlive it.
fn start(session: &Session, call: i64, rows: &[u8]) {
    let options = WriteOptions::read(&plain_options().into_bytes().unwrap(), &session.asking).unwrap();
    // SAFETY: every test fetches the last completion of the call before it lets go of the rows.
    let rows = unsafe { Rows::new(rows.as_ptr(), rows.len()) };
    session.start(call, None, move |call, client| write(call, client, Input::Rows(rows), options)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_stored_and_acknowledged() {
    let cluster = TestCluster::builder().nodes(1, 1).start().await.unwrap();
    cluster.create_database("metrics", 1).await.unwrap();
    let urls = cluster.urls();
    let session = Given::to(&urls).open();
    let mut packer = Packer::default();
    packer.point("cpu").tag("host", "a").field("usage", Value::Float(1.5)).at(1_600_000_000_000_000_000);
    start(&session, 7, &packer.rows);
    let (kind, call, body) = tokio::task::block_in_place(|| next(&session));
    assert_eq!((kind, call), (1, 7));
    let mut reader = Reader::new(&body);
    assert_eq!((reader.i64(), reader.str(), reader.str()), (Ok(1), Ok("one"), Ok("one")));
    assert_eq!(reader.str_or_none().unwrap().map(|url| url.trim_end_matches('/')), Some(urls[0].as_str()));
    assert_eq!(reader.i32(), Ok(204));
    session.inbox.close();
    assert!(session.inbox.next().is_none());
    assert_eq!(cluster.count_on("data1", "metrics", "cpu").await, 1);
}

use super::*;
use crate::completion::Kind;
use crate::frame::Reader;
use crate::request::{Plain, open, ping, send};
use crate::testing::Given;

/// A GET of this path and query, read as a whole or as it arrives.
fn get(path: &str, query: Option<&str>, streams: bool) -> Plain {
    let mut frame = Writer::new();
    frame.str("GET").str(path).str_or_none(query).i32(1).str("Accept").str("application/csv").bytes(b"").u8(0);
    frame.i32(-1).bool(true).i64(-1).i64(-1).bool(streams);
    Plain::read(&frame.into_bytes().unwrap()).unwrap()
}

/// Reads an answer: status, type, body and how the body ends.
fn answer(body: &[u8]) -> (i32, Option<String>, Vec<u8>, u8) {
    let mut reader = Reader::new(body);
    let status = reader.i32().unwrap();
    assert!(reader.duration().unwrap().is_some());
    let headers = reader.list(|reader| Ok((reader.str()?.to_owned(), reader.str()?.to_owned()))).unwrap();
    let (_, index) = (reader.str().unwrap(), reader.i32().unwrap());
    let (body, end) = (reader.bytes().unwrap().to_vec(), reader.u8().unwrap());
    assert_eq!((index, reader.end()), (0, Ok(())));
    let kind = headers.into_iter().find(|(name, _)| name == "content-type").map(|(_, value)| value);
    (status, kind, body, end)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_as_they_are() {
    let (_cluster, urls) = cluster(1).await;
    let session = Given::to(&urls).open();
    let plain = get("/query", Some("q=SHOW+DATABASES"), false);
    session.start(1, None, |call, client| send(call, client, plain)).unwrap();
    let (kind, _, body) = fetch(&session).await;
    let (status, _, body, end) = answer(&body);
    assert_eq!((kind, status, end), (Kind::Answer as u8, 200, 0));
    assert!(String::from_utf8(body).unwrap().contains("metrics"));
    let plain = get("query", Some("q=SHOW+DATABASES"), true);
    session.start(2, None, |call, client| open(call, client, plain)).unwrap();
    let (kind, _, body) = fetch(&session).await;
    let (status, _, empty, _) = answer(&body);
    assert_eq!((kind, status, empty.len()), (Kind::Answer as u8, 200, 0));
    let mut streamed = Vec::new();
    loop {
        let (kind, _, body) = fetch(&session).await;
        if kind == Kind::End as u8 {
            break;
        }
        assert_eq!(kind, Kind::Body as u8);
        streamed.extend_from_slice(Reader::new(&body).bytes().unwrap());
        session.inbox.more(2, 1);
    }
    assert!(String::from_utf8(streamed).unwrap().contains("metrics"));
    let plain = get("nothing/here", None, false);
    session.start(3, None, |call, client| send(call, client, plain)).unwrap();
    assert_eq!(answer(&fetch(&session).await.2).0, 404);
    session.start(4, None, ping).unwrap();
    let (kind, _, body) = fetch(&session).await;
    let mut reader = Reader::new(&body);
    let pongs = reader.list(|reader| {
        let (_, version) = (reader.str()?, reader.str_or_none()?.is_some());
        let (_, latency, error) = (reader.str_or_none()?, reader.duration()?, reader.str_or_none()?);
        Ok(version && latency.is_some() && error.is_none())
    });
    assert_eq!((kind, pongs), (Kind::Pongs as u8, Ok(vec![true])));
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_tells_how_far_the_request_got() {
    let urls = vec!["http://127.0.0.1:1".to_owned(), "http://127.0.0.1:2".to_owned()];
    let session = Given::to(&urls).open();
    let plain = get("ping", None, false);
    session.start(1, None, |call, client| send(call, client, plain)).unwrap();
    let (kind, _, body) = fetch(&session).await;
    let mut reader = Reader::new(&body);
    assert_eq!(kind, Kind::RequestError as u8);
    assert!(!reader.str().unwrap().is_empty());
    assert_eq!((reader.bool(), reader.bool(), reader.i64()), (Ok(true), Ok(false), Ok(0)));
    reader.str().unwrap();
    reader.i32().unwrap();
    reader.end().unwrap();
    close(session).await;
}

#[test]
fn what_is_no_request_is_refused() {
    let mut frame = Writer::new();
    frame.str("GET").str("query").str_or_none(None).i32(1).str("A b").str("x").bytes(b"").u8(0);
    frame.i32(-1).bool(true).i64(-1).i64(-1).bool(false);
    assert!(Plain::read(&frame.into_bytes().unwrap()).is_err());
    assert!(Plain::read(b"").is_err());
}

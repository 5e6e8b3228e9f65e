use super::*;
use crate::completion::Kind;
use crate::frame::Reader;
use crate::testing::Given;

/// Reads the series of an answer: their names and how many rows each has.
fn series(reader: &mut Reader<'_>) -> Vec<(String, usize)> {
    let series = reader.list(|reader| {
        let name = reader.str()?.to_owned();
        reader.list(|reader| reader.str().and_then(|_| reader.str()).map(drop))?;
        let columns = reader.list(|reader| reader.str().map(drop))?.len();
        let rows = reader.i32()?;
        for _ in 0..rows as usize * columns {
            crate::answer::read_value(reader)?;
        }
        Ok((name, rows as usize))
    });
    series.unwrap()
}

fn many(points: i64) -> Rows {
    let mut packer = Packer::default();
    for n in 0..points {
        packer.point("cpu").field("n", influx_client::Value::Integer(n)).at(TIME + n);
    }
    kept(packer.rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_errors_of_statements() {
    let (_cluster, urls) = cluster(1).await;
    let session = Given::to(&urls).open();
    written(&session, many(5)).await;
    start_query(&session, 2, "SELECT n FROM cpu; SELECT n FROM nowhere..x; SHOW DATABASES", 0);
    let (kind, call, body) = fetch(&session).await;
    assert_eq!((kind, call), (Kind::QueryResponse as u8, 2));
    let mut reader = Reader::new(&body);
    assert!(reader.str().unwrap().starts_with(&urls[0]));
    assert!(reader.str_or_none().unwrap().is_some());
    reader.str_or_none().unwrap();
    let results = reader.list(|reader| {
        let (id, series) = (reader.i64()?, series(reader));
        reader.list(|reader| reader.str().and_then(|_| reader.str()).map(drop))?;
        let (error, cut, failed) = (reader.str_or_none()?.is_some(), reader.bool()?, reader.bool()?);
        if failed {
            let (class, kind) = (reader.str()?.to_owned(), reader.str()?.to_owned());
            assert!(class.parse::<influx_client::Class>().is_ok() && kind == "Statement");
            let _ = (reader.str_or_none()?, reader.i32()?);
            assert_eq!(reader.i64()?, id);
            let _ = (reader.str_or_none()?, reader.str()?);
        }
        Ok((id, series, error, cut, failed))
    });
    let results = results.unwrap();
    reader.end().unwrap();
    assert_eq!(results[0], (0, vec![("cpu".into(), 5)], false, false, false));
    assert_eq!((results[1].2, results[1].4), (true, true));
    start_query(&session, 3, "SELECT FROM", 0);
    let (kind, _, body) = fetch(&session).await;
    let mut reader = Reader::new(&body);
    assert_eq!((kind, reader.str(), reader.str()), (Kind::QueryError as u8, Ok("refused"), Ok("Refused")));
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_waits_for_its_reader() {
    let (_cluster, urls) = cluster(1).await;
    let session = Given::to(&urls).open();
    written(&session, many(10)).await;
    start_query(&session, 2, "SELECT n FROM cpu", 2);
    let mut rows = 0;
    for _ in 0..2 {
        let (kind, _, body) = fetch(&session).await;
        let mut reader = Reader::new(&body);
        assert_eq!((kind, reader.i64()), (Kind::QueryChunk as u8, Ok(0)));
        rows += series(&mut reader)[0].1;
        assert_eq!((reader.i32(), reader.end()), (Ok(0), Ok(())));
    }
    // Another call overtakes the stream, which has used up what it may put.
    start_query(&session, 3, "SHOW DATABASES", 0);
    assert_eq!(fetch(&session).await.1, 3);
    session.inbox.more(2, 100);
    loop {
        let (kind, call, body) = fetch(&session).await;
        assert_eq!(call, 2);
        if kind == Kind::End as u8 {
            break;
        }
        let mut reader = Reader::new(&body);
        reader.i64().unwrap();
        rows += series(&mut reader)[0].1;
    }
    assert_eq!(rows, 10);
    start_query(&session, 4, "SELECT n FROM cpu", 2);
    fetch(&session).await;
    session.inbox.cancel(4);
    while fetch(&session).await.0 != Kind::Cancelled as u8 {}
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn written_rows_are_read_back() {
    let (_cluster, urls) = cluster(3).await;
    let session = Given { level: Some("all"), ..Given::to(&urls) }.open();
    let rows = many(3);
    written(&session, rows).await;
    let mut options = Writer::new();
    options.str("ns").str_or_none(None).str_or_none(None).str_or_none(Some("all")).list([2], |frame, index| {
        frame.i32(index);
    });
    options.i64(-1).i32(0);
    let options = crate::resolve::ResolveOptions::read(&options.into_bytes().unwrap()).unwrap();
    session.start(2, None, move |call, client| crate::resolve::resolve(call, client, rows, options)).unwrap();
    let (kind, _, body) = fetch(&session).await;
    assert_eq!(kind, Kind::Resolution as u8);
    let mut reader = Reader::new(&body);
    let points = reader.list(|reader| {
        let whereabouts = reader.str()?.to_owned();
        assert_eq!(reader.str_or_none()?, None);
        let (copies, refused) = (reader.i32()?, reader.bool()?);
        let replicas = reader.list(|reader| {
            reader.i32()?;
            reader.str().map(str::to_owned)
        })?;
        assert_eq!(replicas, ["stored"; 3]);
        Ok((whereabouts, copies, refused))
    });
    let everywhere = |refused| ("everywhere".to_owned(), 3, refused);
    assert_eq!(points.unwrap(), [everywhere(false), everywhere(false), everywhere(true)]);
    let nodes = reader.list(|reader| {
        let (id, _) = (reader.i64()?, reader.str()?);
        Ok(id > 0 && reader.str_or_none()?.is_none())
    });
    assert_eq!(nodes.unwrap(), [true; 3]);
    assert_eq!((reader.str(), reader.u8(), reader.str_or_none()), (Ok("empty"), Ok(1), Ok(Some("all"))));
    assert!(reader.str().unwrap().starts_with("3 everywhere"));
    reader.end().unwrap();
    close(session).await;
}

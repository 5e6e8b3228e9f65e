use super::*;
use crate::frame::Reader;
use crate::input::LineRules;
use crate::testing::Given;

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_stored_and_acknowledged() {
    let (cluster, urls) = cluster(1).await;
    let session = Given::to(&urls).open();
    start_write(&session, 7, point(TIME), &plain_options());
    let (kind, call, body) = fetch(&session).await;
    assert_eq!((kind, call), (1, 7));
    let mut reader = Reader::new(&body);
    assert_eq!((reader.i64(), reader.str(), reader.str()), (Ok(1), Ok("one"), Ok("one")));
    assert_eq!(reader.str_or_none().unwrap().map(|url| url.trim_end_matches('/')), Some(urls[0].as_str()));
    assert_eq!(reader.i32(), Ok(204));
    assert!(reader.str_or_none().unwrap().is_some() && reader.str_or_none().unwrap().is_some());
    let attempts = reader.list(|reader| {
        reader.str()?;
        let (started, elapsed, points, sent) = (reader.i64()?, reader.i64()?, reader.i64()?, reader.i64()?);
        assert!(started >= 0 && elapsed > 0 && points == 1 && sent > 10);
        let (status, class, outcome) = (reader.i32()?, reader.str()?.to_owned(), reader.str()?.to_owned());
        assert_eq!((status, class.as_str(), outcome.as_str()), (204, "ok", "stored"));
        reader.str_or_none()?;
        reader.str_or_none().map(drop)
    });
    assert_eq!(attempts.unwrap().len(), 1);
    assert_eq!(reader.i32(), Ok(0));
    reader.end().unwrap();
    close(session).await;
    assert_eq!(cluster.count_on("data1", "metrics", "cpu").await, 1);
}

/// Reads a write error; its class, kind, outcome, tally and the indexes of the refused points.
fn error(body: &[u8]) -> (String, String, String, Vec<i64>, Vec<i32>) {
    let mut reader = Reader::new(body);
    let mut text = || reader.str().map(str::to_owned);
    let (class, kind, outcome) = (text().unwrap(), text().unwrap(), text().unwrap());
    let (_advice, resend, level) = (text(), text().unwrap(), text().unwrap());
    assert!(["yes", "no", "wait", "after-stamp"].contains(&resend.as_str()) && level == "quorum");
    reader.str_or_none().unwrap();
    reader.str_or_none().unwrap();
    assert_eq!((reader.i32(), reader.i32()), (Ok(-1), Ok(-1)));
    reader.i32().unwrap();
    for _ in 0..4 {
        reader.str_or_none().unwrap();
    }
    assert!(reader.str().unwrap().contains("; "));
    reader.str_or_none().unwrap();
    assert!(reader.u8().unwrap() <= 2);
    reader.i64().unwrap();
    let tally = (0..6).map(|_| reader.i64().unwrap()).collect();
    fn details(reader: &mut Reader<'_>) -> Result<(), crate::frame::Fault> {
        reader.list(|reader| reader.str().and_then(|_| reader.str())).map(drop)
    }
    let refused = reader
        .list(|reader| {
            let index = reader.i32()?;
            reader.str_or_none()?;
            let _ = (reader.str()?, reader.str()?, reader.str()?);
            details(reader)?;
            Ok(index)
        })
        .unwrap();
    let attempts = reader.list(|reader| {
        reader.str()?;
        let _ = (reader.i64()?, reader.i64()?, reader.i64()?, reader.i64()?, reader.i32()?);
        let _ = (reader.str()?, reader.str()?, reader.str_or_none()?, reader.str_or_none()?);
        Ok(())
    });
    assert!(!attempts.unwrap().is_empty());
    details(&mut reader).unwrap();
    reader.end().unwrap();
    (class, kind, outcome, tally, refused)
}

/// Options at quorum that never send again.
fn once_at_quorum() -> Writer {
    let mut frame = Writer::new();
    frame.str("ns").str_or_none(None).str_or_none(None).str_or_none(Some("quorum")).i64(-1).i64(-1).i32(-1).i32(-1);
    frame.bool(false).bool(false).u8(2).u8(1).u8(1);
    frame
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_has_its_own_error() {
    let (mut cluster, urls) = cluster(3).await;
    let session = Given::to(&urls[..1]).open();
    written(&session, point(TIME)).await;

    let mut packer = Packer::default();
    packer.point("cpu").field("usage", influx_client::Value::Integer(1)).at(TIME + 1);
    packer.point("cpu").field("usage", influx_client::Value::Float(1.0)).at(TIME + 2);
    start_write(&session, 2, kept(packer.rows), &once_at_quorum());
    let (kind, _, body) = fetch(&session).await;
    assert_eq!(kind, 2);
    let (class, kind, outcome, tally, refused) = error(&body);
    assert_eq!((class.as_str(), kind.as_str(), outcome.as_str()), ("type-conflict", "Rejected", "partly-stored"));
    assert_eq!((tally, refused), (vec![1, 0, 0, 1, 0, 0], vec![0]));

    cluster.meta_down();
    start_write(&session, 3, point(TIME + 100 * 7 * 86_400_000_000_000), &once_at_quorum());
    let (_, _, body) = fetch(&session).await;
    let (class, _, outcome, tally, _) = error(&body);
    assert_eq!((class.as_str(), outcome.as_str(), tally), ("meta-unavailable", "not-stored", vec![0, 0, 0, 0, 0, 1]));
    cluster.heal();

    for node in ["data2", "data3"] {
        cluster.node_mut(node).kill();
    }
    start_write(&session, 4, point(TIME + 5), &once_at_quorum());
    let (_, _, body) = fetch(&session).await;
    let (class, kind, outcome, ..) = error(&body);
    assert_eq!((class.as_str(), kind.as_str(), outcome.as_str()), ("below-level", "ConsistencyNotMet", "below-level"));

    cluster.node_mut("data1").kill();
    start_write(&session, 5, point(TIME + 6), &once_at_quorum());
    let (_, _, body) = fetch(&session).await;
    let (class, kind, outcome, ..) = error(&body);
    assert_eq!((class.as_str(), kind.as_str(), outcome.as_str()), ("unreachable", "Connect", "not-stored"));
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_is_told_and_not_sent() {
    let nowhere = vec!["http://127.0.0.1:1".to_owned()];
    let session = Given::to(&nowhere).open();
    let mut packer = Packer::default();
    packer.point("m").field("f", influx_client::Value::Float(f64::NAN)).at(1);
    start_write(&session, 1, kept(packer.rows), &plain_options());
    let (kind, _, body) = fetch(&session).await;
    let mut reader = Reader::new(&body);
    assert_eq!(
        (kind, reader.i32(), reader.i32(), reader.i32(), reader.str()),
        (3, Ok(1), Ok(1), Ok(0), Ok("NotFinite"))
    );
    start_write(&session, 2, kept(vec![9; 4]), &plain_options());
    let (kind, _, body) = fetch(&session).await;
    let mut reader = Reader::new(&body);
    assert_eq!((kind, reader.i64(), reader.str().is_ok()), (4, Ok(4), true));
    // An empty batch is acknowledged without a request.
    start_write(&session, 3, kept(Vec::new()), &plain_options());
    assert_eq!(fetch(&session).await.0, 1);
    close(session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_checked_or_left_to_the_server() {
    let (_cluster, urls) = cluster(1).await;
    let session = Given::to(&urls).open();
    let start = |call, lines: &str, unchecked| {
        let mut options = once_at_quorum();
        options.u8(0).bool(unchecked);
        let (options, rules) = WriteOptions::read_with_rules(&options.into_bytes().unwrap(), &session.asking).unwrap();
        assert_eq!(rules.unchecked, unchecked);
        let input = Input::Lines(lines.as_bytes().to_vec(), LineRules { unchecked, ..rules });
        session.start(call, None, move |call, client| write(call, client, input, options)).unwrap();
    };
    start(1, "# comment\nm f=1 1\n\nm f=2\nm,t=\"a f=3 3", false);
    let (kind, _, body) = fetch(&session).await;
    assert_eq!((kind, Reader::new(&body).i64()), (1, Ok(3)));
    start(2, "m f=1 1\n# comment\nm f=\nm f=x 1", false);
    let (kind, _, body) = fetch(&session).await;
    let mut reader = Reader::new(&body);
    assert_eq!((kind, reader.i32(), reader.i32(), reader.i32()), (3, Ok(2), Ok(2), Ok(1)));
    start(3, "m f=1 1\nm f=\n", true);
    let (kind, _, body) = fetch(&session).await;
    let (class, _, outcome, _, refused) = error(&body);
    assert_eq!((kind, class.as_str(), outcome.as_str(), refused), (2, "malformed", "partly-stored", vec![1]));
    close(session).await;
}

#![allow(clippy::unwrap_used)]

use super::*;
use crate::line::{Precision, parse};
use crate::scan::{Column, Measurements, Scan, SeriesBlock, Values};
use crate::{Points, Profile};

fn points(body: &str) -> Points {
    let parsed = parse(body.as_bytes(), Precision::Nanosecond, 0, Profile::V1_8);
    assert_eq!(parsed.error_text(), None, "{body}");
    parsed.points
}

fn everything() -> Scan {
    Scan { measurements: Measurements::All, min_time: i64::MIN, max_time: i64::MAX, fields: None }
}

async fn write(engine: &Engine, shard: u64, body: &str) -> Result<(), String> {
    engine.write(shard, &points(body)).await.map_err(|error| error.to_string())
}

fn memory(profile: Profile) -> Engine {
    let options = Options { profile, ..Options::default() };
    let engine = Engine::open(Storage::Memory(MemoryDisk::new()), options).unwrap();
    engine.ensure_shard(1, "db", "rp");
    engine
}

#[tokio::test]
async fn what_is_written_is_read_back_sorted() {
    let engine = memory(Profile::V1_8);
    write(&engine, 1, "m,b=2,a=1 v=2,s=\"x\" 20\nm,b=2,a=1 v=1 10\na f=t 5").await.unwrap();
    let column = |field: &str, times: &[i64], values| Column { field: field.to_owned(), times: times.to_vec(), values };
    assert_eq!(
        engine.scan(1, &everything()).unwrap(),
        [
            SeriesBlock {
                measurement: "a".to_owned(),
                tags: vec![],
                columns: vec![column("f", &[5], Values::Boolean(vec![true]))],
            },
            SeriesBlock {
                measurement: "m".to_owned(),
                tags: vec![("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())],
                columns: vec![
                    column("s", &[20], Values::String(vec!["x".to_owned()])),
                    column("v", &[10, 20], Values::Float(vec![1.0, 2.0])),
                ],
            },
        ]
    );
}

#[tokio::test]
async fn a_reopened_disk_has_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Engine::open(Storage::Disk(folder.path().to_owned()), Options::default()).unwrap();
    let engine = open();
    engine.ensure_shard(7, "db", "rp");
    write(&engine, 7, "m v=1 1").await.unwrap();
    write(&engine, 7, "m v=2 1\nm v=3 2").await.unwrap();
    let (before, digest) = (engine.scan(7, &everything()).unwrap(), engine.digest(7).unwrap());
    drop(engine);
    let engine = open();
    assert_eq!(engine.shards(), [7]);
    assert_eq!(engine.scan(7, &everything()).unwrap(), before);
    assert_eq!(engine.digest(7).unwrap(), digest);
}

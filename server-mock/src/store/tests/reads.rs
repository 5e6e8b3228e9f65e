//! What is read back.

use super::*;
use crate::scan::{Column, FieldType, ShardIndex, Values};
use crate::store::StoreError;

fn column(field: &str, times: &[i64], values: Values) -> Column {
    Column { field: field.to_owned(), times: times.to_vec(), values }
}

fn tags(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn series_are_sorted_and_values_in_order_of_time() {
    let engine = of(Profile::V1_8);
    write(&engine, 1, "m,b=2,a=1 v=2,s=\"x\" 20\nm,b=2,a=1 v=1 10\na f=t 5\nm\\ x,k\\,=\\=v i=3i 1").await.unwrap();
    assert_eq!(
        all_of(&engine, 1),
        [
            SeriesBlock {
                measurement: "a".to_owned(),
                tags: tags(&[]),
                columns: vec![column("f", &[5], Values::Boolean(vec![true]))],
            },
            SeriesBlock {
                measurement: "m".to_owned(),
                tags: tags(&[("a", "1"), ("b", "2")]),
                columns: vec![
                    column("s", &[20], Values::String(vec!["x".to_owned()])),
                    column("v", &[10, 20], Values::Float(vec![1.0, 2.0])),
                ],
            },
            SeriesBlock {
                measurement: "m x".to_owned(),
                tags: tags(&[("k,", "=v")]),
                columns: vec![column("i", &[1], Values::Integer(vec![3]))],
            },
        ]
    );
    assert_eq!(
        engine.index(1).unwrap(),
        ShardIndex {
            series: vec![
                ("a".to_owned(), tags(&[])),
                ("m".to_owned(), tags(&[("a", "1"), ("b", "2")])),
                ("m x".to_owned(), tags(&[("k,", "=v")])),
            ],
            fields: [
                ("a", "f", FieldType::Boolean),
                ("m", "s", FieldType::String),
                ("m", "v", FieldType::Float),
                ("m x", "i", FieldType::Integer),
            ]
            .map(|(measurement, field, field_type)| (measurement.to_owned(), field.to_owned(), field_type))
            .to_vec(),
        }
    );
}

#[tokio::test]
async fn the_last_to_arrive_wins() {
    let engine = of(Profile::V1_8);
    write(&engine, 1, "m v=1 10\nm v=2 10").await.unwrap();
    write(&engine, 1, "m v=3 5").await.unwrap();
    write(&engine, 1, "m w=9 10\nm v=4 5").await.unwrap();
    let columns = &all_of(&engine, 1)[0].columns;
    assert_eq!(columns[0], column("v", &[5, 10], Values::Float(vec![4.0, 2.0])));
    assert_eq!(columns[1], column("w", &[10], Values::Float(vec![9.0])));
}

#[tokio::test]
async fn scans_are_narrowed_by_name_pattern_time_and_field() {
    let engine = of(Profile::V1_8);
    write(&engine, 1, "cpu v=1,w=1 1\ncpu v=2,w=2 2\nmem v=3 3\ncpus v=4 4").await.unwrap();
    let scan = |measurements, min_time, max_time, fields: Option<&[&str]>| {
        let fields = fields.map(|fields| fields.iter().map(|field| (*field).to_owned()).collect());
        let blocks = engine.scan(1, &Scan { measurements, min_time, max_time, fields }).unwrap();
        let shown = blocks.into_iter().flat_map(|block| {
            let name = block.measurement;
            block.columns.into_iter().map(move |column| format!("{name}.{} {:?}", column.field, column.times))
        });
        shown.collect::<Vec<_>>()
    };
    let named = |name: &str| Measurements::Named(name.to_owned());
    assert_eq!(scan(named("cpu"), 2, 9, None), ["cpu.v [2]", "cpu.w [2]"]);
    assert_eq!(scan(named("cpu"), i64::MIN, i64::MAX, Some(&["w", "x"])), ["cpu.w [1, 2]"]);
    assert_eq!(scan(Measurements::Matching("^cpu".to_owned()), 2, 4, Some(&["v"])), ["cpu.v [2]", "cpus.v [4]"]);
    assert_eq!(scan(Measurements::All, 9, 99, None), Vec::<String>::new());
    assert_eq!(scan(Measurements::All, 9, 1, None), Vec::<String>::new());
    let bad = Scan { measurements: Measurements::Matching("(".to_owned()), ..everything() };
    assert!(matches!(engine.scan(1, &bad), Err(StoreError::BadPattern(_))));
}

#[tokio::test]
async fn bytes_that_are_no_text_stay_apart() {
    let engine = of(Profile::V1_8);
    let body = b"m,t=\xff v=1 1\nm,t=\xfe v=2 1";
    let parsed = parse(body, Precision::Nanosecond, 0, Profile::V1_8);
    engine.write(1, &parsed.points).await.unwrap();
    let blocks = all_of(&engine, 1);
    assert_eq!(blocks.len(), 2);
    assert_eq!(blocks[0].tags, tags(&[("t", "\u{fffd}")]));
}

#[tokio::test]
async fn deleting_takes_values_and_dropping_takes_types() {
    let engine = of(Profile::V1_8);
    engine.ensure_shard(2, "elsewhere", "rp");
    for shard in [1, 2] {
        write(&engine, shard, "m,h=a v=1 1\nm,h=a v=2 2\nm,h=b v=3 3\nn v=4 4").await.unwrap();
    }
    engine.delete("db", |name, tags| name == "m" && tags[0].1 == "a", 2, 9).await.unwrap();
    assert_eq!(count(&engine, "m"), 2);
    engine.delete("db", |name, _| name == "m", i64::MIN, 2).await.unwrap();
    assert_eq!(engine.index(1).unwrap().series.len(), 2, "a series without a value is gone");
    assert!(write(&engine, 1, "m v=t 1").await.is_err(), "types outlive values");
    engine.drop_measurement("db", "m").await.unwrap();
    write(&engine, 1, "m v=t 1").await.unwrap();
    assert_eq!(count(&engine, "n"), 1);
    assert_eq!(engine.stats(2).unwrap().values, 4, "another database keeps its own");
    engine.drop_measurement("db", "no such").await.unwrap();
}

#[tokio::test]
async fn stats_count_what_is_held() {
    let engine = of(Profile::V1_8);
    write(&engine, 1, "m,h=a v=1,s=\"four\",b=t 1\nm,h=b v=1 1").await.unwrap();
    write(&engine, 1, "m,h=b v=2 1").await.unwrap();
    let stats = engine.stats(1).unwrap();
    assert_eq!((stats.database.as_str(), stats.retention_policy.as_str()), ("db", "rp"));
    assert_eq!((stats.series, stats.points, stats.values), (2, 3, 4));
    assert_eq!(stats.bytes, 16 + (8 + 4) + 9 + 16);
}

#[tokio::test]
async fn a_dropped_shard_is_gone_and_can_be_made_anew() {
    let engine = of(Profile::V1_8);
    write(&engine, 1, "m v=1 1").await.unwrap();
    engine.drop_shard(1).await.unwrap();
    engine.drop_shard(1).await.unwrap();
    assert!(!engine.has_shard(1));
    assert_eq!(write(&engine, 1, "m v=1 1").await.unwrap_err(), "shard not found");
    engine.ensure_shard(1, "db", "rp");
    assert_eq!(count(&engine, "m"), 0);
    write(&engine, 1, "m v=t 1").await.unwrap();
}

#[tokio::test]
async fn a_batch_too_large_for_the_caller_is_stored_whole() {
    let engine = of(Profile::V1_8);
    let body: String = (0..10_000).map(|i| format!("m,h={} v={i} {}\n", i % 7, (i * 7_919) % 10_007)).collect();
    write(&engine, 1, &body).await.unwrap();
    assert_eq!(count(&engine, "m"), 10_000);
    assert!(write(&engine, 1, &body.replace("v=3 ", "v=t ")).await.unwrap_err().ends_with("dropped=1"));
}

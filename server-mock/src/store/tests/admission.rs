//! What shards refuse, and in which words: the captured cases "conflict", "limits" and "reserved time name", and
//! the rows of the table of write errors that speak of storage.

use super::*;
use crate::IndexVersion;
use crate::scan::FieldType;
use crate::store::{Limits, StoreError};

#[tokio::test]
async fn in_1_8_a_point_of_another_type_is_refused_alone() {
    let engine = of(Profile::V1_8);
    write(&engine, 1, "c v=1 1600000000000000000").await.unwrap();
    let refused =
        engine.write(1, &points("c v=0 1600000000000000001\nc v=\"s\" 1600000000000000009")).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "partial write: field type conflict: input field \"v\" on measurement \"c\" is type string, already exists as \
         type float dropped=1"
    );
    assert!(refused.is_permanent());
    let StoreError::PartialWrite(partial) = refused else { panic!("{refused:?}") };
    assert!(partial.rest_stored());
    assert_eq!(count(&engine, "c"), 2, "the good point is stored");

    // One that comes first does not hide those behind it.
    let refused = write(&engine, 1, "c v=\"s\" 1\nc v=9 1600000000000000019\nc v=t 2").await.unwrap_err();
    assert_eq!(
        refused,
        "partial write: field type conflict: input field \"v\" on measurement \"c\" is type string, already exists as \
         type float dropped=2"
    );
    assert_eq!(count(&engine, "c"), 3);
}

#[tokio::test]
async fn types_are_fixed_per_shard() {
    let engine = of(Profile::V1_8);
    engine.ensure_shard(2, "db", "rp");
    write(&engine, 1, "c v=1i 1600000000000000000").await.unwrap();
    write(&engine, 2, "c v=1.5 1500000000000000000").await.unwrap();
    write(&engine, 1, "c v=2i 1600000000000000001").await.unwrap();
    for (shard, known) in [(1, "integer"), (2, "float")] {
        assert_eq!(
            write(&engine, shard, "c v=\"x\" 1600000000000000000").await.unwrap_err(),
            format!(
                "partial write: field type conflict: input field \"v\" on measurement \"c\" is type string, already \
                 exists as type {known} dropped=1"
            )
        );
    }
}

#[tokio::test]
async fn in_1_8_two_types_for_a_new_field_refuse_the_whole_batch() {
    let engine = of(Profile::V1_8);
    let refused = engine.write(1, &points("m v=1i,w=1 1\nother x=1 1\nm v=\"x\" 2")).await.unwrap_err();
    assert_eq!(refused.to_string(), "field type conflict");
    assert!(refused.is_permanent());
    assert_eq!((count(&engine, "m"), count(&engine, "other")), (0, 0), "nothing is stored");
    // The fields before the disagreement are there with their first type, and so is their measurement.
    assert_eq!(
        write(&engine, 1, "m v=\"x\" 2").await.unwrap_err(),
        "partial write: field type conflict: input field \"v\" on measurement \"m\" is type string, already exists as \
         type integer dropped=1"
    );
    write(&engine, 1, "m v=3i 2").await.unwrap();
    assert_eq!(count(&engine, "m"), 1);
}

#[tokio::test]
async fn in_0_10_a_point_of_another_type_refuses_the_whole_batch() {
    let engine = of(Profile::V0_10);
    let conflict = |field_type: &str| {
        format!(
            "field type conflict: input field \"f\" on measurement \"fc\" is type {field_type}, already exists as type \
             integer"
        )
    };
    write(&engine, 1, "fc f=1i 1456000000000000000").await.unwrap();
    assert_eq!(write(&engine, 1, "fc f=1.5 1456000000000000000").await.unwrap_err(), conflict("float64"));
    assert_eq!(write(&engine, 1, "fc f=true 1456000000000000000").await.unwrap_err(), conflict("bool"));
    assert_eq!(write(&engine, 1, "fc f=\"s\" 1456000000000000000").await.unwrap_err(), conflict("string"));
    let mixed = "fc f=2i 1456000000000000005\nfc f=1.5 1456000000000000006\nok_m v=1 1456000000000000000";
    assert_eq!(write(&engine, 1, mixed).await.unwrap_err(), conflict("float64"));
    assert_eq!((count(&engine, "fc"), count(&engine, "ok_m")), (1, 0));

    engine.ensure_shard(2, "db", "rp");
    write(&engine, 2, "fc f=1.5 1").await.unwrap();
    assert_eq!(
        write(&engine, 2, "fc f=7i 2").await.unwrap_err(),
        "field type conflict: input field \"f\" on measurement \"fc\" is type int64, already exists as type float"
    );
    // A batch that disagrees with itself over a new field: no names in the text, and the measurement is listed.
    assert_eq!(write(&engine, 2, "new f=1i 1\nnew f=2 2").await.unwrap_err(), "field type conflict");
    let fields = engine.index(2).unwrap().fields;
    assert!(fields.contains(&("new".to_owned(), "f".to_owned(), FieldType::Integer)), "{fields:?}");
}

#[tokio::test]
async fn the_name_time_is_reserved_in_1_8() {
    let engine = of(Profile::V1_8);
    assert_eq!(
        write(&engine, 1, "m time=1 1600000000000000000").await.unwrap_err(),
        "partial write: invalid field name: input field \"time\" on measurement \"m\" is invalid dropped=1"
    );
    assert_eq!(
        write(&engine, 1, "m,time=x v=1 1\nm,a=b v=1 1\nm,time=y v=1 1").await.unwrap_err(),
        "partial write: invalid tag key: input tag \"time\" on measurement \"m\" is invalid dropped=2"
    );
    assert_eq!(count(&engine, "m"), 1, "the others are stored");
    // Beside another field it is left out in silence, whatever its type.
    write(&engine, 1, "n time=\"x, y\",v=1,w=2i 1\nn v=2,time=3i 2").await.unwrap();
    let names: Vec<_> = engine.index(1).unwrap().fields.into_iter().map(|(_, field, _)| field).collect();
    assert_eq!(names, ["v", "v", "w"]);
    // What only looks like it is taken.
    write(&engine, 1, "o\\,time\\=1,x=a\\,time\\=2 v=1 1").await.unwrap();
    // Reasons of several kinds: the first is named, all are counted.
    assert_eq!(
        write(&engine, 1, "n v=\"x\" 1\nm,time=x v=1 1\nm time=1 1\nn v=3 9").await.unwrap_err(),
        "partial write: invalid tag key: input tag \"time\" on measurement \"m\" is invalid dropped=3"
    );
    assert_eq!(count(&engine, "n"), 4);
}

#[tokio::test]
async fn in_0_10_time_is_a_name_like_others() {
    let engine = of(Profile::V0_10);
    write(&engine, 1, "m,time=x time=1,v=1 1").await.unwrap();
    assert_eq!(count(&engine, "m"), 2);
}

fn limited(index_version: IndexVersion) -> Engine {
    with(Options {
        limits: Limits {
            max_values_per_tag: Some(3),
            max_series_per_database: Some(6),
            index_version,
            ..Limits::default()
        },
        ..Options::default()
    })
}

#[tokio::test]
async fn a_limit_on_tag_values_loses_the_whole_batch() {
    let engine = limited(IndexVersion::Inmem);
    write(&engine, 1, "m,k=0 v=1 1\nm,k=1 v=1 1\nm,k=2 v=1 1").await.unwrap();
    for body in ["m,k=8one v=1 1", "m,k=0 v=2 2\nm,k=8one v=1 1\nm,k=1 v=2 2"] {
        let refused = engine.write(1, &points(body)).await.unwrap_err();
        assert_eq!(
            refused.to_string(),
            "partial write: max-values-per-tag limit exceeded (3/3): measurement=\"m\" tag=\"k\" value=\"8one\" \
             dropped=1"
        );
        let StoreError::PartialWrite(partial) = refused else { panic!("{refused:?}") };
        assert!(!partial.rest_stored());
    }
    assert_eq!(count(&engine, "m"), 3);
}

#[tokio::test]
async fn a_limit_on_series_counts_the_database() {
    let engine = limited(IndexVersion::Inmem);
    engine.ensure_shard(2, "db", "rp");
    engine.ensure_shard(3, "elsewhere", "rp");
    write(&engine, 1, "a v=1 1\nb v=1 1\nc v=1 1").await.unwrap();
    write(&engine, 2, "a v=1 1\nd v=1 1\ne v=1 1\nf v=1 1").await.unwrap();
    assert_eq!(
        write(&engine, 2, "a v=1 2\ng v=1 1").await.unwrap_err(),
        "partial write: max-series-per-database limit exceeded: (6) dropped=1"
    );
    write(&engine, 3, "g v=1 1").await.unwrap();
    write(&engine, 1, "f v=1 1").await.unwrap();
    // What is dropped makes room, unless another shard still has it.
    engine.drop_shard(2).await.unwrap();
    write(&engine, 1, "g v=1 1\nh v=1 1").await.unwrap();
    assert!(write(&engine, 1, "i v=1 1").await.is_err());
    engine.drop_measurement("db", "g").await.unwrap();
    write(&engine, 1, "i v=1 1").await.unwrap();
}

#[tokio::test]
async fn the_index_on_disk_has_no_limits() {
    let engine = limited(IndexVersion::Tsi1);
    let body: String = (0..10).map(|i| format!("m,k={i} v=1 1\n")).collect();
    write(&engine, 1, &body).await.unwrap();
    assert_eq!(count(&engine, "m"), 10);
}

#[tokio::test]
async fn a_full_shard_refuses_in_the_words_of_its_version() {
    for (profile, words) in [
        (Profile::V1_8, "engine: cache-max-memory-size exceeded: (48/40)"),
        (Profile::V0_10, "engine: cache maximum memory size exceeded"),
    ] {
        let limits = Limits { cache_max_memory_size: Some(40), ..Limits::default() };
        let engine = with(Options { profile, limits, ..Options::default() });
        write(&engine, 1, "m v=1 1\nm v=2 2").await.unwrap();
        let refused = engine.write(1, &points("m v=3 3")).await.unwrap_err();
        assert_eq!(refused.to_string(), words);
        assert!(!refused.is_permanent());
        assert_eq!(count(&engine, "m"), 2);
        engine.delete("db", |_, _| true, 1, 1).await.unwrap();
        write(&engine, 1, "m v=3 3").await.unwrap();
    }
}

#[tokio::test]
async fn a_missing_shard_is_named_so() {
    let engine = of(Profile::V1_8);
    assert_eq!(write(&engine, 9, "m v=1 1").await.unwrap_err(), "shard not found");
    assert_eq!(engine.scan(9, &everything()), Err(StoreError::ShardNotFound));
    assert_eq!(engine.digest(9), Err(StoreError::ShardNotFound));
}

#[tokio::test]
async fn a_full_disk_stores_nothing() {
    let engine = of(Profile::V1_8);
    engine.disk_fault().set_full(true);
    assert_eq!(
        write(&engine, 1, "m v=1 1").await.unwrap_err(),
        "engine: error writing WAL entry: no space left on device"
    );
    assert_eq!(count(&engine, "m"), 0);
    engine.disk_fault().set_full(false);
    write(&engine, 1, "m v=1 1").await.unwrap();
}

/// A slow disk holds up the write, not the reads, and a later heal holds up nothing.
#[tokio::test]
async fn a_slow_disk_holds_up_writes() {
    let engine = of(Profile::V1_8);
    let delay = std::time::Duration::from_millis(30);
    engine.disk_fault().set_delay(delay);
    let begin = std::time::Instant::now();
    write(&engine, 1, "m v=1 1").await.unwrap();
    assert!(begin.elapsed() >= delay);
    engine.disk_fault().set_delay(std::time::Duration::from_secs(3_600));
    let held_up = tokio::time::timeout(delay, write(&engine, 1, "m v=1 2")).await;
    assert!(held_up.is_err() && count(&engine, "m") == 1);
}

#![allow(clippy::unwrap_used)]

mod admission;
mod compaction;
mod durability;
mod reads;
mod twins;

use super::{Engine, MemoryDisk, Options, Storage};
use crate::line::{Precision, parse};
use crate::scan::{Measurements, Scan, SeriesBlock};
use crate::{Points, Profile};

fn points(body: &str) -> Points {
    let parsed = parse(body.as_bytes(), Precision::Nanosecond, 0, Profile::V1_8);
    assert_eq!(parsed.error_text(), None, "{body}");
    parsed.points
}

fn everything() -> Scan {
    Scan { measurements: Measurements::All, min_time: i64::MIN, max_time: i64::MAX, fields: None }
}

fn all_of(engine: &Engine, shard: u64) -> Vec<SeriesBlock> {
    engine.scan(shard, &everything()).unwrap()
}

/// How many values a field of a measurement has.
fn count(engine: &Engine, measurement: &str) -> usize {
    let blocks = all_of(engine, 1).into_iter().filter(|block| block.measurement == measurement);
    blocks.map(|block| block.columns.iter().map(|column| column.times.len()).sum::<usize>()).sum()
}

async fn write(engine: &Engine, shard: u64, body: &str) -> Result<(), String> {
    engine.write(shard, &points(body)).await.map_err(|error| error.to_string())
}

fn with(options: Options) -> Engine {
    let engine = Engine::open(Storage::Memory(MemoryDisk::new()), options).unwrap();
    engine.ensure_shard(1, "db", "rp");
    engine
}

fn of(profile: Profile) -> Engine {
    with(Options { profile, ..Options::default() })
}

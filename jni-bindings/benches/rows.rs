//! What it takes to turn packed rows into line protocol: points of 152 bytes, 5,000 a batch, as a service writes them.
//!
//! `decode_rows_copied` is all that is done with the rows of a write before they are sent, the copy out of Java's buffer
//! included; `decode_rows` leaves that out. `by_hand` is the same batch through the Rust API, with names that are literals.

use divan::Bencher;
use divan::counter::ItemsCount;
use influx_client::{Batch, Precision};
use influx_jni::bench::{decode, decode_copied};

const POINTS: usize = 5_000;

fn main() {
    divan::main();
}

/// The values of one point.
struct Sample {
    host: String,
    usage: f64,
    idle: f64,
    switches: i64,
    time: i64,
}

fn samples() -> Vec<Sample> {
    (0..POINTS as i64)
        .map(|n| Sample {
            host: format!("server-{:03}", n % 100),
            usage: 0.5 + n as f64 / 7.0,
            idle: 99.5 - n as f64 / 13.0,
            switches: 1_000_000 + n * 17,
            time: 1_600_000_000_000_000_000 + n * 1_000_003,
        })
        .collect()
}

const NAMES: [&str; 7] = ["cpu_load", "host", "region", "rack", "usage_user", "usage_idle", "switches"];

/// Packs the points as the Java side does.
fn pack(samples: &[Sample]) -> Vec<u8> {
    let mut rows = Vec::new();
    let word = |rows: &mut Vec<u8>, op: u32, name: u32| rows.extend_from_slice(&(op << 24 | name).to_ne_bytes());
    let text = |rows: &mut Vec<u8>, text: &str| {
        rows.extend_from_slice(&(text.len() as u32).to_ne_bytes());
        rows.extend_from_slice(text.as_bytes());
    };
    for (index, name) in NAMES.into_iter().enumerate() {
        word(&mut rows, 0x01, index as u32);
        text(&mut rows, name);
    }
    for sample in samples {
        word(&mut rows, 0x02, 0);
        for (name, value) in [(1, sample.host.as_str()), (2, "eu-central-1"), (3, "rack-17")] {
            word(&mut rows, 0x03, name);
            text(&mut rows, value);
        }
        word(&mut rows, 0x10, 4);
        rows.extend_from_slice(&sample.usage.to_ne_bytes());
        word(&mut rows, 0x10, 5);
        rows.extend_from_slice(&sample.idle.to_ne_bytes());
        word(&mut rows, 0x11, 6);
        rows.extend_from_slice(&sample.switches.to_ne_bytes());
        word(&mut rows, 0x20, 0);
        rows.extend_from_slice(&sample.time.to_ne_bytes());
    }
    rows
}

#[divan::bench]
fn decode_rows(bencher: Bencher<'_, '_>) {
    let rows = pack(&samples());
    let mut batch = Batch::new(Precision::Nanoseconds);
    bencher.counter(ItemsCount::new(POINTS)).bench_local(|| {
        batch.clear();
        assert!(decode(&rows, &mut batch));
    });
    assert_eq!(batch.bytes() / POINTS, 152);
}

#[divan::bench]
fn decode_rows_copied(bencher: Bencher<'_, '_>) {
    let rows = pack(&samples());
    let mut batch = Batch::new(Precision::Nanoseconds);
    bencher.counter(ItemsCount::new(POINTS)).bench_local(|| {
        batch.clear();
        assert!(decode_copied(&rows, &mut batch));
    });
}

#[divan::bench]
fn by_hand(bencher: Bencher<'_, '_>) {
    let samples = samples();
    let mut batch = Batch::new(Precision::Nanoseconds);
    bencher.counter(ItemsCount::new(POINTS)).bench_local(|| {
        batch.clear();
        for sample in &samples {
            let point = batch.point(NAMES[0]).tag(NAMES[1], &sample.host).tag(NAMES[2], "eu-central-1");
            let point = point.tag(NAMES[3], "rack-17").field(NAMES[4], sample.usage).field(NAMES[5], sample.idle);
            assert!(point.field(NAMES[6], sample.switches).at(sample.time).is_ok());
        }
    });
}

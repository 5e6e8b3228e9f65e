//! What it costs to encode a point: nanoseconds and allocations per point (one iteration is one
//! point).
//!
//! The point is `cpu` with 3 tags, 4 fields and a time in nanoseconds: 131 bytes with floats of two
//! decimals ("short"), 156 bytes with floats of all their digits ("full"). `copy` is the cost of
//! copying the ready line and `floor` that of formatting the numbers between literals, unchecked:
//! no encoder gets below them.

use std::ops::RangeInclusive;

use divan::{AllocProfiler, Bencher};
use influx_client::{Batch, Precision, Series};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

/// Points in a batch before it is cleared.
const BATCH: usize = 5_000;

/// A power of two: the points are taken in turn.
const POINTS: usize = 128;

const MEASUREMENT: &str = "cpu";
const TAGS: [&str; 3] = ["dc", "host", "service"];
const FIELDS: [&str; 4] = ["usage_user", "usage_system", "forks", "throttled"];

fn main() {
    for digits in [Digits::Short, Digits::Full] {
        let mut batch = Batch::default();
        write_names(&mut batch, &points(digits)[0]);
        let bytes = batch.line(0).len();
        assert!(digits.line_bytes().contains(&bytes), "{digits:?}: {bytes}");
    }
    divan::main();
}

#[derive(Clone, Copy, Debug)]
enum Digits {
    Short,
    Full,
}

impl Digits {
    fn line_bytes(self) -> RangeInclusive<usize> {
        match self {
            Self::Short => 131..=132,
            Self::Full => 155..=157,
        }
    }
}

struct Point {
    tags: [String; 3],
    series: Series,
    user: f64,
    system: f64,
    forks: i64,
    throttled: bool,
    time: i64,
}

fn points(digits: Digits) -> Vec<Point> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut float = move || loop {
        let float = match digits {
            Digits::Short => f64::from(random.u32(1_000..10_000)) / 100.0,
            Digits::Full => 10.0 + 90.0 * random.f64(),
        };
        // Every line as long as the others, so that figures are comparable.
        let len = float.to_string().len();
        match digits {
            Digits::Short if len == 5 => return float,
            Digits::Full if (17..=18).contains(&len) => return float,
            Digits::Short | Digits::Full => {}
        }
    };
    (0..POINTS as i64)
        .map(|i| {
            let tags = ["eu-west-1".to_owned(), format!("server-{:04}", i % 100), "api".to_owned()];
            let series = Series::new(MEASUREMENT, TAGS.iter().zip(&tags)).expect("plain names");
            Point {
                series,
                tags,
                user: float(),
                system: float(),
                forks: 1_000_000 + i * 7_919,
                throttled: i % 3 == 0,
                time: 1_700_000_000_123_456_789 + i * 10_000_019,
            }
        })
        .collect()
}

/// Calls `write` for one point an iteration, on a batch that is cleared when full.
fn bench(bencher: Bencher<'_, '_>, digits: Digits, write: impl Fn(&mut Batch, &Point)) {
    let points = points(digits);
    let mut batch = Batch::new(Precision::Nanoseconds);
    // Warm: the memory of a full batch is there.
    for i in 0..BATCH {
        write(&mut batch, &points[i % POINTS]);
    }
    let mut next = 0;
    bencher.bench_local(|| {
        if batch.points() == BATCH {
            batch.clear();
        }
        write(&mut batch, &points[next % POINTS]);
        next += 1;
    });
}

#[divan::bench(args = [Digits::Short, Digits::Full], sample_count = 50, sample_size = 20_000)]
fn cached_series(bencher: Bencher<'_, '_>, digits: Digits) {
    bench(bencher, digits, |batch, point| {
        batch
            .series(&point.series)
            .field("usage_user", point.user)
            .field("usage_system", point.system)
            .field("forks", point.forks)
            .field("throttled", point.throttled)
            .at(point.time)
            .expect("the point is sound");
    });
}

fn write_names(batch: &mut Batch, point: &Point) {
    let [measurement, tag1, tag2, tag3] = divan::black_box([MEASUREMENT, TAGS[0], TAGS[1], TAGS[2]]);
    let [field1, field2, field3, field4] = divan::black_box(FIELDS);
    batch
        .point(measurement)
        .tag(tag1, &point.tags[0])
        .tag(tag2, &point.tags[1])
        .tag(tag3, &point.tags[2])
        .field(field1, point.user)
        .field(field2, point.system)
        .field(field3, point.forks)
        .field(field4, point.throttled)
        .at(point.time)
        .expect("the point is sound");
}

#[divan::bench(args = [Digits::Short, Digits::Full], sample_count = 50, sample_size = 20_000)]
fn names_at_run_time(bencher: Bencher<'_, '_>, digits: Digits) {
    bench(bencher, digits, write_names);
}

/// Raw lines, checked.
#[divan::bench(args = [Digits::Short, Digits::Full], sample_count = 50, sample_size = 20_000)]
fn raw_lines(bencher: Bencher<'_, '_>, digits: Digits) {
    let mut ready = Batch::default();
    for point in &points(digits) {
        write_names(&mut ready, point);
    }
    let mut next = 0;
    let mut batch = Batch::default();
    bencher.bench_local(|| {
        if batch.points() == BATCH {
            batch.clear();
        }
        batch.push_line(ready.line(next % POINTS)).expect("the line is sound");
        next += 1;
    });
}

#[divan::bench(args = [Digits::Short, Digits::Full], sample_count = 50, sample_size = 20_000)]
fn floor(bencher: Bencher<'_, '_>, digits: Digits) {
    let points = points(digits);
    let mut out: Vec<u8> = Vec::with_capacity(BATCH * 160);
    let mut next = 0;
    bencher.bench_local(|| {
        if out.len() > BATCH * 155 {
            out.clear();
        }
        let point = &points[next % POINTS];
        next += 1;
        let mut float = zmij::Buffer::new();
        let mut integer = itoa::Buffer::new();
        out.extend_from_slice(point.series.as_bytes());
        out.extend_from_slice(b" usage_user=");
        out.extend_from_slice(float.format_finite(point.user).as_bytes());
        out.extend_from_slice(b",usage_system=");
        out.extend_from_slice(float.format_finite(point.system).as_bytes());
        out.extend_from_slice(b",forks=");
        out.extend_from_slice(integer.format(point.forks).as_bytes());
        out.extend_from_slice(b"i,throttled=");
        let throttled: &[u8] = if point.throttled { b"true" } else { b"false" };
        out.extend_from_slice(throttled);
        out.push(b' ');
        out.extend_from_slice(integer.format(point.time).as_bytes());
        out.push(b'\n');
    });
}

#[divan::bench(args = [Digits::Short, Digits::Full], sample_count = 50, sample_size = 20_000)]
fn copy(bencher: Bencher<'_, '_>, digits: Digits) {
    let mut ready = Batch::default();
    for point in &points(digits) {
        write_names(&mut ready, point);
    }
    let mut out: Vec<u8> = Vec::with_capacity(BATCH * 160);
    let mut next = 0;
    bencher.bench_local(|| {
        if out.len() > BATCH * 155 {
            out.clear();
        }
        out.extend_from_slice(ready.line(next % POINTS));
        out.push(b'\n');
        next += 1;
    });
}

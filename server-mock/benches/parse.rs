//! How fast bodies of line protocol are parsed on one core, in MB/s of body.

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use influx_server_mock::Profile;
use influx_server_mock::line::{Precision, fields, parse};

fn main() {
    divan::main();
}

const LINES: usize = 10_000;

/// The shapes of lines that were measured elsewhere too: what monitoring agents send, short sensor readings, texts,
/// and what the fast path leaves to the exact one.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Agent,
    Sensor,
    Text,
    EscapedTags,
    UnsortedTags,
    Bad,
}

const SHAPES: [Shape; 6] =
    [Shape::Agent, Shape::Sensor, Shape::Text, Shape::EscapedTags, Shape::UnsortedTags, Shape::Bad];

fn body(shape: Shape) -> String {
    let mut body = String::new();
    for i in 0..LINES {
        let time = 1_600_000_000_000_000_000_usize + i * 1_000_003;
        let (host, load, free) = (i % 100, i % 1_000, i * 4_096);
        let written = match shape {
            Shape::Agent => writeln!(
                body,
                "cpu,cpu=cpu-total,datacenter=eu-west-1,host=server{host:03} usage_user={load}.25,usage_system=3.5,\
                 usage_idle=96.25,free={free}i,up=true {time}"
            ),
            Shape::Sensor => writeln!(body, "temp,room=r{host} v={load}.5 {time}"),
            Shape::Text => writeln!(
                body,
                "log,host=server{host:03},level=info message=\"request {i} took {load} ms, \\\"all\\\" is well\",\
                 code=200i {time}"
            ),
            Shape::EscapedTags => {
                writeln!(body, "disk,host=server{host:03},path=C:\\ Program\\ Files used={load}.5,free={free}i {time}")
            }
            Shape::UnsortedTags => {
                writeln!(body, "cpu,host=server{host:03},cpu=cpu-total,az=b usage={load}.25,free={free}i {time}")
            }
            Shape::Bad => writeln!(body, "cpu,host=server{host:03} usage={load}.25.5 {time}"),
        };
        written.expect("a string takes all that is written to it");
    }
    body
}

#[divan::bench(args = SHAPES)]
fn parse_body(bencher: Bencher<'_, '_>, shape: Shape) {
    let body = body(shape);
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| parse(black_box(body.as_bytes()), Precision::Nanosecond, 0, Profile::V1_8));
}

#[divan::bench(args = [Shape::Agent, Shape::Text])]
fn read_fields(bencher: Bencher<'_, '_>, shape: Shape) {
    let body = body(shape);
    let points = parse(body.as_bytes(), Precision::Nanosecond, 0, Profile::V1_8).points;
    let bytes: usize = points.iter().map(|point| point.fields.len()).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| points.iter().map(|point| fields(black_box(point.fields)).count()).sum::<usize>());
}

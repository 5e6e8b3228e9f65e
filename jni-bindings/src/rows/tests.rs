#![allow(clippy::unwrap_used)]

use influx_client::Precision;
use proptest::prelude::*;

use super::*;
use crate::testing::Packer;

fn decoded(rows: &[u8]) -> Result<(Batch, RefusedPoints), RowsFault> {
    let mut batch = Batch::new(Precision::Nanoseconds);
    let mut refused = RefusedPoints::default();
    decode(rows, &mut batch, &mut refused)?;
    Ok((batch, refused))
}

fn text(batch: &Batch) -> &str {
    std::str::from_utf8(batch.as_bytes()).unwrap()
}

#[test]
fn every_op_becomes_what_it_stands_for() {
    let mut packer = Packer::default();
    packer.point("cpu").tag("host", "a b").tag("empty", "").field("f", Value::Float(1.5));
    packer.field("i", Value::Integer(-7)).field("u", Value::Unsigned(8)).field("b", Value::Boolean(true));
    packer.field("s", Value::String("x\"y")).at(17);
    packer.point("cpu").tag("host", "ü").field("f", Value::Float(-0.25)).word(0x22, 0);
    let (batch, refused) = decoded(&packer.rows).unwrap();
    assert_eq!(text(&batch), "cpu,host=a\\ b f=1.5,i=-7i,u=8i,b=true,s=\"x\\\"y\" 17\ncpu,host=ü f=-0.25\n");
    assert!(refused.is_empty() && !batch.is_idempotent());
    assert_eq!(decoded(b"").unwrap().0.points(), 0);
}

#[test]
fn points_that_no_server_could_store_are_named() {
    let mut packer = Packer::default();
    packer.point("m").field("f", Value::Float(f64::NAN)).at(1);
    packer.point("m").field("f", Value::Float(1.0)).at(2);
    packer.point("m").tag("t", "v").at(3);
    packer.point("m").field("f", Value::Integer(1)).at(4);
    packer.point("m").tag("a\n", "v").field("f", Value::Float(1.0)).at(5);
    packer.point("m").field("f", Value::Float(1.0)).at(i64::MAX);
    let (batch, refused) = decoded(&packer.rows).unwrap();
    assert_eq!(text(&batch), "m f=1.0 2\n");
    assert_eq!(
        refused.kinds(),
        [(0, "NotFinite"), (2, "NoField"), (3, "TypeFlip"), (4, "LineFeed"), (5, "TimeOutOfRange")]
    );
}

/// Rows that begin with a sound field, or with nothing.
fn rows(begun: bool, more: impl FnOnce(&mut Packer)) -> Vec<u8> {
    let mut packer = Packer::default();
    packer.point("m");
    if begun {
        packer.field("f", Value::Float(1.0));
    }
    more(&mut packer);
    packer.rows
}

/// Takes what a packer's method returns.
fn ended(_packer: &mut Packer) {}

#[test]
fn what_no_packer_makes_is_refused_with_its_place() {
    let cases = [
        ("unfinished", rows(true, |_| {})),
        ("tag behind a field", rows(true, |p| ended(p.tag("t", "v").at(1)))),
        ("unknown op", rows(true, |p| ended(p.word(0x7f, 0)))),
        ("unknown name", rows(true, |p| ended(p.word(0x10, 99).raw(&[0; 8]).at(1)))),
        ("name out of turn", rows(false, |p| ended(p.word(0x01, 5).text(b"x")))),
        ("name twice", rows(true, |p| ended(p.word(0x01, 0).text(b"x").at(1)))),
        ("an op for stamps, which there is not", rows(true, |p| ended(p.word(0x21, 0)))),
        ("boolean", rows(false, |p| ended(p.word(0x13, 0).raw(&[2]).at(1)))),
        ("text past the end", rows(false, |p| ended(p.word(0x14, 0).raw(&[0xff; 4])))),
        ("no UTF-8", rows(false, |p| ended(p.word(0x14, 0).text(b"\xed\xa0\x80").at(1)))),
        ("a name behind a time", rows(true, |p| ended(p.word(0x20, 1).raw(&[0; 8])))),
        ("two points at once", rows(true, |p| ended(p.word(0x02, 0)))),
        ("a field first", rows(true, |p| ended(p.at(1).word(0x10, 0).raw(&[0; 8])))),
    ];
    for (what, rows) in cases {
        let fault = decoded(&rows).map(|_| ()).unwrap_err();
        assert!(fault.at <= rows.len(), "{what}: {fault}");
    }
}

/// A point as tests make it.
#[derive(Clone, Debug)]
struct Sample {
    measurement: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, Scalar)>,
    time: Option<i64>,
}

#[derive(Clone, Debug)]
enum Scalar {
    Float(f64),
    Integer(i64),
    Unsigned(u64),
    Boolean(bool),
    Text(String),
}

impl Scalar {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Float(value) => Value::Float(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Text(value) => Value::String(value),
        }
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let name = || prop_oneof!["[a-d]{1,2}", "[a-z ,=\\\\\n#\"]{0,20}", "\\PC{1,40}"];
    let scalar = prop_oneof![
        any::<f64>().prop_map(Scalar::Float),
        any::<i64>().prop_map(Scalar::Integer),
        any::<u64>().prop_map(Scalar::Unsigned),
        any::<bool>().prop_map(Scalar::Boolean),
        "\\PC{0,40}".prop_map(Scalar::Text),
    ];
    (
        name(),
        prop::collection::vec((name(), name()), 0..4),
        prop::collection::vec((name(), scalar), 0..4),
        prop::option::of(any::<i64>()),
    )
        .prop_map(|(measurement, tags, fields, time)| Sample { measurement, tags, fields, time })
}

/// The same through the Rust API; the kinds of the points that were refused.
fn by_hand(samples: &[Sample]) -> (Batch, Vec<(usize, &'static str)>) {
    let mut batch = Batch::new(Precision::Nanoseconds);
    let mut refused = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        let mut tags = batch.point(&sample.measurement);
        for (key, value) in &sample.tags {
            tags = tags.tag(key, value);
        }
        let mut fields = sample.fields.iter();
        let Some((key, value)) = fields.next() else {
            refused.push((index, "NoField"));
            continue;
        };
        let mut point = tags.field(key, value.value());
        for (key, value) in fields {
            point = point.field(key, value.value());
        }
        let end = match sample.time {
            Some(time) => point.at(time),
            None => point.server_time(),
        };
        if let Err(error) = end {
            refused.push((index, error.kind().name()));
        }
    }
    (batch, refused)
}

proptest! {
    #[test]
    fn rows_are_what_the_rust_api_writes(samples in prop::collection::vec(sample(), 0..20)) {
        let mut packer = Packer::default();
        for sample in &samples {
            packer.point(&sample.measurement);
            for (key, value) in &sample.tags {
                packer.tag(key, value);
            }
            for (key, value) in &sample.fields {
                packer.field(key, value.value());
            }
            match sample.time {
                Some(time) => packer.at(time),
                None => packer.word(0x22, 0),
            };
        }
        let (batch, refused) = decoded(&packer.rows).unwrap();
        let (expected, expected_refused) = by_hand(&samples);
        prop_assert_eq!(text(&batch), text(&expected));
        prop_assert_eq!((batch.points(), batch.is_idempotent()), (expected.points(), expected.is_idempotent()));
        prop_assert_eq!(refused.kinds(), expected_refused);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(rows in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decoded(&rows);
    }

    /// Sound rows with one byte changed, or cut: near enough to get far.
    #[test]
    fn a_changed_byte_does_no_harm(
        samples in prop::collection::vec(("[a-b]{1,2}", "[a-z]{1,5}", any::<i64>()), 1..5),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut packer = Packer::default();
        for (measurement, text, time) in &samples {
            packer.point(measurement).tag("t", text).field("s", Value::String(text)).field("i", Value::Integer(*time)).at(*time);
        }
        let mut rows = packer.rows;
        let at = at.index(rows.len());
        if cut {
            rows.truncate(at);
        } else {
            rows[at] = byte;
        }
        let _ = decoded(&rows);
    }
}

//! Owned points: what is one, and that every form of it reads back as the same.

use proptest::prelude::*;

use super::super::batch::{Batch, MissingTime};
use super::super::error::PointErrorKind;
use super::super::point::Point;
use super::reference::read_body;
use super::{Given, given};
use crate::Precision;

fn owned(given: &Given) -> Result<Point, PointErrorKind> {
    let mut builder = Point::builder(given.measurement.as_str());
    for (key, value) in &given.tags {
        builder = builder.tag(key, value);
    }
    for (key, value) in &given.fields {
        builder = builder.field(key, value.value());
    }
    builder.at(given.time).map_err(|error| error.kind().clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// What the encoder takes is a point, and the point is what the server stores.
    #[test]
    fn points_are_what_can_be_written(given in given()) {
        let stored = given.stored();
        let point = owned(&given);
        prop_assert_eq!(point.is_ok(), stored.is_some(), "{:?}", point);
        if let (Ok(point), Some(mut stored)) = (point, stored) {
            let mut batch = Batch::default();
            batch.push(&point).unwrap();
            let mut read = read_body(batch.as_bytes());
            let read = read.pop().unwrap().unwrap();
            stored.tags.sort();
            prop_assert_eq!(read, stored);
        }
    }

    /// A line, JSON, and back.
    #[test]
    fn every_form_reads_back(given in given(), timed: bool) {
        let Ok(mut point) = owned(&given) else {
            return Ok(());
        };
        if !timed {
            let mut builder = Point::builder(point.measurement());
            for (key, value) in point.tags() {
                builder = builder.tag(key, value);
            }
            for (key, value) in point.fields() {
                builder = builder.field(key, value);
            }
            point = builder.without_time().unwrap();
        }
        prop_assert_eq!(point.to_string().parse::<Point>(), Ok(point.clone()));
        let json = serde_json::to_string(&point).unwrap();
        let read: Point = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&read, &point, "{}", json);
    }

    /// Whatever text is given, what parses shows as a line that parses to the same point.
    #[test]
    fn lines_that_parse_show_as_themselves(line in super::raw_line()) {
        if let Ok(point) = line.parse::<Point>() {
            prop_assert_eq!(point.to_string().parse::<Point>(), Ok(point));
        }
    }
}

#[test]
fn a_time_is_cut_down_to_the_precision_of_the_batch() {
    let point: Point = "m f=1i -1".parse().unwrap();
    let mut batch = Batch::new(Precision::Milliseconds);
    batch.push(&point).unwrap();
    assert_eq!(batch.as_bytes(), b"m f=1i -1\n");
    let seconds = Point::parse("m f=1i 1600000000", Precision::Seconds).unwrap();
    assert_eq!(seconds.to_string(), "m f=1i 1600000000000000000");
}

#[test]
fn a_point_without_a_time_gets_one_as_the_batch_says() {
    let point: Point = "m f=1i".parse().unwrap();
    assert_eq!(point.time(), None);
    let mut batch = Batch::default();
    batch.push(&point).unwrap();
    assert!(batch.is_idempotent() && batch.line(0).starts_with(b"m f=1i 1"));
    batch.missing_time(MissingTime::ServerClock);
    batch.push(&point).unwrap();
    assert_eq!((batch.line(1), batch.is_idempotent()), (&b"m f=1i"[..], false));
}

#[test]
fn what_is_no_point_is_refused() {
    let kind = |builder: super::super::point::PointBuilder| builder.at(1).unwrap_err().kind().clone();
    assert_eq!(kind(Point::builder("m").tag("a", "b")), PointErrorKind::NoField);
    assert!(matches!(
        kind(Point::builder("m").field("f", 1i64).field("f", 1i64)),
        PointErrorKind::DuplicateField { .. }
    ));
    assert!(matches!(kind(Point::builder("m").field("f", u64::MAX)), PointErrorKind::IntegerTooLarge { .. }));
    assert!(matches!(kind(Point::builder("m").field("f", f32::NAN)), PointErrorKind::NotFinite { .. }));
    for line in ["", "m", "m f=1i 1\nm f=2i 2", "m,time=1 f=1i", "m f=1u", "# m f=1i"] {
        assert!(line.parse::<Point>().is_err(), "{line:?}");
    }
}

#[test]
fn json_that_is_no_point_is_refused_with_the_reason() {
    let f = r#""fields":{"f":{"integer":1}}"#;
    for (json, reason) in [
        (r#"{"measurement":"m","fields":{}}"#.to_owned(), "no field"),
        (format!(r#"{{"measurement":"","tags":{{}},{f}}}"#), "the measurement is empty"),
        (format!(r#"{{"measurement":"m","tags":{{"a":"1","a":"2"}},{f}}}"#), "tag \"a\" is given twice"),
        (
            r#"{"measurement":"m","fields":{"f":{"integer":1},"f":{"float":1}}}"#.to_owned(),
            "field \"f\" is given twice",
        ),
        (r#"{"measurement":"m","fields":{"f":1}}"#.to_owned(), "expected"),
        (r#"{"measurement":"m","fields":{"f":{"unsigned":1}}}"#.to_owned(), "unknown variant `unsigned`"),
        (format!(r#"{{"measurement":"m",{f},"time":9223372036854775807}}"#), "the time is outside"),
        (format!(r#"{{"measurement":"m",{f},"precision":"s"}}"#), "unknown field `precision`"),
    ] {
        let error = serde_json::from_str::<Point>(&json).unwrap_err().to_string();
        assert!(error.contains(reason), "{json}: {error}");
    }
    let least = format!(r#"{{"measurement":"m",{f}}}"#);
    assert_eq!(serde_json::from_str::<Point>(&least).unwrap().to_string(), "m f=1i");
}

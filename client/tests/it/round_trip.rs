//! Whatever the encoder accepts, the server's own parser reads back unchanged.

use influx_client::{Batch, FieldType};
use influx_server_mock::Profile;
use influx_server_mock::line::{self, FieldValue, Precision};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Value {
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Text(String),
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<f64>().prop_filter("NaN and infinities are refused", |v| v.is_finite()).prop_map(Value::Float),
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Boolean),
        names().prop_map(Value::Text),
        "\\PC*".prop_map(Value::Text),
    ]
}

/// Texts rich in what line protocol treats specially.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(
            prop_oneof![
                Just(','),
                Just('='),
                Just(' '),
                Just('"'),
                Just('\\'),
                Just('#'),
                Just('\t'),
                Just('\n'),
                Just('\0'),
                Just('a'),
                Just('é'),
                Just('\u{2028}'),
                Just('🦀')
            ],
            0..8
        )
        .prop_map(String::from_iter),
        "[a-z]{1,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn what_is_accepted_is_read_back_unchanged(
        measurement in names(),
        tags in proptest::collection::btree_map(names(), names(), 0..4),
        fields in proptest::collection::btree_map(names(), values(), 1..4),
        time in -9_223_372_036_854_775_806_i64..=9_223_372_036_854_775_806,
    ) {
        let mut batch = Batch::default();
        let mut point = batch.point(measurement.as_str());
        for (key, value) in &tags {
            point = point.tag(key.as_str(), value.as_str());
        }
        let mut all = fields.iter();
        let (name, value) = all.next().unwrap();
        let mut point = match value {
            Value::Float(v) => point.field(name.as_str(), *v),
            Value::Integer(v) => point.field(name.as_str(), *v),
            Value::Boolean(v) => point.field(name.as_str(), *v),
            Value::Text(v) => point.field(name.as_str(), v.as_str()),
        };
        for (name, value) in all {
            point = match value {
                Value::Float(v) => point.field(name.as_str(), *v),
                Value::Integer(v) => point.field(name.as_str(), *v),
                Value::Boolean(v) => point.field(name.as_str(), *v),
                Value::Text(v) => point.field(name.as_str(), v.as_str()),
            };
        }
        let accepted = point.at(time);
        if accepted.is_err() {
            prop_assert!(batch.is_empty() && batch.as_bytes().is_empty(), "a refused point leaves nothing behind");
            return Ok(());
        }
        for profile in Profile::ALL {
            let parsed = line::parse(batch.as_bytes(), Precision::Nanosecond, 0, profile);
            prop_assert_eq!(parsed.error_text(), None, "{:?}", String::from_utf8_lossy(batch.as_bytes()));
            prop_assert_eq!(parsed.points.len(), 1);
            let point = parsed.points.get(0).unwrap();
            prop_assert_eq!(point.time, time);
            let (read_measurement, read_tags) = line::split_key(point.key);
            prop_assert_eq!(&*read_measurement, measurement.as_str());
            let mut read: Vec<(String, String)> = read_tags.map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
            let wanted: Vec<(String, String)> =
                tags.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect();
            // The server sorts by the escaped key.
            read.sort();
            prop_assert_eq!(read, wanted);
            let read: Vec<_> = line::fields(point.fields).collect();
            prop_assert_eq!(read.len(), fields.len());
            for ((read_name, read_value), (name, value)) in read.iter().zip(&fields) {
                prop_assert_eq!(&**read_name, name.as_str());
                match (read_value, value) {
                    (FieldValue::Float(read), Value::Float(written)) => prop_assert_eq!(read.to_bits(), written.to_bits()),
                    (FieldValue::Integer(read), Value::Integer(written)) => prop_assert_eq!(read, written),
                    (FieldValue::Boolean(read), Value::Boolean(written)) => prop_assert_eq!(read, written),
                    (FieldValue::String(read), Value::Text(written)) => prop_assert_eq!(&**read, written.as_str()),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
        }
    }
}

/// The types that the client tells apart are those that the server does.
#[test]
fn types_have_the_servers_names() {
    for (ours, theirs) in [
        (FieldType::Float, influx_server_mock::scan::FieldType::Float),
        (FieldType::Integer, influx_server_mock::scan::FieldType::Integer),
        (FieldType::String, influx_server_mock::scan::FieldType::String),
        (FieldType::Boolean, influx_server_mock::scan::FieldType::Boolean),
    ] {
        assert_eq!(ours.to_string(), theirs.name());
    }
}

//! What a node gave back beside what should be there. Pure.

use std::collections::HashMap;

use serde_json::Value;

use super::wanted::{Expected, Wanted};
use crate::FieldType;

/// What a node has of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Every field, with the value that was sent.
    Same,
    /// Something else: another value, or some of the fields only.
    Other,
    /// None of the fields.
    Absent,
    /// Something that cannot be compared.
    Unclear,
}

/// How one field compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    Same,
    Other,
    Absent,
    Unclear,
}

/// The cells that a node gave back for one point: for each field its value, by the type that it was asked for as.
pub(super) type Cells = HashMap<String, Vec<(FieldType, Value)>>;

/// Compares a point with what a node gave back for its series and time; `None` if there was no such row. `casts` says that
/// values were asked for by type, and those with a [`twin`] as both.
pub(super) fn compare(wanted: &Wanted, cells: Option<&Cells>, casts: bool) -> Found {
    let empty = Cells::new();
    let cells = cells.unwrap_or(&empty);
    let mut counts = [0_usize; 4];
    for field in &wanted.fields {
        let given = cells.get(&field.key).map(Vec::as_slice).unwrap_or_default();
        let of = |wanted: FieldType| given.iter().find(|(of, _)| *of == wanted).map(|(_, value)| value);
        let judge = |expected: &Expected| {
            let cell = compare_cell(expected, of(field.field_type));
            match twin(expected).filter(|_| casts && cell == Cell::Same) {
                Some(other) => compare_twin(expected, of(other)),
                None => cell,
            }
        };
        let mut cell = judge(&field.value);
        if let Some(replaced) = &field.replaced
            && cell == Cell::Other
        {
            cell = judge(replaced);
        }
        counts[cell as usize] += 1;
    }
    let [same, other, absent, unclear] = counts;
    if unclear > 0 {
        Found::Unclear
    } else if other > 0 || same > 0 && absent > 0 {
        Found::Other
    } else if absent > 0 {
        // A name that the statement may not have meant proves nothing by being absent.
        if wanted.plain { Found::Absent } else { Found::Unclear }
    } else {
        Found::Same
    }
}

/// The other type that a number has to be asked for as: asked for as an integer, a server cuts the fraction of a float off, and
/// asked for as a float, it rounds a large integer.
pub(super) fn twin(expected: &Expected) -> Option<FieldType> {
    /// From here on not every integer is a float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    /// From here on no float is an integer of 64 bits.
    const LARGEST: f64 = 9_223_372_036_854_775_808.0;
    match expected {
        Expected::Integer(_) => Some(FieldType::Float),
        Expected::Float(float) => (EXACT..LARGEST).contains(&float.abs()).then_some(FieldType::Integer),
        Expected::Boolean(_) | Expected::Text(_) | Expected::Opaque => None,
    }
}

/// Whether the same number is there as the other type, too.
fn compare_twin(expected: &Expected, value: Option<&Value>) -> Cell {
    let Some(value) = value else { return Cell::Unclear };
    let same = match expected {
        // The nearest float is what a server makes of the integer.
        Expected::Integer(integer) => value.as_f64() == Some(*integer as f64),
        // Within the bounds of a twin this is exact.
        Expected::Float(float) => value.as_i64() == Some(*float as i64),
        Expected::Boolean(_) | Expected::Text(_) | Expected::Opaque => return Cell::Unclear,
    };
    if same { Cell::Same } else { Cell::Other }
}

/// Numbers are compared by value: in JSON an integer 1 and a float 1 are written alike.
fn compare_cell(expected: &Expected, value: Option<&Value>) -> Cell {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Cell::Absent };
    let same = match expected {
        Expected::Opaque => return Cell::Unclear,
        Expected::Float(float) => value.as_f64().is_some_and(|value| value == *float),
        Expected::Integer(integer) => value.as_i64() == Some(*integer),
        Expected::Boolean(boolean) => value.as_bool() == Some(*boolean),
        Expected::Text(text) => value.as_str() == Some(text),
    };
    if same { Cell::Same } else { Cell::Other }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::Batch;
    use crate::settle::wanted::read;

    fn wanted(line: &str) -> Wanted {
        let mut batch = Batch::default();
        batch.push_line(line.as_bytes()).unwrap();
        read(&batch).remove(0).unwrap()
    }

    /// As a server gives them that was asked without types.
    fn cells(of: Value) -> Cells {
        let typed = |value: Value| {
            let types = [FieldType::Float, FieldType::Integer, FieldType::Boolean, FieldType::String];
            types.map(|of| (of, value.clone())).to_vec()
        };
        of.as_object().unwrap().clone().into_iter().map(|(key, value)| (key, typed(value))).collect()
    }

    /// As a server gives a number that was asked for by type.
    fn cast(value: &Value) -> Cells {
        let float = value.as_f64().unwrap();
        let integer = value.as_i64().unwrap_or(float as i64);
        let both = vec![(FieldType::Float, json!(float)), (FieldType::Integer, json!(integer))];
        [("f".to_owned(), both)].into()
    }

    #[test]
    fn values_are_compared_exactly() {
        for (line, value, found) in [
            ("m f=1.5 1", json!({"f": 1.5}), Found::Same),
            ("m f=2 1", json!({"f": 2}), Found::Same),
            ("m f=1.5 1", json!({"f": 1.500_000_000_000_000_2}), Found::Other),
            ("m f=9007199254740993i 1", json!({"f": 9_007_199_254_740_993_i64}), Found::Same),
            ("m f=9007199254740993i 1", json!({"f": 9_007_199_254_740_992_i64}), Found::Other),
            ("m f=9007199254740993i 1", json!({"f": 9_007_199_254_740_992.0}), Found::Other),
            ("m f=t 1", json!({"f": true}), Found::Same),
            ("m f=t 1", json!({"f": false}), Found::Other),
            ("m f=t 1", json!({"f": "true"}), Found::Other),
            ("m f=\"a\" 1", json!({"f": "a"}), Found::Same),
            ("m f=\"a\" 1", json!({"f": "A"}), Found::Other),
            ("m f=1 1", json!({"f": null}), Found::Absent),
            ("m f=1 1", json!({"g": 1}), Found::Absent),
            ("m f=1,g=2 1", json!({"f": 1, "g": null}), Found::Other),
            ("m f=1,g=2 1", json!({"f": 1, "g": 2}), Found::Same),
            ("m f=1,g=2 1", json!({}), Found::Absent),
        ] {
            assert_eq!(compare(&wanted(line), Some(&cells(value.clone())), false), found, "{line} {value}");
        }
        assert_eq!(compare(&wanted("m f=1 1"), None, true), Found::Absent);
        assert_eq!(compare(&wanted("m,t=a\\b f=1 1"), None, true), Found::Unclear, "the name may be another one there");
    }

    #[test]
    fn the_last_value_of_the_batch_counts_for_all_of_its_points() {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1i64).at(1).unwrap();
        batch.point("m").field("f", 2i64).at(1).unwrap();
        let points: Vec<Wanted> = read(&batch).into_iter().map(Result::unwrap).collect();
        let found = |value: i64| {
            let cells = cells(json!({ "f": value }));
            [compare(&points[0], Some(&cells), false), compare(&points[1], Some(&cells), false)]
        };
        assert_eq!(found(2), [Found::Same, Found::Same]);
        assert_eq!(found(1), [Found::Same, Found::Other]);
        assert_eq!(found(3), [Found::Other, Found::Other]);
    }

    #[test]
    fn a_cast_does_not_make_numbers_alike() {
        for (line, value, found) in [
            ("m f=1i 1", json!(1), Found::Same),
            ("m f=1i 1", json!(1.0), Found::Same),
            ("m f=1i 1", json!(1.5), Found::Other),
            ("m f=9007199254740993i 1", json!(9_007_199_254_740_993_i64), Found::Same),
            ("m f=9007199254740992 1", json!(9_007_199_254_740_993_i64), Found::Other),
            ("m f=9007199254740992 1", json!(9_007_199_254_740_992.0), Found::Same),
            ("m f=1e300 1", json!(1e300), Found::Same),
            ("m f=1.5 1", json!(1.5), Found::Same),
        ] {
            assert_eq!(compare(&wanted(line), Some(&cast(&value)), true), found, "{line} {value}");
        }
        let alone = [("f".to_owned(), vec![(FieldType::Integer, json!(1))])].into();
        assert_eq!(compare(&wanted("m f=1i 1"), Some(&alone), true), Found::Unclear, "the other half is missing");
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(|v| json!(v)),
            any::<f64>().prop_filter("JSON has no others", |v| v.is_finite()).prop_map(|v| json!(v)),
            any::<bool>().prop_map(|v| json!(v)),
            "[a-c\"\\\\\n é]{0,4}".prop_map(|v| json!(v)),
            Just(Value::Null),
        ]
    }

    fn push(batch: &mut Batch, value: &Value) {
        let point = batch.point("m");
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(integer) => point.field("f", integer).at(1),
                None => point.field("f", number.as_f64().unwrap()).at(1),
            },
            Value::Bool(boolean) => point.field("f", *boolean).at(1),
            value => point.field("f", value.as_str().unwrap_or_default()).at(1),
        }
        .unwrap();
    }

    proptest! {
        /// What was sent is recognised after its way through JSON, and nothing else is taken for it.
        #[test]
        fn only_the_value_itself_is_the_same(sent in value(), there in value()) {
            let mut batch = Batch::default();
            push(&mut batch, &sent);
            let wanted = read(&batch).remove(0).unwrap();
            let itself = if sent.is_null() { json!("") } else { sent.clone() };
            let text = json!({ "f": &itself }).to_string();
            prop_assert_eq!(compare(&wanted, Some(&cells(serde_json::from_str(&text).unwrap())), false), Found::Same);
            let expected = match &there {
                Value::Null => Found::Absent,
                there if *there == itself => Found::Same,
                // A float that is an integer is written as one.
                Value::Number(n) if itself.is_f64() && n.as_f64() == itself.as_f64() => Found::Same,
                _ => Found::Other,
            };
            prop_assert_eq!(compare(&wanted, Some(&cells(json!({ "f": there }))), false), expected);
        }
    }
}

//! What a node gave back beside what should be there. Pure.

use std::collections::HashMap;

use serde_json::Value;

use super::wanted::{Expected, Wanted};

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

/// The cells that a node gave back for one point: values by field.
pub(super) type Cells = HashMap<String, Value>;

/// Compares a point with what a node gave back for its series and time; `None` if there was no such row.
pub(super) fn compare(wanted: &Wanted, cells: Option<&Cells>) -> Found {
    let empty = Cells::new();
    let cells = cells.unwrap_or(&empty);
    let mut counts = [0_usize; 4];
    for field in &wanted.fields {
        let value = cells.get(&field.key);
        let mut cell = compare_cell(&field.value, value);
        if let Some(replaced) = &field.replaced
            && cell == Cell::Other
        {
            cell = compare_cell(replaced, value);
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

    fn cells(of: Value) -> Cells {
        of.as_object().unwrap().clone().into_iter().collect()
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
            assert_eq!(compare(&wanted(line), Some(&cells(value.clone()))), found, "{line} {value}");
        }
        assert_eq!(compare(&wanted("m f=1 1"), None), Found::Absent);
        assert_eq!(compare(&wanted("m,t=a\\b f=1 1"), None), Found::Unclear, "the name may be another one there");
    }

    #[test]
    fn the_last_value_of_the_batch_counts_for_all_of_its_points() {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1i64).at(1).unwrap();
        batch.point("m").field("f", 2i64).at(1).unwrap();
        let points: Vec<Wanted> = read(&batch).into_iter().map(Result::unwrap).collect();
        let found = |value: i64| {
            let cells = cells(json!({ "f": value }));
            [compare(&points[0], Some(&cells)), compare(&points[1], Some(&cells))]
        };
        assert_eq!(found(2), [Found::Same, Found::Same]);
        assert_eq!(found(1), [Found::Same, Found::Other]);
        assert_eq!(found(3), [Found::Other, Found::Other]);
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
            prop_assert_eq!(compare(&wanted, Some(&serde_json::from_str(&text).unwrap())), Found::Same);
            let expected = match &there {
                Value::Null => Found::Absent,
                there if *there == itself => Found::Same,
                // A float that is an integer is written as one.
                Value::Number(n) if itself.is_f64() && n.as_f64() == itself.as_f64() => Found::Same,
                _ => Found::Other,
            };
            prop_assert_eq!(compare(&wanted, Some(&cells(json!({ "f": there })))), expected);
        }
    }
}

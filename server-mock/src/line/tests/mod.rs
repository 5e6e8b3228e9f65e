#![allow(clippy::unwrap_used)]

mod captured;
mod measured;
mod properties;

use std::fmt::Write as _;

use super::{FieldValue, Precision, fields, parse};
use crate::Profile;

const NOW: i64 = 1_234_567_890_123_456_789;

/// A body's points and errors in one text; see `measured`.
fn shown(body: &[u8], precision: Precision, profile: Profile) -> String {
    let parsed = parse(body, precision, NOW, profile);
    let points = parsed.points.iter().map(|point| {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in fields(point.fields) {
            // 0.10 keeps one value of a name, the last.
            all.retain(|(known, _)| profile == Profile::V1_8 || *known != name);
            let value = match value {
                FieldValue::Float(value) => format!("F{value:?}"),
                FieldValue::Integer(value) => format!("I{value}"),
                FieldValue::Boolean(value) => format!("B{value}"),
                FieldValue::String(value) => format!("S{value}"),
            };
            all.push((name.into_owned(), value));
        }
        let fields: Vec<_> = all.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {} {}", String::from_utf8_lossy(point.key), fields.join(","), point.time)
    });
    let mut shown = points.collect::<Vec<_>>().join(" | ");
    if let Some(errors) = parsed.error_text() {
        write!(shown, "{}! {errors}", if shown.is_empty() { "" } else { " " }).unwrap();
    }
    shown
}

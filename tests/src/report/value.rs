//! Any JSON as a table: files of which a page knows no more than that they are there.

use maud::{Markup, html};
use serde_json::{Map, Value};

/// More rows are counted and not shown.
const MOST_ROWS: usize = 100;

/// A value as text or as a table of its parts.
pub(super) fn value(value: &Value) -> Markup {
    match value {
        Value::Null => html! { span class="faint" { "–" } },
        Value::Bool(true) => html! { "yes" },
        Value::Bool(false) => html! { "no" },
        Value::Number(number) => html! { (number) },
        Value::String(text) => html! { (text) },
        Value::Object(map) => object(map),
        Value::Array(values) => array(values),
    }
}

/// A list of facts; an object without keys has none.
pub(super) fn facts(map: &Map<String, Value>) -> Markup {
    html! {
        dl class="facts" {
            @for (key, one) in map {
                dt { (words(key)) }
                dd { (value(one)) }
            }
        }
    }
}

fn object(map: &Map<String, Value>) -> Markup {
    if let Some(text) = share(map) {
        return html! { (text) };
    }
    html! {
        table {
            @for (key, one) in map {
                tr { th { (words(key)) } td { (value(one)) } }
            }
        }
    }
}

fn array(values: &[Value]) -> Markup {
    let shown = &values[..values.len().min(MOST_ROWS)];
    let rest = values.len() - shown.len();
    let columns = columns(shown);
    html! {
        @if values.is_empty() {
            span class="faint" { "none" }
        } @else if columns.is_empty() {
            @if shown.iter().all(|one| !one.is_array() && !one.is_object()) {
                @for (number, one) in shown.iter().enumerate() {
                    @if number > 0 { ", " }
                    (value(one))
                }
            } @else {
                table { @for one in shown { tr { td { (value(one)) } } } }
            }
        } @else {
            table {
                thead { tr { @for column in &columns { th { (column.name()) } } } }
                tbody {
                    @for one in shown {
                        tr { @for column in &columns { td { @if let Some(one) = column.of(one) { (value(one)) } } } }
                    }
                }
            }
        }
        @if rest > 0 { p class="remark" { "and " (rest) " more" } }
    }
}

/// A column of a table: a key of the rows, or a key of what is under it.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    key: String,
    inner: Option<String>,
}

impl Column {
    fn name(&self) -> String {
        self.inner.as_ref().map_or_else(|| words(&self.key), |inner| format!("{}: {}", words(&self.key), words(inner)))
    }

    fn of<'a>(&self, row: &'a Value) -> Option<&'a Value> {
        let found = row.get(&self.key)?;
        self.inner.as_ref().map_or(Some(found), |inner| found.get(inner))
    }
}

/// The columns of a table, in the order in which they are met; none where the values are not all objects, or each is a
/// share. Small objects in every row are columns of their own.
fn columns(values: &[Value]) -> Vec<Column> {
    let mut keys: Vec<&String> = Vec::new();
    for value in values {
        let Value::Object(map) = value else { return Vec::new() };
        if share(map).is_some() {
            return Vec::new();
        }
        for key in map.keys() {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    let mut columns = Vec::new();
    for key in keys {
        match small(values.iter().filter_map(|value| value.get(key))) {
            Some(inner) => {
                columns.extend(inner.into_iter().map(|inner| Column { key: key.clone(), inner: Some(inner) }));
            }
            None => columns.push(Column { key: key.clone(), inner: None }),
        }
    }
    columns
}

/// The keys of these values, if all are small objects of plain values.
fn small<'a>(values: impl Iterator<Item = &'a Value>) -> Option<Vec<String>> {
    let mut keys: Vec<String> = Vec::new();
    for value in values {
        let Value::Object(map) = value else { return None };
        if share(map).is_some()
            || map.values().any(|one| one.is_object() || one.as_array().is_some_and(|all| !all.is_empty()))
        {
            return None;
        }
        for key in map.keys() {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
    }
    (1..=8).contains(&keys.len()).then_some(keys)
}

/// So many of so many, as figures are counted.
fn share(map: &Map<String, Value>) -> Option<String> {
    let (k, n) = (map.get("k")?.as_u64()?, map.get("n")?.as_u64()?);
    if map.len() != 2 {
        return None;
    }
    let percent = if n > 0 { format!(" ({:.0} %)", 100.0 * k as f64 / n as f64) } else { String::new() };
    Some(format!("{k} of {n}{percent}"))
}

/// A key in words: `ackedMissing` and `acked_missing` are "acked missing".
pub(super) fn words(key: &str) -> String {
    let mut words = String::new();
    let mut before = None;
    for letter in key.chars() {
        if letter == '_' {
            words.push(' ');
        } else if letter.is_ascii_uppercase() && before.is_some_and(|before: char| before.is_ascii_lowercase()) {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
        before = Some(letter);
    }
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_tables() {
        assert_eq!(value(&json!({"k": 3, "n": 12})).into_string(), "3 of 12 (25 %)");
        let table = value(&json!([{"a": 1}, {"b": "<"}])).into_string();
        assert!(table.contains("<th>a</th><th>b</th>") && table.contains("<td>&lt;</td>"), "{table}");
        assert_eq!(value(&json!(["x", 2])).into_string(), "x, 2");
        let inner = value(&json!([{"met": {"all": 1, "none": 2}, "share": {"k": 1, "n": 2}}])).into_string();
        assert!(inner.contains("<th>met: all</th><th>met: none</th><th>share</th>"), "{inner}");
        let long: Vec<u32> = (0..150).collect();
        assert!(value(&json!(long)).into_string().contains("and 50 more"));
    }

    #[test]
    fn keys_are_read_as_words() {
        assert_eq!(
            ["ackedMissing", "first_writes", "p99", "SHARDS"].map(words),
            ["acked missing", "first writes", "p99", "SHARDS"]
        );
    }
}

//! The JSON batch format that 0.10 takes on `/write` beside line protocol.
//!
//! ```json
//! {"database": "d", "retentionPolicy": "r", "tags": {"host": "a"}, "time": "2016-02-20T20:26:40Z", "precision": "s",
//!  "points": [{"measurement": "cpu", "tags": {"core": "1"}, "fields": {"v": 1.5}, "time": 1456000000}]}
//! ```
//!
//! Tags and time of the batch hold for points that have none of their own; so does the precision, but it only rounds:
//! what a number counts says the object that holds it, seconds unless it says otherwise. Numbers are floats.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::go::Quoted;
use crate::line;
use crate::{Points, Profile};

/// Whether a body is in this format: its header says so, or it begins with a brace.
pub(super) fn is_json(headers: &HeaderMap, body: &[u8]) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
        || body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// Why a batch is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JsonError {
    /// Not JSON, or cut short; in the words of Go's decoder where they are known.
    #[error("{0}")]
    Syntax(String),
    /// A value of another type than the format has there.
    #[error("json: cannot unmarshal {found} into Go value of type {wanted}")]
    Type { found: &'static str, wanted: &'static str },
    /// A time that is none.
    #[error("{0}")]
    Time(String),
    /// A point that cannot be stored.
    #[error("{0}")]
    Point(String),
}

/// A batch, decoded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Batch {
    pub(super) database: String,
    pub(super) retention_policy: String,
    now: i64,
    lines: Vec<Point>,
}

#[derive(Clone, Debug, PartialEq)]
struct Point {
    measurement: String,
    tags: BTreeMap<String, String>,
    fields: Map<String, Value>,
    time: i64,
}

impl Batch {
    /// Reads the first JSON value of a body; what follows it is not looked at. `now` is the time of points without one,
    /// in nanoseconds.
    pub(super) fn decode(body: &[u8], now: i64) -> Result<Self, JsonError> {
        let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
        let batch = match values.next() {
            Some(Ok(Value::Object(batch))) => batch,
            Some(Ok(other)) => return Err(mismatch(&other, "client.BatchPoints")),
            Some(Err(why)) => return Err(JsonError::Syntax(syntax(&why, body))),
            // An empty body is taken for a batch of nothing.
            None => Map::new(),
        };
        let precision = text(&batch, "precision")?;
        let time = time(&batch, &precision)?.map(|time| round(time, &precision));
        let tags = tags(&batch)?;
        let lines = match member(&batch, "points") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(points)) => {
                let read = |value| Point::decode(value, &tags, &precision, time.unwrap_or(now));
                points.iter().map(read).collect::<Result<_, _>>()?
            }
            Some(other) => return Err(mismatch(other, "[]client.Point")),
        };
        Ok(Self { database: text(&batch, "database")?, retention_policy: text(&batch, "retentionPolicy")?, now, lines })
    }

    /// The points, checked as line protocol is: one bad point refuses the batch.
    pub(super) fn points(&self) -> Result<Points, JsonError> {
        let mut body = Vec::new();
        for point in &self.lines {
            point.line(&mut body)?;
        }
        let parsed = line::parse(&body, line::Precision::Nanosecond, self.now, Profile::V0_10);
        match parsed.error_text() {
            Some(text) => Err(JsonError::Point(text)),
            None => Ok(parsed.points),
        }
    }
}

impl Point {
    fn decode(
        value: &Value,
        batch_tags: &BTreeMap<String, String>,
        batch_precision: &str,
        batch_time: i64,
    ) -> Result<Self, JsonError> {
        let Value::Object(point) = value else { return Err(mismatch(value, "client.Point")) };
        let own_precision = text(point, "precision")?;
        let own_time = time(point, &own_precision)?;
        let precision = if own_precision.is_empty() { batch_precision } else { &own_precision };
        let mut all_tags = tags(point)?;
        for (key, value) in batch_tags {
            let own = all_tags.entry(key.clone()).or_default();
            if own.is_empty() {
                own.clone_from(value);
            }
        }
        let fields = match member(point, "fields") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(fields)) => fields.clone(),
            Some(other) => return Err(mismatch(other, "map[string]interface {}")),
        };
        Ok(Self {
            measurement: text(point, "measurement")?,
            tags: all_tags,
            fields,
            time: round(own_time.unwrap_or(batch_time), precision),
        })
    }

    /// Appends the point as a line.
    fn line(&self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let refuse = |why: &str| Err(JsonError::Point(why.to_owned()));
        if self.measurement.is_empty() {
            return refuse("missing measurement");
        }
        if self.fields.values().all(Value::is_null) {
            return refuse("missing fields");
        }
        name(out, &self.measurement, b", ")?;
        // An empty value is no tag.
        for (key, value) in self.tags.iter().filter(|(_, value)| !value.is_empty()) {
            out.push(b',');
            name(out, key, b",= ")?;
            out.push(b'=');
            name(out, value, b",= ")?;
        }
        let mut separator = b' ';
        for (key, value) in &self.fields {
            let start = out.len();
            out.push(separator);
            name(out, key, b",= ")?;
            out.push(b'=');
            match value {
                // No value, no field.
                Value::Null => {
                    out.truncate(start);
                    continue;
                }
                Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
                Value::Number(number) => match number.as_f64() {
                    Some(value) if value.abs() < 1e15 => out.extend_from_slice(value.to_string().as_bytes()),
                    Some(value) if value.is_finite() => out.extend_from_slice(format!("{value:e}").as_bytes()),
                    Some(_) | None => return refuse("invalid number"),
                },
                Value::String(value) => {
                    out.push(b'"');
                    for byte in value.bytes() {
                        if matches!(byte, b'"' | b'\\') {
                            out.push(b'\\');
                        }
                        out.push(byte);
                    }
                    out.push(b'"');
                }
                Value::Array(_) | Value::Object(_) => return refuse("invalid field format"),
            }
            separator = b',';
        }
        out.push(b' ');
        out.extend_from_slice(self.time.to_string().as_bytes());
        out.push(b'\n');
        Ok(())
    }
}

/// Appends a name with `special` bytes escaped. What line protocol has no way to say is refused.
fn name(out: &mut Vec<u8>, name: &str, special: &[u8]) -> Result<(), JsonError> {
    if name.contains('\n') || name.ends_with('\\') {
        return Err(JsonError::Point(format!("unable to parse {}: invalid name", Quoted(name))));
    }
    for byte in name.bytes() {
        // At the start of a line it would make a comment of it.
        if special.contains(&byte) || (byte == b'#' && out.last().is_none_or(|last| *last == b'\n')) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    Ok(())
}

/// Go's decoder takes names in any case.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn text(object: &Map<String, Value>, name: &str) -> Result<String, JsonError> {
    match member(object, name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(mismatch(other, "string")),
    }
}

fn tags(object: &Map<String, Value>) -> Result<BTreeMap<String, String>, JsonError> {
    let tags = match member(object, "tags") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(tags)) => tags,
        Some(other) => return Err(mismatch(other, "map[string]string")),
    };
    let tag = |(key, value): (&String, &Value)| match value {
        Value::String(value) => Ok((key.clone(), value.clone())),
        other => Err(mismatch(other, "string")),
    };
    tags.iter().map(tag).collect()
}

/// A time in nanoseconds: RFC 3339, or a number of what `precision` says.
fn time(object: &Map<String, Value>, precision: &str) -> Result<Option<i64>, JsonError> {
    let out_of_range = || JsonError::Time("time outside range".to_owned());
    match member(object, "time") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => {
            let Some(count) = number.as_i64() else { return Err(mismatch(&Value::Number(number.clone()), "int64")) };
            let unit = match precision {
                "" | "s" => 1_000_000_000,
                "n" => 1,
                "u" => 1_000,
                "ms" => 1_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                other => return Err(JsonError::Time(format!("Unknown precision {other:?}"))),
            };
            count.checked_mul(unit).map(Some).ok_or_else(out_of_range)
        }
        Some(Value::String(given)) => {
            let parsed: jiff::Timestamp = given.parse().map_err(|_| {
                JsonError::Time(format!("parsing time {given:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse"))
            })?;
            i64::try_from(parsed.as_nanosecond()).map(Some).map_err(|_| out_of_range())
        }
        Some(other) => Err(mismatch(other, "time.Time")),
    }
}

/// To the nearest, halves up, as Go rounds a time.
fn round(time: i64, precision: &str) -> i64 {
    let unit: i64 = match precision {
        "u" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return time,
    };
    let past = time.rem_euclid(unit);
    if past * 2 < unit { time.saturating_sub(past) } else { time.saturating_add(unit - past) }
}

fn mismatch(found: &Value, wanted: &'static str) -> JsonError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    JsonError::Type { found, wanted }
}

/// Names the byte that Go's decoder would have stumbled over.
fn syntax(why: &serde_json::Error, body: &[u8]) -> String {
    if why.is_eof() {
        return "unexpected EOF".to_owned();
    }
    let line = body.split(|byte| *byte == b'\n').nth(why.line().saturating_sub(1)).unwrap_or_default();
    match line.get(why.column().saturating_sub(1)) {
        Some(byte) => format!("invalid character {:?} looking for beginning of value", char::from(*byte)),
        None => "unexpected EOF".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(body: &str) -> Vec<String> {
        let points = Batch::decode(body.as_bytes(), 7).unwrap().points().unwrap();
        let show = |point: crate::Point<'_>| {
            let (key, fields) = (String::from_utf8_lossy(point.key), String::from_utf8_lossy(point.fields));
            format!("{key} {fields} {}", point.time)
        };
        points.iter().map(show).collect()
    }

    fn refused(body: &str) -> String {
        match Batch::decode(body.as_bytes(), 7).and_then(|batch| batch.points()) {
            Ok(points) => panic!("{points:?}"),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn tags_and_time_of_the_batch_hold_where_a_point_has_none() {
        let body = r#"{"database":"d","tags":{"a":"1","b":"2"},"time":"1970-01-01T00:00:01Z","points":[
            {"measurement":"m","tags":{"b":"own"},"fields":{"v":1},"time":2},
            {"measurement":"m","fields":{"s":"x\"y","t":true,"n":null}}]}"#;
        assert_eq!(lines(body), ["m,a=1,b=own v=1 2000000000", r#"m,a=1,b=2 s="x\"y",t=true 1000000000"#]);
        assert_eq!(lines(r#"{"points":[{"measurement":"m","fields":{"v":1.5}}]}"#), ["m v=1.5 7"]);
    }

    #[test]
    fn a_number_counts_what_its_own_object_says() {
        let body = r#"{"precision":"s","points":[{"measurement":"m","fields":{"v":1},"time":1500,"precision":"ms"},
            {"measurement":"m","fields":{"v":1},"time":3}]}"#;
        assert_eq!(lines(body), ["m v=1 1500000000", "m v=1 3000000000"]);
        let rounded =
            r#"{"precision":"s","points":[{"measurement":"m","fields":{"v":1},"time":"1970-01-01T00:00:01.5Z"}]}"#;
        assert_eq!(lines(rounded), ["m v=1 2000000000"]);
    }

    #[test]
    fn names_cannot_leave_their_place() {
        let body = r##"{"points":[{"measurement":"#a b,c","tags":{"k=":"v, w"},"fields":{"f ":1}}]}"##;
        assert_eq!(lines(body), [r"\#a\ b\,c,k\==v\,\ w f\ =1 7"]);
        for name in [r"m v=1 1\nn", r"m\\"] {
            let body = format!(r#"{{"points":[{{"measurement":"{name}","fields":{{"v":1}}}}]}}"#);
            assert!(refused(&body).contains("invalid name"), "{name}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(refused("{\"database\":"), "unexpected EOF");
        assert_eq!(refused("{\"points\":1}"), "json: cannot unmarshal number into Go value of type []client.Point");
        assert_eq!(refused("{x}"), "invalid character 'x' looking for beginning of value");
        assert_eq!(refused(r#"{"points":[{"fields":{"v":1}}]}"#), "missing measurement");
        assert_eq!(refused(r#"{"points":[{"measurement":"m"}]}"#), "missing fields");
        assert!(refused(&format!("{{\"points\":{}", "[".repeat(100_000))).contains("invalid character"));
    }

    #[test]
    fn the_format_is_told_by_header_or_brace() {
        let plain = HeaderMap::new();
        assert!(is_json(&plain, b" \n{"));
        assert!(!is_json(&plain, b"m v=1"));
        let json = HeaderMap::from_iter([(CONTENT_TYPE, "application/json".parse().unwrap())]);
        assert!(is_json(&json, b"m v=1"));
    }

    #[test]
    fn a_batch_of_any_bytes_is_points_or_an_error() {
        let words = [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"points\"",
            "\"measurement\"",
            "\"m\"",
            "\"fields\"",
            "\"v\"",
            "1",
            "1e999",
            "\"time\"",
            "\"precision\"",
            "\"h\"",
            "9223372036854775807",
            "\"tags\"",
            "null",
            "\"\\n\"",
            "\"a b\"",
            "true",
            "{\"points\":[{\"measurement\":\"m\",\"fields\":{\"v\":",
            "\"1677-09-21T00:12:43Z\"",
            "-",
        ];
        bolero::check!().with_iterations(2_000).for_each(|bytes: &[u8]| {
            let spelled: String = bytes.iter().map(|byte| words[usize::from(*byte) % words.len()]).collect();
            for body in [bytes, spelled.as_bytes()] {
                if let Ok(points) = Batch::decode(body, 7).and_then(|batch| batch.points()) {
                    assert!(points.bytes() <= 400 * (body.len() + 1));
                }
            }
        });
    }
}

//! What a batch says should be stored, read from its own lines.

use std::collections::{BTreeMap, HashMap};

use crate::{Batch, FieldType, RawLine};

/// A value of a field, as a server should give it back.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expected {
    Float(f64),
    Integer(i64),
    Boolean(bool),
    Text(String),
    /// No text that JSON can carry: it cannot be compared.
    Opaque,
}

/// A field of a point.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct WantedField {
    pub(super) key: String,
    pub(super) field_type: FieldType,
    pub(super) value: Expected,
    /// The value that a later point of the batch gives the same cell: it may stand there instead.
    pub(super) replaced: Option<Expected>,
}

/// A point that can be looked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    /// Its place in the batch.
    pub(super) index: usize,
    pub(super) measurement: String,
    /// Tags in the order of their keys.
    pub(super) tags: BTreeMap<String, String>,
    /// The series key as servers hash it.
    pub(super) key: Box<[u8]>,
    /// Nanoseconds since 1970.
    pub(super) time: i64,
    pub(super) fields: Vec<WantedField>,
    /// Every name is one that a statement surely names: only then does an empty answer mean something.
    pub(super) plain: bool,
    /// A field has the key of a tag: a statement that names no types may mean either.
    pub(super) ambiguous: bool,
}

/// Why a point of a batch cannot be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotWanted {
    /// It carries no time: the server gave it one that nobody else knows.
    NoTime,
    /// The line is not one that this client can read back.
    Unreadable,
}

/// Reads every point of a batch.
pub(super) fn read(batch: &Batch) -> Vec<Result<Wanted, NotWanted>> {
    let unit = batch.precision().nanoseconds();
    let mut points: Vec<_> = (0..batch.points()).map(|index| point(batch.line(index), index, unit)).collect();
    note_replacements(&mut points);
    points
}

fn point(line: &[u8], index: usize, unit: i64) -> Result<Wanted, NotWanted> {
    let line = RawLine::parse(line).map_err(|_| NotWanted::Unreadable)?;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| NotWanted::Unreadable);
    let time = line.timestamp().ok_or(NotWanted::NoTime)?.checked_mul(unit).ok_or(NotWanted::Unreadable)?;
    let measurement = text(&line.measurement())?;
    let mut tags = BTreeMap::new();
    for (key, value) in line.tags() {
        tags.insert(text(&key)?, text(&value)?);
    }
    let mut fields: Vec<WantedField> = Vec::new();
    for field in line.fields() {
        let key = text(&field.key)?;
        let value = expected(field.field_type, field.value).ok_or(NotWanted::Unreadable)?;
        if fields.iter().any(|other| other.key == key) {
            // Which of two values of one field a server keeps is its own affair.
            return Err(NotWanted::Unreadable);
        }
        fields.push(WantedField { key, field_type: field.field_type, value, replaced: None });
    }
    // A server drops these, and shows the time of the point under the name.
    if tags.contains_key("time") || fields.iter().any(|field| field.key == "time") {
        return Err(NotWanted::Unreadable);
    }
    let names = tags.iter().flat_map(|(key, value)| [key, value]).chain(fields.iter().map(|field| &field.key));
    let plain = names.chain([&measurement]).all(|name| is_plain(name));
    let ambiguous = fields.iter().any(|field| tags.contains_key(&field.key));
    Ok(Wanted { index, key: sorted_key(line.key()), measurement, tags, time, fields, plain, ambiguous })
}

fn is_plain(name: &str) -> bool {
    !name.contains(|c: char| c.is_control() || c == '\\')
}

fn expected(field_type: FieldType, raw: &[u8]) -> Option<Expected> {
    let text = std::str::from_utf8(raw);
    Some(match field_type {
        FieldType::Float => Expected::Float(text.ok()?.parse().ok()?),
        FieldType::Integer => Expected::Integer(text.ok()?.strip_suffix('i')?.parse().ok()?),
        // No line of this client has one.
        FieldType::Unsigned => return None,
        FieldType::Boolean => Expected::Boolean(matches!(raw.first()?, b't' | b'T')),
        FieldType::String => {
            let inner = raw.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
            match String::from_utf8(crate::line::unescape(inner, b"\"\\").into_owned()) {
                Ok(text) => Expected::Text(text),
                Err(_) => Expected::Opaque,
            }
        }
    })
}

/// The series key with its tags in the order of their keys as they are written, which is how a server keeps it.
fn sorted_key(key: &[u8]) -> Box<[u8]> {
    let parts: Vec<&[u8]> = split(key, b',').collect();
    let (measurement, tags) = parts.split_first().expect("a split gives at least one part");
    let mut tags = tags.to_vec();
    tags.sort_by_key(|tag| split(tag, b'=').next());
    [&[*measurement], tags.as_slice()].concat().join(&b','.to_owned()).into()
}

/// The parts between separators that no backslash stands before.
fn split(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut escaped = false;
    text.split(move |&byte| {
        let ends = byte == separator && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Of several values for one series, field and time the last one stays.
fn note_replacements(points: &mut [Result<Wanted, NotWanted>]) {
    let mut last: HashMap<(Box<[u8]>, i64), Vec<usize>> = HashMap::new();
    for (index, point) in points.iter().enumerate() {
        if let Ok(point) = point {
            last.entry((point.key.clone(), point.time)).or_default().push(index);
        }
    }
    for same in last.into_values().filter(|same| same.len() > 1) {
        let mut values: HashMap<String, Expected> = HashMap::new();
        for index in same.into_iter().rev() {
            let Ok(point) = &mut points[index] else { continue };
            for field in &mut point.fields {
                match values.get(&field.key) {
                    Some(value) => field.replaced = Some(value.clone()),
                    None => {
                        values.insert(field.key.clone(), field.value.clone());
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{MissingTime, Precision};

    fn one(line: &str) -> Result<Wanted, NotWanted> {
        point(line.as_bytes(), 0, 1)
    }

    #[test]
    fn a_line_is_read_as_a_server_keeps_it() {
        let point = one(r#"disk\ io,dev=sd\,a,a=1 r=7i,w=1.5,ok=t,s="a\"\\b" 5"#).unwrap();
        assert_eq!(point.measurement, "disk io");
        assert_eq!(point.tags, [("a".into(), "1".into()), ("dev".into(), "sd,a".into())].into());
        assert_eq!(&*point.key, br"disk\ io,a=1,dev=sd\,a");
        let values: Vec<_> = point.fields.iter().map(|field| field.value.clone()).collect();
        let text = Expected::Text("a\"\\b".into());
        assert_eq!(values, [Expected::Integer(7), Expected::Float(1.5), Expected::Boolean(true), text]);
        assert_eq!((point.time, point.plain), (5, true));
        assert!(!one("m,t=a\\b f=1 1").unwrap().plain);
    }

    #[test]
    fn units_become_nanoseconds() {
        let mut batch = Batch::new(Precision::Seconds);
        batch.point("m").field("f", 1i64).at(-3).unwrap();
        assert_eq!(read(&batch)[0].as_ref().unwrap().time, -3_000_000_000);
    }

    #[test]
    fn what_cannot_be_looked_for_is_told() {
        let mut batch = Batch::default();
        batch.point("m").field("f", 1i64).server_time().unwrap();
        assert_eq!(read(&batch), [Err(NotWanted::NoTime)]);
        let mut raw = Batch::default();
        raw.missing_time(MissingTime::ServerClock).push_unchecked_line(b"junk").unwrap();
        assert_eq!(read(&raw), [Err(NotWanted::Unreadable)]);
        assert_eq!(point(b"m f=\"\xff\" 1", 0, 1).unwrap().fields[0].value, Expected::Opaque);
        for line in ["m f=1,f=2 1", "m time=1i 1", "m,time=a f=1 1"] {
            assert_eq!(one(line), Err(NotWanted::Unreadable), "{line}");
        }
        assert!(one("m,f=a f=1 1").unwrap().ambiguous);
    }

    #[test]
    fn a_later_point_of_the_batch_may_have_replaced_an_earlier_one() {
        let mut batch = Batch::default();
        for value in 1..=3i64 {
            batch.point("m").tag("a", "1").tag("b", "2").field("f", value).at(7).unwrap();
        }
        batch.push_line(b"m,b=2,a=1 g=1i 7").unwrap();
        let points = read(&batch);
        let replaced = |index: usize| points[index].as_ref().unwrap().fields[0].replaced.clone();
        assert_eq!([replaced(0), replaced(1)], [Some(Expected::Integer(3)), Some(Expected::Integer(3))]);
        assert_eq!([replaced(2), replaced(3)], [None, None]);
    }
}

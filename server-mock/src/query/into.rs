//! `SELECT … INTO`: rows become points.

use super::QueryError;
use super::ast::Select;
use super::number;
use super::result::Row;
use super::value::Value;
use crate::points::{Point, Points};

/// The points that rows of a `SELECT … INTO` are to be written as, without those that have no value.
///
/// The statement's target names the measurement, or each row's own where the target leaves it open.
///
/// # Errors
/// [`QueryError`] when the rows have no column `time`.
pub fn into_points(select: &Select, rows: &[Row]) -> Result<Points, QueryError> {
    let named = select.target.as_ref().map(|target| target.name.as_str()).filter(|name| !name.is_empty());
    let mut points = Points::new();
    let mut fields = String::new();
    for row in rows {
        let time_at = row.columns.iter().position(|column| column == "time");
        let time_at = time_at.ok_or_else(|| QueryError::invalid("error finding time index in result"))?;
        let key = key(named.unwrap_or(&row.name), &row.tags);
        for values in &row.values {
            let Some(Value::Time(time)) = values.get(time_at) else {
                return Err(QueryError::invalid("error finding time index in result"));
            };
            fields.clear();
            for (at, (column, value)) in row.columns.iter().zip(values).enumerate() {
                if at != time_at {
                    write_field(&mut fields, column, value);
                }
            }
            if !fields.is_empty() {
                points.push(Point { key: key.as_bytes(), fields: fields.as_bytes(), time: *time });
            }
        }
    }
    Ok(points)
}

/// What a `SELECT … INTO` answers: how many points were written.
#[must_use]
pub fn into_result(written: usize) -> Row {
    Row {
        name: "result".to_owned(),
        columns: vec!["time".to_owned(), "written".to_owned()],
        values: vec![vec![Value::Time(0), Value::Integer(i64::try_from(written).unwrap_or(i64::MAX))]],
        ..Row::default()
    }
}

fn escape(out: &mut String, text: &str, special: &[char]) {
    for c in text.chars() {
        if special.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
}

fn key(measurement: &str, tags: &[(String, String)]) -> String {
    let mut key = String::new();
    escape(&mut key, measurement, &[',', ' ']);
    // A tag without a value is no tag.
    for (name, value) in tags.iter().filter(|(_, value)| !value.is_empty()) {
        key.push(',');
        escape(&mut key, name, &[',', '=', ' ']);
        key.push('=');
        escape(&mut key, value, &[',', '=', ' ']);
    }
    key
}

fn write_field(out: &mut String, column: &str, value: &Value) {
    let text = match value {
        Value::Null | Value::Time(_) | Value::List(_) => return,
        Value::Float(value) => match number::json(*value) {
            Some(text) => text,
            None => return,
        },
        Value::Integer(value) => format!("{value}i"),
        Value::Unsigned(value) => format!("{value}u"),
        Value::Boolean(value) => value.to_string(),
        Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    if !out.is_empty() {
        out.push(',');
    }
    escape(out, column, &[',', '=', ' ']);
    out.push('=');
    out.push_str(&text);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::query::ast::Measurement;

    #[test]
    fn rows_become_lines() {
        let row = Row {
            name: "cpu".to_owned(),
            tags: vec![("host".to_owned(), "a b".to_owned()), ("region".to_owned(), String::new())],
            columns: ["time", "a b", "i", "s"].map(str::to_owned).to_vec(),
            values: vec![
                vec![Value::Time(-5), Value::Float(1e21), Value::Integer(2), Value::from("x\"\\y")],
                vec![Value::Time(6), Value::Null, Value::Null, Value::Float(f64::NAN)],
            ],
            ..Row::default()
        };
        let select = Select {
            target: Some(Measurement { name: "my tgt".to_owned(), ..Measurement::default() }),
            ..Select::default()
        };
        let points = into_points(&select, std::slice::from_ref(&row)).unwrap();
        assert_eq!(points.len(), 1);
        let point = points.get(0).unwrap();
        assert_eq!(std::str::from_utf8(point.key).unwrap(), "my\\ tgt,host=a\\ b");
        assert_eq!(std::str::from_utf8(point.fields).unwrap(), "a\\ b=1e+21,i=2i,s=\"x\\\"\\\\y\"");
        assert_eq!(point.time, -5);
        let open = Select { target: Some(Measurement::default()), ..Select::default() };
        assert_eq!(into_points(&open, &[row]).unwrap().get(0).unwrap().key, b"cpu,host=a\\ b");
        let timeless = Row { columns: vec!["t".to_owned()], ..Row::default() };
        assert!(into_points(&open, &[timeless]).is_err());
    }
}

//! CSV: name, tags and the columns.

use super::{Style, shown};
use crate::query::result::StatementResult;
use crate::query::value::Value;

/// How far the output is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Position {
    /// The statement whose header was written.
    statement: Option<usize>,
}

/// A header for each statement with rows and an empty line between statements. Statements without rows, those with an
/// error among them, leave no trace.
pub(super) fn body(results: &[StatementResult], style: &Style, position: &mut Position) -> Vec<u8> {
    let mut out = String::new();
    for result in results {
        let Some(first) = result.series.first() else { continue };
        if position.statement != Some(result.statement_id) {
            if position.statement.is_some() {
                out.push('\n');
            }
            position.statement = Some(result.statement_id);
            let header = ["name", "tags"].into_iter().chain(first.columns.iter().map(String::as_str));
            write_line(&mut out, header);
        }
        for row in &result.series {
            let tags: Vec<String> = row.tags.iter().map(|(key, value)| tag(key, value)).collect();
            let tags = tags.join(",");
            for values in &row.values {
                let cells: Vec<String> = values.iter().map(|value| cell(value, style)).collect();
                let line = [row.name.as_str(), tags.as_str()].into_iter().chain(cells.iter().map(String::as_str));
                write_line(&mut out, line);
            }
        }
    }
    out.into_bytes()
}

/// One column, `error`, and the message in it.
pub(super) fn error_body(error: &str) -> Vec<u8> {
    let mut out = String::new();
    write_line(&mut out, ["error"].into_iter());
    write_line(&mut out, [error].into_iter());
    out.into_bytes()
}

/// As in a series key.
fn tag(key: &str, value: &str) -> String {
    let escape = |text: &str| {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, ',' | '=' | ' ') {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    format!("{}={}", escape(key), escape(value))
}

fn cell(value: &Value, style: &Style) -> String {
    match shown(value) {
        Value::Null => String::new(),
        Value::Time(nanoseconds) => style.epoch.map_or(*nanoseconds, |epoch| epoch.count(*nanoseconds)).to_string(),
        Value::Float(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Unsigned(value) => value.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::String(text) => text.to_string(),
        // As Go prints a list.
        Value::List(texts) => format!("[{}]", texts.join(" ")),
    }
}

fn write_line<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            out.push(',');
        }
        let quoted = cell == r"\." || cell.starts_with([' ', '\t']) || cell.contains([',', '"', '\n', '\r']);
        if quoted {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Encoding, Epoch, Writer};
    use super::*;
    use crate::Profile;
    use crate::query::result::Row;

    fn style() -> Style {
        Style { encoding: Encoding::ApplicationCsv, epoch: Epoch::from_parameter("s"), ..Style::new(Profile::V1_8) }
    }

    fn row(name: &str, tags: &[(&str, &str)]) -> Row {
        Row {
            name: name.to_owned(),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            columns: vec!["time".to_owned(), "v".to_owned()],
            values: vec![vec![Value::Time(2_000_000_000), Value::Float(1.5)], vec![Value::Time(0), Value::Null]],
            ..Row::default()
        }
    }

    #[test]
    fn one_header_a_statement_also_over_chunks() {
        let mut writer = Writer::new(style());
        let mut text = String::new();
        for (id, rows) in
            [(0, vec![row("cpu", &[("host", "a"), ("region", "x y")])]), (0, vec![row("cpu", &[])]), (1, vec![])]
        {
            text.push_str(std::str::from_utf8(&writer.results(&[StatementResult::rows(id, rows)])).unwrap());
        }
        text.push_str(std::str::from_utf8(&writer.results(&[StatementResult::rows(2, vec![row("m", &[])])])).unwrap());
        let expected = "name,tags,time,v\ncpu,\"host=a,region=x\\ y\",2,1.5\ncpu,\"host=a,region=x\\ y\",0,\n\
                        cpu,,2,1.5\ncpu,,0,\n\nname,tags,time,v\nm,,2,1.5\nm,,0,\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_error_is_a_table_of_its_own() {
        let body = Writer::new(style()).error("found \"x\", expected y");
        assert_eq!(String::from_utf8(body).unwrap(), "error\n\"found \"\"x\"\", expected y\"\n");
    }
}

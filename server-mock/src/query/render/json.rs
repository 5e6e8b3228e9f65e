//! JSON, byte for byte as the real servers' encoder writes it.

use std::fmt::Write as _;

use super::{Style, shown, time_text};
use crate::Profile;
use crate::go;
use crate::query::number;
use crate::query::result::{Row, StatementResult};
use crate::query::value::Value;

/// `{"results":[…]}`
pub(super) fn body(results: &[StatementResult], style: &Style) -> Vec<u8> {
    let mut out = Output { text: String::new(), pretty: style.pretty, depth: 0, filled: false };
    out.open('{');
    if !results.is_empty() {
        out.key("results");
        out.open('[');
        for result in results {
            out.item();
            write_result(&mut out, result, style);
        }
        out.close(']');
    }
    out.close('}');
    if style.profile == Profile::V1_8 {
        out.text.push('\n');
    }
    out.text.into_bytes()
}

/// `{"error":"…"}`
pub(super) fn error_body(error: &str, style: &Style) -> Vec<u8> {
    let mut out = Output { text: String::new(), pretty: style.pretty, depth: 0, filled: false };
    out.open('{');
    out.key("error");
    out.string(error);
    out.close('}');
    if style.profile == Profile::V1_8 {
        out.text.push('\n');
    }
    out.text.into_bytes()
}

fn write_result(out: &mut Output, result: &StatementResult, style: &Style) {
    out.open('{');
    // The old version has neither ids nor notes nor partial results.
    let full = style.profile == Profile::V1_8;
    if full {
        out.key("statement_id");
        let _ = write!(out.text, "{}", result.statement_id);
    }
    if !result.series.is_empty() {
        out.key("series");
        out.open('[');
        for row in &result.series {
            out.item();
            write_row(out, row, style);
        }
        out.close(']');
    }
    if full && !result.messages.is_empty() {
        out.key("messages");
        out.open('[');
        for message in &result.messages {
            out.item();
            out.open('{');
            out.key("level");
            out.string(message.level);
            out.key("text");
            out.string(&message.text);
            out.close('}');
        }
        out.close(']');
    }
    if full && result.partial {
        out.key("partial");
        out.text.push_str("true");
    }
    if let Some(error) = &result.error {
        out.key("error");
        out.string(error);
    }
    out.close('}');
}

fn write_row(out: &mut Output, row: &Row, style: &Style) {
    out.open('{');
    if !row.name.is_empty() {
        out.key("name");
        out.string(&row.name);
    }
    if !row.tags.is_empty() {
        out.key("tags");
        out.open('{');
        for (key, value) in &row.tags {
            out.key(key);
            out.string(value);
        }
        out.close('}');
    }
    if !row.columns.is_empty() {
        out.key("columns");
        out.open('[');
        for column in &row.columns {
            out.item();
            out.string(column);
        }
        out.close(']');
    }
    if !row.values.is_empty() {
        out.key("values");
        out.open('[');
        for values in &row.values {
            out.item();
            out.open('[');
            for value in values {
                out.item();
                write_value(out, value, row, style);
            }
            out.close(']');
        }
        out.close(']');
    }
    if row.partial && style.profile == Profile::V1_8 {
        out.key("partial");
        out.text.push_str("true");
    }
    out.close('}');
}

fn write_value(out: &mut Output, value: &Value, row: &Row, style: &Style) {
    match shown(value) {
        Value::Null => out.text.push_str("null"),
        Value::Time(nanoseconds) => match style.epoch {
            Some(epoch) => {
                let _ = write!(out.text, "{}", epoch.count(*nanoseconds));
            }
            None => out.string(&time_text(*nanoseconds, row.zone.as_ref())),
        },
        Value::Float(value) => out.text.push_str(&number::json(*value).unwrap_or_else(|| "null".to_owned())),
        Value::Integer(value) => {
            let _ = write!(out.text, "{value}");
        }
        Value::Unsigned(value) => {
            let _ = write!(out.text, "{value}");
        }
        Value::Boolean(value) => {
            let _ = write!(out.text, "{value}");
        }
        Value::String(text) => out.string(text),
        Value::List(texts) => {
            out.open('[');
            for text in texts.iter() {
                out.item();
                out.string(text);
            }
            out.close(']');
        }
    }
}

/// Puts commas, and line breaks if wanted.
struct Output {
    text: String,
    pretty: bool,
    depth: usize,
    /// Whether the innermost open array or object has something in it.
    filled: bool,
}

impl Output {
    fn open(&mut self, bracket: char) {
        self.text.push(bracket);
        self.depth += 1;
        self.filled = false;
    }

    fn close(&mut self, bracket: char) {
        self.depth -= 1;
        if self.filled {
            self.line();
        }
        self.text.push(bracket);
        self.filled = true;
    }

    /// Starts the next element.
    fn item(&mut self) {
        if self.filled {
            self.text.push(',');
        }
        self.line();
        self.filled = true;
    }

    fn key(&mut self, key: &str) {
        self.item();
        go::write_json_string(&mut self.text, key);
        self.text.push(':');
        if self.pretty {
            self.text.push(' ');
        }
    }

    fn string(&mut self, text: &str) {
        go::write_json_string(&mut self.text, text);
    }

    fn line(&mut self) {
        if self.pretty {
            self.text.push('\n');
            for _ in 0..self.depth {
                self.text.push_str("    ");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Epoch, body, error_body};
    use super::*;

    fn text(results: &[StatementResult], style: &Style) -> String {
        String::from_utf8(body(results, style)).unwrap()
    }

    fn row() -> Row {
        Row {
            name: "m".to_owned(),
            columns: vec!["time".to_owned(), "v".to_owned()],
            values: vec![vec![Value::Time(1_600_000_000_000_000_001), Value::Float(2.5)]],
            ..Row::default()
        }
    }

    #[test]
    fn the_envelopes_of_the_profiles() {
        let empty = [StatementResult::default()];
        assert_eq!(text(&empty, &Style::new(Profile::V1_8)), "{\"results\":[{\"statement_id\":0}]}\n");
        assert_eq!(text(&empty, &Style::new(Profile::V0_10)), "{\"results\":[{}]}");
        let failed = [StatementResult::failed(1, "database not found: nope")];
        assert_eq!(
            text(&failed, &Style::new(Profile::V1_8)),
            "{\"results\":[{\"statement_id\":1,\"error\":\"database not found: nope\"}]}\n"
        );
        assert_eq!(text(&[], &Style::new(Profile::V1_8)), "{}\n");
    }

    #[test]
    fn times_follow_the_epoch() {
        let results = [StatementResult::rows(0, vec![row()])];
        let mut style = Style::new(Profile::V0_10);
        assert!(text(&results, &style).contains("[[\"2020-09-13T12:26:40.000000001Z\",2.5]]"));
        for (epoch, number) in [("ns", "1600000000000000001"), ("ms", "1600000000000"), ("h", "444444")] {
            style.epoch = Epoch::from_parameter(epoch);
            assert!(text(&results, &style).contains(&format!("[[{number},2.5]]")), "{epoch}");
        }
    }

    #[test]
    fn pretty_is_indented_by_four() {
        let results = [StatementResult::rows(0, vec![row()])];
        let style = Style { pretty: true, epoch: Epoch::from_parameter("s"), ..Style::new(Profile::V1_8) };
        let lines = [
            "{",
            "    \"results\": [",
            "        {",
            "            \"statement_id\": 0,",
            "            \"series\": [",
            "                {",
            "                    \"name\": \"m\",",
            "                    \"columns\": [",
            "                        \"time\",",
            "                        \"v\"",
            "                    ],",
            "                    \"values\": [",
            "                        [",
            "                            1600000000,",
            "                            2.5",
            "                        ]",
            "                    ]",
            "                }",
            "            ]",
            "        }",
            "    ]",
            "}\n",
        ];
        assert_eq!(text(&results, &style), lines.join("\n"));
        let error = |profile| String::from_utf8(error_body("no", &Style { profile, ..style })).unwrap();
        assert_eq!(error(Profile::V1_8), "{\n    \"error\": \"no\"\n}\n");
        assert_eq!(error(Profile::V0_10), "{\n    \"error\": \"no\"\n}");
    }

    #[test]
    fn strings_are_escaped_as_go_does() {
        let body = error_body("a<b>&\"\\\u{1}\u{2028}é", &Style::new(Profile::V1_8));
        let expected = "{\"error\":\"a\\u003cb\\u003e\\u0026\\\"\\\\\\u0001\\u2028é\"}\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn what_is_no_number_is_null() {
        let values = vec![Value::Float(f64::NAN), Value::Float(1e21), Value::Integer(i64::MIN), Value::Boolean(true)];
        let row = Row { columns: vec!["a".to_owned()], values: vec![values], ..Row::default() };
        let results = [StatementResult::rows(0, vec![row])];
        assert!(text(&results, &Style::new(Profile::V0_10)).contains("[[null,1e+21,-9223372036854775808,true]]"));
    }
}

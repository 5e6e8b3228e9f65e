//! MessagePack, with times as extension type 5: seconds and nanoseconds.

use super::{Style, shown};
use crate::query::result::{Row, StatementResult};
use crate::query::value::Value;

const TIME_EXTENSION: u8 = 5;

/// `{"results": […]}`
pub(super) fn body(results: &[StatementResult], style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    map(&mut out, 1);
    string(&mut out, "results");
    array(&mut out, results.len());
    for result in results {
        write_result(&mut out, result, style);
    }
    out
}

/// `{"error": "…"}`
pub(super) fn error_body(error: &str) -> Vec<u8> {
    let mut out = Vec::new();
    map(&mut out, 1);
    string(&mut out, "error");
    string(&mut out, error);
    out
}

fn write_result(out: &mut Vec<u8>, result: &StatementResult, style: &Style) {
    // A failed statement has nothing but its error, not even its id.
    if let Some(error) = &result.error {
        out.extend(error_body(error));
        return;
    }
    map(out, 2 + usize::from(!result.messages.is_empty()) + usize::from(result.partial));
    string(out, "statement_id");
    integer(out, i64::try_from(result.statement_id).unwrap_or(i64::MAX));
    if !result.messages.is_empty() {
        string(out, "messages");
        array(out, result.messages.len());
        for message in &result.messages {
            map(out, 2);
            string(out, "level");
            string(out, message.level);
            string(out, "text");
            string(out, &message.text);
        }
    }
    string(out, "series");
    array(out, result.series.len());
    for row in &result.series {
        write_row(out, row, style);
    }
    if result.partial {
        string(out, "partial");
        out.push(0xc3);
    }
}

fn write_row(out: &mut Vec<u8>, row: &Row, style: &Style) {
    map(out, 2 + usize::from(!row.name.is_empty()) + usize::from(!row.tags.is_empty()) + usize::from(row.partial));
    if !row.name.is_empty() {
        string(out, "name");
        string(out, &row.name);
    }
    if !row.tags.is_empty() {
        string(out, "tags");
        map(out, row.tags.len());
        for (key, value) in &row.tags {
            string(out, key);
            string(out, value);
        }
    }
    string(out, "columns");
    array(out, row.columns.len());
    for column in &row.columns {
        string(out, column);
    }
    string(out, "values");
    array(out, row.values.len());
    for values in &row.values {
        array(out, values.len());
        for cell in values {
            value(out, cell, style);
        }
    }
    if row.partial {
        string(out, "partial");
        out.push(0xc3);
    }
}

fn value(out: &mut Vec<u8>, value: &Value, style: &Style) {
    match shown(value) {
        Value::Null => out.push(0xc0),
        Value::Time(nanoseconds) => match style.epoch {
            Some(epoch) => integer(out, epoch.count(*nanoseconds)),
            None => {
                out.extend([0xc7, 12, TIME_EXTENSION]);
                out.extend(nanoseconds.div_euclid(1_000_000_000).to_be_bytes());
                let rest = i32::try_from(nanoseconds.rem_euclid(1_000_000_000)).expect("less than a second");
                out.extend(rest.to_be_bytes());
            }
        },
        Value::Float(value) => {
            out.push(0xcb);
            out.extend(value.to_be_bytes());
        }
        Value::Integer(value) => integer(out, *value),
        Value::Unsigned(value) => unsigned(out, *value),
        Value::Boolean(value) => out.push(if *value { 0xc3 } else { 0xc2 }),
        Value::String(text) => string(out, text),
        Value::List(texts) => {
            array(out, texts.len());
            texts.iter().for_each(|text| string(out, text));
        }
    }
}

/// The shortest signed form.
fn integer(out: &mut Vec<u8>, value: i64) {
    if let Ok(small) = i8::try_from(value) {
        if small < -32 {
            out.push(0xd0);
        }
        out.extend(small.to_be_bytes());
    } else if let Ok(medium) = i16::try_from(value) {
        out.push(0xd1);
        out.extend(medium.to_be_bytes());
    } else if let Ok(large) = i32::try_from(value) {
        out.push(0xd2);
        out.extend(large.to_be_bytes());
    } else {
        out.push(0xd3);
        out.extend(value.to_be_bytes());
    }
}

/// The shortest unsigned form.
fn unsigned(out: &mut Vec<u8>, value: u64) {
    if let Ok(small) = u8::try_from(value) {
        if small > 127 {
            out.push(0xcc);
        }
        out.push(small);
    } else if let Ok(medium) = u16::try_from(value) {
        out.push(0xcd);
        out.extend(medium.to_be_bytes());
    } else if let Ok(large) = u32::try_from(value) {
        out.push(0xce);
        out.extend(large.to_be_bytes());
    } else {
        out.push(0xcf);
        out.extend(value.to_be_bytes());
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    let len = text.len();
    if let Ok(len @ ..32) = u8::try_from(len) {
        out.push(0xa0 | len);
    } else if let Ok(len) = u8::try_from(len) {
        out.extend([0xd9, len]);
    } else {
        sized(out, len, 0xda, 0xdb);
    }
    out.extend(text.as_bytes());
}

fn array(out: &mut Vec<u8>, len: usize) {
    match u8::try_from(len) {
        Ok(len @ ..16) => out.push(0x90 | len),
        _ => sized(out, len, 0xdc, 0xdd),
    }
}

fn map(out: &mut Vec<u8>, len: usize) {
    match u8::try_from(len) {
        Ok(len @ ..16) => out.push(0x80 | len),
        _ => sized(out, len, 0xde, 0xdf),
    }
}

/// A length of two or four bytes.
fn sized(out: &mut Vec<u8>, len: usize, two: u8, four: u8) {
    if let Ok(len) = u16::try_from(len) {
        out.push(two);
        out.extend(len.to_be_bytes());
    } else {
        out.push(four);
        out.extend(u32::try_from(len).expect("results are limited to far less than 4 GiB").to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, Epoch, body as any_body};
    use super::*;
    use crate::Profile;

    fn style(epoch: &str) -> Style {
        let epoch = Epoch::from_parameter(epoch);
        Style { encoding: Encoding::MessagePack, epoch, ..Style::new(Profile::V1_8) }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Bytes that the real server was seen to answer.
    #[test]
    fn bytes_of_the_real_server() {
        let columns = ["time", "v", "i", "s", "b"].map(str::to_owned).to_vec();
        let values = vec![
            vec![
                Value::Time(1_000_000_000),
                Value::Float(1.0),
                Value::Integer(1),
                Value::from("one"),
                Value::Boolean(true),
            ],
            vec![Value::Time(30_000_000_000), Value::Float(10.0), Value::Integer(10), Value::Null, Value::Null],
        ];
        let row = Row { name: "cpu".to_owned(), columns, values, ..Row::default() };
        assert_eq!(
            hex(&any_body(&[StatementResult::rows(0, vec![row])], &style(""))),
            "81a7726573756c74739182ac73746174656d656e745f696400a67365726965739183a46e616d65a3637075a7636f6c756d6e73\
             95a474696d65a176a169a173a162a676616c7565739295c70c05000000000000000100000000cb3ff000000000000001a36f6e\
             65c395c70c05000000000000001e00000000cb40240000000000000ac0c0"
        );
        let tags = vec![("host".to_owned(), "a".to_owned())];
        let values = vec![
            vec![Value::Time(1_000_000_000), Value::Float(1.0)],
            vec![Value::Time(61_000_000_000), Value::Float(2.0)],
        ];
        let columns = ["time", "v"].map(str::to_owned).to_vec();
        let row = Row { name: "cpu".to_owned(), tags, columns, values, ..Row::default() };
        let results =
            [StatementResult::rows(0, vec![row]), StatementResult::failed(1, "retention policy not found: norp")];
        assert_eq!(
            hex(&any_body(&results, &style("ms"))),
            "81a7726573756c74739282ac73746174656d656e745f696400a67365726965739184a46e616d65a3637075a47461677381a468\
             6f7374a161a7636f6c756d6e7392a474696d65a176a676616c7565739292d103e8cb3ff000000000000092d20000ee48cb4000\
             00000000000081a56572726f72d920726574656e74696f6e20706f6c696379206e6f7420666f756e643a206e6f7270"
        );
    }

    #[test]
    fn integers_take_the_shortest_form() {
        for (value, bytes) in [(0, "00"), (127, "7f"), (128, "d10080"), (-32, "e0"), (-33, "d0df"), (1 << 40, "d3")] {
            let mut out = Vec::new();
            integer(&mut out, value);
            assert!(hex(&out).starts_with(bytes), "{value}");
        }
        for (value, bytes) in [(127, "7f"), (128, "cc80"), (300, "cd012c"), (70_000, "ce"), (1 << 40, "cf")] {
            let mut out = Vec::new();
            unsigned(&mut out, value);
            assert!(hex(&out).starts_with(bytes), "{value}");
        }
    }
}

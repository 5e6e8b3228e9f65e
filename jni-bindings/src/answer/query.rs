//! Answers to queries.

use influx_client::{
    Chunk, QueryError, QueryErrorKind, QueryResponse, ResultSeries, ServerVersion, StatementMessage, StatementResult,
};
use serde_json::{Number, Value};

use crate::frame::{Fault, Reader, Writer};

/// What a value is.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const I64: u8 = 3;
    pub(super) const U64: u8 = 4;
    pub(super) const F64: u8 = 5;
    pub(super) const TEXT: u8 = 6;
    pub(super) const JSON: u8 = 7;
}

/// Writes an answer.
pub(crate) fn put_response(frame: &mut Writer, response: &QueryResponse) {
    frame
        .shown(&response.endpoint)
        .str_or_none(response.server_version.as_ref().map(ServerVersion::as_str))
        .str_or_none(response.request_id.as_deref())
        .list(response.results.iter().enumerate(), |frame, (position, result)| {
            put_result(frame, position, result, response);
        });
}

fn put_result(frame: &mut Writer, position: usize, result: &StatementResult, response: &QueryResponse) {
    frame
        .i64_or_none(result.statement_id)
        .list(&result.series, put_series)
        .list(&result.messages, put_message)
        .str_or_none(result.error.as_deref())
        .bool(result.is_truncated());
    match response.error_at(position) {
        None => {
            frame.bool(false);
        }
        Some(error) => {
            frame.bool(true);
            put_query_error(frame, &error);
        }
    }
}

/// Writes a piece of an answer.
pub(crate) fn put_chunk(frame: &mut Writer, chunk: &Chunk) {
    frame.size(chunk.statement).list(&chunk.series, put_series).list(&chunk.messages, put_message);
}

fn put_series(frame: &mut Writer, series: &ResultSeries) {
    frame
        .str(&series.name)
        .list(&series.tags, |frame, (key, value)| {
            frame.str(key).str(value);
        })
        .list(&series.columns, |frame, column| {
            frame.str(column);
        })
        // Each has as many values as there are columns.
        .list(&series.values, |frame, row| {
            for value in row {
                put_value(frame, value);
            }
        });
}

fn put_message(frame: &mut Writer, message: &StatementMessage) {
    frame.str(&message.level).str(&message.text);
}

fn put_value(frame: &mut Writer, value: &Value) {
    match value {
        Value::Null => frame.u8(tag::NULL),
        Value::Bool(false) => frame.u8(tag::FALSE),
        Value::Bool(true) => frame.u8(tag::TRUE),
        Value::Number(number) => put_number(frame, number),
        Value::String(text) => frame.u8(tag::TEXT).str(text),
        Value::Array(_) | Value::Object(_) => frame.u8(tag::JSON).shown(value),
    };
}

fn put_number<'f>(frame: &'f mut Writer, number: &Number) -> &'f mut Writer {
    if let Some(integer) = number.as_i64() {
        frame.u8(tag::I64).i64(integer)
    } else if let Some(integer) = number.as_u64() {
        frame.u8(tag::U64).i64(integer.cast_signed())
    } else if let Some(float) = number.as_f64() {
        frame.u8(tag::F64).f64(float)
    } else {
        frame.u8(tag::JSON).shown(number)
    }
}

/// Reads a value to be bound.
pub(crate) fn read_value(reader: &mut Reader<'_>) -> Result<Value, Fault> {
    Ok(match reader.u8()? {
        tag::NULL => Value::Null,
        tag::FALSE => Value::Bool(false),
        tag::TRUE => Value::Bool(true),
        tag::I64 => Value::from(reader.i64()?),
        tag::U64 => Value::from(reader.i64()?.cast_unsigned()),
        tag::F64 => {
            let number = Number::from_f64(reader.f64()?);
            Value::Number(number.ok_or_else(|| reader.fault("a number that is not finite"))?)
        }
        tag::TEXT => Value::from(reader.str()?),
        tag::JSON => serde_json::from_str(reader.str()?).map_err(|_| reader.fault("a text that is not JSON"))?,
        _ => return Err(reader.fault("an unknown kind of value")),
    })
}

/// Writes the error of a query.
pub(crate) fn put_query_error(frame: &mut Writer, error: &QueryError) {
    let (kind, status, statement) = match error.kind() {
        QueryErrorKind::Unreachable { .. } => ("Unreachable", None, None),
        QueryErrorKind::NoAnswer { .. } => ("NoAnswer", None, None),
        QueryErrorKind::Refused { status, .. } => ("Refused", Some(*status), None),
        QueryErrorKind::Statement { index, .. } => ("Statement", None, Some(*index)),
        QueryErrorKind::Unexpected { status, .. } => ("Unexpected", Some(*status), None),
        QueryErrorKind::AnswerTooLarge { .. } => ("AnswerTooLarge", None, None),
        QueryErrorKind::Truncated { index } => ("Truncated", None, Some(*index)),
        QueryErrorKind::Row { .. } => ("Row", None, None),
        _ => ("Other", None, None),
    };
    frame
        .str(error.class().id())
        .str(kind)
        .str_or_none(error.endpoint().map(ToString::to_string).as_deref())
        .i32_or_none(status)
        .i64_or_none(statement.map(|statement| statement as u64))
        .str_or_none(error.server_message())
        .shown(error);
}

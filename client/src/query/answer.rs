//! The answer to a query.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::error::{QueryError, QueryErrorKind};
use crate::{Endpoint, ServerVersion};

/// The answer to a query: one result for each statement.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct QueryResponse {
    /// One for each statement, in order. A server may leave some out after one failed.
    pub results: Vec<StatementResult>,
    /// Who answered.
    pub endpoint: Endpoint,
    /// The version that answered.
    pub server_version: Option<ServerVersion>,
    /// The id under which the server logged the request.
    pub request_id: Option<Box<str>>,
}

/// What came of one statement. It may have both rows and an error, if it failed on the way.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StatementResult {
    /// The number that the server gives the statement; version 0.10 gives none.
    pub statement_id: Option<u64>,
    /// The rows, by series.
    #[serde(deserialize_with = "or_empty")]
    pub series: Vec<ResultSeries>,
    /// Remarks of the server.
    #[serde(deserialize_with = "or_empty")]
    pub messages: Vec<StatementMessage>,
    /// Why the statement failed. Servers tell this with status 200.
    pub error: Option<String>,
    #[serde(rename = "partial", deserialize_with = "or_empty")]
    pub(super) continues: bool,
}

/// Rows of one series.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ResultSeries {
    /// The measurement, or what is listed.
    #[serde(deserialize_with = "or_empty")]
    pub name: String,
    /// The tags that the rows are grouped by.
    #[serde(deserialize_with = "or_empty")]
    pub tags: BTreeMap<String, String>,
    /// The names of the columns.
    #[serde(deserialize_with = "or_empty")]
    pub columns: Vec<String>,
    /// The rows. Integers are exact up to 64 bits; nothing goes through a float.
    #[serde(deserialize_with = "or_empty")]
    pub values: Vec<Vec<Value>>,
    #[serde(rename = "partial", deserialize_with = "or_empty")]
    pub(super) continues: bool,
}

/// A remark of the server about a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StatementMessage {
    /// How serious it is, for example `warning`.
    #[serde(deserialize_with = "or_empty")]
    pub level: String,
    /// The words.
    #[serde(deserialize_with = "or_empty")]
    pub text: String,
}

/// Reads `null` like nothing at all.
fn or_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct Document {
    results: Option<Vec<StatementResult>>,
    error: Option<String>,
}

/// What a body holds.
#[derive(Debug)]
pub(super) enum Body {
    Results(Vec<StatementResult>),
    /// The whole query was refused.
    Error(String),
}

/// Reads a body: one document, or one after the other where it was asked for in chunks. `alone` says that the query has
/// one statement, to which everything belongs then.
pub(super) fn read(body: &[u8], alone: bool) -> Result<Body, serde_json::Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut results: Option<Vec<StatementResult>> = None;
    for document in serde_json::Deserializer::from_slice(body).into_iter::<Document>() {
        let next = match part(document?)? {
            Part::Results(next) => next,
            // After rows it is the error of the statement that they belong to.
            Part::Error(error) => match results.as_mut().and_then(|results| results.last_mut()) {
                Some(last) => {
                    last.error = Some(error);
                    continue;
                }
                None => return Ok(Body::Error(error)),
            },
        };
        let results = results.get_or_insert_default();
        for result in next {
            match results.last_mut() {
                Some(last) if last.goes_on_with(&result, alone) => last.append(result),
                _ => results.push(result),
            }
        }
    }
    match results {
        Some(results) => Ok(Body::Results(results)),
        // An empty body is no answer to a query.
        None => Err(serde::de::Error::custom("the answer is empty")),
    }
}

/// What one document of an answer holds.
#[derive(Debug)]
pub(super) enum Part {
    Results(Vec<StatementResult>),
    Error(String),
}

/// Reads one document of a chunked answer.
pub(super) fn read_document(document: &[u8]) -> Result<Part, serde_json::Error> {
    part(serde_json::from_slice(document)?)
}

fn part(document: Document) -> Result<Part, serde_json::Error> {
    if let Some(error) = document.error {
        return Ok(Part::Error(error));
    }
    let results = document.results.unwrap_or_default();
    for series in results.iter().flat_map(|result| &result.series) {
        let columns = series.columns.len();
        // A value whose column is not known could be taken for another one.
        if let Some(row) = series.values.iter().find(|row| row.len() != columns) {
            let text = format!("a row has {} values for {columns} columns", row.len());
            return Err(serde::de::Error::custom(text));
        }
    }
    Ok(Part::Results(results))
}

impl StatementResult {
    /// Whether the server left rows out: its limit on rows (`max-row-limit`) cut the answer. Ask in chunks
    /// ([`Query::chunked`](crate::Query::chunked)) to get all.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.continues || self.series.last().is_some_and(|series| series.continues)
    }

    /// Whether `next` is more of the same statement. Version 0.10 marks nothing, so there only the rows of a statement
    /// that is alone are known to belong together.
    fn goes_on_with(&self, next: &Self, alone: bool) -> bool {
        let unmarked = alone && self.statement_id.is_none();
        (self.is_truncated() || unmarked) && self.statement_id == next.statement_id
    }

    fn append(&mut self, next: Self) {
        let unmarked = self.statement_id.is_none();
        for series in next.series {
            match self.series.last_mut() {
                Some(last)
                    if (last.continues || unmarked)
                        && last.name == series.name
                        && last.tags == series.tags
                        && last.columns == series.columns =>
                {
                    last.values.extend(series.values);
                    last.continues = series.continues;
                }
                _ => self.series.push(series),
            }
        }
        self.messages.extend(next.messages);
        self.error = self.error.take().or(next.error);
        self.continues = next.continues;
    }
}

impl ResultSeries {
    /// The place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

impl QueryResponse {
    /// The error of the first statement that failed or whose rows the server did not all give.
    #[must_use]
    pub fn first_error(&self) -> Option<QueryError> {
        (0..self.results.len()).find_map(|position| self.error_at(position))
    }

    /// The error of the statement whose result stands at `position`, if it failed or if the server did not give all of its rows.
    #[must_use]
    pub fn error_at(&self, position: usize) -> Option<QueryError> {
        let result = self.results.get(position)?;
        let named = result.statement_id.and_then(|id| usize::try_from(id).ok());
        let index = named.unwrap_or(position);
        let kind = match &result.error {
            Some(message) => QueryErrorKind::Statement { index, message: message.as_str().into() },
            None => result.is_truncated().then_some(QueryErrorKind::Truncated { index })?,
        };
        Some(QueryError::new(kind, Some(self.endpoint.clone()), None))
    }

    /// Itself, if every statement succeeded and gave all of its rows.
    ///
    /// # Errors
    /// As [`QueryResponse::first_error`].
    pub fn checked(self) -> Result<Self, QueryError> {
        self.first_error().map_or(Ok(self), Err)
    }

    /// Every series of every statement.
    pub fn series(&self) -> impl Iterator<Item = &ResultSeries> {
        self.results.iter().flat_map(|result| &result.series)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn results(body: &str) -> Vec<StatementResult> {
        match read(body.as_bytes(), false).unwrap() {
            Body::Results(results) => results,
            Body::Error(error) => panic!("{error}"),
        }
    }

    #[test]
    fn integers_are_exact() {
        let body = r#"{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v"],"values":[[1600000000000000001,9223372036854775807],[-9223372036854775806,18446744073709551615]]}]}]}"#;
        let series = &results(body)[0].series[0];
        assert_eq!(series.values[0][0].as_i64(), Some(1_600_000_000_000_000_001));
        assert_eq!(series.values[0][1].as_i64(), Some(i64::MAX));
        assert_eq!(series.values[1][1].as_u64(), Some(u64::MAX));
        assert_eq!(series.column("v"), Some(1));
    }

    #[test]
    fn missing_and_null_parts_are_empty() {
        let read =
            results(r#"{"results":[{},{"series":null},{"series":[{"name":null,"columns":["a"]}]},{"error":"x"}]}"#);
        assert_eq!(read.len(), 4);
        assert_eq!(read[2].series[0].values.len(), 0);
        assert_eq!(read[3].error.as_deref(), Some("x"));
        assert!(results(r#"{"results":null}"#).is_empty());
        assert!(results("{}").is_empty());
    }

    #[test]
    fn chunks_of_a_series_are_joined_and_late_errors_are_kept() {
        let chunk = |value: u8, more: bool| {
            format!(
                r#"{{"results":[{{"statement_id":0,"series":[{{"name":"m","columns":["v"],"values":[[{value}]],"partial":{more}}}],"partial":{more}}}]}}"#
            )
        };
        let body =
            format!("{}\n{}{}", chunk(1, true), chunk(2, true), r#"{"results":[{"statement_id":0,"error":"late"}]}"#);
        let read = results(&body);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].series[0].values.len(), 2);
        assert_eq!(read[0].error.as_deref(), Some("late"));
        let two = format!("{}{}", chunk(1, false), chunk(2, false).replace("\"statement_id\":0", "\"statement_id\":1"));
        assert_eq!(results(&two).len(), 2);
    }

    #[test]
    fn an_error_of_the_whole_query_is_told_apart() {
        assert!(matches!(read(br#"{"error":"x"}"#, false).unwrap(), Body::Error(e) if e == "x"));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let deep = format!("{{\"results\":[{{\"series\":[{{\"values\":[[{}", "[".repeat(10_000));
        for body in ["", " ", "<html>", "[1]", "{\"results\":5}", "{\"results\":[{\"series\":[{\"values\":[[1", &deep] {
            assert!(read(body.as_bytes(), true).is_err(), "{body}");
        }
    }

    /// Version 0.10 gives neither numbers nor marks.
    #[test]
    fn unmarked_chunks_of_a_statement_that_is_alone_are_joined() {
        let chunk = |name: &str, value: u8| {
            format!(r#"{{"results":[{{"series":[{{"name":"{name}","columns":["v"],"values":[[{value}]]}}]}}]}}"#)
        };
        let body = [chunk("m", 1), chunk("m", 2), chunk("n", 3), r#"{"results":[{"error":"late"}]}"#.into()].concat();
        let Body::Results(read) = read(body.as_bytes(), true).unwrap() else { panic!() };
        assert_eq!((read.len(), read[0].series.len(), read[0].series[0].values.len()), (1, 2, 2));
        assert_eq!(read[0].error.as_deref(), Some("late"));
        assert_eq!(results(&body).len(), 4, "of several statements it is not known which");
    }

    #[test]
    fn values_without_a_column_and_keys_given_twice_are_refused() {
        for series in [
            r#"{"name":"m","columns":["a","b"],"values":[[1]]}"#,
            r#"{"name":"m","columns":["a"],"values":[[1,2]]}"#,
            r#"{"name":"m","values":[[1]]}"#,
            r#"{"name":"m","name":"n"}"#,
            r#"{"name":"m","columns":["a"],"values":[[NaN]]}"#,
            r#"{"name":"m","columns":["a"],"values":[[1e999]]}"#,
        ] {
            let body = format!(r#"{{"results":[{{"series":[{series}]}}]}}"#);
            assert!(read(body.as_bytes(), true).is_err(), "{body}");
        }
        assert!(read(br#"{"results":[],"results":[]}"#, true).is_err());
    }

    #[test]
    fn rows_that_the_server_left_out_are_noticed() {
        let read = results(r#"{"results":[{"series":[{"name":"m","columns":["v"],"values":[[1]],"partial":true}]}]}"#);
        assert!(read[0].is_truncated());
    }
}

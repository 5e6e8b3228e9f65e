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
    continues: bool,
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
    continues: bool,
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

/// Reads a body: one document, or one after the other where it was asked for in chunks.
pub(super) fn read(body: &[u8]) -> Result<Body, serde_json::Error> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let mut results: Option<Vec<StatementResult>> = None;
    for document in serde_json::Deserializer::from_slice(body).into_iter::<Document>() {
        let document = document?;
        if let Some(error) = document.error {
            // After rows it is the error of the statement that they belong to.
            match results.as_mut().and_then(|results| results.last_mut()) {
                Some(last) => last.error = Some(error),
                None => return Ok(Body::Error(error)),
            }
        }
        let results = results.get_or_insert_default();
        for result in document.results.unwrap_or_default() {
            match results.last_mut() {
                Some(last) if last.goes_on_with(&result) => last.append(result),
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

impl StatementResult {
    fn goes_on_with(&self, next: &Self) -> bool {
        let open = self.continues || self.series.last().is_some_and(|series| series.continues);
        open && self.statement_id == next.statement_id
    }

    fn append(&mut self, next: Self) {
        for series in next.series {
            match self.series.last_mut() {
                Some(last) if last.continues && last.name == series.name && last.tags == series.tags => {
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
    /// The error of the first statement that failed, if one did.
    #[must_use]
    pub fn first_error(&self) -> Option<QueryError> {
        let failed = self.results.iter().enumerate();
        let (index, message) = failed.filter_map(|(i, r)| Some((i, r.error.as_ref()?))).next()?;
        let statement = self.results[index].statement_id.and_then(|id| usize::try_from(id).ok());
        let kind = QueryErrorKind::Statement { index: statement.unwrap_or(index), message: message.as_str().into() };
        Some(QueryError::new(kind, Some(self.endpoint.clone()), None))
    }

    /// Itself, if every statement succeeded.
    ///
    /// # Errors
    /// The error of the first statement that failed.
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
        match read(body.as_bytes()).unwrap() {
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
        assert!(matches!(read(br#"{"error":"x"}"#).unwrap(), Body::Error(e) if e == "x"));
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        let deep = format!("{{\"results\":[{{\"series\":[{{\"values\":[[{}", "[".repeat(10_000));
        for body in ["", " ", "<html>", "[1]", "{\"results\":5}", "{\"results\":[{\"series\":[{\"values\":[[1", &deep] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}

//! What statements give.

use jiff::tz::TimeZone;

use super::QueryError;
use super::value::Value;

/// One series of a result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Of the measurement; empty where there is none.
    pub name: String,
    /// What the series is grouped by, sorted by key.
    pub tags: Vec<(String, String)>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Each as long as `columns`.
    pub values: Vec<Vec<Value>>,
    /// More values of this series follow in the next chunk.
    pub partial: bool,
    /// Whose clock times are shown by; UTC without.
    pub zone: Option<TimeZone>,
}

/// A note beside a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `warning` or `info`.
    pub level: &'static str,
    /// What it says.
    pub text: String,
}

/// The result of one statement, or a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatementResult {
    /// Position of the statement in the query, from 0.
    pub statement_id: usize,
    /// The rows.
    pub series: Vec<Row>,
    /// Notes.
    pub messages: Vec<Message>,
    /// Why it failed.
    pub error: Option<String>,
    /// More of this result follows in the next chunk.
    pub partial: bool,
}

impl StatementResult {
    /// A result of these rows.
    #[must_use]
    pub fn rows(statement_id: usize, series: Vec<Row>) -> Self {
        Self { statement_id, series, ..Self::default() }
    }

    /// A failure.
    #[must_use]
    pub fn failed(statement_id: usize, error: impl Into<String>) -> Self {
        Self { statement_id, error: Some(error.into()), ..Self::default() }
    }

    /// Rows or the failure.
    #[must_use]
    pub fn of(statement_id: usize, result: Result<Vec<Row>, QueryError>) -> Self {
        match result {
            Ok(series) => Self::rows(statement_id, series),
            Err(error) => Self::failed(statement_id, error.to_string()),
        }
    }
}

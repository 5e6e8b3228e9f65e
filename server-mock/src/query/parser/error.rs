//! Why a text is no query.

use std::fmt;

use crate::query::token::{Position, Token};

/// The text is no InfluxQL. `Display` gives what the server answers: `error parsing query: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    detail: String,
}

impl ParseError {
    /// Something else was expected in place of `found`.
    pub(super) fn expected(found: &Token<'_>, expected: &[&str]) -> Self {
        Self::at(found.at, &format!("found {}, expected {}", found.shown(), expected.join(", ")))
    }

    /// A message with its place.
    pub(super) fn at(at: Position, message: &str) -> Self {
        Self { detail: format!("{message} at line {}, char {}", at.line + 1, at.char + 1) }
    }

    /// A message about no place in particular.
    pub(super) fn bare(message: impl Into<String>) -> Self {
        Self { detail: message.into() }
    }

    /// The message without its prefix.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error parsing query: {}", self.detail)
    }
}

impl std::error::Error for ParseError {}

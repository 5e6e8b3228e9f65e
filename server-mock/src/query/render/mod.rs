//! Results as bodies: JSON as Go's encoder writes it, CSV and MessagePack.

mod accept;
mod chunk;
mod csv;
mod json;
mod msgpack;

use jiff::tz::TimeZone;

use super::result::StatementResult;
use super::value::Value;
use crate::Profile;

pub use accept::Encoding;
pub use chunk::{Chunker, chunks};

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The form.
    pub encoding: Encoding,
    /// Whose envelope.
    pub profile: Profile,
    /// JSON indented by four spaces.
    pub pretty: bool,
    /// Times as numbers of this unit; without, RFC 3339 in JSON.
    pub epoch: Option<Epoch>,
}

impl Style {
    /// JSON on one line, times in RFC 3339.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self { encoding: Encoding::Json, profile, pretty: false, epoch: None }
    }
}

/// The unit of times written as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    nanoseconds: i64,
}

impl Epoch {
    /// Reads the parameter `epoch`: `u`, `ms`, `s`, `m`, `h`; anything else that is not empty is nanoseconds.
    #[must_use]
    pub fn from_parameter(text: &str) -> Option<Self> {
        let nanoseconds = match text {
            "" => return None,
            "u" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60 * 1_000_000_000,
            "h" => 3_600 * 1_000_000_000,
            _ => 1,
        };
        Some(Self { nanoseconds })
    }

    /// Nanoseconds in this unit, rounded towards zero.
    fn count(self, nanoseconds: i64) -> i64 {
        nanoseconds / self.nanoseconds
    }
}

/// Writes the results of one request: all at once, or chunk after chunk.
#[derive(Clone, Debug)]
pub struct Writer {
    style: Style,
    /// CSV has one header for each statement, whatever the number of chunks.
    csv: csv::Position,
}

impl Writer {
    /// Nothing written yet.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self { style, csv: csv::Position::default() }
    }

    /// The bytes for these results, complete where they are not chunked.
    pub fn results(&mut self, results: &[StatementResult]) -> Vec<u8> {
        match self.style.encoding {
            Encoding::Json => json::body(results, &self.style),
            Encoding::ApplicationCsv | Encoding::TextCsv => csv::body(results, &self.style, &mut self.csv),
            Encoding::MessagePack => msgpack::body(results, &self.style),
        }
    }

    /// The bytes for a request of which no statement was executed.
    #[must_use]
    pub fn error(&self, error: &str) -> Vec<u8> {
        match self.style.encoding {
            Encoding::Json => json::error_body(error, &self.style),
            Encoding::ApplicationCsv | Encoding::TextCsv => csv::error_body(error),
            Encoding::MessagePack => msgpack::error_body(error),
        }
    }
}

/// The body for these results, all at once.
#[must_use]
pub fn body(results: &[StatementResult], style: &Style) -> Vec<u8> {
    Writer::new(*style).results(results)
}

/// The body for a request of which no statement was executed.
#[must_use]
pub fn error_body(error: &str, style: &Style) -> Vec<u8> {
    Writer::new(*style).error(error)
}

/// A time as text.
fn time_text(nanoseconds: i64, zone: Option<&TimeZone>) -> String {
    super::format_with(i128::from(nanoseconds), zone.unwrap_or(&TimeZone::UTC))
}

/// What can be shown: nothing stands for floats that are no numbers.
fn shown(value: &Value) -> &Value {
    match value {
        Value::Float(float) if !float.is_finite() => &Value::Null,
        value => value,
    }
}

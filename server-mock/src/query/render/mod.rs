//! Results as bodies: JSON as Go's encoder writes it, CSV and MessagePack.

mod chunk;
mod json;

use jiff::tz::TimeZone;

use super::result::StatementResult;
use super::value::Value;
use crate::Profile;

pub use chunk::chunks;
pub use json::error_body;

/// In what form results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// `application/json`
    #[default]
    Json,
}

impl Encoding {
    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
        }
    }
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The form.
    pub encoding: Encoding,
    /// Whose envelope.
    pub profile: Profile,
    /// JSON indented by four spaces.
    pub pretty: bool,
    /// Times as numbers of this unit; RFC 3339 without.
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

/// The body for these results. A chunked answer is the bodies of its chunks one after another.
#[must_use]
pub fn body(results: &[StatementResult], style: &Style) -> Vec<u8> {
    match style.encoding {
        Encoding::Json => json::body(results, style),
    }
}

/// A time as text.
fn time_text(nanoseconds: i64, zone: Option<&TimeZone>) -> String {
    super::format_with(i128::from(nanoseconds), zone.unwrap_or(&TimeZone::UTC))
}

/// Whether a float can be written: nothing stands for the others.
fn shown(value: &Value) -> Option<&Value> {
    match value {
        Value::Float(float) if !float.is_finite() => None,
        Value::Null => None,
        value => Some(value),
    }
}

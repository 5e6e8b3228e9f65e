//! Durations as Go writes and reads them: `1h0m0s`, `1.5s`, `250ms`.

use std::time::Duration;

/// The text is no duration in Go's form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no duration: write a number and a unit (ns, us, ms, s, m, h), such as 1s, 250ms or 1h30m")]
pub struct DurationError {
    text: String,
}

const NANOSECOND: u128 = 1;
const MICROSECOND: u128 = 1_000;
const MILLISECOND: u128 = 1_000_000;
const SECOND: u128 = 1_000_000_000;
const MINUTE: u128 = 60 * SECOND;
const HOUR: u128 = 60 * MINUTE;

/// Reads a non-negative duration: numbers with an optional fraction, each followed by a unit; `0` needs none.
///
/// # Errors
/// [`DurationError`] when a number or a unit is missing or unknown, or the sum is out of range.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError { text: text.to_owned() };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total: u128 = 0;
    if rest.is_empty() {
        return Err(error());
    }
    while !rest.is_empty() {
        let number_len = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(error)?;
        let (number, after) = rest.split_at(number_len);
        let unit_len = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_len);
        let scale = match unit {
            "ns" => NANOSECOND,
            "us" | "µs" | "μs" => MICROSECOND,
            "ms" => MILLISECOND,
            "s" => SECOND,
            "m" => MINUTE,
            "h" => HOUR,
            _ => return Err(error()),
        };
        total = scaled(number, scale).and_then(|part| total.checked_add(part)).ok_or_else(error)?;
        rest = after;
    }
    u64::try_from(total).map(Duration::from_nanos).map_err(|_| error())
}

/// `number` (digits with at most one point) times `scale`, without passing through floats.
fn scaled(number: &str, scale: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = if whole.is_empty() { 0 } else { whole.parse::<u128>().ok()? }.checked_mul(scale)?;
    let mut unit = scale;
    for digit in fraction.chars() {
        unit /= 10;
        value = value.checked_add(u128::from(digit.to_digit(10)?) * unit)?;
    }
    Some(value)
}

/// Writes a duration of this many nanoseconds as Go's `Duration.String` does.
#[must_use]
pub fn format_duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let n = u128::from(nanoseconds.unsigned_abs());
    let text = match n {
        0 => "0s".to_owned(),
        n if n < MICROSECOND => format!("{n}ns"),
        n if n < MILLISECOND => fraction(n, MICROSECOND) + "µs",
        n if n < SECOND => fraction(n, MILLISECOND) + "ms",
        n if n < MINUTE => fraction(n, SECOND) + "s",
        n if n < HOUR => format!("{}m{}s", n / MINUTE, fraction(n % MINUTE, SECOND)),
        n => format!("{}h{}m{}s", n / HOUR, n % HOUR / MINUTE, fraction(n % MINUTE, SECOND)),
    };
    format!("{sign}{text}")
}

/// `n / unit` with as many decimals as it takes.
fn fraction(n: u128, unit: u128) -> String {
    let (whole, rest) = (n / unit, n % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    let digits = format!("{rest:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("1s", 1_000_000_000),
            ("1.5s", 1_500_000_000),
            ("250ms", 250_000_000),
            ("1h30m", 5_400_000_000_000),
        ] {
            assert_eq!(parse_duration(text).unwrap(), Duration::from_nanos(nanoseconds), "{text}");
        }
        for text in ["", "1", "s", "-1s", "1x", "1s2", ".s", "1..5s", "99999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writes_what_go_writes() {
        for (nanoseconds, text) in [
            (0, "0s"),
            (1, "1ns"),
            (1_500, "1.5µs"),
            (2_000_000, "2ms"),
            (1_003_000_000, "1.003s"),
            (60_000_000_000, "1m0s"),
            (3_600_000_000_000, "1h0m0s"),
            (604_800_000_000_000, "168h0m0s"),
            (-1_500_000_000, "-1.5s"),
        ] {
            assert_eq!(format_duration(nanoseconds), text);
        }
    }
}

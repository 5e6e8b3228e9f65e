//! Durations as InfluxQL writes them: `1h30m`, `7d`, `100u`.

/// The text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// No number, or no known unit after it.
    #[error("invalid duration")]
    Invalid,
    /// The sum is more than 292 years.
    #[error("overflowed duration {last}: choose a smaller duration or INF")]
    Overflow {
        /// The last number and unit read.
        last: String,
    },
}

const UNITS: [(&str, i64); 10] = [
    ("ns", 1),
    ("u", 1_000),
    ("µ", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3_600 * 1_000_000_000),
    ("d", 86_400 * 1_000_000_000),
    ("w", 7 * 86_400 * 1_000_000_000),
    // Last, so that it never hides a longer unit; the real parser knows no bare `n`.
    ("n", 0),
];

/// Reads a duration: one or more of number and unit (`ns`, `u`, `µ`, `ms`, `s`, `m`, `h`, `d`, `w`), with an
/// optional minus sign in front. Nanoseconds.
///
/// # Errors
/// [`DurationError`] when a number or a unit is missing or unknown, or the sum is out of range.
pub fn parse_duration(text: &str) -> Result<i64, DurationError> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest.is_empty() {
        return Err(DurationError::Invalid);
    }
    let mut total: i128 = 0;
    let mut last = "";
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(DurationError::Invalid)?;
        let number: i64 = rest[..digits].parse().map_err(|_| DurationError::Invalid)?;
        let after = &rest[digits..];
        let (unit, scale) = UNITS
            .into_iter()
            .find(|(unit, _)| after.starts_with(unit) && !(*unit == "m" && after.starts_with("ms")))
            .filter(|(_, scale)| *scale > 0)
            .ok_or(DurationError::Invalid)?;
        total = total.saturating_add(i128::from(number) * i128::from(scale));
        last = &rest[..digits + unit.len()];
        rest = &after[unit.len()..];
    }
    let total = if negative { -total } else { total };
    i64::try_from(total).map_err(|_| DurationError::Overflow { last: last.to_owned() })
}

/// Writes a duration of this many nanoseconds with the largest unit that divides it: `7d` is `1w`, `90s` stays `90s`.
#[must_use]
pub fn format_duration(nanoseconds: i64) -> String {
    const LARGEST_FIRST: [(&str, i64); 8] = [
        ("w", 7 * 86_400 * 1_000_000_000),
        ("d", 86_400 * 1_000_000_000),
        ("h", 3_600 * 1_000_000_000),
        ("m", 60 * 1_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("u", 1_000),
        ("ns", 1),
    ];
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    let (unit, scale) = LARGEST_FIRST
        .into_iter()
        .find(|(_, scale)| nanoseconds % scale == 0)
        .expect("every number is a multiple of 1 ns");
    format!("{}{unit}", nanoseconds / scale)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_and_writes() {
        for (text, nanoseconds, back) in [
            ("1ns", 1, "1ns"),
            ("10u", 10_000, "10u"),
            ("10µ", 10_000, "10u"),
            ("5ms", 5_000_000, "5ms"),
            ("90s", 90_000_000_000, "90s"),
            ("1m30s", 90_000_000_000, "90s"),
            ("60m", 3_600_000_000_000, "1h"),
            ("7d", 604_800_000_000_000, "1w"),
            ("-1h", -3_600_000_000_000, "-1h"),
            ("0s", 0, "0s"),
        ] {
            assert_eq!(parse_duration(text).unwrap(), nanoseconds, "{text}");
            assert_eq!(format_duration(nanoseconds), back);
        }
        for text in ["", "1", "s", "1x", "1n", "1h2", "-", "99999999999999999999h"] {
            assert_eq!(parse_duration(text), Err(DurationError::Invalid), "{text}");
        }
        let overflow = parse_duration("1000000h9999999w").unwrap_err();
        assert_eq!(overflow.to_string(), "overflowed duration 9999999w: choose a smaller duration or INF");
    }
}

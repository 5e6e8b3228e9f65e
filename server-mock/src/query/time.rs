//! Points in time: literals in queries and the text in results.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// The first nanosecond (Unix time) a point can have.
pub const MIN_TIME: i64 = i64::MIN + 2;
/// The last nanosecond (Unix time) a point can have.
pub const MAX_TIME: i64 = i64::MAX - 1;

const SECOND: i128 = 1_000_000_000;

/// Writes nanoseconds (Unix time) as `2016-01-02T03:04:05.678Z`, with as many decimals as it takes.
#[must_use]
pub fn format_rfc3339(nanoseconds: i128) -> String {
    format_with(nanoseconds, &TimeZone::UTC)
}

/// As [`format_rfc3339`], with the clock and the offset of a zone.
#[must_use]
pub fn format_with(nanoseconds: i128, zone: &TimeZone) -> String {
    let Ok(timestamp) = Timestamp::from_nanosecond(nanoseconds) else {
        // Beyond the year 9999 or before the year -9999: no zone has rules there.
        return format!("{nanoseconds}ns");
    };
    let offset = zone.to_offset(timestamp);
    let local = offset.to_datetime(timestamp);
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        local.year(),
        local.month(),
        local.day(),
        local.hour(),
        local.minute(),
        local.second()
    );
    let fraction = nanoseconds.rem_euclid(SECOND);
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    match offset.seconds() {
        0 => text.push('Z'),
        seconds => {
            let sign = if seconds < 0 { '-' } else { '+' };
            let minutes = seconds.unsigned_abs() / 60;
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    text
}

/// Whether a text in a comparison with `time` is meant as a time: it starts with a date.
#[must_use]
pub fn looks_like_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
        // A line end directly after the date is no time for the real servers.
        && bytes.get(10) != Some(&b'\n')
}

/// Reads `2016-01-02`, `2016-01-02 03:04:05[.678]` (both in `zone`) or RFC 3339 with an offset. Nanoseconds, Unix time.
#[must_use]
pub fn parse_time(text: &str, zone: &TimeZone) -> Option<i128> {
    let date = parse_date(text.get(..10)?)?;
    let rest = &text[10..];
    if rest.is_empty() {
        return in_zone(date.to_datetime(Time::midnight()), zone);
    }
    let clock = rest.get(1..)?;
    let (time, after) = parse_clock(clock)?;
    let local = date.to_datetime(time);
    match (rest.as_bytes()[0], after) {
        (b' ', "") => in_zone(local, zone),
        (b'T', "Z") => offset_from(local, 0),
        (b'T', offset) => offset_from(local, parse_offset(offset)?),
        _ => None,
    }
}

fn parse_date(text: &str) -> Option<Date> {
    if !looks_like_time(text) {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..10].parse().ok()?).ok()
}

/// `03:04:05[.678…]` and what follows.
fn parse_clock(text: &str) -> Option<(Time, &str)> {
    let two = |from: usize| -> Option<i8> {
        let digits = text.get(from..from + 2)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    let bytes = text.as_bytes();
    if bytes.get(2) != Some(&b':') || bytes.get(5) != Some(&b':') {
        return None;
    }
    let (hour, minute, second) = (two(0)?, two(3)?, two(6)?);
    let mut rest = &text[8..];
    let mut nanosecond = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let len = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if len == 0 {
            return None;
        }
        let nine: String = fraction[..len].chars().chain("000000000".chars()).take(9).collect();
        nanosecond = nine.parse().ok()?;
        rest = &fraction[len..];
    }
    Some((Time::new(hour, minute, second, nanosecond).ok()?, rest))
}

/// `+01:00` in seconds.
fn parse_offset(text: &str) -> Option<i64> {
    let (sign, clock) = match text.split_at_checked(1)? {
        ("+", clock) => (1, clock),
        ("-", clock) => (-1, clock),
        _ => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    let two = |digits: &str| -> Option<i64> {
        (digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn in_zone(local: DateTime, zone: &TimeZone) -> Option<i128> {
    zone.to_ambiguous_timestamp(local).compatible().ok().map(Timestamp::as_nanosecond)
}

fn offset_from(local: DateTime, offset_seconds: i64) -> Option<i128> {
    let utc = local.checked_sub(SignedDuration::from_secs(offset_seconds)).ok()?;
    in_zone(utc, &TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_all_forms() {
        for (text, nanoseconds) in [
            ("1970-01-01", 0),
            ("1970-01-01 00:00:01", SECOND),
            ("1970-01-01 00:00:01.5", 1_500_000_000),
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T01:00:00+01:00", 0),
            ("2016-02-20T20:26:40.000000001Z", 1_456_000_000_000_000_001),
            ("1969-12-31T23:59:59.999999999Z", -1),
        ] {
            assert_eq!(parse_time(text, &TimeZone::UTC), Some(nanoseconds), "{text}");
        }
        for text in ["", "1970-01", "1970-13-01", "1970-01-01T00:00:00", "1970-01-01 25:00:00", "1970-01-01x"] {
            assert_eq!(parse_time(text, &TimeZone::UTC), None, "{text}");
        }
        let zone = TimeZone::get("America/New_York").unwrap();
        assert_eq!(parse_time("1970-01-01", &zone), Some(5 * 3600 * SECOND));
    }

    #[test]
    fn writes_the_shortest_fraction() {
        for (nanoseconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_500_000_000, "1970-01-01T00:00:01.5Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (1_600_000_000 * SECOND, "2020-09-13T12:26:40Z"),
        ] {
            assert_eq!(format_rfc3339(nanoseconds), text);
        }
        let zone = TimeZone::get("America/New_York").unwrap();
        assert_eq!(format_with(0, &zone), "1969-12-31T19:00:00-05:00");
    }
}

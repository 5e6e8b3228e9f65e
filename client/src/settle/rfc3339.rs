//! Times as the servers write and read them in statements.
//!
//! Only the two forms that are needed here; a calendar library would be far more than that.

const DAY: i64 = 86_400;

/// Nanoseconds since 1970 as a literal: the numeric form goes through a float in version 0.10 and loses the last digits
/// (0.10 facts § 6).
pub(crate) fn format(nanoseconds: i64) -> String {
    let (seconds, fraction) = (nanoseconds.div_euclid(1_000_000_000), nanoseconds.rem_euclid(1_000_000_000));
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let rest = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
}

/// Seconds since 1970 of a time such as `2020-01-06T00:00:00Z`; a fraction is passed over.
pub(crate) fn parse_seconds(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (date, time) = text.split_once('T')?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let numbers = |text: &str, separator: char| -> Option<[i64; 3]> {
        let mut parts = text.split(separator).map(|part| {
            let digits = !part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse().ok() } else { None }
        });
        let three = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then_some(three)
    };
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let sound = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 60;
    let days = days(year, month, day);
    (sound && civil(days) == (year, month, day)).then_some(days * DAY + hour * 3600 + minute * 60 + second)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March here, so that the leap day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let of_years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_years + of_years / 4 - of_years / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (of_years + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use influx_server_mock::query::format_rfc3339;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_written_with_all_their_digits() {
        assert_eq!(format(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(format(-1), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(format(1_600_000_000_000_000_001), "2020-09-13T12:26:40.000000001Z");
        assert_eq!(format(i64::MIN + 2), "1677-09-21T00:12:43.145224194Z");
        assert_eq!(format(i64::MAX - 1), "2262-04-11T23:47:16.854775806Z");
        assert_eq!(format(951_782_400_000_000_000), "2000-02-29T00:00:00.000000000Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "2020-01-01", "2020-13-01T00:00:00Z", "2021-02-29T00:00:00Z", "2020-01-01T24:00:00Z", "x-1-1T0:0:0Z"]
        {
            assert_eq!(parse_seconds(text), None, "{text}");
        }
        assert_eq!(parse_seconds("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(parse_seconds("1969-12-31T23:59:59.5Z"), Some(-1));
    }

    proptest! {
        /// A calendar library writes the same time, to the nanosecond, but for zeros at the end.
        #[test]
        fn times_are_those_of_the_calendar(time in any::<i64>()) {
            let text = format(time);
            let trimmed = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
            prop_assert_eq!(format!("{trimmed}Z"), format_rfc3339(i128::from(time)));
            prop_assert_eq!(parse_seconds(&text), Some(time.div_euclid(1_000_000_000)));
        }
    }
}

//! Durations and sizes as people write them on a command line.

use std::fmt::Write as _;
use std::time::Duration;

/// Reads a duration: `250ms`, `15s`, `2m`, `1h30m`; a bare number is refused, since its unit would be a guess.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no duration: write 250ms, 15s, 2m or 1h30m");
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return Err(wrong()),
        };
        rest = &rest[letters..];
        let part = Duration::try_from_secs_f64(number * unit).map_err(|_| wrong())?;
        total = total.checked_add(part).ok_or_else(wrong)?;
    }
    Ok(total)
}

/// As [`duration`], but zero is refused: for limits that would let nothing through.
pub(crate) fn some_duration(text: &str) -> Result<Duration, String> {
    let parsed = duration(text)?;
    if parsed.is_zero() { Err("must be more than zero".to_owned()) } else { Ok(parsed) }
}

/// As [`some_duration`], and a bare number is so many seconds: where an option has been called seconds in what people read
/// of it.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        Ok(_) | Err(_) => some_duration(text),
    }
}

/// Reads a size in bytes: `4MiB`, `512K`, `1.5MB`, `5000000`. `K`, `M`, `G` are powers of 1,024, `KB`, `MB`, `GB` of 1,000.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let wrong = || format!("{text:?} is no size: write 4MiB, 512K or a number of bytes");
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..digits].parse().map_err(|_| wrong())?;
    let unit = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kib" => 1_024.0,
        "m" | "mib" => 1_048_576.0,
        "g" | "gib" => 1_073_741_824.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        _ => return Err(wrong()),
    };
    let bytes = number * unit;
    // Half the address space of the smallest target is beyond any sensible batch, and the cast below is then exact enough.
    if !(1.0..=2_147_483_648.0).contains(&bytes) {
        return Err(format!("{text:?} is out of range: between 1 byte and 2 GiB"));
    }
    Ok(bytes as usize)
}

/// Reads a count for a second: `50000`, `50k`, `1.5M/s`, in powers of 1,000.
pub(crate) fn rate(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no rate: write 50000, 50k/s or 1.5M/s");
    let number = text.trim().trim_end_matches("/s");
    let digits = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let unit = match &number[digits..] {
        "" => 1.0,
        "k" | "K" => 1e3,
        "m" | "M" => 1e6,
        _ => return Err(wrong()),
    };
    let rate: f64 = number[..digits].parse().map_err(|_| wrong())?;
    let rate = (rate * unit).round();
    if (1.0..=1e12).contains(&rate) { Ok(rate as u64) } else { Err(wrong()) }
}

/// Reads a number of bytes for a second: `4MiB/s`.
pub(crate) fn byte_rate(text: &str) -> Result<u64, String> {
    size(text.trim().trim_end_matches("/s")).map(|bytes| bytes as u64)
}

/// A count with thousands separated, as in `11,681`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what it counts: `1 point`, `2 points`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// A size for people: `1.1 MB`.
pub(crate) fn bytes_text(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1_000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1_000.0;
    }
    format!("{value:.1} TB")
}

/// A duration for people: `41 ms`, `9.8 s`, `3 min 20 s`.
pub(crate) fn duration_text(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else {
        let mut text = format!("{} min", time.as_secs() / 60);
        let _ = write!(text, " {} s", time.as_secs() % 60);
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, milliseconds) in
            [("250ms", 250), ("15s", 15_000), ("1.5s", 1_500), ("2m", 120_000), ("1h30m", 5_400_000), ("0", 0)]
        {
            assert_eq!(duration(text).unwrap(), Duration::from_millis(milliseconds), "{text}");
        }
        for text in ["", "15", "s", "15 s", "-1s", "1x", "1e9s", "99999999999999999999h", "1s5"] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert!(some_duration("0s").is_err());
        for (text, expected) in [("300", 300), (" 5 ", 5), ("5m", 300)] {
            assert_eq!(seconds(text).unwrap(), Duration::from_secs(expected), "{text}");
        }
        for text in ["0", "0s", "-1", "1.5", "", "soon"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [("4MiB", 4 << 20), ("512K", 512 << 10), ("1.5MB", 1_500_000), ("7", 7), ("1g", 1 << 30)] {
            assert_eq!(size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "0", "-1", "4XB", "4 GiB", "nan", "MiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_read_with_and_without_their_unit() {
        for (text, points) in [("1", 1), ("50000", 50_000), ("50k/s", 50_000), ("1.5M", 1_500_000)] {
            assert_eq!(rate(text).unwrap(), points, "{text}");
        }
        for text in ["", "0", "-1", "1/m", "k", "1e3", "9999999M"] {
            assert!(rate(text).is_err(), "{text}");
        }
        assert_eq!(byte_rate("4MiB/s").unwrap(), 4 << 20);
        assert!(byte_rate("0/s").is_err());
    }

    #[test]
    fn counts_are_grouped() {
        for (count, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (11_681, "11,681"), (1_000_000, "1,000,000")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn sizes_and_times_are_shown_in_their_magnitude() {
        assert_eq!(bytes_text(999), "999 B");
        assert_eq!(bytes_text(1_140_654), "1.1 MB");
        assert_eq!(duration_text(Duration::from_millis(41)), "41 ms");
        assert_eq!(duration_text(Duration::from_millis(9_800)), "9.8 s");
        assert_eq!(duration_text(Duration::from_secs(200)), "3 min 20 s");
    }
}

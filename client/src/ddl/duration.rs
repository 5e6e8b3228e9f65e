//! Durations in statements.

use std::time::Duration;

/// A duration as a statement has it, exact to the nanosecond: the largest unit that divides it. The servers have no unit
/// larger than a week.
pub(super) fn text(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    let units: [(&str, u128); 8] = [
        ("w", 7 * 86_400_000_000_000),
        ("d", 86_400_000_000_000),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("u", 1_000),
        ("ns", 1),
    ];
    let fits = units.into_iter().find(|(_, unit)| nanoseconds.is_multiple_of(*unit));
    let (unit, size) = fits.unwrap_or(("ns", 1));
    format!("{}{unit}", nanoseconds / size)
}

/// Of a retention policy; `None` is for ever.
pub(super) fn keep(duration: Option<Duration>) -> String {
    duration.map_or_else(|| "INF".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_exact() {
        for (duration, expected) in [
            (Duration::from_secs(7 * 86_400), "1w"),
            (Duration::from_secs(30 * 86_400), "30d"),
            (Duration::from_secs(36 * 3600), "36h"),
            (Duration::from_secs(90), "90s"),
            (Duration::from_millis(1500), "1500ms"),
            (Duration::from_nanos(7), "7ns"),
        ] {
            assert_eq!(text(duration), expected);
        }
        assert_eq!(keep(None), "INF");
    }
}

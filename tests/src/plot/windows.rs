//! A run in windows of time.

use super::scale::round_up;

/// How long a window of a run is in nanoseconds: about 30 of them in a run, of a round length.
pub(super) fn window(end: u64) -> u64 {
    let seconds = (end as f64 / 1e9 / 30.0).max(1e-3);
    // A length of a millisecond or more, and of less than a run.
    (round_up(seconds) * 1e9).round() as u64
}

/// The middle of a window in seconds; that of the last one is within the run.
pub(super) fn middle(number: u64, window: u64, end: u64) -> f64 {
    let from = number * window;
    let to = (from + window).min(end.max(from));
    f64::midpoint(from as f64, to as f64) / 1e9
}

/// The value below or at which this share of the values is, by the nearest rank; the values are in order and there is one
/// at least.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_round_and_about_thirty() {
        assert_eq!(window(30_000_000_000), 1_000_000_000);
        assert_eq!(window(31_000_000_000), 2_000_000_000);
        assert_eq!(window(3_600_000_000_000), 200_000_000_000);
        assert!(window(0) > 0);
    }

    #[test]
    fn quantiles_are_values_that_were_there() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0.0, 0.5, 0.95, 0.99, 1.0].map(|share| quantile(&values, share)), [1.0, 50.0, 95.0, 99.0, 100.0]);
        assert_eq!(quantile(&[7.0], 0.5), 7.0);
    }
}

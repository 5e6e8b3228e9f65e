//! `--rate-points` and `--rate-bytes`: when the next request may begin.

use std::time::{Duration, Instant};

/// Spaces requests so that points and bytes stay below their rates.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Throttle {
    points: Option<u64>,
    bytes: Option<u64>,
    /// When what was sent so far is paid for.
    free: Option<Instant>,
}

impl Throttle {
    /// Limits for a second; none where there is none.
    pub(crate) fn new(points: Option<u64>, bytes: Option<u64>) -> Self {
        Self { points, bytes, free: None }
    }

    /// How long the next request has to wait.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        self.free.map_or(Duration::ZERO, |free| free.saturating_duration_since(now))
    }

    /// Takes in what a request that begins `now` sends.
    pub(crate) fn take(&mut self, points: u64, bytes: u64, now: Instant) {
        let time = |amount: u64, rate: Option<u64>| rate.map_or(0.0, |rate| amount as f64 / rate.max(1) as f64);
        let cost = time(points, self.points).max(time(bytes, self.bytes));
        if cost > 0.0 {
            let from = self.free.map_or(now, |free| free.max(now));
            // A cost beyond what the clock can tell is a rate of nothing.
            let cost = Duration::try_from_secs_f64(cost).unwrap_or(Duration::MAX);
            self.free = Some(from.checked_add(cost).unwrap_or_else(|| from + Duration::from_secs(1 << 30)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_spaced_by_the_stricter_rate() {
        let start = Instant::now();
        let mut throttle = Throttle::new(Some(1_000), Some(1_000_000));
        assert_eq!(throttle.wait(start), Duration::ZERO);
        throttle.take(500, 100, start);
        assert_eq!(throttle.wait(start), Duration::from_millis(500));
        throttle.take(0, 2_000_000, start + Duration::from_millis(500));
        assert_eq!(throttle.wait(start + Duration::from_millis(500)), Duration::from_secs(2));
    }

    #[test]
    fn time_that_passed_idle_is_not_saved_up() {
        let start = Instant::now();
        let mut throttle = Throttle::new(Some(100), None);
        throttle.take(100, 0, start);
        let later = start + Duration::from_secs(60);
        throttle.take(100, 0, later);
        assert_eq!(throttle.wait(later), Duration::from_secs(1));
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let now = Instant::now();
        let mut throttle = Throttle::default();
        throttle.take(u64::MAX, u64::MAX, now);
        assert_eq!(throttle.wait(now), Duration::ZERO);
        let mut slow = Throttle::new(Some(1), None);
        slow.take(u64::MAX, 0, now);
        assert!(slow.wait(now) > Duration::from_secs(1 << 29));
    }
}

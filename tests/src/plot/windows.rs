//! A run in windows of time.

use super::scale::{round_up, trimmed};

/// The windows of a run: all of one round length, but for the last, which ends with the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    length: u64,
    count: u64,
    end: u64,
}

impl Windows {
    /// About 30 windows of a run that ended after so many nanoseconds. A rest shorter than half a window belongs to the one
    /// before it: a rate of one operation in a moment would say nothing.
    pub(super) fn of(end: u64) -> Self {
        // A millisecond or more, so that a run of no length has a window.
        let seconds = round_up((end as f64 / 1e9 / 40.0).max(1e-3));
        let length = (seconds * 1e9).round() as u64;
        Self { length, count: ((end + length / 2) / length).max(1), end }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// The one in which this time is; what is after the end of the run is in the last.
    pub(super) fn number(&self, time: u64) -> usize {
        (time / self.length).min(self.count - 1) as usize
    }

    /// The middle of one, in seconds since the run began.
    pub(super) fn middle(&self, number: usize) -> f64 {
        let (from, to) = self.span(number);
        f64::midpoint(from as f64, to as f64) / 1e9
    }

    /// How long one is, in seconds.
    pub(super) fn seconds(&self, number: usize) -> f64 {
        let (from, to) = self.span(number);
        (to - from) as f64 / 1e9
    }

    /// Their length in words.
    pub(super) fn name(&self) -> String {
        format!("{} s", trimmed(self.length as f64 / 1e9))
    }

    fn span(&self, number: usize) -> (u64, u64) {
        let from = number as u64 * self.length;
        // The only window of a very short run is longer than the run.
        let to = if number + 1 == self.count() && self.end > from {
            self.end.max(from + 1_000_000)
        } else {
            from + self.length
        };
        (from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_round_and_about_thirty_and_hold_the_whole_run() {
        const SECOND: u64 = 1_000_000_000;
        for (end, count, length, last) in [
            (30 * SECOND, 30, "1 s", 1.0),
            (30 * SECOND + SECOND / 3, 30, "1 s", 4.0 / 3.0),
            (3600 * SECOND, 36, "100 s", 100.0),
        ] {
            let windows = Windows::of(end);
            assert_eq!((windows.count(), windows.name().as_str()), (count, length));
            assert_eq!(windows.number(end), count - 1);
            assert!((windows.seconds(count - 1) - last).abs() < 1e-6, "{windows:?}");
        }
        let none = Windows::of(0);
        assert_eq!((none.count(), none.number(0)), (1, 0));
        assert!(none.seconds(0) > 0.0);
    }
}

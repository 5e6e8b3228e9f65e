//! From values to pixels.

/// An axis: values from one end to the other, and the pixels where these ends are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    values: (f64, f64),
    pixels: (f64, f64),
    logarithmic: bool,
}

impl Scale {
    /// Every value has the same room. The values are two different ones.
    pub(super) fn linear(values: (f64, f64), pixels: (f64, f64)) -> Self {
        Self { values, pixels, logarithmic: false }
    }

    /// Every power of ten has the same room: whole ones, at least two, that hold all of these values but for those that are
    /// hardly above the upper end or not above `least`, a power of ten itself: these are at the lower end.
    pub(super) fn logarithmic(values: impl IntoIterator<Item = f64>, least: f64, pixels: (f64, f64)) -> Self {
        let (mut low, mut high) = (f64::INFINITY, least);
        for value in values.into_iter().filter(|value| *value > least) {
            (low, high) = (low.min(value), high.max(value));
        }
        let low = if low.is_finite() { low.log10().floor() } else { least.log10() };
        // A time-out of ten seconds takes a few milliseconds more, which is no reason for an axis ten times as long.
        let high = (high.log10() - 0.01).ceil().max(low + 2.0);
        Self { values: (10_f64.powf(low), 10_f64.powf(high)), pixels, logarithmic: true }
    }

    /// Where a value is. Values beyond an end are at that end.
    pub(super) fn at(&self, value: f64) -> f64 {
        let (low, high) = self.values;
        let value = value.clamp(low, high);
        let share =
            if self.logarithmic { (value / low).log10() / (high / low).log10() } else { (value - low) / (high - low) };
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// The values at its ends.
    pub(super) fn ends(&self) -> (f64, f64) {
        self.values
    }

    /// Round values to mark: about `wanted` of them on a linear scale, each power of ten on a logarithmic one.
    pub(super) fn ticks(&self, wanted: usize) -> Vec<f64> {
        let (low, high) = self.values;
        if self.logarithmic {
            let (low, high) = (low.log10().round() as i32, high.log10().round() as i32);
            return (low..=high).map(|power| 10_f64.powi(power)).collect();
        }
        let step = round_up((high - low) / wanted.max(1) as f64);
        let first = (low / step).ceil() as i64;
        let last = (high / step * (1.0 + f64::EPSILON)).floor() as i64;
        (first..=last).map(|number| number as f64 * step).collect()
    }

    /// Values between the powers of ten of a logarithmic scale.
    pub(super) fn fine_ticks(&self) -> Vec<f64> {
        if !self.logarithmic {
            return Vec::new();
        }
        let tens = self.ticks(0);
        let tens = &tens[..tens.len() - 1];
        tens.iter().flat_map(|ten| (2..10).map(move |number| f64::from(number) * ten)).collect()
    }
}

/// The least of 1, 2 and 5 times a power of ten that is not less than the value, which is above 0.
pub(super) fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    // What is hardly above a round value is that value: 0.1 + 0.2 is 0.3.
    let slack = 1.0 - 1e-9;
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|round| value * slack <= *round).unwrap_or(10.0 * power)
}

/// A latency in milliseconds, as an axis says it.
pub(super) fn latency_label(milliseconds: f64) -> String {
    if milliseconds >= 1000.0 {
        format!("{} s", trimmed(milliseconds / 1000.0))
    } else {
        format!("{} ms", trimmed(milliseconds))
    }
}

/// A rate, as an axis says it.
pub(super) fn rate_label(rate: f64) -> String {
    if rate >= 1e6 {
        format!("{}M", trimmed(rate / 1e6))
    } else if rate >= 1e4 {
        format!("{}k", trimmed(rate / 1e3))
    } else {
        trimmed(rate)
    }
}

/// A number without the digits that an axis does not need.
pub(super) fn trimmed(value: f64) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithmic_scale_holds_its_values_between_whole_powers() {
        let scale = Scale::logarithmic([0.0, 0.3, 640.0], 0.01, (100.0, 0.0));
        assert_eq!(scale.ends(), (0.1, 1000.0));
        assert_eq!(scale.at(0.0), 100.0);
        assert_eq!(scale.at(1000.0), 0.0);
        assert!((scale.at(1.0) - 75.0).abs() < 1e-9, "{}", scale.at(1.0));
        assert_eq!(scale.ticks(5).len(), 5);
        assert_eq!(scale.fine_ticks().len(), 32);
        assert_eq!(Scale::logarithmic([10_010.0], 0.01, (1.0, 0.0)).ends().1, 1_000_000.0);
        assert_eq!(Scale::logarithmic([1.0, 10_010.0], 0.01, (1.0, 0.0)).ends(), (1.0, 10_000.0));
    }

    #[test]
    fn no_values_and_equal_values_still_make_a_scale() {
        let (low, high) = Scale::logarithmic([], 0.01, (1.0, 0.0)).ends();
        assert!(low < high);
        let scale = Scale::logarithmic([1.0, 1.0], 0.01, (1.0, 0.0));
        assert!(scale.ends().0 <= 1.0 && scale.ends().1 >= 100.0, "{scale:?}");
    }

    #[test]
    fn ticks_are_round_and_within_the_ends() {
        assert_eq!(Scale::linear((0.0, 30.0), (0.0, 1.0)).ticks(6), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        assert_eq!(Scale::linear((0.0, 0.3), (0.0, 1.0)).ticks(3), [0.0, 0.1, 0.2, 0.30000000000000004]);
        let hour = Scale::linear((0.0, 3600.0), (0.0, 1.0)).ticks(8);
        assert_eq!((hour[1], hour.last().copied()), (500.0, Some(3500.0)));
    }

    #[test]
    fn labels() {
        let labels: Vec<_> = [0.01, 1.0, 100.0, 1000.0, 10_000.0].into_iter().map(latency_label).collect();
        assert_eq!(labels, ["0.01 ms", "1 ms", "100 ms", "1 s", "10 s"]);
        assert_eq!([2.50, 5000.0, 25_000.0, 1e8].map(rate_label), ["2.5", "5000", "25k", "100M"]);
    }
}

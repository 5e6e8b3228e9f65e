//! How long operations took.

use serde::{Deserialize, Serialize};

/// Latencies in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// How many operations.
    pub n: usize,
    /// Half of them took no longer.
    pub p50: f64,
    /// 95 % took no longer.
    pub p95: f64,
    /// 99 % took no longer.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Quantiles {
    /// Of these nanoseconds; `None` where there are none. A quantile is the smallest value that so many do not exceed.
    #[must_use]
    pub fn of(mut nanos: Vec<u64>) -> Option<Self> {
        nanos.sort_unstable();
        let millis = |place: usize| nanos.get(place).map(|nanos| (*nanos as f64 / 1e4).round() / 1e2);
        let at = |percent: usize| millis((nanos.len() * percent).div_ceil(100).max(1) - 1);
        Some(Self { n: nanos.len(), p50: at(50)?, p95: at(95)?, p99: at(99)?, max: at(100)? })
    }
}

impl std::fmt::Display for Quantiles {
    /// `p50/p95/p99/max`, as in the table of the real clusters.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let figures = [self.p50, self.p95, self.p99, self.max];
        let texts = figures.map(|ms| if ms < 100.0 { format!("{ms:.1}") } else { format!("{ms:.0}") });
        f.write_str(&texts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_met() {
        let all = Quantiles::of((1..=200).map(|ms| ms * 1_000_000).collect()).unwrap();
        assert_eq!((all.p50, all.p95, all.p99, all.max), (100.0, 190.0, 198.0, 200.0));
        let one = Quantiles::of(vec![2_340_000]).unwrap();
        assert_eq!(one.to_string(), "2.3/2.3/2.3/2.3");
        assert_eq!(Quantiles::of(Vec::new()), None);
    }
}

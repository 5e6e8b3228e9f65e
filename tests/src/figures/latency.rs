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
    /// Of these nanoseconds; `None` where there are none.
    #[must_use]
    pub fn of(mut nanos: Vec<u64>) -> Option<Self> {
        nanos.sort_unstable();
        let at = |percent| quantile(&nanos, percent).map(|nanos| (nanos as f64 / 1e4).round() / 1e2);
        Some(Self { n: nanos.len(), p50: at(50)?, p95: at(95)?, p99: at(99)?, max: at(100)? })
    }
}

/// The smallest of these values that so many of a hundred do not exceed, by the nearest rank; the values are in order.
/// `None` where there are none.
#[must_use]
pub fn quantile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).copied()
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
    fn a_quantile_is_the_value_of_the_nearest_rank() {
        let hundred: Vec<u32> = (1..=100).collect();
        let all = [0, 50, 95, 99, 100].map(|percent| quantile(&hundred, percent));
        assert_eq!(all, [1, 50, 95, 99, 100].map(Some));
        assert_eq!(quantile(&[1, 2], 51), Some(2));
        assert_eq!(quantile::<u32>(&[], 50), None);
    }

    #[test]
    fn quantiles_are_values_that_were_met() {
        let all = Quantiles::of((1..=200).map(|ms| ms * 1_000_000).collect()).unwrap();
        assert_eq!((all.p50, all.p95, all.p99, all.max), (100.0, 190.0, 198.0, 200.0));
        let one = Quantiles::of(vec![2_340_000]).unwrap();
        assert_eq!(one.to_string(), "2.3/2.3/2.3/2.3");
        assert_eq!(Quantiles::of(Vec::new()), None);
    }
}

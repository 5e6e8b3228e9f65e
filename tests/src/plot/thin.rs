//! Fewer marks where nobody could tell them apart.

use std::collections::HashSet;

/// The places of which a mark is seen: all of them if they are not more than `most`; otherwise one of each cell of a grid of
/// `cell` pixels or, if these are still too many, of a coarser one. A place far from others is always kept, so outliers
/// never disappear.
pub(super) fn thin<K: Copy + Eq + std::hash::Hash>(places: &[((f64, f64), K)], most: usize) -> Vec<usize> {
    if places.len() <= most {
        return (0..places.len()).collect();
    }
    let mut cell = 1.0;
    loop {
        let mut seen = HashSet::new();
        let kept: Vec<usize> = (0..places.len())
            .filter(|number| {
                let ((x, y), kind) = places[*number];
                seen.insert(((x / cell).floor() as i64, (y / cell).floor() as i64, kind))
            })
            .collect();
        if kept.len() <= most {
            return kept;
        }
        cell *= 1.3;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_all_kept_and_of_many_no_outlier_is_lost() {
        let mut places: Vec<_> = (0..10_000).map(|n| ((f64::from(n % 100), f64::from(n % 7)), 'a')).collect();
        assert_eq!(thin(&places[..50], 50), (0..50).collect::<Vec<_>>());
        places.push(((500.0, 500.0), 'a'));
        places.push(((0.0, 0.0), 'b'));
        let kept = thin(&places, 300);
        assert!(kept.len() <= 300, "{}", kept.len());
        assert!(kept.contains(&10_000) && kept.contains(&10_001), "outliers");
    }
}

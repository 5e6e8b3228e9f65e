//! Which packs must not be under way together: those that hold a value for the same series, field and time.
//!
//! Of two such requests side by side either may come last, and come last on one replica and first on another, so that the
//! replicas differ for ever. One after the other, the later line of the input wins, as it does in one request.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

use influx_client::{Batch, RawField, RawLine};

use crate::check::{AsIs, point_hash, series_hash};

/// What a pack writes to, as far as it has been looked at.
#[derive(Debug)]
pub(crate) struct Footprint {
    /// Earliest and latest time of its points.
    times: Option<(i64, i64)>,
    /// A number for each series, field and time. Two may have the same number by chance, which costs a wait and nothing else.
    values: OnceCell<HashSet<u64, BuildHasherDefault<AsIs>>>,
}

impl Footprint {
    pub(crate) fn of(batch: &Batch) -> Self {
        let mut times: Option<(i64, i64)> = None;
        for time in (0..batch.points()).filter_map(|index| batch.time(index)) {
            times = Some(times.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
        }
        Self { times, values: OnceCell::new() }
    }

    /// Whether the two write to the same place. Lines without a time never do: the server gives each its own.
    pub(crate) fn meets(&self, batch: &Batch, other: &Self, other_batch: &Batch) -> bool {
        // Most inputs go forward in time, and are told apart by that alone.
        let (Some(one), Some(two)) = (self.times, other.times) else { return false };
        if one.1 < two.0 || two.1 < one.0 {
            return false;
        }
        let theirs = other.values(other_batch);
        self.values(batch).iter().any(|value| theirs.contains(value))
    }

    fn values(&self, batch: &Batch) -> &HashSet<u64, BuildHasherDefault<AsIs>> {
        self.values.get_or_init(|| (0..batch.points()).flat_map(|index| values_of(batch.line(index))).collect())
    }
}

/// A number for each value that a line writes.
fn values_of(line: &[u8]) -> Vec<u64> {
    // What cannot be parsed stores nothing, or what nobody can tell.
    let Ok(line) = RawLine::parse(line) else { return Vec::new() };
    let Some(time) = line.timestamp() else { return Vec::new() };
    let point = point_hash(series_hash(0, &line), time);
    let value = |field: RawField<'_>| {
        let mut hasher = DefaultHasher::new();
        (point, field.key).hash(&mut hasher);
        hasher.finish()
    };
    line.fields().map(value).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use influx_client::{MissingTime, Precision};

    use super::*;

    fn batch(lines: &str) -> Batch {
        let mut batch = Batch::new(Precision::Nanoseconds);
        batch.missing_time(MissingTime::ServerClock);
        lines.lines().for_each(|line| batch.push_line(line.as_bytes()).unwrap());
        batch
    }

    fn meet(one: &str, other: &str) -> bool {
        let (one, other) = (batch(one), batch(other));
        let (first, second) = (Footprint::of(&one), Footprint::of(&other));
        assert_eq!(first.meets(&one, &second, &other), second.meets(&other, &first, &one));
        first.meets(&one, &second, &other)
    }

    #[test]
    fn the_same_series_field_and_time_meet() {
        assert!(meet("m,a=1,b=2 v=1,w=2 5", "x v=1 4\nm,b=2,a=1 w=3 5\nx v=1 6"));
        assert!(meet("m v=1 5\nm v=2 9", "m v=7 9"));
    }

    #[test]
    fn what_differs_in_any_of_them_does_not() {
        for other in ["m,a=1 v=1 6", "m,a=1 w=1 5", "m,a=2 v=1 5", "n,a=1 v=1 5", "m v=1 5", "m,a=1 v=1"] {
            assert!(!meet("m,a=1 v=1 5\nm,a=1 v=1 4\nm,a=1 v=1 7", &format!("{other}\nq v=1 5")), "{other}");
        }
    }

    #[test]
    fn lines_without_a_time_meet_nothing() {
        assert!(!meet("m v=1", "m v=1"));
        assert!(!meet("m s=\"x 5\"", "m s=\"x 5\""));
    }
}

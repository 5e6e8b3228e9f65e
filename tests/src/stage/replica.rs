//! What one replica holds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Every value of a measurement on one node: by series, time (nanoseconds, Unix time) and field, as JSON has it.
pub type Replica = BTreeMap<(String, i64, String), String>;

/// How many places (series, time and field) the replicas do not agree on.
#[must_use]
pub fn differing(replicas: &[Replica]) -> usize {
    let mut places: Vec<_> = replicas.iter().flat_map(BTreeMap::keys).collect();
    places.sort_unstable();
    places.dedup();
    let differs = |place: &&&(String, i64, String)| {
        let mut values = replicas.iter().map(|replica| replica.get(**place));
        let first = values.next().flatten();
        values.any(|value| value != first)
    };
    places.iter().filter(differs).count()
}

/// A replica in a few words: its values, or how many if they are many.
#[must_use]
pub fn render(replica: &Replica) -> String {
    const MANY: usize = 4;
    if replica.is_empty() {
        return "nothing".to_owned();
    }
    if replica.len() > MANY {
        return format!("{} values", replica.len());
    }
    let mut text = String::new();
    for ((series, time, field), value) in replica {
        if !text.is_empty() {
            text.push_str(", ");
        }
        // Nobody reads nineteen digits to see that two times differ.
        let _ = write!(text, "{series} {field}={value} @…{:04}", time.rem_euclid(10_000));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replica(values: &[(i64, &str)]) -> Replica {
        values.iter().map(|(time, value)| (("m".to_owned(), *time, "v".to_owned()), (*value).to_owned())).collect()
    }

    #[test]
    fn a_place_differs_where_a_value_is_missing_or_another() {
        let full = replica(&[(1, "1"), (2, "2")]);
        assert_eq!(differing(&[full.clone(), full.clone(), full.clone()]), 0);
        assert_eq!(differing(&[full.clone(), replica(&[(1, "1")]), full.clone()]), 1);
        assert_eq!(differing(&[full, replica(&[(1, "9"), (3, "1")])]), 3);
        assert_eq!(differing(&[]), 0);
    }

    #[test]
    fn a_replica_is_told_in_a_few_words() {
        assert_eq!(render(&Replica::new()), "nothing");
        assert_eq!(render(&replica(&[(120_001, "1")])), "m v=1 @…0001");
        let many: Vec<(i64, &str)> = (0..9).map(|time| (time, "1")).collect();
        assert_eq!(render(&replica(&many)), "9 values");
    }
}

//! The values of one field of one series.

use crate::line::FieldValue;
use crate::scan::{FieldType, Values};

/// Values by time, the last to arrive winning where two have one time.
///
/// Most values arrive in the order of their times and are pushed to the end. A value for a time that is there
/// replaces the old one at once, so that a batch sent twice takes no room. Other late values are kept aside in the
/// order of their arrival and merged when they have become many: each merge copies the column, so it must be paid
/// for by a share of its length.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Strictly increasing.
    times: Vec<i64>,
    values: Values,
    /// Neither in `times` nor after its last; in the order of arrival, possibly with repetitions.
    late_times: Vec<i64>,
    late_values: Values,
}

/// A value of another type than the column's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TypeMismatch;

/// Late values are merged once they are this many and a share of the column.
const MERGE_AT: usize = 256;
const MERGE_SHARE: usize = 4;

impl Column {
    pub(super) fn new(field_type: FieldType) -> Self {
        Self { times: Vec::new(), values: empty(field_type), late_times: Vec::new(), late_values: empty(field_type) }
    }

    /// Takes a value and says by how many bytes the column grew or shrank.
    pub(super) fn insert(&mut self, time: i64, value: FieldValue<'_>) -> Result<i64, TypeMismatch> {
        let size = i64::try_from(size_of_value(&value)).unwrap_or(i64::MAX);
        if self.times.last().is_none_or(|last| *last < time) {
            push(&mut self.values, value)?;
            self.times.push(time);
            return Ok(size);
        }
        if let Ok(position) = self.times.binary_search(&time) {
            return Ok(size - replace(&mut self.values, position, value)?);
        }
        push(&mut self.late_values, value)?;
        self.late_times.push(time);
        if self.late_times.len() >= MERGE_AT.max(self.times.len() / MERGE_SHARE) {
            self.merge();
        }
        Ok(size)
    }

    /// Whether no value is there.
    pub(super) fn is_empty(&self) -> bool {
        self.times.is_empty() && self.late_times.is_empty()
    }

    /// How many values are kept; a time that arrived late twice may count twice until the next merge.
    pub(super) fn len(&self) -> usize {
        self.times.len() + self.late_times.len()
    }

    /// The values of a range of times, both ends included.
    pub(super) fn range(&self, min: i64, max: i64) -> (Vec<i64>, Values) {
        if min > max {
            return (Vec::new(), empty_like(&self.values));
        }
        if self.late_times.is_empty() {
            let from = self.times.partition_point(|time| *time < min);
            let to = self.times.partition_point(|time| *time <= max);
            return (self.times[from..to].to_vec(), slice(&self.values, from..to));
        }
        let mut merged = self.clone();
        merged.merge();
        merged.range(min, max)
    }

    /// Removes the values of a range of times, both ends included.
    pub(super) fn delete(&mut self, min: i64, max: i64) {
        self.merge();
        let from = self.times.partition_point(|time| *time < min);
        let to = self.times.partition_point(|time| *time <= max);
        if from < to {
            self.times.drain(from..to);
            drain(&mut self.values, from..to);
        }
    }

    /// Bytes of the values, as the cache of the real servers counts them.
    pub(super) fn size(&self) -> u64 {
        size_of_values(&self.values) + size_of_values(&self.late_values)
    }

    fn merge(&mut self) {
        if self.late_times.is_empty() {
            return;
        }
        let late_times = std::mem::take(&mut self.late_times);
        let mut order: Vec<usize> = (0..late_times.len()).collect();
        // Stable: of equal times the last to arrive stays last, and is the one that is kept.
        order.sort_by_key(|position| late_times[*position]);
        order.dedup_by(|next, kept| {
            let same = late_times[*next] == late_times[*kept];
            if same {
                *kept = *next;
            }
            same
        });
        let late = std::mem::replace(&mut self.late_values, empty_like(&self.values));
        let old_times = std::mem::take(&mut self.times);
        // Positions below the old length are old values, the others late ones.
        let mut positions = Vec::with_capacity(old_times.len() + order.len());
        let mut times = Vec::with_capacity(old_times.len() + order.len());
        let mut old = 0;
        for position in order {
            let time = late_times[position];
            while old < old_times.len() && old_times[old] < time {
                times.push(old_times[old]);
                positions.push(old);
                old += 1;
            }
            times.push(time);
            positions.push(old_times.len() + position);
        }
        times.extend_from_slice(&old_times[old..]);
        positions.extend(old..old_times.len());
        self.times = times;
        self.values = gather(std::mem::replace(&mut self.values, empty_like(&late)), late, &positions);
    }
}

fn empty(field_type: FieldType) -> Values {
    match field_type {
        FieldType::Float => Values::Float(Vec::new()),
        FieldType::Integer => Values::Integer(Vec::new()),
        FieldType::Boolean => Values::Boolean(Vec::new()),
        FieldType::String => Values::String(Vec::new()),
    }
}

fn empty_like(values: &Values) -> Values {
    match values {
        Values::Float(_) => Values::Float(Vec::new()),
        Values::Integer(_) => Values::Integer(Vec::new()),
        Values::Boolean(_) => Values::Boolean(Vec::new()),
        Values::String(_) => Values::String(Vec::new()),
    }
}

fn push(values: &mut Values, value: FieldValue<'_>) -> Result<(), TypeMismatch> {
    match (values, value) {
        (Values::Float(values), FieldValue::Float(value)) => values.push(value),
        (Values::Integer(values), FieldValue::Integer(value)) => values.push(value),
        (Values::Boolean(values), FieldValue::Boolean(value)) => values.push(value),
        (Values::String(values), FieldValue::String(value)) => values.push(value.into_owned()),
        _ => return Err(TypeMismatch),
    }
    Ok(())
}

/// Puts a value in the place of another and returns the bytes of the old one.
fn replace(values: &mut Values, position: usize, value: FieldValue<'_>) -> Result<i64, TypeMismatch> {
    let mut size = STAMPED;
    match (values, value) {
        (Values::Float(values), FieldValue::Float(value)) => values[position] = value,
        (Values::Integer(values), FieldValue::Integer(value)) => values[position] = value,
        (Values::Boolean(values), FieldValue::Boolean(value)) => {
            size = STAMPED_BOOLEAN;
            values[position] = value;
        }
        (Values::String(values), FieldValue::String(value)) => {
            size = STAMP + values[position].len();
            values[position] = value.into_owned();
        }
        _ => return Err(TypeMismatch),
    }
    Ok(i64::try_from(size).unwrap_or(i64::MAX))
}

/// Bytes of a time, and of a time with a value of fixed size.
const STAMP: usize = 8;
const STAMPED: usize = STAMP + 8;
const STAMPED_BOOLEAN: usize = STAMP + 1;

/// Bytes of a value with its time, as the cache of the real servers counts them.
pub(super) fn size_of_value(value: &FieldValue<'_>) -> usize {
    match value {
        FieldValue::Float(_) | FieldValue::Integer(_) => STAMPED,
        FieldValue::Boolean(_) => STAMPED_BOOLEAN,
        FieldValue::String(text) => STAMP + text.len(),
    }
}

fn size_of_values(values: &Values) -> u64 {
    let size = match values {
        Values::Float(values) => values.len() * STAMPED,
        Values::Integer(values) => values.len() * STAMPED,
        Values::Boolean(values) => values.len() * STAMPED_BOOLEAN,
        Values::String(values) => values.iter().map(|text| STAMP + text.len()).sum(),
    };
    size as u64
}

fn slice(values: &Values, range: std::ops::Range<usize>) -> Values {
    match values {
        Values::Float(values) => Values::Float(values[range].to_vec()),
        Values::Integer(values) => Values::Integer(values[range].to_vec()),
        Values::Boolean(values) => Values::Boolean(values[range].to_vec()),
        Values::String(values) => Values::String(values[range].to_vec()),
    }
}

fn drain(values: &mut Values, range: std::ops::Range<usize>) {
    match values {
        Values::Float(values) => drop(values.drain(range)),
        Values::Integer(values) => drop(values.drain(range)),
        Values::Boolean(values) => drop(values.drain(range)),
        Values::String(values) => drop(values.drain(range)),
    }
}

/// The values at these positions of two columns put end to end.
fn gather(old: Values, late: Values, positions: &[usize]) -> Values {
    fn pick<T: Clone>(mut old: Vec<T>, late: Vec<T>, positions: &[usize]) -> Vec<T> {
        old.extend(late);
        positions.iter().map(|position| old[*position].clone()).collect()
    }
    match (old, late) {
        (Values::Float(old), Values::Float(late)) => Values::Float(pick(old, late, positions)),
        (Values::Integer(old), Values::Integer(late)) => Values::Integer(pick(old, late, positions)),
        (Values::Boolean(old), Values::Boolean(late)) => Values::Boolean(pick(old, late, positions)),
        (Values::String(mut old), Values::String(mut late)) => {
            // Each position is there at most once, so the texts can be moved.
            let length = old.len();
            let text = |position: &usize| match position.checked_sub(length) {
                Some(late_position) => std::mem::take(&mut late[late_position]),
                None => std::mem::take(&mut old[*position]),
            };
            Values::String(positions.iter().map(text).collect())
        }
        (old, _) => old,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_a_map(writes in prop::collection::vec((-600_i64..600, any::<i64>()), 0..2_000), cut in -600_i64..600) {
            let mut column = Column::new(FieldType::Integer);
            let mut map = BTreeMap::new();
            for (time, value) in writes {
                column.insert(time, FieldValue::Integer(value)).unwrap();
                map.insert(time, value);
            }
            let all = column.range(i64::MIN, i64::MAX);
            prop_assert_eq!(&all.0, &map.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(&all.1, &Values::Integer(map.values().copied().collect()));
            prop_assert_eq!(column.range(cut, 100).0, map.range(cut..=100.max(cut)).map(|(time, _)| *time).filter(|time| *time <= 100).collect::<Vec<_>>());
            column.delete(cut, 50);
            map.retain(|time, _| *time < cut || *time > 50);
            prop_assert_eq!(column.range(i64::MIN, i64::MAX).0, map.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(column.size(), 16 * map.len() as u64);
        }
    }

    #[test]
    fn texts_survive_a_merge() {
        let mut column = Column::new(FieldType::String);
        for (time, text) in [(5, "five"), (9, "nine"), (7, "old"), (7, "seven"), (1, "one"), (9, "NINE")] {
            column.insert(time, FieldValue::String(text.into())).unwrap();
        }
        assert_eq!(
            column.range(2, 9),
            (vec![5, 7, 9], Values::String(["five", "seven", "NINE"].map(str::to_owned).to_vec()))
        );
    }

    #[test]
    fn other_types_are_refused() {
        let mut column = Column::new(FieldType::Boolean);
        column.insert(1, FieldValue::Boolean(true)).unwrap();
        for time in [0, 1, 2] {
            assert_eq!(column.insert(time, FieldValue::Float(1.0)), Err(TypeMismatch));
        }
        assert_eq!(column.len(), 1);
    }

    #[test]
    fn a_resend_takes_no_room() {
        let mut column = Column::new(FieldType::Float);
        for _ in 0..3 {
            for time in 0..1_000 {
                column.insert(time, FieldValue::Float(0.5)).unwrap();
            }
        }
        assert_eq!((column.len(), column.late_times.len()), (1_000, 0));
    }
}

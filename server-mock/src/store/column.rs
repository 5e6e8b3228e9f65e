//! The values of one field of one series.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::line::FieldValue;
use crate::scan::{FieldType, Values};

/// Values by time, the last to arrive winning where two have one time.
///
/// Most values arrive in the order of their times and are pushed to the end. A value for a time that is there
/// replaces the old one at once, so that a batch sent twice takes no room. Other late values are kept aside
/// and merged when they have become many: each merge moves the whole column, so it must be paid for by a share of
/// its length.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Column {
    /// Strictly increasing.
    times: Vec<i64>,
    values: Values,
    /// Times that are neither in `times` nor after its last, and where their values are in `late_values`.
    late: BTreeMap<i64, usize>,
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
        Self { times: Vec::new(), values: empty(field_type), late: BTreeMap::new(), late_values: empty(field_type) }
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
        if let Some(position) = self.late.get(&time) {
            return Ok(size - replace(&mut self.late_values, *position, value)?);
        }
        push(&mut self.late_values, value)?;
        self.late.insert(time, self.late.len());
        if self.late.len() >= MERGE_AT.max(self.times.len() / MERGE_SHARE) {
            self.merge();
        }
        Ok(size)
    }

    /// Whether no value is there.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values are kept.
    pub(super) fn len(&self) -> usize {
        self.times.len() + self.late.len()
    }

    /// The values of a range of times, both ends included.
    pub(super) fn range(&self, min: i64, max: i64) -> (Vec<i64>, Values) {
        let range = self.positions(min, max);
        if min > max || self.late.range(min..=max).next().is_none() {
            return (self.times[range.clone()].to_vec(), slice(&self.values, range));
        }
        let (times, positions) = self.interleave(range, min, max);
        (times, copy(&self.values, &self.late_values, &positions))
    }

    /// Removes the values of a range of times, both ends included.
    pub(super) fn delete(&mut self, min: i64, max: i64) {
        self.merge();
        let range = self.positions(min, max);
        self.times.drain(range.clone());
        drain(&mut self.values, range);
    }

    /// Bytes of the values, as the cache of the real servers counts them.
    pub(super) fn size(&self) -> u64 {
        size_of_values(&self.values) + size_of_values(&self.late_values)
    }

    /// Where the times of a range are; empty when the range is.
    fn positions(&self, min: i64, max: i64) -> Range<usize> {
        let from = self.times.partition_point(|time| *time < min);
        let to = self.times.partition_point(|time| *time <= max);
        from..to.max(from)
    }

    /// The times of a range, which must have both ends in order, and where their values are: positions from the
    /// length of `times` on mean late ones.
    fn interleave(&self, range: Range<usize>, min: i64, max: i64) -> (Vec<i64>, Vec<usize>) {
        let mut times = Vec::with_capacity(range.len() + self.late.len());
        let mut positions = Vec::with_capacity(range.len() + self.late.len());
        let mut next = range.start;
        for (time, position) in self.late.range(min..=max) {
            let before = next + self.times[next..range.end].partition_point(|known| known < time);
            times.extend_from_slice(&self.times[next..before]);
            positions.extend(next..before);
            next = before;
            times.push(*time);
            positions.push(self.times.len() + position);
        }
        times.extend_from_slice(&self.times[next..range.end]);
        positions.extend(next..range.end);
        (times, positions)
    }

    fn merge(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let (times, positions) = self.interleave(0..self.times.len(), i64::MIN, i64::MAX);
        let late = std::mem::replace(&mut self.late_values, empty_like(&self.values));
        let values = std::mem::replace(&mut self.values, empty_like(&late));
        self.values = gather(values, late, &positions);
        self.times = times;
        self.late.clear();
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

impl Values {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Integer(values) => values.len(),
            Self::Boolean(values) => values.len(),
            Self::String(values) => values.len(),
        }
    }

    /// Of all of them.
    pub(super) fn field_type(&self) -> FieldType {
        match self {
            Self::Float(_) => FieldType::Float,
            Self::Integer(_) => FieldType::Integer,
            Self::Boolean(_) => FieldType::Boolean,
            Self::String(_) => FieldType::String,
        }
    }

    /// The value at a position.
    pub(super) fn at(&self, position: usize) -> FieldValue<'_> {
        match self {
            Self::Float(values) => FieldValue::Float(values[position]),
            Self::Integer(values) => FieldValue::Integer(values[position]),
            Self::Boolean(values) => FieldValue::Boolean(values[position]),
            Self::String(values) => FieldValue::String(values[position].as_str().into()),
        }
    }
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

fn slice(values: &Values, range: Range<usize>) -> Values {
    match values {
        Values::Float(values) => Values::Float(values[range].to_vec()),
        Values::Integer(values) => Values::Integer(values[range].to_vec()),
        Values::Boolean(values) => Values::Boolean(values[range].to_vec()),
        Values::String(values) => Values::String(values[range].to_vec()),
    }
}

fn drain(values: &mut Values, range: Range<usize>) {
    match values {
        Values::Float(values) => drop(values.drain(range)),
        Values::Integer(values) => drop(values.drain(range)),
        Values::Boolean(values) => drop(values.drain(range)),
        Values::String(values) => drop(values.drain(range)),
    }
}

/// The values at these positions, each named once, of two columns put end to end.
fn gather(old: Values, late: Values, positions: &[usize]) -> Values {
    fn pick<T: Default>(mut old: Vec<T>, late: Vec<T>, positions: &[usize]) -> Vec<T> {
        old.extend(late);
        positions.iter().map(|position| std::mem::take(&mut old[*position])).collect()
    }
    match (old, late) {
        (Values::Float(old), Values::Float(late)) => Values::Float(pick(old, late, positions)),
        (Values::Integer(old), Values::Integer(late)) => Values::Integer(pick(old, late, positions)),
        (Values::Boolean(old), Values::Boolean(late)) => Values::Boolean(pick(old, late, positions)),
        (Values::String(old), Values::String(late)) => Values::String(pick(old, late, positions)),
        _ => unreachable!("both parts of a column are made with its type"),
    }
}

/// As [`gather`], leaving the columns as they are.
fn copy(old: &Values, late: &Values, positions: &[usize]) -> Values {
    fn pick<T: Clone>(old: &[T], late: &[T], positions: &[usize]) -> Vec<T> {
        let at = |position: &usize| old.get(*position).unwrap_or_else(|| &late[*position - old.len()]).clone();
        positions.iter().map(at).collect()
    }
    match (old, late) {
        (Values::Float(old), Values::Float(late)) => Values::Float(pick(old, late, positions)),
        (Values::Integer(old), Values::Integer(late)) => Values::Integer(pick(old, late, positions)),
        (Values::Boolean(old), Values::Boolean(late)) => Values::Boolean(pick(old, late, positions)),
        (Values::String(old), Values::String(late)) => Values::String(pick(old, late, positions)),
        _ => unreachable!("both parts of a column are made with its type"),
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
        fn agrees_with_a_map(
            writes in prop::collection::vec((-600_i64..600, any::<i64>()), 0..2_000),
            cut in -600_i64..600,
        ) {
            let mut column = Column::new(FieldType::Integer);
            let mut map = BTreeMap::new();
            for (time, value) in writes {
                column.insert(time, FieldValue::Integer(value)).unwrap();
                map.insert(time, value);
            }
            let all = column.range(i64::MIN, i64::MAX);
            prop_assert_eq!(&all.0, &map.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(&all.1, &Values::Integer(map.values().copied().collect()));
            prop_assert_eq!(column.len(), map.len());
            let part = map.iter().filter(|(time, _)| (cut..=100).contains(*time));
            let part: (Vec<_>, Vec<_>) = part.map(|(time, value)| (*time, *value)).unzip();
            prop_assert_eq!(column.range(cut, 100), (part.0, Values::Integer(part.1)));
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
        assert_eq!((column.len(), column.late.len()), (1_000, 0));
    }
}

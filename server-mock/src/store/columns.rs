//! The columns of one series, by the names of their fields.

use std::collections::HashMap;

use super::column::Column;

/// Up to so many columns a name is looked for one by one, which is faster than hashing it and takes no memory.
const LOOKED_THROUGH: usize = 32;

/// In the order of their coming; names are unescaped and each is there once.
#[derive(Debug, Default)]
pub(super) struct SeriesColumns {
    list: Vec<(Box<[u8]>, Column)>,
    /// Where a name is in the list: empty as long as there are few. Without it a line of a hundred thousand new fields
    /// would be compared five thousand million times.
    positions: HashMap<Box<[u8]>, usize>,
}

impl SeriesColumns {
    /// The column of a field, or the one that `new` makes. `hint` is where it is likely to be.
    pub(super) fn of(&mut self, name: &[u8], hint: usize, new: impl FnOnce() -> Column) -> &mut Column {
        let position = self.position(name, hint).unwrap_or_else(|| self.add(name, new()));
        &mut self.list[position].1
    }

    fn position(&self, name: &[u8], hint: usize) -> Option<usize> {
        match self.list.get(hint) {
            Some((known, _)) if **known == *name => Some(hint),
            _ if self.positions.is_empty() => self.list.iter().position(|(known, _)| **known == *name),
            _ => self.positions.get(name).copied(),
        }
    }

    fn add(&mut self, name: &[u8], column: Column) -> usize {
        let position = self.list.len();
        self.list.push((name.into(), column));
        if self.positions.is_empty() {
            self.index();
        } else {
            self.positions.insert(name.into(), position);
        }
        position
    }

    fn index(&mut self) {
        self.positions.clear();
        if self.list.len() > LOOKED_THROUGH {
            let places = self.list.iter().enumerate().map(|(position, (name, _))| (name.clone(), position));
            self.positions.extend(places);
        }
    }

    /// Removes the values of a range of times, both ends included, and the columns that have none left.
    pub(super) fn delete(&mut self, min: i64, max: i64) {
        self.list.iter_mut().for_each(|(_, column)| column.delete(min, max));
        self.list.retain(|(_, column)| !column.is_empty());
        self.index();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Column)> {
        self.list.iter().map(|(name, column)| (&**name, column))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::line::FieldValue;
    use crate::scan::FieldType;

    fn column(columns: &mut SeriesColumns, number: usize, hint: usize) -> &mut Column {
        columns.of(format!("f{number}").as_bytes(), hint, || Column::new(FieldType::Float))
    }

    #[test]
    fn a_name_has_one_column_whatever_their_number() {
        for count in [1, LOOKED_THROUGH - 1, LOOKED_THROUGH, LOOKED_THROUGH + 1, 100 * LOOKED_THROUGH] {
            let mut columns = SeriesColumns::default();
            for round in 0..3 {
                for number in 0..count {
                    // Right at first, and then never.
                    let hint = if round == 0 { number } else { number + 1 };
                    let time = i64::try_from(round * count + number).unwrap();
                    column(&mut columns, number, hint).insert(time, FieldValue::Float(1.0)).unwrap();
                }
            }
            assert_eq!(columns.iter().count(), count);
            assert!(
                columns
                    .iter()
                    .enumerate()
                    .all(|(number, (name, column))| { name == format!("f{number}").as_bytes() && column.len() == 3 })
            );
        }
    }

    #[test]
    fn names_are_found_after_others_went() {
        let count = 2 * LOOKED_THROUGH;
        let mut columns = SeriesColumns::default();
        for number in 0..count {
            let time = i64::from(number % 2 == 0);
            column(&mut columns, number, number).insert(time, FieldValue::Float(1.0)).unwrap();
        }
        columns.delete(0, 0);
        assert_eq!(columns.iter().count(), count / 2);
        for number in (0..count).step_by(2) {
            assert_eq!(column(&mut columns, number, number).len(), 1, "{number}");
        }
        assert_eq!(columns.iter().count(), count / 2);
        columns.delete(i64::MIN, i64::MAX);
        assert!(columns.is_empty());
    }

    /// A quadratic search would take minutes.
    #[test]
    fn many_fields_take_their_number_of_steps() {
        let mut columns = SeriesColumns::default();
        let start = std::time::Instant::now();
        for number in 0..200_000 {
            column(&mut columns, number, 0);
        }
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }
}

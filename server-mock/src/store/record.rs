//! What the journal keeps.

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::schema::NewField;
use crate::Points;
use crate::scan::Values;

/// The format of all that is written here; a journal with a higher one is not read.
///
/// 2 brought records of columns.
pub(super) const FORMAT: u32 = 2;

/// One change of a shard. Records are applied in the order of their numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Record {
    /// Points that were accepted.
    Points(Points),
    /// Values that stand for all earlier records of the shard, with other records of this kind.
    Columns(Columns),
    /// Anything else.
    Change(Change),
}

/// Some of what a shard held when its journal was made shorter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Columns {
    /// Points that the shard had accepted, counted in one of the records.
    pub(super) points: u64,
    pub(super) columns: Vec<SavedColumn>,
}

/// Values of one field of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedColumn {
    /// As in line protocol.
    pub(super) key: Box<[u8]>,
    /// Unescaped.
    pub(super) field: Box<[u8]>,
    /// Increasing.
    pub(super) times: Vec<i64>,
    pub(super) values: Values,
}

/// A change that brings no points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Change {
    /// Fields that are known from now on although no point came with them.
    Define(Vec<NewField>),
    /// A measurement, named as it is shown, went with its field types.
    DropMeasurement(String),
    /// Values of a range of times, both ends included, went from these series.
    Delete {
        /// Keys as in line protocol.
        keys: Vec<Box<[u8]>>,
        min: i64,
        max: i64,
    },
}

const POINTS: u8 = 1;
const CHANGE: u8 = 2;
const COLUMNS: u8 = 3;

/// The bytes of accepted points.
pub(super) fn encode_points(points: &Points) -> Vec<u8> {
    let mut bytes = vec![POINTS];
    points.encode_into(&mut bytes);
    bytes
}

/// The bytes of another change.
pub(super) fn encode_change(change: &Change) -> Vec<u8> {
    postcard::to_extend(change, vec![CHANGE]).expect("a vector takes all that is written to it")
}

/// The bytes of columns.
pub(super) fn encode_columns(columns: &Columns) -> Vec<u8> {
    postcard::to_extend(columns, vec![COLUMNS]).expect("a vector takes all that is written to it")
}

/// Reads what the others wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Record, StoreError> {
    match bytes {
        [POINTS, points @ ..] => {
            Points::decode(points).map(Record::Points).map_err(|error| StoreError::Damaged(error.to_string()))
        }
        [CHANGE, change @ ..] => {
            let change = postcard::from_bytes(change);
            change.map(Record::Change).map_err(|error| StoreError::Damaged(format!("a change: {error}")))
        }
        [COLUMNS, columns @ ..] => {
            let columns = postcard::from_bytes(columns);
            columns.map(Record::Columns).map_err(|error| StoreError::Damaged(format!("columns: {error}")))
        }
        [kind, ..] => Err(StoreError::Damaged(format!("unknown kind of record {kind}"))),
        [] => Err(StoreError::Damaged("an empty record".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Point;
    use crate::scan::FieldType;

    #[test]
    fn records_round_trip() {
        let points: Points = [Point { key: b"m,a=1", fields: b"v=1", time: 7 }].into_iter().collect();
        assert_eq!(decode(&encode_points(&points)), Ok(Record::Points(points)));
        let new = NewField { measurement: (*b"m").into(), field: (*b"f").into(), field_type: FieldType::String };
        let saved = SavedColumn {
            key: (*b"m").into(),
            field: (*b"f").into(),
            times: vec![1, 2],
            values: Values::String(vec!["a".to_owned(), String::new()]),
        };
        let columns = Columns { points: 3, columns: vec![saved] };
        assert_eq!(decode(&encode_columns(&columns)), Ok(Record::Columns(columns)));
        for change in [
            Change::Define(vec![new]),
            Change::DropMeasurement("m".to_owned()),
            Change::Delete { keys: vec![(*b"m").into()], min: -1, max: 1 },
        ] {
            assert_eq!(decode(&encode_change(&change)), Ok(Record::Change(change)));
        }
    }

    #[test]
    fn foreign_bytes_are_an_error() {
        for bytes in [&[][..], &[0], &[9, 9], &[POINTS, 1], &[CHANGE, 77], &[CHANGE], &[COLUMNS], &[COLUMNS, 1]] {
            assert!(matches!(decode(bytes), Err(StoreError::Damaged(_))), "{bytes:?}");
        }
    }
}

//! What the journal keeps.

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::schema::NewField;
use crate::Points;

/// The format of all that is written here; a journal with a higher one is not read.
pub(super) const FORMAT: u32 = 1;

/// One change of a shard. Records are applied in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// Points that were accepted.
    Points(Points),
    /// Anything else.
    Change(Change),
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

/// Reads what the two above wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Record, StoreError> {
    match bytes {
        [POINTS, points @ ..] => {
            Points::decode(points).map(Record::Points).map_err(|error| StoreError::Damaged(error.to_string()))
        }
        [CHANGE, change @ ..] => {
            let change = postcard::from_bytes(change);
            change.map(Record::Change).map_err(|error| StoreError::Damaged(format!("a change: {error}")))
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
        for bytes in [&[][..], &[0], &[9, 9], &[POINTS, 1], &[CHANGE, 77], &[CHANGE]] {
            assert!(matches!(decode(bytes), Err(StoreError::Damaged(_))), "{bytes:?}");
        }
    }
}

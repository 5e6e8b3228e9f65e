//! The field types that a shard knows.

use std::collections::HashMap;

use crate::line::lossy;
use crate::scan::FieldType;

/// The type of each field of each measurement. Names are unescaped bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Schema {
    measurements: HashMap<Box<[u8]>, Fields>,
}

/// The types of one measurement's fields.
pub(super) type Fields = HashMap<Box<[u8]>, FieldType>;

/// A field that a batch brings into being.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct NewField {
    pub(super) measurement: Box<[u8]>,
    pub(super) field: Box<[u8]>,
    pub(super) field_type: FieldType,
}

impl Schema {
    pub(super) fn fields(&self, measurement: &[u8]) -> Option<&Fields> {
        self.measurements.get(measurement)
    }

    /// Adds a field; one that is known keeps its type.
    pub(super) fn define(&mut self, new: NewField) {
        let fields = self.measurements.entry(new.measurement).or_default();
        fields.entry(new.field).or_insert(new.field_type);
    }

    /// Forgets a measurement, named as it is shown.
    pub(super) fn forget(&mut self, measurement: &str) {
        self.measurements.retain(|known, _| lossy(known) != measurement);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8], FieldType)> {
        self.measurements.iter().flat_map(|(measurement, fields)| {
            fields.iter().map(move |(field, field_type)| (&**measurement, &**field, *field_type))
        })
    }
}

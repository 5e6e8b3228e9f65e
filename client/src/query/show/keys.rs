//! The keys of tags and fields.

use serde::Deserialize;

use super::super::answer::QueryResponse;
use super::super::error::QueryError;

/// The tag keys of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TagKeys {
    /// The measurement.
    pub measurement: String,
    /// Its tag keys.
    pub keys: Vec<String>,
}

/// The field keys of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldKeys {
    /// The measurement.
    pub measurement: String,
    /// Its fields. A key that has another type in another shard stands there once for each type.
    pub keys: Vec<FieldKey>,
}

/// A field key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FieldKey {
    /// The key.
    #[serde(rename = "fieldKey")]
    pub key: String,
    /// The type in the server's words, such as `float`; version 0.10 does not tell.
    #[serde(rename = "fieldType")]
    pub field_type: Option<String>,
}

pub(super) fn tags(response: &QueryResponse) -> Result<Vec<TagKeys>, QueryError> {
    #[derive(Deserialize)]
    struct Row {
        #[serde(rename = "tagKey")]
        key: String,
    }
    let of = by_measurement::<Row>(response)?.into_iter();
    Ok(of.map(|(measurement, rows)| TagKeys { measurement, keys: rows.into_iter().map(|r| r.key).collect() }).collect())
}

pub(super) fn fields(response: &QueryResponse) -> Result<Vec<FieldKeys>, QueryError> {
    let of = by_measurement::<FieldKey>(response)?.into_iter();
    Ok(of.map(|(measurement, keys)| FieldKeys { measurement, keys }).collect())
}

fn by_measurement<T: serde::de::DeserializeOwned>(
    response: &QueryResponse,
) -> Result<Vec<(String, Vec<T>)>, QueryError> {
    let mut rows = response.rows::<T>()?.into_iter();
    let of = response.series().map(|series| (series.name.clone(), rows.by_ref().take(series.values.len()).collect()));
    Ok(of.collect())
}

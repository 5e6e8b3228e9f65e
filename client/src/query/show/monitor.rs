//! Statistics and diagnostics of a node.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::answer::QueryResponse;

/// What one module of a node has counted since it started.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Statistic {
    /// The module, such as `write` or `hh_processor`.
    pub name: String,
    /// What tells several of one name apart.
    pub tags: BTreeMap<String, String>,
    /// The values by name. Version 0.10 shows a value only after it was first counted.
    pub values: BTreeMap<String, Value>,
}

impl Statistic {
    /// A value that is a whole number.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.values.get(name)?.as_i64()
    }
}

/// What one module of a node shows for diagnosis.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DiagnosticTable {
    /// The module, such as `build` or `hh`.
    pub name: String,
    /// Its rows: values by column.
    pub rows: Vec<BTreeMap<String, Value>>,
}

pub(crate) fn statistics(response: &QueryResponse) -> Vec<Statistic> {
    let of = response.series().flat_map(|series| {
        series.values.iter().map(|row| Statistic {
            name: series.name.clone(),
            tags: series.tags.clone(),
            values: series.columns.iter().cloned().zip(row.iter().cloned()).collect(),
        })
    });
    of.collect()
}

pub(crate) fn diagnostics(response: &QueryResponse) -> Vec<DiagnosticTable> {
    let of = response.series().map(|series| {
        let row = |row: &Vec<Value>| series.columns.iter().cloned().zip(row.iter().cloned()).collect();
        DiagnosticTable { name: series.name.clone(), rows: series.values.iter().map(row).collect() }
    });
    of.collect()
}

//! `SHOW` statements: rows of the metadata and of the shards' indexes.

mod condition;
mod index;
mod meta;
mod scope;

use std::sync::Arc;

use super::QueryError;
use super::ast::Expr;
use super::result::Row;
use super::value::Value;

pub use index::from_index;
pub use meta::from_meta;
pub use scope::{IndexScope, index_scope, reads_own_shards_only};

/// Whether a series meets a condition on tags alone.
pub(super) fn series_meets(condition: &Expr, measurement: &str, tags: &[(String, String)]) -> Result<bool, QueryError> {
    condition::meets(condition, &condition::OneSeries { measurement, tags, is_field: |_: &str| false })
}

/// One series of a result.
fn row(name: &str, columns: &[&str], values: Vec<Vec<Value>>) -> Row {
    Row {
        name: name.to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        values,
        ..Row::default()
    }
}

fn text(text: impl AsRef<str>) -> Value {
    Value::String(Arc::from(text.as_ref()))
}

fn number(number: u64) -> Value {
    Value::Unsigned(number)
}

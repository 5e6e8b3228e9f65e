//! Rows of a sub-query as the rows of a source.

use std::sync::Arc;

use super::run::Output;
use super::series::{Column, Schema, Series};

/// The rows of a sub-query as series of a source.
pub(super) fn as_series(output: Output, ascending: bool) -> (Schema, Vec<Series>) {
    let mut schema = Schema::default();
    for column in &output.columns {
        match column.kind {
            Some(kind) if column.added => {
                schema.hidden.insert(column.plain_name.clone(), kind);
            }
            Some(kind) => schema.add_field(&column.plain_name, kind),
            None => {
                schema.unknown.insert(column.plain_name.clone());
            }
        }
    }
    schema.tags.extend(output.dimensions);
    let schema = Arc::new(schema);
    let series = output.groups.into_iter().map(|mut group| {
        if !ascending {
            group.rows.reverse();
        }
        let mut times = Vec::with_capacity(group.rows.len());
        let mut columns: Vec<Column> = output
            .columns
            .iter()
            .map(|column| Column { name: column.plain_name.clone(), values: Vec::with_capacity(group.rows.len()) })
            .collect();
        for (time, values) in group.rows {
            times.push(time);
            for (column, value) in columns.iter_mut().zip(values) {
                column.values.push(value);
            }
        }
        Series { name: group.name, tags: group.tags, times, columns, schema: Arc::clone(&schema), computed: true }
    });
    let mut series: Vec<Series> = series.collect();
    if !ascending {
        series.reverse();
    }
    ((*schema).clone(), series)
}

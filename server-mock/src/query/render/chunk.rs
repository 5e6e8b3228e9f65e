//! A result cut into pieces for a chunked answer.

use crate::query::result::{Row, StatementResult};

/// Cuts a result so that every piece holds one series and at most `size` rows of it; 0 does not cut series.
///
/// Each piece but the last says that more follows, and so does a series that goes on in the next piece.
#[must_use]
pub fn chunks(result: StatementResult, size: usize) -> Vec<StatementResult> {
    let StatementResult { statement_id, series, messages, error, partial } = result;
    let rows: Vec<Row> = series.into_iter().flat_map(|row| cut(row, size)).collect();
    let last = rows.len().saturating_sub(1);
    let mut pieces: Vec<StatementResult> = rows
        .into_iter()
        .enumerate()
        .map(|(at, row)| StatementResult {
            partial: partial || at < last,
            ..StatementResult::rows(statement_id, vec![row])
        })
        .collect();
    if pieces.is_empty() {
        pieces.push(StatementResult { statement_id, partial, ..StatementResult::default() });
    }
    if let Some(first) = pieces.first_mut() {
        first.messages = messages;
    }
    match (error, pieces.last_mut()) {
        // An error after rows is a piece of its own.
        (Some(error), Some(last)) if !last.series.is_empty() => {
            pieces.push(StatementResult::failed(statement_id, error));
        }
        (error, Some(last)) => last.error = error,
        (_, None) => {}
    }
    pieces
}

fn cut(row: Row, size: usize) -> Vec<Row> {
    if size == 0 || row.values.len() <= size {
        return vec![row];
    }
    let Row { name, tags, columns, mut values, partial, zone } = row;
    let mut pieces = Vec::new();
    loop {
        let rest = if values.len() > size { values.split_off(size) } else { Vec::new() };
        let more = !rest.is_empty();
        pieces.push(Row {
            name: name.clone(),
            tags: tags.clone(),
            columns: columns.clone(),
            values,
            partial: more || partial,
            zone: zone.clone(),
        });
        if !more {
            return pieces;
        }
        values = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::value::Value;

    #[test]
    fn pieces_say_what_follows() {
        let row = |n: i64| Row { values: (0..n).map(|i| vec![Value::Integer(i)]).collect(), ..Row::default() };
        let pieces = chunks(StatementResult::rows(3, vec![row(5), row(1)]), 2);
        let shape: Vec<_> =
            pieces.iter().map(|piece| (piece.series[0].values.len(), piece.series[0].partial, piece.partial)).collect();
        assert_eq!(shape, [(2, true, true), (2, true, true), (1, false, true), (1, false, false)]);
        assert!(pieces.iter().all(|piece| piece.statement_id == 3));
        assert_eq!(chunks(StatementResult::default(), 2).len(), 1);
    }
}

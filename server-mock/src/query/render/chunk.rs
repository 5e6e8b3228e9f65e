//! A result cut into pieces for a chunked answer.

use crate::query::result::{Message, Row, StatementResult};

/// Cuts a result so that every piece holds one series and at most `size` rows of it; 0 does not cut series.
///
/// Each piece but the last says that more follows, and so does a series that goes on in the next piece.
#[must_use]
pub fn chunks(result: StatementResult, size: usize) -> Vec<StatementResult> {
    let mut chunker = Chunker::new(result.statement_id, size);
    let mut pieces: Vec<StatementResult> = result.series.into_iter().flat_map(|row| chunker.add(row)).collect();
    pieces.extend(chunker.finish(result.messages, result.error, result.partial));
    pieces
}

/// Cuts the result of one statement while its series are still coming.
///
/// A piece has to say whether another one follows, so the newest is kept back until that is known.
#[derive(Debug)]
pub struct Chunker {
    statement_id: usize,
    size: usize,
    held: Option<StatementResult>,
    given: bool,
}

impl Chunker {
    /// For the statement of this position; at most `size` rows in a piece, 0 for no limit.
    #[must_use]
    pub fn new(statement_id: usize, size: usize) -> Self {
        Self { statement_id, size, held: None, given: false }
    }

    /// Takes a series and gives the pieces that are complete now.
    pub fn add(&mut self, row: Row) -> Vec<StatementResult> {
        let mut complete = Vec::new();
        for row in cut(row, self.size) {
            let piece = StatementResult::rows(self.statement_id, vec![row]);
            complete.extend(self.held.replace(piece).map(|piece| StatementResult { partial: true, ..piece }));
        }
        self.given |= !complete.is_empty();
        complete
    }

    /// The last pieces: at least one, unless some were given before. Notes go with the first piece if it is among
    /// these; an error after rows is a piece of its own.
    pub fn finish(self, messages: Vec<Message>, error: Option<String>, partial: bool) -> Vec<StatementResult> {
        let failed = error.is_some();
        let mut last = self.held.unwrap_or_else(|| StatementResult::rows(self.statement_id, Vec::new()));
        last.partial = partial;
        if !self.given {
            last.messages = messages;
        }
        if !failed {
            return vec![last];
        }
        if last.series.is_empty() {
            last.error = error;
            return vec![last];
        }
        vec![last, StatementResult { error, ..StatementResult::rows(self.statement_id, Vec::new()) }]
    }
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

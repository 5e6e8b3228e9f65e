//! Answers in pieces, as they arrive.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use serde::de::DeserializeOwned;

use super::answer::{Part, ResultSeries, StatementMessage, StatementResult, read_document};
use super::document::{Documents, NoDocument};
use super::error::{QueryError, QueryErrorKind};
use super::exchange::Call;
use super::rows::read_row;
use crate::TransportError;
use crate::endpoint::{Pick, Sign};

/// A part of the answer to a query.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Chunk {
    /// The statement's place in the query, from 0. Version 0.10 gives no numbers: there it counts the documents of the
    /// answer, so ask one statement at a time.
    pub statement: usize,
    /// Rows, by series. A series may go on in the next chunk.
    pub series: Vec<ResultSeries>,
    /// Remarks of the server.
    pub messages: Vec<StatementMessage>,
}

/// The chunks of an answer; see [`Query::stream`](crate::Query::stream).
#[must_use = "a stream does nothing until it is polled"]
pub struct ChunkStream<'a>(BoxStream<'a, Result<Chunk, QueryError>>);

/// The rows of an answer; see [`Query::rows_stream`](crate::Query::rows_stream).
#[must_use = "a stream does nothing until it is polled"]
pub struct RowStream<'a, T>(BoxStream<'a, Result<T, QueryError>>);

impl<'a> ChunkStream<'a> {
    pub(super) fn new(call: Call<'a>, post: bool) -> Self {
        let begin = State::Begin(Box::new(call), post);
        Self(futures::stream::unfold(begin, next).boxed())
    }
}

impl<'a, T: DeserializeOwned + Send + 'a> RowStream<'a, T> {
    pub(super) fn new(call: Call<'a>, post: bool) -> Self {
        let mut count = 0;
        let rows = ChunkStream::new(call, post).flat_map(move |chunk| {
            let rows: Vec<Result<T, QueryError>> = match chunk {
                Err(error) => vec![Err(error)],
                Ok(chunk) => {
                    let mut rows = Vec::new();
                    for series in &chunk.series {
                        for values in &series.values {
                            let row = read_row(series, values, count);
                            rows.push(row.map_err(|kind| QueryError::new(kind, None, None)));
                            count += 1;
                        }
                    }
                    rows
                }
            };
            futures::stream::iter(rows)
        });
        Self(rows.boxed())
    }
}

impl Stream for ChunkStream<'_> {
    type Item = Result<Chunk, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl<T> Stream for RowStream<'_, T> {
    type Item = Result<T, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl fmt::Debug for ChunkStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkStream")
    }
}

impl<T> fmt::Debug for RowStream<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowStream")
    }
}

enum State<'a> {
    Begin(Box<Call<'a>>, bool),
    Reading(Box<Reading<'a>>),
    End,
}

/// An answer that is being read.
struct Reading<'a> {
    call: Box<Call<'a>>,
    pick: Pick,
    body: BoxStream<'static, Result<Bytes, TransportError>>,
    pieces: Pieces,
}

async fn next(mut state: State<'_>) -> Option<(Result<Chunk, QueryError>, State<'_>)> {
    loop {
        state = match state {
            State::Begin(call, post) => match call.open(post).await {
                Err(error) => return Some((Err(error), State::End)),
                Ok((pick, answer)) => {
                    let pieces = Pieces::new(call.answer_limit(), call.is_alone());
                    State::Reading(Box::new(Reading { call, pick, body: answer.body, pieces }))
                }
            },
            State::Reading(mut reading) => {
                let endpoint = reading.pick.endpoint.clone();
                let fail = |kind| QueryError::new(kind, Some(endpoint.clone()), None);
                match reading.pieces.next() {
                    Some(Ok(chunk)) => return Some((Ok(chunk), State::Reading(reading))),
                    // What came behind the error of a statement belongs to others.
                    Some(Err(kind @ QueryErrorKind::Statement { .. })) => {
                        return Some((Err(fail(kind)), State::Reading(reading)));
                    }
                    Some(Err(kind)) => return Some((Err(fail(kind)), State::End)),
                    None => {}
                }
                match reading.body.next().await {
                    Some(Ok(bytes)) => {
                        reading.pieces.push(&bytes);
                        State::Reading(reading)
                    }
                    Some(Err(error)) => {
                        reading.call.learn(&reading.pick, Sign::Failed);
                        let reason = error.reason().into();
                        let kind = QueryErrorKind::NoAnswer { reason };
                        let error = QueryError::new(kind, Some(reading.pick.endpoint.clone()), Some(error));
                        return Some((Err(error), State::End));
                    }
                    None => match reading.pieces.end() {
                        Ok(()) => {
                            reading.call.note_success();
                            return None;
                        }
                        Err(kind) => return Some((Err(fail(kind)), State::End)),
                    },
                }
            }
            State::End => return None,
        };
    }
}

/// Chunks out of the bytes of an answer. Pure: it knows nothing of where they come from.
#[derive(Debug)]
pub(super) struct Pieces {
    documents: Documents,
    limit: usize,
    /// The query has one statement.
    alone: bool,
    ready: VecDeque<Result<Chunk, QueryErrorKind>>,
    /// The first bytes were looked at for a byte order mark.
    begun: bool,
    count: usize,
    /// The last piece said that more follows.
    more: bool,
    failed: bool,
}

impl Pieces {
    pub(super) fn new(limit: usize, alone: bool) -> Self {
        Self {
            documents: Documents::default(),
            limit,
            alone,
            ready: VecDeque::new(),
            begun: false,
            count: 0,
            more: false,
            failed: false,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let bytes = if self.begun { bytes } else { bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes) };
        self.begun |= !bytes.is_empty();
        self.documents.push(bytes);
    }

    /// What is complete by now.
    pub(super) fn next(&mut self) -> Option<Result<Chunk, QueryErrorKind>> {
        let unexpected = |reason: String| QueryErrorKind::Unexpected { status: 200, reason: reason.into() };
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let document = match self.documents.next(self.limit) {
                Ok(document) => document?,
                Err(NoDocument::NotAnObject) => {
                    return Some(Err(unexpected("the answer is not in JSON".into())));
                }
                Err(NoDocument::TooLarge(limit)) => return Some(Err(QueryErrorKind::AnswerTooLarge { limit })),
            };
            match read_document(&document) {
                Err(error) => return Some(Err(unexpected(error.to_string()))),
                Ok(Part::Error(message)) if self.count == 0 => {
                    return Some(Err(QueryErrorKind::Refused { status: 200, message: message.into() }));
                }
                Ok(Part::Error(message)) => {
                    let index = if self.alone { 0 } else { self.count - 1 };
                    self.failed = true;
                    self.more = false;
                    return Some(Err(QueryErrorKind::Statement { index, message: message.into() }));
                }
                Ok(Part::Results(results)) => results.into_iter().for_each(|result| self.take(result)),
            }
        }
    }

    fn take(&mut self, result: StatementResult) {
        let more = result.is_truncated();
        let named = result.statement_id.and_then(|id| usize::try_from(id).ok());
        let statement = named.unwrap_or(if self.alone { 0 } else { self.count });
        self.count += 1;
        self.more = more && result.error.is_none();
        let StatementResult { series, messages, error, .. } = result;
        if error.is_none() || !series.is_empty() || !messages.is_empty() {
            self.ready.push_back(Ok(Chunk { statement, series, messages }));
        }
        if let Some(message) = error {
            self.failed = true;
            self.ready.push_back(Err(QueryErrorKind::Statement { index: statement, message: message.into() }));
        }
    }

    /// Whether an answer that ended here is complete.
    pub(super) fn end(&self) -> Result<(), QueryErrorKind> {
        let reason: Box<str> = if self.documents.is_open() {
            "the answer ends in the middle".into()
        } else if self.more {
            "the answer ends although it said that more rows follow".into()
        } else if self.count == 0 && !self.failed {
            return Err(QueryErrorKind::Unexpected { status: 200, reason: "the answer is empty".into() });
        } else {
            return Ok(());
        };
        Err(QueryErrorKind::NoAnswer { reason })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn chunk(id: usize, value: i64, more: bool) -> String {
        format!(
            r#"{{"results":[{{"statement_id":{id},"series":[{{"name":"m","columns":["v"],"values":[[{value}]],"partial":{more}}}],"partial":{more}}}]}}"#
        )
    }

    fn values(pieces: &mut Pieces) -> Vec<i64> {
        let mut values = Vec::new();
        while let Some(chunk) = pieces.next() {
            values.push(chunk.unwrap().series[0].values[0][0].as_i64().unwrap());
        }
        values
    }

    fn whole(body: &str) -> (Pieces, Vec<Result<usize, QueryErrorKind>>) {
        let mut pieces = Pieces::new(1000, false);
        pieces.push(body.as_bytes());
        let mut found = Vec::new();
        while let Some(next) = pieces.next() {
            let fatal = matches!(&next, Err(kind) if !matches!(kind, QueryErrorKind::Statement { .. }));
            found.push(next.map(|chunk| chunk.statement));
            if fatal {
                break;
            }
        }
        (pieces, found)
    }

    #[test]
    fn a_late_error_comes_behind_the_rows() {
        let body = [chunk(0, 1, true), r#"{"results":[{"statement_id":0,"error":"late"}]}"#.into(), chunk(1, 2, false)];
        let (pieces, found) = whole(&body.concat());
        let late = QueryErrorKind::Statement { index: 0, message: "late".into() };
        assert_eq!(found, [Ok(0), Err(late), Ok(1)]);
        assert_eq!(pieces.end(), Ok(()));
    }

    #[test]
    fn an_error_without_a_result_belongs_to_what_came_before() {
        let (_, found) = whole(&format!("{}{}", chunk(0, 1, true), r#"{"error":"x"}"#));
        assert!(matches!(&found[1], Err(QueryErrorKind::Statement { index: 0, .. })), "{found:?}");
        let (_, found) = whole(r#"{"error":"x"}"#);
        assert!(matches!(&found[0], Err(QueryErrorKind::Refused { .. })), "{found:?}");
    }

    #[test]
    fn what_is_no_answer_never_looks_like_one() {
        for body in ["<html>", "[1]", "{\"results\":5}", &format!("{{\"a\":{}", "[".repeat(2000))] {
            let (pieces, found) = whole(body);
            assert!(found.last().is_some_and(Result::is_err) || pieces.end().is_err(), "{body}");
        }
        assert!(whole("").0.end().is_err());
        let (open, close) = ("[".repeat(400), "]".repeat(400));
        let nested = format!(r#"{{"results":[{{"series":[{{"columns":["a"],"values":{open}{close}}}]}}]}}"#);
        assert!(whole(&nested).1[0].is_err(), "nesting has a limit");
    }

    proptest! {
        /// Wherever the connection is cut, the answer does not look complete.
        #[test]
        fn a_cut_answer_is_noticed(cut in 0_usize..1000) {
            let body = (0..5).map(|n| chunk(0, n, n < 4)).collect::<Vec<_>>().join("\n");
            let cut = cut % body.len();
            let mut pieces = Pieces::new(1000, true);
            pieces.push(&body.as_bytes()[..cut]);
            let seen = values(&mut pieces);
            prop_assert_eq!(&seen, &(0..seen.len() as i64).collect::<Vec<_>>());
            prop_assert!(pieces.end().is_err());
            pieces.push(&body.as_bytes()[cut..]);
            prop_assert_eq!(values(&mut pieces).len() + seen.len(), 5);
            prop_assert_eq!(pieces.end(), Ok(()));
        }
    }
}

//! Reading points back from one data node.

use std::collections::{HashMap, HashSet};

use tokio::time::Instant;

use super::compare::{self, compare};
use super::node::{CHUNK, Node, Question};
use super::plan::{Found, Read, plan};
use super::typing::Typing;
use super::wanted::Wanted;
use crate::client::Shared;
use crate::{QueryError, QueryErrorKind};

/// Statements to one node in one call, at most: what is left then counts as not asked.
const STATEMENTS: usize = 2000;
/// Bytes of one answer: a statement that would bring more is cut in two.
const ANSWER: usize = 8 << 20;

/// What a node has of the points it was asked about.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// By the point's place in the batch. What is missing here could not be asked.
    pub(super) found: HashMap<usize, compare::Found>,
    /// Why something is missing.
    pub(super) trouble: Option<Box<str>>,
}

impl Reading {
    /// Of a node that has none of the points.
    pub(super) fn nothing<'a>(points: impl Iterator<Item = &'a Wanted>) -> Self {
        Self { found: points.map(|point| (point.index, compare::Found::Absent)).collect(), trouble: None }
    }
}

/// Reads points of one node, one statement after the other.
pub(super) async fn read(
    client: &Shared,
    node: &Node,
    points: &[&Wanted],
    (database, retention_policy): (&str, &str),
    typing: Typing,
    until: Instant,
) -> Reading {
    let casts = typing.casts();
    let mut left = plan(points, casts);
    let mut statements_of: HashMap<usize, usize> = HashMap::new();
    for (read, place) in left.iter().flat_map(|read| read.points.iter().map(move |place| (read, *place))) {
        *statements_of.entry(place).or_default() += usize::from(read.asks_of(points[place]));
    }
    left.reverse();
    let mut cells = Found::new();
    let mut unread: HashSet<usize> = HashSet::new();
    let mut trouble = None;
    let mut asked = 0;
    let mut silent = false;
    let limit = client.answer_limit.min(ANSWER);
    while let Some(read) = left.pop() {
        asked += 1;
        let statement = read.statement(points, retention_policy, casts);
        let question = Question { statement: &statement, database: Some(database), chunked: Some(CHUNK), limit };
        let answer = if silent {
            Err("it did not answer before".into())
        } else if asked > STATEMENTS {
            Err("too many statements are needed".into())
        } else if Instant::now() >= until {
            Err("the time of the call ran out".into())
        } else {
            ask(client, node, &question, until, &read, (points, casts), &mut cells).await
        };
        match answer {
            Ok(Some(halves)) => left.extend(halves.into_iter().rev()),
            Ok(None) => {}
            Err(Failed { reason, no_answer }) => {
                // It hangs, or another node hangs that it waits for: the next statement would wait as long.
                silent |= no_answer;
                unread.extend(&read.points);
                trouble.get_or_insert(reason);
            }
        }
    }
    let judged = points.iter().enumerate().map(|(place, point)| {
        let found = compare(point, cells.get(&place), casts);
        // What was read of a point stays true, whatever else could not be read; what was not found is open then.
        let known = match found {
            // A hint may have come between two statements for fields of one point.
            compare::Found::Other if statements_of.get(&place).is_some_and(|statements| *statements > 1) => {
                trouble.get_or_insert("fields of a point that differs were read by several statements".into());
                None
            }
            _ if typing.shows_all() && !unread.contains(&place) && (casts || !point.ambiguous) => Some(found),
            compare::Found::Same => Some(found),
            compare::Found::Other | compare::Found::Absent | compare::Found::Unclear => None,
        };
        (point.index, known)
    });
    let found: HashMap<_, _> = judged.filter_map(|(index, found)| Some((index, found?))).collect();
    if !typing.shows_all() && found.len() < points.len() {
        trouble.get_or_insert(
            "versions 0.11 to 0.13 leave values of other types out, so what they do not show may be there".into(),
        );
    }
    Reading { found, trouble }
}

/// Why a statement told nothing.
struct Failed {
    reason: Box<str>,
    no_answer: bool,
}

impl From<&str> for Failed {
    fn from(reason: &str) -> Self {
        Self { reason: reason.into(), no_answer: false }
    }
}

impl From<&QueryError> for Failed {
    fn from(error: &QueryError) -> Self {
        let no_answer = matches!(error.kind(), QueryErrorKind::NoAnswer { .. } | QueryErrorKind::Unreachable { .. });
        Self { reason: shown(error), no_answer }
    }
}

/// Asks one statement and takes its values. Gives the halves to ask instead where the answer is too large.
async fn ask(
    client: &Shared,
    node: &Node,
    question: &Question<'_>,
    until: Instant,
    read: &Read,
    (points, casts): (&[&Wanted], bool),
    cells: &mut Found,
) -> Result<Option<[Read; 2]>, Failed> {
    let response = match node.ask(client, question, until).await {
        Ok(response) => response,
        Err(error) if matches!(error.kind(), QueryErrorKind::AnswerTooLarge { .. }) => {
            return read.halves(points).map(Some).ok_or_else(|| (&error).into());
        }
        // Nothing that does not exist can have points: the retention policy and the database are there, so it is the
        // measurement that some versions miss aloud.
        Err(error) => return Err((&error).into()),
    };
    // Rows that came before an error are there all the same.
    let taken = read.take(points, &response, casts, cells);
    match (response.first_error(), taken) {
        (Some(error), _) if is_missing_measurement(&error) => Ok(None),
        (Some(error), _) => Err((&error).into()),
        (None, Err(())) => Err("the answer has other columns than were asked for".into()),
        (None, Ok(())) => Ok(None),
    }
}

/// Versions up to 0.9 have an error for it; later ones give no rows.
fn is_missing_measurement(error: &QueryError) -> bool {
    error.server_message().is_some_and(|message| message.starts_with("measurement not found"))
}

pub(super) fn shown(error: &QueryError) -> Box<str> {
    error.to_string().into()
}

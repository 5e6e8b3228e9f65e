//! Findings as sentences.

use super::action::Action;
use super::register::Found;
use super::unique::{Contradiction, Zones};
use super::verdict::Finding;
use crate::history::{Completion, Operation};

/// Why the history is illegal; what else it is otherwise.
pub(super) fn finding(finding: &Finding, operations: &[Operation], initial: Option<i64>) -> String {
    match finding {
        Finding::Register(actions, Found::Illegal { action }) => read(actions, *action, operations, initial),
        Finding::Unique(actions, Zones::Illegal(why)) => contradiction(actions, why, operations),
        Finding::Register(_, Found::Legal) | Finding::Unique(_, Zones::Legal) => "an order explains it".to_owned(),
        Finding::Register(_, Found::Unknown) => "it has too many ways to go to be decided".to_owned(),
        Finding::Unique(_, Zones::NoNumbers) => "its writes have no numbers of their own".to_owned(),
    }
}

/// A time of the run.
pub(super) fn time(nanoseconds: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "shown with four digits after the point")]
    let seconds = nanoseconds as f64 / 1e9;
    if nanoseconds < 100_000 { format!("{nanoseconds} ns") } else { format!("{seconds:.4} s") }
}

/// Why the read cannot have found what it found. All that ended before it can be explained.
pub(super) fn read(actions: &[Action], culprit: usize, operations: &[Operation], initial: Option<i64>) -> String {
    let culprit = actions[culprit];
    let said = did(culprit, operations);
    let value = value(culprit.value);
    let mut sources: Vec<Action> = actions
        .iter()
        .copied()
        .filter(|action| !action.read && action.value == culprit.value && action.from <= culprit.to)
        .collect();
    sources.sort_by_key(|source| source.to);
    let Some(last) = sources.last() else {
        return match overwritten(actions, None, culprit) {
            _ if initial != culprit.value => format!("{said}, but no write of {value} had begun by then"),
            Some(by) => format!("{said}, but that was there only at the beginning: {} before", did(by, operations)),
            None => format!("{said}: no order of what was done up to then explains it"),
        };
    };
    match overwritten(actions, Some(*last), culprit) {
        Some(by) => {
            let done = time(last.to);
            format!(
                "{said}, but the last write of {value} was done by {done}, and {} before the read",
                did(by, operations)
            )
        }
        None => format!(
            "{said}, but no order of what was done up to then lets it find {value}, of which {} had begun",
            if sources.len() == 1 { "one write".to_owned() } else { format!("{} writes", sources.len()) },
        ),
    }
}

/// What shows that a write, or the initial value, was overwritten before the read began.
fn overwritten(actions: &[Action], source: Option<Action>, read: Action) -> Option<Action> {
    let shows = |by: &&Action| {
        by.definite()
            && source.is_none_or(|source| source.before(**by))
            && by.before(read)
            && (!by.read || by.value != read.value)
    };
    actions.iter().filter(shows).max_by_key(|by| (!by.read, by.to)).copied()
}

fn contradiction(actions: &[Action], why: &Contradiction, operations: &[Operation]) -> String {
    let told = |action: usize| numbered(actions[action], operations);
    match *why {
        Contradiction::Unwritten { read } => {
            let id = operations[actions[read].source].id;
            let failed =
                |operation: &&Operation| id.is_some() && operation.id == id && operation.completion == Completion::Fail;
            match operations.iter().find(failed) {
                Some(write) => format!("{}, but that write of process {} had failed", told(read), write.process),
                None => format!("{}, but no write has that number", told(read)),
            }
        }
        Contradiction::TooEarly { read, write } => {
            format!("{}, but {}: only after it", told(read), told(write))
        }
        Contradiction::Torn { read, write } => format!("{}, but {}: another value", told(read), told(write)),
        Contradiction::Crossed { first, second, .. } => {
            let before = |ended: Option<usize>, begun: usize| {
                let begun = told(begun);
                ended.map_or_else(
                    || format!("the initial value was there before {begun}"),
                    |ended| format!("{} before {begun}", told(ended)),
                )
            };
            format!("{}; yet {}", before(first.0, first.1), before(second.0, second.1))
        }
    }
}

fn value(value: Option<i64>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
}

/// `process 3 read 2 (12.3100 s to 12.4020 s)`.
fn did(action: Action, operations: &[Operation]) -> String {
    let verb = if action.read { "read" } else { "wrote" };
    let process = operations[action.source].process;
    format!("process {process} {verb} {} ({})", value(action.value), span(action))
}

/// `process 3 read write 17, value 2 (12.3100 s to 12.4020 s)`.
fn numbered(action: Action, operations: &[Operation]) -> String {
    let Operation { process, id, .. } = &operations[action.source];
    let what = match (id, action.read) {
        (Some(id), true) => format!("read number {id}, value {}", value(action.value)),
        (Some(id), false) => format!("made write number {id}, value {}", value(action.value)),
        (None, _) => "read nothing".to_owned(),
    };
    format!("process {process} {what} ({})", span(action))
}

fn span(action: Action) -> String {
    if action.definite() {
        format!("{} to {}", time(action.from), time(action.to))
    } else {
        format!("from {} on, its end unknown", time(action.from))
    }
}

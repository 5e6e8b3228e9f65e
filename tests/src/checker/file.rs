//! Checking a file of anybody's making.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::counterexample::strongest;
use super::{Counterexample, Verdict, judge};
use crate::experiment::LabError;
use crate::history::{Event, Function, Kind, NotAHistory, Operation, operations};

/// The longest line that is read. One with the whole answer of a server is far below it.
const LONGEST_LINE: usize = 1 << 20;

/// What was found in a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The verdicts.
    pub verdict: Verdict,
    /// Why it is illegal, where it is: by the honest rule, or else with unique numbers, or else by the study's rule.
    pub counterexample: Option<Counterexample>,
}

/// Judges a history and, where it is illegal, shrinks it to what shows it.
#[must_use]
pub fn check(operations: &[Operation], initial: Option<i64>) -> Checked {
    let verdict = judge(operations, initial);
    let counterexample = strongest(operations, initial, &verdict);
    Checked { verdict, counterexample }
}

/// Checks a file with one [`Event`] a line, as `history.jsonl` has them: of a register that held `initial` at first.
///
/// Lines may end in CR LF, empty ones are skipped, a byte order mark at the beginning too.
///
/// # Errors
/// [`LabError::File`] where it cannot be read; [`LabError::Content`] with the first line that makes it no history, or where
/// it has no reads and writes of a register.
pub fn check_file(path: &Path, initial: Option<i64>) -> Result<Checked, LabError> {
    let operations = read_history(path)?;
    let bears = |operation: &Operation| operation.f != Function::TimedWrite;
    if !operations.iter().any(bears) {
        let why = "it has no reads and writes of a register: nothing to check".to_owned();
        return Err(LabError::Content { path: path.to_owned(), why });
    }
    Ok(check(&operations, initial))
}

/// Reads a history of anybody's making.
///
/// # Errors
/// As [`check_file`].
pub fn read_history(path: &Path) -> Result<Vec<Operation>, LabError> {
    let file = |source| LabError::File { path: path.to_owned(), source };
    let wrong = |line: usize, why: &dyn std::fmt::Display| LabError::Content {
        path: path.to_owned(),
        why: format!("line {line}: {why}"),
    };
    let mut reader = BufReader::new(File::open(path).map_err(file)?);
    let (mut events, mut lines): (Vec<Event>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        reader.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut text).map_err(file)?;
        if text.is_empty() {
            break;
        }
        if text.len() > LONGEST_LINE {
            return Err(wrong(line, &format_args!("it is longer than {LONGEST_LINE} bytes")));
        }
        let text = if line == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text) } else { &text };
        if text.trim_ascii().is_empty() {
            continue;
        }
        let event: Event = serde_json::from_slice(text.trim_ascii()).map_err(|error| wrong(line, &at(&error)))?;
        if event.f != Function::Read && event.value.is_none() {
            return Err(wrong(line, &"a write without a value"));
        }
        events.push(event);
        lines.push(line);
    }
    let operations = operations(&events).map_err(|why| {
        let (event, why) = fault(&why);
        wrong(lines[event - 1], &why)
    })?;
    same_value(&events)
        .map_err(|event| wrong(lines[event], &"the write ends with another value than it began with"))?;
    Ok(operations)
}

/// The error of the parser without its line, which is always the first.
fn at(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(what) => format!("column {}: {what}", error.column()),
        None => text,
    }
}

/// The event that is at fault, from 1, and what is wrong with it.
fn fault(why: &NotAHistory) -> (usize, String) {
    let (event, process, what) = match *why {
        NotAHistory::EndWithoutBeginning { event, process } => {
            (event, process, "ends an operation that it did not begin")
        }
        NotAHistory::TwoAtATime { event, process } => {
            (event, process, "begins an operation while another one of it is under way")
        }
        NotAHistory::AnotherFunction { event, process } => (event, process, "ends another operation than it began"),
        NotAHistory::OutOfOrder { event } => return (event, "its time is before that of the line above".to_owned()),
    };
    (event, format!("process {process} {what}"))
}

/// Whether writes end with what they began with; the place of the first end that does not.
fn same_value(events: &[Event]) -> Result<(), usize> {
    let mut open = std::collections::HashMap::new();
    for (place, event) in events.iter().enumerate().filter(|(_, event)| event.f != Function::Read) {
        if event.kind == Kind::Invoke {
            open.insert(event.process, event.value);
        } else if open.remove(&event.process).is_some_and(|begun| begun != event.value) {
            return Err(place);
        }
    }
    Ok(())
}

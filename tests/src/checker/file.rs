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
    check_operations(&read_history(path)?, initial, path)
}

/// As [`check_file`], of what was read of it.
///
/// # Errors
/// As [`check_file`].
pub fn check_operations(operations: &[Operation], initial: Option<i64>, path: &Path) -> Result<Checked, LabError> {
    let bears = |operation: &Operation| operation.f != Function::TimedWrite;
    if !operations.iter().any(bears) {
        let why = "it has no reads and writes of a register: nothing to check".to_owned();
        return Err(LabError::Content { path: path.to_owned(), why });
    }
    Ok(check(operations, initial))
}

/// Reads a history of anybody's making.
///
/// # Errors
/// As [`check_file`].
pub fn read_history(path: &Path) -> Result<Vec<Operation>, LabError> {
    let file = File::open(path).map_err(|source| LabError::File { path: path.to_owned(), source })?;
    read_history_from(file, path)
}

/// As [`read_history`], from anywhere; `path` names it in errors.
///
/// # Errors
/// As [`check_file`].
pub fn read_history_from(reader: impl Read, path: &Path) -> Result<Vec<Operation>, LabError> {
    let file = |source| LabError::File { path: path.to_owned(), source };
    let wrong = |line: usize, why: &dyn std::fmt::Display| LabError::Content {
        path: path.to_owned(),
        why: format!("line {line}: {why}"),
    };
    let mut reader = BufReader::new(reader);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Answer;
    use super::*;

    const WRITE: &str = r#"{"process":0,"type":"invoke","f":"write","value":3,"time":1,"id":1}"#;
    const WRITTEN: &str = r#"{"process":0,"type":"ok","f":"write","value":3,"time":2,"id":1}"#;
    const READ: &str = r#"{"process":1,"type":"invoke","f":"read","value":null,"time":3}"#;

    fn of(content: impl AsRef<[u8]>) -> Result<Checked, LabError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.jsonl");
        std::fs::write(&path, content).unwrap();
        check_file(&path, Some(42))
    }

    fn refused(content: impl AsRef<[u8]>) -> String {
        match of(content).unwrap_err() {
            LabError::Content { path, why } => {
                assert!(path.ends_with("history.jsonl"));
                why
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_history_of_somebody_else_is_checked() {
        let read = r#"{"process":1,"type":"ok","f":"read","value":42,"time":4,"another key":[{}]}"#;
        let checked = of(format!("\u{feff}{WRITE}\r\n\r\n{WRITTEN}\r\n{READ}\n{read}")).unwrap();
        assert_eq!((checked.verdict.study, checked.verdict.honest), (Answer::Illegal, Answer::Illegal));
        assert_eq!(checked.verdict.unique, None, "the read does not say which write it saw");
        let why = checked.counterexample.unwrap().why;
        assert_eq!(
            why,
            "process 1 read 42 (3 ns to 4 ns), but that was there only at the beginning: process 0 wrote 3 (1 ns to 2 ns) before"
        );
        let legal = of(format!("{WRITE}\n{WRITTEN}\n{READ}\n{}", read.replace("42", "3"))).unwrap();
        assert_eq!((legal.verdict.honest, legal.counterexample), (Answer::Legal, None));
    }

    #[test]
    fn what_is_no_history_is_refused_with_its_line() {
        let deep = format!("{WRITE}\n{}", r#"{"x":"#.repeat(100_000));
        let after = |line: &str| refused(format!("\n{WRITE}\n{line}\n"));
        for (why, wanted) in [
            (refused(""), "it has no reads and writes of a register: nothing to check"),
            (refused("\n\r\n"), "it has no reads and writes of a register: nothing to check"),
            (refused("{"), "line 1: column: EOF while parsing an object"),
            (refused(deep), "line 2: column: EOF while parsing a value"),
            (
                after(&READ.replace("null", &"[".repeat(100_000))),
                "line 3: column: invalid type: sequence, expected i64",
            ),
            (after("[]"), "line 3: column: invalid length 0, expected struct Event with 11 elements"),
            (after(READ.replace(":3", ":0").as_str()), "line 3: its time is before that of the line above"),
            (after(&READ.replace(":3", ":-3")), "line 3: column: invalid value: integer `-3`, expected u64"),
            (after(&READ.replace(":3", ":3.5")), "line 3: column: invalid type: floating point `3.5`, expected u64"),
            (after(&READ.replace("null", "1e999")), "line 3: column: number out of range"),
            (
                after(&READ.replace("null", "9223372036854775808")),
                "line 3: column: invalid value: integer `9223372036854775808`, expected i64",
            ),
            (
                after(&READ.replace(":1", ":4294967296")),
                "line 3: column: invalid value: integer `4294967296`, expected u32",
            ),
            (
                after(&READ.replace(r#""read""#, r#""cas""#)),
                "line 3: column: unknown variant `cas`, expected one of `read`, `write`, `timedWrite`",
            ),
            (after(WRITE), "line 3: process 0 begins an operation while another one of it is under way"),
            (after(&WRITTEN.replace(":0", ":5")), "line 3: process 5 ends an operation that it did not begin"),
            (after(&WRITTEN.replace("write", "read")), "line 3: process 0 ends another operation than it began"),
            (after(&WRITTEN.replace(":3", ":4")), "line 3: the write ends with another value than it began with"),
            (after(&WRITTEN.replace(":3", ":null")), "line 3: a write without a value"),
            (refused(b"\n\xff\xfe"), "line 2: column: expected value"),
            (refused("x".repeat(LONGEST_LINE + 1)), "line 1: it is longer than 1048576 bytes"),
        ] {
            let place = regex::Regex::new(r"column \d+:").unwrap();
            assert_eq!(place.replace(&why, "column:"), wanted);
        }
        let missing = check_file(Path::new("nowhere/history.jsonl"), None).unwrap_err();
        assert!(matches!(missing, LabError::File { .. }), "{missing:?}");
    }

    #[test]
    fn times_at_the_end_of_the_clock_are_no_trouble() {
        let last = u64::MAX;
        let write = format!(r#"{{"process":0,"type":"invoke","f":"write","value":3,"time":{last}}}"#);
        let written = write.replace("invoke", "ok");
        let read = write.replace(":0", ":1").replace("write", "read");
        let end = read.replace("invoke", "ok");
        let checked = of([write.as_str(), &read, &written, &end].join("\n")).unwrap();
        assert_eq!(checked.verdict.honest, Answer::Legal);
        let checked = of([write.as_str(), &read, &written, &end.replace(":3", ":4")].join("\n")).unwrap();
        assert_eq!(checked.verdict.honest, Answer::Illegal);
    }
}

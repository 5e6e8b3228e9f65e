//! Operations: a beginning and its end.

use std::collections::HashMap;

use super::{Event, Function, Kind};

/// One operation of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Who did it.
    pub process: u32,
    /// What was done.
    pub f: Function,
    /// What was written, or what a read found; `None` where it found nothing or did not end well.
    pub value: Option<i64>,
    /// See [`Event::id`].
    pub id: Option<u64>,
    /// See [`Event::write_time`].
    pub write_time: Option<i64>,
    /// The node that was asked.
    pub node: Option<String>,
    /// When it began, in nanoseconds since the run began.
    pub invoked: u64,
    /// When its end was heard; `None` where the run ended first.
    pub completed: Option<u64>,
    /// How it ended.
    pub completion: Completion,
    /// What the server or the connection said of a failure.
    pub error: Option<String>,
    /// The class of that error, by its id.
    pub class: Option<String>,
    /// What is known of the data after it, by its id.
    pub outcome: Option<String>,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// It was done between its beginning and its end.
    Ok,
    /// It was not done, and never will be.
    Fail,
    /// Nobody knows; it may be done at any time after its beginning, or never.
    Info,
}

/// The lines do not make a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAHistory {
    /// A process ended something that it had not begun.
    #[error("event {event}: process {process} ends an operation that it did not begin")]
    EndWithoutBeginning {
        /// Counted from 1.
        event: usize,
        /// Who.
        process: u32,
    },
    /// A process began something before it ended what it was doing.
    #[error("event {event}: process {process} begins an operation while another one of it is under way")]
    TwoAtATime {
        /// Counted from 1.
        event: usize,
        /// Who.
        process: u32,
    },
    /// An operation ended as another one than it began.
    #[error("event {event}: process {process} ends another operation than it began")]
    AnotherFunction {
        /// Counted from 1.
        event: usize,
        /// Who.
        process: u32,
    },
    /// Time went backwards.
    #[error("event {event}: it happened before the one above it")]
    OutOfOrder {
        /// Counted from 1.
        event: usize,
    },
}

/// Joins beginnings and ends, in the order of the beginnings. What never ended is [`Completion::Info`].
///
/// # Errors
/// [`NotAHistory`] with the first line that does not fit.
pub fn operations(events: &[Event]) -> Result<Vec<Operation>, NotAHistory> {
    let mut operations: Vec<Operation> = Vec::with_capacity(events.len() / 2);
    let mut open: HashMap<u32, usize> = HashMap::new();
    let mut last = 0;
    for (position, event) in events.iter().enumerate() {
        let (number, process) = (position + 1, event.process);
        if event.time < last {
            return Err(NotAHistory::OutOfOrder { event: number });
        }
        last = event.time;
        let completion = match event.kind {
            Kind::Invoke => {
                if open.insert(process, operations.len()).is_some() {
                    return Err(NotAHistory::TwoAtATime { event: number, process });
                }
                operations.push(begun(event));
                continue;
            }
            Kind::Ok => Completion::Ok,
            Kind::Fail => Completion::Fail,
            Kind::Info => Completion::Info,
        };
        let Some(operation) = open.remove(&process).map(|place| &mut operations[place]) else {
            return Err(NotAHistory::EndWithoutBeginning { event: number, process });
        };
        if operation.f != event.f {
            return Err(NotAHistory::AnotherFunction { event: number, process });
        }
        operation.completed = Some(event.time);
        operation.completion = completion;
        if operation.f == Function::Read {
            (operation.value, operation.id) = (event.value, event.id);
        }
        operation.error.clone_from(&event.error);
        operation.class.clone_from(&event.class);
        operation.outcome.clone_from(&event.outcome);
    }
    Ok(operations)
}

fn begun(event: &Event) -> Operation {
    Operation {
        process: event.process,
        f: event.f,
        value: event.value,
        id: event.id,
        write_time: event.write_time,
        node: event.node.clone(),
        invoked: event.time,
        completed: None,
        completion: Completion::Info,
        error: None,
        class: None,
        outcome: None,
    }
}

#[cfg(test)]
impl Operation {
    /// A write to the register, from its beginning to its end.
    pub(crate) fn write_of_test(id: u64, span: [u64; 2], completion: Completion) -> Self {
        Self {
            process: 0,
            f: Function::Write,
            value: Some(0),
            id: Some(id),
            write_time: None,
            node: None,
            invoked: span[0],
            completed: Some(span[1]),
            completion,
            error: None,
            class: None,
            outcome: None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn event(line: &str) -> Event {
        serde_json::from_str(line).unwrap()
    }

    #[test]
    fn beginnings_find_their_ends() {
        let history = [
            r#"{"process":0,"type":"invoke","f":"write","value":3,"time":1}"#,
            r#"{"process":1,"type":"invoke","f":"read","value":null,"time":2}"#,
            r#"{"process":1,"type":"ok","f":"read","value":3,"time":5}"#,
            r#"{"process":0,"type":"fail","f":"write","value":3,"time":9,"error":"partial write"}"#,
            r#"{"process":1,"type":"invoke","f":"write","value":4,"time":9}"#,
        ]
        .map(event);
        let operations = operations(&history).unwrap();
        let seen: Vec<_> = operations.iter().map(|o| (o.value, o.invoked, o.completed, o.completion)).collect();
        assert_eq!(
            seen,
            [
                (Some(3), 1, Some(9), Completion::Fail),
                (Some(3), 2, Some(5), Completion::Ok),
                (Some(4), 9, None, Completion::Info)
            ]
        );
        assert_eq!(operations[0].error.as_deref(), Some("partial write"));
    }

    #[test]
    fn what_is_no_history_is_refused_with_its_line() {
        let invoke = r#"{"process":7,"type":"invoke","f":"write","value":3,"time":4}"#;
        let end = r#"{"process":7,"type":"ok","f":"write","value":3,"time":5}"#;
        let read = r#"{"process":7,"type":"ok","f":"read","value":3,"time":5}"#;
        let of = |lines: &[&str]| operations(&lines.iter().map(|line| event(line)).collect::<Vec<_>>()).unwrap_err();
        assert_eq!(of(&[end]), NotAHistory::EndWithoutBeginning { event: 1, process: 7 });
        assert_eq!(of(&[invoke, invoke]), NotAHistory::TwoAtATime { event: 2, process: 7 });
        assert_eq!(of(&[invoke, read]), NotAHistory::AnotherFunction { event: 2, process: 7 });
        assert_eq!(of(&[invoke, end, invoke]), NotAHistory::OutOfOrder { event: 3 });
    }
}

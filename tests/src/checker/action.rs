//! What the checkers look at of an operation.

use super::Rule;
use crate::history::{Completion, Function, Operation};

/// When an operation ends that nobody saw the end of.
pub(super) const NEVER: u64 = u64::MAX;

/// A read that ended well, or a write that may have been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// Its place in the history.
    pub(super) source: usize,
    pub(super) read: bool,
    pub(super) value: Option<i64>,
    pub(super) from: u64,
    /// [`NEVER`] for a write of which nobody knows: it may be done at any time after its beginning, or not at all.
    pub(super) to: u64,
}

impl Action {
    /// Whether it was certainly done.
    pub(super) fn definite(self) -> bool {
        self.to != NEVER
    }

    /// Whether it ended before the other one began. At the same instant they count as under way together: what the clock
    /// could not tell apart is nobody's fault.
    pub(super) fn before(self, other: Self) -> bool {
        self.to < other.from
    }
}

/// What of a history bears on a register, by a rule.
pub(super) fn actions(operations: &[Operation], rule: Rule) -> Vec<Action> {
    let bears = operations.iter().enumerate().filter(|(_, operation)| rule.counts(operation));
    bears
        .filter_map(|(source, operation)| {
            let read = operation.f == Function::Read;
            // A clock at its very end, and one that ran backwards, must not make an operation without an end of one that has
            // one, nor one that ends before it begins.
            let from = operation.invoked.min(NEVER - 1);
            let to = match (rule.completion(operation), operation.completed) {
                (Completion::Ok, Some(completed)) => completed.clamp(from, NEVER - 1),
                (Completion::Ok, None) if read => return None,
                (Completion::Ok | Completion::Fail | Completion::Info, _) => NEVER,
            };
            Some(Action { source, read, value: operation.value, from, to })
        })
        .collect()
}

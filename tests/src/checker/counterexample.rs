//! Why a history is illegal, in a handful of operations.

use super::action::Action;
use super::register::Found;
use super::unique::{Contradiction, Zones};
use super::verdict::{Finding, find};
use super::{Answer, Rule, Verdict, shrink, words};
use crate::history::{Completion, Operation};

/// Operations of an illegal history which no order explains, whatever the others were.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// By which rule.
    pub rule: Rule,
    /// What the register held at the beginning; `None`: nothing.
    pub initial: Option<i64>,
    /// The operations, in the order of their beginnings. A write that ended only after the read in question has no end.
    pub operations: Vec<Operation>,
    /// The place among them of the read that cannot be explained.
    pub read: usize,
    /// The reason as a sentence.
    pub why: String,
}

/// Shrinks a history that is illegal by a rule to what shows it; `None` where it is not.
///
/// Takes many checks of ever shorter parts of the history: seconds for one of ten thousand operations.
#[must_use]
pub fn counterexample(operations: &[Operation], initial: Option<i64>, rule: Rule) -> Option<Counterexample> {
    let (parts, why) = match find(operations, initial, rule) {
        Finding::Register(actions, Found::Illegal { .. }) => {
            let parts = shrink::shrunk(&actions, initial)?;
            let why = words::read(&parts, parts.len() - 1, operations, initial);
            (parts, why)
        }
        finding @ Finding::Unique(_, Zones::Illegal(_)) => {
            let why = words::finding(&finding, operations, initial);
            let Finding::Unique(actions, Zones::Illegal(contradiction)) = finding else { return None };
            (involved(&actions, &contradiction), why)
        }
        Finding::Register(_, Found::Legal | Found::Unknown) | Finding::Unique(_, Zones::Legal | Zones::NoNumbers) => {
            return None;
        }
    };
    let culprit = parts.last()?.source;
    let mut operations: Vec<(usize, Operation)> =
        parts.iter().map(|part| (part.source, told(part, operations))).collect();
    operations.sort_by_key(|(source, operation)| (operation.invoked, *source));
    let read = operations.iter().position(|(source, _)| *source == culprit)?;
    let operations = operations.into_iter().map(|(_, operation)| operation).collect();
    Some(Counterexample { rule, initial, operations, read, why })
}

/// The counterexample by the strongest rule that has one: the honest one, then the unique one, which knows more of the
/// history, then the study's, which may claim too much of a failure.
pub(super) fn strongest(operations: &[Operation], initial: Option<i64>, verdict: &Verdict) -> Option<Counterexample> {
    let rules = [Rule::Honest, Rule::Unique, Rule::Study];
    let illegal = rules.into_iter().filter(|rule| verdict.by(*rule) == Some(Answer::Illegal));
    illegal.filter_map(|rule| counterexample(operations, initial, rule)).next()
}

/// The operations of a contradiction, the read in question last.
fn involved(actions: &[Action], contradiction: &Contradiction) -> Vec<Action> {
    let mut numbers = match *contradiction {
        Contradiction::Unwritten { read } => vec![read],
        Contradiction::TooEarly { read, write } | Contradiction::Torn { read, write } => vec![write, read],
        Contradiction::Crossed { first, second, writes } => {
            let all = [first.0, Some(first.1), second.0, Some(second.1), writes[0], writes[1]];
            all.into_iter().flatten().collect()
        }
    };
    // The read that ended last is the one that made it impossible: up to then the others could be explained.
    numbers.sort_by_key(|number| (actions[*number].read, actions[*number].to, *number));
    numbers.dedup();
    numbers.into_iter().map(|number| actions[number]).collect()
}

/// The operation as the checker took it.
fn told(part: &Action, operations: &[Operation]) -> Operation {
    let mut operation = operations[part.source].clone();
    if !part.definite() {
        operation.completion = Completion::Info;
        operation.completed = None;
    }
    operation
}

//! The verdicts on a history.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::action::{Action, actions};
use super::register::{self, Found};
use super::unique::{Zones, zones};
use super::{Rule, words};
use crate::history::{Completion, Function, Operation};

/// Whether a history is linearizable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// There is an order of the operations that explains every read.
    Legal,
    /// There is none.
    Illegal,
    /// It was too much to decide.
    Unknown,
}

impl Answer {
    /// Its name, as in `verdict.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Illegal => "illegal",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What `verdict.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// By [`Rule::Study`].
    pub study: Answer,
    /// By [`Rule::Honest`].
    pub honest: Answer,
    /// By [`Rule::Unique`]; `None` where the writes of the history have no numbers of their own.
    pub unique: Option<Answer>,
    /// What was counted.
    pub counts: Counts,
    /// Which read cannot be explained, a sentence for each rule by which the history is illegal.
    #[serde(default)]
    pub why: Vec<Why>,
}

/// Why a history is illegal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// By which rule.
    pub rule: Rule,
    /// A sentence.
    pub text: String,
}

/// The reads and writes of a register in a history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Reads that ended well.
    pub reads: usize,
    /// Reads that did not, which say nothing.
    pub reads_without_answer: usize,
    /// Writes that were done.
    pub writes: usize,
    /// Writes of which nobody knows, by the honest rule.
    pub writes_unknown: usize,
    /// Writes that were not done, by the honest rule.
    pub writes_failed: usize,
    /// Writes of which nobody knows, by the study's rule.
    pub study_unknown: usize,
    /// Writes that were not done, by the study's rule.
    pub study_failed: usize,
}

impl Counts {
    /// Counts them.
    #[must_use]
    pub fn of(operations: &[Operation]) -> Self {
        let mut counts = Self::default();
        for operation in operations {
            match (operation.f, operation.completion) {
                (Function::TimedWrite, _) => continue,
                (Function::Read, Completion::Ok) => counts.reads += 1,
                (Function::Read, Completion::Fail | Completion::Info) => counts.reads_without_answer += 1,
                (Function::Write, Completion::Ok) => counts.writes += 1,
                (Function::Write, Completion::Info) => counts.writes_unknown += 1,
                (Function::Write, Completion::Fail) => counts.writes_failed += 1,
            }
            match (operation.f, Rule::Study.completion(operation)) {
                (Function::Write, Completion::Info) => counts.study_unknown += 1,
                (Function::Write, Completion::Fail) => counts.study_failed += 1,
                (Function::Write, Completion::Ok) | (Function::Read | Function::TimedWrite, _) => {}
            }
        }
        counts
    }

    /// All of them.
    #[must_use]
    pub const fn operations(&self) -> usize {
        self.reads + self.reads_without_answer + self.writes + self.writes_unknown + self.writes_failed
    }
}

impl Verdict {
    /// Of a run whose writes each have a time of their own: there is no register to judge.
    #[must_use]
    pub fn without_register(operations: &[Operation]) -> Self {
        let text = "each write of this run has a time of its own: there is no register to judge".to_owned();
        Self {
            study: Answer::Unknown,
            honest: Answer::Unknown,
            unique: Some(Answer::Unknown),
            counts: Counts::of(operations),
            why: vec![Why { rule: Rule::Honest, text }],
        }
    }

    /// The answer by a rule.
    #[must_use]
    pub const fn by(&self, rule: Rule) -> Option<Answer> {
        match rule {
            Rule::Study => Some(self.study),
            Rule::Honest => Some(self.honest),
            Rule::Unique => self.unique,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "study's rule: {}, honest: {}", self.study, self.honest)?;
        match self.unique {
            Some(answer) => write!(f, ", unique: {answer}"),
            None => Ok(()),
        }
    }
}

/// Judges a history of a register that held `initial` (`None`: nothing was there) by every rule. The first write may as
/// well be part of the history. [`Function::TimedWrite`] is left out: it writes no register.
///
/// An answer is [`Answer::Unknown`] where the history has too many ways to go; it is never wrong.
#[must_use]
pub fn judge(operations: &[Operation], initial: Option<i64>) -> Verdict {
    let mut why = Vec::new();
    let mut by = |rule| {
        let finding = find(operations, initial, rule);
        if let Finding::Register(_, Found::Illegal { .. }) | Finding::Unique(_, Zones::Illegal(_)) = &finding {
            why.push(Why { rule, text: words::finding(&finding, operations, initial) });
        }
        finding.answer()
    };
    let (study, honest, unique) = (by(Rule::Study), by(Rule::Honest), by(Rule::Unique));
    Verdict {
        study: study.unwrap_or(Answer::Unknown),
        honest: honest.unwrap_or(Answer::Unknown),
        unique,
        counts: Counts::of(operations),
        why,
    }
}

/// What a rule's checker found, and in what.
#[derive(Debug)]
pub(super) enum Finding {
    Register(Vec<Action>, Found),
    Unique(Vec<Action>, Zones),
}

impl Finding {
    /// `None` where the rule does not apply.
    fn answer(&self) -> Option<Answer> {
        match self {
            Self::Register(_, Found::Legal) | Self::Unique(_, Zones::Legal) => Some(Answer::Legal),
            Self::Register(_, Found::Illegal { .. }) | Self::Unique(_, Zones::Illegal(_)) => Some(Answer::Illegal),
            Self::Register(_, Found::Unknown) => Some(Answer::Unknown),
            Self::Unique(_, Zones::NoNumbers) => None,
        }
    }
}

/// Asks the rule's checker.
pub(super) fn find(operations: &[Operation], initial: Option<i64>, rule: Rule) -> Finding {
    let actions = actions(operations, rule);
    match rule {
        Rule::Study | Rule::Honest => {
            let found = register::search(&actions, initial, register::Limits::of(actions.len()));
            Finding::Register(actions, found)
        }
        Rule::Unique => {
            let found = zones(&actions, operations, initial);
            Finding::Unique(actions, found)
        }
    }
}

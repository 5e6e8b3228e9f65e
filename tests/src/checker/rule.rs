//! What an operation's end counts as.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::history::{Completion, Function, Operation};

/// By which rule a history is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The study's: a failure whose text contains `timeout` may have been done, every other one was not. Unsound, since a
    /// write that was answered with `partial write` may still arrive.
    Study,
    /// The types as the history has them. In the lab's own histories a write failed only where it is stored nowhere and
    /// never will be; of every other failure nobody knows.
    Honest,
    /// As honest, with the number of each write in place of its value: no two writes are alike, so that no read can be
    /// explained by a write that it did not see.
    Unique,
}

impl Rule {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Study, Self::Honest, Self::Unique];

    /// Its name, as in `verdict.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Honest => "honest",
            Self::Unique => "unique",
        }
    }

    /// How the operation ended by this rule.
    ///
    /// The study's rule goes by the text of the failure; where a history has none, the type stands.
    #[must_use]
    pub fn completion(self, operation: &Operation) -> Completion {
        match (self, operation.completion, &operation.error) {
            (Self::Study, Completion::Fail | Completion::Info, Some(error)) => {
                if error.contains("timeout") {
                    Completion::Info
                } else {
                    Completion::Fail
                }
            }
            (Self::Study | Self::Honest | Self::Unique, completion, _) => completion,
        }
    }

    /// Whether the operation says anything about the register by this rule: writes that may have been done, and reads
    /// that ended well.
    pub(super) fn counts(self, operation: &Operation) -> bool {
        match (operation.f, self.completion(operation)) {
            (Function::TimedWrite, _) | (Function::Read, Completion::Info | Completion::Fail) => false,
            (Function::Read, Completion::Ok) | (Function::Write, Completion::Ok | Completion::Info) => true,
            (Function::Write, Completion::Fail) => false,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::write;
    use super::*;

    #[test]
    fn the_study_goes_by_the_text_of_a_failure() {
        let failed = |completion, error: Option<&str>| Operation {
            completion,
            error: error.map(str::to_owned),
            ..write(0, 3, 1, 2)
        };
        for (operation, study, honest) in [
            (failed(Completion::Ok, None), Completion::Ok, Completion::Ok),
            (failed(Completion::Info, Some("timeout")), Completion::Info, Completion::Info),
            (failed(Completion::Info, Some("partial write")), Completion::Fail, Completion::Info),
            (failed(Completion::Fail, Some("connect: timeout")), Completion::Info, Completion::Fail),
            // Its text compared letters as they are.
            (failed(Completion::Info, Some("Timeout")), Completion::Fail, Completion::Info),
            (failed(Completion::Info, None), Completion::Info, Completion::Info),
            (failed(Completion::Fail, None), Completion::Fail, Completion::Fail),
        ] {
            assert_eq!(Rule::Study.completion(&operation), study, "{operation:?}");
            assert_eq!(Rule::Honest.completion(&operation), honest, "{operation:?}");
            assert_eq!(Rule::Unique.completion(&operation), honest, "{operation:?}");
        }
    }
}

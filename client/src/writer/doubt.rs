//! What earlier tries with a batch of the spool leave open when a later one refuses points of it.
//!
//! A line that a server refuses today may have been stored by an earlier try, and have become too old since, for example. So
//! it is only called refused where every try that was not without effect refused it, or where the line alone is the reason.

use std::collections::BTreeSet;

use crate::{Outcome, WriteError};

/// Tries that may have stored points of a batch.
#[derive(Debug)]
pub(super) struct Doubt {
    /// The one to tell of, should a later try refuse what may be stored; `None` where an earlier writer made it.
    error: Option<WriteError>,
    /// Lines that each of them refused: whatever a later one says, they are stored nowhere.
    refused: BTreeSet<usize>,
}

impl Doubt {
    /// Of points that were found in the spool: whether the writer that left them there had sent them is written nowhere.
    pub(super) const fn of_an_earlier_writer() -> Self {
        Self { error: None, refused: BTreeSet::new() }
    }

    /// What is open after one more try, which failed.
    pub(super) fn after(earlier: Option<Self>, error: WriteError) -> Option<Self> {
        if !error.outcome().in_doubt() {
            return earlier;
        }
        let refused: BTreeSet<usize> = error.refusals().iter().filter_map(|refusal| refusal.line).collect();
        Some(match earlier {
            None => Self { error: Some(error), refused },
            Some(mut earlier) => {
                earlier.refused.retain(|line| refused.contains(line));
                // That some points were refused says less of the others than that nobody knows.
                if earlier.error.as_ref().is_some_and(|error| error.outcome() == Outcome::PartlyStored) {
                    earlier.error = Some(error);
                }
                earlier
            }
        })
    }

    /// What the last try says, in view of those before it.
    pub(super) fn settle(&self, last: WriteError, idempotent: bool) -> WriteError {
        last.after(self.error.as_ref(), &self.refused, idempotent)
    }
}

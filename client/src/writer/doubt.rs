//! What earlier tries with a batch of the spool leave open when a later one refuses points of it.

use std::collections::BTreeSet;

use crate::{Outcome, WriteError};

/// Tries that may have stored points of a batch.
#[derive(Debug)]
pub(super) struct Doubt {
    /// The one to tell of, should a later try refuse what may be stored.
    error: WriteError,
    /// Lines that each of them refused: whatever a later one says, they are stored nowhere.
    refused: BTreeSet<usize>,
}

impl Doubt {
    /// What is open after one more try, which failed.
    pub(super) fn after(earlier: Option<Self>, error: WriteError) -> Option<Self> {
        if !error.outcome().in_doubt() {
            return earlier;
        }
        let refused: BTreeSet<usize> = error.refusals().iter().filter_map(|refusal| refusal.line).collect();
        Some(match earlier {
            None => Self { error, refused },
            Some(mut earlier) => {
                earlier.refused.retain(|line| refused.contains(line));
                // That some points were refused says less of the others than that nobody knows.
                if earlier.error.outcome() == Outcome::PartlyStored {
                    earlier.error = error;
                }
                earlier
            }
        })
    }

    /// What the last try says, in view of those before it.
    pub(super) fn settle(&self, last: WriteError, idempotent: bool) -> WriteError {
        last.after(&self.error, &self.refused, idempotent)
    }
}

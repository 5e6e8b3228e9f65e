//! What `POST /execute` answers with status 200.

use serde::{Deserialize, Serialize};

use crate::core::meta::{Applied, CommandError};

/// The text of a command whose fate is not known: its leader lost the majority while replicating it.
pub(crate) const LEADERSHIP_LOST: &str = "leadership lost while committing log";

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ExecuteReply {
    /// Applied at this Raft index; a cache that has reached it shows the effect.
    Applied { index: u64, applied: Applied },
    /// Replicated, and refused by the rules.
    Refused(CommandError),
    /// Raft could not tell what became of it.
    Failed(String),
}

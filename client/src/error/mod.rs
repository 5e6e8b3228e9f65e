//! What became of a write: outcome, class, kind, advice, and how a reply is read.

mod advice;
mod class;
mod classify;
mod kind;
mod message;
mod no_reply;
mod outcome;
mod refusal;
mod reply;
mod scan;
mod server_version;
mod verdict;

pub use advice::{Advice, Resend};
pub use class::{Class, UnknownClass};
pub(crate) use classify::advice;
pub use classify::classify;
pub use kind::{ErrorKind, MetaFailure, Overload, ReplicaFailure, RequestProblem, SizeLimit};
pub(crate) use kind::{Excerpt, shortened};
pub(crate) use message::message;
pub use no_reply::{NoReply, classify_no_reply};
pub use outcome::{Outcome, UnknownOutcome};
pub use refusal::{Dropped, Reason, Refusal};
pub use reply::{Context, Reply};
pub use server_version::{ServerVersion, Standing};
pub use verdict::{Others, Unparsable, Verdict};

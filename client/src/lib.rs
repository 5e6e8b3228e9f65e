//! Placeholder while the workspace is primed.

mod consistency;
mod error;

pub use consistency::ConsistencyLevel;
pub use error::{
    Advice, Class, Context, Dropped, ErrorKind, FieldType, MetaFailure, NoReply, Others, Outcome,
    Overload, Reason, Refusal, ReplicaFailure, Reply, RequestProblem, Resend, ServerVersion,
    SizeLimit, Standing, UnknownClass, UnknownOutcome, Unparsable, Verdict, classify,
    classify_no_reply,
};

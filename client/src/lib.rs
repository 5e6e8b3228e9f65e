//! Typed InfluxDB 1.x client that says what became of every point.

mod consistency;
mod endpoint;
mod error;
mod line;
mod precision;
mod retry;
mod transport;

pub use consistency::{ConsistencyLevel, UnknownConsistencyLevel};
pub use endpoint::{Endpoint, EndpointError, EndpointHealth, EndpointState, EndpointStatus};
pub use error::{
    Advice, Class, Context, Dropped, ErrorKind, MetaFailure, NoReply, Others, Outcome, Overload,
    Reason, Refusal, ReplicaFailure, Reply, RequestProblem, Resend, ServerVersion, SizeLimit,
    Standing, UnknownClass, UnknownOutcome, Unparsable, Verdict, classify, classify_no_reply,
};
pub use line::{
    Batch, FieldType, FieldValue, FixedKey, HasField, LineError, LineErrorKind, LineSplitter,
    LineWriter, MissingTime, Name, NoField, Part, Place, PointError, PointErrorKind, Pushed,
    QuotedLine, RawField, RawLine, RefusedLine, Series, Timestamp, Value,
};
pub use precision::{Precision, UnknownPrecision};
pub use retry::{Backoff, Failed, NoRetry, Retry, RetryPolicy};
pub use transport::{Answer, Credentials, Cut, Request, Sent, TlsError, Transport, TransportError};

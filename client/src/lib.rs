//! Typed InfluxDB 1.x client that says what became of every point.

mod builder;
mod client;
mod consistency;
mod endpoint;
mod error;
mod line;
mod ping;
mod precision;
mod query;
mod retry;
mod transport;
mod write;

pub use builder::{BuildError, ClientBuilder, Gzip};
pub use client::Client;
pub use consistency::{ConsistencyLevel, UnknownConsistencyLevel};
pub use endpoint::{Endpoint, EndpointError, EndpointState, EndpointStatus};
pub use error::{
    Advice, Class, Context, Dropped, ErrorKind, MetaFailure, NoReply, Others, Outcome, Overload, Reason, Refusal,
    ReplicaFailure, Reply, RequestProblem, Resend, ServerVersion, SizeLimit, Standing, UnknownClass, UnknownOutcome,
    Unparsable, Verdict, classify, classify_no_reply,
};
pub use line::{
    Batch, FieldType, FieldValue, FixedKey, HasField, LineError, LineErrorKind, LineSplitter, LineWriter, MissingTime,
    Name, NoField, Part, Place, PointError, PointErrorKind, Pushed, QuotedLine, RawField, RawLine, RefusedLine, Series,
    Timestamp, Value,
};
pub use ping::{PingError, Pong, PongInfo};
pub use precision::{Precision, UnknownPrecision};
pub use query::{Query, QueryError, QueryErrorKind, QueryResponse, ResultSeries, StatementMessage, StatementResult};
pub use retry::{Backoff, Failed, NoRetry, Retry, RetryPolicy};
pub use transport::{Answer, Credentials, Cut, Request, Sent, TlsError, Transport, TransportError};
pub use write::{Ack, Attempt, Caveat, Tally, Write, WriteError};

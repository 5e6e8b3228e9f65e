//! Typed InfluxDB 1.x client that says what became of every point.
//!
//! ```no_run
//! use influx_client::{Batch, Client, ConsistencyLevel};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder().endpoint("http://localhost:8086").database("metrics").build()?;
//! let mut batch = Batch::default();
//! batch.point("cpu").tag("host", "a").field("usage", 0.5).now()?;
//! match client.write(&batch).consistency(ConsistencyLevel::Quorum).await {
//!     Ok(ack) => println!("{} points stored", ack.points()),
//!     Err(error) => eprintln!("{}: {}; {}", error.class(), error.outcome(), error.advice()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//!
//! * [`Batch`] holds encoded points in one buffer; [`LineWriter`] writes one point into it, [`Series`] keeps a key that
//!   is written often, [`RawLine`] reads a line that somebody else wrote. A type that derives
//!   [`Measurement`] is a point, and so is a [`Point`], which owns its parts: [`Batch::push`] takes both. A batch knows
//!   whether sending it again is safe.
//! * [`Client`] sends it: [`Write`] is one call, with a [`ConsistencyLevel`] and a deadline. [`Endpoint`]s are chosen by
//!   what is known of their health.
//! * [`Ack`] or [`WriteError`] is what comes back. An error has an [`ErrorKind`], belongs to a [`Class`], claims an
//!   [`Outcome`] for the data and gives an [`Advice`]; a [`Tally`] counts the points by what became of them.
//! * [`classify`] is the one pure function behind that: a server's reply in, a [`Verdict`] out.
//! * [`RetryPolicy`] decides what is sent again and when; [`Backoff`] is the default, [`Downgrade`] settles for less, and a
//!   [`RetryBudget`] keeps many calls from making a storm.
//! * [`BatchWriter`] gathers points in the background and tells how far they are settled: [`SettledHorizon`]; with
//!   a [`Spool`], what it accepted outlives the process.
//! * [`Query`] asks questions: typed rows, bound values, answers that are read as they arrive. [`Show`] has what servers tell
//!   of themselves as types.
//! * [`CreateDatabase`] and its neighbours make, change and drop databases, retention policies and users.
//! * [`Resolve`] reads a batch back from every replica, where an outcome is open or an acknowledgement is not to be trusted;
//!   [`Settled`] asks whether hinted handoff is done.
//! * A [`RawRequest`] goes out as it is, for what there is no call for.
//! * An [`Observer`] is told of every request; [`Counters`] is one that counts.
//!
//! # Features
//!
//! * `derive` (on): `#[derive(Measurement)]` and `#[derive(TagValue)]`.
//! * `tls` (on): `https` addresses, by rustls.
//! * `chrono`, `jiff` (off): their times as times of points.
//! * `tracing` (off): a span for each write and each of its requests, without anything secret or any point in it.
//! * `blocking` (off): `blocking::Client`, for programs without an async runtime.

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod client;
mod consistency;
mod ddl;
mod endpoint;
mod error;
#[cfg(test)]
mod fuzz;
mod line;
mod metrics;
mod ping;
mod precision;
mod query;
mod raw_request;
mod retry;
mod settle;
mod spool;
mod transport;
mod write;
mod writer;

pub use builder::{BuildError, ClientBuilder, Gzip};
pub use client::Client;
pub use consistency::{ConsistencyLevel, UnknownConsistencyLevel};
pub use ddl::{
    AlterRetentionPolicy, Applied, CreateDatabase, CreateRetentionPolicy, CreateUser, DropDatabase,
    DropRetentionPolicy, Grant, Privilege,
};
pub use endpoint::{Balance, Endpoint, EndpointError, EndpointState, EndpointStatus};
pub use error::{
    Advice, Class, Context, Dropped, ErrorKind, MetaFailure, NoReply, Others, Outcome, Overload, Reason, Refusal,
    ReplicaFailure, Reply, RequestProblem, Resend, ServerVersion, SizeLimit, Standing, UnknownClass, UnknownOutcome,
    Unparsable, Verdict, classify, classify_no_reply,
};
#[cfg(feature = "derive")]
pub use influx_client_derive::{Measurement, TagValue};
pub use line::{
    Batch, FieldType, FieldValue, FixedKey, HasField, LineError, LineErrorKind, LineSplitter, LineWriter, Measurement,
    MissingTime, Name, NoField, OwnedValue, Part, Place, Point, PointBuilder, PointError, PointErrorKind, Pushed,
    PushedPoints, QuotedLine, RawField, RawLine, RefusedLine, RefusedPoint, Series, Tag, TagValue, Timestamp, Value,
};
pub use metrics::{Counters, Counts, Observer};
pub use ping::{PingError, Pong, PongInfo};
pub use precision::{Precision, UnknownPrecision};
pub use query::{
    Chunk, ChunkStream, ClusterNode, ClusterServers, DiagnosticTable, FieldKey, FieldKeys, Query, QueryError,
    QueryErrorKind, QueryResponse, ResultSeries, RetentionPolicy, RowStream, Shard, ShardGroup, Show, StatementMessage,
    StatementResult, Statistic, TagKeys, ident, literal,
};
pub use raw_request::{RawExchange, RawRequest};
pub use retry::{Backoff, Downgrade, Failed, NoRetry, Retry, RetryBudget, RetryPolicy};
pub use settle::{
    ClusterHandoff, Doubt, HandoffQueue, HandoffState, NodeHandoff, NodeReading, PointResolution, QueueState,
    ReplicaAnswer, Resolution, Resolve, Settled, Whereabouts,
};
pub use spool::{Spool, SpoolError, SpoolRecovery};
pub use transport::{Answer, Credentials, Cut, OpenAnswer, Request, Sent, TlsError, Transport, TransportError};
pub use write::{Ack, Attempt, Caveat, Stop, Tally, Write, WriteError, WriteWatch};
pub use writer::{
    BatchWriter, BatchWriterBuilder, Closed, Delivered, DeliveryError, Fate, FlushError, HorizonWatch, Overflow,
    PushError, Report, Reports, SettledHorizon, SeveralBatches, StartError, WriterTotals,
};

/// What `#[derive(Measurement)]` writes calls of: no part of the API.
#[doc(hidden)]
pub mod __derive {
    pub use crate::line::ready::{FieldColumn, Key, ReadyRow, TagColumn, TimeColumn};
}

/// What bindings to other languages are built on: no part of the API.
#[doc(hidden)]
pub mod __bindings {
    pub use crate::line::spelled::Spelled;
}

/// The examples of the README are compiled with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Those of the crate's own README, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct CrateReadme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/settled.md")]
struct SettledPage;

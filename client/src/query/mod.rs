//! Asking InfluxQL statements.

mod answer;
mod call;
mod document;
mod error;
mod exchange;
mod quote;
mod rows;
pub(crate) mod show;
mod statement;
mod stream;

pub use answer::{QueryResponse, ResultSeries, StatementMessage, StatementResult};
pub use call::Query;
pub use error::{QueryError, QueryErrorKind};
pub(crate) use exchange::{Asked, no_answer, request};
pub use quote::{ident, literal};
pub use show::{
    ClusterNode, ClusterServers, DiagnosticTable, FieldKey, FieldKeys, RetentionPolicy, Shard, ShardGroup, Show,
    Statistic, TagKeys,
};
pub use stream::{Chunk, ChunkStream, RowStream};

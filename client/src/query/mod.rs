//! Asking InfluxQL statements.

mod answer;
mod call;
mod error;
mod statement;

pub use answer::{QueryResponse, ResultSeries, StatementMessage, StatementResult};
pub use call::Query;
pub use error::{QueryError, QueryErrorKind};

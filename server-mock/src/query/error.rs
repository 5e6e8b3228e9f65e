//! Why a statement cannot be executed.

/// The error of one statement, in the words of the real servers; the others of the query may still run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The statement makes no sense for these measurements.
    #[error("{0}")]
    Invalid(String),
    /// No database was named, neither by the statement nor by the request.
    #[error("database name required")]
    DatabaseNameRequired,
    /// There is no such database.
    #[error("database not found: {0}")]
    DatabaseNotFound(String),
    /// There is no such retention policy.
    #[error("retention policy not found: {0}")]
    RetentionPolicyNotFound(String),
    /// The database has no default retention policy.
    #[error("default retention policy not set for: {0}")]
    NoDefaultRetentionPolicy(String),
    /// `KILL QUERY`, or nobody waits for the result any more.
    #[error("query interrupted")]
    Interrupted,
    /// `GROUP BY time` would make too many buckets.
    #[error("max-select-buckets limit exceeded: ({buckets}/{limit})")]
    TooManyBuckets {
        /// In one series.
        buckets: i64,
        /// The most allowed.
        limit: usize,
    },
    /// Too many series.
    #[error("max-select-series limit exceeded: ({series}/{limit})")]
    TooManySeries {
        /// Found.
        series: usize,
        /// The most allowed.
        limit: usize,
    },
    /// Too many points.
    #[error("max-select-point limit exceeed: ({points}/{limit})")]
    TooManyPoints {
        /// Read so far.
        points: usize,
        /// The most allowed.
        limit: usize,
    },
    /// Too much to compute; no limit of the real servers.
    #[error("the query takes more than {limit} steps: narrow the time range, shorten the condition or ask for less")]
    TooManySteps {
        /// The most allowed.
        limit: usize,
    },
    /// Too many values in the answer; no limit of the real servers, which would run out of memory.
    #[error("the result has more than {limit} values: narrow the time range, use LIMIT or a longer interval")]
    TooManyValues {
        /// The most allowed.
        limit: usize,
    },
}

impl QueryError {
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }
}

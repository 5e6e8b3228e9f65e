//! What nodes say to each other.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::anti_entropy::{Question, Reply};
use crate::coordinator::RunningQuery;
use crate::scan::{Scan, SeriesBlock, ShardIndex};

/// The first frame of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Version of the protocol; a node talks only to its own.
    pub version: u16,
    /// A node of another cluster must not be let in: shard ids are only unique within one.
    pub cluster: u64,
    /// Who connects.
    pub node: u64,
}

/// The version of the protocol.
pub(super) const VERSION: u16 = 2;

/// What one node asks of another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Store points in a shard.
    Write {
        /// The shard.
        shard: u64,
        /// Where it belongs, so that the receiver can make it before its metadata says so.
        database: String,
        /// Likewise.
        retention_policy: String,
        /// [`Points`](crate::Points) in their binary form.
        points: Bytes,
    },
    /// Read points of a shard.
    Scan {
        /// The shard.
        shard: u64,
        /// Which points.
        scan: Scan,
    },
    /// What is in a shard.
    Index {
        /// The shard.
        shard: u64,
    },
    /// Both of these in one: what a `SELECT` needs of a shard.
    Read {
        /// The shard.
        shard: u64,
        /// Which points, and the index of which measurements.
        scan: Scan,
    },
    /// Delete points of a database as a `DELETE` or `DROP SERIES` statement says.
    Delete {
        /// The database.
        database: String,
        /// The statement, in InfluxQL.
        statement: String,
        /// What `now()` is: nanoseconds, Unix time.
        now: i64,
    },
    /// Forget a shard and its data.
    DropShard {
        /// The shard.
        shard: u64,
    },
    /// Forget a measurement of a database.
    DropMeasurement {
        /// The database.
        database: String,
        /// The measurement, unescaped.
        measurement: String,
    },
    /// Compare a shard with this one's.
    AntiEntropy(Question),
    /// Forget all shards of a database, or of one of its retention policies, with their data.
    DropData {
        /// The database.
        database: String,
        /// The retention policy; `None` means all.
        retention_policy: Option<String>,
    },
    /// What is in those of these shards that the node has.
    Indexes {
        /// The shards.
        shards: Vec<u64>,
    },
    /// The queries that the node is running.
    Queries,
    /// End one of them.
    KillQuery {
        /// Its id on that node.
        id: u64,
    },
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// Done.
    Done,
    /// To [`Request::Scan`].
    Blocks(Vec<SeriesBlock>),
    /// To [`Request::Index`] and [`Request::Indexes`].
    Index(ShardIndex),
    /// To [`Request::Read`].
    Rows(Vec<SeriesBlock>, ShardIndex),
    /// Refused; the text is the store's own.
    Refused(String),
    /// To [`Request::AntiEntropy`].
    AntiEntropy(Reply),
    /// To [`Request::Queries`], oldest first.
    Queries(Vec<RunningQuery>),
}

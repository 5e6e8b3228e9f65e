//! Statements.

use std::fmt;

use super::{Dimension, Expr, Measurement, OrderBy, Select};
use crate::core::meta::Privilege;
use crate::query::Pattern;

/// One statement of a query.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `SELECT`
    Select(Box<Select>),
    /// `EXPLAIN [ANALYZE] [VERBOSE] SELECT`
    Explain {
        /// Run it and report what it cost.
        analyze: bool,
        /// Show more of the plan.
        verbose: bool,
        /// The statement to explain.
        select: Box<Select>,
    },
    /// `DELETE [FROM …] [WHERE …]`
    Delete {
        /// Measurements without database; empty means all.
        sources: Vec<Measurement>,
        /// Tags and time.
        condition: Option<Expr>,
    },
    /// `SHOW DATABASES`
    ShowDatabases,
    /// `SHOW RETENTION POLICIES [ON db]`
    ShowRetentionPolicies {
        /// Empty: the request's database.
        database: String,
    },
    /// `SHOW SERVERS`, a cluster's statement
    ShowServers,
    /// `SHOW SHARDS`
    ShowShards,
    /// `SHOW SHARD GROUPS`
    ShowShardGroups,
    /// `SHOW MEASUREMENTS`
    ShowMeasurements(Box<ShowMeasurements>),
    /// `SHOW SERIES`
    ShowSeries(Box<Listing>),
    /// `SHOW TAG KEYS`
    ShowTagKeys(Box<ShowTags>),
    /// `SHOW TAG VALUES WITH KEY …`
    ShowTagValues {
        /// Which values.
        listing: Box<Listing>,
        /// Of which keys.
        keys: TagKeys,
    },
    /// `SHOW FIELD KEYS`
    ShowFieldKeys(Box<Listing>),
    /// `SHOW SERIES CARDINALITY` and its kin
    ShowCardinality(Box<Cardinality>),
    /// `SHOW STATS [FOR 'module']`
    ShowStats {
        /// Empty means all.
        module: String,
    },
    /// `SHOW DIAGNOSTICS [FOR 'module']`
    ShowDiagnostics {
        /// Empty means all.
        module: String,
    },
    /// `SHOW USERS`
    ShowUsers,
    /// `SHOW GRANTS FOR user`
    ShowGrants {
        /// Whose.
        user: String,
    },
    /// `SHOW QUERIES`
    ShowQueries,
    /// `SHOW SUBSCRIPTIONS`
    ShowSubscriptions,
    /// `SHOW CONTINUOUS QUERIES`
    ShowContinuousQueries,
    /// `CREATE DATABASE`
    CreateDatabase(Box<CreateDatabase>),
    /// `CREATE RETENTION POLICY`
    CreateRetentionPolicy(Box<CreateRetentionPolicy>),
    /// `ALTER RETENTION POLICY`
    AlterRetentionPolicy(Box<AlterRetentionPolicy>),
    /// `CREATE USER … WITH PASSWORD '…' [WITH ALL PRIVILEGES]`
    CreateUser {
        /// New.
        name: String,
        /// In the clear.
        password: Secret,
        /// May do everything.
        admin: bool,
    },
    /// `SET PASSWORD FOR … = '…'`
    SetPassword {
        /// Whose.
        user: String,
        /// In the clear.
        password: Secret,
    },
    /// `DROP USER …`
    DropUser {
        /// Who.
        name: String,
    },
    /// `GRANT … ON db TO user`
    Grant {
        /// What.
        privilege: Privilege,
        /// Where.
        database: String,
        /// To whom.
        user: String,
    },
    /// `GRANT ALL PRIVILEGES TO user`
    GrantAdmin {
        /// To whom.
        user: String,
    },
    /// `REVOKE … ON db FROM user`
    Revoke {
        /// What.
        privilege: Privilege,
        /// Where.
        database: String,
        /// From whom.
        user: String,
    },
    /// `REVOKE ALL PRIVILEGES FROM user`
    RevokeAdmin {
        /// From whom.
        user: String,
    },
    /// `CREATE CONTINUOUS QUERY`
    CreateContinuousQuery(Box<CreateContinuousQuery>),
    /// `CREATE SUBSCRIPTION`
    CreateSubscription(Box<CreateSubscription>),
    /// `DROP DATABASE db`
    DropDatabase {
        /// Which.
        name: String,
    },
    /// `DROP RETENTION POLICY rp ON db`
    DropRetentionPolicy {
        /// Which.
        name: String,
        /// Of which database.
        database: String,
    },
    /// `DROP MEASUREMENT m`
    DropMeasurement {
        /// Which.
        name: String,
    },
    /// `DROP SERIES [FROM …] [WHERE …]`
    DropSeries {
        /// Measurements without database; empty means all.
        sources: Vec<Measurement>,
        /// Tags only.
        condition: Option<Expr>,
    },
    /// `DROP SHARD id`
    DropShard {
        /// Which.
        id: u64,
    },
    /// `DROP CONTINUOUS QUERY cq ON db`
    DropContinuousQuery {
        /// Which.
        name: String,
        /// Of which database.
        database: String,
    },
    /// `DROP SUBSCRIPTION s ON db.rp`
    DropSubscription {
        /// Which.
        name: String,
        /// Of which database.
        database: String,
        /// Of which retention policy.
        retention_policy: String,
    },
    /// `DROP DATA SERVER id` and `DROP META SERVER id`, of the clustered 0.10
    DropServer {
        /// Whether a meta node is meant.
        meta: bool,
        /// Node id.
        id: u64,
    },
    /// `KILL QUERY id [ON host]`
    KillQuery {
        /// From `SHOW QUERIES`.
        id: u64,
        /// `host:port` of the node that runs it, as `SHOW QUERIES` tells it; may be empty.
        host: String,
    },
}

/// A password. `Debug` and `Display` do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// What most `SHOW` statements over series share.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Listing {
    /// Empty: the request's database.
    pub database: String,
    /// `FROM`; empty means all measurements.
    pub sources: Vec<Measurement>,
    /// `WHERE`.
    pub condition: Option<Expr>,
    /// `ORDER BY`.
    pub order: Option<OrderBy>,
    /// 0 means all.
    pub limit: u64,
    /// Left out at the start.
    pub offset: u64,
}

/// `SHOW MEASUREMENTS`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShowMeasurements {
    /// Database, condition, order, limit, offset; no sources.
    pub listing: Listing,
    /// `ON db.policy`; empty means all, and that the answer names neither.
    pub retention_policy: String,
    /// `WITH MEASUREMENT =|=~ …`.
    pub with: Option<Measurement>,
}

/// `SHOW TAG KEYS`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ShowTags {
    /// Limit and offset count keys within a measurement.
    pub listing: Listing,
    /// Of which keys; without, of all.
    pub keys: Option<TagKeys>,
    /// Measurements; 0 means all.
    pub slimit: u64,
    /// Measurements left out at the start.
    pub soffset: u64,
}

/// `WITH KEY …`.
#[derive(Clone, Debug, PartialEq)]
pub enum TagKeys {
    /// `= key`
    Is(String),
    /// `!= key`
    IsNot(String),
    /// `IN (key, …)`
    In(Vec<String>),
    /// `=~ /…/`
    Matches(Pattern),
    /// `!~ /…/`
    MatchesNot(Pattern),
}

impl TagKeys {
    /// Whether this key is meant.
    #[must_use]
    pub fn covers(&self, key: &str) -> bool {
        match self {
            Self::Is(wanted) => key == wanted,
            Self::IsNot(unwanted) => key != unwanted,
            Self::In(wanted) => wanted.iter().any(|wanted| wanted == key),
            Self::Matches(pattern) => pattern.is_match(key),
            Self::MatchesNot(pattern) => !pattern.is_match(key),
        }
    }
}

/// `SHOW … [EXACT] CARDINALITY`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cardinality {
    /// What is counted.
    pub of: CardinalityOf,
    /// Counted rather than estimated.
    pub exact: bool,
    /// Which part of the database.
    pub listing: Listing,
    /// `GROUP BY`.
    pub dimensions: Vec<Dimension>,
}

impl Cardinality {
    /// Whether the real 1.8 estimates the number, over the whole database, instead of counting.
    #[must_use]
    pub fn is_estimated(&self) -> bool {
        let countable = match self.of {
            CardinalityOf::Series | CardinalityOf::Measurements => true,
            CardinalityOf::TagKeys | CardinalityOf::TagValues(_) | CardinalityOf::FieldKeys => false,
        };
        let listing = &self.listing;
        countable
            && !self.exact
            && listing.sources.is_empty()
            && listing.condition.is_none()
            && self.dimensions.is_empty()
            && listing.limit == 0
            && listing.offset == 0
    }
}

/// What a `CARDINALITY` statement counts.
#[derive(Clone, Debug, PartialEq)]
pub enum CardinalityOf {
    /// `SHOW SERIES CARDINALITY`
    Series,
    /// `SHOW MEASUREMENT CARDINALITY`
    Measurements,
    /// `SHOW TAG KEY CARDINALITY`
    TagKeys,
    /// `SHOW TAG VALUES CARDINALITY WITH KEY …`
    TagValues(TagKeys),
    /// `SHOW FIELD KEY CARDINALITY`
    FieldKeys,
}

/// `CREATE DATABASE name [WITH …]`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CreateDatabase {
    /// New.
    pub name: String,
    /// Whether there is a `WITH`.
    pub with_policy: bool,
    /// Nanoseconds; 0 for `INF`.
    pub duration: Option<i64>,
    /// Copies.
    pub replication: Option<u32>,
    /// Nanoseconds; 0 when not given.
    pub shard_duration: i64,
    /// Empty when not given.
    pub policy_name: String,
}

/// `CREATE RETENTION POLICY`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CreateRetentionPolicy {
    /// New.
    pub name: String,
    /// Where.
    pub database: String,
    /// Nanoseconds; 0 for `INF`.
    pub duration: i64,
    /// Copies.
    pub replication: u32,
    /// Nanoseconds; 0 when not given.
    pub shard_duration: i64,
    /// Becomes the default.
    pub default: bool,
}

/// `ALTER RETENTION POLICY`; what is `None` stays.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AlterRetentionPolicy {
    /// Which.
    pub name: String,
    /// Where.
    pub database: String,
    /// Nanoseconds; 0 for `INF`.
    pub duration: Option<i64>,
    /// Copies.
    pub replication: Option<u32>,
    /// Nanoseconds.
    pub shard_duration: Option<i64>,
    /// Becomes the default.
    pub default: bool,
}

/// `CREATE CONTINUOUS QUERY`.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateContinuousQuery {
    /// New.
    pub name: String,
    /// Where.
    pub database: String,
    /// How often and how far back.
    pub resample: Resample,
    /// What runs.
    pub select: Select,
}

/// `RESAMPLE [EVERY d] [FOR d]`; nanoseconds, 0 when not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Resample {
    /// `EVERY`
    pub every: i64,
    /// `FOR`
    pub span: i64,
}

/// `CREATE SUBSCRIPTION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateSubscription {
    /// New.
    pub name: String,
    /// Where.
    pub database: String,
    /// Where.
    pub retention_policy: String,
    /// Each point goes to every destination rather than to one.
    pub to_all: bool,
    /// URLs.
    pub destinations: Vec<String>,
}

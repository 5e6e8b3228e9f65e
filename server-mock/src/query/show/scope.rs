//! Which shards a `SHOW` statement asks for their indexes.

use crate::Profile;
use crate::core::meta::MetaData;
use crate::query::ast::{CardinalityOf, Expr, Listing, Measurement, Statement};
use crate::query::select::split_time;
use crate::query::{MAX_TIME, MIN_TIME, QueryError};

/// The shards to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexScope {
    /// Database; it may be unknown, where the statement then gives nothing.
    pub database: String,
    /// Retention policies; `None` means all.
    pub retention_policies: Option<Vec<String>>,
    /// First nanosecond (Unix time).
    pub min_time: i64,
    /// Last nanosecond (Unix time).
    pub max_time: i64,
}

/// What a statement over indexes needs; `None` for any other statement. `database` and `policy` are the request's.
///
/// # Errors
/// [`QueryError`] when there is no such database or policy, or the condition makes no sense.
pub fn index_scope(
    statement: &Statement,
    database: &str,
    policy: &str,
    meta: &MetaData,
    now: i64,
) -> Option<Result<IndexScope, QueryError>> {
    let asked = |listing| Asked { listing, database, policy, meta, now };
    Some(match statement {
        // Lists what is there, also where there is no database.
        Statement::ShowMeasurements(show) => asked(&show.listing).without_time("SHOW MEASUREMENTS").and_then(|()| {
            let database = asked(&show.listing).named_database()?;
            Ok(IndexScope { database, retention_policies: None, min_time: MIN_TIME, max_time: MAX_TIME })
        }),
        Statement::ShowTagKeys(show) => asked(&show.listing).all_policies(),
        Statement::ShowTagValues { listing, .. } => asked(listing).all_policies(),
        Statement::ShowSeries(listing) | Statement::ShowFieldKeys(listing) => asked(listing).one_policy(),
        Statement::ShowCardinality(count) => {
            let asked = asked(&count.listing);
            let timeless = match &count.of {
                CardinalityOf::Series => asked.without_time("SHOW SERIES EXACT CARDINALITY"),
                CardinalityOf::Measurements => asked.without_time("SHOW MEASUREMENT EXACT CARDINALITY"),
                CardinalityOf::TagKeys => asked.without_time("SHOW TAG KEY EXACT CARDINALITY"),
                CardinalityOf::FieldKeys => asked.without_time("SHOW FIELD KEY CARDINALITY"),
                CardinalityOf::TagValues(_) => Ok(()),
            };
            timeless.and_then(|()| asked.one_policy())
        }
        _ => return None,
    })
}

/// Whether a statement over indexes tells only of the shards of the node that is asked: profile 0.10 asks others for
/// measurements and tag keys, and for nothing else (cluster 0.10 facts, section on queries).
#[must_use]
pub fn reads_own_shards_only(statement: &Statement, profile: Profile) -> bool {
    let local =
        matches!(statement, Statement::ShowSeries(_) | Statement::ShowTagValues { .. } | Statement::ShowFieldKeys(_));
    match profile {
        Profile::V1_8 => false,
        Profile::V0_10 => local,
    }
}

#[derive(Clone, Copy)]
struct Asked<'a> {
    listing: &'a Listing,
    database: &'a str,
    policy: &'a str,
    meta: &'a MetaData,
    now: i64,
}

impl Asked<'_> {
    fn named_database(&self) -> Result<String, QueryError> {
        let name = if self.listing.database.is_empty() { self.database } else { &self.listing.database };
        if name.is_empty() { Err(QueryError::DatabaseNameRequired) } else { Ok(name.to_owned()) }
    }

    fn without_time(&self, statement: &str) -> Result<(), QueryError> {
        let timed = |condition: &Expr| {
            condition.any(|expr| matches!(expr, Expr::Var(var) if var.name.eq_ignore_ascii_case("time")))
        };
        match &self.listing.condition {
            Some(condition) if timed(condition) => {
                Err(QueryError::invalid(format!("{statement} doesn't support time in WHERE clause")))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn range(&self) -> Result<(i64, i64), QueryError> {
        let timed = split_time(self.listing.condition.as_ref(), self.now)?;
        Ok((timed.min.unwrap_or(MIN_TIME), timed.max.unwrap_or(MAX_TIME)))
    }

    fn all_policies(&self) -> Result<IndexScope, QueryError> {
        let database = self.named_database()?;
        if self.meta.database(&database).is_none() {
            return Err(QueryError::DatabaseNotFound(database));
        }
        let (min_time, max_time) = self.range()?;
        Ok(IndexScope { database, retention_policies: None, min_time, max_time })
    }

    /// The policies of the measurements named, or the default one.
    fn one_policy(&self) -> Result<IndexScope, QueryError> {
        let database = self.named_database()?;
        let everywhere = [Measurement::default()];
        let sources = if self.listing.sources.is_empty() { &everywhere[..] } else { &self.listing.sources };
        let mut policies = Vec::new();
        let mut of = database;
        for source in sources {
            if !source.database.is_empty() {
                of.clone_from(&source.database);
            }
            let known = self.meta.database(&of).ok_or_else(|| QueryError::DatabaseNotFound(of.clone()))?;
            let policy = [&source.retention_policy, self.policy, &known.default_retention_policy]
                .into_iter()
                .find(|policy| !policy.is_empty())
                .ok_or_else(|| QueryError::NoDefaultRetentionPolicy(of.clone()))?;
            if known.retention_policy(policy).is_none() {
                return Err(QueryError::RetentionPolicyNotFound(policy.to_owned()));
            }
            policies.push(policy.to_owned());
        }
        policies.sort();
        policies.dedup();
        let (min_time, max_time) = self.range()?;
        Ok(IndexScope { database: of, retention_policies: Some(policies), min_time, max_time })
    }
}

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
    profile: Profile,
) -> Option<Result<IndexScope, QueryError>> {
    let asked = |listing| Asked { listing, database, policy, meta, now };
    Some(match statement {
        // Lists what is there, also where there is no database.
        Statement::ShowMeasurements(show) => asked(&show.listing).without_time("SHOW MEASUREMENTS").and_then(|()| {
            let database = asked(&show.listing).named_database()?;
            let retention_policies = Some(&show.retention_policy).filter(|policy| !policy.is_empty());
            let retention_policies = retention_policies.map(|policy| vec![policy.clone()]);
            Ok(IndexScope { database, retention_policies, min_time: MIN_TIME, max_time: MAX_TIME })
        }),
        Statement::ShowTagKeys(show) => asked(&show.listing).all_policies(),
        Statement::ShowTagValues { listing, .. } => match profile {
            Profile::V1_8 => asked(listing).named_policy(),
            Profile::V0_10 => asked(listing).all_policies(),
        },
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
            timeless.and_then(|()| {
                if !count.is_estimated() {
                    return asked.one_policy();
                }
                let database = asked.named_database()?;
                Ok(IndexScope { database, retention_policies: None, min_time: MIN_TIME, max_time: MAX_TIME })
            })
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

    /// The one policy that the measurements name, or all where they name none.
    fn named_policy(&self) -> Result<IndexScope, QueryError> {
        let mut scope = self.all_policies()?;
        let mut named =
            self.listing.sources.iter().map(|source| &source.retention_policy).filter(|name| !name.is_empty());
        let Some(first) = named.next() else { return Ok(scope) };
        if let Some(other) = named.find(|name| *name != first) {
            return Err(QueryError::invalid(format!(
                "only one retention policy allowed in SHOW TAG VALUES query: \"{other}\", \"{first}\""
            )));
        }
        if self.meta.database(&scope.database).is_none_or(|known| known.retention_policy(first).is_none()) {
            return Err(QueryError::RetentionPolicyNotFound(first.clone()));
        }
        scope.retention_policies = Some(vec![first.clone()]);
        Ok(scope)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::core::meta::{Database, RetentionPolicy};
    use crate::query::{Params, parse};

    fn policies(query: &str, profile: Profile) -> Result<Option<Vec<String>>, String> {
        let policy = |name: &str| RetentionPolicy {
            name: name.to_owned(),
            duration: 0,
            shard_group_duration: 1,
            replica_n: 1,
            shard_groups: Vec::new(),
        };
        let database = Database {
            name: "db".to_owned(),
            default_retention_policy: "a".to_owned(),
            retention_policies: vec![policy("a"), policy("b")],
        };
        let meta = MetaData { databases: vec![database], ..MetaData::default() };
        let statement = parse(query, &Params::default(), profile).unwrap().remove(0);
        let scope = index_scope(&statement, "db", "", &meta, 0, profile).unwrap();
        scope.map(|scope| scope.retention_policies).map_err(|error| error.to_string())
    }

    /// Where several policies could be meant, 1.8 reads the one that is named.
    #[test]
    fn a_named_policy_narrows_a_listing() {
        let one = |name: &str| Ok(Some(vec![name.to_owned()]));
        let values = |sources: &str| policies(&format!("SHOW TAG VALUES {sources} WITH KEY = k"), Profile::V1_8);
        assert_eq!(values(""), Ok(None));
        assert_eq!(values("FROM m"), Ok(None), "not the default one alone");
        assert_eq!(values("FROM b.m"), one("b"));
        assert_eq!(values("FROM b.m, n, b.o"), one("b"));
        let two = "only one retention policy allowed in SHOW TAG VALUES query: \"a\", \"b\"";
        assert_eq!(values("FROM b.m, a.m"), Err(two.to_owned()));
        assert_eq!(values("FROM nope.m"), Err("retention policy not found: nope".to_owned()));
        assert_eq!(policies("SHOW TAG VALUES FROM b.m WITH KEY = k", Profile::V0_10), Ok(None));
        assert_eq!(policies("SHOW MEASUREMENTS ON db.b", Profile::V1_8), one("b"));
        assert_eq!(policies("SHOW MEASUREMENTS ON db", Profile::V1_8), Ok(None));
    }
}

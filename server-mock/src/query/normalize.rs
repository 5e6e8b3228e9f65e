//! The request's database and the databases' default policies written into a statement.

use super::QueryError;
use super::ast::{Measurement, Select, Source, Statement};
use crate::core::meta::MetaData;

/// Gives every measurement of a `SELECT` its database and retention policy: those it names, else `database` and
/// `policy` (the request's, either may be empty), else the database's default.
///
/// Other statements name the database in their own way and stay as they are.
///
/// # Errors
/// [`QueryError`] when there is no database, or it is unknown, or has no default policy.
pub fn normalize(statement: &mut Statement, database: &str, policy: &str, meta: &MetaData) -> Result<(), QueryError> {
    match statement {
        Statement::Select(select) | Statement::Explain { select, .. } => {
            Normalizer { database, policy, meta }.select(select)
        }
        // Of its own database, whatever the request's.
        Statement::CreateContinuousQuery(create) => {
            Normalizer { database: &create.database, policy: "", meta }.select(&mut create.select)
        }
        _ => Ok(()),
    }
}

struct Normalizer<'a> {
    database: &'a str,
    policy: &'a str,
    meta: &'a MetaData,
}

impl Normalizer<'_> {
    fn select(&self, select: &mut Select) -> Result<(), QueryError> {
        if let Some(target) = &mut select.target {
            self.measurement(target)?;
        }
        for source in &mut select.sources {
            match source {
                Source::Measurement(measurement) => self.measurement(measurement)?,
                Source::Subquery(inner) => self.select(inner)?,
            }
        }
        Ok(())
    }

    fn measurement(&self, measurement: &mut Measurement) -> Result<(), QueryError> {
        if measurement.database.is_empty() {
            if self.database.is_empty() {
                return Err(QueryError::DatabaseNameRequired);
            }
            self.database.clone_into(&mut measurement.database);
        }
        let Some(database) = self.meta.database(&measurement.database) else {
            return Err(QueryError::DatabaseNotFound(measurement.database.clone()));
        };
        if measurement.retention_policy.is_empty() {
            let policy = if self.policy.is_empty() { &database.default_retention_policy } else { self.policy };
            if policy.is_empty() {
                return Err(QueryError::NoDefaultRetentionPolicy(database.name.clone()));
            }
            policy.clone_into(&mut measurement.retention_policy);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Profile;
    use crate::core::meta::Database;
    use crate::query::{Params, parse};

    fn normalized(query: &str, database: &str, policy: &str) -> Result<String, String> {
        let known = |name: &str, policy: &str| Database {
            name: name.to_owned(),
            default_retention_policy: policy.to_owned(),
            retention_policies: Vec::new(),
        };
        let meta = MetaData { databases: vec![known("db", "rp0"), known("bare", "")], ..MetaData::default() };
        let mut statement = parse(query, &Params::default(), Profile::V1_8).unwrap().remove(0);
        normalize(&mut statement, database, policy, &meta).map_err(|error| error.to_string())?;
        Ok(statement.to_string())
    }

    #[test]
    fn what_is_not_said_is_filled_in() {
        for (query, policy, expected) in [
            ("SELECT v FROM m", "", "SELECT v FROM db.rp0.m"),
            ("SELECT v FROM m", "rp9", "SELECT v FROM db.rp9.m"),
            ("SELECT v FROM old.m, /x/", "", "SELECT v FROM db.old.m, db.rp0./x/"),
            ("SELECT v INTO t FROM (SELECT v FROM m)", "", "SELECT v INTO db.rp0.t FROM (SELECT v FROM db.rp0.m)"),
            ("SHOW SERIES FROM m", "", "SHOW SERIES FROM m"),
        ] {
            assert_eq!(normalized(query, "db", policy).unwrap(), expected);
        }
    }

    #[test]
    fn databases_must_be_there() {
        for (query, database, message) in [
            ("SELECT * FROM m", "", "database name required"),
            ("SELECT * FROM m", "nope", "database not found: nope"),
            ("SELECT * INTO nope.norp.tgt FROM g", "db", "database not found: nope"),
            ("SELECT * FROM m", "bare", "default retention policy not set for: bare"),
        ] {
            assert_eq!(normalized(query, database, "").unwrap_err(), message);
        }
    }
}

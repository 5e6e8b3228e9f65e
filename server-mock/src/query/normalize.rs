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

//! What a user must be allowed to execute a statement.

use super::ast::{Measurement, Source, Statement, privilege_name};
use crate::core::meta::{MetaData, Privilege, User};

/// What one statement asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// To be an administrator.
    Admin,
    /// Something in each of these databases; an empty name is the request's.
    In(Vec<(String, Privilege)>),
}

/// The user may not execute the query. `Display` gives what the server answers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthorized {
    /// There is no administrator yet, and this query does not make one.
    #[error("error authorizing query: create admin user first or disable authentication")]
    NoAdministrator,
    /// The request names no user.
    #[error("error authorizing query: no user provided")]
    NoUser,
    /// The user lacks something.
    #[error("error authorizing query: {user} not authorized to execute statement '{statement}', requires {what}")]
    Lacking {
        /// Who.
        user: String,
        /// Which statement; secrets in it are not shown.
        statement: String,
        /// What it takes.
        what: String,
    },
}

/// What a statement asks for.
#[must_use]
pub fn requirement(statement: &Statement) -> Requirement {
    let read = |database: &str| Requirement::In(vec![(database.to_owned(), Privilege::Read)]);
    let write = |database: &str| Requirement::In(vec![(database.to_owned(), Privilege::Write)]);
    match statement {
        Statement::Select(select) | Statement::Explain { select, .. } => {
            let mut needed = Vec::new();
            sources(&select.sources, &mut needed);
            if let Some(target) = &select.target {
                needed.push((target.database.clone(), Privilege::Write));
            }
            Requirement::In(needed)
        }
        Statement::CreateContinuousQuery(create) => {
            let mut needed = vec![(create.database.clone(), Privilege::Read)];
            match &create.select.target {
                Some(Measurement { database, .. }) if !database.is_empty() && *database != create.database => {
                    needed.push((database.clone(), Privilege::Write));
                }
                Some(_) | None => {}
            }
            Requirement::In(needed)
        }
        // Whoever asks is shown what he may see.
        Statement::ShowDatabases => Requirement::In(Vec::new()),
        Statement::ShowRetentionPolicies { database } => read(database),
        Statement::ShowMeasurements(show) => read(&show.listing.database),
        Statement::ShowTagKeys(show) => read(&show.listing.database),
        Statement::ShowSeries(listing)
        | Statement::ShowTagValues { listing, .. }
        | Statement::ShowFieldKeys(listing) => read(&listing.database),
        Statement::ShowCardinality(count) => read(&count.listing.database),
        Statement::ShowQueries | Statement::ShowContinuousQueries => read(""),
        Statement::Delete { .. } | Statement::DropSeries { .. } => write(""),
        Statement::DropRetentionPolicy { database, .. } | Statement::DropContinuousQuery { database, .. } => {
            write(database)
        }
        Statement::ShowServers
        | Statement::ShowShards
        | Statement::ShowShardGroups
        | Statement::ShowStats { .. }
        | Statement::ShowDiagnostics { .. }
        | Statement::ShowUsers
        | Statement::ShowGrants { .. }
        | Statement::ShowSubscriptions
        | Statement::CreateDatabase(_)
        | Statement::CreateRetentionPolicy(_)
        | Statement::AlterRetentionPolicy(_)
        | Statement::CreateUser { .. }
        | Statement::SetPassword { .. }
        | Statement::DropUser { .. }
        | Statement::Grant { .. }
        | Statement::GrantAdmin { .. }
        | Statement::Revoke { .. }
        | Statement::RevokeAdmin { .. }
        | Statement::CreateSubscription(_)
        | Statement::DropDatabase { .. }
        | Statement::DropMeasurement { .. }
        | Statement::DropShard { .. }
        | Statement::DropSubscription { .. }
        | Statement::DropServer { .. }
        | Statement::KillQuery { .. } => Requirement::Admin,
    }
}

fn sources(all: &[Source], needed: &mut Vec<(String, Privilege)>) {
    for source in all {
        match source {
            Source::Measurement(measurement) => needed.push((measurement.database.clone(), Privilege::Read)),
            Source::Subquery(inner) => sources(&inner.sources, needed),
        }
    }
}

/// Whether `user` may execute all the statements, which are as they were parsed. `database` is the request's.
///
/// Before there is an administrator only the statement that makes one is allowed, to everybody.
///
/// # Errors
/// [`Unauthorized`] for the first thing that is lacking; none of the statements is executed then.
pub fn authorize(
    statements: &[Statement],
    user: Option<&User>,
    database: &str,
    meta: &MetaData,
) -> Result<(), Unauthorized> {
    if !meta.users.iter().any(|user| user.admin) {
        return match statements.first() {
            Some(Statement::CreateUser { admin: true, .. }) if statements.len() == 1 => Ok(()),
            _ => Err(Unauthorized::NoAdministrator),
        };
    }
    let user = user.ok_or(Unauthorized::NoUser)?;
    if user.admin {
        return Ok(());
    }
    for statement in statements {
        let lacking =
            |what: String| Unauthorized::Lacking { user: user.name.clone(), statement: statement.to_string(), what };
        match requirement(statement) {
            Requirement::Admin => return Err(lacking("admin privilege".to_owned())),
            Requirement::In(needed) => {
                for (named, privilege) in needed {
                    let database = if named.is_empty() { database } else { &named };
                    if !holds(user, database, privilege) {
                        return Err(lacking(format!("{} on {database}", privilege_name(privilege))));
                    }
                }
            }
        }
    }
    Ok(())
}

/// Whether a user who is no administrator has a privilege.
fn holds(user: &User, database: &str, needed: Privilege) -> bool {
    user.privileges
        .iter()
        .any(|(granted_in, granted)| granted_in == database && (*granted == needed || *granted == Privilege::All))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Profile;
    use crate::query::{Params, parse};

    fn meta(users: &[(&str, bool)]) -> MetaData {
        let users = users.iter().map(|(name, admin)| User {
            name: (*name).to_owned(),
            hash: String::new(),
            admin: *admin,
            privileges: vec![("db".to_owned(), Privilege::Write)],
        });
        MetaData { users: users.collect(), ..MetaData::default() }
    }

    fn refused(query: &str, meta: &MetaData, user: &str) -> String {
        let statements = parse(query, &Params::default(), Profile::V1_8).unwrap();
        let user = meta.users.iter().find(|known| known.name == user);
        authorize(&statements, user, "db", meta).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn the_first_statement_must_make_an_administrator() {
        let meta = meta(&[]);
        assert_eq!(
            refused("SHOW DATABASES", &meta, ""),
            "error authorizing query: create admin user first or disable authentication"
        );
        assert_eq!(refused("CREATE USER a WITH PASSWORD 'x' WITH ALL PRIVILEGES", &meta, ""), "");
    }

    #[test]
    fn what_is_lacking_is_named() {
        let meta = meta(&[("root", true), ("rw", false)]);
        for (query, what) in [
            ("SELECT * FROM m", "statement 'SELECT * FROM m', requires READ on db"),
            ("CREATE DATABASE zz", "statement 'CREATE DATABASE zz', requires admin privilege"),
            ("SELECT v INTO other..t FROM m", "requires READ on db"),
            ("SHOW SERIES ON other", "requires READ on other"),
        ] {
            let refused = refused(query, &meta, "rw");
            assert!(refused.starts_with("error authorizing query: rw not authorized to execute "), "{refused}");
            assert!(refused.ends_with(what), "{refused}");
        }
        for query in ["SHOW DATABASES", "DELETE FROM m", "DROP RETENTION POLICY r ON db"] {
            assert_eq!(refused(query, &meta, "rw"), "", "{query}");
        }
        assert_eq!(refused("DROP DATABASE db", &meta, "root"), "");
        assert_eq!(refused("SHOW DATABASES", &meta, "nobody"), "error authorizing query: no user provided");
    }
}

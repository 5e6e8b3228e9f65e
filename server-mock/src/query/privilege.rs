//! What a user must be allowed to execute a statement.

use super::ast::{CardinalityOf, Source, Statement, privilege_name};
use crate::Profile;
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
    /// There is no user yet, and this query does not begin with making an administrator.
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

/// What a statement asks for in a profile.
#[must_use]
pub fn requirement(statement: &Statement, profile: Profile) -> Requirement {
    let read = |database: &str| Requirement::In(vec![(database.to_owned(), Privilege::Read)]);
    let write = |database: &str| Requirement::In(vec![(database.to_owned(), Privilege::Write)]);
    // In 0.10 these look at the request's database, whichever they name.
    let read_named = |database: &str| match profile {
        Profile::V1_8 => read(database),
        Profile::V0_10 => read(""),
    };
    match statement {
        Statement::Select(select) | Statement::Explain { select, .. } => {
            let mut needed = match profile {
                Profile::V1_8 => sources(&select.sources),
                Profile::V0_10 => vec![(String::new(), Privilege::Read)],
            };
            needed.extend(select.target.as_ref().map(|target| (target.database.clone(), Privilege::Write)));
            Requirement::In(needed)
        }
        Statement::CreateContinuousQuery(create) => {
            let mut needed = vec![(create.database.clone(), Privilege::Read)];
            let target = create.select.target.as_ref().map(|target| target.database.clone());
            needed.extend(target.filter(|name| !name.is_empty()).map(|name| (name, Privilege::Write)));
            Requirement::In(needed)
        }
        Statement::ShowDatabases => match profile {
            // Whoever asks is shown what he may see.
            Profile::V1_8 => Requirement::In(Vec::new()),
            Profile::V0_10 => Requirement::Admin,
        },
        Statement::ShowRetentionPolicies { database } => read_named(database),
        Statement::ShowMeasurements(show) => read_named(&show.listing.database),
        Statement::ShowTagKeys(show) => read_named(&show.listing.database),
        Statement::ShowSeries(listing)
        | Statement::ShowTagValues { listing, .. }
        | Statement::ShowFieldKeys(listing) => read_named(&listing.database),
        Statement::ShowCardinality(count) => match (&count.of, count.exact) {
            (CardinalityOf::Series | CardinalityOf::Measurements, false) => read(&count.listing.database),
            // Counted in the measurements named; without any, nothing is asked for.
            (CardinalityOf::Series | CardinalityOf::Measurements, true)
            | (CardinalityOf::TagKeys | CardinalityOf::TagValues(_) | CardinalityOf::FieldKeys, _) => {
                let named = count.listing.sources.iter();
                Requirement::In(named.map(|source| (source.database.clone(), Privilege::Read)).collect())
            }
        },
        Statement::ShowQueries | Statement::ShowContinuousQueries => read(""),
        Statement::Delete { .. } | Statement::DropSeries { .. } => write(""),
        Statement::DropRetentionPolicy { database, .. } => write(database),
        Statement::DropContinuousQuery { database, .. } => match profile {
            Profile::V1_8 => write(database),
            Profile::V0_10 => write(""),
        },
        // In 0.10, the only version that has it, an administrator is not asked for.
        Statement::DropServer { .. } => Requirement::In(vec![(String::new(), Privilege::All)]),
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
        | Statement::KillQuery { .. } => Requirement::Admin,
    }
}

fn sources(all: &[Source]) -> Vec<(String, Privilege)> {
    let mut needed = Vec::new();
    for source in all {
        match source {
            Source::Measurement(measurement) => needed.push((measurement.database.clone(), Privilege::Read)),
            Source::Subquery(inner) => {
                needed.extend(sources(&inner.sources));
            }
        }
    }
    needed
}

/// Whether `user` may execute all the statements, which are as they were parsed. `database` is the request's.
///
/// Before there is any user, everybody may execute a query whose first statement makes an administrator.
///
/// # Errors
/// [`Unauthorized`] for the first thing that is lacking; none of the statements is executed then.
pub fn authorize(
    statements: &[Statement],
    user: Option<&User>,
    database: &str,
    meta: &MetaData,
    profile: Profile,
) -> Result<(), Unauthorized> {
    if meta.users.is_empty() {
        return match statements.first() {
            Some(Statement::CreateUser { admin: true, .. }) => Ok(()),
            Some(_) | None => Err(Unauthorized::NoAdministrator),
        };
    }
    let user = user.ok_or(Unauthorized::NoUser)?;
    if user.admin {
        return Ok(());
    }
    for statement in statements {
        let lacking =
            |what: String| Unauthorized::Lacking { user: user.name.clone(), statement: statement.to_string(), what };
        match requirement(statement, profile) {
            Requirement::Admin => return Err(lacking("admin privilege".to_owned())),
            Requirement::In(needed) => {
                for (named, privilege) in needed {
                    let database = if named.is_empty() { database } else { &named };
                    if !user.may(privilege, database) {
                        return Err(lacking(format!("{} on {database}", privilege_name(privilege))));
                    }
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::query::{Params, parse};

    fn meta(users: &[(&str, bool)]) -> MetaData {
        let users = users.iter().map(|(name, admin)| User {
            name: (*name).to_owned(),
            hash: String::new(),
            admin: *admin,
            privileges: vec![("db".to_owned(), Privilege::Write), ("lib".to_owned(), Privilege::Read)],
        });
        MetaData { users: users.collect(), ..MetaData::default() }
    }

    fn refused_in(profile: Profile, query: &str, database: &str, meta: &MetaData, user: &str) -> String {
        let statements = parse(query, &Params::default(), profile).unwrap();
        let refused = authorize(&statements, meta.user(user), database, meta, profile).err();
        refused.map(|error| error.to_string()).unwrap_or_default()
    }

    fn refused(query: &str, meta: &MetaData, user: &str) -> String {
        refused_in(Profile::V1_8, query, "db", meta, user)
    }

    #[test]
    fn the_first_statement_must_make_an_administrator() {
        let none = meta(&[]);
        let first = "error authorizing query: create admin user first or disable authentication";
        for profile in Profile::ALL {
            let refused = |query: &str| refused_in(profile, query, "", &none, "");
            assert_eq!(refused("SHOW DATABASES"), first);
            assert_eq!(refused("CREATE USER a WITH PASSWORD 'x'"), first);
            assert_eq!(refused("SHOW DATABASES; CREATE USER a WITH PASSWORD 'x' WITH ALL PRIVILEGES"), first);
            assert_eq!(refused("CREATE USER a WITH PASSWORD 'x' WITH ALL PRIVILEGES"), "");
            assert_eq!(refused("CREATE USER a WITH PASSWORD 'x' WITH ALL PRIVILEGES; CREATE DATABASE d"), "");
        }
        // Once there is a user, being nobody is not enough, even if no administrator is left.
        let query = "CREATE USER a WITH PASSWORD 'x' WITH ALL PRIVILEGES";
        assert_eq!(refused(query, &meta(&[("u", false)]), ""), "error authorizing query: no user provided");
    }

    #[test]
    fn what_is_lacking_is_named() {
        let meta = meta(&[("root", true), ("rw", false)]);
        for (query, what) in [
            ("SELECT * FROM m", "statement 'SELECT * FROM m', requires READ on db"),
            ("CREATE DATABASE zz", "statement 'CREATE DATABASE zz', requires admin privilege"),
            ("SELECT v INTO other..t FROM m", "requires READ on db"),
            ("SELECT v INTO other..t FROM lib..m", "requires WRITE on other"),
            ("SELECT v FROM lib..m, other..m", "requires READ on other"),
            ("SELECT v FROM (SELECT v FROM other..m)", "requires READ on other"),
            ("EXPLAIN SELECT v FROM other..m", "requires READ on other"),
            ("SHOW SERIES ON other", "requires READ on other"),
            ("SHOW TAG KEY CARDINALITY FROM m", "requires READ on db"),
            ("SHOW SERIES CARDINALITY", "requires READ on db"),
            ("SHOW USERS", "statement 'SHOW USERS', requires admin privilege"),
            (
                "SET PASSWORD FOR rw = 'hunter2'",
                "statement 'SET PASSWORD FOR rw = [REDACTED]', requires admin privilege",
            ),
            (
                "CREATE USER x WITH PASSWORD 'hunter2'",
                "statement 'CREATE USER x WITH PASSWORD [REDACTED]', requires admin privilege",
            ),
            ("DELETE FROM m; SHOW USERS", "statement 'SHOW USERS', requires admin privilege"),
        ] {
            let refused = refused(query, &meta, "rw");
            assert!(refused.starts_with("error authorizing query: rw not authorized to execute "), "{refused}");
            assert!(refused.ends_with(what), "{refused}");
        }
        for query in [
            "SHOW DATABASES",
            "DELETE FROM m",
            "DROP RETENTION POLICY r ON db",
            "SELECT v INTO db..t FROM lib..m",
            "SHOW TAG KEY CARDINALITY",
            "SHOW SERIES EXACT CARDINALITY ON other",
        ] {
            assert_eq!(refused(query, &meta, "rw"), "", "{query}");
        }
        assert_eq!(refused("DROP DATABASE db", &meta, "root"), "");
        assert_eq!(refused("SHOW DATABASES", &meta, "nobody"), "error authorizing query: no user provided");
    }

    #[test]
    fn profile_0_10_asks_for_other_things() {
        let meta = meta(&[("rw", false)]);
        let refused = |query: &str, database: &str| refused_in(Profile::V0_10, query, database, &meta, "rw");
        assert!(refused("SHOW DATABASES", "lib").ends_with("requires admin privilege"));
        assert!(refused("DROP DATA SERVER 4", "lib").ends_with("requires ALL PRIVILEGES on lib"));
        // The request's database is looked at, not the one that is read.
        assert_eq!(refused("SELECT v FROM other..m", "lib"), "");
        assert!(refused("SELECT v FROM lib..m", "db").ends_with("requires READ on db"));
        assert!(refused("SELECT v INTO other..t FROM m", "lib").ends_with("requires WRITE on other"));
        assert_eq!(refused("SHOW RETENTION POLICIES ON other", "lib"), "");
        assert!(refused("SELECT v FROM m", "").ends_with("requires READ on "));
    }
}

//! Runs the statements of queries.

mod ddl;

use std::sync::Arc;

use super::Owners;
use crate::query::ast::Statement;

/// Runs statements on behalf of clients.
#[derive(Clone, Debug)]
pub(crate) struct Statements {
    pub(crate) owners: Arc<Owners>,
}

/// What a statement needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// The request's database; may be empty.
    pub(crate) database: &'a str,
    /// The time of day in nanoseconds, Unix time.
    pub(crate) now: i64,
}

impl Statements {
    /// Runs one statement; the text of a failure is the statement's error.
    pub(crate) async fn run(&self, statement: &Statement, scope: Scope<'_>) -> Result<(), String> {
        let owners = &self.owners;
        match statement {
            Statement::CreateDatabase(create) => ddl::create_database(owners, create).await,
            Statement::CreateRetentionPolicy(create) => ddl::create_retention_policy(owners, create).await,
            Statement::AlterRetentionPolicy(alter) => ddl::alter_retention_policy(owners, alter).await,
            Statement::DropDatabase { name } => ddl::drop_database(owners, name).await,
            Statement::DropRetentionPolicy { name, database } => {
                ddl::drop_retention_policy(owners, database, name).await
            }
            Statement::DropMeasurement { name } => ddl::drop_measurement(owners, scope.database, name).await,
            Statement::DropShard { id } => ddl::drop_shard(owners, *id, scope.now).await,
            _ => Err("not executed".to_owned()),
        }
    }
}

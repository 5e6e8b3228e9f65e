//! Runs the statements of queries.

mod ddl;
mod read;
mod servers;

use std::sync::Arc;

use super::{Coordinator, Owners};
use crate::core::consistency::Level;
use crate::query::ast::{Measurement, Select, Statement};
use crate::query::{Context, Limits, Row, execute, into_points, into_result, normalize, plan, show};

/// Runs statements on behalf of clients.
#[derive(Clone, Debug)]
pub(crate) struct Statements {
    pub(crate) owners: Arc<Owners>,
    pub(crate) coordinator: Coordinator,
}

/// What a statement needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// The request's database; may be empty.
    pub(crate) database: &'a str,
    /// The request's retention policy; may be empty.
    pub(crate) retention_policy: &'a str,
    /// The time of day in nanoseconds, Unix time.
    pub(crate) now: i64,
}

impl Statements {
    /// Runs one statement; the text of a failure is the statement's error.
    pub(crate) async fn run(&self, mut statement: Statement, scope: Scope<'_>) -> Result<Vec<Row>, String> {
        let owners = &*self.owners;
        let meta = owners.meta.snapshot();
        normalize(&mut statement, scope.database, scope.retention_policy, &meta).map_err(|error| error.to_string())?;
        let changed = match &statement {
            Statement::CreateDatabase(create) => ddl::create_database(owners, create).await,
            Statement::CreateRetentionPolicy(create) => ddl::create_retention_policy(owners, create).await,
            Statement::AlterRetentionPolicy(alter) => ddl::alter_retention_policy(owners, alter).await,
            Statement::DropDatabase { name } => ddl::drop_database(owners, name).await,
            Statement::DropRetentionPolicy { name, database } => {
                ddl::drop_retention_policy(owners, database, name).await
            }
            Statement::DropMeasurement { name } => ddl::drop_measurement(owners, scope.database, name).await,
            Statement::DropShard { id } => ddl::drop_shard(owners, *id, scope.now).await,
            Statement::DropServer { meta, id } => servers::drop_server(owners, *meta, *id, scope.now).await,
            Statement::Select(select) => return self.select(select, scope).await,
            other => return self.show(other, scope).await,
        };
        changed.map(|()| Vec::new())
    }

    /// The `SHOW` statements: from the metadata, or from what is in the shards.
    async fn show(&self, statement: &Statement, scope: Scope<'_>) -> Result<Vec<Row>, String> {
        let owners = &*self.owners;
        let meta = owners.meta.snapshot();
        if let Some(rows) = show::from_meta(statement, scope.database, &meta, owners.profile, |_| true) {
            return rows.map_err(|error| error.to_string());
        }
        let asked = show::index_scope(statement, scope.database, scope.retention_policy, &meta, scope.now);
        let asked = asked.transpose().map_err(|error| error.to_string())?;
        if let Some(asked) = asked {
            let indexes = read::indexes(owners, &asked).await;
            if let Some(rows) = show::from_index(statement, &indexes, owners.profile, scope.now) {
                return rows.map_err(|error| error.to_string());
            }
        }
        Err(format!("this server does not run the statement: {statement}"))
    }

    async fn select(&self, select: &Select, scope: Scope<'_>) -> Result<Vec<Row>, String> {
        let context = Context { now: scope.now, profile: self.owners.profile, seed: fastrand::u64(..) };
        let planned = plan(select, &context).map_err(|error| error.to_string())?;
        let mut sources = Vec::with_capacity(planned.len());
        for scan in &planned {
            sources.push(read::scan(&self.owners, scan).await?);
        }
        let rows = execute(select, &sources, &context, &Limits::default()).map_err(|error| error.to_string())?;
        match &select.target {
            Some(target) => self.write_into(select, target, &rows, scope.now).await,
            None => Ok(rows),
        }
    }

    /// `SELECT … INTO`: the rows are written like any client's points, at level one.
    async fn write_into(
        &self,
        select: &Select,
        target: &Measurement,
        rows: &[Row],
        now: i64,
    ) -> Result<Vec<Row>, String> {
        let points = into_points(select, rows).map_err(|error| error.to_string())?;
        let written = points.len();
        if written > 0 {
            let written =
                self.coordinator.write(&target.database, &target.retention_policy, Level::One, points, now).await;
            written.map_err(|error| error.to_string())?;
        }
        Ok(vec![into_result(written)])
    }
}

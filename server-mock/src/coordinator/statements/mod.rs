//! Runs the statements of queries.

mod ddl;
pub(super) mod deletion;
mod explain;
mod listing;
mod monitor;
mod queries;
mod read;
mod running;
mod servers;
mod users;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tokio::sync::mpsc;

pub(crate) use monitor::Monitor;
pub(crate) use running::RunningQuery;
pub(crate) use running::{Running, RunningQueries};

use super::{Coordinator, Owners};
use crate::auth::{Authenticator, Caller};
use crate::core::consistency::Level;
use crate::core::meta::{Command, ContinuousQuery, Subscription};
use crate::query::ast::{Measurement, Select, Statement};
use crate::query::{
    Context, Limits, QueryError, Row, SourceRows, execute_each, into_points, into_result, normalize, plan, show,
};

/// Runs statements on behalf of clients.
#[derive(Clone, Debug)]
pub(crate) struct Statements {
    pub(crate) owners: Arc<Owners>,
    pub(crate) coordinator: Coordinator,
    pub(crate) authenticator: Authenticator,
    pub(crate) monitor: Monitor,
    pub(crate) limits: Limits,
}

/// What a statement needs to know of its request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// The request's database; may be empty.
    pub(crate) database: &'a str,
    /// The request's retention policy; may be empty.
    pub(crate) retention_policy: &'a str,
    /// The one data node to read from (profile 1.8), by id.
    pub(crate) node: Option<u64>,
    /// The time of day in nanoseconds, Unix time.
    pub(crate) now: i64,
}

impl Statements {
    /// Runs one statement as a part of `query`; its series go to `rows` as they come. The text of a failure is the
    /// statement's error.
    ///
    /// # Cancellation
    /// Dropping the future, or the receiver of the rows, ends the statement; a change may be made all the same.
    pub(crate) async fn run(
        &self,
        statement: Statement,
        scope: Scope<'_>,
        query: &Running,
        rows: mpsc::Sender<Row>,
    ) -> Result<(), String> {
        let queries = &self.monitor.stats.queries;
        queries.executed.inc();
        let _active = queries.active.during();
        let begun = Instant::now();
        let result = tokio::select! {
            result = self.run_to_end(statement, scope, query, rows) => result,
            () = query.killed() => Err(QueryError::Interrupted.to_string()),
        };
        queries.finished.inc();
        queries.duration.add(i64::try_from(begun.elapsed().as_nanos()).unwrap_or(i64::MAX));
        result
    }

    async fn run_to_end(
        &self,
        mut statement: Statement,
        scope: Scope<'_>,
        query: &Running,
        rows: mpsc::Sender<Row>,
    ) -> Result<(), String> {
        let meta = self.owners.meta.snapshot();
        normalize(&mut statement, scope.database, scope.retention_policy, &meta).map_err(|error| error.to_string())?;
        if let Statement::Select(select) = statement {
            return self.select(*select, scope, query.interrupted(), rows).await;
        }
        let answer = match &statement {
            Statement::Explain { analyze, select, .. } => self.explain(select, *analyze, scope, query).await?,
            other => self.answer(other, scope).await?,
        };
        for row in answer {
            // Nobody waits for the others either.
            if rows.send(row).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Runs any statement but a `SELECT`.
    async fn answer(&self, statement: &Statement, scope: Scope<'_>) -> Result<Vec<Row>, String> {
        let owners = &*self.owners;
        let changed = match statement {
            Statement::CreateDatabase(create) => ddl::create_database(owners, create).await,
            Statement::CreateRetentionPolicy(create) => ddl::create_retention_policy(owners, create).await,
            Statement::AlterRetentionPolicy(alter) => ddl::alter_retention_policy(owners, alter).await,
            Statement::DropDatabase { name } => ddl::drop_database(owners, name).await,
            Statement::DropRetentionPolicy { name, database } => {
                ddl::drop_retention_policy(owners, database, name).await
            }
            Statement::DropMeasurement { name } => ddl::drop_measurement(owners, scope.database, name).await,
            Statement::CreateUser { name, password, admin } => users::create(self, name, password, *admin).await,
            Statement::SetPassword { user, password } => users::set_password(self, user, password).await,
            Statement::DropUser { name } => users::drop(owners, name).await,
            Statement::Grant { privilege, database, user } => users::grant(owners, *privilege, database, user).await,
            Statement::Revoke { privilege, database, user } => users::revoke(owners, *privilege, database, user).await,
            Statement::GrantAdmin { user } => users::set_admin(owners, user, true).await,
            Statement::RevokeAdmin { user } => users::set_admin(owners, user, false).await,
            Statement::Delete { .. } | Statement::DropSeries { .. } => {
                ddl::delete(owners, scope.database, statement, scope.now).await
            }
            Statement::DropShard { id } => ddl::drop_shard(owners, *id, scope.now).await,
            Statement::DropServer { meta, id } => servers::drop_server(owners, *meta, *id, scope.now).await,
            Statement::CreateContinuousQuery(create) => {
                let query = ContinuousQuery {
                    database: create.database.clone(),
                    name: create.name.clone(),
                    query: statement.to_string(),
                };
                ddl::change(owners, Command::CreateContinuousQuery(query)).await
            }
            Statement::DropContinuousQuery { name, database } => {
                let (database, name) = (database.clone(), name.clone());
                ddl::change(owners, Command::DropContinuousQuery { database, name }).await
            }
            Statement::CreateSubscription(create) => {
                let subscription = Subscription {
                    database: create.database.clone(),
                    retention_policy: create.retention_policy.clone(),
                    name: create.name.clone(),
                    to_all: create.to_all,
                    destinations: create.destinations.clone(),
                };
                ddl::change(owners, Command::CreateSubscription(subscription)).await
            }
            Statement::DropSubscription { name, database, retention_policy } => {
                let (database, name) = (database.clone(), name.clone());
                let retention_policy = retention_policy.clone();
                ddl::change(owners, Command::DropSubscription { database, retention_policy, name }).await
            }
            Statement::KillQuery { id, host } => queries::kill(owners, *id, host).await,
            Statement::ShowStats { module } => return Ok(self.monitor.show_stats(module)),
            Statement::ShowDiagnostics { module } => return Ok(self.monitor.show_diagnostics(module)),
            Statement::ShowQueries => return Ok(vec![queries::show(owners).await]),
            other => return self.show(other, scope).await,
        };
        changed.map(|()| Vec::new())
    }

    /// The `SHOW` statements: from the metadata, or from what is in the shards.
    async fn show(&self, statement: &Statement, scope: Scope<'_>) -> Result<Vec<Row>, String> {
        let owners = &*self.owners;
        let meta = owners.meta.snapshot();
        if let Some(rows) = show::from_meta(statement, scope.database, &meta, owners.profile, |name| {
            users::sees(owners.profile, scope.caller, name)
        }) {
            return rows.map_err(|error| error.to_string());
        }
        let asked =
            show::index_scope(statement, scope.database, scope.retention_policy, &meta, scope.now, owners.profile);
        let asked = asked.transpose().map_err(|error| error.to_string())?;
        if let Some(asked) = asked
            && let Some(rows) = listing::rows(owners, statement, scope, &asked).await?
        {
            return Ok(rows);
        }
        Err(format!("this server does not run the statement: {statement}"))
    }

    async fn select(
        &self,
        select: Select,
        scope: Scope<'_>,
        interrupted: Arc<AtomicBool>,
        rows: mpsc::Sender<Row>,
    ) -> Result<(), String> {
        let context = Context { now: scope.now, profile: self.owners.profile, seed: fastrand::u64(..) };
        let planned = plan(&select, &context).map_err(|error| error.to_string())?;
        let only = read::only(&self.owners, scope)?;
        let mut sources = Vec::with_capacity(planned.len());
        for scan in &planned {
            sources.push(read::scan(&self.owners, scan, only).await?);
            // Scans of this node's own shards never wait: without a pause nobody could end the query between them.
            tokio::task::yield_now().await;
        }
        let computation = Computation { select, sources, context, limits: self.limits, interrupted };
        let Some(target) = computation.select.target.clone() else {
            return computation.run(move |row| rows.blocking_send(row).is_ok()).await.map(drop);
        };
        let (send, made) = std::sync::mpsc::channel();
        let select = computation.run(move |row| send.send(row).is_ok()).await?;
        let made: Vec<Row> = made.into_iter().collect();
        let result = self.write_into(&select, &target, &made, scope.now).await?;
        // Nobody may be waiting any more.
        let _ = rows.send(result).await;
        Ok(())
    }

    /// `SELECT … INTO`: the rows are written like any client's points, at level one.
    async fn write_into(&self, select: &Select, target: &Measurement, rows: &[Row], now: i64) -> Result<Row, String> {
        let points = into_points(select, rows).map_err(|error| error.to_string())?;
        let written = points.len();
        if written > 0 {
            let written =
                self.coordinator.write(&target.database, &target.retention_policy, Level::One, points, now).await;
            written.map_err(|error| error.to_string())?;
        }
        Ok(into_result(written))
    }
}

/// A `SELECT` with all it needs, to be computed off the tasks' threads: it may take long.
struct Computation {
    select: Select,
    sources: Vec<SourceRows>,
    context: Context,
    limits: Limits,
    interrupted: Arc<AtomicBool>,
}

impl Computation {
    /// Gives each series to `take`, for as long as that wants more; returns the statement.
    async fn run(self, mut take: impl FnMut(Row) -> bool + Send + 'static) -> Result<Select, String> {
        let computed = tokio::task::spawn_blocking(move || {
            let Self { select, sources, context, limits, interrupted } = self;
            execute_each(&select, &sources, &context, &limits, &interrupted, &mut take).map(|()| select)
        });
        let computed = computed.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        computed.map_err(|error| error.to_string())
    }
}

//! Runs continuous queries, on the one data node that has the lease for it.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::auth::Caller;
use crate::coordinator::Scope;
use crate::query::Continuous;
use crate::query::ast::Statement;
use crate::runtime::DataServices;

/// What the lease is called.
const LEASE: &str = "continuous_querier";

/// The boundary of the last run of each, by database and name. It is this node's own: one that takes over the lease
/// repeats the last run, which writes the same points again.
type LastRuns = HashMap<(String, String), i64>;

/// Looks again and again, for ever.
pub(super) async fn run(services: Arc<DataServices>) {
    let mut last_runs = LastRuns::new();
    loop {
        tokio::time::sleep(services.options.continuous_queries_run_interval).await;
        run_due(&services, &mut last_runs).await;
    }
}

async fn run_due(services: &DataServices, last_runs: &mut LastRuns) {
    let meta = services.meta.snapshot();
    let queries = &meta.continuous_queries;
    last_runs
        .retain(|(database, name), _| queries.iter().any(|query| query.database == *database && query.name == *name));
    if queries.is_empty() || !services.meta.acquire_lease(LEASE, services.coordinator.owners.node).await {
        return;
    }
    for query in queries {
        let name = &query.name;
        let continuous = match Continuous::from_text(&query.query, services.profile) {
            Ok(Some(continuous)) => continuous,
            Ok(None) => continue,
            Err(error) => {
                tracing::warn!(query = name, %error, "a continuous query cannot be read");
                continue;
            }
        };
        let key = (query.database.clone(), name.clone());
        let Some(due) = continuous.due(last_runs.get(&key).copied(), services.now()) else { continue };
        last_runs.insert(key, due.at);
        let stats = &services.statements.monitor.stats.continuous_queries;
        match execute(services, &query.database, Statement::Select(Box::new(continuous.select(due)))).await {
            Ok(()) => stats.ok.inc(),
            Err(error) => {
                stats.fail.inc();
                tracing::warn!(query = name, %error, "a continuous query failed");
            }
        }
    }
}

async fn execute(services: &DataServices, database: &str, statement: Statement) -> Result<(), String> {
    let running = services.statements.owners.running.begin(&statement.to_string(), database);
    let scope = Scope { caller: &Caller::Anyone, database, retention_policy: "", node: None, now: services.now() };
    let (send, mut rows) = mpsc::channel(1);
    let run = services.statements.run(statement, scope, &running, send);
    let (ran, ()) = tokio::join!(run, async { while rows.recv().await.is_some() {} });
    ran
}

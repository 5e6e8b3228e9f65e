//! From a cluster that has just come up to one that the run can begin on.

use std::time::{Duration, Instant};

use influx_client::{Client, QueryResponse};

use super::client::{FIRST_LEVEL, FIRST_VALUE, MEASUREMENT, REGISTER_TIME, client_of, point, read_register};
use super::settings::{Settings, Workload};
use crate::experiment::LabError;
use crate::history::{Event, Function, Kind};
use crate::target::{Cluster, TICK};

/// How long the database may take to be known everywhere, and the first value to be on every owner.
const LIMIT: Duration = Duration::from_secs(30);
/// How long the first value may take before it is written again: in 0.10 an owner may have acknowledged and dropped it
/// (study figures § 2.6).
const SETTLE: Duration = Duration::from_millis(500);

/// A cluster that the run can begin on.
pub(super) struct Ready {
    /// One for each node, in their order.
    pub(super) clients: Vec<Client>,
    /// What happened before the run.
    pub(super) before: Vec<Event>,
    /// Attempts until every owner showed the first value; 0 without a register.
    pub(super) first_writes: u64,
}

/// Makes the database, and writes the first value until every owner shows it.
pub(super) async fn prepare(cluster: &Cluster, settings: &Settings) -> Result<Ready, LabError> {
    let nodes = cluster.nodes();
    let clients: Vec<Client> =
        nodes.iter().map(|node| client_of(cluster, node, settings.client_timeout)).collect::<Result<_, _>>()?;
    let since = Instant::now();
    let first = clients.first().ok_or_else(|| LabError::Target("there is no data node".to_owned()))?;
    let database = cluster.database();
    // That of somebody else's cluster is there already.
    if cluster.unknown_profile().is_none() {
        let made = first.query(&format!("CREATE DATABASE {database}")).await.and_then(QueryResponse::checked);
        made.map_err(|error| LabError::Target(format!("making the database: {error}")))?;
    }
    for client in &clients {
        while !client.show().databases().await.is_ok_and(|names| names.iter().any(|name| name == database)) {
            wait(since, "the database was not known to every node").await?;
        }
    }
    let (before, first_writes) = match settings.workload {
        Workload::Register => first_value(cluster, &clients, since).await?,
        Workload::Shards => (Vec::new(), 0),
    };
    Ok(Ready { clients, before, first_writes })
}

/// Both events of the first write bear the time at which the run begins: what came before it counts no time.
async fn first_value(cluster: &Cluster, clients: &[Client], since: Instant) -> Result<(Vec<Event>, u64), LabError> {
    let mut attempts = 0;
    let batch = point(FIRST_VALUE, 0, REGISTER_TIME)?;
    loop {
        attempts += 1;
        let acknowledged = clients[0].write(&batch).consistency(FIRST_LEVEL).await.is_ok();
        let until = Instant::now() + SETTLE;
        while acknowledged && Instant::now() < until {
            if everywhere(cluster, clients).await? {
                // A hint of an attempt before would come in the middle of the run and be the newest value again.
                let drained = cluster.wait_drained(LIMIT).await.is_some();
                if !drained && cluster.unknown_profile().is_none() {
                    return Err(LabError::Target(format!(
                        "hinted handoff was not empty {LIMIT:?} after the first value"
                    )));
                }
                return Ok((first_events(cluster), attempts));
            }
            tokio::time::sleep(TICK).await;
        }
        wait(since, "the first value of the register was not on every owner").await?;
    }
}

/// Whether every owner has the first value; of a cluster whose nodes do not tell what they hold, whether every node
/// shows it.
async fn everywhere(cluster: &Cluster, clients: &[Client]) -> Result<bool, LabError> {
    let (mut owners, mut holders) = (None, Vec::new());
    for (node, client) in cluster.nodes().iter().zip(clients) {
        let Some(held) = cluster.held_by(&node.name, cluster.database(), MEASUREMENT).await? else {
            let shown = read_register(client).await.ok().flatten();
            if shown.and_then(|shown| shown.answer) != Some(FIRST_VALUE as f64) {
                return Ok(false);
            }
            continue;
        };
        if let Some(point) = held.into_iter().find(|point| point.time == REGISTER_TIME) {
            owners = Some(point.owners);
            holders.extend(node.id);
        }
    }
    let told = owners.is_some() || cluster.nodes().iter().all(|node| node.id.is_none());
    Ok(told && owners.unwrap_or_default().iter().all(|owner| holders.contains(owner)))
}

fn first_events(cluster: &Cluster) -> Vec<Event> {
    let event = |kind| Event {
        // The first client, before it begins anything else.
        process: 0,
        kind,
        f: Function::Write,
        value: Some(FIRST_VALUE),
        time: 0,
        node: cluster.nodes().first().map(|node| node.name.clone()),
        id: Some(0),
        write_time: None,
        error: None,
        class: None,
        outcome: None,
    };
    vec![event(Kind::Invoke), event(Kind::Ok)]
}

async fn wait(since: Instant, what: &str) -> Result<(), LabError> {
    if since.elapsed() > LIMIT {
        return Err(LabError::Target(format!("{what} after {LIMIT:?}")));
    }
    tokio::time::sleep(TICK).await;
    Ok(())
}

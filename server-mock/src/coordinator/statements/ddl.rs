//! Statements that change the metadata, and the data that goes with it.

use super::super::Owners;
use crate::Profile;
use crate::core::meta::{Applied, Command, MetaData, RetentionPolicySpec};
use crate::peer::{PeerError, Request};
use crate::query::Deletion;
use crate::query::ast::{AlterRetentionPolicy, CreateDatabase, CreateRetentionPolicy, Statement};

/// `CREATE DATABASE`
pub(super) async fn create_database(owners: &Owners, create: &CreateDatabase) -> Result<(), String> {
    let policy = create.with_policy.then(|| RetentionPolicySpec {
        name: (!create.policy_name.is_empty()).then(|| create.policy_name.clone()),
        duration: create.duration,
        shard_group_duration: (create.shard_duration != 0).then_some(create.shard_duration),
        replica_n: create.replication,
    });
    change(owners, Command::CreateDatabase { name: create.name.clone(), policy }).await
}

/// `CREATE RETENTION POLICY`
pub(super) async fn create_retention_policy(owners: &Owners, create: &CreateRetentionPolicy) -> Result<(), String> {
    let policy = RetentionPolicySpec {
        name: Some(create.name.clone()),
        duration: Some(create.duration),
        shard_group_duration: (create.shard_duration != 0).then_some(create.shard_duration),
        replica_n: Some(create.replication),
    };
    let (database, default) = (create.database.clone(), create.default);
    change(owners, Command::CreateRetentionPolicy { database, policy, default }).await
}

/// `ALTER RETENTION POLICY`
pub(super) async fn alter_retention_policy(owners: &Owners, alter: &AlterRetentionPolicy) -> Result<(), String> {
    let command = Command::UpdateRetentionPolicy {
        database: alter.database.clone(),
        name: alter.name.clone(),
        duration: alter.duration,
        shard_group_duration: alter.shard_duration,
        replica_n: alter.replication,
        default: alter.default,
    };
    change(owners, command).await
}

/// `DROP DATABASE`: first the data on every node, then the name. A node that does not answer keeps its data, and the
/// statement says so (cluster 1.8 facts, § 8).
pub(super) async fn drop_database(owners: &Owners, name: &str) -> Result<(), String> {
    let doomed = shards(&owners.meta.snapshot(), |database, _| database == name);
    change(owners, Command::DropDatabase { name: name.to_owned() }).await?;
    drop_shards(owners, doomed).await
}

/// `DROP RETENTION POLICY`
pub(super) async fn drop_retention_policy(owners: &Owners, database: &str, name: &str) -> Result<(), String> {
    let doomed = shards(&owners.meta.snapshot(), |in_database, in_policy| in_database == database && in_policy == name);
    let command = Command::DropRetentionPolicy { database: database.to_owned(), name: name.to_owned() };
    change(owners, command).await?;
    drop_shards(owners, doomed).await
}

/// `DROP SHARD`
pub(super) async fn drop_shard(owners: &Owners, id: u64, now: i64) -> Result<(), String> {
    let meta = owners.meta.snapshot();
    let doomed = meta.shard(id).map(|(_, _, _, shard)| vec![(shard.id, shard.owners.clone())]).unwrap_or_default();
    change(owners, Command::DropShard { id, now }).await?;
    drop_shards(owners, doomed).await
}

/// `DROP MEASUREMENT`
pub(super) async fn drop_measurement(owners: &Owners, database: &str, measurement: &str) -> Result<(), String> {
    known(owners, database)?;
    let request = Request::DropMeasurement { database: database.to_owned(), measurement: measurement.to_owned() };
    each(owners, request).await
}

/// `DELETE` and `DROP SERIES`
pub(super) async fn delete(owners: &Owners, database: &str, statement: &Statement, now: i64) -> Result<(), String> {
    known(owners, database)?;
    if let Some(Err(wrong)) = Deletion::of(statement, now) {
        return Err(wrong.to_string());
    }
    let request = Request::Delete { database: database.to_owned(), statement: statement.to_string(), now };
    each(owners, request).await
}

fn known(owners: &Owners, database: &str) -> Result<(), String> {
    match owners.meta.snapshot().database(database) {
        Some(_) => Ok(()),
        None => Err(format!("database not found: {database}")),
    }
}

/// Has every data node do it: this one first, whose refusal is the end, then all others at once. In profile 0.10 only
/// this one, so that the others keep what they have (cluster 0.10 facts, § 6).
async fn each(owners: &Owners, request: Request) -> Result<(), String> {
    owners.run(owners.node, request.clone()).await.map_err(|error| error.to_string())?;
    let others = match owners.profile {
        Profile::V1_8 => owners.meta.snapshot().data_nodes.iter().map(|node| node.id).collect(),
        Profile::V0_10 => Vec::new(),
    };
    everywhere(owners, others.into_iter().filter(|node| *node != owners.node).map(|node| (node, request.clone()))).await
}

/// Runs a command on the meta nodes; the text of its failure is the statement's.
pub(super) async fn change(owners: &Owners, command: Command) -> Result<(), String> {
    owners.meta.execute(command).await.map(|_: Applied| ()).map_err(|error| error.to_string())
}

/// Shards and their owners in the retention policies that are meant.
fn shards(meta: &MetaData, meant: impl Fn(&str, &str) -> bool) -> Vec<(u64, Vec<u64>)> {
    let mut all = Vec::new();
    for database in &meta.databases {
        for policy in database.retention_policies.iter().filter(|policy| meant(&database.name, &policy.name)) {
            let shards = policy.shard_groups.iter().flat_map(|group| &group.shards);
            all.extend(shards.map(|shard| (shard.id, shard.owners.clone())));
        }
    }
    all
}

async fn drop_shards(owners: &Owners, doomed: Vec<(u64, Vec<u64>)>) -> Result<(), String> {
    let mut requests: Vec<(u64, Request)> = Vec::new();
    for (shard, nodes) in doomed {
        requests.extend(nodes.into_iter().map(|node| (node, Request::DropShard { shard })));
    }
    match owners.profile {
        Profile::V1_8 => {}
        // The data of other nodes stay where they are, out of reach (cluster 0.10 facts, § 6).
        Profile::V0_10 => {
            requests.retain(|(node, _)| *node == owners.node);
            return everywhere(owners, requests).await;
        }
    }
    // A node that holds nothing is asked as well: whether it is there is part of the answer.
    for node in &owners.meta.snapshot().data_nodes {
        if !requests.iter().any(|(asked, _)| *asked == node.id) {
            requests.push((node.id, Request::DropShard { shard: 0 }));
        }
    }
    everywhere(owners, requests).await
}

/// Sends requests to data nodes, all at once; the first node that cannot be reached is named.
async fn everywhere(owners: &Owners, requests: impl IntoIterator<Item = (u64, Request)>) -> Result<(), String> {
    let asked = requests.into_iter().map(|(node, request)| async move {
        match owners.run(node, request).await {
            Ok(_) => Ok(()),
            Err(PeerError::Refused(text)) if node == owners.node => Err(text),
            Err(error) => Err(format!("partial success, node {node} may be down ({error})")),
        }
    });
    futures::future::join_all(asked).await.into_iter().collect()
}

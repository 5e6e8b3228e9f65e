//! Statements that change the metadata, and the data that goes with it.

use super::super::Owners;
use crate::Profile;
use crate::core::meta::{Applied, Command, RetentionPolicySpec};
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

/// `DROP DATABASE`
pub(super) async fn drop_database(owners: &Owners, name: &str) -> Result<(), String> {
    let known = owners.meta.snapshot().database(name).is_some();
    let data = Request::DropData { database: name.to_owned(), retention_policy: None };
    drop_with_data(owners, known, data, Command::DropDatabase { name: name.to_owned() }).await
}

/// `DROP RETENTION POLICY`
pub(super) async fn drop_retention_policy(owners: &Owners, database: &str, name: &str) -> Result<(), String> {
    let known = owners.meta.snapshot().retention_policy(database, name).is_some();
    let (database, name) = (database.to_owned(), name.to_owned());
    let data = Request::DropData { database: database.clone(), retention_policy: Some(name.clone()) };
    drop_with_data(owners, known, data, Command::DropRetentionPolicy { database, name }).await
}

/// `DROP SHARD`: of an unknown one too, since nodes may hold what the metadata do not tell of.
pub(super) async fn drop_shard(owners: &Owners, id: u64, now: i64) -> Result<(), String> {
    drop_with_data(owners, true, Request::DropShard { shard: id }, Command::DropShard { id, now }).await
}

/// Drops data, and what the metadata say of them.
///
/// In profile 1.8 the data go first, from every node, and the name only when all of them have done it: after an error it
/// is still there, so that the statement can be repeated (cluster 1.8 facts, § 8, and the public source). What this node
/// has not heard of is not there, and nobody is asked. In 0.10 the name goes first, then the data of this node alone;
/// those of the others stay where they are, out of reach (cluster 0.10 facts, § 6).
async fn drop_with_data(owners: &Owners, known: bool, data: Request, name: Command) -> Result<(), String> {
    match owners.profile {
        Profile::V1_8 if !known => Ok(()),
        Profile::V1_8 => {
            let nodes = &owners.meta.snapshot().data_nodes;
            everywhere(owners, nodes.iter().map(|node| (node.id, data.clone()))).await?;
            change(owners, name).await
        }
        Profile::V0_10 => {
            change(owners, name).await?;
            everywhere(owners, [(owners.node, data)]).await
        }
    }
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

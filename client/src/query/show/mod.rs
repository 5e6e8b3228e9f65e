//! What a server tells of itself and its cluster, as types.

mod cluster;
mod keys;
mod monitor;
mod policies;

pub use cluster::{ClusterNode, ClusterServers, Shard, ShardGroup};
pub use keys::{FieldKey, FieldKeys, TagKeys};
pub use monitor::{DiagnosticTable, Statistic};
pub use policies::RetentionPolicy;
use serde::Deserialize;

use super::answer::QueryResponse;
use super::error::QueryError;
use super::quote::ident;
use crate::Client;

/// Statements that only look, with their answers as types; see [`Client::show`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = influx_server_mock::TestCluster::builder().nodes(1, 2).start().await?;
/// # let client = influx_client::Client::builder().endpoints(cluster.urls()).build()?;
/// for node in client.show().servers().await?.data {
///     println!("data node {} at {}", node.id, node.http_addr);
/// }
/// # Ok(())
/// # }
/// ```
///
/// Columns that a version does not have are `None`; columns that this client does not know are passed over.
///
/// # Errors
/// Every method: [`QueryError`], if there is no answer, the statement fails, or its answer has another shape.
///
/// # Cancellation
/// Every method only reads: dropping it is safe.
#[derive(Clone, Copy, Debug)]
pub struct Show<'a> {
    client: &'a Client,
}

impl<'a> Show<'a> {
    pub(crate) const fn new(client: &'a Client) -> Self {
        Self { client }
    }

    async fn ask(&self, statement: &str) -> Result<QueryResponse, QueryError> {
        self.client.query(statement).await?.checked()
    }

    async fn names(&self, statement: &str, database: Option<&str>) -> Result<Vec<String>, QueryError> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        let mut query = self.client.query(statement);
        if let Some(database) = database {
            query = query.database(database);
        }
        Ok(query.await?.rows::<Named>()?.into_iter().map(|row| row.name).collect())
    }

    /// `SHOW DATABASES`: those that the user may see.
    pub async fn databases(&self) -> Result<Vec<String>, QueryError> {
        self.names("SHOW DATABASES", None).await
    }

    /// `SHOW RETENTION POLICIES` of a database.
    pub async fn retention_policies(&self, database: &str) -> Result<Vec<RetentionPolicy>, QueryError> {
        policies::read(&self.ask(&policies::statement(database)).await?)
    }

    /// `SHOW SHARDS`: every shard of every database, in the servers' order, with its owners.
    pub async fn shards(&self) -> Result<Vec<Shard>, QueryError> {
        cluster::shards(&self.ask("SHOW SHARDS").await?)
    }

    /// `SHOW SHARD GROUPS`.
    pub async fn shard_groups(&self) -> Result<Vec<ShardGroup>, QueryError> {
        cluster::shard_groups(&self.ask("SHOW SHARD GROUPS").await?)
    }

    /// `SHOW SERVERS`: the nodes of the cluster. A server without clustering does not know the statement and refuses it.
    pub async fn servers(&self) -> Result<ClusterServers, QueryError> {
        cluster::servers(&self.ask("SHOW SERVERS").await?)
    }

    /// `SHOW STATS`: what the answering node has counted.
    pub async fn stats(&self) -> Result<Vec<Statistic>, QueryError> {
        Ok(monitor::statistics(&self.ask("SHOW STATS").await?))
    }

    /// `SHOW DIAGNOSTICS` of the answering node.
    pub async fn diagnostics(&self) -> Result<Vec<DiagnosticTable>, QueryError> {
        Ok(monitor::diagnostics(&self.ask("SHOW DIAGNOSTICS").await?))
    }

    /// `SHOW MEASUREMENTS` of a database.
    ///
    /// A server passes over the shards of a dead node without a word, and may wait for ever for a hung one (cluster 1.8
    /// facts § 8).
    pub async fn measurements(&self, database: &str) -> Result<Vec<String>, QueryError> {
        self.names("SHOW MEASUREMENTS", Some(database)).await
    }

    /// `SHOW TAG KEYS` of a database, by measurement.
    pub async fn tag_keys(&self, database: &str) -> Result<Vec<TagKeys>, QueryError> {
        keys::tags(&self.client.query("SHOW TAG KEYS").database(database).await?.checked()?)
    }

    /// `SHOW FIELD KEYS` of a database, by measurement. Version 0.10 reads only the answering node's own index.
    pub async fn field_keys(&self, database: &str) -> Result<Vec<FieldKeys>, QueryError> {
        keys::fields(&self.client.query("SHOW FIELD KEYS").database(database).await?.checked()?)
    }
}

pub(crate) use cluster::{servers as read_servers, shards as read_shards};
pub(crate) use monitor::{diagnostics as read_diagnostics, statistics as read_statistics};
pub(crate) use policies::{read as read_policies, statement as show_policies};

/// `ON "database"`.
fn on(database: &str) -> String {
    format!("ON {}", ident(database))
}

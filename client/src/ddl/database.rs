//! Making and dropping databases.

use std::future::IntoFuture;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::applied::{Applied, apply};
use super::duration::{keep, text};
use crate::{Client, QueryError, ident};

/// `CREATE DATABASE`: choose the default retention policy, or leave it to the server, then `.await` it.
///
/// A database that exists already is left as it is, with all its policies, and that is no error.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = influx_server_mock::TestCluster::builder().nodes(1, 1).start().await?;
/// # let client = influx_client::Client::builder().endpoints(cluster.urls()).build()?;
/// use std::time::Duration;
///
/// client.create_database("metrics").keep_for(Duration::from_secs(30 * 86_400)).replication(1).await?;
/// assert!(client.show().databases().await?.contains(&"metrics".to_owned()));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`QueryError`] if the server refuses it, for example because the meta nodes have no quorum.
///
/// # Cancellation
/// Dropping the future gives up waiting; the database may still be made.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateDatabase<'a> {
    client: &'a Client,
    name: &'a str,
    duration: Option<Duration>,
    replication: Option<u32>,
    shard_duration: Option<Duration>,
    policy: Option<&'a str>,
}

impl<'a> CreateDatabase<'a> {
    pub(crate) const fn new(client: &'a Client, name: &'a str) -> Self {
        Self { client, name, duration: None, replication: None, shard_duration: None, policy: None }
    }

    /// How long the default retention policy keeps points. Without it: for ever.
    pub const fn keep_for(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// How many data nodes keep each point. Without it: up to three, as many as there are.
    pub const fn replication(mut self, copies: u32) -> Self {
        self.replication = Some(copies);
        self
    }

    /// How long a time a shard group covers. Version 0.10 refuses this.
    pub const fn shard_duration(mut self, duration: Duration) -> Self {
        self.shard_duration = Some(duration);
        self
    }

    /// The name of the default retention policy.
    pub const fn policy(mut self, name: &'a str) -> Self {
        self.policy = Some(name);
        self
    }

    fn statement(&self) -> String {
        let mut options = String::new();
        if let Some(duration) = self.duration {
            options.push_str(&format!(" DURATION {}", text(duration)));
        }
        if let Some(copies) = self.replication {
            options.push_str(&format!(" REPLICATION {copies}"));
        }
        if let Some(duration) = self.shard_duration {
            options.push_str(&format!(" SHARD DURATION {}", text(duration)));
        }
        if let Some(name) = self.policy {
            options.push_str(&format!(" NAME {}", ident(name)));
        }
        let with = if options.is_empty() { "" } else { " WITH" };
        format!("CREATE DATABASE {}{with}{options}", ident(self.name))
    }
}

impl<'a> IntoFuture for CreateDatabase<'a> {
    type Output = Result<Applied, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { apply(self.client, &self.statement()).await }.boxed()
    }
}

/// `DROP DATABASE`: `.await` it.
///
/// A database that does not exist is an error of version 0.10, and of no later one. While a data node is dead the answer is
/// [`Applied::InPart`]; while one hangs there is no answer (cluster 1.8 facts § 8). Version 0.10 deletes points on the
/// answering node only.
///
/// # Errors
/// [`QueryError`] if the server refuses it.
///
/// # Cancellation
/// Dropping the future gives up waiting; the database may still be dropped.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DropDatabase<'a> {
    client: &'a Client,
    name: &'a str,
}

impl<'a> DropDatabase<'a> {
    pub(crate) const fn new(client: &'a Client, name: &'a str) -> Self {
        Self { client, name }
    }
}

impl<'a> IntoFuture for DropDatabase<'a> {
    type Output = Result<Applied, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { apply(self.client, &format!("DROP DATABASE {}", ident(self.name))).await }.boxed()
    }
}

/// How a retention policy keeps points.
pub(super) fn duration_clause(duration: Option<Duration>) -> String {
    format!(" DURATION {}", keep(duration))
}

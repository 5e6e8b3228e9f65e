//! Making, changing and dropping retention policies.

use std::future::IntoFuture;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::applied::{Applied, apply};
use super::database::duration_clause;
use super::duration::text;
use crate::{Client, QueryError, ident};

/// `CREATE RETENTION POLICY`: choose what differs, then `.await` it.
///
/// Unless said otherwise it keeps points for ever, one copy each. Version 0.10 answers success for a policy that exists
/// already with another definition, and keeps the old one (0.10 facts § 6): [`Show::retention_policies`](crate::Show::retention_policies)
/// tells what there is.
///
/// # Errors
/// [`QueryError`] if the server refuses it. Version 0.10 takes ten seconds to refuse one for a database that is missing.
///
/// # Cancellation
/// Dropping the future gives up waiting; the policy may still be made.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateRetentionPolicy<'a> {
    client: &'a Client,
    database: &'a str,
    name: &'a str,
    duration: Option<Duration>,
    replication: u32,
    shard_duration: Option<Duration>,
    default: bool,
}

impl<'a> CreateRetentionPolicy<'a> {
    pub(crate) const fn new(client: &'a Client, database: &'a str, name: &'a str) -> Self {
        Self { client, database, name, duration: None, replication: 1, shard_duration: None, default: false }
    }

    /// How long points are kept.
    pub const fn keep_for(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// How many data nodes keep each point.
    pub const fn replication(mut self, copies: u32) -> Self {
        self.replication = copies;
        self
    }

    /// How long a time a shard group covers. Version 0.10 refuses this.
    pub const fn shard_duration(mut self, duration: Duration) -> Self {
        self.shard_duration = Some(duration);
        self
    }

    /// Makes it the policy of writes and queries that name none.
    pub const fn default_policy(mut self) -> Self {
        self.default = true;
        self
    }

    fn statement(&self) -> String {
        let shard = self.shard_duration.map(|d| format!(" SHARD DURATION {}", text(d))).unwrap_or_default();
        format!(
            "CREATE RETENTION POLICY {} ON {}{} REPLICATION {}{shard}{}",
            ident(self.name),
            ident(self.database),
            duration_clause(self.duration),
            self.replication,
            if self.default { " DEFAULT" } else { "" },
        )
    }
}

impl<'a> IntoFuture for CreateRetentionPolicy<'a> {
    type Output = Result<Applied, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { apply(self.client, &self.statement()).await }.boxed()
    }
}

/// `ALTER RETENTION POLICY`: say at least one change, then `.await` it. Shard groups that exist are left as they are.
///
/// # Errors
/// [`QueryError`] if the server refuses it, for example because nothing is to be changed.
///
/// # Cancellation
/// Dropping the future gives up waiting; the policy may still be changed.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct AlterRetentionPolicy<'a> {
    client: &'a Client,
    database: &'a str,
    name: &'a str,
    changes: String,
}

impl<'a> AlterRetentionPolicy<'a> {
    pub(crate) const fn new(client: &'a Client, database: &'a str, name: &'a str) -> Self {
        Self { client, database, name, changes: String::new() }
    }

    /// How long points are kept from now on; `None` for ever.
    pub fn keep_for(mut self, duration: impl Into<Option<Duration>>) -> Self {
        self.changes.push_str(&duration_clause(duration.into()));
        self
    }

    /// How many data nodes keep each point of new shard groups.
    pub fn replication(mut self, copies: u32) -> Self {
        self.changes.push_str(&format!(" REPLICATION {copies}"));
        self
    }

    /// How long a time a new shard group covers. Version 0.10 refuses this.
    pub fn shard_duration(mut self, duration: Duration) -> Self {
        self.changes.push_str(&format!(" SHARD DURATION {}", text(duration)));
        self
    }

    /// Makes it the policy of writes and queries that name none.
    pub fn default_policy(mut self) -> Self {
        self.changes.push_str(" DEFAULT");
        self
    }

    fn statement(&self) -> String {
        format!("ALTER RETENTION POLICY {} ON {}{}", ident(self.name), ident(self.database), self.changes)
    }
}

impl<'a> IntoFuture for AlterRetentionPolicy<'a> {
    type Output = Result<Applied, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { apply(self.client, &self.statement()).await }.boxed()
    }
}

/// `DROP RETENTION POLICY`, with all its points: `.await` it. One that does not exist is no error.
///
/// # Errors
/// [`QueryError`] if the server refuses it.
///
/// # Cancellation
/// Dropping the future gives up waiting; the policy may still be dropped.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct DropRetentionPolicy<'a> {
    client: &'a Client,
    database: &'a str,
    name: &'a str,
}

impl<'a> DropRetentionPolicy<'a> {
    pub(crate) const fn new(client: &'a Client, database: &'a str, name: &'a str) -> Self {
        Self { client, database, name }
    }
}

impl<'a> IntoFuture for DropRetentionPolicy<'a> {
    type Output = Result<Applied, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let statement = format!("DROP RETENTION POLICY {} ON {}", ident(self.name), ident(self.database));
            apply(self.client, &statement).await
        }
        .boxed()
    }
}

//! Calls that wait.

use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use crate::{Ack, ConsistencyLevel, Precision, QueryError, QueryResponse, WriteError};

/// A write that is about to be made: choose what differs from the client's settings, then [`Write::send`] it.
#[derive(Debug)]
#[must_use = "a write does nothing until it is sent"]
pub struct Write<'a> {
    pub(super) client: &'a Client,
    pub(super) call: crate::Write<'a>,
}

impl Write<'_> {
    /// As [`crate::Write::database`].
    pub fn database(mut self, name: impl Into<Box<str>>) -> Self {
        self.call = self.call.database(name);
        self
    }

    /// As [`crate::Write::retention_policy`].
    pub fn retention_policy(mut self, name: impl Into<Box<str>>) -> Self {
        self.call = self.call.retention_policy(name);
        self
    }

    /// As [`crate::Write::consistency`].
    pub fn consistency(mut self, level: ConsistencyLevel) -> Self {
        self.call = self.call.consistency(level);
        self
    }

    /// As [`crate::Write::per_shard_group`].
    pub fn per_shard_group(mut self, duration: Duration) -> Self {
        self.call = self.call.per_shard_group(duration);
        self
    }

    /// As [`crate::Write::split_types`].
    pub fn split_types(mut self) -> Self {
        self.call = self.call.split_types();
        self
    }

    /// As [`crate::Write::deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.call = self.call.deadline(deadline);
        self
    }

    /// Makes the write and waits for its end.
    ///
    /// # Errors
    /// [`WriteError`] unless every point was acknowledged at the level asked for.
    ///
    /// # Panics
    /// In async code; see [`Client::wait`].
    pub fn send(self) -> Result<Ack, WriteError> {
        self.client.wait(self.call)
    }
}

/// A query that is about to be made: choose what differs from the client's settings, then [`Query::send`] it.
#[derive(Debug)]
#[must_use = "a query does nothing until it is sent"]
pub struct Query<'a> {
    pub(super) client: &'a Client,
    pub(super) call: crate::Query<'a>,
}

impl Query<'_> {
    /// As [`crate::Query::database`].
    pub fn database(mut self, name: impl Into<Box<str>>) -> Self {
        self.call = self.call.database(name);
        self
    }

    /// As [`crate::Query::retention_policy`].
    pub fn retention_policy(mut self, name: impl Into<Box<str>>) -> Self {
        self.call = self.call.retention_policy(name);
        self
    }

    /// As [`crate::Query::epoch`].
    pub fn epoch(mut self, precision: Precision) -> Self {
        self.call = self.call.epoch(precision);
        self
    }

    /// As [`crate::Query::bind`].
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.call = self.call.bind(name, value);
        self
    }

    /// As [`crate::Query::deadline`].
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.call = self.call.deadline(deadline);
        self
    }

    /// Makes the query and waits for its answer.
    ///
    /// # Errors
    /// [`QueryError`] if the query as a whole failed; see [`QueryResponse::checked`] for statements.
    ///
    /// # Panics
    /// In async code; see [`Client::wait`].
    pub fn send(self) -> Result<QueryResponse, QueryError> {
        self.client.wait(self.call)
    }
}

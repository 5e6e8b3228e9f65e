//! The client that waits.

use std::future::IntoFuture;
use std::io;
use std::ops::Deref;
use std::sync::Arc;

use super::calls::{Query, Write};
use super::runtime::Driver;
use crate::Batch;

/// A [`Client`](crate::Client) whose calls wait for their end.
///
/// It has a thread of its own for the connections. Cloning is cheap, and any number of threads may use the clones at
/// once; the thread ends with the last of them.
#[derive(Clone, Debug)]
pub struct Client {
    client: crate::Client,
    driver: Arc<Driver>,
}

impl Client {
    /// Starts the thread for a client.
    ///
    /// # Errors
    /// The system gave no thread.
    pub fn new(client: crate::Client) -> io::Result<Self> {
        Ok(Self { client, driver: Arc::new(Driver::start()?) })
    }

    /// Waits for any call of the async client, or any future made of such calls.
    ///
    /// # Panics
    /// In async code, where waiting would hold up other tasks: use [`crate::Client`] there, or call this in
    /// `tokio::task::spawn_blocking`.
    pub fn wait<C: IntoFuture>(&self, call: C) -> C::Output {
        self.driver.wait(async { call.await })
    }

    /// Writes a batch, as [`crate::Client::write`] does; ends with `.send()`.
    pub fn write<'a>(&'a self, batch: &'a Batch) -> Write<'a> {
        Write { client: self, call: self.client.write(batch) }
    }

    /// Asks one InfluxQL statement, or several, as [`crate::Client::query`] does; ends with `.send()`.
    pub fn query<'a>(&'a self, statement: &'a str) -> Query<'a> {
        Query { client: self, call: self.client.query(statement) }
    }
}

impl Deref for Client {
    type Target = crate::Client;

    fn deref(&self) -> &crate::Client {
        &self.client
    }
}

//! A database on a cluster that is somebody else's.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use influx_client::{Applied, Client, ClientBuilder};

use super::server;
use crate::experiment::LabError;

/// How long it may take to drop it when the run is given up.
const LIMIT: Duration = Duration::from_secs(10);

/// A database that is made for a run, and dropped with this value, however that ends.
#[derive(Debug)]
pub(crate) struct OwnDatabase {
    name: String,
    client: Client,
    /// For a client of another runtime.
    connection: ClientBuilder,
    there: bool,
}

impl OwnDatabase {
    /// Makes it, under a name that ends in the present time. `connection` knows the cluster's addresses. With as many
    /// replicas as the cluster gives unless it is said how many.
    ///
    /// # Errors
    /// [`LabError::Server`]: the cluster does not answer, refuses it, or has one of that name.
    ///
    /// # Cancellation
    /// A database that was made is dropped.
    pub(crate) async fn make(
        connection: ClientBuilder,
        prefix: &str,
        replicas: Option<usize>,
    ) -> Result<Self, LabError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::make_named(connection, format!("{prefix}_{}", now.as_millis()), replicas).await
    }

    async fn make_named(connection: ClientBuilder, name: String, replicas: Option<usize>) -> Result<Self, LabError> {
        let client = connection.clone().build().map_err(|error| LabError::Order(error.to_string()))?;
        // Making one that is there already changes nothing and is no error to a server.
        let known = client.show().databases().await.map_err(|error| server("the cluster", &error))?;
        if known.contains(&name) {
            return Err(LabError::Order(format!("there is a database {name} already, and it is not this run's")));
        }
        let mut own = Self { name, client, connection, there: true };
        let create = own.client.create_database(&own.name);
        let made = match replicas {
            Some(replicas) => create.replication(u32::try_from(replicas).unwrap_or(u32::MAX)).await,
            None => create.await,
        };
        if let Err(error) = made {
            // One that was refused is not there; of one that got no answer nobody knows.
            own.there = error.server_message().is_none();
            return Err(server("no database for the run", &error));
        }
        Ok(own)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Drops it.
    ///
    /// # Errors
    /// Why it is still there, in words.
    pub(crate) async fn end(mut self) -> Result<(), String> {
        let dropped = self.client.drop_database(&self.name).await;
        // Once more would not help.
        self.there = false;
        dropped.map_err(|error| left(&self.name, &error)).and_then(|applied| whole(&self.name, applied))
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        if !self.there {
            return;
        }
        let (connection, name) = (self.connection.clone(), self.name.clone());
        // The runtime of the run may be ending, and nobody waits in it any more.
        let dropping = std::thread::spawn(move || {
            let ran = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = ran.map_err(|error| left(&name, &error))?;
            runtime.block_on(async {
                let client = connection.build().map_err(|error| left(&name, &error))?;
                match tokio::time::timeout(LIMIT, client.drop_database(&name)).await {
                    Ok(dropped) => {
                        dropped.map_err(|error| left(&name, &error)).and_then(|applied| whole(&name, applied))
                    }
                    Err(_) => Err(left(&name, &format_args!("no answer within {LIMIT:?}"))),
                }
            })
        });
        if let Ok(Err(why)) = dropping.join() {
            eprintln!("{why}");
        }
    }
}

fn left(name: &str, why: &dyn std::fmt::Display) -> String {
    format!("the database {name} is left: {why}")
}

fn whole(name: &str, applied: Applied) -> Result<(), String> {
    if applied.is_everywhere() { Ok(()) } else { Err(left(name, &"not every node dropped it")) }
}

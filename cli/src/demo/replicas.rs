//! What each data node really holds, asked of each one by itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use influx_client::Client;
use influx_server_mock::{NodeState, ProcessCluster};

use crate::failure::Failure;
use crate::queries;
use crate::settings::grouped;

/// What one data node holds of a step's points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// So many points.
    Points(u64),
    /// The process is not running.
    Dead,
    /// The process is stopped and would not answer.
    Paused,
    /// It did not answer the question.
    Unread(String),
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Points(points) => f.write_str(&grouped(*points)),
            Self::Dead => f.write_str("dead"),
            Self::Paused => f.write_str("paused"),
            Self::Unread(_) => f.write_str("?"),
        }
    }
}

/// The data nodes of the cluster, each with a client of its own.
pub(crate) struct Replicas {
    clients: BTreeMap<String, Client>,
}

impl Replicas {
    /// Clients for all data nodes.
    ///
    /// # Errors
    /// A client cannot be built.
    pub(crate) fn of(cluster: &ProcessCluster) -> Result<Self, Failure> {
        let mut clients = BTreeMap::new();
        for (name, url) in data_nodes(cluster) {
            let client = Client::builder().endpoint(url).attempt_timeout(Duration::from_secs(5)).build();
            clients.insert(name, client.map_err(|error| Failure::Internal(error.to_string()))?);
        }
        Ok(Self { clients })
    }

    /// The client of one node.
    pub(crate) fn client(&self, name: &str) -> Result<&Client, Failure> {
        self.clients.get(name).ok_or_else(|| Failure::Internal(format!("no data node is called {name}")))
    }

    /// What each node counts, by a statement whose first value is a count.
    pub(crate) async fn count(&self, cluster: &ProcessCluster, database: &str, statement: &str) -> Vec<(String, Held)> {
        let mut counts = Vec::new();
        for (name, client) in &self.clients {
            let held = match cluster.state(name) {
                Ok(NodeState::Dead) => Held::Dead,
                Ok(NodeState::Paused) => Held::Paused,
                Err(error) => Held::Unread(error.to_string()),
                Ok(NodeState::Running) => match queries::count(client, database, statement).await {
                    Ok(points) => Held::Points(points),
                    Err(error) => Held::Unread(error),
                },
            };
            counts.push((name.clone(), held));
        }
        counts
    }

    /// Counts again and again until `enough`, for at most `limit`; the last counts in any case.
    pub(crate) async fn count_until(
        &self,
        cluster: &ProcessCluster,
        database: &str,
        statement: &str,
        limit: Duration,
        enough: impl Fn(&[(String, Held)]) -> bool,
    ) -> Vec<(String, Held)> {
        let started = Instant::now();
        loop {
            let counts = self.count(cluster, database, statement).await;
            if enough(&counts) || started.elapsed() >= limit {
                return counts;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Names and addresses of the data nodes.
pub(crate) fn data_nodes(cluster: &ProcessCluster) -> Vec<(String, String)> {
    let urls = cluster.data_urls();
    let nodes = cluster.nodes().iter().filter(|node| urls.contains(&node.http));
    nodes.map(|node| (node.name.clone(), node.http.clone())).collect()
}

//! The cluster of the demonstration, and the few things that its steps do to it.

use std::time::{Duration, Instant};

use influx_server_mock::{ClusterError, ProcessCluster};

use super::child::{self, Written};
use super::replicas::{Held, Replicas, data_nodes};
use crate::console::Console;
use crate::failure::Failure;
use crate::queries;

/// Points written in each step.
pub(crate) const POINTS: u64 = 10;
/// The database with a replica on each node.
pub(crate) const DATABASE: &str = "weather";
/// The database with one replica of each shard.
pub(crate) const SINGLE: &str = "single";
/// A moment, in nanoseconds, whose shard group the observations have created: 31 December 2015.
pub(crate) const KNOWN_WEEK: i64 = 1_451_520_000_000_000_000;
/// A moment without a shard group: 1 January 1990.
pub(crate) const NEW_WEEK: i64 = 631_152_000_000_000_000;
/// How long anything that must come by itself may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running cluster and clients for each of its data nodes.
pub(crate) struct Stage<'a> {
    pub(crate) console: &'a Console,
    pub(crate) cluster: ProcessCluster,
    pub(crate) replicas: Replicas,
    /// The data node that all steps write through.
    pub(crate) coordinator: String,
}

impl<'a> Stage<'a> {
    /// Clients for the cluster.
    ///
    /// # Errors
    /// The cluster has no data node, or a client cannot be built.
    pub(crate) fn new(console: &'a Console, cluster: ProcessCluster) -> Result<Self, Box<(ProcessCluster, Failure)>> {
        let replicas = match Replicas::of(&cluster) {
            Ok(replicas) => replicas,
            Err(failure) => return Err(Box::new((cluster, failure))),
        };
        let Some((_, coordinator)) = data_nodes(&cluster).into_iter().next() else {
            let failure = Failure::Internal("the cluster has no data node".to_owned());
            return Err(Box::new((cluster, failure)));
        };
        Ok(Self { console, cluster, replicas, coordinator })
    }

    /// The name and address of the data node with this id.
    pub(crate) fn data_node(&self, id: u64) -> Option<(String, String)> {
        let node = self.cluster.nodes().iter().find(|node| node.data_id == Some(id))?;
        Some((node.name.clone(), node.http.clone()))
    }

    /// Names of the data nodes.
    pub(crate) fn data_names(&self) -> Vec<String> {
        data_nodes(&self.cluster).into_iter().map(|(name, _)| name).collect()
    }

    /// Runs a statement on the coordinator; the rows of all series of its result.
    ///
    /// # Errors
    /// The coordinator cannot be asked or refuses.
    pub(crate) async fn ask(&self, statement: &str) -> Result<Vec<queries::Row>, Failure> {
        let (name, _) = data_nodes(&self.cluster)
            .into_iter()
            .find(|(_, url)| *url == self.coordinator)
            .ok_or_else(|| Failure::Internal("the coordinator is no data node".to_owned()))?;
        queries::rows(self.replicas.client(&name)?, Some(DATABASE), statement).await
    }

    /// The databases that the coordinator knows.
    pub(crate) async fn databases(&self) -> Result<Vec<String>, Failure> {
        let rows = self.ask("SHOW DATABASES").await?;
        Ok(rows.iter().filter_map(|row| row.get("name")?.as_str()).map(str::to_owned).collect())
    }

    /// Writes lines through the coordinator as a script would.
    pub(crate) async fn write(&self, database: &str, level: &str, lines: &str) -> Result<Written, Failure> {
        child::write(&["-H", &self.coordinator, "-d", database, "-c", level], lines).await
    }

    /// Counts the points of a step on each node by itself.
    pub(crate) async fn count(&self, database: &str, step: &str) -> Vec<(String, Held)> {
        self.replicas.count(&self.cluster, database, &count_statement(step)).await
    }

    /// Counts until every node named holds as many points, for at most [`PATIENCE`].
    pub(crate) async fn count_until(
        &self,
        database: &str,
        step: &str,
        nodes: &[&str],
        points: u64,
    ) -> Vec<(String, Held)> {
        let enough = |counts: &[(String, Held)]| {
            let here = counts.iter().filter(|(name, _)| nodes.contains(&name.as_str()));
            here.into_iter().all(|(_, held)| *held == Held::Points(points))
        };
        self.replicas.count_until(&self.cluster, database, &count_statement(step), PATIENCE, enough).await
    }

    /// Waits until no node has a hint left, or a write on its way to an owner; how long that took, or `None` if it did not come to that.
    pub(crate) async fn drained(&self) -> Option<Duration> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if self.cluster.unsettled().await.is_empty() {
                return Some(started.elapsed());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }

    /// How many points wait in hinted handoff.
    pub(crate) async fn hints(&self) -> u64 {
        let depths = self.cluster.handoff_depths().await;
        depths.iter().filter_map(|(_, depth)| depth.as_ref().ok()).flatten().map(|queue| queue.points).sum()
    }

    /// Kills nodes.
    pub(crate) async fn kill(&mut self, names: &[&str]) -> Result<(), Failure> {
        for name in names {
            self.cluster.kill(name).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Starts killed nodes again.
    pub(crate) async fn restart(&mut self, names: &[&str]) -> Result<(), Failure> {
        for name in names {
            self.cluster.restart(name, Some(PATIENCE)).await.map_err(failed)?;
        }
        Ok(())
    }

    /// Stops a node's process without ending it.
    pub(crate) async fn pause(&mut self, name: &str) -> Result<(), Failure> {
        self.cluster.pause(name).await.map_err(failed)
    }

    /// Lets a paused process go on.
    pub(crate) async fn resume(&mut self, name: &str) -> Result<(), Failure> {
        self.cluster.resume(name).await.map_err(failed)
    }
}

fn failed(error: ClusterError) -> Failure {
    Failure::Cluster(error.to_string())
}

/// [`POINTS`] points of a step, a second apart from `start` on.
pub(crate) fn points(step: &str, start: i64) -> String {
    (0..POINTS as i64).map(|n| format!("demo,step={step} v={n}.5 {}\n", start + n * 1_000_000_000)).collect()
}

fn count_statement(step: &str) -> String {
    format!("SELECT count(v) FROM demo WHERE {} = '{step}'", queries::quoted("step"))
}

//! The cluster of a run: started, read and ended.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use influx_client::{
    Ack, Batch, Client, ClientBuilder, ConsistencyLevel, MissingTime, NoRetry, Precision, Resolution, WriteError,
};
use influx_server_mock::{Options, ProcessCluster, Profile, Topology, UpOptions};

use super::Replica;
use crate::death::TiedCluster;
use crate::experiment::{LabError, Order, Target};
use crate::history::FaultEvent;

/// Between two looks at something that is waited for.
pub const TICK: Duration = Duration::from_millis(25);
/// How long a cluster may take to start on a busy machine.
pub(super) const START_LIMIT: Duration = Duration::from_secs(60);
/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// How a cluster is to be.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What its directory is called, and what it is called in the notes of the run.
    pub name: String,
    /// Which system it answers like.
    pub profile: Profile,
    /// Data nodes, beside one meta node.
    pub nodes: usize,
    /// Switches over those of the profile.
    pub set: Vec<(String, String)>,
}

impl Setting {
    /// With three data nodes.
    #[must_use]
    pub fn new(name: &str, profile: Profile, set: &[(&str, &str)]) -> Self {
        let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { name: name.to_owned(), profile, nodes: 3, set }
    }
}

/// A running cluster. Dropping it kills its nodes; [`end`](Self::end) ends it in order. Either removes its files.
#[derive(Debug)]
pub struct Stage {
    cluster: TiedCluster,
    profile: Profile,
    pub(super) name: String,
    /// Data nodes: name and address.
    data: Vec<(String, String)>,
    pub(super) began: Instant,
    pub(super) nemesis: Vec<FaultEvent>,
}

impl Stage {
    /// Starts one. Fault events count from `began`.
    ///
    /// # Errors
    /// [`LabError`]: the target is none on which processes can be killed, an option is unknown, or a node does not come
    /// up.
    ///
    /// # Cancellation
    /// Dropping the future ends the nodes that were started.
    pub async fn start(order: &Order, setting: &Setting, began: Instant) -> Result<Self, LabError> {
        let Target::Processes { executable, arguments } = &order.target else {
            return Err(LabError::Order(
                "this experiment kills processes: it runs on the bundled cluster alone".into(),
            ));
        };
        let mut options = Options::new(setting.profile);
        for (name, value) in &setting.set {
            options.set(name, value).map_err(|error| LabError::Order(error.to_string()))?;
        }
        let up = UpOptions {
            dir: order.dir.file(&setting.name),
            profile: setting.profile,
            topology: Topology::Apart { meta: 1, data: setting.nodes },
            options,
            executable: executable.clone(),
            arguments: arguments.clone(),
            base_port: None,
            limit: START_LIMIT,
            tied: true,
        };
        let cluster = TiedCluster::up(up, &[]).await?;
        let data = cluster.nodes().iter().filter(|node| node.data_id.is_some());
        let data = data.map(|node| (node.name.clone(), node.http.clone())).collect();
        let (name, profile) = (setting.name.clone(), setting.profile);
        Ok(Self { cluster, profile, name, data, began, nemesis: Vec::new() })
    }

    /// Which system it answers like.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Names of the data nodes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.data.iter().map(|(name, _)| name.as_str())
    }

    /// Addresses of the data nodes.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.data.iter().map(|(_, url)| url.clone()).collect()
    }

    /// The cluster itself.
    #[must_use]
    pub fn nodes(&self) -> &ProcessCluster {
        &self.cluster
    }

    pub(super) fn nodes_mut(&mut self) -> &mut ProcessCluster {
        &mut self.cluster
    }

    /// Settings of a client that knows one node, asks once and gives no answer up soon.
    pub fn client(&self, node: &str) -> ClientBuilder {
        let url = self.data.iter().find(|(name, _)| name == node).map_or("", |(_, url)| url.as_str());
        Client::builder().endpoint(url).retry(NoRetry).attempt_timeout(REQUEST_LIMIT).deadline(REQUEST_LIMIT)
    }

    /// Sends lines to one node as they are, once; lines without a time get the client's.
    ///
    /// # Errors
    /// [`LabError::Target`] where the lines are none.
    pub async fn write(
        &self,
        node: &str,
        database: &str,
        level: ConsistencyLevel,
        lines: &str,
    ) -> Result<Result<Ack, WriteError>, LabError> {
        let client = self.built(self.client(node).database(database))?;
        let batch = batch(lines, false)?;
        Ok(client.write(&batch).consistency(level).extra_requests(0).await)
    }

    /// Reads lines back from every owner, through the client.
    ///
    /// # Errors
    /// [`LabError::Target`] where nobody answers.
    pub async fn resolve(&self, node: &str, database: &str, lines: &str) -> Result<Resolution, LabError> {
        let client = self.built(self.client(node).database(database))?;
        let batch = batch(lines, false)?;
        client.look_for(&batch).await.map_err(|error| LabError::Target(format!("reading back from {node}: {error}")))
    }

    /// Makes a database with so many replicas, and waits until every node knows it.
    ///
    /// # Errors
    /// [`LabError::Target`] where it does not come to be.
    pub async fn create(&self, database: &str, replicas: usize) -> Result<(), LabError> {
        let first = self.data.first().map_or("", |(name, _)| name.as_str());
        let statement = format!("CREATE DATABASE \"{database}\" WITH DURATION INF REPLICATION {replicas} NAME \"rp\"");
        self.query(first, "", &statement).await?;
        for (node, _) in &self.data {
            self.until(&format!("{node} to know {database}"), async || {
                let shown = self.query(node, "", "SHOW DATABASES").await?;
                Ok(shown.iter().any(|(_, row)| row.iter().any(|(_, value)| value.as_str() == Some(database))))
            })
            .await?;
        }
        Ok(())
    }

    /// Rows of a statement as one node answers it: the series' key and the columns.
    ///
    /// # Errors
    /// [`LabError::Target`] where it is not answered.
    pub async fn query(&self, node: &str, database: &str, statement: &str) -> Result<Vec<(String, Row)>, LabError> {
        let failed = |error: &dyn std::fmt::Display| LabError::Target(format!("{node}: {statement}: {error}"));
        let client = self.built(self.client(node))?;
        let query = client.query(statement).epoch(Precision::Nanoseconds);
        let query = if database.is_empty() { query } else { query.database(database) };
        // The older system answers GET alone, the newer one changes things by POST alone.
        let query = match self.profile {
            Profile::V0_10 => query.get(),
            Profile::V1_8 => query.post(),
        };
        let answer = query.await.map_err(|error| failed(&error))?.checked().map_err(|error| failed(&error))?;
        let mut rows = Vec::new();
        for series in answer.series() {
            let mut key = series.name.clone();
            for (tag, value) in &series.tags {
                key.push_str(&format!(",{tag}={value}"));
            }
            for row in &series.values {
                rows.push((key.clone(), series.columns.iter().cloned().zip(row.iter().cloned()).collect()));
            }
        }
        Ok(rows)
    }

    /// What a node's own replicas hold of a measurement, where it owns all of its shards: as many replicas as data nodes.
    ///
    /// # Errors
    /// [`LabError::Target`] where it does not answer.
    pub async fn replica(&self, node: &str, database: &str, measurement: &str) -> Result<Replica, LabError> {
        // Without bounds a server reads no further than its own clock.
        let statement = format!(
            "SELECT * FROM \"{measurement}\" WHERE time >= '1970-01-01T00:00:00Z' AND time < '2200-01-01T00:00:00Z' \
             GROUP BY *"
        );
        let mut replica = Replica::new();
        for (series, row) in self.query(node, database, &statement).await? {
            let time = row.get("time").and_then(serde_json::Value::as_i64).unwrap_or_default();
            for (field, value) in row.iter().filter(|(column, value)| *column != "time" && !value.is_null()) {
                replica.insert((series.clone(), time, field.clone()), value.to_string());
            }
        }
        Ok(replica)
    }

    /// [`replica`](Self::replica) of every data node, in their order.
    ///
    /// # Errors
    /// As there.
    pub async fn replicas(&self, database: &str, measurement: &str) -> Result<Vec<Replica>, LabError> {
        let read = self.data.iter().map(|(node, _)| self.replica(node, database, measurement));
        futures::future::try_join_all(read).await
    }

    /// Waits until something holds.
    ///
    /// # Errors
    /// [`LabError::Target`] where it does not come to hold within a time that would do on a busy machine; or what the
    /// condition returned.
    pub async fn until(
        &self,
        what: &str,
        holds: impl AsyncFn() -> Result<bool, LabError>,
    ) -> Result<Duration, LabError> {
        const LIMIT: Duration = Duration::from_secs(30);
        let began = Instant::now();
        while !holds().await? {
            if began.elapsed() > LIMIT {
                return Err(LabError::Target(format!("{}: waited {LIMIT:?} for {what}", self.name)));
            }
            tokio::time::sleep(TICK).await;
        }
        Ok(began.elapsed())
    }

    /// Whether something comes to hold within a time.
    ///
    /// # Errors
    /// What the condition returned.
    pub async fn within(
        &self,
        limit: Duration,
        holds: impl AsyncFn() -> Result<bool, LabError>,
    ) -> Result<bool, LabError> {
        let began = Instant::now();
        loop {
            if holds().await? {
                return Ok(true);
            }
            if began.elapsed() > limit {
                return Ok(false);
            }
            tokio::time::sleep(TICK).await;
        }
    }

    /// Hinted writes that wait on a node; `None` where it does not tell.
    pub async fn hints_on(&self, node: &str) -> Option<u64> {
        let depths = self.nodes().handoff_depths().await;
        let (_, queues) = depths.into_iter().find(|(name, _)| name == node)?;
        queues.ok().map(|queues| queues.iter().map(|queue| queue.blocks).sum())
    }

    /// Waits until every data node runs and has nothing queued, or on its way to an owner.
    ///
    /// # Errors
    /// [`LabError::Target`] where that does not come about.
    pub async fn drained(&self) -> Result<Duration, LabError> {
        self.until("hinted handoff to be done", async || Ok(self.nodes().unsettled().await.is_empty())).await
    }

    /// How often a node logged a line with this in it.
    ///
    /// # Errors
    /// [`LabError::Cluster`], [`LabError::File`].
    pub fn logged(&self, node: &str, text: &str) -> Result<usize, LabError> {
        let path = self.nodes().log_path(node)?;
        let log = fs::read(&path).map_err(|source| LabError::File { path, source })?;
        Ok(String::from_utf8_lossy(&log).lines().filter(|line| line.contains(text)).count())
    }

    fn built(&self, builder: ClientBuilder) -> Result<Client, LabError> {
        builder.build().map_err(|error| LabError::Target(format!("{}: {error}", self.name)))
    }

    /// Ends the nodes, and returns what was done to them.
    ///
    /// # Errors
    /// [`LabError::Cluster`] where a node does not end.
    pub async fn end(self) -> Result<Vec<FaultEvent>, LabError> {
        let Self { cluster, nemesis, .. } = self;
        cluster.end().await?;
        Ok(nemesis)
    }
}

/// The columns of a row by name.
pub type Row = BTreeMap<String, serde_json::Value>;

/// A batch of lines; with `checks` it is refused where one field has two types, as the client does from the start.
///
/// # Errors
/// [`LabError::Target`] with the first line that was not taken.
pub fn batch(lines: &str, checks: bool) -> Result<Batch, LabError> {
    let mut batch = Batch::default();
    batch.check_field_types(checks).missing_time(MissingTime::ServerClock);
    let pushed = batch.push_lines(lines.as_bytes());
    match pushed.refused.first() {
        None => Ok(batch),
        Some(refused) => Err(LabError::Target(format!("line {}: {}", refused.line_number, refused.error))),
    }
}

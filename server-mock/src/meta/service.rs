//! A running meta node.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openraft::error::{InitializeError, RaftError};
use openraft::{Config, SnapshotPolicy};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::config::{MetaConfig, MetaStorage};
use super::directory::Directory;
use super::http::{self, Api};
use super::leadership::{self, Leader};
use super::membership;
use super::raft::{
    DiskStore, FaultyStore, Identity, Links, LogStore, Published, Raft, StateMachine, Store, StoreError,
};
use crate::core::meta::{Command, Leases, MetaData, MetaNode as MetaRecord};
use crate::net::Network;
use crate::store::DiskFault;

/// Entries between snapshots.
const SNAPSHOT_EVERY: u64 = 500;
/// Entries kept although a snapshot has them, so that a member that was away for a moment needs no snapshot.
const KEPT_BEHIND_SNAPSHOT: u64 = 200;
/// Entries in one replication request: with the limit on a command, a request stays below the longest frame.
const ENTRIES_A_REQUEST: u64 = 64;
const SNAPSHOT_CHUNK: u64 = 1 << 20;
const SNAPSHOT_LIMIT: Duration = Duration::from_secs(10);

/// Why a meta node did not start.
#[derive(Debug, thiserror::Error)]
pub enum MetaStartError {
    /// The node is not in its own list of members, or the list has an id twice.
    #[error("meta node {0} must be once among the members of its cluster")]
    Members(u64),
    /// Raft cannot work with these timings.
    #[error("meta timings: {0}")]
    Timings(String),
    /// Its state cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A listener has no address.
    #[error("meta listener: {0}")]
    Listener(#[from] io::Error),
    /// Raft did not start.
    #[error("raft: {0}")]
    Raft(String),
}

/// A member of the Raft group, with its two ports.
///
/// Dropping it is what `kill -9` would be: its connections close, and nothing of it writes any more. [`kill`](Self::kill)
/// does the same and waits until it is over; [`shutdown`](Self::shutdown) lets it finish what it is writing.
pub struct MetaNode {
    id: u64,
    name: String,
    http_addr: SocketAddr,
    raft_addr: SocketAddr,
    lease: Duration,
    raft: Raft,
    published: watch::Receiver<Published>,
    store: Arc<dyn Store>,
    disk: DiskFault,
    dead: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl fmt::Debug for MetaNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetaNode").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl MetaNode {
    /// Starts a node on two listeners that are already bound.
    ///
    /// Returns before there is a leader: see [`ready`](Self::ready).
    ///
    /// # Errors
    /// [`MetaStartError`] when the configuration is inconsistent or the state is not this node's, damaged or of a
    /// newer version.
    pub async fn start(
        config: MetaConfig,
        network: Network,
        http: TcpListener,
        raft_listener: TcpListener,
    ) -> Result<Self, MetaStartError> {
        let ids: BTreeSet<u64> = config.members.iter().map(|member| member.id).collect();
        if ids.len() != config.members.len() || !ids.contains(&config.id) {
            return Err(MetaStartError::Members(config.id));
        }
        let (http_addr, raft_addr) = (http.local_addr()?, raft_listener.local_addr()?);
        let raft_config = Arc::new(raft_config(&config)?);
        let disk = DiskFault::none();
        let store: Arc<dyn Store> = Arc::new(FaultyStore::new(open(&config).await?, disk.clone()));
        let stored = super::raft::on(&store, Store::load).await?;
        let log = LogStore::new(Arc::clone(&store), &stored);
        let (machine, published) =
            StateMachine::new(config.profile, Arc::clone(&store), &stored).map_err(StoreError::from)?;
        let (dead, is_dead) = watch::channel(false);
        let directory = Directory::new(config.members.clone(), published.clone());
        let retry = config.timings.heartbeat;
        let links = Links::new(network.clone(), config.cluster_id, config.id, directory.clone(), retry, is_dead);
        let raft = Raft::new(config.id, raft_config, links, log, machine)
            .await
            .map_err(|error| MetaStartError::Raft(error.to_string()))?;

        let mut tasks = JoinSet::new();
        tasks.spawn(super::raft::serve(raft_listener, network.clone(), raft.clone(), config.cluster_id, config.id));
        let api = Api {
            id: config.id,
            name: config.name.clone(),
            profile: config.profile,
            directory: directory.clone(),
            timings: config.timings,
            published: published.clone(),
            raft: raft.clone(),
            network: network.clone(),
            leases: Arc::new(Mutex::new(Leases::default())),
        };
        tasks.spawn(http::serve(http, network, api));
        let pause = config.timings.heartbeat;
        tasks.spawn(membership::follow(config.id, raft.clone(), directory, published.clone(), pause));
        let node = Self {
            id: config.id,
            name: config.name.clone(),
            http_addr,
            raft_addr,
            lease: config.timings.lease,
            raft,
            published,
            store,
            disk,
            dead,
            tasks,
        };
        node.bootstrap(config, ids).await
    }

    /// The faults of the disk below the Raft log, to be set by anyone.
    #[must_use]
    pub fn disk_fault(&self) -> &DiskFault {
        &self.disk
    }

    /// Sees to it that the cluster is made, once, if this node is to do so.
    async fn bootstrap(mut self, config: MetaConfig, ids: BTreeSet<u64>) -> Result<Self, MetaStartError> {
        if config.bootstrap.is_none() {
            return Ok(self);
        }
        if config.is_first() {
            match self.raft.initialize(ids).await {
                // Not allowed means that it has been done before.
                Ok(()) | Err(RaftError::APIError(InitializeError::NotAllowed(_))) => {}
                Err(error) => return Err(MetaStartError::Raft(error.to_string())),
            }
        }
        self.tasks.spawn(make_cluster(config, self.raft.clone(), self.published.clone()));
        Ok(self)
    }

    /// The node's id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The node's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the meta HTTP API listens.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// Where the Raft transport listens.
    #[must_use]
    pub fn raft_addr(&self) -> SocketAddr {
        self.raft_addr
    }

    /// The id of the member that this one takes for the leader, if any.
    #[must_use]
    pub fn leader(&self) -> Option<u64> {
        match leadership::leader(&self.raft.metrics().borrow(), self.lease) {
            Leader::Me => Some(self.id),
            Leader::Other(id) => Some(id),
            Leader::Unknown => None,
        }
    }

    /// The metadata as this node has applied it.
    #[must_use]
    pub fn metadata(&self) -> Arc<MetaData> {
        Arc::clone(&self.published.borrow().data)
    }

    /// How many entries Raft's log holds, without those that a snapshot replaced.
    #[must_use]
    pub fn log_len(&self) -> u64 {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow();
        let forgotten = metrics.purged.map_or(0, |purged| purged.index + 1);
        metrics.last_log_index.map_or(0, |last| (last + 1).saturating_sub(forgotten))
    }

    /// Waits until the cluster is made and this node knows its leader.
    ///
    /// # Cancellation
    /// Cancel safe.
    pub async fn ready(&self) {
        let mut published = self.published.clone();
        let mut metrics = self.raft.metrics();
        // Errors mean that Raft has stopped: then there is nothing to wait for.
        let made = published.wait_for(|published| published.data.cluster_id != 0).await.is_ok();
        if made {
            let known = metrics.wait_for(|metrics| leadership::leader(metrics, self.lease) != Leader::Unknown);
            let _ = known.await;
        }
    }

    /// Stops in good order: what Raft has begun to write is written, then the storage is closed.
    pub async fn shutdown(mut self) {
        self.tasks.shutdown().await;
        // Fails only if Raft's task panicked; the node ends either way.
        let _ = self.raft.shutdown().await;
        self.dead.send_replace(true);
        self.release().await;
    }

    /// Stops as `kill -9` would: connections close and nothing is written from this moment on.
    ///
    /// When it returns, the ports and the storage are free for the next start.
    pub async fn kill(mut self) {
        self.cut();
        self.tasks.shutdown().await;
        // Fails only if Raft's task panicked; the node ends either way.
        let _ = self.raft.shutdown().await;
        self.release().await;
    }

    /// The part of dying that takes no time.
    fn cut(&mut self) {
        self.store.fence();
        self.dead.send_replace(true);
        self.tasks.abort_all();
    }

    async fn release(&self) {
        let store = Arc::clone(&self.store);
        // Fails to join only when the runtime is going down.
        let _ = tokio::task::spawn_blocking(move || store.close()).await;
    }
}

impl Drop for MetaNode {
    fn drop(&mut self) {
        self.cut();
        // Raft's own tasks end when its last handle is gone, which is now or when the tasks above are.
        self.store.close();
    }
}

async fn open(config: &MetaConfig) -> Result<Arc<dyn Store>, StoreError> {
    let identity = Identity { cluster_id: config.cluster_id, node_id: config.id };
    match &config.storage {
        MetaStorage::Memory(memory) => Ok(Arc::new(memory.open(identity)?)),
        MetaStorage::Disk(directory) => {
            let directory = directory.clone();
            let opened = tokio::task::spawn_blocking(move || DiskStore::open(&directory, identity)).await;
            // Fails to join only when the runtime is going down.
            Ok(Arc::new(opened.unwrap_or(Err(StoreError::Closed))?))
        }
    }
}

fn raft_config(config: &MetaConfig) -> Result<Config, MetaStartError> {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let timings = &config.timings;
    let raft = Config {
        cluster_name: format!("{:016x}", config.cluster_id),
        heartbeat_interval: millis(timings.heartbeat),
        election_timeout_min: millis(timings.election_min),
        election_timeout_max: millis(timings.election_max),
        install_snapshot_timeout: millis(SNAPSHOT_LIMIT),
        max_payload_entries: ENTRIES_A_REQUEST,
        snapshot_policy: SnapshotPolicy::LogsSinceLast(SNAPSHOT_EVERY),
        snapshot_max_chunk_size: SNAPSHOT_CHUNK,
        max_in_snapshot_log_to_keep: KEPT_BEHIND_SNAPSHOT,
        replication_lag_threshold: SNAPSHOT_EVERY + KEPT_BEHIND_SNAPSHOT,
        ..Config::default()
    };
    if timings.election_max < timings.lease {
        return Err(MetaStartError::Timings("the lease must not be longer than election_max".to_owned()));
    }
    raft.validate().map_err(|error| MetaStartError::Timings(error.to_string()))
}

/// Proposes the bootstrap command whenever this node leads a cluster that is not made yet, until it is.
async fn make_cluster(config: MetaConfig, raft: Raft, mut published: watch::Receiver<Published>) {
    let Some(bootstrap) = config.bootstrap else {
        return;
    };
    let record = |member: &super::MetaMember| MetaRecord {
        id: member.id,
        http_addr: member.http_addr.clone(),
        tcp_addr: member.tcp_addr.clone(),
    };
    let command = Command::Bootstrap {
        cluster_id: config.cluster_id,
        meta_nodes: config.members.iter().map(record).collect(),
        data_nodes: bootstrap.data_nodes,
    };
    let mut metrics = raft.metrics();
    loop {
        tokio::select! {
            made = published.wait_for(|published| published.data.cluster_id != 0) => {
                drop(made);
                return;
            }
            leads = metrics.wait_for(|metrics| metrics.current_leader == Some(config.id)) => {
                if leads.is_err() {
                    return;
                }
            }
        }
        // A failure is that another node leads by now, or that this one stops.
        if raft.client_write(command.clone()).await.is_ok() {
            return;
        }
        tokio::time::sleep(config.timings.heartbeat).await;
    }
}

//! One node: a meta part, a data part, or both, and its admin listener.

use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::NodeConfig;
use super::admin::{self, Admin};
use super::data_node::{self, DataServices};
use super::sockets::Sockets;
use crate::core::meta::DataNode;
use crate::fault::{Disk, Faults};
use crate::meta::{Bootstrap, MemoryStorage, MetaConfig, MetaMember, MetaNode, MetaStorage, MetaTimings};
use crate::net::Network;
use crate::store::{MemoryDisk, Storage};

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The port is taken, or may not be used.
    #[error("cannot listen on {address}: {why}")]
    Bind {
        /// `host:port`.
        address: String,
        /// What the operating system says.
        why: io::Error,
    },
    /// The configuration does not list the node itself.
    #[error("the configuration has no address for the node of id {0}")]
    NotInConfig(u64),
    /// The node's files cannot be used.
    #[error("cannot open {what}: {why}")]
    Storage {
        /// Which files.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The connection to the meta nodes was given up, which only happens when the node ends.
    #[error("the node ended while it waited for the meta nodes")]
    MetaGone,
    /// The operating system does not hand over the signals that end a process.
    #[error("cannot listen to signals: {0}")]
    Signals(io::Error),
    /// The configuration file cannot be used.
    #[error("cannot read the configuration {path}: {why}")]
    Config {
        /// Which file.
        path: String,
        /// Why.
        why: String,
    },
}

/// Where a node keeps what must outlive it.
#[derive(Clone, Debug)]
pub(crate) enum NodeStorage {
    /// In its directory.
    Disk,
    /// In memory that outlives the node, but not the process.
    Memory {
        /// For its shards.
        shards: MemoryDisk,
        /// For its Raft log.
        raft: MemoryStorage,
    },
}

impl NodeStorage {
    /// Fresh memory.
    pub(crate) fn memory() -> Self {
        Self::Memory { shards: MemoryDisk::default(), raft: MemoryStorage::new() }
    }

    pub(super) fn shards(&self, dir: &Path) -> Storage {
        match self {
            Self::Disk => Storage::Disk(dir.to_owned()),
            Self::Memory { shards, .. } => Storage::Memory(shards.clone()),
        }
    }

    fn raft(&self, dir: &Path) -> MetaStorage {
        match self {
            Self::Disk => MetaStorage::Disk(dir.to_owned()),
            Self::Memory { raft, .. } => MetaStorage::Memory(raft.clone()),
        }
    }
}

/// A running node. It runs on the tokio runtime that started it and ends with it.
#[derive(Debug)]
pub struct Node {
    faults: Faults,
    meta: Option<MetaNode>,
    data: Option<Arc<DataServices>>,
    sockets: Sockets,
}

impl Node {
    /// Starts a node that keeps its files in the directory of its configuration; returns once it takes requests.
    ///
    /// # Errors
    /// [`NodeError`] when a port or a file cannot be used.
    ///
    /// # Cancellation
    /// Parts already started go on until the runtime ends.
    pub async fn start(config: &NodeConfig) -> Result<Self, NodeError> {
        Self::start_on(config, Faults::new(), NodeStorage::Disk).await
    }

    pub(crate) async fn start_on(config: &NodeConfig, faults: Faults, storage: NodeStorage) -> Result<Self, NodeError> {
        Self::start_with(config, faults, storage, Sockets::default()).await
    }

    /// Starts a node on sockets of which some may be bound already.
    pub(super) async fn start_with(
        config: &NodeConfig,
        faults: Faults,
        storage: NodeStorage,
        sockets: Sockets,
    ) -> Result<Self, NodeError> {
        let network = faults.network().clone();
        name_addresses(config, &network);
        network.retransmit(config.options.link_retransmission);
        let part = Arc::new(OnceLock::new());
        let admin = Admin { token: config.token.clone(), faults: faults.clone(), data: part.clone() };
        if !config.admin.is_empty() {
            tokio::spawn(admin::serve(sockets.listen(&config.admin).await?, admin));
        }
        let meta = match config.meta_id {
            Some(id) => Some(start_meta(config, id, &network, &storage, &sockets).await?),
            None => None,
        };
        if let Some(meta) = &meta {
            faults.attach(Disk::Raft, meta.disk_fault());
        }
        let data = match config.data_id {
            Some(id) => Some(data_node::start(config, id, &faults, &storage, &sockets).await?),
            None => None,
        };
        if let Some(data) = &data {
            // Set once, here.
            let _ = part.set(Arc::downgrade(data));
        }
        Ok(Self { faults, meta, data, sockets })
    }

    /// Ends in good order: takes no more requests, finishes those under way as long as `limit` allows, and lets what is
    /// being written reach the disk. Returns whether all requests were finished.
    ///
    /// # Cancellation
    /// Not cancel safe: what was left undone is as after a crash, which loses nothing that was acknowledged.
    pub async fn shutdown(self, limit: Duration) -> bool {
        let finished = self.sockets.close(limit).await;
        if let Some(data) = self.data {
            let engine = data.coordinator.owners.engine.clone();
            // Fails to join only when the runtime is going down.
            let _ = tokio::task::spawn_blocking(move || engine.close()).await;
        }
        if let Some(meta) = self.meta {
            meta.shutdown().await;
        }
        finished
    }

    /// Where points are taken over UDP, if the options ask for it.
    #[must_use]
    pub fn udp_addr(&self) -> Option<std::net::SocketAddr> {
        self.sockets.udp_addr()
    }

    /// The node's links, to cut and heal.
    #[must_use]
    pub fn network(&self) -> &Network {
        self.faults.network()
    }

    /// The data part, if it has one.
    pub(crate) fn data(&self) -> Option<&Arc<DataServices>> {
        self.data.as_ref()
    }

    /// Writes to owners that this node has begun for clients, answered or not, and that have not ended.
    pub(crate) fn writes_under_way(&self) -> usize {
        self.data.as_ref().map_or(0, |data| data.coordinator.under_way.count())
    }

    /// What waits in the node's hinted handoff queues.
    #[must_use]
    pub fn handoff_depths(&self) -> Vec<crate::hinted_handoff::QueueDepth> {
        self.data.as_ref().map(|data| data.coordinator.handoff.depths()).unwrap_or_default()
    }
}

/// Tells the network who is behind the addresses, so that cuts by name apply to them.
fn name_addresses(config: &NodeConfig, network: &Network) {
    let metas = config.metas.iter().flat_map(|meta| [(&meta.http, &meta.name), (&meta.tcp, &meta.name)]);
    let datas = config.datas.iter().flat_map(|data| [(&data.http, &data.name), (&data.tcp, &data.name)]);
    for (address, name) in metas.chain(datas) {
        // A node's connections to itself cross no network.
        if let Ok(address) = address.parse()
            && *name != config.name
        {
            network.name(address, name);
        }
    }
}

/// The same for addresses of nodes that joined later: pairs of address and name.
pub(crate) fn learn_names(network: &Network, names: &[(String, String)]) {
    for (address, name) in names {
        if let Ok(address) = address.parse() {
            network.name(address, name);
        }
    }
}

async fn start_meta(
    config: &NodeConfig,
    id: u64,
    network: &Network,
    storage: &NodeStorage,
    sockets: &Sockets,
) -> Result<MetaNode, NodeError> {
    let own = config.metas.iter().find(|meta| meta.id == id).ok_or(NodeError::NotInConfig(id))?;
    let members = config.metas.iter().map(|meta| MetaMember {
        id: meta.id,
        http_addr: meta.http.clone(),
        tcp_addr: meta.tcp.clone(),
    });
    let data_nodes = config.datas.iter().map(|data| DataNode {
        id: data.id,
        http_addr: data.http.clone(),
        tcp_addr: data.tcp.clone(),
    });
    let meta_config = MetaConfig {
        id,
        name: config.name.clone(),
        cluster_id: config.cluster,
        members: members.collect(),
        storage: storage.raft(&config.dir.join("meta")),
        timings: MetaTimings::default(),
        profile: config.profile,
        bootstrap: Some(Bootstrap { data_nodes: data_nodes.collect() }),
    };
    let (http, raft) = (sockets.listen(&own.http).await?, sockets.listen(&own.tcp).await?);
    MetaNode::start(meta_config, network.clone(), http, raft)
        .await
        .map_err(|error| NodeError::Storage { what: "the Raft log", why: error.to_string() })
}

//! One node that is a whole cluster: an InfluxDB-shaped endpoint, without faults and without neighbours.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::node::NodeStorage;
use super::sockets::{Sockets, any_host};
use super::{DataAddress, MetaAddress, Node, NodeConfig, NodeError};
use crate::core::meta::Command;
use crate::fault::Faults;
use crate::{Options, Profile};

/// What a server of one node is started with.
#[derive(Clone, Debug)]
pub struct StandaloneOptions {
    /// Which system to answer like.
    pub profile: Profile,
    /// The switches.
    pub options: Options,
    /// Where it keeps its files; made when it is not there. What an earlier server left there is served again.
    pub dir: PathBuf,
    /// `host:port` of the public HTTP API; port 0 for any free one, an empty host for all interfaces.
    pub http: String,
    /// `host:port` of the meta HTTP API, likewise.
    pub meta: String,
}

/// Why a server of one node did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandaloneError {
    /// The node did not start.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Another server uses the directory.
    #[error("{dir} is in use by another server")]
    InUse {
        /// The directory.
        dir: String,
    },
    /// The directory holds something else than this server can use.
    #[error("{dir} {why}")]
    Directory {
        /// The directory.
        dir: String,
        /// What is wrong with it, as the end of a sentence.
        why: String,
    },
    /// The node's own metadata did not take its new addresses.
    #[error("cannot record the node's addresses: {0}")]
    Addresses(String),
}

/// A server of one node, meta node and data node at once. It ends with the tokio runtime that started it.
#[derive(Debug)]
pub struct Standalone {
    node: Node,
    http: SocketAddr,
    meta: SocketAddr,
    /// Held for as long as the directory is in use.
    _lock: File,
}

/// What a directory remembers of its server.
#[derive(Debug, Serialize, Deserialize)]
struct Identity {
    /// Version of this file's form.
    version: u32,
    profile: Profile,
    cluster: u64,
}

const IDENTITY_VERSION: u32 = 1;
const IDENTITY_FILE: &str = "server.json";
const LOCK_FILE: &str = "lock";

/// Ports that only the node itself uses.
const OWN_PORT: &str = "127.0.0.1:0";

impl Standalone {
    /// Starts the server; returns once it takes requests.
    ///
    /// # Errors
    /// [`StandaloneError`] when a port is taken or the directory cannot be used.
    ///
    /// # Cancellation
    /// Parts already started go on until the runtime ends.
    pub async fn start(options: StandaloneOptions) -> Result<Self, StandaloneError> {
        let StandaloneOptions { profile, options, dir, http, meta } = options;
        let (lock, identity) = open(&dir, profile)?;
        let sockets = Sockets::default();
        let http = sockets.reserve(&any_host(&http)).await?;
        let meta = sockets.reserve(&any_host(&meta)).await?;
        let (peers, raft) = (sockets.reserve(OWN_PORT).await?, sockets.reserve(OWN_PORT).await?);
        // Numbered as the first node of the real systems is.
        let (meta_id, data_id) = match profile {
            Profile::V1_8 => (1, 2),
            Profile::V0_10 => (1, 1),
        };
        let name = "node1".to_owned();
        let config = NodeConfig {
            name: name.clone(),
            profile,
            options,
            cluster: identity.cluster,
            dir,
            admin: String::new(),
            token: String::new(),
            meta_id: Some(meta_id),
            data_id: Some(data_id),
            metas: vec![MetaAddress { name: name.clone(), id: meta_id, http: meta.to_string(), tcp: raft.to_string() }],
            join: Vec::new(),
            datas: vec![DataAddress { name, id: data_id, http: http.to_string(), tcp: peers.to_string() }],
        };
        let node = Node::start_with(&config, Faults::new(), NodeStorage::Disk, sockets).await?;
        record_addresses(&node, &config).await?;
        Ok(Self { node, http, meta, _lock: lock })
    }

    /// Where the public HTTP API is reached from this machine.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http
    }

    /// Where the meta HTTP API is reached from this machine.
    #[must_use]
    pub fn meta_addr(&self) -> SocketAddr {
        self.meta
    }

    /// Where points are taken over UDP, if the options ask for it.
    #[must_use]
    pub fn udp_addr(&self) -> Option<SocketAddr> {
        self.node.udp_addr()
    }

    /// Ends in good order: takes no more requests, finishes those under way as long as `limit` allows, and lets what
    /// is being written reach the disk. Returns whether all requests were finished.
    ///
    /// # Cancellation
    /// What was left undone is as after a crash, which loses nothing that was acknowledged.
    pub async fn shutdown(self, limit: Duration) -> bool {
        self.node.shutdown(limit).await
    }
}

/// A directory that this server has for itself, and who it is there.
fn open(dir: &Path, profile: Profile) -> Result<(File, Identity), StandaloneError> {
    let unusable = |why: String| StandaloneError::Directory { dir: dir.display().to_string(), why };
    let io = |error: io::Error| unusable(format!("cannot be used: {error}"));
    fs::create_dir_all(dir).map_err(io)?;
    let lock = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK_FILE)).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StandaloneError::InUse { dir: dir.display().to_string() }),
        Err(TryLockError::Error(error)) => return Err(io(error)),
    }
    let path = dir.join(IDENTITY_FILE);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let identity = Identity { version: IDENTITY_VERSION, profile, cluster: fastrand::u64(1..) };
            let text = serde_json::to_vec(&identity).map_err(|error| io(error.into()))?;
            // Whole or not at all: half a file would lock the owner out of the directory.
            let draft = path.with_extension("new");
            fs::write(&draft, text).and_then(|()| fs::rename(&draft, &path)).map_err(io)?;
            return Ok((lock, identity));
        }
        Err(error) => return Err(io(error)),
    };
    let foreign = |error| unusable(format!("holds a {IDENTITY_FILE} that is not of this program: {error}"));
    let any: serde_json::Value = serde_json::from_slice(&text).map_err(foreign)?;
    if any["version"].as_u64().is_some_and(|version| version > u64::from(IDENTITY_VERSION)) {
        return Err(unusable("was written by a newer version of this program".to_owned()));
    }
    let identity: Identity = serde_json::from_value(any).map_err(foreign)?;
    if identity.profile != profile {
        return Err(unusable(format!("holds data of profile {}, not {profile}", identity.profile)));
    }
    Ok((lock, identity))
}

/// Metadata of an earlier start names the addresses of that start.
async fn record_addresses(node: &Node, config: &NodeConfig) -> Result<(), StandaloneError> {
    let Some(data) = node.data() else { return Ok(()) };
    let known = data.meta.snapshot();
    let mut commands = Vec::new();
    for meta in &config.metas {
        let (id, http_addr, tcp_addr) = (meta.id, meta.http.clone(), meta.tcp.clone());
        if known
            .meta_nodes
            .iter()
            .any(|node| node.id == id && (node.http_addr != http_addr || node.tcp_addr != tcp_addr))
        {
            commands.push(Command::UpdateMetaNode { id, http_addr, tcp_addr });
        }
    }
    for own in &config.datas {
        let (id, http_addr, tcp_addr) = (own.id, own.http.clone(), own.tcp.clone());
        if known
            .data_nodes
            .iter()
            .any(|node| node.id == id && (node.http_addr != http_addr || node.tcp_addr != tcp_addr))
        {
            commands.push(Command::UpdateDataNode { id, http_addr, tcp_addr });
        }
    }
    for command in commands {
        data.meta.execute(command).await.map_err(|error| StandaloneError::Addresses(error.to_string()))?;
    }
    Ok(())
}

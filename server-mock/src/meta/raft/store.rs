//! What a meta node must not forget, and where it may be kept.

use std::fmt::Debug;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::format::FormatError;
use super::{Entry, LogId, SnapshotMeta, Vote};

/// Whose state it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::meta) struct Identity {
    pub(in crate::meta) cluster_id: u64,
    pub(in crate::meta) node_id: u64,
}

/// Why a meta node's state cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The node was stopped.
    #[error("the storage is closed")]
    Closed,
    /// The state is that of another node.
    #[error(
        "the storage belongs to node {found_node} of cluster {found_cluster:016x}, not to node {node} of cluster \
         {cluster:016x}: give each node its own"
    )]
    Foreign {
        /// Cluster in the storage.
        found_cluster: u64,
        /// Node in the storage.
        found_node: u64,
        /// Cluster configured.
        cluster: u64,
        /// Node configured.
        node: u64,
    },
    /// The state was written by another version, or is damaged.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The storage engine failed.
    #[error("meta storage: {0}")]
    Engine(#[from] fjall::Error),
}

impl Identity {
    pub(super) fn check(self, found: Self) -> Result<(), StoreError> {
        if self == found {
            return Ok(());
        }
        Err(StoreError::Foreign {
            found_cluster: found.cluster_id,
            found_node: found.node_id,
            cluster: self.cluster_id,
            node: self.node_id,
        })
    }
}

/// A snapshot as kept: what it covers, and the state machine's bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::meta) struct StoredSnapshot {
    pub(super) meta: SnapshotMeta,
    pub(super) bytes: Vec<u8>,
}

/// All that was kept, as read at a start.
#[derive(Clone, Debug, Default)]
pub(in crate::meta) struct Stored {
    pub(super) vote: Option<Vote>,
    pub(super) committed: Option<LogId>,
    pub(super) purged: Option<LogId>,
    pub(super) entries: Vec<Entry>,
    pub(super) snapshot: Option<StoredSnapshot>,
}

/// Keeps a meta node's state. Every change is durable when its call returns, except for
/// [`save_committed`](Self::save_committed), which only spares work at a restart.
pub(in crate::meta) trait Store: Debug + Send + Sync + 'static {
    fn load(&self) -> Result<Stored, StoreError>;
    fn save_vote(&self, vote: &Vote) -> Result<(), StoreError>;
    fn save_committed(&self, committed: Option<LogId>) -> Result<(), StoreError>;
    fn append(&self, entries: &[Entry]) -> Result<(), StoreError>;
    /// Forgets the entries from this index on.
    fn truncate(&self, from: u64) -> Result<(), StoreError>;
    /// Forgets the entries up to and including this one.
    fn purge(&self, upto: LogId) -> Result<(), StoreError>;
    fn load_snapshot(&self) -> Result<Option<StoredSnapshot>, StoreError>;
    fn save_snapshot(&self, snapshot: &StoredSnapshot) -> Result<(), StoreError>;

    /// Whether calls may take as long as a disk does.
    fn is_slow(&self) -> bool;
    /// Makes all later calls fail, at once and without waiting for one under way.
    fn fence(&self);
    /// Waits for the call under way, if any, and releases files.
    fn close(&self);
}

/// Runs a job on a store, off the event loop if it may take long.
pub(in crate::meta) async fn on<T: Send + 'static>(
    store: &Arc<dyn Store>,
    job: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if !store.is_slow() {
        return job(&**store);
    }
    let store = Arc::clone(store);
    // A job fails to join only when the runtime is going down, and the node with it.
    tokio::task::spawn_blocking(move || job(&*store)).await.unwrap_or(Err(StoreError::Closed))
}

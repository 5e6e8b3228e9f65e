//! The replicated state machine: committed commands meet the metadata, and snapshots keep the log short.

use std::io::Cursor;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use openraft::storage::RaftStateMachine;
use openraft::{
    AnyError, EmptyNode, EntryPayload, OptionalSend, RaftSnapshotBuilder, Snapshot, StorageIOError, StoredMembership,
};
use tokio::sync::watch;

use super::super::format::{FormatError, decode, encode};
use super::store::{self, Store, StoreError, Stored, StoredSnapshot};
use super::{Entry, LogId, RaftTypes, Reply, SnapshotMeta, StorageError};
use crate::Profile;
use crate::core::meta::MetaData;

/// The metadata as of the last applied command, for readers outside Raft.
#[derive(Clone, Debug, Default)]
pub(in crate::meta) struct Published {
    pub(in crate::meta) data: Arc<MetaData>,
    // Encoded at most once, by the first of the polls that a change wakes.
    encoded: Arc<OnceLock<Bytes>>,
}

impl Published {
    fn new(data: Arc<MetaData>) -> Self {
        Self { data, encoded: Arc::default() }
    }

    pub(in crate::meta) fn encoded(&self) -> Bytes {
        self.encoded.get_or_init(|| encode(&*self.data).into()).clone()
    }
}

#[derive(Clone, Debug)]
struct State {
    data: Arc<MetaData>,
    last_applied: Option<LogId>,
    membership: StoredMembership<u64, EmptyNode>,
}

#[derive(Debug)]
pub(in crate::meta) struct StateMachine {
    profile: Profile,
    store: Arc<dyn Store>,
    state: State,
    published: watch::Sender<Published>,
}

impl StateMachine {
    /// The state machine as of the snapshot kept; Raft then applies what was committed since.
    pub(in crate::meta) fn new(
        profile: Profile,
        store: Arc<dyn Store>,
        stored: &Stored,
    ) -> Result<(Self, watch::Receiver<Published>), FormatError> {
        let state = match &stored.snapshot {
            Some(snapshot) => State::read(snapshot.meta.clone(), &snapshot.bytes)?,
            None => State { data: Arc::default(), last_applied: None, membership: StoredMembership::default() },
        };
        let (published, readers) = watch::channel(Published::new(Arc::clone(&state.data)));
        Ok((Self { profile, store, state, published }, readers))
    }

    fn publish(&self) {
        self.published.send_replace(Published::new(Arc::clone(&self.state.data)));
    }
}

impl State {
    fn read(meta: SnapshotMeta, bytes: &[u8]) -> Result<Self, FormatError> {
        let data: MetaData = decode(bytes)?;
        Ok(Self { data: Arc::new(data), last_applied: meta.last_log_id, membership: meta.last_membership })
    }
}

impl RaftStateMachine<RaftTypes> for StateMachine {
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership<u64, EmptyNode>), StorageError> {
        Ok((self.state.last_applied, self.state.membership.clone()))
    }

    async fn apply<I>(&mut self, entries: I) -> Result<Vec<Reply>, StorageError>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut replies = Vec::new();
        let before = self.state.data.index;
        for entry in entries {
            let log_id = entry.log_id;
            self.state.last_applied = Some(log_id);
            replies.push(match entry.payload {
                EntryPayload::Blank => Reply::Internal,
                EntryPayload::Membership(membership) => {
                    self.state.membership = StoredMembership::new(Some(log_id), membership);
                    Reply::Internal
                }
                EntryPayload::Normal(command) => {
                    let data = Arc::make_mut(&mut self.state.data);
                    let outcome = data.apply(log_id.index, log_id.leader_id.term, &command, self.profile);
                    tracing::debug!(index = log_id.index, command = command.kind(), ?outcome, "applied");
                    Reply::Command(outcome)
                }
            });
        }
        if self.state.data.index != before {
            self.publish();
        }
        Ok(replies)
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        SnapshotBuilder { store: Arc::clone(&self.store), state: self.state.clone() }
    }

    async fn begin_receiving_snapshot(&mut self) -> Result<Box<Cursor<Vec<u8>>>, StorageError> {
        Ok(Box::default())
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        snapshot: Box<Cursor<Vec<u8>>>,
    ) -> Result<(), StorageError> {
        let stored = StoredSnapshot { meta: meta.clone(), bytes: snapshot.into_inner() };
        let state = State::read(stored.meta.clone(), &stored.bytes)
            .map_err(|error| StorageIOError::read_snapshot(Some(meta.signature()), AnyError::new(&error)))?;
        save(&self.store, stored).await?;
        self.state = state;
        self.publish();
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot<RaftTypes>>, StorageError> {
        let kept = store::on(&self.store, Store::load_snapshot).await;
        let kept = kept.map_err(|error| StorageIOError::read_snapshot(None, AnyError::new(&error)))?;
        Ok(kept.map(StoredSnapshot::into_raft))
    }
}

/// The state at one moment, to be made a snapshot while newer entries are applied.
#[derive(Debug)]
pub(in crate::meta) struct SnapshotBuilder {
    store: Arc<dyn Store>,
    state: State,
}

impl RaftSnapshotBuilder<RaftTypes> for SnapshotBuilder {
    async fn build_snapshot(&mut self) -> Result<Snapshot<RaftTypes>, StorageError> {
        let State { data, last_applied, membership } = self.state.clone();
        // The same log id always means the same bytes, so that it can serve as the snapshot's name.
        let snapshot_id =
            last_applied.map_or_else(|| "empty".to_owned(), |id| format!("{}-{}", id.leader_id, id.index));
        let meta = SnapshotMeta { last_log_id: last_applied, last_membership: membership, snapshot_id };
        let stored = StoredSnapshot { meta, bytes: encode(&*data) };
        save(&self.store, stored.clone()).await?;
        Ok(stored.into_raft())
    }
}

async fn save(store: &Arc<dyn Store>, snapshot: StoredSnapshot) -> Result<(), StorageError> {
    let signature = snapshot.meta.signature();
    let saved: Result<(), StoreError> = store::on(store, move |store| store.save_snapshot(&snapshot)).await;
    saved.map_err(|error| StorageIOError::write_snapshot(Some(signature), AnyError::new(&error)).into())
}

impl StoredSnapshot {
    fn into_raft(self) -> Snapshot<RaftTypes> {
        Snapshot { meta: self.meta, snapshot: Box::new(Cursor::new(self.bytes)) }
    }
}

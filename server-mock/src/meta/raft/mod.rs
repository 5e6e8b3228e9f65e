//! Raft by openraft: its types, its storage and its network.

mod disk;
mod faulty;
mod frame;
mod link;
mod listen;
mod log;
mod machine;
mod memory;
mod store;
#[cfg(test)]
mod store_tests;

use std::io::Cursor;

use openraft::EmptyNode;
use serde::{Deserialize, Serialize};

use crate::core::meta::{Applied, Command, CommandError};

pub(super) use disk::DiskStore;
pub(super) use faulty::FaultyStore;
pub(super) use link::Links;
pub(super) use listen::serve;
pub(super) use log::LogStore;
pub(super) use machine::{Published, StateMachine};
pub use memory::MemoryStorage;
pub use store::StoreError;
pub(super) use store::{Identity, Store, on};

openraft::declare_raft_types!(
    /// Members are known by their ids alone: addresses come from the configuration, so that a restarted cluster may
    /// listen elsewhere.
    pub(super) RaftTypes:
        D = Command,
        R = Reply,
        NodeId = u64,
        Node = EmptyNode,
        Entry = openraft::Entry<RaftTypes>,
        SnapshotData = Cursor<Vec<u8>>,
        AsyncRuntime = openraft::TokioRuntime,
);

pub(super) type Raft = openraft::Raft<RaftTypes>;
type Entry = openraft::Entry<RaftTypes>;
type LogId = openraft::LogId<u64>;
type Vote = openraft::Vote<u64>;
type SnapshotMeta = openraft::SnapshotMeta<u64, EmptyNode>;
type StorageError = openraft::StorageError<u64>;

/// What applying one log entry gives to whoever proposed it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The entry was Raft's own.
    Internal,
    /// The entry was a command.
    Command(Result<Applied, CommandError>),
}

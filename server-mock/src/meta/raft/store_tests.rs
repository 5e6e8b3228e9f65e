//! Both stores against openraft's own suite, and against each other.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use openraft::testing::{StoreBuilder, Suite, blank_ent, log_id};
use tempfile::TempDir;
use tokio::sync::watch;

use super::store::{Stored, StoredSnapshot};
use super::{
    DiskStore, Entry, Identity, LogStore, MemoryStorage, Published, RaftTypes, SnapshotMeta, StateMachine,
    StorageError, Store, Vote,
};
use crate::Profile;

const IDENTITY: Identity = Identity { cluster_id: 1, node_id: 2 };

fn on(store: Arc<dyn Store>) -> (watch::Receiver<Published>, LogStore, StateMachine) {
    let stored = store.load().unwrap();
    let (machine, published) = StateMachine::new(Profile::V1_8, Arc::clone(&store), &stored).unwrap();
    (published, LogStore::new(store, &stored), machine)
}

struct InMemory;

impl StoreBuilder<RaftTypes, LogStore, StateMachine, watch::Receiver<Published>> for InMemory {
    async fn build(&self) -> Result<(watch::Receiver<Published>, LogStore, StateMachine), StorageError> {
        Ok(on(Arc::new(MemoryStorage::new().open(IDENTITY).unwrap())))
    }
}

struct OnDisk;

impl StoreBuilder<RaftTypes, LogStore, StateMachine, TempDir> for OnDisk {
    async fn build(&self) -> Result<(TempDir, LogStore, StateMachine), StorageError> {
        let directory = tempfile::tempdir().unwrap();
        let (_, log, machine) = on(Arc::new(DiskStore::open(directory.path(), IDENTITY).unwrap()));
        Ok((directory, log, machine))
    }
}

#[test]
fn memory_does_what_raft_asks_of_it() {
    Suite::test_all(InMemory).unwrap();
}

#[test]
fn disk_does_what_raft_asks_of_it() {
    Suite::test_all(OnDisk).unwrap();
}

fn entries(range: std::ops::RangeInclusive<u64>, term: u64) -> Vec<Entry> {
    range.map(|index| blank_ent(term, 2, index)).collect()
}

fn comparable(stored: &Stored) -> String {
    format!("{stored:?}")
}

/// What is found after a restart is what was written, on disk as in memory.
#[test]
fn a_reopened_store_holds_all_that_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let memory = MemoryStorage::new();
    let snapshot = StoredSnapshot {
        meta: SnapshotMeta { last_log_id: Some(log_id(1, 2, 3)), ..SnapshotMeta::default() },
        bytes: vec![1, 2, 3],
    };
    type Step<'a> = &'a dyn Fn(&dyn Store);
    let steps: [Step<'_>; 7] = [
        &|store| store.save_vote(&Vote::new_committed(7, 2)).unwrap(),
        &|store| store.append(&entries(0..=300, 1)).unwrap(),
        &|store| store.save_committed(Some(log_id(1, 2, 9))).unwrap(),
        &|store| store.truncate(280).unwrap(),
        &|store| store.append(&entries(280..=290, 2)).unwrap(),
        &|store| store.save_snapshot(&snapshot).unwrap(),
        &|store| store.purge(log_id(1, 2, 255)).unwrap(),
    ];
    let mut seen = Vec::new();
    for step in steps {
        let (disk, twin) = (DiskStore::open(directory.path(), IDENTITY).unwrap(), memory.open(IDENTITY).unwrap());
        step(&disk);
        step(&twin);
        disk.close();
        twin.close();
        assert!(disk.save_vote(&Vote::default()).is_err() && twin.save_vote(&Vote::default()).is_err());
        let disk = DiskStore::open(directory.path(), IDENTITY).unwrap().load().unwrap();
        let twin = memory.open(IDENTITY).unwrap().load().unwrap();
        assert_eq!(comparable(&disk), comparable(&twin));
        seen.push(comparable(&disk));
        assert!(seen.iter().rev().skip(1).all(|before| *before != seen[seen.len() - 1]), "each step left a trace");
    }
    let last = DiskStore::open(directory.path(), IDENTITY).unwrap().load().unwrap();
    assert_eq!(
        last.entries.iter().map(|entry| entry.log_id.index).collect::<Vec<_>>(),
        (256..=290).collect::<Vec<_>>()
    );
    assert_eq!(last.snapshot.unwrap().bytes, [1, 2, 3]);
}

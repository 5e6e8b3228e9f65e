//! What outlives an engine.

use std::path::Path;
use std::sync::Arc;

use fjall::{Database, KeyspaceCreateOptions, PersistMode};

use super::*;
use crate::store::StoreError;

pub(super) fn open(path: &Path) -> Engine {
    Engine::open(Storage::Disk(path.to_owned()), Options::default()).unwrap()
}

/// The folder as a process that dies now would leave it.
pub(super) fn killed(path: &Path) -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                copy(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(path, folder.path());
    folder
}

#[tokio::test]
async fn a_reopened_disk_has_what_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.ensure_shard(7, "db", "rp");
    engine.ensure_shard(8, "other", "rp2");
    write(&engine, 7, "m v=1 1").await.unwrap();
    write(&engine, 7, "m v=2 1\nm v=3 2").await.unwrap();
    write(&engine, 8, "x y=1i 1").await.unwrap();
    write(&engine, 8, "x y=2i 2").await.unwrap();
    engine.delete("other", |_, _| true, 1, 1).await.unwrap();
    let before =
        [7, 8].map(|shard| (all_of(&engine, shard), engine.digest(shard), engine.stats(shard), engine.index(shard)));
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(engine.shards(), [7, 8]);
    let after =
        [7, 8].map(|shard| (all_of(&engine, shard), engine.digest(shard), engine.stats(shard), engine.index(shard)));
    assert_eq!(after, before);
    // Order goes on where it was: the last to arrive still wins after another restart.
    write(&engine, 7, "m v=9 2").await.unwrap();
    drop(engine);
    let values: Vec<_> = all_of(&open(folder.path()), 7)[0].columns.clone();
    assert_eq!(values[0].values, crate::scan::Values::Float(vec![2.0, 9.0]));
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    for wal_fsync in [false, true] {
        let path = folder.path().join(wal_fsync.to_string());
        let options = Options { wal_fsync, ..Options::default() };
        let engine = Engine::open(Storage::Disk(path.clone()), options).unwrap();
        engine.ensure_shard(1, "db", "rp");
        for i in 0..5 {
            write(&engine, 1, &format!("m v={i} {i}")).await.unwrap();
            let copy = killed(&path);
            assert_eq!(all_of(&open(copy.path()), 1), all_of(&engine, 1), "after write {i}");
        }
    }
}

/// A tail that was only half written is left out; everything before it stays.
#[tokio::test]
async fn a_torn_tail_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.ensure_shard(1, "db", "rp");
    write(&engine, 1, "m v=1 1").await.unwrap();
    let sizes = |path: &Path| {
        let journals = std::fs::read_dir(path).unwrap().map(Result::unwrap).map(|entry| entry.path());
        let journals = journals.filter(|path| path.extension().is_some_and(|extension| extension == "jnl"));
        journals.map(|path| (path.file_name().unwrap().to_owned(), content_length(&path))).collect::<Vec<_>>()
    };
    let [(journal, before)] = &sizes(folder.path())[..] else { panic!("one journal: {:?}", sizes(folder.path())) };
    write(&engine, 1, "m v=2 2").await.unwrap();
    let [(_, after)] = &sizes(folder.path())[..] else { panic!("one journal") };
    assert!(before < after, "{before} {after}");
    for length in (*before..*after).step_by(3) {
        let copy = killed(folder.path());
        let file = std::fs::OpenOptions::new().write(true).open(copy.path().join(journal)).unwrap();
        file.set_len(length as u64).unwrap();
        drop(file);
        let engine = open(copy.path());
        assert_eq!(count(&engine, "m"), 1, "cut at {length} of {before}..{after}");
        write(&engine, 1, "m v=3 3").await.unwrap();
        drop(engine);
        assert_eq!(count(&open(copy.path()), "m"), 2, "cut at {length}");
    }
}

/// The length without the zeros that a journal may be filled up with.
pub(super) fn content_length(path: &Path) -> usize {
    std::fs::read(path).unwrap().iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    for shard in 1..=3 {
        engine.ensure_shard(shard, "db", "rp");
    }
    let engine = Arc::new(engine);
    let writers: Vec<_> = (0..16)
        .map(|writer| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move {
                for i in 0..20 {
                    let shard = 1 + (writer + i) % 3;
                    let body = format!("m,w={writer} v={i} {}\nshared v={writer} 1", i + 1);
                    write(&engine, shard, &body).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let state = |engine: &Engine| [1, 2, 3].map(|shard| (all_of(engine, shard), engine.digest(shard).unwrap()));
    let before = state(&engine);
    let values: usize = [1, 2, 3].map(|shard| engine.stats(shard).unwrap().values as usize).iter().sum();
    assert_eq!(values, 16 * 20 + 3);
    drop(engine);
    // Also who wrote last to `shared` is the same: memory and journal have one order.
    assert_eq!(state(&open(folder.path())), before);
}

#[tokio::test]
async fn a_refused_batch_leaves_the_same_types_after_a_restart() {
    let disk = MemoryDisk::new();
    let open = || Engine::open(Storage::Memory(disk.clone()), Options::default()).unwrap();
    let engine = open();
    engine.ensure_shard(1, "db", "rp");
    write(&engine, 1, "m v=1i 1\nm v=2 2").await.unwrap_err();
    let index = engine.index(1).unwrap();
    drop(engine);
    assert_eq!(open().index(1).unwrap(), index);
}

#[tokio::test]
async fn a_new_engine_on_a_memory_disk_shuts_out_the_old_one() {
    let disk = MemoryDisk::new();
    let open = || Engine::open(Storage::Memory(disk.clone()), Options::default()).unwrap();
    let old = open();
    old.ensure_shard(1, "db", "rp");
    write(&old, 1, "m v=1 1").await.unwrap();
    let new = open();
    assert_eq!(write(&old, 1, "m v=2 2").await.unwrap_err(), "engine is closed");
    write(&new, 1, "m v=3 3").await.unwrap();
    assert_eq!((count(&old, "m"), count(&new, "m")), (1, 2));
    old.close();
    write(&new, 1, "m v=4 4").await.unwrap();
}

#[tokio::test]
async fn a_closed_engine_takes_nothing_and_lets_go_of_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.ensure_shard(1, "db", "rp");
    write(&engine, 1, "m v=1 1").await.unwrap();
    engine.close();
    assert_eq!(write(&engine, 1, "m v=2 2").await.unwrap_err(), "engine is closed");
    assert_eq!(engine.drop_shard(1).await, Err(StoreError::Closed));
    assert_eq!(count(&open(folder.path()), "m"), 1);
}

#[test]
fn two_engines_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let second = Engine::open(Storage::Disk(folder.path().to_owned()), Options::default());
    let Err(StoreError::Open { path, .. }) = second else { panic!("{second:?}") };
    assert_eq!(Path::new(&path), folder.path());
    drop(first);
    open(folder.path());
}

#[test]
fn a_later_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).close();
    let database = Database::builder(folder.path()).open().unwrap();
    let about = database.keyspace("about", KeyspaceCreateOptions::default).unwrap();
    about.insert("format", 3_u32.to_le_bytes()).unwrap();
    database.persist(PersistMode::SyncAll).unwrap();
    drop((about, database));
    let refused = Engine::open(Storage::Disk(folder.path().to_owned()), Options::default()).unwrap_err();
    assert_eq!(refused, StoreError::NewerFormat { found: 3, known: 2 });
    assert!(refused.to_string().contains("use a newer program"));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().join("below");
    let refused = Engine::open(Storage::Disk(path.clone()), Options::default()).unwrap_err();
    assert!(refused.to_string().contains(path.to_str().unwrap()), "{refused}");
}

//! A journal that is made shorter.

use std::path::Path;

use super::durability::{content_length, killed, open};
use super::*;
use crate::scan::ShardIndex;
use crate::store::ShardStats;

type State = (Vec<SeriesBlock>, u64, ShardStats, ShardIndex);

fn state(engine: &Engine) -> State {
    (all_of(engine, 1), engine.digest(1).unwrap(), engine.stats(1).unwrap(), engine.index(1).unwrap())
}

/// Everything that can be in a journal.
async fn fill(engine: &Engine) {
    engine.ensure_shard(1, "db", "rp");
    for n in 0..40 {
        let body = format!("m,k={} f={n},i={n}i,s=\"text {n}\",b=t {}\nlate v={n} {}", n % 5, n % 7, 100 - n);
        write(engine, 1, &body).await.unwrap();
    }
    write(engine, 1, "two v=1i 1\ntwo v=2 2").await.unwrap_err();
    write(engine, 1, "gone v=1 1").await.unwrap();
    engine.drop_measurement("db", "gone").await.unwrap();
    engine.delete("db", |measurement, _| measurement == "late", 70, 80).await.unwrap();
}

#[tokio::test]
async fn a_shorter_journal_makes_the_same_shard() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    fill(&engine).await;
    let before = state(&engine);
    engine.compact(1).await.unwrap();
    assert_eq!(state(&engine), before);
    drop(engine);
    let engine = open(folder.path());
    assert_eq!(state(&engine), before);
    // Later records come behind the new ones, and another replacement takes both.
    write(&engine, 1, "m,k=1 f=-1 1\nnew v=1 1").await.unwrap();
    let after = state(&engine);
    for _ in 0..2 {
        engine.compact(1).await.unwrap();
    }
    drop(engine);
    assert_eq!(state(&open(folder.path())), after);
}

/// A crash in the middle leaves the old records or the new ones, which say the same.
#[tokio::test]
async fn a_replacement_cut_at_any_byte_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.ensure_shard(1, "db", "rp");
    for n in 0..12 {
        write(&engine, 1, &format!("m v={n} {}", n % 5)).await.unwrap();
    }
    let expected = state(&engine);
    let journal = |path: &Path| {
        let files = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "jnl")).max().unwrap()
    };
    let before = content_length(&journal(folder.path()));
    engine.compact(1).await.unwrap();
    let after = content_length(&journal(folder.path()));
    assert!(before < after);
    for length in (before..=after).step_by(7) {
        let copy = killed(folder.path());
        let file = std::fs::OpenOptions::new().write(true).open(journal(copy.path())).unwrap();
        file.set_len(length as u64).unwrap();
        drop(file);
        assert_eq!(state(&open(copy.path())), expected, "cut at {length} of {before}..{after}");
    }
}

/// Overwriting the same points for long keeps the journal short.
#[tokio::test]
async fn a_long_journal_gets_shorter_by_itself() {
    let disk = MemoryDisk::new();
    let engine = Engine::open(Storage::Memory(disk.clone()), Options::default()).unwrap();
    engine.ensure_shard(1, "db", "rp");
    let text = "x".repeat(100_000);
    let mut longest = 0;
    for n in 0..400 {
        write(&engine, 1, &format!("m s=\"{text}\" {}", n % 3)).await.unwrap();
        longest = longest.max(disk.bytes());
        tokio::task::yield_now().await;
    }
    assert!(longest < 30_000_000, "{longest} of 40,000,000 bytes that were written");
    let before = state(&engine);
    drop(engine);
    let engine = Engine::open(Storage::Memory(disk), Options::default()).unwrap();
    assert_eq!(state(&engine), before);
}

//! Histories as the study's experiments make them, from a seed: what pictures and pages are tried on.

use fastrand::Rng;

use crate::history::{Completion, Function, Interval, Operation};

const SECOND: u64 = 1_000_000_000;

/// What the clients of a sample do, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Story {
    /// A register at `all` under partitions: writes begun in one time out after a second.
    All,
    /// A register at `any` under partitions: everything is acknowledged at once.
    Any,
    /// A shard group for each write, under partitions: they hang until a heal.
    Shards,
}

/// A history of three clients over so many seconds, in the order of beginnings, and its faults.
pub(crate) fn sample(story: Story, time: u64, seed: u64) -> (Vec<Operation>, Vec<Interval>) {
    let mut rng = Rng::with_seed(seed);
    let end = time * SECOND;
    let mut faults = Vec::new();
    let mut from = SECOND;
    while from < end {
        let nodes = ["node1", "node2", "node3"];
        let alone = rng.usize(..3);
        let others: Vec<_> = (0..3).filter(|n| *n != alone).map(|n| nodes[n]).collect();
        let whom = format!("{} | {}", others.join(","), nodes[alone]);
        let to = (from + 3 * SECOND).min(end);
        faults.push(Interval { from, to, fault: "partition".into(), whom });
        from += 4 * SECOND;
    }
    let mut operations = Vec::new();
    let mut next_process = 3;
    for client in 0..3_u32 {
        let mut process = client;
        let mut now = rng.u64(..SECOND / 10);
        let mut id = 0;
        while now < end {
            let cut = faults.iter().find(|fault| fault.from <= now && now < fault.to);
            let f = match story {
                Story::Shards => Function::TimedWrite,
                Story::All | Story::Any => {
                    if rng.bool() {
                        Function::Write
                    } else {
                        Function::Read
                    }
                }
            };
            // Most are fast, few are slow.
            let fast = (1.2e6 * (1.0 + rng.f64().powi(8) * 12.0)) as u64;
            let (latency, completion) = match (story, f, cut) {
                (Story::All, Function::Write, Some(_)) => (SECOND + rng.u64(..5_000_000), Completion::Info),
                (Story::Shards, _, Some(fault)) if rng.f64() < 0.4 => {
                    let healed = fault.to - now + rng.u64(..SECOND);
                    if rng.f64() < 0.1 { (10 * SECOND, Completion::Info) } else { (healed, Completion::Ok) }
                }
                (Story::Shards, ..) => (fast * 8, Completion::Ok),
                (Story::All | Story::Any, ..) => (fast, Completion::Ok),
            };
            let ends = now + latency;
            let failed = completion != Completion::Ok;
            id += 1;
            operations.push(Operation {
                process,
                f,
                value: Some(rng.i64(0..5)),
                id: Some(id),
                write_time: None,
                node: Some(format!("node{}", client + 1)),
                invoked: now,
                completed: (ends <= end + SECOND).then_some(ends),
                completion,
                error: failed.then(|| "{\"error\":\"timeout\"}".to_owned()),
                class: failed.then(|| "write-timeout".to_owned()),
                outcome: failed.then(|| "unknown".to_owned()),
            });
            if failed {
                process = next_process;
                next_process += 1;
            }
            let pause = if story == Story::Shards { SECOND / 2 } else { SECOND / 5 };
            now = ends + rng.u64(..pause);
        }
    }
    operations.sort_by_key(|operation| operation.invoked);
    (operations, faults)
}

//! Histories of simulated registers, to try the checkers on.

use fastrand::Rng;

use crate::history::{Completion, Function, Operation};

/// What a simulated history is like. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Clients, each doing one thing after the other.
    pub processes: u32,
    /// Reads and writes of all of them.
    pub operations: usize,
    /// Values written: 0 up to, and without, this one.
    pub values: i64,
    /// The share of writes whose end nobody knows. Half of them are done, at any time after their beginning.
    pub unknown: f64,
    /// The share of writes that fail. They are not done.
    pub failed: f64,
    /// The share of reads that are answered by an old copy of the register.
    pub stale: f64,
    /// The share of reads that find a number of a write at random.
    pub wild: f64,
    /// The longest that an operation takes; the pause after it is at most as long. Short ones make beginnings and ends
    /// at the same instant.
    pub longest: u64,
}

impl Shape {
    /// A register that is linearizable.
    #[must_use]
    pub const fn legal(processes: u32, operations: usize) -> Self {
        Self { processes, operations, values: 5, unknown: 0.1, failed: 0.05, stale: 0.0, wild: 0.0, longest: 1_000_000 }
    }
}

/// What the register holds at the beginning of a simulated history, under [`INITIAL_ID`](super::INITIAL_ID).
pub const INITIAL: i64 = 42;

/// A history as clients of a register would have it. Legal without `stale` and `wild` reads; with some, it may be either.
#[must_use]
pub fn simulated(shape: &Shape, seed: u64) -> Vec<Operation> {
    let mut rng = Rng::with_seed(seed);
    let (mut done, mut writes) = (Vec::new(), Vec::new());
    let mut clocks: Vec<(u32, u64)> =
        (0..shape.processes).map(|process| (process, rng.u64(0..=shape.longest))).collect();
    for number in 1..=shape.operations {
        let who = rng.usize(0..clocks.len());
        let (process, from) = clocks[who];
        let to = from + rng.u64(0..=shape.longest);
        let mut operation = begun(process, from);
        operation.completed = Some(to);
        let mut at = Some(rng.u64(from..=to));
        if rng.bool() {
            operation.f = Function::Write;
            (operation.value, operation.id) = (Some(rng.i64(0..shape.values)), Some(number as u64));
            let luck = rng.f64();
            if luck < shape.unknown {
                operation.completion = Completion::Info;
                at = rng.bool().then(|| from + rng.u64(0..=shape.longest * 8));
                // Nobody comes back from it: the client goes on as somebody else.
                clocks[who].0 += shape.processes;
            } else if luck < shape.unknown + shape.failed {
                (operation.completion, at) = (Completion::Fail, None);
            }
            writes.extend(at.map(|at| (at, rng.u32(..), operation.value, operation.id)));
        } else if rng.f64() < shape.stale {
            at = at.map(|at| at.saturating_sub(rng.u64(0..=shape.longest * 4)));
        }
        clocks[who].1 = to + 1 + rng.u64(0..=shape.longest);
        done.push((operation, at));
    }
    writes.sort_unstable();
    let all: Vec<(Option<i64>, Option<u64>)> = done.iter().map(|(write, _)| (write.value, write.id)).collect();
    for (read, at) in done.iter_mut().filter(|(operation, _)| operation.f == Function::Read) {
        let seen = writes.partition_point(|write| Some(write.0) <= *at);
        let found = seen.checked_sub(1).map(|last| (writes[last].2, writes[last].3));
        (read.value, read.id) = found.unwrap_or((Some(INITIAL), Some(super::INITIAL_ID)));
        if rng.f64() < shape.wild
            && let Some(other @ (Some(_), _)) = rng.choice(all.iter().copied())
        {
            (read.value, read.id) = other;
        }
    }
    let mut operations: Vec<Operation> = done.into_iter().map(|(operation, _)| operation).collect();
    operations.sort_by_key(|operation| operation.invoked);
    operations
}

fn begun(process: u32, invoked: u64) -> Operation {
    Operation {
        process,
        f: Function::Read,
        value: None,
        id: None,
        write_time: None,
        node: None,
        invoked,
        completed: None,
        completion: Completion::Ok,
        error: None,
        class: None,
        outcome: None,
    }
}

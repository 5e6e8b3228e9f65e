//! The checkers against each other, against every order there is, and against a checker of somebody else's making.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use porcupine_rs::{CheckResult, Model, Operation as Piece, check_operations_timeout};

use super::action::{Action, NEVER, actions};
use super::register::{Found, Limits, search};
use super::simulated::{INITIAL, Shape, simulated};
use super::{Answer, INITIAL_ID, Rule, judge};
use crate::experiment::RunDir;
use crate::history::{Operation, operations};

/// The register for the other checker.
#[derive(Clone, Debug)]
struct Register;

/// Reads and writes.
#[derive(Clone, Debug)]
enum Access {
    /// What the register holds at the beginning: before all others.
    Begin(Option<i64>),
    Write(Option<i64>),
    Read(Option<i64>),
}

impl Model for Register {
    type State = Option<i64>;
    type Op = Access;
    type Metadata = ();

    fn init() -> Self::State {
        None
    }

    fn step(state: &Self::State, access: &Self::Op) -> (bool, Self::State) {
        match access {
            Access::Begin(value) | Access::Write(value) => (true, *value),
            Access::Read(value) => (value == state, *state),
        }
    }
}

/// What the other checker says. To it a write of which nobody knows is one that ends after everything.
fn porcupine(actions: &[Action], initial: Option<i64>, limit: Duration) -> Answer {
    let piece = |call_time, return_time, op| Piece { client_id: None, call_time, return_time, op, metadata: None };
    let mut pieces: Vec<Piece<Register>> = vec![piece(-2, -1, Access::Begin(initial))];
    pieces.extend(actions.iter().map(|action| {
        let access = if action.read { Access::Read(action.value) } else { Access::Write(action.value) };
        let end = if action.to == NEVER { i64::MAX } else { action.to.cast_signed() };
        piece(action.from.cast_signed(), end, access)
    }));
    match check_operations_timeout(&pieces, limit) {
        CheckResult::Ok => Answer::Legal,
        CheckResult::Illegal => Answer::Illegal,
        CheckResult::Unknown => Answer::Unknown,
    }
}

/// Whether some order explains all; tries every one.
fn some_order(actions: &[Action], value: Option<i64>, open: u32) -> bool {
    let left = || (0..actions.len()).filter(move |one| open & (1 << one) != 0);
    // What was not done for certain may be left out.
    if left().all(|one| !actions[one].definite()) {
        return true;
    }
    left().any(|one| {
        let next = actions[one];
        let first = left().all(|other| other == one || !actions[other].before(next));
        let (fits, after) = if next.read { (next.value == value, value) } else { (true, next.value) };
        first && fits && some_order(actions, after, open & !(1 << one))
    })
}

fn ours(actions: &[Action], initial: Option<i64>) -> Answer {
    match search(actions, initial, Limits::of(actions.len())) {
        Found::Legal => Answer::Legal,
        Found::Illegal { .. } => Answer::Illegal,
        Found::Unknown => Answer::Unknown,
    }
}

/// What bears on the register by the rule with unique numbers, these in place of the values, and the number at the beginning.
fn numbered(history: &[Operation], initial: Option<i64>) -> (Vec<Action>, Option<i64>) {
    let mut actions = actions(history, Rule::Unique);
    for action in &mut actions {
        action.value = history[action.source].id.map(u64::cast_signed);
    }
    (actions, initial.and(Some(INITIAL_ID.cast_signed())))
}

/// A shape for each seed: everything from two processes to eight, one value to many, no luck to much of it.
fn shape(seed: u64, largest: usize) -> Shape {
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x5eed);
    Shape {
        processes: rng.u32(1..=8),
        operations: rng.usize(1..=largest),
        values: *rng.choice(&[1, 2, 3, 5, 5, 5, 1_000]).unwrap(),
        unknown: *rng.choice(&[0.0, 0.1, 0.3, 0.8]).unwrap(),
        failed: *rng.choice(&[0.0, 0.1]).unwrap(),
        stale: *rng.choice(&[0.0, 0.05, 0.3]).unwrap(),
        wild: *rng.choice(&[0.0, 0.0, 0.02, 0.2]).unwrap(),
        longest: *rng.choice(&[2, 6, 20, 1_000_000]).unwrap(),
    }
}

/// Holds the verdicts on simulated histories against the other checker's; gives how many were legal, illegal, and
/// decided by us alone.
fn cross_check(seeds: std::ops::Range<u64>, largest: usize) -> [usize; 3] {
    let mut seen = [0; 3];
    for seed in seeds {
        let history = simulated(&shape(seed, largest), seed);
        let actions = actions(&history, Rule::Honest);
        let ours = ours(&actions, Some(INITIAL));
        let theirs = porcupine(&actions, Some(INITIAL), Duration::from_millis(200));
        match (ours, theirs) {
            (Answer::Legal | Answer::Illegal, Answer::Unknown) => seen[2] += 1,
            (Answer::Legal, Answer::Legal) => seen[0] += 1,
            (Answer::Illegal, Answer::Illegal) => seen[1] += 1,
            _ => panic!("seed {seed}: {ours}, but the other checker says {theirs}: {actions:#?}"),
        }
        let unique = judge(&history, Some(INITIAL)).unique.unwrap();
        if ours == Answer::Illegal {
            assert_eq!(unique, Answer::Illegal, "seed {seed}: what no values explain no numbers do: {actions:#?}");
        }
        let (numbers, first) = numbered(&history, Some(INITIAL));
        let theirs = porcupine(&numbers, first, Duration::from_millis(200));
        assert!(theirs == Answer::Unknown || theirs == unique, "seed {seed}: {unique}, not {theirs}: {numbers:#?}");
    }
    seen
}

#[test]
fn the_other_checker_says_the_same() {
    let [legal, illegal, _] = cross_check(0..2_000, 40);
    assert!(legal > 400 && illegal > 400, "{legal} legal, {illegal} illegal");
}

/// `cargo test --release -p influx-lab --lib -- --ignored --nocapture a_hundred_thousand`
#[test]
#[ignore = "takes minutes, even in a release build"]
fn a_hundred_thousand_histories_are_judged_as_the_other_checker_does() {
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let share = |thread| 1_000_000 + 100_000 * thread / threads;
    let [legal, illegal, alone] = std::thread::scope(|scope| {
        let run = |thread| scope.spawn(move || cross_check(share(thread)..share(thread + 1), 60));
        let runs: Vec<_> = (0..threads).map(run).collect();
        runs.into_iter().map(|run| run.join().unwrap()).fold([0; 3], |a, b| [a[0] + b[0], a[1] + b[1], a[2] + b[2]])
    });
    println!("{legal} legal, {illegal} illegal, {alone} decided by us alone");
    assert!(legal > 10_000 && illegal > 10_000, "{legal} legal, {illegal} illegal, {alone} decided by us alone");
}

#[test]
fn tiny_histories_are_judged_as_trying_every_order_does() {
    for seed in 0..2_500 {
        let history = simulated(&shape(seed, 7), seed);
        for rule in [Rule::Honest, Rule::Unique] {
            let (actions, initial) = match rule {
                Rule::Unique => numbered(&history, Some(INITIAL)),
                Rule::Honest | Rule::Study => (actions(&history, rule), Some(INITIAL)),
            };
            let every = some_order(&actions, initial, (1 << actions.len()) - 1);
            let answer = if every { Answer::Legal } else { Answer::Illegal };
            assert_eq!(ours(&actions, initial), answer, "seed {seed}: {actions:#?}");
            if rule == Rule::Unique {
                assert_eq!(judge(&history, Some(INITIAL)).unique, Some(answer), "seed {seed}: {actions:#?}");
            }
        }
    }
}

/// Numbers are values too: the search and the test by zones can both decide such histories.
#[test]
fn both_ways_agree_where_every_write_has_its_number() {
    let mut seen = [0; 2];
    for seed in 0..800 {
        let history = simulated(&shape(seed, 200), seed);
        let (numbers, initial) = numbered(&history, Some(INITIAL));
        let answer = ours(&numbers, initial);
        assert_eq!(judge(&history, Some(INITIAL)).unique, Some(answer), "seed {seed}");
        seen[usize::from(answer == Answer::Legal)] += 1;
    }
    assert!(seen.iter().all(|answers| *answers > 100), "{seen:?}");
}

/// `INFLUX_LAB_HISTORIES=DIR cargo test --release -p influx-lab --lib -- --ignored --nocapture the_labs_own`
#[test]
#[ignore = "needs the directories of runs"]
fn the_labs_own_histories_are_judged_as_the_other_checker_does() {
    let root = std::env::var_os("INFLUX_LAB_HISTORIES").expect("INFLUX_LAB_HISTORIES names the directory of the runs");
    let mut files = Vec::new();
    histories(Path::new(&root), &mut files);
    assert!(!files.is_empty(), "no {} below {}", RunDir::HISTORY, root.display());
    // By rule: legal, illegal, decided by us alone.
    let mut seen: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for path in files {
        let events = RunDir::at(path.parent().unwrap()).history().unwrap();
        let history = operations(&events).unwrap();
        // The first write is in the history.
        let verdict = judge(&history, None);
        for rule in Rule::ALL {
            let (actions, initial) = match rule {
                Rule::Unique => numbered(&history, None),
                Rule::Study | Rule::Honest => (actions(&history, rule), None),
            };
            // Without a register, as in the runs whose writes each have a time of their own, there is nothing to hold.
            if actions.is_empty() {
                continue;
            }
            let ours = verdict.by(rule).unwrap();
            let theirs = porcupine(&actions, initial, Duration::from_secs(10));
            println!("{}, {rule}: {ours}; the other checker: {theirs}", path.display());
            assert!(theirs == Answer::Unknown || ours == theirs, "{}", path.display());
            assert_ne!(ours, Answer::Unknown, "{}", path.display());
            seen.entry(rule.name()).or_default()[theirs as usize] += 1;
        }
    }
    assert!(!seen.is_empty(), "no register in any history below {}", root.display());
    for (rule, [legal, illegal, alone]) in seen {
        println!("{rule}: {legal} legal, {illegal} illegal, {alone} decided by us alone");
    }
}

fn histories(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            histories(&path, into);
        } else if path.ends_with(RunDir::HISTORY) {
            into.push(path);
        }
    }
}

//! How long the verdict on a history takes.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use influx_lab::checker::{INITIAL, Rule, Shape, counterexample, judge, simulated};
use influx_lab::history::Operation;

fn main() {
    divan::main();
}

const OPERATIONS: usize = 10_000;

/// Ten clients of a register of the values 0 to 4.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Nothing went wrong.
    Healthy,
    /// A third of the writes ended nobody knows how, half of those were done.
    ManyUnknown,
    /// Nearly all of them did.
    NearlyAllUnknown,
    /// As [`Kind::ManyUnknown`], and the last read finds what no write wrote.
    IllegalAtTheEnd,
    /// Every hundredth read is answered by an old copy.
    Stale,
}

const KINDS: [Kind; 5] = [Kind::Healthy, Kind::ManyUnknown, Kind::NearlyAllUnknown, Kind::IllegalAtTheEnd, Kind::Stale];

fn history(kind: Kind, operations: usize) -> Vec<Operation> {
    let legal = Shape { failed: 0.0, unknown: 0.33, ..Shape::legal(10, operations) };
    let shape = match kind {
        Kind::Healthy => Shape { unknown: 0.0, ..legal },
        Kind::ManyUnknown | Kind::IllegalAtTheEnd => legal,
        Kind::NearlyAllUnknown => Shape { unknown: 0.95, ..legal },
        Kind::Stale => Shape { stale: 0.01, unknown: 0.0, ..legal },
    };
    let mut history = simulated(&shape, 7);
    if let (Kind::IllegalAtTheEnd, Some(read)) =
        (kind, history.iter_mut().rfind(|operation| operation.f == influx_lab::history::Function::Read))
    {
        read.value = Some(99);
    }
    history
}

/// All three verdicts.
#[divan::bench(args = KINDS)]
fn verdicts(bencher: Bencher, kind: Kind) {
    let history = history(kind, OPERATIONS);
    bencher.counter(ItemsCount::new(OPERATIONS)).bench_local(|| judge(black_box(&history), Some(INITIAL)));
}

/// Shrinking an illegal history.
#[divan::bench(args = [Kind::IllegalAtTheEnd, Kind::Stale], sample_count = 5, sample_size = 1)]
fn shrinking(bencher: Bencher, kind: Kind) {
    let history = history(kind, OPERATIONS);
    bencher.bench_local(|| counterexample(black_box(&history), Some(INITIAL), Rule::Honest).expect("it is illegal"));
}

//! Nanoseconds of the thread's processor time, and allocations, for each point encoded.

use std::collections::BTreeMap;
use std::hint::black_box;

use influx_client::Point;

use crate::clock::thread_seconds;
use crate::encoders::{
    CachedSeries, Copy, Derived, Encoder, Floor, Influxdb, Influxdb2, LineProtocol, NamesAtRunTime, NamesInTheCode,
    Owned, Questdb,
};
use crate::sample::{Digits, Sample};

/// Points in a batch before it is cleared, and in a round.
const BATCH: usize = 5_000;
const ROUND: usize = 2 * BATCH;
const ROUNDS: usize = 60;
const SAMPLES: usize = 128;

/// A case that encodes many points at a call.
trait Case {
    fn run(&mut self, samples: &[Sample], points: usize);
    /// The first sample, encoded alone.
    fn line(&mut self, samples: &[Sample]) -> String;
}

impl<E: Encoder> Case for E {
    fn run(&mut self, samples: &[Sample], points: usize) {
        let mut next = samples.iter().cycle();
        for point in 0..points {
            if point % BATCH == 0 {
                self.clear();
            }
            if let Some(sample) = next.next() {
                self.put(black_box(sample));
            }
        }
        black_box(self.bytes());
    }

    fn line(&mut self, samples: &[Sample]) -> String {
        self.clear();
        self.put(&samples[0]);
        let line = String::from_utf8(self.bytes().to_vec()).expect("lines are text");
        self.clear();
        line
    }
}

/// What a line says, whatever the order of its fields.
fn meaning(line: &str) -> (String, BTreeMap<String, String>, BTreeMap<String, String>, String) {
    let point: Point = line.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
    let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let fields = point.fields().map(|(key, value)| (key.to_owned(), format!("{value:?}")));
    (point.measurement().to_owned(), point.tags().map(text).collect(), fields.collect(), format!("{:?}", point.time()))
}

struct Figures {
    name: &'static str,
    /// For short and full digits.
    nanoseconds: [f64; 2],
    allocations: f64,
}

/// Prints the table.
pub fn print() {
    let short = measure(Digits::Short);
    let full = measure(Digits::Full);
    let all: Vec<_> = short
        .into_iter()
        .zip(full)
        .map(|((name, short, allocations), (_, full, _))| Figures { name, nanoseconds: [short, full], allocations })
        .collect();
    let floor = &all[1].nanoseconds;
    println!("## Encoding: thread CPU, median of {ROUNDS} rounds of {ROUND} points\n");
    println!("| | short, ns | of the floor | full, ns | of the floor | allocations a point |");
    println!("|---|--:|--:|--:|--:|--:|");
    for Figures { name, nanoseconds: [short, full], allocations } in &all {
        let (of_short, of_full) = (short / floor[0], full / floor[1]);
        println!("| {name} | {short:.0} | {of_short:.2} | {full:.0} | {of_full:.2} | {allocations:.1} |");
    }
    println!();
}

fn measure(digits: Digits) -> Vec<(&'static str, f64, f64)> {
    let samples = Sample::many(SAMPLES, digits);
    let mut cases: Vec<(&'static str, Box<dyn Case>)> = vec![
        ("copy of the ready line", Box::new(Copy::new(&samples))),
        ("floor: literals, itoa, zmij", Box::new(Floor::default())),
        ("**cached series**", Box::new(CachedSeries::default())),
        ("**derive**", Box::new(Derived::default())),
        ("**names in the code**", Box::new(NamesInTheCode::default())),
        ("**names at run time**", Box::new(NamesAtRunTime::default())),
        ("**owned `Point`, made and pushed**", Box::new(Owned::default())),
        ("questdb-rs 7.2, names not checked", Box::new(Questdb::<false>::default())),
        ("questdb-rs 7.2, names checked", Box::new(Questdb::<true>::default())),
        ("influxdb2 0.5", Box::new(Influxdb2::default())),
        ("influxdb-line-protocol 2.0", Box::new(LineProtocol::default())),
        ("influxdb 0.8", Box::new(Influxdb::default())),
    ];
    // Whoever says something else has not done the work.
    let expected = meaning(cases[2].1.line(&samples).trim_end());
    for (name, case) in &mut cases {
        let line = case.line(&samples);
        assert_eq!(meaning(line.trim_end()), expected, "{name}: {line}");
    }
    // A full batch of memory is there before anything is measured.
    let mut allocations = Vec::new();
    for (_, case) in &mut cases {
        case.run(&samples, ROUND);
        let counted = allocation_counter::measure(|| case.run(&samples, ROUND));
        allocations.push(counted.count_total as f64 / ROUND as f64);
    }
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for ((_, case), times) in cases.iter_mut().zip(&mut times) {
            let start = thread_seconds();
            case.run(&samples, ROUND);
            times.push((thread_seconds() - start) * 1e9 / ROUND as f64);
        }
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    cases
        .into_iter()
        .zip(times)
        .zip(allocations)
        .map(|(((name, _), times), allocations)| (name, median(times), allocations))
        .collect()
}

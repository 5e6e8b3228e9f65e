//! Many seeds on several threads.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::SimSettings;
use super::schedule::Schedule;
use super::shrink::shrink;
use super::summary::{Failure, SimSummary};
use super::verdict::{Played, play_and_judge, run_seed};

/// Seeds that a thread takes at a time.
const PIECE: u64 = 64;
/// Failing schedules that are cut down and kept.
const KEPT: u64 = 5;

/// Plays the schedules of all seeds on so many threads, and shortens the first that fail. `progress` hears from time to
/// time how many are done; once it answers `false`, no more are begun.
pub fn run_many(
    seeds: Range<u64>,
    threads: usize,
    settings: &SimSettings,
    progress: impl Fn(u64) -> bool + Sync,
) -> SimSummary {
    let begun = Instant::now();
    let (next, done, failed) = (AtomicU64::new(seeds.start), AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let work = || {
        let mut summary = SimSummary::default();
        while !stop.load(Ordering::Relaxed) {
            let first = next.fetch_add(PIECE, Ordering::Relaxed);
            if first >= seeds.end {
                break;
            }
            let last = first.saturating_add(PIECE).min(seeds.end);
            for seed in first..last {
                let played = run_seed(seed, settings, false);
                summary.count(&played);
                if played.fails() && failed.fetch_add(1, Ordering::Relaxed) < KEPT {
                    summary.failures.push(failure(seed, played, settings));
                }
            }
            let so_far = done.fetch_add(last - first, Ordering::Relaxed) + last - first;
            if !progress(so_far) {
                stop.store(true, Ordering::Relaxed);
            }
        }
        summary
    };
    let threads = threads.max(1);
    let mut summary = SimSummary::default();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            match worker.join() {
                Ok(part) => summary.join(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    summary.took(threads, begun.elapsed());
    summary
}

fn failure(seed: u64, played: Played, settings: &SimSettings) -> Failure {
    let found = played.failures();
    let shortest: Schedule = shrink(played, settings).schedule;
    let again = play_and_judge(shortest, settings, true);
    let wrong: String = again.failures().iter().map(|line| format!("! {line}\n")).collect();
    let trace = again.trace.iter().map(|(time, what)| format!("{:>12.6} s  {what}", *time as f64 / 1e9)).collect();
    Failure { seed, found, shortest: format!("{}{wrong}", again.schedule), trace }
}

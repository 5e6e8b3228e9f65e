//! The result of a run in a few lines.

use crate::checker::Verdict;
use crate::figures::Figures;

pub(super) fn lines(figures: &Figures, verdict: Option<&Verdict>) -> Vec<String> {
    let mut lines = Vec::new();
    let ends = figures.writes;
    lines.push(format!("writes: {} acknowledged, {} unknown, {} not stored", ends.ok, ends.info, ends.fail));
    for (what, read, ok) in [("writes", false, true), ("other writes", false, false), ("reads", true, true)] {
        let phase = |partition| figures.latency(read, ok, partition).map(|ms| ms.to_string());
        let phases = [("network whole", phase(false)), ("partition", phase(true))];
        let told: Vec<String> = phases.into_iter().filter_map(|(phase, ms)| Some(format!("{phase} {}", ms?))).collect();
        if !told.is_empty() {
            lines.push(format!("{what}, p50/p95/p99/max in ms: {}", told.join(", ")));
        }
    }
    if let Some(register) = figures.register {
        let differ = if register.unequal.k > 0 { "differ" } else { "are equal" };
        let known = if register.unequal.n > 0 { differ } else { "are not known" };
        lines.push(format!(
            "stale reads: {}; replicas {known} in the end, owners on an outdated value: {}",
            register.stale_reads, register.outdated_owners
        ));
    }
    if let Some(timed) = figures.timed {
        lines.push(format!(
            "acknowledged and missing on an owner: {}, on all: {}; not acknowledged and on an owner: {}",
            timed.acked_missing, timed.acked_nowhere, timed.unacked_somewhere
        ));
        lines.push(format!("shards made: {}", figures.shards_made.iter().sum::<u64>()));
    }
    for side in &figures.sides {
        let ms = side.latency.map(|ms| ms.to_string()).unwrap_or_default();
        lines.push(format!("writes begun {}: {} ({} acknowledged), {ms} ms", side.side.words(), side.n, side.ok));
    }
    for error in &figures.errors {
        lines.push(format!("{} × {} ({})", error.n, error.error, error.class));
    }
    if let Some(verdict) = verdict {
        lines.push(format!("linearizable? {verdict}"));
    }
    lines
}

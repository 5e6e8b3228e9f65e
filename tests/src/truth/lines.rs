//! The history and the faults of a run, from those of its rounds.

use std::collections::BTreeMap;

use influx_client::Outcome;

use super::writers::Written;
use crate::history::{Event, FaultEvent, Function, Kind};

/// The files of a run, round after round: each begins where the one before it ended.
#[derive(Debug, Default)]
pub(super) struct Lines {
    events: Vec<Event>,
    /// What was done to the clusters, until now.
    pub(super) faults: Vec<FaultEvent>,
    processes: u32,
    offset: u64,
}

impl Lines {
    /// Adds a round: what was written in it, and what was done to its cluster.
    pub(super) fn add(&mut self, round: &str, written: &[Written], faults: Vec<FaultEvent>) {
        let last_claim = written.iter().map(|one| one.claim.ended).max().unwrap_or_default();
        let end = faults.iter().map(|fault| fault.time).max().unwrap_or_default().max(last_claim);
        let offset = self.offset;
        let mut next = self.processes;
        // Calls of a background writer overlap, so each call of a writer that is open when another begins is a process
        // of its own; and one that nobody knows the end of never comes back.
        let mut free: BTreeMap<u32, Vec<(u64, u32)>> = BTreeMap::new();
        let mut sorted: Vec<&Written> = written.iter().filter(|one| one.claim.ended > 0).collect();
        sorted.sort_by_key(|one| one.claim.began);
        for one in sorted {
            let claim = &one.claim;
            let known = free.entry(one.writer).or_default();
            let place = known.iter().position(|(until, _)| *until < claim.began);
            let process = match place {
                Some(place) => known.swap_remove(place).1,
                None => {
                    next += 1;
                    next - 1
                }
            };
            let event = |kind, time| Event {
                process,
                kind,
                f: Function::TimedWrite,
                value: i64::try_from(claim.batch).ok(),
                time: offset + time,
                node: claim.requests.last().map(|request| format!("{round} node {}", request.node)),
                id: Some(claim.batch),
                write_time: one.planned.lines.iter().find_map(|line| line.time),
                error: None,
                class: None,
                outcome: None,
            };
            self.events.push(event(Kind::Invoke, claim.began));
            let kind = match claim.outcome {
                Outcome::Stored => Kind::Ok,
                Outcome::NotStored => Kind::Fail,
                Outcome::PartlyStored | Outcome::Unknown | Outcome::Deferred | Outcome::BelowLevel => Kind::Info,
            };
            let told = |text: &str| (kind != Kind::Ok).then(|| text.to_owned());
            self.events.push(Event {
                error: told(&claim.words),
                class: told(claim.class.id()),
                outcome: told(claim.outcome.id()),
                ..event(kind, claim.ended.max(claim.began + 1))
            });
            if kind != Kind::Info {
                known.push((claim.ended.max(claim.began + 1), process));
            }
        }
        let moved = |fault: FaultEvent| FaultEvent {
            time: offset + fault.time,
            whom: format!("{round} {}", fault.whom),
            ..fault
        };
        self.faults.extend(faults.into_iter().map(moved));
        self.processes = next;
        self.offset += end + 1;
    }

    /// The history of all rounds, in the order of time.
    pub(super) fn history(&mut self) -> Vec<Event> {
        self.events.sort_by_key(|event| event.time);
        std::mem::take(&mut self.events)
    }
}

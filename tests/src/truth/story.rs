//! Everything that is known of a false claim, for a person to find out why.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::evidence::PointEnd;
use super::writers::Written;
use super::{FalseClaim, Request, nanoseconds};
use crate::history::Interval;

/// One false claim of the client, with all that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// The round, for example `1.8-2`.
    pub round: String,
    /// The seed of the run.
    pub seed: u64,
    /// What does not hold.
    pub claim: FalseClaim,
    /// What the client said: class, outcome, counts, the lines it named, and the error in words.
    pub said: String,
    /// The lines of the batch.
    pub lines: Vec<String>,
    /// Where they are: for each line the nodes that have it.
    pub ends: Vec<Vec<u64>>,
    /// The requests and what came back.
    pub requests: Vec<ToldRequest>,
    /// The faults in force from the beginning of the call to its end.
    pub faults: Vec<String>,
    /// Lines of the nodes' logs that name a point of the batch.
    pub logs: Vec<String>,
}

/// One request of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldRequest {
    /// The data node that was asked.
    pub node: u64,
    /// Seconds since the run began.
    pub at: String,
    /// Milliseconds.
    pub took: u64,
    /// How many points it held.
    pub points: usize,
    /// Bytes of its body that were sent.
    pub sent: u64,
    /// The status, the class, what it told of the points, and the server's message.
    pub reply: String,
}

/// The round that a story is from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    /// Its name.
    pub round: &'a str,
    /// The seed of the run.
    pub seed: u64,
    /// All faults of it.
    pub faults: &'a [Interval],
    /// Whole logs, by the node's name.
    pub logs: &'a [(String, String)],
}

/// Lines of the logs that a story has at most.
const MOST: usize = 60;

impl Setting<'_> {
    /// Tells it.
    #[must_use]
    pub(super) fn story(&self, claim: FalseClaim, written: &Written, ends: &[PointEnd]) -> Story {
        let said = &written.claim;
        let seconds = |time: u64| format!("{:.3}", Duration::from_nanos(time).as_secs_f64());
        let during = |fault: &&Interval| fault.from <= said.ended && fault.to >= said.began;
        let fault = |fault: &Interval| {
            format!("{} of {} from {} s to {} s", fault.fault, fault.whom, seconds(fault.from), seconds(fault.to))
        };
        let name = format!("={}-", written.planned.batch);
        let named = self.logs.iter().flat_map(|(node, log)| {
            log.lines().filter(|line| line.contains(&name)).map(move |line| format!("{node}: {line}"))
        });
        Story {
            round: self.round.to_owned(),
            seed: self.seed,
            claim,
            said: format!(
                "writer {} asked for {} from {} s to {} s: {} / {}, {}, refused {:?}, caveats {:?}. {}",
                written.writer,
                written.planned.level,
                seconds(said.began),
                seconds(said.ended),
                said.class_text(),
                said.outcome,
                said.tally,
                said.refused,
                said.caveats,
                said.words,
            ),
            lines: written.planned.text(),
            ends: ends.iter().map(|end| end.copies.keys().copied().collect()).collect(),
            requests: said.requests.iter().map(|request| told(request, said.began)).collect(),
            faults: self.faults.iter().filter(during).map(fault).collect(),
            logs: named.take(MOST).collect(),
        }
    }
}

fn told(request: &Request, began: u64) -> ToldRequest {
    let at = Duration::from_nanos(began.saturating_add(nanoseconds(request.started)));
    let status = request.status.map_or("no answer".to_owned(), |status| status.to_string());
    let message = request.message.as_deref().unwrap_or_default();
    ToldRequest {
        node: request.node,
        at: format!("{:.3}", at.as_secs_f64()),
        took: u64::try_from(request.elapsed.as_millis()).unwrap_or(u64::MAX),
        points: request.points,
        sent: request.sent,
        reply: format!("{status}: {} / {} {message}", request.class.id(), request.outcome),
    }
}

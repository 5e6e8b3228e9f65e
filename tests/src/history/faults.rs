//! What was done to the cluster during a run.

use serde::{Deserialize, Serialize};

/// A fault that began or ended, as a line of `nemesis.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultEvent {
    /// Nanoseconds since the run began; when it was in force, or over, everywhere.
    pub time: u64,
    /// Whether it began; it ended otherwise.
    pub begins: bool,
    /// Its kind, in the words of `influx-cli fault`: `partition`, `kill`, `pause` and so on.
    pub fault: String,
    /// Whom it struck: a node, or the sides of a partition (`node1,node2 | node3`).
    pub whom: String,
}

/// From the beginning of a fault to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Nanoseconds since the run began.
    pub from: u64,
    /// Likewise; the end of the run where the fault was not ended.
    pub to: u64,
    /// See [`FaultEvent::fault`].
    pub fault: String,
    /// See [`FaultEvent::whom`].
    pub whom: String,
}

/// Joins beginnings with ends of the same fault to the same nodes, in the order of the beginnings. `end` is that of the run.
#[must_use]
pub fn intervals(events: &[FaultEvent], end: u64) -> Vec<Interval> {
    let mut all: Vec<(Interval, bool)> = Vec::new();
    for event in events {
        if event.begins {
            let FaultEvent { time, fault, whom, .. } = event.clone();
            all.push((Interval { from: time, to: end, fault, whom }, true));
            continue;
        }
        let same = |(interval, open): &&mut (Interval, bool)| {
            *open && interval.fault == event.fault && interval.whom == event.whom
        };
        if let Some((interval, open)) = all.iter_mut().find(same) {
            (interval.to, *open) = (event.time, false);
        }
    }
    all.into_iter().map(|(interval, _)| interval).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: u64, begins: bool, whom: &str) -> FaultEvent {
        FaultEvent { time, begins, fault: "kill".into(), whom: whom.into() }
    }

    #[test]
    fn a_fault_that_does_not_end_lasts_to_the_end() {
        let events = [event(1, true, "a"), event(2, true, "b"), event(3, false, "a"), event(4, true, "a")];
        let spans: Vec<_> = intervals(&events, 9).into_iter().map(|i| (i.whom, i.from, i.to)).collect();
        assert_eq!(spans, [("a".into(), 1, 3), ("b".into(), 2, 9), ("a".into(), 4, 9)]);
    }
}

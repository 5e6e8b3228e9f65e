//! Is a history of a register linearizable, where every write has a number of its own?
//!
//! Then every read says which write it saw, and the question is decided in O(n log n) by zones (Gibbons and Korach,
//! *Testing Shared Memories*, 1997). A write and the reads that found it are a cluster: nothing else can take effect
//! between them, so clusters are in an order as a whole. Its zone lies between the first end and the last beginning of
//! its operations. Two clusters of which each has an operation that ended before one of the other began contradict each
//! other, and a history without such a pair is legal.

use std::collections::HashMap;

use super::action::{Action, NEVER};
use crate::history::Operation;

/// The number that reads give for the value at the beginning, which no write of the history made.
pub const INITIAL_ID: u64 = 0;

/// What the test found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Zones {
    Legal,
    Illegal(Contradiction),
    /// The history has no numbers, or not everywhere, or two writes of the same one.
    NoNumbers,
}

/// Why no order explains the history. Numbers are of actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Contradiction {
    /// A read found a number that no write has which may have been done.
    Unwritten { read: usize },
    /// A read ended before the write began that it found.
    TooEarly { read: usize, write: usize },
    /// A read found the number of one write and the value of another one.
    Torn { read: usize, write: usize },
    /// `first.0` ended before `first.1` began, and `second.0` before `second.1`; `first.0` and `second.1` found or made one
    /// number, `second.0` and `first.1` another. `None` is the making of the initial value.
    Crossed { first: (Option<usize>, usize), second: (Option<usize>, usize), writes: [Option<usize>; 2] },
}

/// A write and the reads that found it.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    place: usize,
    write: Option<usize>,
    /// When the first of its operations ended, and which it is.
    end: u64,
    ended: Option<usize>,
    /// When the last of them began; `None` for the initial value before anybody read it.
    begin: Option<u64>,
}

/// Decides it. `operations` are those that the actions come from.
pub(super) fn zones(actions: &[Action], operations: &[Operation], initial: Option<i64>) -> Zones {
    let id = |action: &Action| operations[action.source].id;
    // The initial value was there before everything.
    let mut clusters = vec![Cluster { place: 0, write: None, end: 0, ended: None, begin: None }];
    let mut of: HashMap<Option<u64>, usize> = HashMap::new();
    for (number, action) in actions.iter().enumerate().filter(|(_, action)| !action.read) {
        let Some(id) = id(action) else { return Zones::NoNumbers };
        if of.insert(Some(id), clusters.len()).is_some() {
            return Zones::NoNumbers;
        }
        let begin = Some(action.from);
        let place = clusters.len();
        clusters.push(Cluster { place, write: Some(number), end: action.to, ended: Some(number), begin });
    }
    if initial.is_some() {
        of.entry(Some(INITIAL_ID)).or_insert(0);
    } else {
        of.insert(None, 0);
    }
    if actions.iter().any(|action| action.read && action.value.is_some() && id(action).is_none()) {
        return Zones::NoNumbers;
    }
    let mut read = vec![false; clusters.len()];
    for (number, action) in actions.iter().enumerate().filter(|(_, action)| action.read) {
        let Some(&place) = of.get(&id(action)) else {
            return Zones::Illegal(Contradiction::Unwritten { read: number });
        };
        let cluster = &mut clusters[place];
        let written = cluster.write.map_or(initial, |write| actions[write].value);
        if let Some(write) = cluster.write
            && action.to < actions[write].from
        {
            return Zones::Illegal(Contradiction::TooEarly { read: number, write });
        }
        if action.value != written {
            return Zones::Illegal(match cluster.write {
                Some(write) => Contradiction::Torn { read: number, write },
                None => Contradiction::Unwritten { read: number },
            });
        }
        read[place] = true;
        if cluster.ended.is_some() && action.to < cluster.end {
            (cluster.end, cluster.ended) = (action.to, Some(number));
        }
        cluster.begin = cluster.begin.max(Some(action.from));
    }
    // A write that nobody saw, and of which nobody knows, need not have been done.
    clusters.retain(|cluster| read[cluster.place] || cluster.end != NEVER);
    let Some([a, b]) = crossed(&clusters) else { return Zones::Legal };
    // Of all that show it, what ended first.
    let shows = |ended: &Cluster, begun: &Cluster| {
        let those = actions.iter().enumerate().filter(|(_, action)| of.get(&id(action)) == Some(&begun.place));
        let after = those.filter(|(_, action)| ended.ended.is_none() || ended.end < action.from);
        let first = after.min_by_key(|(_, action)| action.to);
        (ended.ended, first.expect("crossed clusters have an operation that began after the other's first end").0)
    };
    Zones::Illegal(Contradiction::Crossed { first: shows(&a, &b), second: shows(&b, &a), writes: [a.write, b.write] })
}

/// Finds two clusters of which each would have to come before the other.
fn crossed(clusters: &[Cluster]) -> Option<[Cluster; 2]> {
    // Only the initial value has an end without an operation; it lies before every time.
    let ended_before = |a: &Cluster, b: &Cluster| b.begin.is_some_and(|begin| a.ended.is_none() || a.end < begin);
    let contradiction = |a: &Cluster, b: &Cluster| (ended_before(a, b) && ended_before(b, a)).then_some([*a, *b]);
    // Clusters with a time that only they can have had, in the order of these times: no two of them may overlap, and
    // no time of those that could have happened at once may lie within one of them.
    let (mut lasting, brief): (Vec<&Cluster>, Vec<&Cluster>) =
        clusters.iter().partition(|cluster| ended_before(cluster, cluster));
    lasting.sort_by_key(|cluster| (cluster.ended.is_some(), cluster.end));
    if let Some(found) = lasting.windows(2).find_map(|pair| contradiction(pair[0], pair[1])) {
        return Some(found);
    }
    brief.into_iter().find_map(|cluster| {
        let after = lasting.partition_point(|lasting| ended_before(lasting, cluster));
        contradiction(lasting[after.checked_sub(1)?], cluster)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::{read, unknown, write};
    use super::super::{Answer, Rule, counterexample, judge};
    use super::*;
    use crate::history::Completion;

    /// The verdict with 7 as the initial value, and why.
    fn of(operations: &[Operation]) -> (Option<Answer>, String) {
        let why = counterexample(operations, Some(7), Rule::Unique).map(|shown| shown.why).unwrap_or_default();
        (judge(operations, Some(7)).unique, why)
    }

    fn first(process: u32, invoked: u64, completed: u64) -> Operation {
        Operation { id: Some(INITIAL_ID), ..read(process, 7, invoked, completed) }
    }

    #[test]
    fn what_the_reads_found_in_turn_is_legal() {
        let legal = |operations: &[Operation]| assert_eq!(of(operations), (Some(Answer::Legal), String::new()));
        legal(&[]);
        legal(&[first(0, 1, 2), write(1, 1, 1, 5), read(0, 1, 3, 4), unknown(2, 2, 6), read(0, 2, 90, 91)]);
        // Nobody saw it, nobody knows of it: it was not done. Nor was this one, which failed.
        legal(&[
            write(0, 1, 1, 2),
            unknown(1, 2, 3),
            Operation { completion: Completion::Fail, ..write(2, 3, 3, 4) },
            read(0, 1, 5, 6),
        ]);
        // What ends at the instant at which another begins is under way with it.
        legal(&[write(0, 1, 1, 2), first(1, 2, 3)]);
    }

    #[test]
    fn each_contradiction_is_told() {
        let illegal = |operations: &[Operation], wanted: &str| {
            assert_eq!(of(operations), (Some(Answer::Illegal), wanted.to_owned()));
        };
        illegal(&[read(0, 1, 1, 2)], "process 0 read number 1, value 1 (1 ns to 2 ns), but no write has that number");
        illegal(
            &[Operation { completion: Completion::Fail, ..write(4, 1, 1, 2) }, read(0, 1, 3, 4)],
            "process 0 read number 1, value 1 (3 ns to 4 ns), but that write of process 4 had failed",
        );
        illegal(
            &[read(0, 1, 1, 2), unknown(1, 1, 3)],
            "process 0 read number 1, value 1 (1 ns to 2 ns), but process 1 made write number 1, value 1 (from 3 ns on, its \
             end unknown): only after it",
        );
        illegal(
            &[write(1, 1, 1, 2), Operation { value: Some(5), ..read(0, 1, 3, 4) }],
            "process 0 read number 1, value 5 (3 ns to 4 ns), but process 1 made write number 1, value 1 (1 ns to 2 ns): \
             another value",
        );
        illegal(
            &[write(1, 1, 1, 2), first(0, 3, 4)],
            "the initial value was there before process 1 made write number 1, value 1 (1 ns to 2 ns); yet process 1 made \
             write number 1, value 1 (1 ns to 2 ns) before process 0 read number 0, value 7 (3 ns to 4 ns)",
        );
        illegal(
            &[write(1, 1, 1, 20), write(2, 2, 1, 20), read(3, 1, 2, 3), read(3, 2, 4, 5), read(3, 1, 6, 7)],
            "process 3 read number 1, value 1 (2 ns to 3 ns) before process 3 read number 2, value 2 (4 ns to 5 ns); yet \
             process 3 read number 2, value 2 (4 ns to 5 ns) before process 3 read number 1, value 1 (6 ns to 7 ns)",
        );
    }

    #[test]
    fn without_numbers_there_is_no_verdict() {
        let without = |operation| Operation { id: None, ..operation };
        assert_eq!(of(&[without(write(0, 1, 1, 2))]).0, None);
        assert_eq!(of(&[write(0, 1, 1, 2), without(read(0, 1, 3, 4))]).0, None);
        assert_eq!(of(&[write(0, 1, 1, 2), write(0, 1, 3, 4)]).0, None, "two of the same number");
    }

    #[test]
    fn a_register_may_hold_nothing_at_first() {
        let nothing = |invoked| Operation { id: None, value: None, ..read(0, 0, invoked, invoked + 1) };
        assert_eq!(judge(&[nothing(1), write(0, 1, 3, 4)], None).unique, Some(Answer::Legal));
        assert_eq!(judge(&[write(0, 1, 3, 4), nothing(5)], None).unique, Some(Answer::Illegal));
        assert_eq!(judge(&[nothing(1)], Some(7)).unique, Some(Answer::Illegal), "there was something");
        assert_eq!(judge(&[first(0, 1, 2)], None).unique, Some(Answer::Illegal), "there was nothing");
    }
}

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
    /// `first.0` ended before `second.1` began, and `second.0` before `first.1`; `first.0` and `first.1` found or made one
    /// number, `second.0` and `second.1` another. `None` is the making of the initial value.
    Crossed { first: (Option<usize>, usize), second: (Option<usize>, usize), writes: [Option<usize>; 2] },
}

/// A write and the reads that found it.
#[derive(Clone, Copy, Debug)]
struct Cluster {
    write: Option<usize>,
    /// When the first of its operations ended, and which it is.
    end: u64,
    ended: Option<usize>,
    /// When the last of them began; `None` for the initial value before anybody read it.
    begin: Option<(u64, usize)>,
}

/// Decides it. `operations` are those that the actions come from.
pub(super) fn zones(actions: &[Action], operations: &[Operation], initial: Option<i64>) -> Zones {
    let id = |action: &Action| operations[action.source].id;
    // The initial value was there before everything.
    let mut clusters = vec![Cluster { write: None, end: 0, ended: None, begin: None }];
    let mut of: HashMap<Option<u64>, usize> = HashMap::new();
    for (number, action) in actions.iter().enumerate().filter(|(_, action)| !action.read) {
        let Some(id) = id(action) else { return Zones::NoNumbers };
        if of.insert(Some(id), clusters.len()).is_some() {
            return Zones::NoNumbers;
        }
        let begin = Some((action.from, number));
        clusters.push(Cluster { write: Some(number), end: action.to, ended: Some(number), begin });
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
        if cluster.begin.is_none_or(|(begin, _)| begin < action.from) {
            cluster.begin = Some((action.from, number));
        }
    }
    // A write that nobody saw, and of which nobody knows, need not have been done.
    let done = |(place, cluster): &(usize, Cluster)| read[*place] || cluster.end != NEVER;
    let clusters: Vec<_> = clusters.into_iter().enumerate().filter(done).map(|(_, cluster)| cluster).collect();
    crossed(&clusters).map_or(Zones::Legal, Zones::Illegal)
}

/// Finds two clusters of which each would have to come before the other.
fn crossed(clusters: &[Cluster]) -> Option<Contradiction> {
    // Only the initial value has an end without an operation; it lies before every time.
    let ended_before = |a: &Cluster, b: &Cluster| b.begin.is_some_and(|(begin, _)| a.ended.is_none() || a.end < begin);
    let contradiction = |a: &Cluster, b: &Cluster| {
        let (Some((_, last_of_a)), Some((_, last_of_b))) = (a.begin, b.begin) else { return None };
        (ended_before(a, b) && ended_before(b, a)).then(|| Contradiction::Crossed {
            first: (a.ended, last_of_a),
            second: (b.ended, last_of_b),
            writes: [a.write, b.write],
        })
    };
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

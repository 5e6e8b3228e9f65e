//! On which side of a cut a node was.

use serde::{Deserialize, Serialize};

use super::{Material, Quantiles};
use crate::history::{Completion, Function};

/// The side of a cut on which the node that was asked stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Side {
    /// Whether the first node was on it too: in 0.10 the only meta node that the others ask.
    pub with_first: bool,
    /// Whether more than half of the nodes were.
    pub majority: bool,
}

/// The writes that began on one side of a cut.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SideFigures {
    /// Which.
    pub side: Side,
    /// How many began.
    pub n: u64,
    /// How many were acknowledged.
    pub ok: u64,
    /// How many took longer than a second.
    pub over_a_second: u64,
    /// How long they took, however they ended; of runs on a busy machine only where there are no others.
    pub latency: Option<Quantiles>,
}

impl Side {
    /// All of them, as in the table of the real clusters.
    pub const ALL: [Self; 4] = [
        Self { with_first: true, majority: true },
        Self { with_first: true, majority: false },
        Self { with_first: false, majority: true },
        Self { with_first: false, majority: false },
    ];

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match (self.with_first, self.majority) {
            (true, true) => "on n1's side, majority",
            (true, false) => "on n1's side, minority",
            (false, true) => "on the other side, majority",
            (false, false) => "on the other side, minority",
        }
    }

    /// The side of a node in a partition, told as in [`FaultEvent::whom`](crate::history::FaultEvent::whom), of a cluster
    /// of these data nodes.
    #[must_use]
    pub fn of(node: &str, whom: &str, nodes: &[String]) -> Option<Self> {
        let names = |side: &'_ str| side.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>();
        let sides: Vec<Vec<String>> = whom.split('|').map(names).collect();
        let mine = sides.iter().find(|side| side.iter().any(|name| name == node))?;
        let datas = mine.iter().filter(|name| nodes.contains(name)).count();
        let with_first = nodes.first().is_some_and(|first| mine.contains(first));
        Some(Self { with_first, majority: 2 * datas > nodes.len() })
    }
}

/// The writes of these runs that began in a partition, by side. Latencies are those of calm runs, unless all were `busy`.
pub(super) fn by_side(runs: &[Material], busy: bool) -> Vec<SideFigures> {
    let mut found =
        Side::ALL.map(|side| (SideFigures { side, n: 0, ok: 0, over_a_second: 0, latency: None }, Vec::new()));
    for run in runs {
        let writes = run.operations.iter().filter(|operation| operation.f == Function::TimedWrite);
        for write in writes {
            let cut = run.cut_at(write.invoked);
            let side = cut.zip(write.node.as_deref()).and_then(|(cut, node)| Side::of(node, &cut.whom, &run.run.nodes));
            let (Some(side), Some(completed)) = (side, write.completed) else { continue };
            let nanos = completed - write.invoked;
            if let Some((figures, took)) = found.iter_mut().find(|(figures, _)| figures.side == side) {
                figures.n += 1;
                figures.ok += u64::from(write.completion == Completion::Ok);
                figures.over_a_second += u64::from(nanos > 1_000_000_000);
                if busy || run.run.is_calm() {
                    took.push(nanos);
                }
            }
        }
    }
    let figures = found.into_iter().map(|(side, took)| SideFigures { latency: Quantiles::of(took), ..side });
    figures.filter(|side| side.n > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_nodes_do_not_make_a_majority() {
        let nodes: Vec<String> = (1..=5).map(|number| format!("data{number}")).collect();
        let whom = "data1,meta1,data2,meta2 | data3,meta3,data4,data5";
        assert_eq!(Side::of("data1", whom, &nodes), Some(Side { with_first: true, majority: false }));
        assert_eq!(Side::of("data4", whom, &nodes), Some(Side { with_first: false, majority: true }));
        assert_eq!(Side::of("data9", whom, &nodes), None);
    }
}

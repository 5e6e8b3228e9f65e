//! What cluster an experiment needs.

use std::path::PathBuf;

use influx_server_mock::{Options, Profile, Topology};

/// A cluster before it is started.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which system it is to answer like.
    pub profile: Profile,
    /// How many nodes of which kind.
    pub topology: Topology,
    /// The switches of every node.
    pub options: Options,
    /// Where it keeps its files; made when it is not there, removed at the end.
    pub dir: PathBuf,
}

/// The nodes that stand on one machine: they are never cut from each other.
pub type Machine = Vec<String>;

/// How many meta nodes there are where they stand apart.
const METAS: usize = 3;

impl Plan {
    /// The cluster that the study's figures were taken on, with so many data nodes: in 0.10 each of them is a meta node
    /// too; in 1.8 three meta nodes stand on the machines of the first data nodes.
    #[must_use]
    pub fn study(profile: Profile, nodes: usize, options: Options, dir: PathBuf) -> Self {
        let topology = match profile {
            Profile::V0_10 => Topology::Both { nodes },
            Profile::V1_8 => Topology::Apart { meta: METAS.min(nodes), data: nodes },
        };
        Self { profile, topology, options, dir }
    }

    /// The machines, in the order of their data nodes.
    #[must_use]
    pub fn machines(&self) -> Vec<Machine> {
        match self.topology {
            Topology::Both { nodes } => (1..=nodes).map(|number| vec![format!("node{number}")]).collect(),
            Topology::Apart { meta, data } => (1..=meta.max(data))
                .map(|number| {
                    let data = (number <= data).then(|| format!("data{number}"));
                    let meta = (number <= meta).then(|| format!("meta{number}"));
                    data.into_iter().chain(meta).collect()
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machines(profile: Profile, nodes: usize) -> Vec<String> {
        let plan = Plan::study(profile, nodes, Options::new(profile), PathBuf::new());
        plan.machines().into_iter().map(|machine| machine.join("+")).collect()
    }

    #[test]
    fn the_meta_nodes_of_1_8_stand_beside_the_first_data_nodes() {
        assert_eq!(machines(Profile::V0_10, 3), ["node1", "node2", "node3"]);
        assert_eq!(machines(Profile::V1_8, 5), ["data1+meta1", "data2+meta2", "data3+meta3", "data4", "data5"]);
        assert_eq!(machines(Profile::V1_8, 2), ["data1+meta1", "data2+meta2"]);
    }
}

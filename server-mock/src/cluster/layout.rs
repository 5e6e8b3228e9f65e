//! Names, ids and addresses of a cluster's nodes.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ports::{Holder, Ports};
use crate::runtime::{DataAddress, MetaAddress, NodeConfig};
use crate::{Options, Profile};

/// How many nodes of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topology {
    /// Meta nodes and data nodes are different processes: `meta1` …, `data1` ….
    Apart {
        /// Meta nodes.
        meta: usize,
        /// Data nodes.
        data: usize,
    },
    /// Every node is both: `node1` ….
    Both {
        /// Nodes.
        nodes: usize,
    },
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Keeps the metadata.
    Meta,
    /// Keeps shards.
    Data,
    /// Both.
    Both,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Meta => "meta",
            Self::Data => "data",
            Self::Both => "both",
        })
    }
}

/// Where some nodes of a cluster are, if that is not on loopback: a network namespace, which is a machine of its own to
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The names of the nodes.
    pub nodes: Vec<String>,
    /// The address that they listen at, and by which the others and this process reach them.
    pub address: Ipv4Addr,
    /// What stands before the program on their command lines, such as `ip netns exec NAME`. It has to become the program,
    /// rather than start it: signals are for the process that is started.
    pub launcher: Vec<String>,
}

/// A topology that cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a cluster needs at least one meta node and one data node, and at most {MAX_NODES} of each")]
pub struct TopologyError;

/// More would not fit a small machine.
const MAX_NODES: usize = 64;

/// A node's place in the cluster, before it has addresses.
struct Place {
    name: String,
    role: Role,
    meta_id: Option<u64>,
    data_id: Option<u64>,
}

impl Topology {
    /// Names and ids, given out as the real clusters do: from one counter, and in clusters of nodes that are both, the
    /// first node is 1/1 and each later one takes a meta id and then a data id.
    fn places(self) -> Result<Vec<Place>, TopologyError> {
        let within = |count: usize| (1..=MAX_NODES).contains(&count);
        match self {
            Self::Apart { meta, data } if within(meta) && within(data) => {
                let metas = (1..=meta as u64).map(|n| Place {
                    name: format!("meta{n}"),
                    role: Role::Meta,
                    meta_id: Some(n),
                    data_id: None,
                });
                let datas = (1..=data as u64).map(|n| Place {
                    name: format!("data{n}"),
                    role: Role::Data,
                    meta_id: None,
                    data_id: Some(meta as u64 + n),
                });
                Ok(metas.chain(datas).collect())
            }
            Self::Both { nodes } if within(nodes) => Ok((1..=nodes as u64)
                .map(|n| {
                    let (meta_id, data_id) = if n == 1 { (1, 1) } else { (2 * n - 2, 2 * n - 1) };
                    Place { name: format!("node{n}"), role: Role::Both, meta_id: Some(meta_id), data_id: Some(data_id) }
                })
                .collect()),
            Self::Apart { .. } | Self::Both { .. } => Err(TopologyError),
        }
    }
}

/// A node with its role and the configuration to start it with.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) role: Role,
    pub(super) config: NodeConfig,
}

/// A cluster before it is started.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) nodes: Vec<Planned>,
    /// Files that keep the cluster's ports from others; see [`release`](super::ports::release).
    pub(super) reservations: Vec<PathBuf>,
}

/// Why a cluster could not be planned.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlanError {
    #[error(transparent)]
    Topology(#[from] TopologyError),
    #[error("no free ports: {0}")]
    Ports(#[from] io::Error),
}

/// Gives every node of a cluster its addresses on loopback and its configuration; files go below `dir`. The ports stay
/// reserved for the cluster while `holder` holds them. With a base port they are the ones from there on, in a row.
pub(super) fn plan(
    topology: Topology,
    profile: Profile,
    options: &Options,
    dir: &Path,
    holder: Holder,
    base_port: Option<u16>,
) -> Result<Plan, PlanError> {
    let places = topology.places()?;
    let mut ports = match base_port {
        Some(first) => Ports::in_a_row(holder, first),
        None => Ports::new(holder),
    };
    let cluster = fastrand::u64(1..);
    let token: String = std::iter::repeat_with(fastrand::alphanumeric).take(32).collect();
    let (mut metas, mut datas) = (Vec::new(), Vec::new());
    // The addresses that people type come first.
    let data_count = places.iter().filter(|place| place.data_id.is_some()).count();
    let mut public = (0..data_count).map(|_| ports.next()).collect::<Result<Vec<_>, _>>()?.into_iter();
    for place in &places {
        if let Some(id) = place.meta_id {
            metas.push(MetaAddress { name: place.name.clone(), id, http: ports.next()?, tcp: ports.next()? });
        }
        if let Some(id) = place.data_id {
            let http = public.next().expect("as many as there are data parts");
            datas.push(DataAddress { name: place.name.clone(), id, http, tcp: ports.next()? });
        }
    }
    let nodes = places.into_iter().map(|place| {
        let config = NodeConfig {
            dir: dir.join(&place.name),
            name: place.name,
            profile,
            options: options.clone(),
            cluster,
            admin: ports.next()?,
            token: token.clone(),
            meta_id: place.meta_id,
            data_id: place.data_id,
            metas: metas.clone(),
            join: joined_through(topology, profile, &metas),
            datas: datas.clone(),
        };
        Ok(Planned { role: place.role, config })
    });
    let nodes = nodes.collect::<Result<_, PlanError>>()?;
    Ok(Plan { nodes, reservations: ports.into_reservations() })
}

/// The meta nodes that the data part of a node knows until it is started again, if that is not all of them.
///
/// In 0.10 a node keeps to the list that it was started with, and nodes that are both are begun by starting the first one
/// alone, which lists itself, and then the others with `-join` of the first (cluster 0.10 facts § 5, study figures). Nodes
/// of separate kinds are given the whole list here.
fn joined_through(topology: Topology, profile: Profile, metas: &[MetaAddress]) -> Vec<String> {
    match (topology, profile) {
        (Topology::Both { .. }, Profile::V0_10) => metas.first().map(|first| first.http.clone()).into_iter().collect(),
        (Topology::Both { .. }, Profile::V1_8) | (Topology::Apart { .. }, _) => Vec::new(),
    }
}

/// Moves nodes from loopback to the addresses of their places.
pub(super) fn place(nodes: &mut [Planned], placements: &[Placement]) {
    let moved = |name: &str, address: &mut String| {
        let Some(placement) = placements.iter().find(|placement| placement.nodes.iter().any(|node| node == name))
        else {
            return;
        };
        if let Some((_, port)) = address.rsplit_once(':') {
            *address = format!("{}:{port}", placement.address);
        }
    };
    for Planned { config, .. } in nodes {
        moved(&config.name, &mut config.admin);
        for join in &mut config.join {
            if let Some(meta) = config.metas.iter().find(|meta| meta.http == *join) {
                moved(&meta.name, join);
            }
        }
        for meta in &mut config.metas {
            moved(&meta.name, &mut meta.http);
            moved(&meta.name, &mut meta.tcp);
        }
        for data in &mut config.datas {
            moved(&data.name, &mut data.http);
            moved(&data.name, &mut data.tcp);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ids(topology: Topology) -> Vec<(String, Option<u64>, Option<u64>)> {
        topology.places().unwrap().into_iter().map(|p| (p.name, p.meta_id, p.data_id)).collect()
    }

    #[test]
    fn apart_the_data_ids_follow_the_meta_ids() {
        let ids = ids(Topology::Apart { meta: 3, data: 2 });
        assert_eq!(ids[2], ("meta3".into(), Some(3), None));
        assert_eq!(ids[3], ("data1".into(), None, Some(4)));
    }

    #[test]
    fn together_the_ids_alternate() {
        let ids = ids(Topology::Both { nodes: 3 });
        let numbers: Vec<_> = ids.iter().map(|(_, meta, data)| (meta.unwrap(), data.unwrap())).collect();
        assert_eq!(numbers, [(1, 1), (2, 3), (4, 5)]);
    }

    #[test]
    fn nodes_are_where_they_are_placed() {
        let dir = tempfile::tempdir().unwrap();
        let holder = Holder { path: dir.path().to_owned(), process: Some(std::process::id()) };
        let topology = Topology::Apart { meta: 1, data: 2 };
        let options = Options::new(Profile::V1_8);
        let mut plan = plan(topology, Profile::V1_8, &options, dir.path(), holder, None).unwrap();
        let placement = Placement {
            nodes: vec!["meta1".into(), "data2".into()],
            address: Ipv4Addr::new(10, 0, 0, 7),
            launcher: Vec::new(),
        };
        let first = plan.nodes[0].config.metas[0].http.clone();
        plan.nodes[1].config.join = vec![first];
        place(&mut plan.nodes, &[placement]);
        super::super::ports::release(&plan.reservations);
        let host = |address: &str| address.rsplit_once(':').unwrap().0.to_owned();
        for node in &plan.nodes {
            let config = &node.config;
            assert_eq!(host(&config.admin) == "10.0.0.7", config.name != "data1", "{}", config.name);
            assert_eq!(
                (host(&config.metas[0].http), host(&config.metas[0].tcp)),
                ("10.0.0.7".into(), "10.0.0.7".into())
            );
            assert!(config.join.iter().all(|join| *join == config.metas[0].http));
            assert_eq!(host(&config.datas[0].http), "127.0.0.1");
            assert_eq!(
                (host(&config.datas[1].http), host(&config.datas[1].tcp)),
                ("10.0.0.7".into(), "10.0.0.7".into())
            );
        }
    }

    #[test]
    fn nodes_of_0_10_that_are_both_know_the_first_one_until_they_are_started_again() {
        let meta =
            |id: u64| MetaAddress { name: format!("node{id}"), id, http: format!("h{id}"), tcp: format!("t{id}") };
        let metas = [meta(1), meta(2)];
        let both = Topology::Both { nodes: 2 };
        assert_eq!(joined_through(both, Profile::V0_10, &metas), ["h1"]);
        assert!(joined_through(both, Profile::V1_8, &metas).is_empty());
        assert!(joined_through(Topology::Apart { meta: 2, data: 2 }, Profile::V0_10, &metas).is_empty());
    }

    #[test]
    fn an_empty_cluster_is_refused() {
        assert!(Topology::Apart { meta: 0, data: 3 }.places().is_err());
        assert!(Topology::Both { nodes: 0 }.places().is_err());
    }
}

//! Which servers there are, and where each data node is asked.

use std::collections::BTreeMap;

use futures::future::join_all;
use tokio::time::Instant;

use super::node::Node;
use crate::client::Shared;
use crate::query::show::{read_servers, read_shards};
use crate::{BuildError, ClusterNode, Credentials, Endpoint, QueryError, QueryErrorKind, Standing};

/// The servers to be asked.
pub(super) enum Topology {
    Cluster(Cluster),
    /// Servers without clustering: each endpoint keeps everything itself.
    Single(Vec<Node>),
}

/// The data nodes of a cluster.
pub(super) struct Cluster {
    /// By id: where each is asked, or why it cannot be.
    pub(super) nodes: BTreeMap<u64, Result<Node, Unreachable>>,
    pub(super) roll: Roll,
    /// An endpoint of the client that answered, whichever node that is.
    pub(super) witness: Node,
}

/// The ids and HTTP addresses of the data nodes, as the endpoints told them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Roll(Vec<(u64, String)>);

impl Roll {
    fn new(told: &[(&Node, Vec<ClusterNode>)]) -> Self {
        let mut members: Vec<_> =
            told.iter().flat_map(|(_, nodes)| nodes).map(|node| (node.id, node.http_addr.clone())).collect();
        members.sort();
        members.dedup();
        Self(members)
    }

    /// Whether a server that lists these data nodes is of the same cluster. An answer of another cluster's node, at an
    /// address that has come to be its, would say nothing of this one.
    pub(super) fn is_of(&self, listed: &[ClusterNode], id: u64) -> bool {
        let known = |node: &ClusterNode| self.0.contains(&(node.id, node.http_addr.clone()));
        listed.iter().all(known) && listed.iter().any(|node| node.id == id)
    }
}

/// A data node that is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreachable {
    /// Its address, as the cluster has it.
    pub(super) address: Box<str>,
    pub(super) reason: &'static str,
}

/// What the caller says about addresses.
#[derive(Clone, Debug, Default)]
pub(super) struct Addresses {
    /// Data nodes whose address the caller gave.
    pub(super) given: BTreeMap<u64, (Endpoint, Option<Credentials>)>,
    /// Whether addresses that only the cluster names get the client's credentials.
    pub(super) trusted: bool,
}

impl Addresses {
    /// Takes the caller's word for where a data node is.
    pub(super) fn give(&mut self, id: u64, address: &str) -> Result<(), BuildError> {
        let index = self.given.len();
        let parsed = Endpoint::parse(address).map_err(|error| BuildError::Endpoint { index, error })?;
        self.given.insert(id, parsed);
        Ok(())
    }
}

/// Asks every endpoint who the servers are.
pub(super) async fn discover(client: &Shared, addresses: &Addresses, until: Instant) -> Result<Topology, QueryError> {
    let count = client.endpoints.len();
    let nodes: Vec<Node> = (0..count)
        .map(|index| Node {
            endpoint: client.endpoints.endpoint(index).clone(),
            credentials: client.credentials(index).cloned(),
        })
        .collect();
    let answers = join_all(nodes.iter().map(|node| node.show(client, "SHOW SERVERS", until))).await;
    let mut told = Vec::new();
    let mut single = false;
    let mut failed = None;
    for (node, answer) in nodes.iter().zip(answers) {
        match answer.and_then(|answer| read_servers(&answer)) {
            Ok(servers) if servers.data.is_empty() => failed = Some(silent(node)),
            Ok(servers) => told.push((node, servers.data)),
            Err(error) if knows_no_cluster(&error) => match is_alone(client, node, until).await {
                Ok(true) => single = true,
                Ok(false) => failed = Some(silent(node)),
                Err(error) => failed = Some(error),
            },
            Err(error) => failed = Some(error),
        }
    }
    match (told.is_empty(), single) {
        (false, false) => Ok(Topology::Cluster(Cluster {
            nodes: locate(&told, &nodes, addresses),
            roll: Roll::new(&told),
            witness: told[0].0.clone(),
        })),
        (true, true) => Ok(Topology::Single(nodes)),
        (true, false) => Err(failed.expect("every endpoint told, was single or failed")),
        (false, true) => {
            let reason = "some endpoints belong to a cluster and others do not".into();
            Err(QueryError::of(QueryErrorKind::Unexpected { status: 200, reason }))
        }
    }
}

/// Open-source servers since 0.12 do not know the statement.
fn knows_no_cluster(error: &QueryError) -> bool {
    matches!(error.kind(), QueryErrorKind::Refused { message, .. } if message.starts_with("error parsing query"))
}

/// Whether a server that does not know `SHOW SERVERS` is really none of a cluster: its shards have no owners then, and its
/// version does not name a cluster. (Not every clustered build tells its nodes in a statement.)
async fn is_alone(client: &Shared, node: &Node, until: Instant) -> Result<bool, QueryError> {
    let response = node.show(client, "SHOW SHARDS", until).await?;
    let clustered = response.server_version.as_ref().is_some_and(|version| version.standing() == Standing::Cluster);
    Ok(!clustered && read_shards(&response)?.iter().all(|shard| shard.owners.is_empty()))
}

/// The error of a cluster that does not say who its data nodes are.
fn silent(node: &Node) -> QueryError {
    let reason = format!("{} belongs to a cluster that does not tell its data nodes", node.endpoint).into();
    QueryError::of(QueryErrorKind::Unexpected { status: 200, reason })
}

/// Where each data node is asked. Pure.
///
/// The address that the caller gave for an id comes first; then the endpoint of the client that has the node's own
/// address; then that address itself, over the scheme of the endpoint that told it. An address that two nodes share, or
/// one that means another machine here than there (none, unspecified, or loopback while the endpoint is elsewhere), is not
/// used: an answer from there could be another node's.
fn locate(
    told: &[(&Node, Vec<ClusterNode>)],
    endpoints: &[Node],
    addresses: &Addresses,
) -> BTreeMap<u64, Result<Node, Unreachable>> {
    let mut by_id: BTreeMap<u64, Vec<(&Node, &str)>> = BTreeMap::new();
    for (by, servers) in told {
        for server in servers {
            by_id.entry(server.id).or_default().push((by, &server.http_addr));
        }
    }
    let shared = |address: &str, id: u64| {
        by_id.iter().any(|(other, heard)| *other != id && heard.iter().any(|(_, theirs)| *theirs == address))
    };
    let mut located = BTreeMap::new();
    for (&id, heard) in &by_id {
        let (by, address) = heard[0];
        let not = |reason| Err(Unreachable { address: address.into(), reason });
        let node = if let Some((endpoint, credentials)) = addresses.given.get(&id) {
            let credentials = credentials.clone().or_else(|| by.credentials.clone());
            Ok(Node { endpoint: endpoint.clone(), credentials })
        } else if heard.iter().any(|(_, other)| *other != address) {
            not("the endpoints name different addresses for it")
        } else if shared(address, id) {
            not("another node is said to have the same address")
        } else if let Some(endpoint) = endpoints.iter().find(|node| node.endpoint.is_at(address)) {
            Ok(endpoint.clone())
        } else {
            match by.endpoint.beside(address) {
                None => not("its address says nothing on this machine: give it to the call"),
                Some(endpoint) => {
                    let credentials = by.credentials.clone().filter(|_| addresses.trusted);
                    Ok(Node { endpoint, credentials })
                }
            }
        };
        located.insert(id, node);
    }
    located
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn node(address: &str) -> Node {
        let (endpoint, credentials) = Endpoint::parse(address).unwrap();
        Node { endpoint, credentials }
    }

    fn servers(addresses: &[&str]) -> Vec<ClusterNode> {
        let server = |(at, http_addr): (usize, &&str)| ClusterNode {
            id: at as u64 + 4,
            http_addr: (*http_addr).to_owned(),
            tcp_addr: String::new(),
        };
        addresses.iter().enumerate().map(server).collect()
    }

    fn found(endpoint: &str, addresses: &[&str], said: &Addresses) -> Vec<Result<String, &'static str>> {
        let node = node(endpoint);
        let located = locate(&[(&node, servers(addresses))], std::slice::from_ref(&node), said);
        let shown = located.into_values().map(|node| match node {
            Ok(node) => Ok(format!("{}{}", node.endpoint, if node.credentials.is_some() { " auth" } else { "" })),
            Err(unreachable) => Err(unreachable.reason),
        });
        shown.collect()
    }

    #[test]
    fn nodes_are_found_by_their_own_addresses() {
        let said = Addresses::default();
        let ok = |text: &str| Ok(text.to_owned());
        let of = found("https://u:p@data1:8086", &["data1:8086", "data2:8086"], &said);
        assert_eq!(of, [ok("https://data1:8086 auth"), ok("https://data2:8086")]);
        let trusting = Addresses { trusted: true, ..Addresses::default() };
        assert_eq!(found("http://u:p@lb", &["data1:8086"], &trusting), [ok("http://data1:8086 auth")]);
        assert_eq!(found("http://127.0.0.1:1", &["127.0.0.1:2"], &said), [ok("http://127.0.0.1:2")]);
        assert_eq!(found("http://[::1]:1", &["[::1]:2"], &said), [ok("http://[::1]:2")]);
    }

    #[test]
    fn another_cluster_is_told_apart() {
        let one = node("http://a:1");
        let roll = Roll::new(&[(&one, servers(&["x:1", "y:1"]))]);
        assert!(roll.is_of(&servers(&["x:1", "y:1"]), 5));
        assert!(roll.is_of(&servers(&["x:1"]), 4), "it has not heard of the other yet");
        assert!(!roll.is_of(&servers(&["x:1"]), 5));
        assert!(!roll.is_of(&servers(&["x:1", "z:1"]), 4));
        assert!(!roll.is_of(&[], 4));
    }

    #[test]
    fn addresses_that_could_be_another_node_are_not_used() {
        let said = Addresses::default();
        for addresses in [&["localhost:8086"][..], &[":8086"], &["0.0.0.0:8086"], &["127.0.0.1:8086"], &[""], &["a/b"]]
        {
            assert!(found("http://lb:8086", addresses, &said)[0].is_err(), "{addresses:?}");
        }
        let same = found("http://lb:8086", &["data:8086", "data:8086"], &said);
        assert!(same.iter().all(Result::is_err), "{same:?}");
        let given = Addresses { given: [(4, (node("http://a:1").endpoint, None))].into(), ..Addresses::default() };
        assert_eq!(found("http://lb:8086", &[":8086"], &given), [Ok("http://a:1".to_owned())]);
        let (one, other) = (node("http://a:1"), node("http://b:1"));
        let told = [(&one, servers(&["x:1"])), (&other, servers(&["y:1"]))];
        assert!(locate(&told, &[], &said)[&4].is_err(), "two addresses for one node");
    }
}

//! Whether the cluster as a whole has settled.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use tokio::time::Instant;

use super::queues::{Backlog, HandoffQueue};
use super::reading::shown;
use super::resolution::HandoffState;
use super::resolve::own_backlog;
use super::topology::{Addresses, Topology, discover};
use crate::{BuildError, Client, QueryError};

/// The hinted handoff of a cluster, as its data nodes report it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterHandoff {
    /// The data nodes, or the endpoints where the servers are no cluster.
    pub nodes: Vec<NodeHandoff>,
}

/// The queues that one data node keeps for others.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeHandoff {
    /// Its id; `None` for a server without clustering.
    pub id: Option<u64>,
    /// Where it was asked, or its address as the cluster has it.
    pub address: Box<str>,
    /// Whether anything waits. Unknown if the node could not be asked or its version does not tell.
    pub state: HandoffState,
    /// Its queues, as far as it lists them.
    pub queues: Vec<HandoffQueue>,
    /// Why it could not be asked.
    pub trouble: Option<Box<str>>,
}

impl ClusterHandoff {
    /// Whether every data node answered and every queue is empty. Requests that are under way between nodes are not seen.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state() == HandoffState::Empty
    }

    /// What holds for the cluster: pending if one node has hints, unknown if one does not tell.
    #[must_use]
    pub fn state(&self) -> HandoffState {
        let any = |state| self.nodes.iter().any(|node| node.state == state);
        if any(HandoffState::Pending) {
            HandoffState::Pending
        } else if any(HandoffState::Unknown) || self.nodes.is_empty() {
            HandoffState::Unknown
        } else {
            HandoffState::Empty
        }
    }
}

impl fmt::Display for ClusterHandoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, node) in self.nodes.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            match node.id {
                Some(id) => write!(f, "node {id} ({}): ", node.address)?,
                None => write!(f, "{}: ", node.address)?,
            }
            match (&node.trouble, node.state) {
                (Some(trouble), _) => write!(f, "unknown: {trouble}")?,
                (None, HandoffState::Empty) => f.write_str("empty")?,
                (None, HandoffState::Unknown) => f.write_str("unknown: not told for certain")?,
                (None, HandoffState::Pending) => f.write_str("pending")?,
            }
            for queue in &node.queues {
                write!(f, "; for node {}", queue.node)?;
                if let Some(shard) = queue.shard {
                    write!(f, " shard {shard}")?;
                }
                write!(f, ": {}", queue.state)?;
            }
        }
        Ok(())
    }
}

/// A question to all data nodes about their hinted handoff: `.await` it.
///
/// The data nodes are found and asked as [`Resolve`](crate::Resolve) describes. Version 1.8 tells the size of the files of
/// its queues, and where their heads are: from both an empty queue is known for certain, a waiting one only on servers that
/// count what waits. Version 0.10 tells only where head and tail of a queue are.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = influx_server_mock::TestCluster::builder().nodes(1, 2).start().await?;
/// # let client = influx_client::Client::builder().endpoints(cluster.urls()).build()?;
/// let handoff = client.cluster_settled().await?;
/// println!("{handoff}");
/// assert!(handoff.is_settled());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`QueryError`] if no endpoint tells who the servers are.
///
/// # Cancellation
/// Dropping the future is safe: it only reads.
#[derive(Debug)]
#[must_use = "nothing is asked until it is awaited"]
pub struct Settled<'a> {
    client: &'a Client,
    deadline: Option<Duration>,
    addresses: Addresses,
}

impl<'a> Settled<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client, deadline: None, addresses: Addresses::default() }
    }

    /// The time for the whole call. Default: that of the client.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Where to ask the data node with this id, as [`Resolve::node`](crate::Resolve::node).
    ///
    /// # Errors
    /// [`BuildError::Endpoint`] where the address cannot be used.
    pub fn node(mut self, id: u64, address: &str) -> Result<Self, BuildError> {
        self.addresses.give(id, address)?;
        Ok(self)
    }

    /// Sends the client's credentials to addresses that it knows only from the cluster. Off from the start.
    pub const fn trust_listed_nodes(mut self, trust: bool) -> Self {
        self.addresses.trusted = trust;
        self
    }
}

impl<'a> IntoFuture for Settled<'a> {
    type Output = Result<ClusterHandoff, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let client = self.client.shared();
            let until = Instant::now() + self.deadline.unwrap_or(client.deadline);
            let nodes = match discover(client, &self.addresses, until).await? {
                // They have no peers to keep anything for.
                Topology::Single(nodes) => nodes
                    .into_iter()
                    .map(|node| NodeHandoff {
                        id: None,
                        address: node.endpoint.as_str().into(),
                        state: HandoffState::Empty,
                        queues: Vec::new(),
                        trouble: None,
                    })
                    .collect(),
                Topology::Cluster(cluster) => {
                    let roll = &cluster.roll;
                    let asked = cluster.nodes.into_iter().map(|(id, node)| async move {
                        let (address, told) = match node {
                            Err(unreachable) => (unreachable.address, Err(unreachable.reason.into())),
                            Ok(node) => {
                                let told =
                                    own_backlog(client, &node, id, roll, until).await.map_err(|error| shown(&error));
                                (node.endpoint.as_str().into(), told)
                            }
                        };
                        report(id, address, told)
                    });
                    join_all(asked).await
                }
            };
            Ok(ClusterHandoff { nodes })
        }
        .boxed()
    }
}

fn report(id: u64, address: Box<str>, told: Result<Backlog, Box<str>>) -> NodeHandoff {
    match told {
        Ok(backlog) => {
            let state = backlog.state();
            NodeHandoff { id: Some(id), address, state, queues: backlog.queues, trouble: None }
        }
        Err(trouble) => NodeHandoff {
            id: Some(id),
            address,
            state: HandoffState::Unknown,
            queues: Vec::new(),
            trouble: Some(trouble),
        },
    }
}

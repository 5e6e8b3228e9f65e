//! Reading a batch back from every replica.

use std::collections::BTreeMap;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use tokio::time::Instant;

use super::node::Node;
use super::placement::{Place, Placements, group_window};
use super::queues::{Backlog, Look};
use super::reading::{self, Reading, shown};
use super::resolution::{
    Doubt, HandoffState, NodeReading, PointResolution, ReplicaAnswer, Resolution, Whereabouts, handoff,
};
use super::topology::{Addresses, Cluster, Roll, Topology, Unreachable, discover};
use super::typing::Typing;
use super::wanted::{self, NotWanted, Wanted};
use crate::client::Shared;
use crate::query::show::{read_diagnostics, read_policies, read_servers, read_shards, read_statistics, show_policies};
use crate::write::Destination;
use crate::{Batch, BuildError, Client, ConsistencyLevel, QueryError, QueryErrorKind, ServerVersion};

/// A batch that is about to be read back: choose what differs from the client's settings, then `.await` it.
///
/// Every data node is asked for itself, because the answer of another one proves nothing about its replica: a server reads
/// its own copy of a shard that it owns, and any owner's of one that it does not (cluster 1.8 facts § 8, 0.10 facts § 6).
/// `SHOW SERVERS` tells the data nodes and `SHOW SHARDS` the owners. A data node is asked at the address given to
/// [`Resolve::node`]; else at the endpoint of the client that has the node's own address; else at that address, over the
/// scheme of the endpoint that told it and without credentials, unless [`Resolve::trust_listed_nodes`] says otherwise.
/// A node whose address is shared, or means something else here (none, or loopback while the endpoint is elsewhere), is
/// not asked, and neither is one that does not answer: nothing is guessed. Of points that no replica could be asked about, an
/// endpoint of the client is asked as a witness: what it reads is on some replica, and what it does not read proves nothing. Which node answers at an address is the cluster's word;
/// behind a balancer or a tunnel give the addresses.
///
/// A server without clustering is its own only replica; several of them as endpoints are taken for copies of each other.
///
/// A point is looked for at its exact series and time, and its fields are compared by value; in JSON an integer 1 and a float
/// 1 are the same. The number of statements is bounded: one for up to a thousand points of a measurement (two with integer
/// fields: as a server cuts fractions off, they are read as floats too), and more only where an answer is too large.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let cluster = influx_server_mock::TestCluster::builder().nodes(1, 3).start().await?;
/// # cluster.create_database("metrics", 3).await?;
/// use influx_client::{Batch, Client, ConsistencyLevel, Whereabouts};
///
/// let client = Client::builder().endpoints(cluster.urls()).database("metrics").build()?;
/// let mut batch = Batch::default();
/// batch.point("cpu").tag("host", "a").field("usage", 0.5).now()?;
/// let ack = client.write(&batch).consistency(ConsistencyLevel::All).await?;
/// let resolution = client.confirm(&batch, &ack).await?;
/// assert_eq!(resolution.bears_out(), Some(true));
/// assert_eq!(resolution.overall(), Some(Whereabouts::Everywhere));
/// assert_eq!(resolution.points()[0].copies(), 3);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`QueryError`] if no endpoint tells who the servers are. What single nodes do not tell stands in the [`Resolution`].
///
/// # Cancellation
/// Dropping the future is safe: it only reads.
#[derive(Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct Resolve<'a> {
    client: &'a Client,
    batch: &'a Batch,
    database: Option<Box<str>>,
    retention_policy: Option<Box<str>>,
    deadline: Option<Duration>,
    addresses: Addresses,
    refused: Vec<usize>,
    claimed: Option<ConsistencyLevel>,
}

impl<'a> Resolve<'a> {
    /// `refused` are the points that the server refused, `claimed` is the level that it acknowledged, `destination` is where the
    /// write went.
    pub(crate) fn new(
        client: &'a Client,
        batch: &'a Batch,
        refused: Vec<usize>,
        claimed: Option<ConsistencyLevel>,
        destination: &Destination,
    ) -> Self {
        let addresses = Addresses::default();
        let Destination { database, retention_policy } = destination.clone();
        Self { client, batch, database, retention_policy, deadline: None, addresses, refused, claimed }
    }

    /// The database that the batch was written to. Without one, that of the write whose error or acknowledgement was given, or
    /// the client's.
    pub fn database(mut self, name: impl Into<Box<str>>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// The retention policy that the batch was written to. Without one, that of the write whose error or acknowledgement was
    /// given, the client's, or the database's default.
    pub fn retention_policy(mut self, name: impl Into<Box<str>>) -> Self {
        self.retention_policy = Some(name.into());
        self
    }

    /// The points that the server refused, by their indexes in the batch: for a caller that has no
    /// [`WriteError`](crate::WriteError) to hand.
    pub fn refused(mut self, points: impl IntoIterator<Item = usize>) -> Self {
        self.refused = points.into_iter().collect();
        self
    }

    /// The level that was acknowledged, if one was: for a caller that has no [`Ack`](crate::Ack) to hand.
    pub fn claimed(mut self, level: impl Into<Option<ConsistencyLevel>>) -> Self {
        self.claimed = level.into();
        self
    }

    /// The time for the whole call. Default: that of the client.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Where to ask the data node with this id. It gets the credentials in the address, or those of the endpoint that told
    /// of it.
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

impl<'a> IntoFuture for Resolve<'a> {
    type Output = Result<Resolution, QueryError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move {
            let client = self.client.shared();
            let database = self.database.as_ref().or(client.database.as_ref());
            let Some(database) = database.map(ToString::to_string) else {
                let reason = "no database is named".into();
                return Err(QueryError::of(QueryErrorKind::Unexpected { status: 0, reason }));
            };
            let policy = self.retention_policy.as_ref().or(client.retention_policy.as_ref());
            let run = Run {
                client,
                points: wanted::read(self.batch),
                policy: policy.map(ToString::to_string),
                database,
                until: Instant::now() + self.deadline.unwrap_or(client.deadline),
            };
            let mut resolution = match discover(client, &self.addresses, run.until).await? {
                Topology::Single(nodes) => run.single(nodes).await,
                Topology::Cluster(cluster) => run.cluster(cluster).await,
            };
            resolution.claimed = self.claimed;
            for index in self.refused {
                if let Some(point) = resolution.points.get_mut(index) {
                    point.refused = true;
                }
            }
            Ok(resolution)
        }
        .boxed()
    }
}

/// What is known when the servers are.
struct Run<'a> {
    client: &'a Shared,
    points: Vec<Result<Wanted, NotWanted>>,
    database: String,
    policy: Option<String>,
    until: Instant,
}

/// What a data node knows of the cluster.
struct View {
    /// Nothing where the node knows no such database or policy.
    policy: Option<Policy>,
    places: Placements,
}

/// The retention policy of the points, as a node knows it.
struct Policy {
    name: String,
    /// How the node's version takes types in statements.
    typing: Typing,
    /// The time that a shard group covers from now on, where the version chooses the group by it.
    window: Option<Duration>,
}

/// By the data nodes' ids; the error says why a node did not tell.
type Views = BTreeMap<u64, Result<View, Box<str>>>;

impl View {
    fn place(&self, point: &Wanted) -> Place {
        self.places.place(&point.key, point.time)
    }
}

impl Run<'_> {
    fn wanted(&self) -> impl Iterator<Item = &Wanted> {
        self.points.iter().filter_map(|point| point.as_ref().ok())
    }

    /// Every server keeps everything.
    async fn single(&self, nodes: Vec<Node>) -> Resolution {
        let read = nodes.iter().map(|node| async {
            match self.policy(node).await {
                Err(error) => Reading { trouble: Some(shown(&error)), ..Reading::default() },
                Ok(None) => Reading::nothing(self.wanted()),
                Ok(Some(policy)) => {
                    let points: Vec<&Wanted> = self.wanted().collect();
                    reading::read(self.client, node, &points, (&self.database, &policy.name), policy.typing, self.until)
                        .await
                }
            }
        });
        let readings = join_all(read).await;
        let points = self.points.iter().map(|point| match point {
            Err(reason) => PointResolution::doubtful((*reason).into()),
            Ok(point) => {
                let answer = |reading: &Reading| answer_of(Some(reading), point.index);
                PointResolution::of(readings.iter().map(answer).enumerate().collect())
            }
        });
        Resolution {
            points: points.collect(),
            nodes: nodes
                .iter()
                .zip(&readings)
                .map(|(node, reading)| NodeReading {
                    id: None,
                    address: node.endpoint.as_str().into(),
                    trouble: reading.trouble.clone(),
                })
                .collect(),
            // There are no other nodes that could keep hints.
            handoff: HandoffState::Empty,
            claimed: None,
        }
    }

    async fn cluster(&self, Cluster { nodes, roll, witness }: Cluster) -> Resolution {
        let roll = &roll;
        // Queues first: a hint that is delivered while the values are read must not be missed in both.
        let begun = join_all(nodes.iter().map(|(id, node)| async move {
            let begun = match node {
                Err(unreachable) => Err(unreachable.reason.into()),
                Ok(node) => match own_backlog(self.client, node, *id, roll, self.until).await {
                    Ok(backlog) => Ok((Arc::new(backlog), self.view(node).await.map_err(|error| shown(&error)))),
                    Err(error) => Err(shown(&error)),
                },
            };
            (*id, begun)
        }));
        let mut backlogs = BTreeMap::new();
        let mut before = BTreeMap::new();
        for (id, begun) in begun.await {
            let (backlog, view) =
                begun.map_or_else(|error| (None, Err(error)), |(backlog, view)| (Some(backlog), view));
            backlogs.insert(id, backlog);
            before.insert(id, view);
        }
        let places: Vec<Option<Place>> = self.points.iter().map(|p| Some(agreed(p.as_ref().ok()?, &before))).collect();
        let readings = self.readings(&nodes, &before, &places).await;
        let after = self.views_after(&nodes, &before).await;

        let order: Vec<u64> = nodes.keys().copied().collect();
        let mut missing = Vec::new();
        let points = self.points.iter().zip(&places).map(|(point, place)| match (point, place) {
            (Err(reason), _) => PointResolution::doubtful((*reason).into()),
            (Ok(_), None | Some(Place::Unclear)) => PointResolution::doubtful(Doubt::Placement),
            (Ok(point), Some(Place::NoShardGroup)) => {
                let told = |views: &Views| views.values().all(Result::is_ok);
                let still = agreed(point, &after) == Place::NoShardGroup;
                PointResolution::without_shard_group(told(&before) && told(&after) && still)
            }
            (Ok(point), Some(place @ Place::Shard { id, owners })) => {
                let replicas = owners.iter().map(|owner| {
                    // What changed while it was read proves nothing.
                    let unchanged = matches!(after.get(owner), Some(Ok(view)) if view.place(point) == *place);
                    let answer = answer_of(readings.get(owner).filter(|_| unchanged), point.index);
                    if answer != ReplicaAnswer::Stored {
                        missing.push((*owner, *id));
                    }
                    // An owner that is no member of the cluster (it was dropped) has no place to be shown at.
                    Some((order.iter().position(|node| node == owner)?, answer))
                });
                let replicas: Option<Vec<_>> = replicas.collect();
                let agreed = agreed(point, &after);
                match replicas {
                    Some(replicas) if agreed == *place || agreed == Place::NoShardGroup => {
                        PointResolution::of(replicas)
                    }
                    _ => PointResolution::doubtful(Doubt::Placement),
                }
            }
        });
        let mut points: Vec<PointResolution> = points.collect();
        let is_unplaced =
            |point: &PointResolution| point.replicas.is_empty() && point.whereabouts == Whereabouts::Unknown;
        let unplaced = points.iter().any(is_unplaced);
        self.hear(&witness, &mut points).await;
        missing.sort_unstable();
        missing.dedup();
        let shown = nodes.iter().map(|(id, node)| {
            let (address, trouble) = match node {
                Err(unreachable) => (unreachable.address.clone(), Some(unreachable.reason.into())),
                Ok(node) => {
                    let reading = readings.get(id).and_then(|reading| reading.trouble.clone());
                    let view = |views: &Views| views[id].as_ref().err().cloned();
                    (node.endpoint.as_str().into(), view(&before).or(reading).or_else(|| view(&after)))
                }
            };
            NodeReading { id: Some(*id), address, trouble }
        });
        Resolution { points, nodes: shown.collect(), handoff: handoff(&missing, unplaced, &backlogs), claimed: None }
    }

    /// Asks an endpoint about the points that are on no replica that could be asked. It reads them from some replica, so what
    /// it has is on one; what it does not have may be on another.
    async fn hear(&self, witness: &Node, points: &mut [PointResolution]) {
        let open: Vec<&Wanted> =
            self.wanted().filter(|point| points[point.index].whereabouts == Whereabouts::Unknown).collect();
        if open.is_empty() {
            return;
        }
        let Ok(Some(policy)) = self.policy(witness).await else { return };
        let names = (self.database.as_str(), policy.name.as_str());
        let reading = reading::read(self.client, witness, &open, names, policy.typing, self.until).await;
        for point in open {
            if let Some(found) = reading.found.get(&point.index) {
                points[point.index].hear((*found).into());
            }
        }
    }

    /// What every data node knows of the shards by now; one that did not tell before is not asked again.
    async fn views_after(&self, nodes: &BTreeMap<u64, Result<Node, Unreachable>>, before: &Views) -> Views {
        let views = join_all(nodes.iter().map(|(id, node)| async move {
            let view = match (node, &before[id]) {
                (Ok(node), Ok(_)) => self.view(node).await.map_err(|error| shown(&error)),
                (_, Err(error)) => Err(error.clone()),
                (Err(unreachable), Ok(_)) => Err(unreachable.reason.into()),
            };
            (*id, view)
        }));
        views.await.into_iter().collect()
    }

    async fn view(&self, node: &Node) -> Result<View, QueryError> {
        let policy = self.policy(node).await?;
        let shards = read_shards(&node.show(self.client, "SHOW SHARDS", self.until).await?)?;
        let places = match &policy {
            Some(policy) => Placements::new(&shards, &self.database, &policy.name, policy.window),
            None => Placements::default(),
        };
        Ok(View { policy, places })
    }

    /// The retention policy that the points belong to. `None` where the node knows no such database or policy.
    async fn policy(&self, node: &Node) -> Result<Option<Policy>, QueryError> {
        let response = match node.show(self.client, &show_policies(&self.database), self.until).await {
            Ok(response) => response,
            Err(error) => {
                let missing = error.server_message().is_some_and(|text| text.starts_with("database not found"));
                return if missing { Ok(None) } else { Err(error) };
            }
        };
        let wanted = |name: &str, is_default: bool| self.policy.as_ref().map_or(is_default, |policy| policy == name);
        let policy = read_policies(&response)?.into_iter().find(|policy| wanted(&policy.name, policy.is_default));
        let typing = Typing::of(response.server_version.as_ref());
        Ok(policy.map(|policy| Policy {
            window: (typing != Typing::Named)
                .then(|| policy.shard_duration.unwrap_or_else(|| group_window(policy.duration))),
            name: policy.name,
            typing,
        }))
    }

    /// Reads from each node the points of which it is an owner, by its own knowledge too.
    async fn readings(
        &self,
        nodes: &BTreeMap<u64, Result<Node, Unreachable>>,
        views: &Views,
        places: &[Option<Place>],
    ) -> BTreeMap<u64, Reading> {
        // Some time is kept for the look at the shards afterwards.
        let left = self.until.saturating_duration_since(Instant::now());
        let until = self.until - (left / 4).min(self.client.attempt_timeout);
        let readings = nodes.iter().filter_map(|(id, node)| {
            let (node, view) = (node.as_ref().ok()?, views[id].as_ref().ok()?);
            let policy = view.policy.as_ref()?;
            let own = self.points.iter().zip(places).filter_map(|(point, place)| {
                let point = point.as_ref().ok()?;
                let Some(Place::Shard { owners, .. }) = place else { return None };
                // A node that does not know the shard yet reads it nowhere, or from another one.
                let knows = view.place(point) == *place.as_ref()?;
                (owners.contains(id) && knows).then_some(point)
            });
            let own: Vec<&Wanted> = own.collect();
            Some(async move {
                let names = (self.database.as_str(), policy.name.as_str());
                (*id, reading::read(self.client, node, &own, names, policy.typing, until).await)
            })
        });
        join_all(readings).await.into_iter().collect()
    }
}

/// The place of a point by what the nodes know together: those that do not know its shard group yet do not count, but all
/// that do must agree.
fn agreed(point: &Wanted, views: &Views) -> Place {
    let mut policies = views.values().filter_map(|view| Some(&view.as_ref().ok()?.policy.as_ref()?.name));
    let first = policies.next();
    if policies.any(|policy| Some(policy) != first) {
        return Place::Unclear;
    }
    let mut place = Place::NoShardGroup;
    for view in views.values().filter_map(|view| view.as_ref().ok()) {
        match (view.place(point), &place) {
            (Place::NoShardGroup, _) => {}
            (told, Place::NoShardGroup) => place = told,
            (told, known) if told == *known => {}
            _ => return Place::Unclear,
        }
    }
    place
}

fn answer_of(reading: Option<&Reading>, index: usize) -> ReplicaAnswer {
    reading.and_then(|reading| reading.found.get(&index)).map_or(ReplicaAnswer::Unknown, |found| (*found).into())
}

/// Looks at a node's queues, twice, once it is known to be a node of the cluster.
pub(super) async fn own_backlog(
    client: &Shared,
    node: &Node,
    id: u64,
    roll: &Roll,
    until: Instant,
) -> Result<Backlog, QueryError> {
    let listed = read_servers(&node.show(client, "SHOW SERVERS", until).await?)?;
    if !roll.is_of(&listed.data, id) {
        let reason = format!("at {} another cluster answers", node.endpoint).into();
        return Err(QueryError::of(QueryErrorKind::Unexpected { status: 200, reason }));
    }
    let look = async || -> Result<Look, QueryError> {
        let response = node.show(client, "SHOW STATS", until).await?;
        let since_1_0 = response.server_version.as_ref().is_some_and(ServerVersion::is_since_1_0);
        let statistics = read_statistics(&response);
        let diagnostics = read_diagnostics(&node.show(client, "SHOW DIAGNOSTICS", until).await?);
        Ok(Look::new(statistics, &diagnostics, since_1_0))
    };
    let first = look().await?;
    Ok(Backlog::read(&first, &look().await?))
}

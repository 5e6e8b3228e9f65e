//! A cluster inside this process, for tests.
//!
//! Every node runs on a thread and a tokio runtime of its own. Killing a node drops that runtime, so that nothing of it
//! goes on; pausing it blocks the thread, so that its sockets stay open and nothing answers, as under SIGSTOP.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::injector::Injector;
use super::layout::{PlanError, Planned, plan};
use super::ports::{Holder, release};
use super::unsettled::in_words;
use super::{Role, TestNode, Topology};
use crate::fault::{Fault, FaultError, Faults, Member, suggest};
use crate::meta::LEADERSHIP_LOST;
use crate::net::{LinkFault, Probability};
use crate::runtime::{Node, Replica, count, get, replica};
use crate::{OptionError, Options, Profile};

/// How a cluster inside this process is built.
#[derive(Clone)]
#[must_use]
pub struct TestClusterBuilder {
    profile: Profile,
    topology: Topology,
    settings: Vec<(String, String)>,
    limit: Duration,
}

impl std::fmt::Debug for TestClusterBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The value of a setting may be a secret.
        let settings: Vec<&str> = self.settings.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("TestClusterBuilder")
            .field("profile", &self.profile)
            .field("topology", &self.topology)
            .field("settings", &settings)
            .finish_non_exhaustive()
    }
}

/// Why a cluster inside this process did not come up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestClusterError {
    /// The topology cannot be built, or there are no free ports.
    #[error("{0}")]
    Plan(String),
    /// An option is unknown or its value wrong.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// A node did not start.
    #[error("node {name} did not start: {why}")]
    Node {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// A node did not answer in time.
    #[error("node {name} did not answer after {limit:?}")]
    Late {
        /// Which.
        name: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The nodes did not come to what was waited for in time.
    #[error("not after {limit:?}: {what}; {missing}")]
    NotYet {
        /// What was waited for.
        what: &'static str,
        /// What was still missing at the end.
        missing: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// No data node runs, or the one asked refused a statement.
    #[error("{statement} failed: {why}")]
    Refused {
        /// The statement.
        statement: String,
        /// Why.
        why: String,
    },
    /// A directory for the nodes' files could not be made.
    #[error("cannot make a directory: {0}")]
    Directory(std::io::Error),
}

impl From<PlanError> for TestClusterError {
    fn from(error: PlanError) -> Self {
        Self::Plan(error.to_string())
    }
}

/// A cluster inside this process. Dropping it ends all nodes and removes their files; when that happens in a test that
/// fails, the end of each node's log goes to standard error first.
///
/// ```
/// use std::time::Duration;
/// use influx_server_mock::{Disk, LinkFault, TestCluster};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut cluster = TestCluster::builder().nodes(1, 3).start().await?;
/// cluster.create_database("app", 3).await?;
/// cluster.node("data1").fill_disk(Disk::Handoff);
/// cluster.cut_one_way("data2", "data1");
/// cluster.link("data1", "data3", LinkFault::new().delay(Duration::from_millis(20)));
/// assert_eq!(cluster.faults().len(), 3);
/// cluster.heal();
/// cluster.wait_until_settled().await?;
/// cluster.wait_until_in_sync().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestCluster {
    pub(super) nodes: Vec<TestNode>,
    pub(super) injector: Arc<Injector>,
    pub(super) dir: PathBuf,
    pub(super) reservations: Vec<PathBuf>,
    limit: Duration,
}

/// Lines of each node's log that are shown when a test fails.
const SHOWN: usize = 40;
/// Between two looks at something that is waited for.
const TICK: Duration = Duration::from_millis(2);
/// What a cluster comes to when it is left alone.
const SETTLED: &str = "empty hinted handoff queues and no writes on their way";

impl TestCluster {
    /// Three meta nodes and three data nodes in profile 1.8, unless said otherwise.
    pub fn builder() -> TestClusterBuilder {
        TestClusterBuilder {
            profile: Profile::V1_8,
            topology: Topology::Apart { meta: 3, data: 3 },
            settings: Vec::new(),
            limit: Duration::from_secs(30),
        }
    }

    /// The node of that name.
    ///
    /// # Panics
    /// When there is none: a test that names one is wrong.
    #[must_use]
    pub fn node(&self, name: &str) -> &TestNode {
        self.find(name).unwrap_or_else(|unknown| panic!("{unknown}"))
    }

    /// The node of that name, for names that come from elsewhere than the test.
    ///
    /// # Errors
    /// [`FaultError::UnknownNode`] names those there are.
    pub fn find(&self, name: &str) -> Result<&TestNode, FaultError> {
        self.nodes.iter().find(|node| node.name() == name).ok_or_else(|| self.unknown(name))
    }

    /// The node of that name, to be changed.
    ///
    /// # Panics
    /// When there is none: a test that names one is wrong.
    #[must_use]
    pub fn node_mut(&mut self, name: &str) -> &mut TestNode {
        let Some(position) = self.nodes.iter().position(|node| node.name() == name) else {
            panic!("{}", self.unknown(name));
        };
        &mut self.nodes[position]
    }

    fn unknown(&self, name: &str) -> FaultError {
        let known: Vec<&str> = self.nodes.iter().map(TestNode::name).collect();
        let suggested = suggest(name, known.iter().copied());
        FaultError::UnknownNode { name: name.to_owned(), known: known.join(", "), suggested }
    }

    /// All nodes: meta nodes first, then data nodes.
    #[must_use]
    pub fn nodes(&self) -> &[TestNode] {
        &self.nodes
    }

    /// The public APIs of the data nodes, `http://host:port`.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().filter(|node| node.config.data_id.is_some()).map(TestNode::url).collect()
    }

    /// Cuts the links between nodes of different sides; a node on no side keeps all of its links. Without sides, ends
    /// the partition and leaves other faults as they are.
    ///
    /// # Panics
    /// When a name is unknown or on two sides, or there is one side alone.
    pub fn partition(&self, sides: &[&[&str]]) {
        if sides.is_empty() {
            return self.injector.rejoin();
        }
        let sides = sides.iter().map(|side| side.iter().map(|name| (*name).to_owned()).collect()).collect();
        self.must(&Fault::Partition { sides });
    }

    /// Makes the link between two nodes faulty both ways.
    ///
    /// # Panics
    /// When a name is unknown, both are the same, or the fault is none.
    pub fn link(&self, one: &str, other: &str, fault: LinkFault) {
        self.must(&Fault::Link { from: one.to_owned(), to: other.to_owned(), both_ways: true, fault });
    }

    /// Makes the way from one node to another faulty, and leaves the way back as it is.
    ///
    /// # Panics
    /// As [`link`](Self::link).
    pub fn link_one_way(&self, from: &str, to: &str, fault: LinkFault) {
        self.must(&Fault::Link { from: from.to_owned(), to: to.to_owned(), both_ways: false, fault });
    }

    /// Delays every message between two nodes.
    ///
    /// # Panics
    /// As [`link`](Self::link).
    pub fn delay(&self, one: &str, other: &str, delay: Duration) {
        self.link(one, other, LinkFault::new().delay(delay));
    }

    /// Loses messages between two nodes with this probability; see [`LinkFault`].
    ///
    /// # Panics
    /// As [`link`](Self::link).
    pub fn drop_messages(&self, one: &str, other: &str, probability: Probability) {
        self.link(one, other, LinkFault::new().drop(probability));
    }

    /// Cuts the link between two nodes.
    ///
    /// # Panics
    /// As [`link`](Self::link).
    pub fn cut(&self, one: &str, other: &str) {
        self.link(one, other, LinkFault::new().cut());
    }

    /// Cuts the way from one node to another: the one's requests are lost, and so are its answers to the other's
    /// requests, which arrive.
    ///
    /// # Panics
    /// As [`link`](Self::link).
    pub fn cut_one_way(&self, from: &str, to: &str) {
        self.link_one_way(from, to, LinkFault::new().cut());
    }

    /// Makes every meta node refuse connections.
    pub fn meta_down(&self) {
        for node in self.nodes.iter().filter(|node| matches!(node.role(), Role::Meta | Role::Both)) {
            self.must(&Fault::MetaDown { node: node.name().to_owned() });
        }
    }

    /// Adds any fault.
    ///
    /// # Errors
    /// [`FaultError`] when this cluster cannot have it; then nothing has changed.
    pub fn inject(&self, fault: &Fault) -> Result<(), FaultError> {
        self.inject_all(std::slice::from_ref(fault))
    }

    /// Adds several faults at once.
    ///
    /// # Errors
    /// [`FaultError`] when this cluster cannot have one of them; then nothing has changed.
    pub fn inject_all(&self, faults: &[Fault]) -> Result<(), FaultError> {
        self.injector.add(faults)
    }

    fn must(&self, fault: &Fault) {
        if let Err(error) = self.inject(fault) {
            panic!("{error}");
        }
    }

    /// What is in force; replies with the times that they have left. Killed and paused nodes are no part of it.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.injector.list()
    }

    /// Ends all faults of links and nodes. Paused nodes stay paused and dead ones dead.
    pub fn heal(&self) {
        self.injector.heal();
    }

    /// Ends all faults of some nodes and of their links, and takes them out of a partition. A paused or dead one stays so.
    ///
    /// # Errors
    /// [`FaultError::UnknownNode`] when there is no such node; then nothing has changed.
    pub fn heal_nodes(&self, names: &[&str]) -> Result<(), FaultError> {
        for name in names {
            self.find(name)?;
        }
        self.injector.heal_nodes(names);
        Ok(())
    }

    /// As [`wait_until_settled`](Self::wait_until_settled), with a limit of its own; `false` when that passes first.
    pub async fn drained(&self, limit: Duration) -> bool {
        self.wait(limit, SETTLED, || self.unsettled()).await.is_ok()
    }

    /// Waits until no running data node has anything in its hinted handoff queues or on its way to an owner, for as long as a
    /// node may take to come up. A write below level all is answered before its last owner has it, and one that timed out
    /// before its points are in a queue. What a dead or paused node keeps is not seen.
    ///
    /// # Errors
    /// [`TestClusterError::NotYet`] says what still waits.
    pub async fn wait_until_settled(&self) -> Result<(), TestClusterError> {
        self.wait(self.limit, SETTLED, || self.unsettled()).await
    }

    /// Waits until all running data nodes have the same metadata, and the same in every shard that they share.
    ///
    /// Two replicas can be in sync although neither has a write that is on its way; see
    /// [`wait_until_settled`](Self::wait_until_settled). They may also never come to it: where hinted handoff has given
    /// up on a point, only anti-entropy repairs.
    ///
    /// # Errors
    /// [`TestClusterError::NotYet`] names a difference.
    pub async fn wait_until_in_sync(&self) -> Result<(), TestClusterError> {
        self.wait(self.limit, "replicas in sync", || self.out_of_sync()).await
    }

    /// Makes a database through the first data node that runs, with so many copies of each point, and returns when all
    /// running data nodes know it.
    ///
    /// # Errors
    /// [`TestClusterError`] when the statement is refused or a node does not hear of it in time.
    pub async fn create_database(&self, name: &str, copies: u32) -> Result<(), TestClusterError> {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let statement = format!("CREATE DATABASE \"{quoted}\" WITH REPLICATION {copies}");
        let refused = |why: String| TestClusterError::Refused { statement: statement.clone(), why };
        let mut first = None;
        for node in &self.nodes {
            if node.look(|node| node.data().is_some()).await == Some(true) {
                first = Some(node);
                break;
            }
        }
        let first = first.ok_or_else(|| refused("no data node runs".to_owned()))?;
        let query: String = url::form_urlencoded::byte_serialize(statement.as_bytes()).collect();
        let since = Instant::now();
        loop {
            let answer = get(first.address(), &format!("/query?q={query}"), self.limit).await;
            let (status, body) = answer.map_err(|error| refused(error.to_string()))?;
            let text = String::from_utf8_lossy(&body);
            if status.is_success() && !text.contains("\"error\"") {
                break;
            }
            // On a busy machine the meta nodes of a new cluster may choose another leader in the middle of it. To make
            // the same database twice is no error.
            if !text.contains(LEADERSHIP_LOST) || since.elapsed() >= self.limit {
                return Err(refused(format!("{status}: {text}")));
            }
            tokio::time::sleep(TICK).await;
        }
        let unknown = || async {
            for node in &self.nodes {
                let name = name.to_owned();
                let knows = move |data: &crate::runtime::DataServices| data.meta.snapshot().database(&name).is_some();
                if node.look(move |node| node.data().map(|data| knows(data))).await == Some(Some(false)) {
                    return Some(format!("{} does not know it", node.name()));
                }
            }
            None
        };
        self.wait(self.limit, "a database known to all", unknown).await
    }

    /// How many points (series and time) of a measurement a node's own shards hold, whatever the others have.
    ///
    /// # Panics
    /// When the node is no running data node.
    pub async fn count_on(&self, node: &str, database: &str, measurement: &str) -> u64 {
        let (database, measurement) = (database.to_owned(), measurement.to_owned());
        let counted = self.node(node).look(move |node| node.data().map(|data| count(data, &database, &measurement)));
        counted.await.flatten().unwrap_or_else(|| panic!("{node} is no running data node"))
    }

    /// What a node logged, at most its last two thousand lines.
    ///
    /// # Panics
    /// When there is no such node.
    #[must_use]
    pub fn logs(&self, node: &str) -> Vec<String> {
        self.node(node).log_tail(usize::MAX)
    }

    /// One look at what running data nodes still have to bring to owners, for people; `None` if there is nothing.
    /// [`wait_until_settled`](Self::wait_until_settled) looks until then.
    pub async fn unsettled(&self) -> Option<String> {
        let mut waiting = Vec::new();
        for node in &self.nodes {
            let look = |node: &Node| in_words(node.writes_under_way(), &node.handoff_depths());
            if let Some(Some(what)) = node.look(look).await {
                waiting.push(format!("{} has {what}", node.name()));
            }
        }
        Some(waiting.join(", ")).filter(|waiting| !waiting.is_empty())
    }

    /// One look for a difference between two running data nodes, for people; `None` if there is none.
    /// [`wait_until_in_sync`](Self::wait_until_in_sync) looks until then.
    pub async fn out_of_sync(&self) -> Option<String> {
        let mut replicas: Vec<(&TestNode, Replica)> = Vec::new();
        for node in &self.nodes {
            if let Some(Some(replica)) = node.look(|node| node.data().map(|data| replica(data))).await {
                replicas.push((node, replica));
            }
        }
        for (node, replica) in &replicas {
            for (other, its) in &replicas {
                if replica.meta_index != its.meta_index {
                    return Some(format!("{} and {} have different metadata", node.name(), other.name()));
                }
                for (shard, same) in replica.shards.iter().zip(&its.shards) {
                    let both_own = [node, other].iter().all(|node| shard.owners.contains(&node.id()));
                    if both_own && shard.digest != same.digest {
                        let (one, other) = (node.name(), other.name());
                        return Some(format!("{one} and {other} hold different things in shard {}", shard.id));
                    }
                }
            }
        }
        None
    }

    async fn wait<F: Future<Output = Option<String>>>(
        &self,
        limit: Duration,
        what: &'static str,
        missing: impl Fn() -> F,
    ) -> Result<(), TestClusterError> {
        let mut last = String::new();
        let look = async {
            while let Some(missing) = missing().await {
                last = missing;
                tokio::time::sleep(TICK).await;
            }
        };
        let came = tokio::time::timeout(limit, look).await;
        came.map_err(|_| TestClusterError::NotYet { what, missing: last, limit })
    }

    /// Takes in a node that is not started yet.
    pub(super) fn adopt(&mut self, planned: Planned) -> &mut TestNode {
        let Planned { role, config } = planned;
        let faults = Faults::new();
        self.injector.admit(Member { name: config.name.clone(), role }, faults.clone());
        self.nodes.push(TestNode::new(role, config, faults, self.injector.clone(), self.limit));
        self.nodes.last_mut().expect("one was pushed just now")
    }

    /// How long a node may take to come up.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for node in &self.nodes {
                let lines = node.log_tail(SHOWN).join("\n");
                eprintln!("--- the end of the log of {} ({:?})\n{lines}", node.name(), node.state());
            }
        }
        for node in &mut self.nodes {
            node.kill();
        }
        // Before the directory goes, without which others would take the blocks for free, and this release theirs.
        release(&self.reservations);
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl TestClusterBuilder {
    /// Which system to answer like.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// How many nodes of which kind.
    pub fn topology(mut self, topology: Topology) -> Self {
        self.topology = topology;
        self
    }

    /// So many meta nodes and data nodes.
    pub fn nodes(self, meta: usize, data: usize) -> Self {
        self.topology(Topology::Apart { meta, data })
    }

    /// Sets an option of every node, by the name of the real configuration.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How long a node may take to come up, and how long the waits of the cluster last: 30 s unless said otherwise.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Starts the nodes and returns once all of them answer.
    ///
    /// # Errors
    /// [`TestClusterError`] when an option is wrong or a node does not come up.
    ///
    /// # Cancellation
    /// Nodes already started are ended.
    pub async fn start(self) -> Result<TestCluster, TestClusterError> {
        let mut options = Options::new(self.profile);
        for (name, value) in &self.settings {
            options.set(name, value)?;
        }
        let dir = std::env::temp_dir().join(format!("influx-test-cluster-{:016x}", fastrand::u64(..)));
        std::fs::create_dir_all(&dir).map_err(TestClusterError::Directory)?;
        let holder = Holder { path: dir.clone(), process: Some(std::process::id()) };
        let planned = plan(self.topology, self.profile, &options, &dir, holder, None)?;
        let reservations = planned.reservations;
        let injector = Injector::new();
        let mut cluster = TestCluster { nodes: Vec::new(), injector, dir, reservations, limit: self.limit };
        for node in planned.nodes {
            cluster.adopt(node);
        }
        let mut starting = Vec::new();
        for node in &mut cluster.nodes {
            starting.push(node.spawn());
        }
        for (node, started) in cluster.nodes.iter().zip(starting) {
            node.wait_started(started).await?;
        }
        // Those that were told of some meta nodes only ask all of them once they are started again.
        for node in &mut cluster.nodes {
            node.config.join.clear();
        }
        Ok(cluster)
    }
}

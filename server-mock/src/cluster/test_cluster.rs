//! A cluster inside this process, for tests.
//!
//! Every node runs on a thread and a tokio runtime of its own. Killing a node drops that runtime, so that nothing of it
//! goes on; pausing it blocks the thread, so that its sockets stay open and nothing answers, as under SIGSTOP.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::layout::{PlanError, Planned, plan};
use super::ports::{Holder, release};
use super::{NodeState, Role, Topology};
use crate::hinted_handoff::QueueDepth;
use crate::net::{LinkState, Network};
use crate::runtime::{Node, NodeConfig, NodeError, NodeStorage, learn_names, ping};
use crate::{OptionError, Options, Profile};

/// How a cluster inside this process is built.
#[derive(Clone, Debug)]
#[must_use]
pub struct TestClusterBuilder {
    profile: Profile,
    topology: Topology,
    settings: Vec<(String, String)>,
    limit: Duration,
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
    /// A directory for the nodes' files could not be made.
    #[error("cannot make a directory: {0}")]
    Directory(std::io::Error),
}

impl From<PlanError> for TestClusterError {
    fn from(error: PlanError) -> Self {
        Self::Plan(error.to_string())
    }
}

/// A cluster inside this process. Dropping it ends all nodes and removes their files.
#[derive(Debug)]
pub struct TestCluster {
    pub(super) nodes: Vec<TestNode>,
    pub(super) dir: PathBuf,
    pub(super) reservations: Vec<PathBuf>,
    limit: Duration,
}

/// A node of a [`TestCluster`].
#[derive(Debug)]
pub struct TestNode {
    role: Role,
    pub(super) config: NodeConfig,
    storage: NodeStorage,
    running: Option<Running>,
    links: LinkState,
    limit: Duration,
}

/// The thread that a node runs on.
#[derive(Debug)]
struct Running {
    thread: Option<JoinHandle<()>>,
    network: Network,
    orders: tokio::sync::mpsc::UnboundedSender<Order>,
    /// Dropped to let a paused node go on.
    pause: Option<mpsc::Sender<()>>,
    kill: Option<oneshot::Sender<()>>,
}

enum Order {
    /// Block the thread until the other end is dropped.
    Pause { entered: oneshot::Sender<()>, until: mpsc::Receiver<()> },
    /// Tell what waits in the hinted handoff queues.
    Depths(oneshot::Sender<Vec<QueueDepth>>),
}

/// Between two looks at something that is waited for.
const TICK: Duration = Duration::from_millis(2);

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
        let found = self.nodes.iter().find(|node| node.name() == name);
        found.unwrap_or_else(|| panic!("no node is called {name}"))
    }

    /// The node of that name, to be changed.
    ///
    /// # Panics
    /// When there is none: a test that names one is wrong.
    #[must_use]
    pub fn node_mut(&mut self, name: &str) -> &mut TestNode {
        let found = self.nodes.iter_mut().find(|node| node.config.name == name);
        found.unwrap_or_else(|| panic!("no node is called {name}"))
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

    /// Cuts the links between nodes of different sides; a node on no side keeps all of its links.
    pub fn partition(&mut self, sides: &[&[&str]]) {
        for node in &mut self.nodes {
            let own = sides.iter().position(|side| side.contains(&node.config.name.as_str()));
            let cut = sides.iter().enumerate().filter(|(side, _)| own.is_some_and(|own| own != *side));
            let cut = cut.flat_map(|(_, side)| side.iter().map(|name| (*name).to_owned())).collect();
            node.set_links(LinkState { cut, ..LinkState::default() });
        }
    }

    /// Makes all links whole. Paused nodes stay paused and dead ones dead.
    pub fn heal(&mut self) {
        self.partition(&[]);
    }

    /// Waits until no running data node has anything in its hinted handoff queues; `false` when the limit passes first.
    pub async fn drained(&self, limit: Duration) -> bool {
        let wait = async {
            loop {
                let mut waiting = 0;
                for node in &self.nodes {
                    waiting += node.handoff_depths().await.len();
                }
                if waiting == 0 {
                    return;
                }
                tokio::time::sleep(TICK).await;
            }
        };
        tokio::time::timeout(limit, wait).await.is_ok()
    }

    /// Takes in a node that is not started yet.
    pub(super) fn adopt(&mut self, planned: Planned) -> &mut TestNode {
        self.nodes.push(TestNode {
            role: planned.role,
            config: planned.config,
            storage: NodeStorage::memory(),
            running: None,
            links: LinkState::default(),
            limit: self.limit,
        });
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
        for node in &mut self.nodes {
            node.kill();
        }
        let _ = std::fs::remove_dir_all(&self.dir);
        release(&self.reservations);
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
        let planned = plan(self.topology, self.profile, &options, &dir, holder)?;
        let reservations = planned.reservations;
        let mut cluster = TestCluster { nodes: Vec::new(), dir, reservations, limit: self.limit };
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
        Ok(cluster)
    }
}

pub(super) type Started = oneshot::Receiver<Result<(), NodeError>>;

impl TestNode {
    /// `meta1`, `data1`, `node1` ….
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// What it does.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its id: as a data node if it is one, else as a meta node.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.config.data_id.or(self.config.meta_id).unwrap_or_default()
    }

    /// `http://host:port` of its public API, or of its meta API if it is no data node.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    fn address(&self) -> &str {
        let config = &self.config;
        let data = config.datas.iter().find(|data| Some(data.id) == config.data_id).map(|data| data.http.as_str());
        let meta = config.metas.iter().find(|meta| Some(meta.id) == config.meta_id).map(|meta| meta.http.as_str());
        data.or(meta).unwrap_or_default()
    }

    /// Whether it runs.
    #[must_use]
    pub fn state(&self) -> NodeState {
        match &self.running {
            None => NodeState::Dead,
            Some(running) if running.pause.is_some() => NodeState::Paused,
            Some(_) => NodeState::Running,
        }
    }

    /// Ends the node at once, as a crash would; what it had stored is there when it starts again.
    pub fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        drop(running.kill.take());
        drop(running.pause.take());
        if let Some(thread) = running.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(name = self.config.name, "a node's thread panicked");
        }
    }

    /// Stops the node without ending it; returns once it stands still.
    pub async fn pause(&mut self) {
        let Some(running) = &mut self.running else { return };
        if running.pause.is_some() {
            return;
        }
        let (go_on, until) = mpsc::channel();
        let (entered, stands_still) = oneshot::channel();
        if running.orders.send(Order::Pause { entered, until }).is_ok() && stands_still.await.is_ok() {
            running.pause = Some(go_on);
        }
    }

    /// Lets a paused node go on.
    pub fn resume(&mut self) {
        if let Some(running) = &mut self.running {
            drop(running.pause.take());
        }
    }

    /// Starts the node again, killing it first if it runs, and returns once it answers.
    ///
    /// # Errors
    /// [`TestClusterError`] when it does not come up.
    pub async fn restart(&mut self) -> Result<(), TestClusterError> {
        let started = self.restart_unwaited();
        self.wait_started(started).await
    }

    /// Starts the node again without waiting for it: one that has no meta nodes to ask never answers.
    pub fn start_again(&mut self) {
        drop(self.restart_unwaited());
    }

    fn restart_unwaited(&mut self) -> Started {
        self.kill();
        self.spawn()
    }

    /// What waits in its hinted handoff queues; nothing is known of a node that is dead or paused.
    pub async fn handoff_depths(&self) -> Vec<QueueDepth> {
        let Some(running) = self.running.as_ref().filter(|running| running.pause.is_none()) else { return Vec::new() };
        let (tell, told) = oneshot::channel();
        if running.orders.send(Order::Depths(tell)).is_err() {
            return Vec::new();
        }
        told.await.unwrap_or_default()
    }

    fn set_links(&mut self, links: LinkState) {
        if let Some(running) = &self.running {
            running.network.set_faults(links.clone());
        }
        self.links = links;
    }

    /// Says who is behind addresses that came after the node was configured.
    pub(super) fn learn_names(&self, names: &[(String, String)]) {
        if let Some(running) = &self.running {
            learn_names(&running.network, names);
        }
    }

    pub(super) fn spawn(&mut self) -> Started {
        let (config, storage, network) = (self.config.clone(), self.storage.clone(), Network::new());
        network.set_faults(self.links.clone());
        let (started, wait) = oneshot::channel();
        let (kill, killed) = oneshot::channel();
        let (orders, taken) = tokio::sync::mpsc::unbounded_channel();
        let node_network = network.clone();
        let thread = std::thread::Builder::new().name(config.name.clone()).spawn(move || {
            let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match built {
                Ok(runtime) => runtime,
                Err(why) => {
                    let _ = started.send(Err(NodeError::Storage { what: "a runtime", why: why.to_string() }));
                    return;
                }
            };
            runtime.block_on(async move {
                tokio::select! {
                    _ = killed => {}
                    () = live(&config, node_network, storage, started, taken) => {}
                }
            });
            // Not waiting for file work under way: a crash would not either.
            runtime.shutdown_background();
        });
        match thread {
            Ok(thread) => {
                self.running = Some(Running { thread: Some(thread), network, orders, pause: None, kill: Some(kill) });
            }
            Err(error) => tracing::error!(%error, "cannot start a thread for a node"),
        }
        wait
    }

    pub(super) async fn wait_started(&self, started: Started) -> Result<(), TestClusterError> {
        let late = || TestClusterError::Late { name: self.config.name.clone(), limit: self.limit };
        let failed = |why: String| TestClusterError::Node { name: self.config.name.clone(), why };
        match tokio::time::timeout(self.limit, started).await {
            Err(_) => return Err(late()),
            Ok(Err(_)) => return Err(failed("its thread ended".to_owned())),
            Ok(Ok(result)) => result.map_err(|error| failed(error.to_string()))?,
        }
        match ping(self.address(), self.limit).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(failed("it answers /ping with an error".to_owned())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// The life of a node on its own thread.
async fn live(
    config: &NodeConfig,
    network: Network,
    storage: NodeStorage,
    started: oneshot::Sender<Result<(), NodeError>>,
    mut orders: tokio::sync::mpsc::UnboundedReceiver<Order>,
) {
    let starting = Node::start_on(config, network, storage);
    tokio::pin!(starting);
    let mut node = None;
    let mut started = Some(started);
    loop {
        tokio::select! {
            result = &mut starting, if node.is_none() => {
                let started = started.take();
                match result {
                    Ok(up) => {
                        node = Some(up);
                        started.map(|started| started.send(Ok(())));
                    }
                    Err(error) => {
                        started.map(|started| started.send(Err(error)));
                        return;
                    }
                }
            }
            order = orders.recv() => match order {
                // Whoever holds the other end is gone, and this node with it.
                None => return,
                Some(Order::Pause { entered, until }) => {
                    let _ = entered.send(());
                    // Blocks the one thread of this runtime: nothing of the node moves until the sender is dropped.
                    let _ = until.recv();
                }
                Some(Order::Depths(tell)) => {
                    let _ = tell.send(node.as_ref().map(Node::handoff_depths).unwrap_or_default());
                }
            }
        }
    }
}

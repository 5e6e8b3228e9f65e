//! One node of a cluster inside this process, on a thread and a tokio runtime of its own.

use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use super::injector::Injector;
use super::logs::{Log, log_here};
use super::test_cluster::TestClusterError;
use super::{NodeState, Role};
use crate::fault::{ClockSkew, Disk, DiskState, Fault, Faults, ReplyFault};
use crate::hinted_handoff::QueueDepth;
use crate::runtime::{Node, NodeConfig, NodeError, NodeStorage, learn_names, ping};

/// A node of a [`TestCluster`](crate::TestCluster).
#[derive(Debug)]
pub struct TestNode {
    role: Role,
    pub(super) config: NodeConfig,
    storage: NodeStorage,
    running: Option<Running>,
    /// What is wrong with this node; outlives its deaths.
    faults: Faults,
    /// What is wrong in the cluster.
    injector: Arc<Injector>,
    log: Log,
    limit: Duration,
}

/// The thread that a node runs on.
#[derive(Debug)]
struct Running {
    thread: Option<JoinHandle<()>>,
    orders: tokio::sync::mpsc::UnboundedSender<Order>,
    /// Dropped to let a paused node go on.
    pause: Option<mpsc::Sender<()>>,
    kill: Option<oneshot::Sender<()>>,
}

type Look = Box<dyn FnOnce(Option<&Node>) + Send>;

enum Order {
    /// Block the thread until the other end is dropped.
    Pause { entered: oneshot::Sender<()>, until: mpsc::Receiver<()> },
    /// Have a look at the node, or at nothing while it starts.
    Look(Look),
}

pub(super) type Started = oneshot::Receiver<Result<(), NodeError>>;

impl TestNode {
    pub(super) fn new(
        role: Role,
        config: NodeConfig,
        faults: Faults,
        injector: Arc<Injector>,
        limit: Duration,
    ) -> Self {
        let (storage, log) = (NodeStorage::memory(), Log::default());
        Self { role, config, storage, running: None, faults, injector, log, limit }
    }

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

    pub(super) fn address(&self) -> &str {
        let config = &self.config;
        let data = config.datas.iter().find(|data| Some(data.id) == config.data_id).map(|data| data.http.as_str());
        let meta = config.metas.iter().find(|meta| Some(meta.id) == config.meta_id).map(|meta| meta.http.as_str());
        data.or(meta).unwrap_or_default()
    }

    /// `host:port` of the listener on loopback that faults of processes are set through; for tests of that listener.
    #[must_use]
    pub fn admin_address(&self) -> &str {
        &self.config.admin
    }

    /// The token that the listener asks for.
    #[must_use]
    pub fn admin_token(&self) -> &str {
        &self.config.token
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
        self.injector.goes_on(&self.config.name);
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
            self.injector.stands_still(&self.config.name);
        }
    }

    /// Lets a paused node go on.
    pub fn resume(&mut self) {
        if let Some(running) = &mut self.running {
            drop(running.pause.take());
            self.injector.goes_on(&self.config.name);
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
        self.look(Node::handoff_depths).await.unwrap_or_default()
    }

    /// What the node tells of itself; nothing if it is dead, paused or still starting.
    pub(super) async fn look<T: Send + 'static>(&self, at: impl FnOnce(&Node) -> T + Send + 'static) -> Option<T> {
        let running = self.running.as_ref().filter(|running| running.pause.is_none())?;
        let (tell, told) = oneshot::channel();
        let look = move |node: Option<&Node>| {
            // Nobody waits any more where this fails.
            let _ = node.map(|node| tell.send(at(node)));
        };
        running.orders.send(Order::Look(Box::new(look))).ok()?;
        told.await.ok()
    }

    /// The last lines that it logged, of all its lives.
    #[must_use]
    pub fn log_tail(&self, lines: usize) -> Vec<String> {
        self.log.tail(lines)
    }

    /// Fills a part of its disk up: writes there fail until the heal.
    ///
    /// # Panics
    /// When the node has no such part.
    pub fn fill_disk(&self, disk: Disk) {
        self.inject(&Fault::Disk { node: self.config.name.clone(), disk, state: DiskState::full() });
    }

    /// Makes each write to a part of its disk take this much longer.
    ///
    /// # Panics
    /// When the node has no such part, or the delay is zero.
    pub fn slow_disk(&self, disk: Disk, delay: Duration) {
        self.inject(&Fault::Disk { node: self.config.name.clone(), disk, state: DiskState::slow(delay) });
    }

    /// Sets its clock wrong.
    ///
    /// # Panics
    /// When the skew is none.
    pub fn skew_clock(&self, skew: ClockSkew) {
        self.inject(&Fault::Clock { node: self.config.name.clone(), skew });
    }

    /// Has requests to its public API answered otherwise.
    ///
    /// # Panics
    /// When it has none, or no server could answer so.
    pub fn reply(&self, fault: ReplyFault) {
        self.inject(&Fault::Reply { node: self.config.name.clone(), fault });
    }

    /// Closes its public port: connections are refused, while the other nodes still reach it.
    ///
    /// # Panics
    /// When it has none.
    pub fn refuse_http(&self) {
        self.inject(&Fault::RefuseHttp { node: self.config.name.clone() });
    }

    /// Makes its hinted handoff queues take nothing more, as at their size limit.
    ///
    /// # Panics
    /// When it has none.
    pub fn fill_handoff(&self) {
        self.inject(&Fault::HandoffFull { node: self.config.name.clone() });
    }

    fn inject(&self, fault: &Fault) {
        if let Err(error) = self.injector.add(std::slice::from_ref(fault)) {
            panic!("{error}");
        }
    }

    /// Says who is behind addresses that came after the node was configured.
    pub(super) fn learn_names(&self, names: &[(String, String)]) {
        learn_names(self.faults.network(), names);
    }

    pub(super) fn spawn(&mut self) -> Started {
        let (config, storage, faults) = (self.config.clone(), self.storage.clone(), self.faults.clone());
        let (started, wait) = oneshot::channel();
        let (kill, killed) = oneshot::channel();
        let (orders, taken) = tokio::sync::mpsc::unbounded_channel();
        let dispatch = self.log.dispatch();
        let thread = std::thread::Builder::new().name(config.name.clone()).spawn(move || {
            log_here(&dispatch);
            let mut builder = tokio::runtime::Builder::new_current_thread();
            // Threads for work on files log to the same place.
            builder.enable_all().on_thread_start(move || log_here(&dispatch));
            let built = builder.build();
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
                    () = live(&config, faults, storage, started, taken) => {}
                }
            });
            // Not waiting for file work under way: a crash would not either.
            runtime.shutdown_background();
        });
        match thread {
            Ok(thread) => {
                self.running = Some(Running { thread: Some(thread), orders, pause: None, kill: Some(kill) });
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
    faults: Faults,
    storage: NodeStorage,
    started: oneshot::Sender<Result<(), NodeError>>,
    mut orders: tokio::sync::mpsc::UnboundedReceiver<Order>,
) {
    let starting = Node::start_on(config, faults, storage);
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
                Some(Order::Look(look)) => look(node.as_ref()),
            }
        }
    }
}

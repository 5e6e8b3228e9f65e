//! A cluster of processes, remembered in a directory, so that each command finds it again.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http::Method;
use serde::de::DeserializeOwned;

use super::events::{self, Event};
use super::layout::{Placement, Planned, place, plan};
use super::ports::{Holder, release};
use super::signal::{self, Signal};
use super::state::{Alone, STATE_VERSION, State, io_error, write_private};
use super::unsettled::in_words;
use super::{ClusterError, NodeEntry, NodeState, Topology};
use crate::fault::{Board, Member, find};
use crate::hinted_handoff::QueueDepth;
use crate::runtime::{HeldPoint, NodeConfig, QueuedWrite, call, ping};
use crate::{Options, Profile};

/// How a cluster of processes is started.
#[derive(Clone, Debug)]
pub struct UpOptions {
    /// Where the cluster keeps its files; made when it is not there.
    pub dir: PathBuf,
    /// Which system to answer like.
    pub profile: Profile,
    /// How many nodes.
    pub topology: Topology,
    /// The switches of every node.
    pub options: Options,
    /// The program that runs a node.
    pub executable: PathBuf,
    /// What stands before `--config FILE` on its command line.
    pub arguments: Vec<String>,
    /// The first port of the nodes, which take the next ones in a row: the public APIs of the data nodes first. Free ones,
    /// reserved for this cluster, if `None`.
    pub base_port: Option<u16>,
    /// How long the nodes may take to come up.
    pub limit: Duration,
    /// Whether the nodes end with this process, however it ends.
    pub tied: bool,
}

/// A cluster of one process a node.
///
/// Dropping the value leaves the cluster running; [`down`](Self::down) ends it.
#[derive(Debug)]
pub struct ProcessCluster {
    pub(super) dir: PathBuf,
    pub(super) state: State,
    pub(super) configs: Vec<NodeConfig>,
    /// Whose standard input keeps tied nodes alive.
    pub(super) children: Vec<Child>,
    tied: bool,
}

/// Between two looks at something that is waited for.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// How long a node may take to die of a signal that cannot be caught.
const DEATH_LIMIT: Duration = Duration::from_secs(10);
/// How long a node on loopback may take to answer an admin request or a ping.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(2);
/// How long nodes may take to end when asked to.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// Starts with other ports after somebody else took one between its choice and its use.
const STARTS: usize = 3;

impl ProcessCluster {
    /// Starts a cluster and returns once every node answers.
    ///
    /// # Errors
    /// [`ClusterError`]; nothing is left running then.
    ///
    /// # Cancellation
    /// Nodes already started go on; [`open`](Self::open) finds them.
    pub async fn up(options: UpOptions) -> Result<Self, ClusterError> {
        Self::up_on(options, &[]).await
    }

    /// As [`up`](Self::up), with some nodes elsewhere than on loopback. Nodes that join later are on loopback, where those
    /// do not see them.
    ///
    /// # Errors
    /// As [`up`](Self::up).
    ///
    /// # Cancellation
    /// As [`up`](Self::up).
    pub async fn up_on(options: UpOptions, placements: &[Placement]) -> Result<Self, ClusterError> {
        let mut attempt = 1;
        loop {
            match Self::try_up(&options, placements).await {
                Err(ClusterError::Ended { log, .. }) if log.contains("cannot listen on") && attempt < STARTS => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn try_up(options: &UpOptions, placements: &[Placement]) -> Result<Self, ClusterError> {
        fs::create_dir_all(&options.dir).map_err(io_error(format!("making {}", options.dir.display())))?;
        let dir = fs::canonicalize(&options.dir).map_err(io_error(format!("finding {}", options.dir.display())))?;
        // Of two that come at once, one is first.
        let alone = Alone::enter(&dir).await?;
        if State::path(&dir).exists() {
            return Err(ClusterError::Exists { dir: options.dir.display().to_string() });
        }
        let state = State {
            version: STATE_VERSION,
            profile: options.profile,
            nodes: Vec::new(),
            reservations: Vec::new(),
            faults: Board::default(),
            timers: Vec::new(),
            next_order: 1,
            executable: options.executable.clone(),
            arguments: options.arguments.clone(),
            launchers: placements
                .iter()
                .filter(|placement| !placement.launcher.is_empty())
                .flat_map(|placement| placement.nodes.iter().map(|name| (name.clone(), placement.launcher.clone())))
                .collect(),
        };
        // Before anything else: this file is what holds the cluster's ports.
        state.save(&dir)?;
        drop(alone);
        events::begin(&dir);
        let mut cluster = Self { dir, state, configs: Vec::new(), children: Vec::new(), tied: options.tied };
        let started = cluster.build(options, placements).await;
        if let Err(error) = started {
            cluster.kill_all();
            // Before the file goes, without which others would take the blocks for free, and this release theirs.
            release(&cluster.state.reservations);
            let _ = fs::remove_file(State::path(&cluster.dir));
            return Err(error);
        }
        Ok(cluster)
    }

    async fn build(&mut self, options: &UpOptions, placements: &[Placement]) -> Result<(), ClusterError> {
        let holder = Holder { path: State::path(&self.dir), process: None };
        let mut planned =
            plan(options.topology, options.profile, &options.options, &self.dir, holder, options.base_port)?;
        place(&mut planned.nodes, placements);
        self.state.reservations = planned.reservations;
        for node in &planned.nodes {
            prepare(node)?;
        }
        self.state.nodes = planned.nodes.iter().map(entry).collect();
        self.configs = planned.nodes.into_iter().map(|node| node.config).collect();
        self.start_all(options.limit).await
    }

    async fn start_all(&mut self, limit: Duration) -> Result<(), ClusterError> {
        for position in 0..self.configs.len() {
            self.spawn(position)?;
        }
        self.state.save(&self.dir)?;
        let deadline = Instant::now() + limit;
        for position in 0..self.configs.len() {
            self.wait_up(position, deadline, limit).await?;
        }
        self.forget_joins()?;
        let names: Vec<&str> = self.state.nodes.iter().map(|node| node.name.as_str()).collect();
        self.note(Event::of("up").text(format!("up: {}", names.join(", "))));
        Ok(())
    }

    /// Has nodes that were told of some meta nodes only ask all of them once they are started again.
    fn forget_joins(&mut self) -> Result<(), ClusterError> {
        for config in self.configs.iter_mut().filter(|config| !config.join.is_empty()) {
            config.join.clear();
            write_private(&config_path(&self.dir, &config.name), config)?;
        }
        Ok(())
    }

    /// Finds the cluster of a directory.
    ///
    /// # Errors
    /// [`ClusterError::Missing`] when there is none.
    pub fn open(dir: &Path) -> Result<Self, ClusterError> {
        let state = State::load(dir)?;
        let dir = fs::canonicalize(dir).map_err(io_error(format!("finding {}", dir.display())))?;
        let configs = read_configs(&dir, &state)?;
        Ok(Self { dir, state, configs, children: Vec::new(), tied: false })
    }

    /// Keeps other commands from changing the cluster, and takes over what they changed until now.
    ///
    /// Each change of the state is made between this and the end of its result: a timer may end a fault while a command
    /// adds one.
    pub(super) async fn alone(&mut self) -> Result<Alone, ClusterError> {
        let alone = Alone::enter(&self.dir).await?;
        let state = State::load(&self.dir)?;
        let names = |state: &State| state.nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>();
        if names(&state) != names(&self.state) {
            self.configs = read_configs(&self.dir, &state)?;
        }
        self.state = state;
        Ok(alone)
    }

    /// Where the cluster keeps its files.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Which system it answers like.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.state.profile
    }

    /// Its nodes: meta nodes first, then data nodes.
    #[must_use]
    pub fn nodes(&self) -> &[NodeEntry] {
        &self.state.nodes
    }

    /// The sides of the partition in force; empty when there is none.
    #[must_use]
    pub fn sides(&self) -> &[Vec<String>] {
        &self.state.faults.partition
    }

    /// The public APIs of the data nodes.
    #[must_use]
    pub fn data_urls(&self) -> Vec<String> {
        let datas = self.state.nodes.iter().filter(|node| node.data_id.is_some());
        datas.map(|node| node.http.clone()).collect()
    }

    /// The file to which a node writes its log, one after the other for each time it is started.
    ///
    /// # Errors
    /// [`ClusterError::Fault`] when there is no such node.
    pub fn log_path(&self, name: &str) -> Result<PathBuf, ClusterError> {
        self.position(name).map(|_| log_path(&self.dir, name))
    }

    /// Whether a node's process runs.
    ///
    /// # Errors
    /// [`ClusterError::Fault`] when there is no such node.
    pub fn state(&self, name: &str) -> Result<NodeState, ClusterError> {
        Ok(self.state_at(self.position(name)?))
    }

    /// How many points (series and time) of a measurement a node's own shards hold, whatever the others have.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node or it does not tell.
    pub async fn count_on(&self, node: &str, database: &str, measurement: &str) -> Result<u64, ClusterError> {
        self.told_of("/count?", node, database, measurement, CALL_LIMIT).await
    }

    /// The points of a measurement in a node's own shards, whatever the others have.
    ///
    /// # Errors
    /// As [`count_on`](Self::count_on).
    pub async fn held_by(&self, node: &str, database: &str, measurement: &str) -> Result<Vec<HeldPoint>, ClusterError> {
        /// Many points take their time on a busy machine.
        const LIMIT: Duration = Duration::from_secs(30);
        self.told_of("/held?", node, database, measurement, LIMIT).await
    }

    /// The writes that wait in a node's hinted handoff queues.
    ///
    /// # Errors
    /// As [`count_on`](Self::count_on).
    pub async fn queued_on(&self, node: &str) -> Result<Vec<QueuedWrite>, ClusterError> {
        let config = &self.configs[self.position(node)?];
        let told = call(&config.admin, &config.token, Method::GET, "/queued", Vec::new(), CALL_LIMIT).await;
        told.map_err(|why| ClusterError::NoAnswer { name: node.to_owned(), why: why.to_string() })
    }

    /// What a node tells of a measurement on a path that ends with `?`.
    async fn told_of<T: DeserializeOwned>(
        &self,
        path: &str,
        node: &str,
        database: &str,
        measurement: &str,
        limit: Duration,
    ) -> Result<T, ClusterError> {
        let config = &self.configs[self.position(node)?];
        let path = {
            // Gone before anything is waited for: it may not go from thread to thread.
            let mut query = url::form_urlencoded::Serializer::for_suffix(path.to_owned(), path.len());
            query.append_pair("db", database).append_pair("measurement", measurement).finish()
        };
        let told = call(&config.admin, &config.token, Method::GET, &path, Vec::new(), limit).await;
        told.map_err(|why| ClusterError::NoAnswer { name: node.to_owned(), why: why.to_string() })
    }

    /// How far a node's anti-entropy has come since it was started; `None` where it is switched off.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node or it does not tell.
    pub async fn anti_entropy_on(&self, node: &str) -> Result<Option<crate::anti_entropy::Status>, ClusterError> {
        let config = &self.configs[self.position(node)?];
        let told = call(&config.admin, &config.token, Method::GET, "/anti-entropy", Vec::new(), CALL_LIMIT).await;
        told.map_err(|why| ClusterError::NoAnswer { name: node.to_owned(), why: why.to_string() })
    }

    /// The last lines of a node's log.
    ///
    /// # Errors
    /// [`ClusterError`] when there is no such node.
    pub fn log_tail(&self, name: &str, lines: usize) -> Result<String, ClusterError> {
        Ok(self.log_lines(self.position(name)?, lines))
    }

    /// Prints the end of each node's log to standard error when it is dropped in a test that fails.
    #[must_use = "the logs are shown when this value is dropped by a panic"]
    pub fn logs_on_panic(&self) -> LogsOnPanic {
        let named = |node: &NodeEntry| (node.name.clone(), log_path(&self.dir, &node.name));
        LogsOnPanic { logs: self.state.nodes.iter().map(named).collect() }
    }

    /// Whether each node runs and answers; the text says what it does instead.
    pub async fn health(&self) -> Vec<(String, Result<(), String>)> {
        let asked = (0..self.state.nodes.len()).map(|position| async move {
            let node = &self.state.nodes[position];
            let health = match self.state_at(position) {
                NodeState::Dead => Err("is dead".to_owned()),
                NodeState::Paused => Err("is paused".to_owned()),
                NodeState::Running => match ping(node.http.trim_start_matches("http://"), CALL_LIMIT).await {
                    Ok(true) => Ok(()),
                    Ok(false) => Err("refuses to answer".to_owned()),
                    Err(why) => Err(format!("does not answer ({why})")),
                },
            };
            (node.name.clone(), health)
        });
        futures::future::join_all(asked).await
    }

    /// What waits in the hinted handoff queues of each data node; the text says why where a node does not tell.
    pub async fn handoff_depths(&self) -> Vec<(String, Result<Vec<QueueDepth>, String>)> {
        self.told_by_all("/handoff").await
    }

    /// How many writes to owners each data node has begun for clients, answered or not, and that have not ended; the text
    /// says why where a node does not tell.
    pub async fn writes_under_way(&self) -> Vec<(String, Result<usize, String>)> {
        self.told_by_all("/under-way").await
    }

    /// The data nodes that still have something to bring to owners, or do not tell, and what that is, for people: what is in
    /// hinted handoff queues, and writes that are on their way. A write below level all is answered before its last owner has
    /// it, and one that timed out before its points are in a queue.
    pub async fn unsettled(&self) -> Vec<(String, String)> {
        let under_way = self.writes_under_way().await;
        let depths = self.handoff_depths().await;
        let nodes = under_way.into_iter().zip(depths);
        let waiting = nodes.filter_map(|((name, under_way), (_, depths))| match (under_way, depths) {
            (Ok(under_way), Ok(depths)) => Some((name, format!("has {}", in_words(under_way, &depths)?))),
            (Err(why), _) | (_, Err(why)) => Some((name, format!("does not tell ({why})"))),
        });
        waiting.collect()
    }

    /// What each data node tells on a path.
    async fn told_by_all<T: DeserializeOwned>(&self, path: &str) -> Vec<(String, Result<T, String>)> {
        let datas = self.configs.iter().enumerate().filter(|(_, config)| config.data_id.is_some());
        let asked = datas.map(|(position, config)| async move {
            match self.state_at(position) {
                NodeState::Running => {}
                NodeState::Paused => return (config.name.clone(), Err("paused".to_owned())),
                NodeState::Dead => return (config.name.clone(), Err("dead".to_owned())),
            }
            let told = call(&config.admin, &config.token, Method::GET, path, Vec::new(), CALL_LIMIT).await;
            (config.name.clone(), told.map_err(|error| error.to_string()))
        });
        futures::future::join_all(asked).await
    }

    /// Ends the processes that were started, and forgets the cluster.
    ///
    /// # Errors
    /// [`ClusterError`] when a process cannot be signalled or does not end.
    pub async fn down(mut self) -> Result<(), ClusterError> {
        let _alone = self.alone().await?;
        self.end_timers();
        for position in 0..self.configs.len() {
            self.signal(position, Signal::Resume)?;
            self.signal(position, Signal::End)?;
        }
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && !self.all_dead() {
            tokio::time::sleep(TICK).await;
        }
        for position in 0..self.configs.len() {
            self.signal(position, Signal::Kill)?;
            self.wait_for(position, NodeState::Dead).await?;
        }
        self.children.clear();
        self.note(Event::of("down").text("down"));
        let path = State::path(&self.dir);
        release(&self.state.reservations);
        fs::remove_file(&path).map_err(io_error(format!("removing {}", path.display())))
    }

    /// Kills all nodes at once, without waiting: for a program that has to leave now.
    pub fn kill_all(&self) {
        for position in 0..self.configs.len() {
            if let Err(error) = self.signal(position, Signal::Kill) {
                tracing::warn!(%error, "cannot kill a node");
            }
        }
    }

    fn all_dead(&self) -> bool {
        (0..self.configs.len()).all(|position| self.state_at(position) == NodeState::Dead)
    }

    pub(super) fn position(&self, name: &str) -> Result<usize, ClusterError> {
        find(name, &self.members())?;
        // Found above, so this is never the first node for want of another.
        Ok(self.state.nodes.iter().position(|node| node.name == name).unwrap_or_default())
    }

    pub(super) fn members(&self) -> Vec<Member> {
        self.state.nodes.iter().map(|node| Member { name: node.name.clone(), role: node.role }).collect()
    }

    pub(super) fn state_at(&self, position: usize) -> NodeState {
        let node = &self.state.nodes[position];
        node.pid.map_or(NodeState::Dead, |pid| signal::state(pid, &config_path(&self.dir, &node.name)))
    }

    /// Signals a node's process, and only that: never another one that was given the same id since.
    pub(super) fn signal(&self, position: usize, signal: Signal) -> Result<(), ClusterError> {
        match self.state.nodes[position].pid {
            Some(pid) if self.state_at(position) != NodeState::Dead => signal::send(pid, signal),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) async fn wait_for(&self, position: usize, wanted: NodeState) -> Result<(), ClusterError> {
        let deadline = Instant::now() + DEATH_LIMIT;
        while self.state_at(position) != wanted {
            if Instant::now() > deadline {
                return Err(self.late(position, DEATH_LIMIT));
            }
            tokio::time::sleep(TICK).await;
        }
        Ok(())
    }

    pub(super) fn spawn(&mut self, position: usize) -> Result<(), ClusterError> {
        let node = &mut self.state.nodes[position];
        let log_path = log_path(&self.dir, &node.name);
        let log = fs::OpenOptions::new().create(true).append(true).open(&log_path);
        let log = log.map_err(io_error(format!("opening {}", log_path.display())))?;
        let log_too = log.try_clone().map_err(io_error(format!("opening {}", log_path.display())))?;
        let launcher = self.state.launchers.get(&node.name).map(Vec::as_slice).unwrap_or_default();
        let mut words = launcher.iter().map(OsString::from).chain([self.state.executable.clone().into()]);
        // There is always one, as the executable is the last of them.
        let program = words.next().unwrap_or_default();
        let mut arguments: Vec<OsString> = words.chain(self.state.arguments.iter().map(OsString::from)).collect();
        arguments.extend(["--config".into(), config_path(&self.dir, &node.name).into()]);
        if self.tied {
            arguments.push("--tied".into());
        }
        let mut command = Command::new(&program);
        command.args(arguments).stdout(log).stderr(log_too);
        command.stdin(if self.tied { Stdio::piped() } else { Stdio::null() });
        // A group of its own: Ctrl-C in the terminal is for the program in front, not for the nodes.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(io_error(format!("starting {}", program.display())))?;
        node.pid = Some(child.id());
        self.children.push(child);
        Ok(())
    }

    pub(super) async fn wait_up(
        &self,
        position: usize,
        deadline: Instant,
        limit: Duration,
    ) -> Result<(), ClusterError> {
        let node = &self.state.nodes[position];
        let address = node.http.trim_start_matches("http://");
        loop {
            if matches!(ping(address, CALL_LIMIT).await, Ok(true)) {
                return Ok(());
            }
            if self.state_at(position) == NodeState::Dead {
                return Err(ClusterError::Ended { name: node.name.clone(), log: self.log_end(position) });
            }
            if Instant::now() > deadline {
                return Err(self.late(position, limit));
            }
            tokio::time::sleep(TICK).await;
        }
    }

    fn late(&self, position: usize, limit: Duration) -> ClusterError {
        ClusterError::Late { name: self.state.nodes[position].name.clone(), limit, log: self.log_end(position) }
    }

    fn log_end(&self, position: usize) -> String {
        const LINES: usize = 10;
        self.log_lines(position, LINES)
    }

    fn log_lines(&self, position: usize, lines: usize) -> String {
        log_end(&log_path(&self.dir, &self.state.nodes[position].name), lines)
    }
}

/// Prints the end of each node's log to standard error when it is dropped by a panic.
#[derive(Debug)]
pub struct LogsOnPanic {
    logs: Vec<(String, PathBuf)>,
}

impl Drop for LogsOnPanic {
    fn drop(&mut self) {
        const LINES: usize = 40;
        if std::thread::panicking() {
            for (name, path) in &self.logs {
                eprintln!("--- the end of the log of {name}\n{}", log_end(path, LINES));
            }
        }
    }
}

fn read_configs(dir: &Path, state: &State) -> Result<Vec<NodeConfig>, ClusterError> {
    let read = |node: &NodeEntry| {
        let path = config_path(dir, &node.name);
        let text = fs::read(&path).map_err(io_error(format!("reading {}", path.display())))?;
        let config = serde_json::from_slice(&text).map_err(std::io::Error::other);
        config.map_err(io_error(format!("reading {}", path.display())))
    };
    state.nodes.iter().map(read).collect()
}

fn log_end(path: &Path, count: usize) -> String {
    let log = fs::read(path).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

pub(super) fn entry(node: &Planned) -> NodeEntry {
    let config = &node.config;
    let meta = config.metas.iter().find(|meta| Some(meta.id) == config.meta_id);
    let data = config.datas.iter().find(|data| Some(data.id) == config.data_id);
    let url = |address: &String| format!("http://{address}");
    let both = meta.is_some() && data.is_some();
    NodeEntry {
        name: config.name.clone(),
        role: node.role,
        id: config.data_id.or(config.meta_id).unwrap_or_default(),
        meta_id: config.meta_id.filter(|_| both),
        data_id: config.data_id.filter(|_| both || meta.is_none()),
        http: data.map(|data| url(&data.http)).or_else(|| meta.map(|meta| url(&meta.http))).unwrap_or_default(),
        meta_http: meta.filter(|_| both).map(|meta| url(&meta.http)),
        pid: None,
    }
}

pub(super) fn config_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(name).join("node.json")
}

fn log_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(name).join("node.log")
}

/// Makes a node's directory with its configuration; what an earlier cluster left there is removed.
pub(super) fn prepare(node: &Planned) -> Result<(), ClusterError> {
    let dir = &node.config.dir;
    let config = dir.join("node.json");
    if config.exists() {
        fs::remove_dir_all(dir).map_err(io_error(format!("removing {}", dir.display())))?;
    }
    fs::create_dir_all(dir).map_err(io_error(format!("making {}", dir.display())))?;
    write_private(&config, &node.config)
}

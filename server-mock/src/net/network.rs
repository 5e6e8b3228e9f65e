//! One node's view of the network: what is wrong with its links, and connecting under that.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::Instant;

use super::retransmission::{Attempts, DIAL};
use super::stream::Link;
use super::{LinkFault, Listener, Stream};

/// The faults of one node's links at one moment.
///
/// Faults of a direction are applied by whichever node opened the connection, so both nodes of a link are told of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkState {
    /// Names of the nodes this one cannot reach and does not hear.
    pub cut: BTreeSet<String>,
    /// Whether the node is stalled as a whole: an in-process stand-in for SIGSTOP, seen from the network.
    pub frozen: bool,
    /// What is wrong with the way to another node, by its name.
    pub to: BTreeMap<String, LinkFault>,
    /// What is wrong with the way from another node, by its name.
    pub from: BTreeMap<String, LinkFault>,
    /// Listeners that are closed: connections are refused, and those there were are reset.
    pub refused: BTreeSet<Port>,
}

/// A listener of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Port {
    /// The public HTTP API of a data node.
    Http,
    /// Requests of other data nodes.
    Peer,
    /// The HTTP API of a meta node.
    Meta,
    /// Raft between meta nodes.
    Raft,
}

impl LinkState {
    /// The faults of the ways to a node and from it.
    pub(super) fn ways(&self, node: &str) -> (LinkFault, LinkFault) {
        let way = |faults: &BTreeMap<String, LinkFault>| {
            let fault = faults.get(node).copied().unwrap_or_default();
            if self.cut.contains(node) { fault.cut() } else { fault }
        };
        (way(&self.to), way(&self.from))
    }
}

/// One node's view of the network: who is behind an address, and what is wrong with the links.
#[derive(Clone, Debug, Default)]
pub struct Network {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: watch::Sender<LinkState>,
    names: RwLock<BTreeMap<SocketAddr, String>>,
    /// When each link has sent what it was given, to and from a node.
    lines: Mutex<BTreeMap<String, [Line; 2]>>,
    connections: AtomicU64,
    listeners: Listeners,
    /// Whether what a cut held up passes only when TCP would send it again.
    retransmits: AtomicBool,
}

/// The listeners of a node that there are, and whether each is open.
pub(super) type Listeners = Arc<Mutex<BTreeMap<Port, bool>>>;

/// When one direction of a link is free again; shared by its connections.
pub(super) type Line = Arc<Mutex<Instant>>;

impl Default for Shared {
    fn default() -> Self {
        Self {
            state: watch::Sender::new(LinkState::default()),
            names: RwLock::default(),
            lines: Mutex::default(),
            connections: AtomicU64::new(0),
            listeners: Listeners::default(),
            retransmits: AtomicBool::new(false),
        }
    }
}

impl Network {
    /// A network without faults that knows nobody's name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says which node listens on an address, so that a cut of that node applies to connections there.
    pub fn name(&self, address: SocketAddr, node: impl Into<String>) {
        let mut names = self.shared.names.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(address, node.into());
    }

    /// From now on, what a cut held up passes after the heal when TCP would have sent it again, as behind a packet
    /// filter, not at once. Connections that there are already go on as they were begun.
    pub fn retransmit(&self, as_tcp: bool) {
        self.shared.retransmits.store(as_tcp, Ordering::Relaxed);
    }

    /// The present faults.
    #[must_use]
    pub fn faults(&self) -> LinkState {
        self.shared.state.borrow().clone()
    }

    /// Replaces the faults; streams notice at once.
    pub fn set_faults(&self, state: LinkState) {
        self.shared.state.send_replace(state);
    }

    /// Changes the faults in place; streams notice at once.
    pub fn change_faults(&self, change: impl FnOnce(&mut LinkState)) {
        self.shared.state.send_modify(change);
    }

    /// Opens a connection to `host:port`.
    ///
    /// # Errors
    /// What the operating system says; [`io::ErrorKind::TimedOut`] when `limit` passes first, which is also what a cut
    /// link ends in.
    ///
    /// # Cancellation
    /// Dropping the future closes a half-open connection.
    pub async fn connect(&self, address: &str, limit: Duration) -> io::Result<Stream> {
        let dial = async {
            let target = resolve(address).await?;
            let node = {
                let names = self.shared.names.read().unwrap_or_else(PoisonError::into_inner);
                names.get(&target).cloned()
            };
            let number = self.shared.connections.fetch_add(1, Ordering::Relaxed);
            self.travel(node.as_deref(), number).await;
            let tcp = TcpStream::connect(target).await?;
            tcp.set_nodelay(true)?;
            let link = node.map(|peer| Link { lines: self.lines(&peer), peer, number });
            let stream = Stream::new(tcp, link, None, self.shared.state.subscribe());
            Ok(stream.retransmit(self.shared.retransmits.load(Ordering::Relaxed)))
        };
        tokio::time::timeout(limit, dial).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Takes as long as the first packet of a connection and its answer take under the faults: for ever, if one of
    /// them is lost. A heal lets a retransmission through.
    async fn travel(&self, node: Option<&str>, number: u64) {
        let mut state = self.shared.state.subscribe();
        let since = Instant::now();
        let mut attempts = self.shared.retransmits.load(Ordering::Relaxed).then(|| Attempts::begin(since, DIAL));
        loop {
            let (frozen, to, from) = {
                let state = state.borrow_and_update();
                let (to, from) = node.map(|node| state.ways(node)).unwrap_or_default();
                (state.frozen, to, from)
            };
            let mut rng = fastrand::Rng::with_seed(to.seed.wrapping_add(number));
            let lost = to.drop.happens(&mut rng) || from.drop.happens(&mut rng);
            let arrival = since + to.trip(&mut rng) + from.trip(&mut rng);
            let held = frozen || to.cut || lost;
            if !held && arrival <= Instant::now() {
                return;
            }
            // The sender of faults is in `self`, so a change can only be one.
            let changed = state.changed();
            if let Some(attempts) = attempts.as_mut().filter(|_| to.cut) {
                tokio::time::sleep_until(attempts.next()).await;
            } else if held {
                let _ = changed.await;
            } else if tokio::time::timeout_at(arrival, changed).await.is_err() {
                return;
            }
        }
    }

    fn lines(&self, peer: &str) -> [Line; 2] {
        let mut lines = self.shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let free = || [0; 2].map(|_| Arc::new(Mutex::new(Instant::now())));
        lines.entry(peer.to_owned()).or_insert_with(free).clone()
    }

    /// Wraps an accepted connection, so that freezing this node stalls it.
    ///
    /// Faults of links are enforced by whoever opened the connection, which knows whom it dialled.
    #[must_use]
    pub fn accepted(&self, tcp: TcpStream) -> Stream {
        Stream::new(tcp, None, None, self.shared.state.subscribe())
    }

    /// A listener that closes while its port refuses.
    #[must_use]
    pub fn listen(&self, tcp: TcpListener, port: Port) -> Listener {
        Listener::new(tcp, port, self.shared.state.subscribe(), self.shared.listeners.clone())
    }

    /// Whether the listeners are open or closed as the faults say, which takes a moment after a change.
    #[must_use]
    pub fn listeners_comply(&self) -> bool {
        let state = self.shared.state.borrow();
        let listeners = self.shared.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.iter().all(|(port, open)| *open != state.refused.contains(port))
    }
}

async fn resolve(address: &str) -> io::Result<SocketAddr> {
    if let Ok(address) = address.parse() {
        return Ok(address);
    }
    lookup_host(address).await?.next().ok_or_else(|| io::ErrorKind::NotFound.into())
}

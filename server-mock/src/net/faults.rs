//! Which links of a node are cut, and connecting under that.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::watch;

use super::Stream;

/// The faults of one node's links at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkState {
    /// Names of the nodes this one cannot reach and does not hear.
    pub cut: BTreeSet<String>,
    /// Whether the node is stalled as a whole: an in-process stand-in for SIGSTOP, seen from the network.
    pub frozen: bool,
}

/// One node's view of the network: who is behind an address, and which links are cut.
#[derive(Clone, Debug, Default)]
pub struct Network {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: watch::Sender<LinkState>,
    names: RwLock<BTreeMap<SocketAddr, String>>,
}

impl Default for Shared {
    fn default() -> Self {
        Self { state: watch::Sender::new(LinkState::default()), names: RwLock::default() }
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
        let mut names = self.shared.names.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        names.insert(address, node.into());
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
                let names = self.shared.names.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                names.get(&target).cloned()
            };
            let mut state = self.shared.state.subscribe();
            // A packet into a cut link is lost: the dial goes on waiting, and a heal lets a retransmission through.
            let open = |state: &LinkState| !state.frozen && node.as_ref().is_none_or(|node| !state.cut.contains(node));
            state.wait_for(open).await.map_err(|_| io::Error::from(io::ErrorKind::NotConnected))?;
            let tcp = TcpStream::connect(target).await?;
            tcp.set_nodelay(true)?;
            Ok(Stream::new(tcp, node, state))
        };
        tokio::time::timeout(limit, dial).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Wraps an accepted connection, so that freezing this node stalls it.
    ///
    /// Cut links are enforced by whoever opened the connection, which knows whom it dialled.
    #[must_use]
    pub fn accepted(&self, tcp: TcpStream) -> Stream {
        Stream::new(tcp, None, self.shared.state.subscribe())
    }
}

async fn resolve(address: &str) -> io::Result<SocketAddr> {
    if let Ok(address) = address.parse() {
        return Ok(address);
    }
    lookup_host(address).await?.next().ok_or_else(|| io::ErrorKind::NotFound.into())
}

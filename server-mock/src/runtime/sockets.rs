//! Where a node takes connections, and how it stops doing so.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::NodeError;

/// The listeners of one node: those bound beforehand, by whoever had to learn the port, and those bound when they are
/// asked for. What serves users ends when the sockets are closed; the rest of the node goes on.
#[derive(Debug)]
pub(crate) struct Sockets {
    bound: Mutex<HashMap<String, TcpListener>>,
    udp: OnceLock<SocketAddr>,
    closing: watch::Sender<bool>,
    serving: Mutex<JoinSet<()>>,
}

/// Tells that no more requests are to be taken.
#[derive(Clone, Debug)]
pub(crate) struct Closing(watch::Receiver<bool>);

impl Closing {
    /// Waits until the sockets are closed, or their node is gone.
    pub(crate) async fn begun(&mut self) {
        let _ = self.0.wait_for(|closing| *closing).await;
    }
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            bound: Mutex::default(),
            udp: OnceLock::new(),
            closing: watch::Sender::new(false),
            serving: Mutex::default(),
        }
    }
}

/// Nothing that holds these locks can leave them half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sockets {
    /// Binds now what the node is going to listen on; `host:port` where the port may be 0. The address that the node's
    /// configuration has to name is returned.
    pub(crate) async fn reserve(&self, address: &str) -> Result<SocketAddr, NodeError> {
        let listener = bind(address).await?;
        let local = listener.local_addr().map_err(|why| NodeError::Bind { address: address.to_owned(), why })?;
        let reachable = reachable(local);
        lock(&self.bound).insert(reachable.to_string(), listener);
        Ok(reachable)
    }

    /// The listener of an address, bound beforehand or now.
    pub(crate) async fn listen(&self, address: &str) -> Result<TcpListener, NodeError> {
        let reserved = lock(&self.bound).remove(address);
        match reserved {
            Some(listener) => Ok(listener),
            None => bind(address).await,
        }
    }

    /// A socket for datagrams.
    pub(crate) async fn receive(&self, address: &str) -> Result<UdpSocket, NodeError> {
        let address = any_host(address);
        let failed = |why| NodeError::Bind { address: format!("{address} (UDP)"), why };
        let socket = UdpSocket::bind(&address).await.map_err(failed)?;
        let local = socket.local_addr().map_err(failed)?;
        // A node has one at most.
        let _ = self.udp.set(reachable(local));
        Ok(socket)
    }

    /// Where datagrams are taken, if they are.
    pub(crate) fn udp_addr(&self) -> Option<SocketAddr> {
        self.udp.get().copied()
    }

    /// Tells when whoever serves users has to finish.
    pub(crate) fn closing(&self) -> Closing {
        Closing(self.closing.subscribe())
    }

    /// Runs something that serves users and ends after [`closing`](Self::closing).
    pub(crate) fn serve(&self, service: impl Future<Output = ()> + Send + 'static) {
        lock(&self.serving).spawn(service);
    }

    /// Takes no more connections, and waits for what serves users to finish the requests under way; whether it did
    /// within the limit.
    pub(crate) async fn close(&self, limit: Duration) -> bool {
        self.closing.send_replace(true);
        let mut serving = std::mem::take(&mut *lock(&self.serving));
        let finished = async { while serving.join_next().await.is_some() {} };
        tokio::time::timeout(limit, finished).await.is_ok()
    }
}

/// `:8086` means all interfaces, as in the real configuration.
pub(super) fn any_host(address: &str) -> String {
    if address.starts_with(':') { format!("0.0.0.0{address}") } else { address.to_owned() }
}

/// Listens on a `host:port`.
async fn bind(address: &str) -> Result<TcpListener, NodeError> {
    TcpListener::bind(address).await.map_err(|why| NodeError::Bind { address: address.to_owned(), why })
}

/// Where a listener is found from this machine: one on all interfaces has no address of its own.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        match &mut address {
            SocketAddr::V4(v4) => v4.set_ip(std::net::Ipv4Addr::LOCALHOST),
            SocketAddr::V6(v6) => v6.set_ip(std::net::Ipv6Addr::LOCALHOST),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_reserved_address_is_used_once_and_nobody_else_gets_it() {
        let sockets = Sockets::default();
        let address = sockets.reserve("127.0.0.1:0").await.unwrap().to_string();
        assert!(matches!(Sockets::default().listen(&address).await, Err(NodeError::Bind { .. })));
        let listener = sockets.listen(&address).await.unwrap();
        assert_eq!(listener.local_addr().unwrap().to_string(), address);
    }

    #[test]
    fn a_listener_on_all_interfaces_is_reached_over_loopback() {
        assert_eq!(reachable("0.0.0.0:8086".parse().unwrap()).to_string(), "127.0.0.1:8086");
        assert_eq!(reachable("[::]:8086".parse().unwrap()).to_string(), "[::1]:8086");
        assert_eq!(reachable("192.0.2.1:1".parse().unwrap()).to_string(), "192.0.2.1:1");
    }

    #[tokio::test]
    async fn closing_waits_for_what_serves_users_but_not_for_ever() {
        let sockets = Sockets::default();
        let mut closing = sockets.closing();
        sockets.serve(async move { closing.begun().await });
        assert!(sockets.close(Duration::from_secs(30)).await);
        sockets.serve(std::future::pending());
        assert!(!sockets.close(Duration::from_millis(1)).await);
    }
}

//! A listener that can be made to refuse connections, as one whose process is dead.

use std::io;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::network::Listeners;
use super::{LinkState, Port, Stream};

/// Pause before the address is asked for again after somebody else was found on it.
const BIND_PAUSE: Duration = Duration::from_millis(5);

/// Takes connections, except while its port is among those that [refuse](LinkState::refused): then its socket is
/// closed, so that the system itself refuses them.
#[derive(Debug)]
pub struct Listener {
    tcp: Option<TcpListener>,
    address: Option<SocketAddr>,
    port: Port,
    state: watch::Receiver<LinkState>,
    listeners: Listeners,
}

impl Listener {
    pub(super) fn new(tcp: TcpListener, port: Port, state: watch::Receiver<LinkState>, listeners: Listeners) -> Self {
        let listener = Self { address: tcp.local_addr().ok(), tcp: Some(tcp), port, state, listeners };
        listener.tell(true);
        listener
    }

    fn tell(&self, open: bool) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).insert(self.port, open);
    }

    /// The next connection.
    ///
    /// # Errors
    /// What the operating system says; the next call may succeed.
    ///
    /// # Cancellation
    /// Cancel safe: no connection is lost.
    pub async fn accept(&mut self) -> io::Result<Stream> {
        loop {
            if self.state.borrow_and_update().refused.contains(&self.port) {
                self.tcp = None;
                self.tell(false);
                if self.state.changed().await.is_err() {
                    // The node is gone, and nobody is left to take connections for.
                    return std::future::pending().await;
                }
                continue;
            }
            let Some(listener) = &self.tcp else {
                self.reopen().await?;
                continue;
            };
            tokio::select! {
                accepted = listener.accept() => {
                    let (tcp, _) = accepted?;
                    return Ok(Stream::new(tcp, None, Some(self.port), self.state.clone()));
                }
                Ok(()) = self.state.changed() => {}
            }
        }
    }

    async fn reopen(&mut self) -> io::Result<()> {
        let address = self.address.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
        match TcpListener::bind(address).await {
            Ok(tcp) => {
                self.tcp = Some(tcp);
                self.tell(true);
            }
            Err(error) => {
                tracing::warn!(%address, %error, "cannot listen again");
                tokio::time::sleep(BIND_PAUSE).await;
            }
        }
        Ok(())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.port);
    }
}

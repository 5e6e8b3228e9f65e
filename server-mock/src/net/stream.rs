//! A TCP connection that stalls while its link is cut.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::LinkState;

type Healed = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// A connection between two nodes, or between a client and a node.
///
/// While the link is cut or the node frozen, reads and writes wait; what the kernel holds meanwhile passes
/// after the heal, as retransmitted packets would.
pub struct Stream {
    tcp: TcpStream,
    peer: Option<String>,
    state: watch::Receiver<LinkState>,
    // Only there while the link is cut, so that a healthy stream costs one comparison.
    reader_waits: Option<Healed>,
    writer_waits: Option<Healed>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("tcp", &self.tcp).field("peer", &self.peer).finish_non_exhaustive()
    }
}

fn stalled(state: &LinkState, peer: Option<&String>) -> bool {
    state.frozen || peer.is_some_and(|peer| state.cut.contains(peer))
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, peer: Option<String>, state: watch::Receiver<LinkState>) -> Self {
        Self { tcp, peer, state, reader_waits: None, writer_waits: None }
    }

    /// The address of this end.
    ///
    /// # Errors
    /// When the socket has none any more.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// When the socket is not connected any more.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }

    fn healed(&self) -> Healed {
        let mut state = self.state.clone();
        let peer = self.peer.clone();
        Box::pin(async move {
            // An error means that the node is gone, and its streams with it.
            let _ = state.wait_for(|state| !stalled(state, peer.as_ref())).await;
        })
    }

    fn poll_link(&mut self, cx: &mut Context<'_>, reading: bool) -> Poll<()> {
        let waits = if reading { &mut self.reader_waits } else { &mut self.writer_waits };
        if let Some(healed) = waits {
            ready!(healed.as_mut().poll(cx));
            *waits = None;
        }
        while stalled(&self.state.borrow(), self.peer.as_ref()) {
            let mut healed = self.healed();
            let waits = if reading { &mut self.reader_waits } else { &mut self.writer_waits };
            if healed.as_mut().poll(cx).is_pending() {
                *waits = Some(healed);
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_link(cx, true));
        // Woken by the socket after the link was cut: poll_link above has already stopped that read.
        Pin::new(&mut self.tcp).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_link(cx, false));
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

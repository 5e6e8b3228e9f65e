//! A TCP connection under the faults of its link.

use std::fmt;
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::lane::{Lane, Next};
use super::network::Line;
use super::retransmission::{Attempts, DATA};
use super::{LinkFault, LinkState, Port};

type Changed = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// Bytes taken from the kernel or the caller at a time while a link is faulty.
const CHUNK: usize = 64 << 10;
/// How long a connection whose owner is gone goes on to deliver what it was given.
const LINGER: Duration = Duration::from_secs(60);

/// Whom a connection was opened to.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) peer: String,
    /// Of the way there and of the way back.
    pub(super) lines: [Line; 2],
    /// Of this connection, among those of the node.
    pub(super) number: u64,
}

/// A connection between two nodes, or between a client and a node.
///
/// While the link is cut or the node frozen, reads and writes wait; what the kernel holds meanwhile passes
/// after the heal, as retransmitted packets would. See [`LinkFault`] for the rest.
pub struct Stream {
    // Taken when the stream is dropped with bytes on their way.
    tcp: Option<TcpStream>,
    link: Option<Link>,
    port: Option<Port>,
    state: watch::Receiver<LinkState>,
    view: View,
    outgoing: Lane,
    incoming: Lane,
    /// Which way the last byte went, for the beginning of a message is where the direction turns.
    last: Option<Way>,
    /// Whether its owner is gone, and it only delivers what it was given.
    lingers: bool,
    // Only there while something is waited for, so that a healthy stream costs one comparison.
    waits: [Wait; 3],
    /// Whether what a cut held up passes only when TCP would send it again.
    retransmits: bool,
    /// When that is, by way, for what a cut holds up.
    held: [Option<Held>; 2],
}

/// Something that a cut holds up.
#[derive(Clone, Copy, Debug)]
struct Held {
    attempts: Attempts,
    next: Instant,
}

/// Who waits.
#[derive(Clone, Copy, Debug)]
enum Side {
    Writer = 0,
    Reader = 1,
    /// A reader that keeps what was written on its way.
    Courier = 2,
}

/// What somebody waits for.
#[derive(Default)]
struct Wait {
    changed: Option<Changed>,
    due: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Out = 0,
    In = 1,
}

/// What the faults mean for this stream, as of the last look.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    frozen: bool,
    refused: bool,
    ways: [LinkFault; 2],
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("tcp", &self.tcp).field("link", &self.link).finish_non_exhaustive()
    }
}

fn view(state: &LinkState, link: Option<&Link>, port: Option<Port>) -> View {
    let (to, from) = link.map(|link| state.ways(&link.peer)).unwrap_or_default();
    View { frozen: state.frozen, refused: port.is_some_and(|port| state.refused.contains(&port)), ways: [to, from] }
}

fn gone() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

fn reset() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

impl Stream {
    pub(super) fn new(
        tcp: TcpStream,
        link: Option<Link>,
        port: Option<Port>,
        mut state: watch::Receiver<LinkState>,
    ) -> Self {
        let view = view(&state.borrow_and_update(), link.as_ref(), port);
        Self {
            tcp: Some(tcp),
            link,
            port,
            state,
            view,
            outgoing: Lane::default(),
            incoming: Lane::default(),
            last: None,
            lingers: false,
            waits: Default::default(),
            retransmits: false,
            held: [None; 2],
        }
    }

    /// The same stream, under cuts that hold things up as a packet filter would.
    pub(super) fn retransmit(mut self, as_tcp: bool) -> Self {
        self.retransmits = as_tcp;
        self
    }

    /// The address of this end.
    ///
    /// # Errors
    /// When the socket has none any more.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.as_ref().ok_or_else(gone)?.local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// When the socket is not connected any more.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.as_ref().ok_or_else(gone)?.peer_addr()
    }

    /// Whether the system sends small segments at once.
    ///
    /// # Errors
    /// When the socket is not connected any more.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.tcp.as_ref().ok_or_else(gone)?.set_nodelay(nodelay)
    }

    fn look(&mut self) -> View {
        if self.state.has_changed().unwrap_or(false) {
            self.view = view(&self.state.borrow_and_update(), self.link.as_ref(), self.port);
        }
        self.view
    }

    /// Ready when the faults have changed since the last look; else the task is woken when they do.
    fn poll_changed(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<()> {
        let waiting = &mut self.waits[side as usize].changed;
        let changed = waiting.get_or_insert_with(|| {
            let mut state = self.state.clone();
            Box::pin(async move {
                if state.changed().await.is_err() {
                    // The node is gone, and its streams with it.
                    std::future::pending::<()>().await;
                }
            })
        });
        ready!(changed.as_mut().poll(cx));
        *waiting = None;
        Poll::Ready(())
    }

    /// Has the task woken at a moment; ready when it has passed.
    fn poll_due(&mut self, side: Side, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.waits[side as usize].due.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(cx)
    }

    /// Ready when what a cut held up this way may pass: the link is whole again, and the next attempt was made.
    fn poll_passage(&mut self, way: Way, side: Side, cut: bool, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = Instant::now();
            let mut held = match self.held[way as usize] {
                Some(held) => held,
                None if !cut => return Poll::Ready(()),
                None => {
                    // Coming in, there is nothing to be sent again until the other end has sent something.
                    let sent =
                        way == Way::Out || self.tcp.as_ref().is_some_and(|tcp| tcp.poll_read_ready(cx).is_ready());
                    if !sent {
                        return Poll::Pending;
                    }
                    let mut attempts = Attempts::begin(now, DATA);
                    Held { next: attempts.next(), attempts }
                }
            };
            if held.next <= now && !cut {
                self.held[way as usize] = None;
                return Poll::Ready(());
            }
            while held.next <= now {
                held.next = held.attempts.next();
            }
            self.held[way as usize] = Some(held);
            ready!(self.poll_due(side, held.next, cx));
        }
    }

    /// Waits while the way is cut, or what a cut held up is not sent again yet. Ready when there is reason to look again.
    fn poll_cut(&mut self, way: Way, side: Side, cut: bool, cx: &mut Context<'_>) -> Poll<()> {
        if self.retransmits && self.poll_passage(way, side, cut, cx).is_ready() {
            return Poll::Ready(());
        }
        self.poll_changed(side, cx)
    }

    /// Gives the kernel what is due of the bytes on their way out, and has the task woken for the rest.
    fn poll_send(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let view = self.look();
            if self.outgoing.is_clear() {
                return Poll::Ready(Ok(()));
            }
            let fault = view.ways[Way::Out as usize];
            if view.frozen || fault.cut {
                ready!(self.poll_changed(side, cx));
                continue;
            }
            match self.outgoing.next(&fault, Instant::now()) {
                Next::Ready => {
                    let tcp = self.tcp.as_mut().ok_or_else(gone)?;
                    let sent = ready!(Pin::new(tcp).poll_write(cx, self.outgoing.head()))?;
                    self.outgoing.advance(sent);
                }
                Next::At(at) => {
                    if self.poll_changed(side, cx).is_pending() {
                        ready!(self.poll_due(side, at, cx));
                    }
                }
                Next::Reset => return Poll::Ready(Err(reset())),
                Next::Nothing | Next::End => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Notes that a byte goes this way; true where that begins a message.
    fn begins(&mut self, way: Way) -> bool {
        self.last.replace(way) != Some(way)
    }

    fn schedule(&mut self, way: Way, bytes: Bytes) {
        let begins = self.begins(way);
        let fault = self.view.ways[way as usize];
        let Some(link) = &self.link else { return };
        let mut free_at = link.lines[way as usize].lock().unwrap_or_else(PoisonError::into_inner);
        // The two directions draw numbers of their own.
        let number = 2 * link.number + way as u64;
        let lane = if way == Way::Out { &mut self.outgoing } else { &mut self.incoming };
        lane.take(bytes, begins, &fault, number, &mut free_at, Instant::now());
    }

    /// Takes what the kernel has into the lane, under a fault that holds it up.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let mut chunk = [MaybeUninit::uninit(); CHUNK / 4];
        while self.incoming.has_room() && !self.incoming.ended {
            let mut buffer = ReadBuf::uninit(&mut chunk);
            let tcp = self.tcp.as_mut().ok_or_else(gone)?;
            match Pin::new(tcp).poll_read(cx, &mut buffer) {
                Poll::Pending => break,
                Poll::Ready(read) => read?,
            }
            let bytes = Bytes::copy_from_slice(buffer.filled());
            if bytes.is_empty() {
                self.incoming.ended = true;
            } else {
                self.schedule(Way::In, bytes);
            }
        }
        Ok(())
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            // Whoever waits for an answer also keeps the request on its way.
            if let Poll::Ready(sent) = self.poll_send(Side::Courier, cx) {
                sent?;
            }
            let view = self.look();
            if view.refused {
                return Poll::Ready(Err(reset()));
            }
            let fault = view.ways[Way::In as usize];
            if view.frozen {
                ready!(self.poll_changed(Side::Reader, cx));
                continue;
            }
            if fault.cut || self.held[Way::In as usize].is_some() {
                ready!(self.poll_cut(Way::In, Side::Reader, fault.cut, cx));
                continue;
            }
            if !fault.shapes() && self.incoming.is_clear() {
                let before = buf.filled().len();
                let tcp = self.tcp.as_mut().ok_or_else(gone)?;
                if let Poll::Ready(read) = Pin::new(tcp).poll_read(cx, buf) {
                    if buf.filled().len() > before {
                        self.begins(Way::In);
                    }
                    return Poll::Ready(read);
                }
                // Connections to a port that begins to refuse end at once; the others notice when bytes come.
                if self.port.is_some() && self.poll_changed(Side::Reader, cx).is_ready() {
                    continue;
                }
                return Poll::Pending;
            }
            self.poll_receive(cx)?;
            match self.incoming.next(&fault, Instant::now()) {
                Next::Ready => {
                    let count = self.incoming.head().len().min(buf.remaining());
                    buf.put_slice(&self.incoming.head()[..count]);
                    self.incoming.advance(count);
                    return Poll::Ready(Ok(()));
                }
                Next::At(at) => {
                    if self.poll_changed(Side::Reader, cx).is_pending() {
                        ready!(self.poll_due(Side::Reader, at, cx));
                    }
                }
                Next::Reset => return Poll::Ready(Err(reset())),
                Next::End => return Poll::Ready(Ok(())),
                Next::Nothing => ready!(self.poll_changed(Side::Reader, cx)),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let view = self.look();
            if view.refused {
                return Poll::Ready(Err(reset()));
            }
            let fault = view.ways[Way::Out as usize];
            if view.frozen {
                ready!(self.poll_changed(Side::Writer, cx));
                continue;
            }
            if fault.cut || self.held[Way::Out as usize].is_some() {
                ready!(self.poll_cut(Way::Out, Side::Writer, fault.cut, cx));
                continue;
            }
            if !fault.shapes() && self.outgoing.is_clear() {
                self.begins(Way::Out);
                let tcp = self.tcp.as_mut().ok_or_else(gone)?;
                return Pin::new(tcp).poll_write(cx, bytes);
            }
            if !self.outgoing.has_room() {
                // Ready only when there is room again or the connection is lost.
                ready!(self.poll_send(Side::Writer, cx))?;
                continue;
            }
            let count = bytes.len().min(CHUNK);
            self.schedule(Way::Out, Bytes::copy_from_slice(&bytes[..count]));
            return match self.poll_send(Side::Writer, cx) {
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(count)),
            };
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Flushed is what the kernel was given, and what is on its way counts as that.
        if let Poll::Ready(sent) = self.poll_send(Side::Writer, cx) {
            sent?;
        }
        Pin::new(self.tcp.as_mut().ok_or_else(gone)?).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outgoing.is_loaded() {
            // Dropping the stream delivers it and shuts the connection.
            return Poll::Ready(Ok(()));
        }
        Pin::new(self.tcp.as_mut().ok_or_else(gone)?).poll_shutdown(cx)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.outgoing.is_loaded() || self.lingers {
            return;
        }
        // What was sent is on its way whether its sender waits or not.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (Some(tcp), Some(link)) = (self.tcp.take(), self.link.take()) else { return };
        let mut rest = Self::new(tcp, Some(link), None, self.state.clone());
        rest.lingers = true;
        rest.outgoing = std::mem::take(&mut self.outgoing);
        runtime.spawn(timeout(LINGER, deliver(rest)));
    }
}

/// Delivers what is on its way, then closes the connection.
async fn deliver(mut stream: Stream) {
    let sent = std::future::poll_fn(|cx| stream.poll_send(Side::Writer, cx)).await;
    // Whatever the answer is, it is too late; unread, it would make the system take the request back.
    if sent.is_ok() && stream.shutdown().await.is_ok() {
        let mut sink = [0; 1024];
        while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    }
}

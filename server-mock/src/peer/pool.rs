//! Connections to other data nodes, kept for reuse.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::error::PeerError;
use super::message::VERSION;
use super::{Answer, Hello, Request, frame};
use crate::go;
use crate::net::{Network, Stream};

/// How long the steps of an exchange may take.
#[derive(Clone, Copy, Debug)]
pub struct PeerTimeouts {
    /// Opening a connection.
    pub dial: Duration,
    /// Sending a request, and then receiving its answer.
    pub exchange: Duration,
}

/// Connections to one node kept open while idle.
const IDLE: usize = 32;
/// Exchanges with one node under way at once; more wait their turn.
const EXCHANGES: usize = 256;

/// The data nodes that a node talks to.
#[derive(Debug)]
pub struct Peers {
    network: Network,
    hello: Hello,
    /// Shard writes to one node under way at once.
    writes: usize,
    /// What the real servers call the part of a message that a dead connection shows at.
    part: &'static str,
    pools: Mutex<BTreeMap<String, Arc<Pool>>>,
}

#[derive(Debug)]
struct Pool {
    idle: Mutex<Vec<Stream>>,
    turns: Semaphore,
    writes: Semaphore,
    connected_before: AtomicBool,
}

impl Peers {
    /// For the node of this id in this cluster.
    #[must_use]
    pub fn new(network: Network, cluster: u64, node: u64) -> Self {
        Self {
            network,
            hello: Hello { version: VERSION, cluster, node },
            writes: EXCHANGES,
            part: "size",
            pools: Mutex::default(),
        }
    }

    /// As in profile 0.10: so many shard writes to one node at once, others wait for their turn as long as for an answer.
    #[must_use]
    pub fn limit_writes(self, writes: usize) -> Self {
        Self { writes, part: "type", ..self }
    }

    /// Sends a request to `host:port` and waits for the answer.
    ///
    /// # Errors
    /// [`PeerError`], in the words of the real servers.
    ///
    /// # Cancellation
    /// Dropping the future closes the connection; the other node may have acted on the request.
    pub async fn ask(&self, address: &str, request: &Request, limits: PeerTimeouts) -> Result<Answer, PeerError> {
        let pool = self.pool(address);
        let writes = match request {
            Request::Write { .. } => {
                let turn = tokio::time::timeout(limits.exchange, pool.writes.acquire()).await;
                Some(turn.map_err(|_| PeerError::NoFreeConnection)?.map_err(|_| PeerError::UnknownNode)?)
            }
            _ => None,
        };
        let _turn = pool.turns.acquire().await.map_err(|_| PeerError::UnknownNode)?;
        let mut stream = match pool.reuse() {
            Some(stream) => stream,
            None => self.dial(address, &pool, limits).await?,
        };
        let answer = exchange(&mut stream, request, limits.exchange, self.part).await?;
        pool.keep(stream);
        drop(writes);
        Ok(answer)
    }

    fn pool(&self, address: &str) -> Arc<Pool> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        let pool = pools.entry(address.to_owned()).or_insert_with(|| {
            Arc::new(Pool {
                idle: Mutex::default(),
                turns: Semaphore::new(EXCHANGES),
                writes: Semaphore::new(self.writes),
                connected_before: AtomicBool::new(false),
            })
        });
        pool.clone()
    }

    async fn dial(&self, address: &str, pool: &Pool, limits: PeerTimeouts) -> Result<Stream, PeerError> {
        let dialled = self.network.connect(address, limits.dial).await;
        let mut stream = dialled.map_err(|error| {
            let text = go::dial_error(address, &error);
            if pool.connected_before.load(Ordering::Relaxed) {
                PeerError::Dial(text)
            } else {
                PeerError::FirstDial(text)
            }
        })?;
        pool.connected_before.store(true, Ordering::Relaxed);
        let deadline = Instant::now() + limits.exchange;
        let sent = timeout_at(deadline, frame::send(&mut stream, &self.hello)).await.unwrap_or_else(|_| timed_out());
        sent.map_err(|error| PeerError::Send { part: self.part, why: describe("write", &stream, &error) })?;
        Ok(stream)
    }
}

impl Pool {
    /// An idle connection that the other side has not closed.
    fn reuse(&self) -> Option<Stream> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut stream) = idle.pop() {
            // Nothing may come unasked: anything readable, the end of the stream included, makes it useless.
            if stream.read_u8().now_or_never().is_none() {
                return Some(stream);
            }
        }
        None
    }

    fn keep(&self, stream: Stream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE {
            idle.push(stream);
        }
    }
}

async fn exchange(
    stream: &mut Stream,
    request: &Request,
    limit: Duration,
    part: &'static str,
) -> Result<Answer, PeerError> {
    let deadline = Instant::now() + limit;
    let sent = timeout_at(deadline, frame::send(stream, request)).await.unwrap_or_else(|_| timed_out());
    sent.map_err(|error| PeerError::Send { part, why: describe("write", stream, &error) })?;
    let deadline = Instant::now() + limit;
    let answer = timeout_at(deadline, frame::receive(stream)).await.unwrap_or_else(|_| timed_out());
    let answer = answer.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => PeerError::Protocol(error.to_string()),
        _ => PeerError::Receive(describe("read", stream, &error)),
    })?;
    match (answer, request) {
        (Answer::Refused(text), Request::Write { shard, .. }) => Err(PeerError::WriteRefused { shard: *shard, text }),
        (Answer::Refused(text), _) => Err(PeerError::Refused(text)),
        (answer, _) => Ok(answer),
    }
}

fn timed_out<T>() -> io::Result<T> {
    Err(io::ErrorKind::TimedOut.into())
}

fn describe(operation: &str, stream: &Stream, error: &io::Error) -> String {
    let address =
        |address: io::Result<std::net::SocketAddr>| address.map_or_else(|_| "?".to_owned(), |a| a.to_string());
    go::io_error(operation, &address(stream.local_addr()), &address(stream.peer_addr()), error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bytes::Bytes;

    use super::*;

    /// Profile 0.10: who finds all connections for writes busy waits as long as for an answer, and reads are not held up.
    #[tokio::test]
    async fn writes_wait_for_a_free_connection() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        // Takes connections and never answers.
        let silent = tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                taken.push(listener.accept().await.unwrap());
            }
        });
        let peers = Arc::new(Peers::new(Network::new(), 1, 1).limit_writes(1));
        let write =
            Request::Write { shard: 1, database: String::new(), retention_policy: String::new(), points: Bytes::new() };
        let limits = |exchange| PeerTimeouts { dial: Duration::from_secs(20), exchange };
        let (long, short) = (limits(Duration::from_secs(60)), limits(Duration::from_millis(20)));
        let first = tokio::spawn({
            let (peers, address, write) = (peers.clone(), address.clone(), write.clone());
            async move { peers.ask(&address, &write, long).await }
        });
        while peers.pool(&address).writes.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = peers.ask(&address, &write, short).await.unwrap_err();
        assert_eq!(second, PeerError::NoFreeConnection);
        assert_eq!(second.to_string(), "timed out waiting for free connection");
        let read = peers.ask(&address, &Request::Index { shard: 1 }, short).await.unwrap_err();
        assert!(read.to_string().starts_with("read message type: "), "{read}");
        first.abort();
        silent.abort();
    }

    #[test]
    fn each_profile_names_its_part_of_a_message() {
        let why = || "write tcp a->b: broken pipe".to_owned();
        for (part, text) in [("size", "write message size: "), ("type", "write message type: ")] {
            assert!(PeerError::Send { part, why: why() }.to_string().starts_with(text));
        }
    }
}

//! The calling side of Raft: one connection to each member, kept while it works.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use openraft::error::{InstallSnapshotError, NetworkError, RPCError, RaftError, RemoteError, Unreachable};
use openraft::network::{Backoff, RPCOption};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, InstallSnapshotRequest, InstallSnapshotResponse, VoteRequest,
    VoteResponse,
};
use openraft::{EmptyNode, RaftNetwork, RaftNetworkFactory};
use tokio::sync::watch;

use super::super::directory::Directory;
use super::RaftTypes;
use super::frame::{self, Hello, Request, Response, Welcome};
use crate::net::{Network, Stream};

/// Pause before a member that cannot be reached is asked for its vote again.
const VOTE_RETRY: Duration = Duration::from_millis(5);

type RpcError<E = RaftError<u64>> = RPCError<u64, EmptyNode, E>;

/// Makes the connections to the other members.
#[derive(Clone, Debug)]
pub(in crate::meta) struct Links {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    network: Network,
    cluster_id: u64,
    me: u64,
    directory: Directory,
    retry: Duration,
    // True once the node is dead: nothing may leave it any more, whatever Raft's tasks still do.
    dead: watch::Receiver<bool>,
}

impl Links {
    pub(in crate::meta) fn new(
        network: Network,
        cluster_id: u64,
        me: u64,
        directory: Directory,
        retry: Duration,
        dead: watch::Receiver<bool>,
    ) -> Self {
        Self { shared: Arc::new(Shared { network, cluster_id, me, directory, retry, dead }) }
    }
}

impl RaftNetworkFactory<RaftTypes> for Links {
    type Network = Link;

    async fn new_client(&mut self, target: u64, _node: &EmptyNode) -> Link {
        Link { shared: Arc::clone(&self.shared), target, stream: None }
    }
}

/// The connection to one member.
#[derive(Debug)]
pub(in crate::meta) struct Link {
    shared: Arc<Shared>,
    target: u64,
    // Taken while a call is under way: one that is dropped half-way leaves no half-read connection behind.
    stream: Option<Stream>,
}

impl Link {
    async fn call(&mut self, request: &Request, limit: Duration) -> Result<Response, Failure> {
        let mut dead = self.shared.dead.clone();
        let stop = async move {
            // An error means that the node is gone altogether.
            let _ = dead.wait_for(|dead| *dead).await;
        };
        tokio::select! {
            biased;
            () = stop => {
                self.stream = None;
                Err(Failure::Unreachable(io::ErrorKind::NotConnected.into()))
            }
            answer = self.call_alive(request, limit) => answer,
        }
    }

    async fn call_alive(&mut self, request: &Request, limit: Duration) -> Result<Response, Failure> {
        if let Some(stream) = self.stream.take() {
            match self.exchange(stream, request).await {
                Ok(response) => return Ok(response),
                // A member that was restarted closed its end meanwhile. Raft's requests can be repeated.
                Err(error) if error.kind() != io::ErrorKind::InvalidData => {}
                Err(error) => return Err(Failure::Broken(error)),
            }
        }
        let stream = self.connect(limit).await.map_err(Failure::Unreachable)?;
        self.exchange(stream, request).await.map_err(Failure::Broken)
    }

    async fn exchange(&mut self, mut stream: Stream, request: &Request) -> io::Result<Response> {
        frame::write(&mut stream, request).await?;
        let response = frame::read(&mut stream).await?;
        self.stream = Some(stream);
        Ok(response)
    }

    async fn connect(&self, limit: Duration) -> io::Result<Stream> {
        let member = self.shared.directory.find(self.target);
        let member = member.ok_or_else(|| io::Error::other(format!("meta node {} has no address", self.target)))?;
        let mut stream = self.shared.network.connect(&member.tcp_addr, limit).await?;
        frame::write(&mut stream, &Hello::new(self.shared.cluster_id, self.shared.me, self.target)).await?;
        match frame::read(&mut stream).await? {
            Welcome::Yes => Ok(stream),
            Welcome::No(objection) => {
                tracing::warn!(target_node = self.target, %objection, "a meta node turned this one away");
                Err(frame::invalid(objection))
            }
        }
    }

    fn unexpected<E: std::error::Error>(&mut self, response: Response) -> RpcError<E> {
        self.stream = None;
        let error = match response {
            Response::Stopped(text) => io::Error::other(text),
            Response::Append(_) | Response::Vote(_) | Response::Snapshot(_) | Response::SnapshotMismatch(_) => {
                frame::invalid("an answer to another request".to_owned())
            }
        };
        RPCError::Unreachable(Unreachable::new(&error))
    }
}

enum Failure {
    /// Nobody is there: wait before the next try.
    Unreachable(io::Error),
    /// The connection broke.
    Broken(io::Error),
}

impl<E: std::error::Error> From<Failure> for RpcError<E> {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unreachable(error) => Self::Unreachable(Unreachable::new(&error)),
            Failure::Broken(error) => Self::Network(NetworkError::new(&error)),
        }
    }
}

impl RaftNetwork<RaftTypes> for Link {
    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<RaftTypes>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<u64>, RpcError> {
        match self.call(&Request::Append(rpc), option.hard_ttl()).await? {
            Response::Append(response) => Ok(response),
            other => Err(self.unexpected(other)),
        }
    }

    async fn install_snapshot(
        &mut self,
        rpc: InstallSnapshotRequest<RaftTypes>,
        option: RPCOption,
    ) -> Result<InstallSnapshotResponse<u64>, RpcError<RaftError<u64, InstallSnapshotError>>> {
        match self.call(&Request::Snapshot(rpc), option.hard_ttl()).await? {
            Response::Snapshot(response) => Ok(response),
            Response::SnapshotMismatch(error) => {
                Err(RPCError::RemoteError(RemoteError::new(self.target, RaftError::APIError(error))))
            }
            other => Err(self.unexpected(other)),
        }
    }

    async fn vote(&mut self, rpc: VoteRequest<u64>, option: RPCOption) -> Result<VoteResponse<u64>, RpcError> {
        let request = Request::Vote(rpc);
        let give_up = Instant::now() + option.soft_ttl();
        loop {
            match self.call(&request, option.hard_ttl()).await {
                Ok(Response::Vote(response)) => return Ok(response),
                Ok(other) => return Err(self.unexpected(other)),
                // Raft asks once an election, and at the first one the others are just about to start: were they not
                // asked again, a new cluster would wait for an election timeout.
                Err(Failure::Unreachable(_)) if Instant::now() < give_up => tokio::time::sleep(VOTE_RETRY).await,
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    fn backoff(&self) -> Backoff {
        Backoff::new(std::iter::repeat(self.shared.retry))
    }
}

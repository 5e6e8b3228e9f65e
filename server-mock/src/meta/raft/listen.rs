//! The called side of Raft.

use std::io;
use std::time::Duration;

use openraft::error::RaftError;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Raft;
use super::frame::{self, Hello, Request, Response, Welcome};
use crate::net::{Network, Port, Stream};

/// How long a caller may take to say who it is.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// Pause after an accept that failed, which is when the process has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Answers the other members until the future is dropped, which closes all connections.
pub(in crate::meta) async fn serve(listener: TcpListener, network: Network, raft: Raft, cluster_id: u64, me: u64) {
    let mut connections = JoinSet::new();
    let mut listener = network.listen(listener, Port::Raft);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(stream) => {
                    // Without it each answer waits for the acknowledgement of the one before; not vital.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(answer(stream, raft.clone(), cluster_id, me));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a Raft connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn answer(mut stream: Stream, raft: Raft, cluster_id: u64, me: u64) {
    if let Err(error) = converse(&mut stream, &raft, cluster_id, me).await {
        tracing::debug!(%error, "a Raft connection ended");
    }
}

async fn converse(stream: &mut Stream, raft: &Raft, cluster_id: u64, me: u64) -> io::Result<()> {
    let hello: Hello = tokio::time::timeout(HELLO_LIMIT, frame::read(stream)).await??;
    if let Some(objection) = hello.objection(cluster_id, me) {
        tracing::warn!(%objection, "a stranger on the Raft port");
        return frame::write(stream, &Welcome::No(objection)).await;
    }
    frame::write(stream, &Welcome::Yes).await?;
    loop {
        let response = respond(raft, frame::read(stream).await?).await;
        frame::write(stream, &response).await?;
    }
}

async fn respond(raft: &Raft, request: Request) -> Response {
    match request {
        Request::Append(rpc) => match raft.append_entries(rpc).await {
            Ok(response) => Response::Append(response),
            Err(error) => Response::Stopped(error.to_string()),
        },
        Request::Vote(rpc) => match raft.vote(rpc).await {
            Ok(response) => Response::Vote(response),
            Err(error) => Response::Stopped(error.to_string()),
        },
        Request::Snapshot(rpc) => match raft.install_snapshot(rpc).await {
            Ok(response) => Response::Snapshot(response),
            Err(RaftError::APIError(error)) => Response::SnapshotMismatch(error),
            Err(RaftError::Fatal(error)) => Response::Stopped(error.to_string()),
        },
    }
}

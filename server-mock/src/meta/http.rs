//! The meta HTTP API.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openraft::error::{ClientWriteError, RaftError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::answers::{Answer, binary, failure, identify, mistake, redirect};
use super::config::MetaTimings;
use super::directory::Directory;
use super::exchange::FROM_LEADER;
use super::format::{decode, encode};
use super::inquiries::parameter;
use super::leadership::{self, Leader};
use super::raft::{Published, Raft, Reply};
use super::reply::{ExecuteReply, LEADERSHIP_LOST};
use crate::Profile;
use crate::core::meta::{Command, Leases};
use crate::net::{Network, Port, Stream};

/// Longest command accepted, so that the entries of one replication request fit into a frame.
const LONGEST_COMMAND: usize = 256 << 10;
/// Pause after an accept that failed, which is when the process has no file descriptors left.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) profile: Profile,
    pub(super) directory: Directory,
    pub(super) timings: MetaTimings,
    pub(super) published: watch::Receiver<Published>,
    pub(super) raft: Raft,
    pub(super) network: Network,
    pub(super) leases: Arc<Mutex<Leases>>,
}

/// What is asked for.
enum Route {
    Snapshot,
    Ping,
    Lease,
    Peers,
    Status,
    Execute,
}

impl Route {
    /// Each version has its own routes and answers to mistakes: a status and a line of text.
    fn find(profile: Profile, method: &Method, path: &str) -> Result<Self, (StatusCode, &'static str)> {
        match (method, path, profile) {
            (&Method::GET, "/ping", _) => Ok(Self::Ping),
            (&Method::GET, "/lease", _) => Ok(Self::Lease),
            (&Method::GET, "/peers", _) => Ok(Self::Peers),
            // Not in 0.10.
            (&Method::GET, "/status", _) => Ok(Self::Status),
            (&Method::GET, "/", _) | (&Method::GET, _, Profile::V0_10) => Ok(Self::Snapshot),
            (&Method::POST, "/execute", _) | (&Method::POST, _, Profile::V0_10) => Ok(Self::Execute),
            (&Method::GET | &Method::POST, _, Profile::V1_8) => Err((StatusCode::NOT_FOUND, "404 page not found")),
            _ => Err((StatusCode::BAD_REQUEST, "")),
        }
    }
}

/// Answers requests until the future is dropped, which closes all connections.
pub(super) async fn serve(listener: TcpListener, network: Network, api: Api) {
    let mut connections = JoinSet::new();
    let mut listener = network.listen(listener, Port::Meta);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(stream) => {
                    // Without it an answer may wait for an acknowledgement; not vital.
                    let _ = stream.set_nodelay(true);
                    connections.spawn(connection(stream, api.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a meta connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: Stream, api: Api) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(api.answer(request).await) });
    let served = hyper::server::conn::http1::Builder::new()
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a meta connection ended");
    }
}

impl Api {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let query = head.uri.query().unwrap_or_default();
        let mut response = match Route::find(self.profile, &head.method, head.uri.path()) {
            Ok(Route::Snapshot) => self.poll(query).await,
            Ok(Route::Ping) => self.ping(query).await,
            Ok(Route::Lease) => self.lease(query),
            Ok(Route::Peers) => self.peers(),
            Ok(Route::Status) => self.status(),
            Ok(Route::Execute) => self.execute(body).await,
            Err((status, line)) => return mistake(status, line),
        };
        let index = self.published.borrow().data.index;
        identify(self.profile, index, &head.headers, &mut response);
        response
    }

    pub(super) fn leader(&self) -> Leader {
        leadership::leader(&self.raft.metrics().borrow(), self.timings.lease)
    }

    pub(super) fn leader_addr(&self) -> Option<String> {
        let id = match self.leader() {
            Leader::Me => self.id,
            Leader::Other(id) => id,
            Leader::Unknown => return None,
        };
        self.directory.find(id).map(|member| member.http_addr)
    }

    /// The metadata, once it is newer than the index asked for.
    async fn poll(&self, query: &str) -> Answer {
        let index = parameter(query, "index").and_then(|value| value.parse::<u64>().ok());
        let Some(index) = index else {
            return mistake(StatusCode::BAD_REQUEST, "error parsing index");
        };
        let mut published = self.published.clone();
        let newer = published.wait_for(|published| published.data.index > index).await;
        let body = newer.map(|published| published.encoded());
        match body {
            Ok(body) => {
                let mut answer = binary(body);
                match self.leader() {
                    Leader::Me => {
                        answer.headers_mut().insert(FROM_LEADER, HeaderValue::from_static("1"));
                    }
                    Leader::Other(_) | Leader::Unknown => {}
                }
                answer
            }
            // The state machine is gone: the node is stopping.
            Err(_) => failure(self.profile, StatusCode::INTERNAL_SERVER_ERROR, "server closed"),
        }
    }

    async fn execute(&self, body: Incoming) -> Answer {
        let unreadable = |why: &str| {
            let why = format!("unable to unmarshal command: {why}");
            failure(self.profile, StatusCode::BAD_REQUEST, &why)
        };
        let Ok(body) = Limited::new(body, LONGEST_COMMAND).collect().await else {
            return unreadable("longer than a command may be");
        };
        let command: Command = match decode(&body.to_bytes()) {
            Ok(command) => command,
            Err(error) => return unreadable(&error.to_string()),
        };
        match self.leader() {
            Leader::Me => {}
            Leader::Other(_) | Leader::Unknown => return self.not_the_leader(),
        }
        let kind = command.kind();
        let written = tokio::select! {
            written = self.raft.client_write(command) => written,
            () = self.leadership_lost() => {
                tracing::warn!(node = self.name, command = kind, "{LEADERSHIP_LOST}");
                return reply(&ExecuteReply::Failed(LEADERSHIP_LOST.to_owned()));
            }
        };
        match written {
            Ok(response) => reply(&match response.data {
                Reply::Command(Ok(applied)) => ExecuteReply::Applied { index: response.log_id.index, applied },
                Reply::Command(Err(refused)) => ExecuteReply::Refused(refused),
                Reply::Internal => ExecuteReply::Failed("the log entry holds no command".to_owned()),
            }),
            Err(RaftError::APIError(ClientWriteError::ForwardToLeader(_))) => self.not_the_leader(),
            Err(RaftError::APIError(ClientWriteError::ChangeMembershipError(error))) => {
                reply(&ExecuteReply::Failed(error.to_string()))
            }
            Err(RaftError::Fatal(_)) => failure(self.profile, StatusCode::SERVICE_UNAVAILABLE, "server closed"),
        }
    }

    /// Waits until this node has to step down: no majority has acknowledged it for the time of its lease, however old
    /// the command is.
    async fn leadership_lost(&self) {
        let mut metrics = self.raft.metrics();
        while self.leader() == Leader::Me {
            // Raft reports more often than a lease lasts; the limit is for one that stopped reporting.
            let _ = tokio::time::timeout(self.timings.lease, metrics.changed()).await;
        }
        if metrics.borrow().running_state.is_err() {
            // Raft has stopped, and says so to whoever waits for the command.
            std::future::pending::<()>().await;
        }
    }

    fn not_the_leader(&self) -> Answer {
        let leader = match self.leader() {
            // It was another's turn a moment ago; by now there is no telling.
            Leader::Me | Leader::Unknown => None,
            Leader::Other(_) => self.leader_addr(),
        };
        match leader {
            Some(address) => redirect(&format!("http://{address}/execute"), false),
            None => self.no_leader(),
        }
    }
}

fn reply(reply: &ExecuteReply) -> Answer {
    binary(encode(reply).into())
}

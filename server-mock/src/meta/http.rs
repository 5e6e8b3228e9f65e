//! The meta HTTP API.

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use openraft::error::{ClientWriteError, RaftError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::config::{MetaMember, MetaTimings};
use super::format::{decode, encode};
use super::lease::{self, Leader};
use super::raft::{Published, Raft, Reply};
use super::reply::{ExecuteReply, LEADERSHIP_LOST};
use crate::core::meta::Command;
use crate::net::{Network, Port, Stream};

/// Longest command accepted, so that the entries of one replication request fit into a frame.
const LONGEST_COMMAND: usize = 256 << 10;
/// Pause after an accept that failed, which is when the process has no file descriptors left.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

type Answer = Response<Full<Bytes>>;

/// What the handlers share.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) members: Vec<MetaMember>,
    pub(super) timings: MetaTimings,
    pub(super) published: watch::Receiver<Published>,
    pub(super) raft: Raft,
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
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/ping") => text(StatusCode::OK, self.leader_addr().unwrap_or_default().to_owned()),
            (&Method::GET, "/") => self.poll(request.uri().query().unwrap_or_default()).await,
            (&Method::POST, "/execute") => self.execute(request.into_body()).await,
            (&Method::GET, "/status") => self.status(),
            (_, "/ping" | "/" | "/execute" | "/status") => {
                text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n".to_owned())
            }
            _ => text(StatusCode::NOT_FOUND, "404 page not found\n".to_owned()),
        }
    }

    pub(super) fn leader(&self) -> Leader {
        lease::leader(&self.raft.metrics().borrow(), self.timings.lease)
    }

    fn leader_addr(&self) -> Option<&str> {
        let id = match self.leader() {
            Leader::Me => self.id,
            Leader::Other(id) => id,
            Leader::Unknown => return None,
        };
        self.members.iter().find(|member| member.id == id).map(|member| member.http_addr.as_str())
    }

    /// The metadata, once it is newer than the index asked for.
    async fn poll(&self, query: &str) -> Answer {
        let index = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "index");
        let Ok(index) = index.map_or(Ok(0), |(_, value)| value.parse::<u64>()) else {
            return text(StatusCode::BAD_REQUEST, "index is no number\n".to_owned());
        };
        let mut published = self.published.clone();
        let newer = published.wait_for(|published| published.data.index > index).await;
        let body = newer.map(|published| published.encoded());
        match body {
            Ok(body) => binary(body),
            // The state machine is gone: the node is stopping.
            Err(_) => empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    async fn execute(&self, body: Incoming) -> Answer {
        let Ok(body) = Limited::new(body, LONGEST_COMMAND).collect().await else {
            return empty(StatusCode::BAD_REQUEST);
        };
        let command: Command = match decode(&body.to_bytes()) {
            Ok(command) => command,
            Err(error) => return text(StatusCode::BAD_REQUEST, format!("{error}\n")),
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
            Err(RaftError::Fatal(_)) => empty(StatusCode::SERVICE_UNAVAILABLE),
        }
    }

    /// Waits until no majority has acknowledged this leader for the time of its lease, counted from now on.
    async fn leadership_lost(&self) {
        let mut metrics = self.raft.metrics();
        let since = Instant::now();
        loop {
            // Raft reports more often than a lease lasts; the limit is for one that stopped reporting.
            let reported = tokio::time::timeout(self.timings.lease, metrics.changed()).await;
            if matches!(reported, Ok(Err(_))) {
                // Raft has stopped, and says so to whoever waits for the command.
                return std::future::pending().await;
            }
            if self.timings.lease < since.elapsed() && self.leader() != Leader::Me {
                return;
            }
        }
    }

    fn not_the_leader(&self) -> Answer {
        let leader = match self.leader() {
            // It was another's turn a moment ago; by now there is no telling.
            Leader::Me | Leader::Unknown => None,
            Leader::Other(_) => self.leader_addr(),
        };
        let location = leader.and_then(|address| HeaderValue::from_str(&format!("http://{address}/execute")).ok());
        let Some(location) = location else {
            return empty(StatusCode::SERVICE_UNAVAILABLE);
        };
        let mut response = empty(StatusCode::TEMPORARY_REDIRECT);
        response.headers_mut().insert(header::LOCATION, location);
        response
    }

    fn status(&self) -> Answer {
        let data = std::sync::Arc::clone(&self.published.borrow().data);
        let metrics = self.raft.metrics().borrow().clone();
        let leader = match self.leader() {
            Leader::Me => Some(self.id),
            Leader::Other(id) => Some(id),
            Leader::Unknown => None,
        };
        let status = serde_json::json!({
            "id": self.id,
            "name": self.name,
            "state": format!("{:?}", metrics.state).to_lowercase(),
            "leader": leader,
            "term": metrics.current_term,
            "index": data.index,
            "last_log": metrics.last_log_index,
            "members": self.members,
        });
        let mut response = text(StatusCode::OK, format!("{status}\n"));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

fn reply(reply: &ExecuteReply) -> Answer {
    binary(encode(reply).into())
}

fn binary(body: Bytes) -> Answer {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    response
}

fn text(status: StatusCode, body: String) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn empty(status: StatusCode) -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

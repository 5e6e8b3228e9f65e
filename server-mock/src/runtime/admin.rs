//! The loopback listener through which faults are set and state is read, and the client for it.
//!
//! It is apart from the public API, so that no request there can reach it, and asks for a token.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::{TcpListener, TcpStream};

use crate::anti_entropy::Status;
use crate::hinted_handoff::QueueDepth;
use crate::net::{LinkState, Network};

/// Pause after a connection could not be taken, so that a lack of descriptors does not become a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A set of links is small.
const BODY_LIMIT: usize = 1 << 20;

/// Tells what waits in this node's queues; nothing for a meta node.
pub(crate) type Depths = Arc<dyn Fn() -> Vec<QueueDepth> + Send + Sync>;

/// Tells how far this node's anti-entropy has come; nothing where it is off, and for a meta node.
pub(crate) type Repairs = Arc<dyn Fn() -> Option<Status> + Send + Sync>;

/// What the listener needs.
#[derive(Clone)]
pub(super) struct Admin {
    pub(super) token: String,
    pub(super) network: Network,
    pub(super) depths: Arc<std::sync::OnceLock<Depths>>,
    pub(super) repairs: Arc<std::sync::OnceLock<Repairs>>,
}

/// Answers for as long as the future is polled.
pub(super) async fn serve(listener: TcpListener, admin: Admin) {
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let admin = admin.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let admin = admin.clone();
                async move { Ok::<_, Infallible>(admin.answer(request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(tcp), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "an admin connection ended");
            }
        });
    }
}

impl Admin {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let given = request.headers().get(AUTHORIZATION).map(http::HeaderValue::as_bytes).unwrap_or_default();
        if !same(given, format!("Bearer {}", self.token).as_bytes()) {
            return status(StatusCode::UNAUTHORIZED);
        }
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/handoff") => json(&self.depths.get().map(|depths| depths()).unwrap_or_default()),
            (&Method::GET, "/anti-entropy") => json(&self.repairs.get().and_then(|status| status())),
            (&Method::GET, "/links") => json(&self.network.faults()),
            (&Method::PUT, "/links") => {
                let Ok(body) = Limited::new(request.into_body(), BODY_LIMIT).collect().await else {
                    return status(StatusCode::PAYLOAD_TOO_LARGE);
                };
                let Ok(state) = serde_json::from_slice::<LinkState>(&body.to_bytes()) else {
                    return status(StatusCode::BAD_REQUEST);
                };
                tracing::info!(?state, "links changed");
                self.network.set_faults(state);
                status(StatusCode::NO_CONTENT)
            }
            (&Method::PUT, "/names") => {
                let Ok(body) = Limited::new(request.into_body(), BODY_LIMIT).collect().await else {
                    return status(StatusCode::PAYLOAD_TOO_LARGE);
                };
                let Ok(names) = serde_json::from_slice::<Vec<(String, String)>>(&body.to_bytes()) else {
                    return status(StatusCode::BAD_REQUEST);
                };
                super::learn_names(&self.network, &names);
                status(StatusCode::NO_CONTENT)
            }
            _ => status(StatusCode::NOT_FOUND),
        }
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

fn json(value: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(value) {
        Ok(text) => Response::new(Full::new(text.into())),
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Compares in a time that does not tell where two texts differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// Why a node's admin listener did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminError {
    /// No connection, or it broke.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It broke within HTTP.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// It answered, but not with success.
    #[error("status {0}")]
    Status(StatusCode),
    /// It answered something else.
    #[error("unreadable answer: {0}")]
    Answer(#[from] serde_json::Error),
    /// It did not answer in time.
    #[error("no answer in {0:?}")]
    Late(Duration),
}

/// Sends one request to an admin listener and reads its JSON answer; `null` where it gives none.
pub(crate) async fn call<T: DeserializeOwned>(
    address: &str,
    token: &str,
    method: Method,
    path: &str,
    body: Vec<u8>,
    limit: Duration,
) -> Result<T, AdminError> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, address)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .body(Full::from(body))
        .map_err(io::Error::other)?;
    let (status, body) = exchange(address, request, limit).await?;
    if !status.is_success() {
        return Err(AdminError::Status(status));
    }
    let text: &[u8] = if body.is_empty() { b"null" } else { &body };
    Ok(serde_json::from_slice(text)?)
}

/// Whether a node's API answers `/ping` with success.
pub(crate) async fn ping(address: &str, limit: Duration) -> Result<bool, AdminError> {
    let request = Request::get("/ping").header(HOST, address).body(Full::default()).map_err(io::Error::other)?;
    Ok(exchange(address, request, limit).await?.0.is_success())
}

async fn exchange(
    address: &str,
    request: Request<Full<Bytes>>,
    limit: Duration,
) -> Result<(StatusCode, Bytes), AdminError> {
    let exchange = async {
        let tcp = TcpStream::connect(address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tcp)).await?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    };
    tokio::time::timeout(limit, exchange).await.unwrap_or(Err(AdminError::Late(limit)))
}

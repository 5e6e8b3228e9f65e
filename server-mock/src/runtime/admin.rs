//! The loopback listener through which faults are set and state is read, and the client for it.
//!
//! It is apart from the public API, so that no request there can reach it, and asks for a token. A request must also name
//! a loopback host, so that a web page whose name was bound to this machine cannot make a browser ask for it.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, OnceLock, Weak};
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

use super::DataServices;
use super::replica::{count, held, queued, replica};
use crate::anti_entropy::AntiEntropy;
use crate::fault::{FaultState, Faults};

/// Pause after a connection could not be taken, so that a lack of descriptors does not become a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A set of links is small.
const BODY_LIMIT: usize = 1 << 20;

/// A request that is not sent in this time is cut off.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// How long the node's listeners may take to open or close, so that a heal is over when it is answered.
const LISTENERS_LIMIT: Duration = Duration::from_secs(1);

/// What the listener needs.
#[derive(Clone)]
pub(super) struct Admin {
    pub(super) token: String,
    pub(super) faults: Faults,
    /// Set once the node's data part runs.
    pub(super) data: Arc<OnceLock<Weak<DataServices>>>,
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
                .header_read_timeout(REQUEST_LIMIT)
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
        if !cannot_be_redirected(request.headers().get(HOST)) {
            return status(StatusCode::FORBIDDEN);
        }
        let data = self.data.get().and_then(Weak::upgrade);
        let data = data.as_deref();
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/handoff") => json(&data.map(|data| data.coordinator.handoff.depths()).unwrap_or_default()),
            (&Method::GET, "/under-way") => json(&data.map_or(0, |data| data.coordinator.under_way.count())),
            (&Method::GET, "/queued") => match data.map(queued) {
                Some(None) => status(StatusCode::INTERNAL_SERVER_ERROR),
                told => json(&told.flatten().unwrap_or_default()),
            },
            (&Method::GET, "/replica") => json(&data.map(replica).unwrap_or_default()),
            (&Method::GET, "/anti-entropy") => {
                json(&data.and_then(|data| data.anti_entropy.as_ref()).map(AntiEntropy::status))
            }
            (&Method::GET, path @ ("/count" | "/held")) => {
                let find = |wanted: &str| {
                    let query = request.uri().query().unwrap_or_default();
                    let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == wanted);
                    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
                };
                let (database, measurement) = (find("db"), find("measurement"));
                if path == "/count" {
                    json(&data.map_or(0, |data| count(data, &database, &measurement)))
                } else {
                    json(&data.map(|data| held(data, &database, &measurement)).unwrap_or_default())
                }
            }
            (&Method::GET, "/faults") => json(&self.faults.state()),
            (&Method::PUT, "/faults") => {
                let body = match read(request).await {
                    Ok(body) => body,
                    Err(why) => return status(why),
                };
                // A list would pass for an object whose fields all have defaults.
                let is_object = body.trim_ascii_start().starts_with(b"{");
                let state = serde_json::from_slice::<FaultState>(&body).ok().filter(|_| is_object);
                let Some(state) = state else {
                    return status(StatusCode::BAD_REQUEST);
                };
                if state.node.replies.iter().any(|rule| rule.fault.check().is_err()) {
                    return status(StatusCode::BAD_REQUEST);
                }
                // Not the state itself, which may hold long bodies of replies.
                tracing::info!(%state, "faults changed");
                self.faults.set(state);
                let deadline = tokio::time::Instant::now() + LISTENERS_LIMIT;
                while tokio::time::Instant::now() < deadline && !self.faults.network().listeners_comply() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                status(StatusCode::NO_CONTENT)
            }
            (&Method::PUT, "/names") => {
                let body = match read(request).await {
                    Ok(body) => body,
                    Err(why) => return status(why),
                };
                let Ok(names) = serde_json::from_slice::<Vec<(String, String)>>(&body) else {
                    return status(StatusCode::BAD_REQUEST);
                };
                super::learn_names(self.faults.network(), &names);
                status(StatusCode::NO_CONTENT)
            }
            _ => status(StatusCode::NOT_FOUND),
        }
    }
}

/// The body of a request, or the status that says why there is none.
async fn read(request: Request<Incoming>) -> Result<Bytes, StatusCode> {
    let body = Limited::new(request.into_body(), BODY_LIMIT).collect();
    match tokio::time::timeout(REQUEST_LIMIT, body).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(_)) => Err(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Whether a request names its host in a way that nobody can redirect: by an address, or as this machine.
fn cannot_be_redirected(host: Option<&http::HeaderValue>) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else { return false };
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host();
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || address.parse::<std::net::IpAddr>().is_ok()
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

/// The status and body of a request to a node's public API.
pub(crate) async fn get(address: &str, path: &str, limit: Duration) -> Result<(StatusCode, Bytes), AdminError> {
    let request = Request::get(path).header(HOST, address).body(Full::default()).map_err(io::Error::other)?;
    exchange(address, request, limit).await
}

/// Whether a node's API answers `/ping`: with success, or by asking who pings, which only a node that is up can do.
pub(crate) async fn ping(address: &str, limit: Duration) -> Result<bool, AdminError> {
    let (status, _) = get(address, "/ping", limit).await?;
    Ok(status.is_success() || status == StatusCode::UNAUTHORIZED)
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

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn names_that_somebody_could_redirect_are_refused() {
        let names = |host: &'static str| cannot_be_redirected(Some(&HeaderValue::from_static(host)));
        for host in ["127.0.0.1:8099", "127.0.0.1", "localhost:1", "[::1]:8099", "10.0.0.1:8099"] {
            assert!(names(host), "{host}");
        }
        for host in [
            "evil.example:8099",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evil@evil",
            "",
            "a b",
            "10.0.0.1.evil",
        ] {
            assert!(!names(host), "{host}");
        }
        assert!(!cannot_be_redirected(None));
    }
}

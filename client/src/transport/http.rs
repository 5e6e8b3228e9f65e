//! The transport over HTTP/1.1.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use tokio::time::Instant;
use url::{Host, Url};

use super::body::CountedBody;
use super::proxy::Proxy;
use super::tls::{TlsError, TlsSettings};
use super::{Answer, Cut, OpenAnswer, Request, Transport, TransportError};

/// What a caller may choose about connections.
#[derive(Clone)]
pub(crate) struct HttpSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) user_agent: String,
    pub(crate) tls: TlsSettings,
    pub(crate) proxy: Proxy,
}

/// Requests over HTTP/1.1 with kept connections.
///
/// Nothing is sent twice by the library underneath, and redirects are not followed. Proxies from the
/// environment serve remote hosts only, never this machine.
#[derive(Clone)]
pub(crate) struct HttpTransport {
    /// For this machine.
    local: reqwest::Client,
    remote: reqwest::Client,
}

impl HttpTransport {
    /// `encrypted` says whether any address is `https`.
    pub(crate) fn new(settings: &HttpSettings, encrypted: bool) -> Result<Self, TlsError> {
        let failed = |e| TlsError::Library(TransportError::lost(e).reason().to_owned());
        let builder = base(settings, encrypted || settings.proxy.is_https())?;
        let direct = || builder().no_proxy().build().map_err(failed);
        let (local, remote) = match &settings.proxy {
            Proxy::Environment => (direct()?, builder().build().map_err(failed)?),
            Proxy::Never => {
                let direct = direct()?;
                (direct.clone(), direct)
            }
            Proxy::Always { address, credentials } => {
                let mut proxy = reqwest::Proxy::all(address.as_str()).map_err(failed)?;
                if let Some(credentials) = credentials {
                    proxy = proxy.custom_http_auth(credentials.value().clone());
                }
                let proxied = builder().no_proxy().proxy(proxy).build().map_err(failed)?;
                (proxied.clone(), proxied)
            }
        };
        Ok(Self { local, remote })
    }

    async fn exchange(&self, request: Request) -> Result<Answer, TransportError> {
        let deadline = Instant::now() + request.time_limit;
        let limit = request.answer_limit;
        let mut response = self.head(request, deadline).await?;
        let (body, cut) = read(&mut response, deadline, limit).await;
        Ok(Answer { status: response.status().as_u16(), headers: std::mem::take(response.headers_mut()), body, cut })
    }

    /// Sends a request and waits for the head of its answer.
    async fn head(&self, request: Request, deadline: Instant) -> Result<reqwest::Response, TransportError> {
        let client = if is_this_machine(&request.url) { &self.local } else { &self.remote };
        let mut outgoing = client.request(request.method, request.url).headers(request.headers);
        if !request.body.is_empty() {
            outgoing = outgoing.body(reqwest::Body::wrap(CountedBody::new(request.body, request.sent)));
        }
        match tokio::time::timeout_at(deadline, outgoing.send()).await {
            Err(_) => Err(TransportError::timed_out()),
            Ok(Err(error)) if error.is_connect() => Err(TransportError::unconnected(error.without_url())),
            Ok(Err(error)) => Err(TransportError::lost(error.without_url())),
            Ok(Ok(response)) => Ok(response),
        }
    }

    async fn begin(&self, request: Request) -> Result<OpenAnswer, TransportError> {
        let limit = request.time_limit;
        let mut response = self.head(request, Instant::now() + limit).await?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let body = stream::unfold(Some(response), move |response| async move {
            let mut response = response?;
            match tokio::time::timeout(limit, response.chunk()).await {
                Ok(Ok(None)) => None,
                Ok(Ok(Some(piece))) => Some((Ok(piece), Some(response))),
                Ok(Err(error)) => Some((Err(TransportError::lost(error.without_url())), None)),
                Err(_) => Some((Err(TransportError::timed_out()), None)),
            }
        });
        Ok(OpenAnswer::new(status, headers, body.boxed()))
    }
}

/// Makes builders of clients with everything but a proxy.
fn base(settings: &HttpSettings, encrypted: bool) -> Result<impl Fn() -> reqwest::ClientBuilder + '_, TlsError> {
    #[cfg(feature = "tls")]
    let tls = settings.tls.build(encrypted)?;
    #[cfg(not(feature = "tls"))]
    settings.tls.build(encrypted)?;
    Ok(move || {
        let builder = reqwest::Client::builder();
        #[cfg(feature = "tls")]
        let builder = builder.tls_backend_preconfigured(tls.clone());
        builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .tcp_nodelay(true)
            // A server that went away silently is noticed on idle connections too.
            .tcp_keepalive(Duration::from_secs(15))
            // Below the time after which servers and proxies commonly close an idle connection: a request
            // that meets a closing connection is in doubt.
            .pool_idle_timeout(Duration::from_secs(20))
            .connect_timeout(settings.connect_timeout)
            .user_agent(&settings.user_agent)
    })
}

/// Reads a body up to the limit, and says what kept it from being complete.
async fn read(response: &mut reqwest::Response, deadline: Instant, limit: usize) -> (Bytes, Option<Cut>) {
    let mut body = BytesMut::new();
    loop {
        match tokio::time::timeout_at(deadline, response.chunk()).await {
            Err(_) => return (body.freeze(), Some(Cut::Lost(TransportError::timed_out()))),
            Ok(Err(error)) => {
                return (body.freeze(), Some(Cut::Lost(TransportError::lost(error.without_url()))));
            }
            Ok(Ok(None)) => return (body.freeze(), None),
            Ok(Ok(Some(piece))) if piece.len() > limit - body.len() => {
                body.extend_from_slice(&piece[..limit - body.len()]);
                return (body.freeze(), Some(Cut::TooLarge));
            }
            Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
        }
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Answer, TransportError>> {
        self.exchange(request).boxed()
    }

    fn open(&self, request: Request) -> BoxFuture<'_, Result<OpenAnswer, TransportError>> {
        self.begin(request).boxed()
    }
}

impl fmt::Debug for HttpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpTransport")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_machine_is_recognised() {
        for (url, is) in [
            ("http://localhost:1", true),
            ("http://127.0.0.1", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:8086", true),
            ("http://localhost.example", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_this_machine(&Url::parse(url).unwrap()), is, "{url}");
        }
    }
}

//! Takes HTTP connections and hands requests to their endpoints.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HOST, HeaderValue};
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::auth::{self, Admitted};
use super::counted::Counted;
use super::encoding::{Encoded, allow_origin, encode};
use super::form::Form;
use super::reply::{Body, empty, error, identify, plain, sign, style, type_of_route};
use super::route::{self, Endpoint};
use super::{debug, ping, prometheus, query, write};
use crate::Profile;
use crate::net::{Network, Port, Stream};
use crate::query::render::Style;
use crate::runtime::{Closing, DataServices};

/// Pause after a connection could not be taken, so that a lack of descriptors does not become a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Bytes that a request head may take.
const HEAD_BYTES: usize = 64 << 10;

/// The real text; Flux is off unless the configuration says otherwise, and never on here.
const FLUX_DISABLED: &str =
    "Flux query service disabled. Verify flux-enabled=true in the [http] section of the InfluxDB config.";

/// Answers requests until it is told to close; ends when the requests then under way are answered.
pub(crate) async fn serve(listener: TcpListener, network: Network, services: Arc<DataServices>, mut closing: Closing) {
    let mut listener = network.listen(listener, Port::Http);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            () = closing.begun() => break,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone before it was taken");
            continue;
        }
        connections.spawn(converse(stream, services.clone(), closing.clone()));
    }
    // New connections are refused from here on.
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Answers the requests of one connection.
async fn converse(stream: Stream, services: Arc<DataServices>, mut closing: Closing) {
    let service = service_fn(|request| {
        let services = services.clone();
        async move { services.faults.replies().answer(request, |request| answer_to_end(&services, request)).await }
    });
    let connection = http1::Builder::new()
        .title_case_headers(true)
        .timer(TokioTimer::new())
        .header_read_timeout(services.options.http_head_timeout)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.begun() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a client's connection ended");
    }
}

/// Answers in a task of its own: as in the real servers, a request goes on when its client has left. A write that hangs
/// with a meta node lands when that wakes up, although nobody waits for it any more (captured case p010-meta-hung).
async fn answer_to_end(services: &Arc<DataServices>, request: Request<Incoming>) -> Response<Encoded> {
    let services = services.clone();
    let answered = tokio::spawn(async move { answer(&services, request).await });
    answered.await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        // Only a runtime that ends cancels it, and with it this connection.
        Err(_) => empty(StatusCode::SERVICE_UNAVAILABLE).map(Encoded::Plain),
    })
}

async fn answer(services: &Arc<DataServices>, request: Request<Incoming>) -> Response<Encoded> {
    let profile = services.profile;
    let (head, body) = request.into_parts();
    if let Some(why) = ambiguous_host(&head) {
        let mut response = plain(StatusCode::BAD_REQUEST, why);
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return response.map(Encoded::Plain);
    }
    let endpoint = match route::find(profile, &head.method, head.uri.path()) {
        Ok(endpoint) => endpoint,
        // A question about the server as a whole.
        Err(_) if head.method == Method::OPTIONS && head.uri == "*" => {
            return empty(StatusCode::OK).map(Encoded::Plain);
        }
        Err(plain) => {
            let mut response = *plain;
            if profile == Profile::V1_8 {
                sign(profile, response.headers_mut());
            }
            return response.map(Encoded::Plain);
        }
    };
    let counted = Counted::begin(&services.statements.monitor.stats.http, endpoint);
    let form = Form::parse(head.uri.query().unwrap_or_default().as_bytes());
    let style = style(profile, &head.headers, &form);
    let mut response = match auth::admit(services, endpoint, &head.headers, &form, &style).await {
        Ok(admitted) => serve_admitted(services, endpoint, &admitted, &head, form, &style, body).await,
        Err(refusal) => *refusal,
    };
    counted.end(response.status());
    let headers = response.headers_mut();
    identify(profile, &head.headers, headers);
    allow_origin(profile, &head.headers, headers);
    let is_preflight = endpoint == Endpoint::Options;
    // 0.10 answers a browser's question before it comes to say who it is.
    if !is_preflight || profile == Profile::V1_8 {
        sign(profile, headers);
    }
    if is_preflight {
        return response.map(Encoded::Plain);
    }
    type_of_route(&style, headers);
    if profile == Profile::V0_10 || endpoint.is_compressed() {
        encode(profile, &head.method, &head.headers, response)
    } else {
        response.map(Encoded::Plain)
    }
}

async fn serve_admitted(
    services: &Arc<DataServices>,
    endpoint: Endpoint,
    admitted: &Admitted<'_>,
    head: &Parts,
    form: Form,
    style: &Style,
    body: Incoming,
) -> Response<Body> {
    let profile = services.profile;
    let caller = &admitted.caller;
    match endpoint {
        Endpoint::Options => empty(StatusCode::OK),
        Endpoint::Ping => ping::ping(profile, &form),
        Endpoint::Status => ping::status(services).await,
        Endpoint::Health => ping::health(profile),
        Endpoint::Write => write::v1(services, caller, &head.headers, &form, style, body).await,
        Endpoint::WriteV2 => write::v2(services, caller, &head.headers, &form, style, body).await,
        Endpoint::DebugVars => debug::vars(services),
        Endpoint::Metrics => debug::metrics(services),
        Endpoint::Query => query::answer(services, caller, head, form, *style, body).await,
        Endpoint::Flux => error(style, StatusCode::FORBIDDEN, FLUX_DISABLED),
        Endpoint::PrometheusWrite => prometheus::write(services, caller, &head.headers, &form, style, body).await,
        Endpoint::PrometheusRead => prometheus::read(services, &head.headers, style, body).await,
    }
}

/// Go's server refuses a request of HTTP/1.1 that does not say once which host it is for.
fn ambiguous_host(head: &Parts) -> Option<&'static str> {
    match head.headers.get_all(HOST).iter().count() {
        0 if head.version == Version::HTTP_11 && head.method != Method::CONNECT => {
            Some("400 Bad Request: missing required Host header")
        }
        0 | 1 => None,
        _ => Some("400 Bad Request: too many Host headers"),
    }
}

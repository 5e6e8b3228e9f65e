//! Takes HTTP connections and hands requests to their endpoints.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::form::Form;
use super::reply::{Body, empty, identify};
use super::route::{self, Endpoint};
use super::{ping, query, write};
use crate::net::{Network, Port};
use crate::runtime::DataServices;

/// Pause after a connection could not be taken, so that a lack of descriptors does not become a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// A client that does not finish its request head in this time is cut off.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// Bytes that a request head may take.
const HEAD_BYTES: usize = 64 << 10;

/// Answers requests for as long as the future is polled.
pub(crate) async fn serve(listener: TcpListener, network: Network, services: Arc<DataServices>) {
    let mut listener = network.listen(listener, Port::Http);
    loop {
        let stream = match listener.accept().await {
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
        let services = services.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let services = services.clone();
                async move { services.faults.replies().answer(request, |request| answer(&services, request)).await }
            });
            let connection = http1::Builder::new()
                .title_case_headers(true)
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_LIMIT)
                .max_buf_size(HEAD_BYTES)
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a client's connection ended");
            }
        });
    }
}

async fn answer(services: &DataServices, request: Request<Incoming>) -> Response<Body> {
    let profile = services.profile;
    let (head, body) = request.into_parts();
    let endpoint = match route::find(&head.method, head.uri.path()) {
        Ok(endpoint) => endpoint,
        Err(plain) => return *plain,
    };
    let form = Form::parse(head.uri.query().unwrap_or_default().as_bytes());
    let mut response = match endpoint {
        Endpoint::Options => return empty(StatusCode::OK),
        Endpoint::Ping => ping::ping(profile, &form),
        Endpoint::Status => ping::status(),
        Endpoint::Health => ping::health(profile),
        Endpoint::Write => write::v1(services, &head.headers, &form, body).await,
        Endpoint::WriteV2 => write::v2(services, &head.headers, &form, body).await,
        Endpoint::Query => query::answer(services, &head, form, body).await,
    };
    identify(profile, &head.headers, &mut response);
    response
}

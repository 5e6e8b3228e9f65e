//! Asking servers whether they are there.

use std::time::{Duration, Instant};

use futures::future::join_all;
use http::Method;

use crate::client::Shared;
use crate::transport::Request;
use crate::{Endpoint, ServerVersion, TransportError};

/// What one endpoint answered to a ping.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pong {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// What it said.
    pub result: Result<PongInfo, PingError>,
}

/// A server that is there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PongInfo {
    /// `X-Influxdb-Version`, as the server spells it.
    pub version: Option<Box<str>>,
    /// `X-Influxdb-Build`.
    pub build: Option<Box<str>>,
    /// The time from the request to its answer.
    pub latency: Duration,
}

impl PongInfo {
    /// The version, read.
    #[must_use]
    pub fn server_version(&self) -> Option<ServerVersion> {
        ServerVersion::read(self.version.as_deref()?, self.build.as_deref())
    }
}

/// Why a ping brought no good answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PingError {
    /// No answer came.
    #[error("no answer: {0}")]
    Transport(#[from] TransportError),
    /// Something answered that is not a server in order.
    #[error("status {status} instead of 204 or 200")]
    Status {
        /// The status.
        status: u16,
    },
}

/// Pings every endpoint at once.
pub(crate) async fn all(client: &Shared) -> Vec<Pong> {
    join_all((0..client.endpoints.len()).map(|index| one(client, index))).await
}

/// Pings one endpoint. The time for it is that for a connection and a bit: a server answers at once or not at all.
pub(crate) async fn one(client: &Shared, index: usize) -> Pong {
    let endpoint = client.endpoints.endpoint(index).clone();
    let time_limit = client.attempt_timeout.min(client.connect_timeout.saturating_mul(2));
    let mut request = Request::new(Method::GET, endpoint.join("ping"), time_limit);
    if let Some(credentials) = client.credentials(index) {
        request.headers.insert(http::header::AUTHORIZATION, credentials.value().clone());
    }
    request.answer_limit = 1 << 16;
    let begun = Instant::now();
    let result = match client.transport.send(request).await {
        Err(error) => Err(PingError::Transport(error)),
        Ok(answer) if matches!(answer.status, 200 | 204) => Ok(PongInfo {
            version: answer.header("x-influxdb-version").map(Into::into),
            build: answer.header("x-influxdb-build").map(Into::into),
            latency: begun.elapsed(),
        }),
        Ok(answer) => Err(PingError::Status { status: answer.status }),
    };
    Pong { endpoint, result }
}

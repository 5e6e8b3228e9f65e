//! What every request passes before its endpoint: the throttle of writes, then authentication.

use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Response, StatusCode};

use super::form::Form;
use super::reply::{Body, error, plain};
use super::route::Endpoint;
use super::throttle::Slot;
use crate::Profile;
use crate::auth::{Caller, Claim};
use crate::query::render::Style;
use crate::runtime::DataServices;

/// A request that may go on to its endpoint.
pub(super) struct Admitted<'a> {
    /// Who it is from.
    pub(super) caller: Caller,
    /// To be kept until the request is answered.
    _slot: Option<Slot<'a>>,
}

/// Lets a request pass, or gives the answer to it. `form` has the parameters of the address only: credentials in a
/// posted form do not count.
pub(super) async fn admit<'a>(
    services: &'a DataServices,
    endpoint: Endpoint,
    headers: &HeaderMap,
    form: &Form,
    style: &Style,
) -> Result<Admitted<'a>, Box<Response<Body>>> {
    let slot = match &services.throttle {
        Some(throttle) if is_throttled(endpoint) => Some(
            throttle
                .enter()
                .await
                .map_err(|throttled| Box::new(plain(StatusCode::SERVICE_UNAVAILABLE, throttled.body())))?,
        ),
        Some(_) | None => None,
    };
    if !is_guarded(endpoint, services) {
        return Ok(Admitted { caller: Caller::Anyone, _slot: slot });
    }
    let header = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    let claim = Claim { u: form.get("u"), p: form.get("p"), header };
    let meta = services.meta.snapshot();
    match services.authenticator.caller(claim, &meta, services.now()).await {
        Ok(caller) => Ok(Admitted { caller, _slot: slot }),
        Err(denied) => {
            // 0.10 indents only what comes after this check.
            let pretty = style.pretty && services.profile == Profile::V1_8;
            Err(Box::new(refused(&Style { pretty, ..*style }, StatusCode::UNAUTHORIZED, &denied.to_string())))
        }
    }
}

/// The write endpoint of version 2 is not throttled.
fn is_throttled(endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::Write | Endpoint::PrometheusWrite => true,
        Endpoint::WriteV2
        | Endpoint::Query
        | Endpoint::Flux
        | Endpoint::PrometheusRead
        | Endpoint::Ping
        | Endpoint::Status
        | Endpoint::Health
        | Endpoint::DebugVars
        | Endpoint::Metrics
        | Endpoint::Options => false,
    }
}

fn is_guarded(endpoint: Endpoint, services: &DataServices) -> bool {
    match endpoint {
        Endpoint::Write
        | Endpoint::WriteV2
        | Endpoint::Query
        | Endpoint::Flux
        | Endpoint::PrometheusWrite
        | Endpoint::PrometheusRead => true,
        Endpoint::Ping | Endpoint::Status | Endpoint::Health => match services.profile {
            Profile::V1_8 => services.options.ping_auth_enabled,
            Profile::V0_10 => false,
        },
        // Open in the real servers too, unless they are told otherwise.
        Endpoint::DebugVars | Endpoint::Metrics | Endpoint::Options => false,
    }
}

/// An error of authentication or authorization, with 1.8's challenge where there are no credentials that count.
pub(super) fn refused(style: &Style, status: StatusCode, text: &str) -> Response<Body> {
    let mut response = error(style, status, text);
    if style.profile == Profile::V1_8 && status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"InfluxDB\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The status of a request that its user may not make.
pub(super) fn forbidden(profile: Profile) -> StatusCode {
    match profile {
        Profile::V1_8 => StatusCode::FORBIDDEN,
        Profile::V0_10 => StatusCode::UNAUTHORIZED,
    }
}

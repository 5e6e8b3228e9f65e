//! Which endpoint a request is for.

use http::header::{ALLOW, HeaderValue};
use http::{Method, Response, StatusCode};

use super::reply::{Body, plain};
use crate::Profile;

/// What a data node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `/ping`
    Ping,
    /// `/status`
    Status,
    /// `/health`
    Health,
    /// `/write`
    Write,
    /// `/api/v2/write`
    WriteV2,
    /// `/query`
    Query,
    /// `/debug/vars`
    DebugVars,
    /// `/metrics`
    Metrics,
    /// `/api/v2/query`, which is switched off in the real servers too unless asked for.
    Flux,
    /// `/api/v1/prom/write`
    PrometheusWrite,
    /// `/api/v1/prom/read`
    PrometheusRead,
    /// What a browser asks before it sends anything else.
    Options,
}

impl Endpoint {
    /// Whether 1.8 compresses its answers; 0.10 compresses all.
    pub(super) fn is_compressed(self) -> bool {
        match self {
            Self::Write | Self::WriteV2 | Self::Query | Self::Flux | Self::PrometheusRead => true,
            Self::Ping
            | Self::Status
            | Self::Health
            | Self::DebugVars
            | Self::Metrics
            | Self::PrometheusWrite
            | Self::Options => false,
        }
    }
}

/// A path with the methods it takes.
type Route = (&'static str, Endpoint, &'static [Method]);

const READ: &[Method] = &[Method::GET, Method::HEAD];
const POST: &[Method] = &[Method::POST];

const V1_8: &[Route] = &[
    ("/ping", Endpoint::Ping, READ),
    ("/status", Endpoint::Status, READ),
    ("/health", Endpoint::Health, &[Method::GET]),
    ("/write", Endpoint::Write, POST),
    ("/query", Endpoint::Query, &[Method::GET, Method::POST]),
    ("/api/v2/write", Endpoint::WriteV2, POST),
    ("/api/v2/query", Endpoint::Flux, POST),
    ("/api/v1/prom/write", Endpoint::PrometheusWrite, POST),
    ("/api/v1/prom/read", Endpoint::PrometheusRead, POST),
    ("/debug/vars", Endpoint::DebugVars, &[Method::GET]),
    ("/metrics", Endpoint::Metrics, &[Method::GET]),
];

const V0_10: &[Route] = &[
    ("/ping", Endpoint::Ping, READ),
    ("/status", Endpoint::Status, READ),
    ("/write", Endpoint::Write, POST),
    ("/query", Endpoint::Query, &[Method::GET]),
    ("/debug/vars", Endpoint::DebugVars, &[Method::GET]),
];

/// Finds the endpoint, or the plain answer of Go's router: 404 for an unknown path, 405 for another method.
pub(super) fn find(profile: Profile, method: &Method, path: &str) -> Result<Endpoint, Box<Response<Body>>> {
    let routes = match profile {
        Profile::V1_8 => V1_8,
        Profile::V0_10 => V0_10,
    };
    let Some((_, endpoint, allowed)) = routes.iter().find(|(known, ..)| *known == path) else {
        return Err(Box::new(plain(StatusCode::NOT_FOUND, "404 page not found\n")));
    };
    if allowed.contains(method) {
        return Ok(*endpoint);
    }
    // Only what a browser would send something to answers what it asks before.
    let asked = matches!(endpoint, Endpoint::Write | Endpoint::Query);
    if asked && method == Method::OPTIONS {
        return Ok(Endpoint::Options);
    }
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    let names = allowed.iter().map(Method::as_str).chain(asked.then_some("OPTIONS")).collect::<Vec<_>>().join(", ");
    let names = HeaderValue::from_str(&names).expect("method names are plain ASCII");
    response.headers_mut().insert(ALLOW, names);
    Err(Box::new(response))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: Profile = Profile::V1_8;
    const OLD: Profile = Profile::V0_10;

    fn refused(profile: Profile, method: &Method, path: &str) -> (u16, String) {
        match find(profile, method, path) {
            Ok(endpoint) => panic!("{endpoint:?}"),
            Err(response) => {
                let allow = response.headers().get(ALLOW).map(HeaderValue::as_bytes).unwrap_or_default();
                (response.status().as_u16(), String::from_utf8_lossy(allow).into_owned())
            }
        }
    }

    #[test]
    fn wrong_methods_and_paths_get_the_routers_own_answers() {
        assert!(matches!(find(NEW, &Method::POST, "/write"), Ok(Endpoint::Write)));
        assert_eq!(refused(NEW, &Method::GET, "/write"), (405, "POST, OPTIONS".to_owned()));
        assert_eq!(refused(NEW, &Method::HEAD, "/health"), (405, "GET".to_owned()));
        assert_eq!(refused(NEW, &Method::OPTIONS, "/ping"), (405, "GET, HEAD".to_owned()));
        assert_eq!(refused(NEW, &Method::GET, "/").0, 404);
        assert_eq!(refused(NEW, &Method::GET, "/ping/").0, 404);
        assert_eq!(refused(NEW, &Method::GET, "/PING").0, 404);
        assert!(matches!(find(NEW, &Method::OPTIONS, "/write"), Ok(Endpoint::Options)));
    }

    #[test]
    fn each_profile_has_the_routes_of_its_time() {
        assert!(matches!(find(NEW, &Method::POST, "/query"), Ok(Endpoint::Query)));
        assert_eq!(refused(OLD, &Method::POST, "/query"), (405, "GET, OPTIONS".to_owned()));
        for path in ["/health", "/api/v2/write", "/api/v2/query", "/api/v1/prom/write"] {
            assert!(V1_8.iter().any(|(known, ..)| *known == path));
            assert_eq!(refused(OLD, &Method::POST, path).0, 404);
        }
    }
}

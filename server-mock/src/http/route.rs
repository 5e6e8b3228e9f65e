//! Which endpoint a request is for.

use http::header::{ALLOW, HeaderValue};
use http::{Method, Response, StatusCode};

use super::reply::{Body, plain};

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
    /// Any known path asked with `OPTIONS`.
    Options,
}

/// Finds the endpoint, or the plain answer of Go's router: 404 for an unknown path, 405 for another method.
pub(super) fn find(method: &Method, path: &str) -> Result<Endpoint, Box<Response<Body>>> {
    let (endpoint, allowed): (_, &[Method]) = match path {
        "/ping" => (Endpoint::Ping, &[Method::GET, Method::HEAD]),
        "/status" => (Endpoint::Status, &[Method::GET, Method::HEAD]),
        "/health" => (Endpoint::Health, &[Method::GET]),
        "/write" => (Endpoint::Write, &[Method::POST]),
        "/api/v2/write" => (Endpoint::WriteV2, &[Method::POST]),
        "/query" => (Endpoint::Query, &[Method::GET, Method::POST]),
        _ => return Err(Box::new(plain(StatusCode::NOT_FOUND, "404 page not found\n"))),
    };
    if allowed.contains(method) {
        return Ok(endpoint);
    }
    if method == Method::OPTIONS {
        return Ok(Endpoint::Options);
    }
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    let names = allowed.iter().map(Method::as_str).chain(["OPTIONS"]).collect::<Vec<_>>().join(", ");
    let names = HeaderValue::from_str(&names).expect("method names are plain ASCII");
    response.headers_mut().insert(ALLOW, names);
    Err(Box::new(response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_methods_and_paths_get_the_routers_own_answers() {
        assert!(matches!(find(&Method::POST, "/write"), Ok(Endpoint::Write)));
        let refused = find(&Method::GET, "/write").map_err(|r| (r.status(), r.headers().get(ALLOW).cloned()));
        assert_eq!(refused, Err((StatusCode::METHOD_NOT_ALLOWED, Some(HeaderValue::from_static("POST, OPTIONS")))));
        assert_eq!(find(&Method::GET, "/").map_err(|r| r.status()), Err(StatusCode::NOT_FOUND));
        assert!(matches!(find(&Method::OPTIONS, "/write"), Ok(Endpoint::Options)));
    }
}

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
    /// Any known path asked with `OPTIONS`.
    Options,
}

/// Finds the endpoint, or the plain answer of Go's router: 404 for an unknown path, 405 for another method.
///
/// The version of profile 0.10 has fewer paths, and takes queries by `GET` alone.
pub(super) fn find(profile: Profile, method: &Method, path: &str) -> Result<Endpoint, Box<Response<Body>>> {
    let new = profile == Profile::V1_8;
    let (endpoint, allowed): (_, &[Method]) = match path {
        "/ping" => (Endpoint::Ping, &[Method::GET, Method::HEAD]),
        "/status" => (Endpoint::Status, &[Method::GET, Method::HEAD]),
        "/health" if new => (Endpoint::Health, &[Method::GET]),
        "/write" => (Endpoint::Write, &[Method::POST]),
        "/api/v2/write" if new => (Endpoint::WriteV2, &[Method::POST]),
        "/query" if new => (Endpoint::Query, &[Method::GET, Method::POST]),
        "/query" => (Endpoint::Query, &[Method::GET]),
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
        for profile in Profile::ALL {
            assert!(matches!(find(profile, &Method::POST, "/write"), Ok(Endpoint::Write)));
            assert_eq!(refusal(profile, &Method::GET, "/write"), (405, Some("POST, OPTIONS".to_owned())));
            assert_eq!(refusal(profile, &Method::GET, "/"), (404, None));
            assert!(matches!(find(profile, &Method::OPTIONS, "/write"), Ok(Endpoint::Options)));
        }
    }

    #[test]
    fn the_old_version_takes_queries_by_get_and_lacks_the_newer_paths() {
        assert!(matches!(find(Profile::V1_8, &Method::POST, "/query"), Ok(Endpoint::Query)));
        assert!(matches!(find(Profile::V0_10, &Method::GET, "/query"), Ok(Endpoint::Query)));
        assert_eq!(refusal(Profile::V0_10, &Method::POST, "/query"), (405, Some("GET, OPTIONS".to_owned())));
        assert_eq!(refusal(Profile::V0_10, &Method::GET, "/health"), (404, None));
        assert_eq!(refusal(Profile::V0_10, &Method::POST, "/api/v2/write"), (404, None));
    }

    fn refusal(profile: Profile, method: &Method, path: &str) -> (u16, Option<String>) {
        let response = find(profile, method, path).expect_err("refused");
        let allowed = response.headers().get(ALLOW).map(|names| names.to_str().expect("plain ASCII").to_owned());
        (response.status().as_u16(), allowed)
    }
}

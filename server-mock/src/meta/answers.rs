//! The forms of the meta HTTP API's answers.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;
use uuid::Uuid;

use crate::Profile;
use crate::go::write_json_string;

pub(super) type Answer = Response<Full<Bytes>>;

const VERSION: HeaderName = HeaderName::from_static("x-influxdb-version");
const ERROR: HeaderName = HeaderName::from_static("x-influxdb-error");
const META_INDEX: HeaderName = HeaderName::from_static("influxdb-metaindex");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

fn of_type(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

pub(super) fn text(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    of_type(status, "text/plain; charset=utf-8", body)
}

pub(super) fn binary(body: Bytes) -> Answer {
    of_type(StatusCode::OK, "application/octet-stream", body)
}

/// JSON and a newline, as Go's encoder writes it.
pub(super) fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(body) => of_type(StatusCode::OK, "application/json", body + "\n"),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A mistake of the caller that Go's standard library words: plain text.
pub(super) fn mistake(status: StatusCode, line: &str) -> Answer {
    let mut response = text(status, format!("{line}\n"));
    response.headers_mut().insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    response
}

/// A failure: 1.8 says what, 0.10 nothing but the status.
pub(super) fn failure(profile: Profile, status: StatusCode, what: &str) -> Answer {
    match profile {
        Profile::V1_8 => {
            let mut body = "{\"error\":".to_owned();
            write_json_string(&mut body, what);
            body.push('}');
            let mut response = of_type(status, "application/json", body);
            if let Ok(value) = HeaderValue::from_str(what) {
                response.headers_mut().insert(ERROR, value);
            }
            response
        }
        Profile::V0_10 => empty(status),
    }
}

fn empty(status: StatusCode) -> Answer {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

/// Sends the caller to another node. Go adds a page for people where the method is GET.
pub(super) fn redirect(location: &str, with_page: bool) -> Answer {
    let mut response = empty(StatusCode::TEMPORARY_REDIRECT);
    if with_page {
        let page = format!("<a href=\"{}\">Temporary Redirect</a>.\n\n", location.replace('&', "&amp;"));
        response = of_type(StatusCode::TEMPORARY_REDIRECT, "text/html; charset=utf-8", page);
    }
    match HeaderValue::from_str(location) {
        Ok(value) => {
            response.headers_mut().insert(header::LOCATION, value);
            response
        }
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Adds what every answer of a known route carries: version, request id, and in 1.8 the index of the metadata.
pub(super) fn identify(profile: Profile, index: u64, request: &HeaderMap, response: &mut Answer) {
    let made = || {
        let id = Uuid::now_v1(&[2, 0, 0, 0, 0, 2]).to_string();
        HeaderValue::from_str(&id).expect("a UUID is plain ASCII")
    };
    let headers = response.headers_mut();
    headers.insert(VERSION, HeaderValue::from_static(profile.version()));
    match profile {
        Profile::V1_8 => {
            let given = |name: HeaderName| request.get(name).filter(|id| !id.is_empty()).cloned();
            let id = given(X_REQUEST_ID).or_else(|| given(REQUEST_ID)).unwrap_or_else(made);
            headers.insert(REQUEST_ID, id.clone());
            headers.insert(X_REQUEST_ID, id);
            headers.insert(META_INDEX, HeaderValue::from(index));
        }
        Profile::V0_10 => {
            headers.insert(REQUEST_ID, made());
        }
    }
}

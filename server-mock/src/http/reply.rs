//! The forms of answers: JSON errors, plain texts, and the headers on all of them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Frame, SizeHint};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::form::Form;
use crate::Profile;
use crate::query::render::{self, Encoding, Style};

/// The body of an answer.
#[derive(Debug)]
pub(super) enum Body {
    /// Known as a whole.
    Whole(Full<Bytes>),
    /// Sent in pieces as they come, until the sender is dropped.
    Pieces(mpsc::Receiver<Bytes>),
}

impl Body {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self::Whole(Full::new(bytes))
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::new(Bytes::new())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::new(Bytes::from_static(text.as_bytes()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Self::Pieces(pieces) => pieces.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Pieces(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}

const VERSION: HeaderName = HeaderName::from_static("x-influxdb-version");
const BUILD: HeaderName = HeaderName::from_static("x-influxdb-build");
const ERROR: HeaderName = HeaderName::from_static("x-influxdb-error");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NOSNIFF: HeaderName = HeaderName::from_static("x-content-type-options");

/// The error header is cut here; the body is whole (cluster 1.8 facts, § 2).
const ERROR_HEADER_LIMIT: usize = 1024;

/// The form in which a request wants to be answered, results and errors alike: the one that it accepts (profile 1.8),
/// indented if the address says `pretty=true`; a posted form has no say in it. `form` is that of the address.
pub(super) fn style(profile: Profile, headers: &HeaderMap, form: &Form) -> Style {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let encoding = Encoding::from_accept(profile, accept);
    Style { encoding, pretty: form.get("pretty") == "true", ..Style::new(profile) }
}

/// An empty answer.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    response
}

/// An answer whose type is left to the route.
pub(super) fn untyped(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::new(body.into()));
    *response.status_mut() = status;
    response
}

/// An answer of JSON text.
pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An error in the form that was asked for, and its text in the error header where the profile has one.
pub(super) fn error(style: &Style, status: StatusCode, text: &str) -> Response<Body> {
    let mut response = with_error_header(style.profile, text, untyped(status, render::error_body(text, style)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(style.encoding.content_type()));
    response
}

/// The error of a write: in profile 0.10 on one line that ends, whatever was asked for.
pub(super) fn write_error(style: &Style, status: StatusCode, text: &str) -> Response<Body> {
    match style.profile {
        Profile::V1_8 => error(style, status, text),
        Profile::V0_10 => {
            let mut body = render::error_body(text, &Style::new(Profile::V0_10));
            body.push(b'\n');
            json(status, body)
        }
    }
}

/// Puts the text of an error into the header for it, where the profile has one.
fn with_error_header(profile: Profile, text: &str, mut response: Response<Body>) -> Response<Body> {
    if profile == Profile::V1_8 && response.status() != StatusCode::UNAUTHORIZED {
        let line = text.bytes().take(ERROR_HEADER_LIMIT).map(|b| if b.is_ascii_control() { b' ' } else { b });
        if let Ok(value) = HeaderValue::from_bytes(&line.collect::<Vec<u8>>()) {
            response.headers_mut().insert(ERROR, value);
        }
    }
    response
}

/// An answer of plain text as Go's router gives it, without the headers of the server proper.
pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(NOSNIFF, HeaderValue::from_static("nosniff"));
    response
}

/// Says which server answers, before anything is known of the request: 1.8 does so even where there is no such path.
pub(super) fn sign(profile: Profile, headers: &mut HeaderMap) {
    headers.insert(VERSION, HeaderValue::from_static(profile.version()));
    if profile == Profile::V1_8 {
        headers.insert(BUILD, HeaderValue::from_static("OSS"));
    }
}

/// Adds the request's id, echoed or made, as every answer of a known route carries it.
pub(super) fn identify(profile: Profile, request: &HeaderMap, headers: &mut HeaderMap) {
    identify_as(profile, request, headers, || {
        let id = Uuid::now_v1(&[2, 0, 0, 0, 0, 1]).to_string();
        HeaderValue::from_str(&id).expect("a UUID is plain ASCII")
    });
}

/// The same, with a way to make an id.
pub(super) fn identify_as(
    profile: Profile,
    request: &HeaderMap,
    headers: &mut HeaderMap,
    made: impl FnOnce() -> HeaderValue,
) {
    match profile {
        Profile::V1_8 => {
            let given = |name: HeaderName| request.get(name).filter(|id| !id.is_empty()).cloned();
            let id = given(X_REQUEST_ID).or_else(|| given(REQUEST_ID)).unwrap_or_else(made);
            headers.insert(REQUEST_ID, id.clone());
            headers.insert(X_REQUEST_ID, id);
        }
        Profile::V0_10 => {
            headers.insert(REQUEST_ID, made());
        }
    }
}

/// The type that 1.8 puts on every answer of a route, with or without a body, unless it is another one: that of the
/// form asked for, even where the body has one form only.
pub(super) fn type_of_route(style: &Style, headers: &mut HeaderMap) {
    if style.profile == Profile::V1_8 {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(style.encoding.content_type()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_header_is_cut_and_on_one_line() {
        let long = format!("line\n{}", "x".repeat(2000));
        let response = error(&Style::new(Profile::V1_8), StatusCode::BAD_REQUEST, &long);
        let header = response.headers().get("x-influxdb-error").map(HeaderValue::as_bytes).unwrap_or_default();
        assert_eq!(header.len(), 1024);
        assert!(header.starts_with(b"line x"));
    }

    #[test]
    fn an_unauthorized_answer_has_no_error_header() {
        let response = error(&Style::new(Profile::V1_8), StatusCode::UNAUTHORIZED, "authorization failed");
        assert!(response.headers().get("x-influxdb-error").is_none());
    }
}
